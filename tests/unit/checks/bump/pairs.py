"""Pairs of real models as successive versions, with the level that the definitions of the levels ask for, and why."""

from __future__ import annotations

from typing import NamedTuple

from lineal.objects.semantic import Level


class Pair(NamedTuple):
    """A version and the one before: their files, the level, a rule that must be among the findings, where, and why."""

    old: str
    new: str
    level: Level
    rule: str
    where: str
    why: str


PAIRS = (
    Pair("lr.joblib", "lr.joblib", "patch", "weights-same", "", "registered again, with the same bytes"),
    Pair("lr.joblib", "lr.retrained.joblib", "minor", "retrained", "", "scikit-learn: trained on later data"),
    Pair("lr.joblib", "lr.C.joblib", "minor", "hyperparameters-changed", "clf__C", "another regularisation"),
    Pair("lr.joblib", "lr.iterations.joblib", "minor", "hyperparameters-changed", "clf__max_iter", "more iterations"),
    Pair("lr.joblib", "rf.joblib", "major", "architecture-changed", "RandomForestClassifier", "another kind of model"),
    Pair("lr.joblib", "lr.scaler.joblib", "major", "architecture-changed", "MinMaxScaler", "another step of preparation"),
    Pair("lr.joblib", "lr.added.joblib", "major", "input-added", "zip", "callers must send one more column"),
    Pair("lr.joblib", "lr.removed.joblib", "minor", "input-removed", "pay", "a column is no longer read"),
    Pair("lr.joblib", "lr.renamed.joblib", "major", "input-added", "salary", "a column has another name"),
    Pair("lr.joblib", "lr.labels.joblib", "major", "output-labels", "classes", "a third label may be answered"),
    Pair("lr.joblib", "lr.numbers.joblib", "major", "output-labels", "classes", "labels are numbers, no words"),
    Pair("lr.joblib", "lr.unnamed.joblib", "major", "input-added", "X", "columns are known by place, no longer by name"),
    Pair("lr.joblib", "lr.bare.joblib", "major", "architecture-changed", "LogisticRegression", "the scaler is gone"),
    Pair("lr.joblib", "lr.xz.joblib", "patch", "replay-equal", "", "compressed anew: a replay proves it the same"),
    Pair("lr.joblib", "lr.new.pkl", "patch", "replay-equal", "", "pickled, no longer written by joblib"),
    Pair("lr.old.pkl", "lr.new.pkl", "patch", "replay-equal", "", "another protocol of pickles"),
    Pair("lr.joblib", "lr.refactored.joblib", "patch", "replay-equal", "", "trained by other code, step by step"),
    Pair("lr.joblib", "lr.objects.joblib", "patch", "replay-equal", "", "labels as objects, the same words"),
    Pair("lr.joblib", "lr.nudged.joblib", "patch", "replay-equal", "", "weights differ by a thousandth of a millionth, as by other hardware"),
    Pair("lr.joblib", "lr.moved.joblib", "minor", "replay-differs", "request", "weights differ by a ten-thousandth"),
    Pair("lr.joblib", "lr.shuffled.joblib", "patch", "replay-equal", "", "trained on the same rows in another order"),
    Pair("lr.joblib", "lr.added.joblib", "major", "replay-refused", "request", "requests without the new column are refused"),
    Pair("lr.joblib", "lr.numbers.joblib", "major", "replay-form", "request", "answers are numbers, no words"),
    Pair("lr.joblib", "lr.labels.joblib", "major", "replay-form", "request", "answers have one more class"),
    Pair("lr.joblib", "lr.removed.joblib", "minor", "replay-accepted", "", "requests without the column are answered now"),
    Pair("lr.joblib", "rf.joblib", "major", "replay-differs", "request", "another kind of model answers otherwise"),
    Pair("boost.joblib", "boost.more.joblib", "minor", "replay-differs", "request", "more trees answer otherwise"),
    Pair("boost.joblib", "boost.more.joblib", "minor", "hyperparameters-changed", "n_estimators", "more trees"),
    Pair("lr.joblib", "boost.joblib", "major", "architecture-changed", "GradientBoostingClassifier", "boosted trees instead"),
    Pair("lr.joblib", "xgb.json", "major", "framework-changed", "xgboost", "scikit-learn gave way to XGBoost"),
    Pair("lr.joblib", "net.pt", "major", "framework-changed", "torch", "scikit-learn gave way to PyTorch"),
    Pair("net.pt", "net.seed.pt", "minor", "retrained", "", "PyTorch: trained anew"),
    Pair("net.pt", "net.safetensors", "patch", "weights-rewritten", "", "a pure re-serialisation"),
    Pair("net.safetensors", "net.pt", "patch", "weights-rewritten", "", "a pure re-serialisation, the other way"),
    Pair("net.pt", "net.legacy.pt", "patch", "weights-rewritten", "", "the same tensors in PyTorch's older format"),
    Pair("net.safetensors", "net.nudged.safetensors", "minor", "retrained", "", "one bias differs in its last digits"),
    Pair("net.pt", "net.seed.safetensors", "minor", "format-changed", "safetensors", "trained anew, kept in another format"),
    Pair("net.pt", "net.wide.pt", "major", "tensor-reshaped", "layers.0.weight", "64 hidden units, no longer 32"),
    Pair("net.pt", "net.deep.pt", "major", "tensor-added", "layers.2.weight", "one more layer"),
    Pair("net.deep.pt", "net.pt", "major", "tensor-removed", "layers.2.weight", "one layer fewer"),
    Pair("net.pt", "net.inputs.pt", "major", "tensor-reshaped", "layers.0.weight", "it takes five numbers, no longer four"),
    Pair("net.pt", "net.outputs.pt", "major", "tensor-reshaped", "head.weight", "it answers with one more number"),
    Pair("net.safetensors", "net.half.safetensors", "minor", "tensor-retyped", "head.bias", "half the precision"),
    Pair("net.safetensors", "net.named.safetensors", "major", "tensor-removed", "head.bias", "tensors have other names"),
    Pair("net.safetensors", "net.noted.safetensors", "minor", "retrained", "", "what is said beside the tensors is other"),
    Pair("net.whole.pt", "net.seed.whole.pt", "minor", "retrained", "", "a whole module, trained anew"),
    Pair("net.whole.pt", "net.pt", "major", "loader-changed", "torch", "only the tensors are kept: what serves must build the module"),
    Pair("net.pt", "net.whole.pt", "major", "loader-changed", "torch", "a whole module: what serves must have its class"),
    Pair("net.script.pt", "net.seed.script.pt", "minor", "retrained", "", "TorchScript, trained anew"),
    Pair("net.script.pt", "net.deep.script.pt", "major", "architecture-changed", "", "TorchScript with one more layer"),
    Pair("net.pt", "net.script.pt", "major", "loader-changed", "torchscript", "TorchScript instead of tensors"),
    Pair("xgb.json", "xgb.retrained.json", "minor", "retrained", "", "XGBoost: trained on later data"),
    Pair("xgb.json", "xgb.rounds.json", "minor", "retrained", "", "more rounds"),
    Pair("xgb.json", "xgb.objective.json", "major", "architecture-changed", "", "another objective: probabilities became numbers"),
    Pair("xgb.json", "xgb.dart.json", "major", "architecture-changed", "", "another kind of booster"),
    Pair("xgb.json", "xgb.added.json", "major", "input-added", "zip", "callers must send one more column"),
    Pair("xgb.json", "xgb.removed.json", "minor", "input-removed", "pay", "a column is no longer read"),
    Pair("xgb.json", "xgb.type.json", "major", "input-type-narrowed", "age", "whole numbers became `float32`, which loses digits of large ones"),
    Pair("xgb.json", "xgb.flag.json", "major", "input-type-narrowed", "pay", "an amount became a yes or no"),
    Pair("xgb.json", "light.txt", "major", "framework-changed", "lightgbm", "XGBoost gave way to LightGBM"),
    Pair("light.txt", "light.retrained.txt", "minor", "retrained", "", "LightGBM: trained on later data"),
    Pair("light.txt", "light.rate.txt", "minor", "hyperparameters-changed", "learning_rate", "another learning rate"),
    Pair("light.txt", "light.added.txt", "major", "input-added", "zip", "callers must send one more column"),
    Pair("light.town.txt", "light.towns.txt", "minor", "input-category-added", "town", "one more town is known"),
    Pair("light.towns.txt", "light.town.txt", "major", "input-category-dropped", "town", "a town is no longer known"),
    Pair("light.town.txt", "light.other.txt", "major", "input-category-dropped", "town", "one town gave way to another"),
    Pair("cat.cbm", "cat.retrained.cbm", "minor", "retrained", "", "CatBoost: trained on later data"),
    Pair("cat.cbm", "cat.removed.cbm", "minor", "input-removed", "pay", "a column is no longer read"),
    Pair("k.keras", "k.seed.keras", "minor", "retrained", "", "Keras: trained anew"),
    Pair("k.keras", "k.wide.keras", "major", "tensor-reshaped", "", "16 hidden units, no longer 8"),
    Pair("k.keras", "k.inputs.keras", "major", "input-shape", "", "it takes five numbers, no longer four"),
    Pair("k.keras", "k.tanh.keras", "major", "architecture-changed", "", "another activation"),
)  # fmt: skip
"""What the models are is in ``tests/parts/pair_files.py``, which makes them."""
