"""Make the results of outside evaluators that the tests read: `python tools/recorded_evaluations.py TOOL`, with the tool installed.

Each writes below `tests/unit/formats/evaluations/recorded/TOOL`, from the same made-up answers; numbers, not files of others.
What changes with every run (times, places on this machine) is taken out or made fixed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[1] / "tests/unit/formats/evaluations/recorded"
ROWS = 200


def answers() -> dict[str, Any]:
    """Return labels, answers, scores and two columns of groups."""
    import numpy as np  # noqa: PLC0415 - what is imported depends on the environment

    random = np.random.default_rng(7)
    label = (random.random(ROWS) < 0.4).astype(int)
    score = np.clip(0.25 + 0.5 * label + random.normal(0, 0.22, ROWS), 0.01, 0.99)
    return {
        "label": label,
        "score": score,
        "predicted": (score > 0.5).astype(int),
        "sex": np.where(random.random(ROWS) < 0.5, "Female", "Male"),
        "region": random.choice(["north", "south", "west"], ROWS),
        "kind": np.array(["setosa", "versicolor", "virginica"])[label + (score > 0.8)],
    }


def sklearn(target: Path) -> None:
    """Write classification reports, of two and of three classes."""
    from sklearn.metrics import classification_report  # noqa: PLC0415

    found = answers()
    _json(target / "report.json", classification_report(found["label"], found["predicted"], output_dict=True))
    guess = found["kind"][::-1].copy()
    guess[:150] = found["kind"][:150]
    _json(target / "three.json", classification_report(found["kind"], guess, output_dict=True))
    micro = classification_report(found["kind"], guess, labels=["setosa", "virginica"], output_dict=True)
    _json(target / "some_labels.json", micro)


def fairlearn(target: Path) -> None:
    """Write the frames of a MetricFrame in the forms that pandas has, with one and with several columns of groups."""
    import pandas as pd  # noqa: PLC0415
    from fairlearn.metrics import MetricFrame, count, selection_rate, true_positive_rate  # noqa: PLC0415
    from sklearn.metrics import accuracy_score  # noqa: PLC0415

    found = answers()
    metrics = {
        "accuracy": accuracy_score,
        "selection_rate": selection_rate,
        "recall": true_positive_rate,
        "count": count,
    }
    groups = pd.DataFrame({"sex": found["sex"], "region": found["region"]})

    def frame(**options: Any) -> Any:
        return MetricFrame(metrics=metrics, y_true=found["label"], y_pred=found["predicted"], **options)

    one = frame(sensitive_features=groups[["sex"]])
    for orient in ("columns", "index", "split", "table", "records"):
        folder = target / orient
        folder.mkdir(parents=True)
        shown = one.by_group.reset_index() if orient == "records" else one.by_group
        shown.to_json(folder / "by_group.json", orient=orient)
        overall = one.overall if orient != "records" else one.overall.to_frame().T
        overall.to_json(folder / "overall.json", **({"orient": "records"} if orient == "records" else {}))
    both = frame(sensitive_features=groups[["sex"]], control_features=groups[["region"]])
    for name, shown in (("by_group", both.by_group), ("overall", both.overall)):
        for folder in ("csv", "parquet"):
            (target / folder).mkdir(exist_ok=True)
        shown.to_csv(target / "csv" / f"{name}.csv")
        shown.to_parquet(target / "parquet" / f"{name}.parquet")
    crossed = frame(sensitive_features=groups).by_group
    crossed.to_json(target / "crossed.json", orient="columns")
    crossed.iloc[:3].to_csv(target / "crossed.csv")
    crossed.iloc[0, :] = float("nan")
    crossed.to_json(target / "empty_group.json", orient="table")


def mlflow(target: Path) -> None:
    """Write what `EvaluationResult.save` and the run's folder of files have."""
    import mlflow as tool  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    found, quiet = answers(), {"log_explainer": False, "log_model_explainability": False}
    with tempfile.TemporaryDirectory() as there:
        tool.set_tracking_uri(f"sqlite:///{there}/runs.db")
        tool.create_experiment("evaluations", f"file://{there}/files")
        tool.set_experiment("evaluations")

        def evaluate(name: str, **options: Any) -> None:
            with tool.start_run() as run:
                tool.models.evaluate(evaluator_config=quiet, **options).save(str(Path(there) / name))
            _mlflow_files(Path(there), name, run.info.run_id, target / name)

        table = pd.DataFrame({"label": found["label"], "predicted": found["predicted"], "score": found["score"]})
        evaluate("classifier", data=table, targets="label", predictions="predicted", model_type="classifier")
        evaluate("regressor", data=table, targets="label", predictions="score", model_type="regressor")
        kinds = pd.DataFrame({"label": found["kind"], "predicted": found["kind"][::-1]})
        evaluate("multiclass", data=kinds, targets="label", predictions="predicted", model_type="classifier")
        texts = pd.DataFrame({"inputs": ["1+1", "2+2"], "outputs": ["2", "5"], "targets": ["2", "4"]})

        def same(predictions: Any, targets: Any) -> Any:
            hits = [float(each == other) for each, other in zip(predictions, targets, strict=True)]
            return tool.metrics.MetricValue(scores=hits, aggregate_results={"mean": sum(hits) / len(hits)})

        own = tool.models.make_metric(eval_fn=same, greater_is_better=True, name="same")
        evaluate("texts", data=texts, targets="targets", predictions="outputs", extra_metrics=[own])


