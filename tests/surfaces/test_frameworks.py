"""What frameworks and trackers tell of programs that do not call Lineal, and that these do not notice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.formats.media import Histogram, MediaColumn, MediaTable, structured
from lineal.objects.runs import Run
from tests.surfaces.serving import Served
from tests.surfaces.twice import run_twice


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[LocalRepository]:
    """An empty repository."""
    (tmp_path / "repository").mkdir()
    with init(tmp_path / "repository") as found:
        yield found


def test_models_of_tables(repository: LocalRepository, tmp_path: Path) -> None:
    run, steps = run_twice(repository, tmp_path, "boosting")

    assert {
        "LogisticRegression.C": 0.25,
        "best.C": 0.1,
        "GridSearchCV.candidates": 2,
        "SGDClassifier.alpha": 0.01,
        "xgboost.max_depth": 2,
        "xgboost.eval_metric": "logloss, auc",
        "xgboost.num_boost_round": 20,
        "xgboost.best_iteration": 0,
        "xgboost.cv.num_boost_round": 3,
        "XGBClassifier.max_depth": 3,
        "lightgbm.num_leaves": 4,
        "LGBMClassifier.num_leaves": 5,
        "CatBoostClassifier.depth": 2,
    }.items() <= run.params.items()
    assert {"xgboost.seed": 3, "lightgbm.seed": 5, "catboost.random_seed": 9}.items() <= run.seeds.set.items()
    assert {
        "train.accuracy_score": 1,
        "Pipeline.score": 1,
        "mean_squared_error": 1,
        "GridSearchCV.best_score": 1,
        "train.logloss": 4,
        "train.auc": 4,
        "valid.logloss": 4,
        "valid.auc": 4,
        "xgboost.best_score": 1,
        "validation_0.logloss": 4,
        "held_out.binary_logloss": 15,
        "valid_0.binary_logloss": 4,
        "learn.Logloss": 8,
        "validation.Logloss": 8,
    } == {key: len(found) for key, found in steps.items() if not key.startswith("cv.")}
    assert {"cv.train.logloss", "cv.train.logloss-std", "cv.test.auc", "cv.test.auc-std"} <= set(steps)
    assert list(range(15)) == steps["held_out.binary_logloss"]
    _check_models_of_tables(run)


def _check_models_of_tables(run: Run) -> None:
    assert {
        "models/pipeline.joblib": "sklearn",
        "models/booster.ubj": "xgboost",
        "models/estimator.json": "xgboost",
        "models/booster.txt": "lightgbm",
        "models/lightgbm.joblib": "sklearn",
        "models/model.cbm": "catboost",
    } == {path: facts.framework for path, facts in run.models.items()}
    columns = dict.fromkeys(("age", "hours", "income", "debt"), "float32")
    assert [columns] * 6 == [facts.inputs for facts in run.models.values()]
    assert {"rich": "int64"} == run.models["models/booster.txt"].outputs == run.models["models/model.cbm"].outputs
    assert ("0", "1") == run.models["models/model.cbm"].classes
    assert "xgboost.Booster: 4 rounds" == run.models["models/estimator.json"].architecture


def test_networks(repository: LocalRepository, tmp_path: Path) -> None:
    run, steps = run_twice(repository, tmp_path, "networks")

    assert {
        "AdamW.lr": 0.1,
        "AdamW.weight_decay": 0.001,
        "AdamW.group_1.lr": 0.01,
        "Lit.rate": 0.2,
        "Trainer.max_epochs": 3,
        "SGD.lr": 0.1,
        "fit.batch_size": 8,
        "fit.epochs": 3,
        "compile.loss": "sparse_categorical_crossentropy",
    }.items() <= run.params.items()
    assert {
        "lr.group_0": [0, 1, 2, 3, 4],
        "lr.group_1": [0, 1, 2, 3, 4],
        "train_loss": [0, 1, 2, 3, 4, 5],
        "loss": [0, 1, 2],
        "accuracy": [0, 1, 2],
        "val_accuracy": [0, 1, 2],
    }.items() <= steps.items()

    checkpoints = {f"models/epoch_{epoch}.pt": "checkpoint" for epoch in range(4)}
    lit = {path: facts.role for path, facts in run.models.items() if "/lit/" in path}
    assert {
        **checkpoints,
        "models/net.pt": "",
        "models/net.safetensors": "",
        "models/on_the_way.keras": "checkpoint",
        "models/fitted.keras": "",
    } == {path: facts.role for path, facts in run.models.items() if path not in lit}
    assert "checkpoint" == lit["models/lit/last.ckpt"]
    assert ["best", "checkpoint", "checkpoint"] == sorted(lit.values())
    net = run.models["models/net.pt"].architecture.splitlines()
    assert "Net: 58 parameters (2 frozen)" == net[0]
    assert "    0: torch.nn.modules.linear.Linear(in_features=4, out_features=8, bias=True)" == net[2]
    fitted = run.models["models/fitted.keras"]
    assert ({"input_0": "float32[?,4]"}, {"output_0": "float32[?,2]"}) == (fitted.inputs, fitted.outputs)


def test_a_language_model(repository: LocalRepository, tmp_path: Path) -> None:
    run, steps = run_twice(repository, tmp_path, "language")

    assert {
        "TrainingArguments.learning_rate": 0.001,
        "TrainingArguments.num_train_epochs": 2,
        "BertConfig.hidden_size": 16,
    }.items() <= run.params.items()
    assert {"loss": [1, 2, 3, 4, 5, 6], "eval_loss": [3, 6]}.items() <= steps.items()
    roles = {path: (facts.role, facts.step) for path, facts in run.models.items()}
    best = {"models/trainer/checkpoint-3", "models/trainer/checkpoint-6"} & {
        path for path, facts in run.models.items() if facts.role == "best"
    }
    assert 1 == len(best)
    assert {"models/final", "models/trainer/checkpoint-3", "models/trainer/checkpoint-6"} == set(roles)
    facts = run.models["models/final"]
    assert ("transformers", {"input_ids": ""}, ("LABEL_0", "LABEL_1"), "") == (
        facts.framework,
        facts.inputs,
        facts.classes,
        facts.role,
    )

    # The model that was saved at the end stands out, and brings all files of its directory.
    version = repository.model.register(f"run:{run.id}", name="words").version
    assert "model.safetensors" == version.main_file
    files = {each.path for each in repository.store.get_tree(version.weights).entries}
    assert {"config.json", "model.safetensors", "training_args.bin"} == files


def test_other_trackers_are_told_as_before_and_the_run_knows_it(repository: LocalRepository, tmp_path: Path) -> None:
    with Served(tmp_path / "served") as served:
        run, steps = run_twice(repository, tmp_path, "trackers", MLFLOW_TRACKING_URI=served.url)
        there = served.ask("GET", f"/api/2.0/mlflow/runs/get?run_id={run.tags['mlflow.run_id']}")

    assert there.status == 200
    told = {"depth": 3, "rate": 0.5, "name": "007", "early": True, "width": 8, "nested.heads": 2, "layers": 4}
    assert told.items() <= run.params.items()
    assert (0.1, 2, False) == (run.params["dropout"], run.params["xgboost.max_depth"], "max_depth" in run.params)
    assert {"f1": 0.5, "auc": 0.75, "child.loss": 9.0, "best": 0.9375}.items() <= run.metrics.items()
    assert {
        "loss": [0, 1, 2, 3],
        "f1": [7],
        "auc": [7],
        "child.loss": [0],
        "train.rmse": [0, 1, 2, 3],
        "acc": [0, 1, 2, 5],
        "nested.f1": [0, 1, 2],
        "best": [0],
    } == steps
    assert {"mlflow.tracking_uri": served.url, "team": "risk", "wandb.project": "p"}.items() <= run.tags.items()
    assert {"mlflow.run_id", "wandb.run_id", "child.mlflow.run_id", "mlflow.dataset.points"} <= set(run.tags)
    assert [f"run:{run.id}"] == [each.reference for each in repository.search("tags.team = risk", kind="runs").runs]
    _check_files_of_trackers(repository, run)


def _check_files_of_trackers(repository: LocalRepository, run: Run) -> None:
    """What was handed over is there with its bytes, though the files went away at once."""
    kept = {
        each.path: repository.artifacts.show(run.id, each.path).digest
        for each in repository.show(f"run:{run.id}").artifacts
    }
    names = {re.sub(r"images/sample.*(?=\.)", "images/sample", each) for each in kept}
    assert {
        *("mlflow/plan.json", "mlflow/plot.png", "mlflow/picture.png", "mlflow/words.json", "mlflow/child/child.txt"),
        *("mlflow/images/sample.png", "mlflow/images/sample.webp", "mlflow/stays.bin"),
        *("mlflow/models/doubling/MLmodel", "mlflow/models/doubling/python_model.pkl"),
        *("wandb/weights/again/weights.txt", "wandb/lonely/weights.txt", "wandb/weights.txt"),
        *("media/picture/5.png", "media/pair/9.png", "media/pair/9_1.png", "media/page/9.html"),
    } <= names
    texts = {
        "mlflow/notes/hello.txt": b"hello",
        "mlflow/many/inner/one.txt": b"one",
        "mlflow/many/two.txt": b"two",
        "mlflow/two.txt": b"two",
        "wandb/weights/weights.txt": b"1 2 3",
        "wandb/weights/made.txt": b"made",
    }
    assert texts == {path: repository.blobs.get(kept[path]) for path in texts}
    assert {"a": 1} == msgspec.json.decode(repository.blobs.get(kept["mlflow/plan.json"]))
    table = structured("table", repository.blobs.get(kept["media/words/5.json"]))
    assert MediaTable([MediaColumn("word", "string", ["a", "b"]), MediaColumn("odd", "float", [0.5, "NaN"])]) == table
    histogram = structured("histogram", repository.blobs.get(kept["media/nested.spread/5.json"]))
    assert isinstance(histogram, Histogram)
    assert sum(map(float, histogram.counts)) == 10
    assert "mlflow/gone.bin" not in kept
    assert [each for each in run.gaps if "mlflow/gone.bin has 67,108,865 bytes" in each]
