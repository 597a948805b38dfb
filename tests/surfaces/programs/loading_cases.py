"""Models that the real libraries train and save, with what each library itself says of the same rows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ["KERAS_BACKEND"] = "torch"

import numpy as np
import pandas as pd

from lineal.objects.runs import ModelFacts

RANDOM = np.random.default_rng(7)
ROWS = 200
TABLE = pd.DataFrame({"calls": RANDOM.integers(0, 12, ROWS), "months": RANDOM.uniform(1, 60, ROWS)})
HOLES = TABLE.astype("float64").mask(RANDOM.random((ROWS, 2)) < 0.1)
PLACES = pd.DataFrame({**TABLE, "place": pd.Categorical(RANDOM.choice(["north", "south", "west"], ROWS))})
BINARY = (TABLE["calls"] * 3 + TABLE["months"] > 50).astype(int)
THREE = np.digitize(TABLE["months"], [20, 40])
NUMBER = TABLE["months"] * 0.3 + TABLE["calls"]
ARRAY = TABLE.to_numpy(dtype="float32")


class Case(NamedTuple):
    """A saved model, the rows that it is asked, and what its own library says of them: values, or chances by class."""

    path: Path
    rows: list[dict[str, Any]]
    expected: Any
    classes: tuple[Any, ...] = ()
    facts: ModelFacts = ModelFacts()
    trusted: tuple[str, ...] = ()


Make = Callable[[Path], Case]
CASES: dict[str, Make] = {}
REFUSED: dict[str, tuple[Make, str]] = {}


def case(make: Make) -> Make:
    """Note a case by its name."""
    return CASES.setdefault(make.__name__, make)


def refused(why: str) -> Callable[[Make], Make]:
    """Note a file that no loader may take, with a part of what is said."""
    return lambda make: REFUSED.setdefault(make.__name__, (make, why))[0]


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON has them."""
    return list(json.loads(table.to_json(orient="records", double_precision=15)))


def recorded(table: pd.DataFrame, *classes: str) -> ModelFacts:
    """Return what a run records of a model of a table."""
    return ModelFacts(inputs={name: str(dtype) for name, dtype in table.dtypes.items()}, classes=classes)


def _xgboost(path: Path, table: pd.DataFrame, label: Any, **options: Any) -> Any:
    import xgboost

    data = xgboost.DMatrix(table, label, enable_categorical=True)
    options = {"max_depth": 3, "nthread": 1, **options}
    booster = xgboost.train(options, data, 12)
    booster.save_model(path)
    return booster.predict(data)


@case
def xgboost_binary_json(folder: Path) -> Case:
    chances = _xgboost(folder / "m.json", TABLE, BINARY, objective="binary:logistic")
    return Case(folder / "m.json", rows_of(TABLE), np.column_stack([1 - chances, chances]), (0, 1), recorded(TABLE))


@case
def xgboost_classes_ubj(folder: Path) -> Case:
    chances = _xgboost(folder / "m.ubj", TABLE, THREE, objective="multi:softprob", num_class=3)
    return Case(folder / "m.ubj", rows_of(TABLE), chances, ("a", "b", "c"), recorded(TABLE, "a", "b", "c"))


@case
def xgboost_number_with_holes(folder: Path) -> Case:
    return Case(
        folder / "m.json", rows_of(HOLES), _xgboost(folder / "m.json", HOLES, NUMBER, objective="reg:squarederror")
    )


@case
def xgboost_categories(folder: Path) -> Case:
    values = _xgboost(folder / "m.ubj", PLACES, NUMBER, objective="reg:squarederror")
    return Case(folder / "m.ubj", rows_of(PLACES), values, facts=recorded(PLACES))


@case
def xgboost_ranking_stopped_early(folder: Path) -> Case:
    import xgboost

    data = xgboost.DMatrix(ARRAY, BINARY, group=[50] * 4)
    booster = xgboost.train({"objective": "rank:ndcg", "max_depth": 2}, data, 30, [(data, "t")], early_stopping_rounds=1, verbose_eval=False)  # fmt: skip
    booster.save_model(folder / "m.ubj")
    last = booster.best_iteration + 1
    facts = ModelFacts(inputs={"calls": "float32", "months": "float32"})
    return Case(folder / "m.ubj", rows_of(TABLE), booster.predict(data, iteration_range=(0, last)), facts=facts)


@case
def xgboost_estimator(folder: Path) -> Case:
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=9, max_depth=3, n_jobs=1).fit(TABLE, THREE)
    model.save_model(folder / "m.json")
    return Case(folder / "m.json", rows_of(TABLE), model.predict_proba(TABLE), (0, 1, 2), recorded(TABLE))


def _lightgbm(path: Path, table: Any, label: Any, **options: Any) -> Any:
    import lightgbm

    data = lightgbm.Dataset(table, label)
    booster = lightgbm.train({"num_leaves": 7, "verbosity": -1, "num_threads": 1, **options}, data, 12)
    booster.save_model(path)
    return booster.predict(table)


