"""Tie the file that a model is saved to with what is known of the model."""

from __future__ import annotations

import os

from .sklearn import find_estimator, model_facts
from ..guarding import also, first
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_joblib(joblib: Any) -> None:
    """Record ``joblib.dump``."""
    also(joblib, "dump", lambda _result, arguments, named: _note(arguments, named, "filename"))


def watch_pickle(pickle: Any) -> None:
    """Record ``pickle.dump``; it costs one look-up while scikit-learn is not loaded."""
    also(pickle, "dump", lambda _result, arguments, named: _note(arguments, named, "file"))


def _note(arguments: tuple[Any, ...], named: dict[str, Any], name: str) -> None:
    estimator = find_estimator(first(arguments, named, "value", "obj"))
    target = first(arguments, named, name, at=1)
    path = getattr(target, "name", target)
    if estimator is not None and isinstance(path, (str, os.PathLike)):
        emit("model", path=os.path.realpath(path), facts=model_facts(estimator))
