"""How a model file becomes something that predicts: one file a format, chosen by what the file is, not by its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

from lineal.formats.mlmodel import BYTES_MAX, MLMODEL, describe
from lineal.formats.predictions import Prediction
from lineal.formats.structures.files import Budget
from lineal.formats.structures.reading import READ_BYTES_MAX, read_file
from lineal.objects.errors import Corrupt, Unsupported
from lineal.objects.runs import ModelFacts

Rows = list[dict[str, object]]
"""Rows of a request or table: values by column, typed as the model's inputs are."""


class Predictor(Protocol):
    """A loaded model. ``inputs`` maps each column that it takes to its dtype, which is empty where it is not known."""

    inputs: Mapping[str, str]

    def predict(self, rows: Rows) -> list[Prediction]:
        """Return what the model says of each row, in order.

        Raises:
            Invalid: the model cannot take these rows.
            Unavailable: the model failed.
        """


_HOME = "lineal.serving.loaders."
_JOBLIB = "joblib_file.load"
_BY_FRAMEWORK = dict.fromkeys(("scikit-learn", "sklearn"), _JOBLIB)
_SKOPS, _MLFLOW, _TRANSFORMERS = "skops_file.load", "mlflow_directory.load", "transformers_directory.load"
_BY_FORMAT = {
    "catboost": "catboost_file.load",
    "joblib": _JOBLIB,
    "keras": "keras_file.load",
    "lightgbm": "lightgbm_file.load",
    "onnx": "onnx_file.load",
    "pickle": _JOBLIB,
    "safetensors": "weights_alone.load",
    "skops": _SKOPS,
    "torch": "weights_alone.load",
    "torch.export": "torch_file.load_exported",
    "torchscript": "torch_file.load_script",
    "xgboost": "xgboost_file.load",
}
"""What loads a format, by what its file is found to be."""

_BY_SUFFIX = {
    ".cbm": "catboost_file.load",
    ".joblib": _JOBLIB,
    ".keras": "keras_file.load",
    ".onnx": "onnx_file.load",
    ".pickle": _JOBLIB,
    ".pkl": _JOBLIB,
    ".pt2": "torch_file.load_exported",
    ".skops": _SKOPS,
    ".ubj": "xgboost_file.load",
}
"""What loads a file that is too large to be looked through, or is a pickle of a framework."""

_PICKLES = (".joblib", ".pickle", ".pkl")


def load(path: Path, facts: ModelFacts, *, trusted: Collection[str] = ()) -> Predictor:
    """Return the model in the file at ``path``, whose bytes were verified.

    Args:
        path: the file; what stands beside it may be a part of the model.
        facts: what was recorded of it.
        trusted: the names in it that the scan of its version expects, for formats that ask.

    Raises:
        Unsupported: there is no loader for such a model.
        Unavailable: the library that it needs is not in this environment.
        Corrupt: the file cannot be loaded.
    """
    path, name = _found(path, facts)
    if not name:
        raise Unsupported(
            f"no loader is known for {path.name} ({facts.framework or 'framework not recorded'})",
            hint="loaded are " + ", ".join(_BY_FORMAT) + ", and directories of MLflow and Hugging Face",
        )
    module, _, function = name.partition(".")
    options = {"trusted": trusted} if name == _SKOPS else {}
    predictor: Predictor = getattr(import_module(_HOME + module), function)(path, facts, **options)
    return predictor


def _found(path: Path, facts: ModelFacts) -> tuple[Path, str]:
    """Return which file is loaded, and by what."""
    if described := _mlflow(path):
        return described, _MLFLOW
    if path.suffix in _PICKLES or (facts.framework in _BY_FRAMEWORK and path.suffix not in _BY_SUFFIX):
        return path, _JOBLIB
    name = _BY_FORMAT.get(_format(path), "")
    if name == _BY_FORMAT["safetensors"] and (path.parent / "config.json").is_file():
        return path, _TRANSFORMERS
    return path, name or _BY_SUFFIX.get(path.suffix, "") or _BY_FRAMEWORK.get(facts.framework, "")


def _format(path: Path) -> str:
    """Return what a file is by its bytes; nothing where it is of no known format, or does not tell."""
    with path.open("rb") as file:
        try:
            found = read_file(file, Budget(READ_BYTES_MAX))
        except Corrupt:
            return ""  # what loads it says what is wrong
    return found.format if found else ""


def _mlflow(path: Path) -> Path | None:
    """Return the description of the directory of MLflow's in which a file is, when only MLflow can load its model."""
    for folder in list(path.parents)[:3]:
        if (folder / MLMODEL).is_file():
            said = describe((folder / MLMODEL).read_bytes()[:BYTES_MAX])
            return folder / MLMODEL if path.name == MLMODEL or set(said.flavors) <= {"python_function"} else None
    return None