@case
def lightgbm_binary(folder: Path) -> Case:
    chances = _lightgbm(folder / "m.txt", TABLE, BINARY, objective="binary")
    return Case(folder / "m.txt", rows_of(TABLE), np.column_stack([1 - chances, chances]), ("no", "yes"), recorded(TABLE, "no", "yes"))  # fmt: skip


@case
def lightgbm_classes(folder: Path) -> Case:
    chances = _lightgbm(folder / "m.txt", HOLES, THREE, objective="multiclass", num_class=3)
    return Case(folder / "m.txt", rows_of(HOLES), chances, (0, 1, 2))


@case
def lightgbm_categories(folder: Path) -> Case:
    values = _lightgbm(folder / "m.txt", PLACES, NUMBER, objective="regression")
    return Case(folder / "m.txt", rows_of(PLACES), values, facts=recorded(PLACES))


@case
def lightgbm_nameless(folder: Path) -> Case:
    values = _lightgbm(folder / "m.txt", ARRAY.astype("float64"), NUMBER, objective="regression")
    return Case(folder / "m.txt", [dict(zip(("x0", "x1"), map(float, row), strict=True)) for row in ARRAY], values)


@case
def catboost_words(folder: Path) -> Case:
    import catboost

    table = PLACES.astype({"place": "object"})
    model = catboost.CatBoostClassifier(iterations=12, depth=3, verbose=0, thread_count=1, allow_writing_files=False)
    model.fit(table, np.where(BINARY, "yes", "no"), cat_features=["place"])
    model.save_model(str(folder / "m.cbm"))
    return Case(folder / "m.cbm", rows_of(table), model.predict_proba(table), ("no", "yes"), recorded(table))


@case
def catboost_counts(folder: Path) -> Case:
    import catboost

    model = catboost.CatBoostRegressor(
        iterations=12, depth=3, loss_function="Poisson", verbose=0, allow_writing_files=False
    )
    model.fit(HOLES, np.round(NUMBER))
    model.save_model(str(folder / "m.cbm"))
    return Case(folder / "m.cbm", rows_of(HOLES), model.predict(HOLES))


@case
def catboost_classes_json(folder: Path) -> Case:
    import catboost

    model = catboost.CatBoostClassifier(iterations=9, depth=3, verbose=0, allow_writing_files=False).fit(TABLE, THREE)
    model.save_model(str(folder / "m.json"), format="json")
    return Case(folder / "m.json", rows_of(TABLE), model.predict_proba(TABLE), (0, 1, 2))


def _net(outputs: int, *end: Any) -> Any:
    import torch

    torch.manual_seed(7)
    return torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, outputs), *end).eval()


def _asked(net: Any) -> Any:
    import torch

    with torch.inference_mode():
        return net(torch.from_numpy(ARRAY)).numpy()


@case
def torchscript_number(folder: Path) -> Case:
    import torch

    torch.jit.script(net := _net(1)).save(str(folder / "m.pt"))
    return Case(folder / "m.pt", rows_of(TABLE), _asked(net)[:, 0], facts=recorded(TABLE.astype("float32")))


@case
def torch_export_classes(folder: Path) -> Case:
    import torch

    net = _net(3, torch.nn.Softmax(1))
    rows = torch.export.Dim("rows")
    program = torch.export.export(net, (torch.zeros(4, 2),), dynamic_shapes=({0: rows},))
    torch.export.save(program, folder / "m.pt2")
    return Case(folder / "m.pt2", rows_of(TABLE), _asked(net), ("a", "b", "c"), recorded(TABLE.astype("float32"), "a", "b", "c"))  # fmt: skip