def _mlflow_files(there: Path, name: str, run: str, target: Path) -> None:
    target.mkdir(parents=True)
    shutil.copy(there / name / "metrics.json", target)
    said = json.loads((there / name / "artifacts_metadata.json").read_text())
    places = {key: {**value, "uri": re.sub(r"^.*/", "runs/", value["uri"])} for key, value in said.items()}
    _json(target / "artifacts_metadata.json", places)
    for each in (there / "files" / run / "artifacts").rglob("*"):
        if each.suffix in {".csv", ".json"}:
            shutil.copy(each, target)


def torchmetrics(target: Path) -> None:
    """Write what a collection of metrics computes, as JSON, safetensors and PyTorch's zip."""
    import torch  # noqa: PLC0415
    from safetensors.torch import save_file  # noqa: PLC0415
    from torchmetrics import MetricCollection  # noqa: PLC0415
    from torchmetrics.classification import BinaryAccuracy, BinaryAUROC, BinaryRecall, MulticlassF1Score  # noqa: PLC0415

    found = answers()
    scores, label = torch.tensor(found["score"]), torch.tensor(found["label"])
    two = MetricCollection([BinaryAccuracy(), BinaryRecall(), BinaryAUROC()], prefix="val_")
    two.update(scores, label)
    computed = two.compute()
    each = MetricCollection({"f1": MulticlassF1Score(num_classes=2, average=None)})
    each.update(torch.tensor(found["predicted"]), label)
    _json(target / "computed.json", {name: value.item() for name, value in computed.items()})
    _json(target / "each_class.json", {name: value.tolist() for name, value in each.compute().items()})
    torch.save({**computed, **each.compute()}, target / "computed.pt")
    save_file({**computed, **each.compute()}, target / "computed.safetensors")


def evaluate(target: Path) -> None:
    """Write what `evaluate.save` of Hugging Face writes, and a README with its metadata."""
    import evaluate as tool  # noqa: PLC0415
    from huggingface_hub import EvalResult, ModelCard, ModelCardData  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as there:
        tool.save(there, accuracy=0.865, f1=0.8163, model="ada/churn", dataset="imdb")
        said = json.loads(next(Path(there).glob("*.json")).read_text())
    fixed = {"_timestamp": "2026-11-26T10:00:00", "_interpreter_path": "python", "_git_commit_hash": ""}
    _json(target / "saved.json", {**said, **fixed, "_python_version": "3.11"})
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type="imdb",
            dataset_name="IMDb",
            dataset_split="test",
            metric_type=metric,
            metric_value=value,
        )
        for metric, value in (("accuracy", 0.865), ("f1", 0.8163))
    ]
    data = ModelCardData(language="en", license="mit", model_name="churn", eval_results=results)
    (target / "README.md").write_text(str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n# churn\n")))


_TASK = """\
task: {name}
dataset_path: json
dataset_kwargs:
  data_files: {{test: {data}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
doc_to_choice: "{{{{choices}}}}"
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1.0}}
"""
_MACHINE = {"pretty_env_info", "transformers_version", "upper_git_hash", "git_hash", "model_name_sanitized"}
_GROUP = """\
group: sums
task: [sums_plus, sums_minus]
aggregate_metric_list:
  - {metric: acc, aggregation: mean, weight_by_size: true}
metadata: {version: 1.0}
"""


def lm_eval(target: Path) -> None:
    """Write what the harness writes of its model `dummy`, which needs no network: two tasks, their group, the samples."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        for name, sign in (("sums_plus", "+"), ("sums_minus", "-")):
            rows = [
                {"question": f"{n} {sign} 1 =", "choices": ["1", "2", "3", "4"], "answer": n % 4}
                for n in range(40 if sign == "+" else 24)
            ]
            data = there / f"{name}.jsonl"
            data.write_text("".join(json.dumps(row) + "\n" for row in rows))
            (there / f"{name}.yaml").write_text(_TASK.format(name=name, data=data))
        (there / "sums.yaml").write_text(_GROUP)
        command = (sys.executable, "-m", "lm_eval", "--model", "dummy", "--tasks", "sums", "--include_path", folder)
        subprocess.run((*command, "--output_path", str(there / "out"), "--log_samples", "--seed", "7"), check=True)
        for each in (there / "out").rglob("*.json*"):
            text = each.read_text().replace(folder, "tasks")
            name = re.sub(r"_\d{4}-.*(?=\.jsonl?$)", "", each.name)
            if each.suffix == ".json":
                said = json.loads(text)
                said = {name: value for name, value in said.items() if name not in _MACHINE}
                said["config"]["device"], said["model_name"] = "cpu", "dummy"
                text = json.dumps({**said, "date": 1764150000.0, "total_evaluation_time_seconds": "1.5"}, indent=2)
            (target / name).write_text(text + "\n" * (each.suffix == ".json"))


def _json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


TOOLS = {each.__name__: each for each in (sklearn, fairlearn, mlflow, torchmetrics, evaluate, lm_eval)}

if __name__ == "__main__":
    for tool in sys.argv[1:] or TOOLS:
        shutil.rmtree(RECORDED / tool, ignore_errors=True)
        (RECORDED / tool).mkdir(parents=True)
        TOOLS[tool](RECORDED / tool)