def _keras(folder: Path, outputs: int, activation: str | None) -> Case:
    import keras

    keras.utils.set_random_seed(7)
    layers = [keras.Input((2,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(outputs, activation)]
    model = keras.Sequential(layers)
    model.save(folder / "m.keras")
    found = model.predict(ARRAY, verbose=0)
    chances = np.column_stack([1 - found[:, 0], found[:, 0]]) if activation == "sigmoid" else found
    expected = found[:, 0] if activation is None else chances
    classes = tuple(range(expected.shape[1])) if activation else ()
    return Case(folder / "m.keras", rows_of(TABLE), expected, classes, recorded(TABLE.astype("float32")))


@case
def keras_number(folder: Path) -> Case:
    return _keras(folder, 1, None)


@case
def keras_binary(folder: Path) -> Case:
    return _keras(folder, 1, "sigmoid")


@case
def keras_classes(folder: Path) -> Case:
    return _keras(folder, 3, "softmax")


@case
def onnx_table(folder: Path) -> Case:
    import onnxruntime
    from onnx import TensorProto as T
    from onnx import helper, numpy_helper, save

    graph = helper.make_graph(
        [helper.make_node("MatMul", ["table", "w"], ["number"])],
        "g",
        [helper.make_tensor_value_info("table", T.FLOAT, ["n", 2])],
        [helper.make_tensor_value_info("number", T.FLOAT, ["n", 1])],
        [numpy_helper.from_array(np.array([[0.5], [0.25]], dtype="float32"), "w")],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "m.onnx")
    session = onnxruntime.InferenceSession(folder / "m.onnx", providers=["CPUExecutionProvider"])
    found = session.run(None, {"table": ARRAY})[0][:, 0]
    return Case(folder / "m.onnx", rows_of(TABLE), found, facts=recorded(TABLE.astype("float32")))


@case
def onnx_labels_and_chances(folder: Path) -> Case:
    import onnxruntime
    from onnx import TensorProto as T
    from onnx import helper, save

    def value(name: str, kind: int, *shape: Any) -> Any:
        return helper.make_tensor_value_info(name, kind, shape)

    classifier = helper.make_node(
        "LinearClassifier", ["table"], ["label", "scores"], domain="ai.onnx.ml", coefficients=[0.1, 0.2, -0.1, -0.2],
        intercepts=[-3.0, 3.0], classlabels_strings=["no", "yes"], post_transform="SOFTMAX", multi_class=0,
    )  # fmt: skip
    joined = helper.make_node("Concat", ["calls", "months"], ["table"], axis=1)
    graph = helper.make_graph(
        [joined, classifier], "g", [value("calls", T.FLOAT, "n", 1), value("months", T.FLOAT, "n", 1)],
        [value("label", T.STRING, "n"), value("scores", T.FLOAT, "n", 2)],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=8), folder / "m.onnx")
    session = onnxruntime.InferenceSession(folder / "m.onnx", providers=["CPUExecutionProvider"])
    _, chances = session.run(None, {"calls": ARRAY[:, :1], "months": ARRAY[:, 1:]})
    return Case(folder / "m.onnx", rows_of(TABLE), chances, ("no", "yes"), ModelFacts(classes=("no", "yes")))


@case
def skops_pipeline(folder: Path) -> Case:
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(TABLE, np.where(BINARY, "yes", "no"))
    skops.io.dump(model, folder / "m.skops")
    return Case(folder / "m.skops", rows_of(TABLE), model.predict_proba(TABLE), ("no", "yes"), recorded(TABLE))


@case
def joblib_pipeline(folder: Path) -> Case:
    import joblib
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(TABLE, NUMBER)
    joblib.dump(model, folder / "m.joblib")
    return Case(folder / "m.joblib", rows_of(TABLE), model.predict(TABLE), facts=recorded(TABLE))


@case
def mlflow_function(folder: Path) -> Case:
    import mlflow.pyfunc

    class Doubled(mlflow.pyfunc.PythonModel):
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return model_input["months"] * 2

    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "true"
    mlflow.pyfunc.save_model(str(folder / "m"), python_model=Doubled(), pip_requirements=[])
    return Case(folder / "m" / "python_model.pkl", rows_of(TABLE), TABLE["months"] * 2, facts=recorded(TABLE))


@case
def transformers_classes(folder: Path) -> Case:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = {word: place for place, word in enumerate(["[PAD]", "[UNK]", "good", "bad", "film"])}
    made = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]")
    torch.manual_seed(7)
    size = {"vocab_size": 5, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    net = BertForSequenceClassification(
        BertConfig(**size, id2label={0: "bad", 1: "good"}, label2id={"bad": 0, "good": 1})
    )
    net.eval().save_pretrained(folder)
    tokens.save_pretrained(folder)
    texts = ["good film", "bad film", "film film good", "what"]
    with torch.inference_mode():
        chances = [net(**tokens([each], return_tensors="pt")).logits.softmax(1).numpy()[0] for each in texts]
    rows = [{"review": each} for each in texts]
    return Case(
        folder / "model.safetensors", rows, np.array(chances), ("bad", "good"), ModelFacts(inputs={"review": "str"})
    )


@refused("no architecture: it needs the code that defines the model")
def weights_safetensors(folder: Path) -> Case:
    from safetensors.torch import save_file

    save_file(_net(1).state_dict(), folder / "m.safetensors")
    return Case(folder / "m.safetensors", [], [])


@refused("no architecture: it needs the code that defines the model")
def weights_state_dict(folder: Path) -> Case:
    import torch

    torch.save(_net(1).state_dict(), folder / "m.pt")
    return Case(folder / "m.pt", [], [])


@refused("3 numbers for a row, which are no chances")
def logits_without_classes(folder: Path) -> Case:
    import torch

    torch.jit.script(_net(3)).save(str(folder / "m.pt"))
    return Case(folder / "m.pt", rows_of(TABLE), [], facts=recorded(TABLE))


@refused("m.keras cannot be loaded")
def keras_with_code(folder: Path) -> Case:
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda rows: rows * 2)])
    model.save(folder / "m.keras")
    return Case(folder / "m.keras", [], [])


@refused("which a scan does not expect in it; nothing was loaded")
def skops_with_a_class_of_its_own(folder: Path) -> Case:
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    skops.io.dump(FunctionTransformer(os.path.join), folder / "m.skops")
    return Case(folder / "m.skops", [], [])


@refused("cannot be loaded")
def half_a_booster(folder: Path) -> Case:
    _xgboost(folder / "m.ubj", TABLE, BINARY, objective="binary:logistic")
    data = (folder / "m.ubj").read_bytes()
    (folder / "m.ubj").write_bytes(data[: len(data) // 2])
    return Case(folder / "m.ubj", [], [])
