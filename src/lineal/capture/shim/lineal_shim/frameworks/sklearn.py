"""Record what scikit-learn's estimators are fitted with, outermost only, and what kind of model came of it."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from types import FunctionType

from .models import describers, version_of
from ..guarding import alike, is_programs_own, method, quietly
from ..scalars import scalar
from ..seeds import note_seed
from ..writing import emit, gap

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_COLUMNS_MAX = 2_000
_DEPTH_MAX = 8
_PROCESS = os.getpid()
_fitting = threading.Lock()
_columns: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()
_targets: list[weakref.ref[Any]] = []
"""What was last fitted to; a score against the very same object is one of the training."""

_FITS = ("fit", "partial_fit", "fit_predict", "fit_transform")

current: list[Any] = []
"""The estimator that is being fitted, when one is: what happens meanwhile is a part of that."""


def watch_fits(base: Any) -> None:
    """Wrap ``fit`` of every estimator class from now on; ``base`` is ``sklearn.base``, imported before any of them."""
    estimator = base.BaseEstimator
    describers.append(lambda value: model_facts(value) if isinstance(value, estimator) else None)
    for each in (base.ClassifierMixin, base.RegressorMixin):
        method(each, "score", _note_score)
    inherited = estimator.__dict__.get("__init_subclass__")

    def init_subclass(cls: type[Any], /, **named: Any) -> None:
        if inherited is not None:
            inherited.__func__(cls, **named)
        else:
            super(estimator, cls).__init_subclass__(**named)
        # Classes of the script itself are pickled by value, and would take this wrapper along.
        for name in _FITS if cls.__module__ != "__main__" else ():
            fit = cls.__dict__.get(name)
            if type(fit) is FunctionType:
                setattr(cls, name, _recorded(fit))
        if type(cls.__dict__.get("score")) is FunctionType and cls.__module__ != "__main__":
            method(cls, "score", _note_score)

    estimator.__init_subclass__ = classmethod(init_subclass)


def _recorded(fit: Any) -> Any:
    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        # One lock for all threads: the trees of a forest are fitted in threads of their own.
        # A forked child fits a part of what its parent fits and records as a whole.
        if os.getpid() != _PROCESS or not _fitting.acquire(blocking=False):
            return fit(self, *arguments, **named)
        current.append(self)
        try:
            result = fit(self, *arguments, **named)
        finally:
            current.clear()
            _fitting.release()
        # A stream of small parts is one fit.
        if fit.__name__ != "partial_fit" or self not in _columns:
            quietly(_note_fit, self, arguments, named)
        return result

    return alike(recorded, fit)


def _note_fit(estimator: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    features = arguments[0] if arguments else named.get("X")
    target = arguments[1] if len(arguments) > 1 else named.get("y")
    _columns[estimator] = {
        "inputs": dtypes(features, "x"),
        "outputs": dtypes(target, "y") if target is not None else {},
    }
    params: dict[str, object] = {}
    for each in dict.fromkeys((estimator, _last(estimator))):
        name = type(each).__name__
        for key, value in each.get_params(deep=False).items():
            if value is None or isinstance(value, (bool, int, float, str)):
                params[f"{name}.{key}"] = value
            if key == "random_state":
                note_seed(f"{name}.random_state", value)
    params |= _found(estimator)
    emit("param", params=params)
    _targets[:] = [weakref.ref(target)] if hasattr(type(target), "__weakref__") or hasattr(target, "dtype") else []


def _found(search: Any) -> dict[str, object]:
    """Return what a search over parameters found, and tell its score."""
    found: dict[str, object] = {
        f"best.{key}": scalar(value) for key, value in (getattr(search, "best_params_", None) or {}).items()
    }
    results = getattr(search, "cv_results_", None)
    if isinstance(results, dict) and "params" in results:
        name = type(search).__name__
        found[f"{name}.candidates"] = len(results["params"])
        found[f"{name}.splits"] = getattr(search, "n_splits_", None)
        if hasattr(search, "best_score_"):
            emit("metric", metrics={f"{name}.best_score": scalar(search.best_score_)}, step=None)
    return found


def is_fitted_to(target: object) -> bool:
    """Tell whether ``target`` is the very object that was last fitted to."""
    return bool(_targets) and target is not None and _targets[0]() is target


def _note_score(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    # frames: this function, quietly, recorded, the caller
    if not current and is_programs_own(sys._getframe(3)):  # noqa: SLF001 the one way to know the caller
        target = arguments[2] if len(arguments) > 2 else named.get("y")
        name = f"{type(arguments[0]).__name__}.score"
        emit("metric", metrics={f"train.{name}" if is_fitted_to(target) else name: scalar(result)}, step=None)


def _last(estimator: Any) -> Any:
    steps = getattr(estimator, "steps", None)
    last = steps[-1][1] if steps else estimator
    return last if hasattr(last, "get_params") else estimator


def dtypes(values: Any, name: str) -> dict[str, str]:
    """Return the columns of a table, an array or a list, each with its dtype; nameless ones are called after ``name``."""
    columns, dtypes = getattr(values, "columns", None), getattr(values, "dtypes", None)
    if columns is not None and dtypes is not None:
        found = {str(column): str(dtype) for column, dtype in zip(columns, dtypes, strict=False)}
    else:
        dtype = str(
            getattr(values, "dtype", "") or (type(values[0]).__name__ if isinstance(values, list) and values else "")
        )
        shape: tuple[int, ...] = getattr(values, "shape", ())
        if len(shape) > 1:
            found = {f"{name}{position}": dtype for position in range(min(shape[1], _COLUMNS_MAX + 1))}
        else:
            found = {str(getattr(values, "name", None) or name): dtype}
    if len(found) > _COLUMNS_MAX:
        gap(f"model: only {_COLUMNS_MAX} of its columns are listed")
    return dict(list(found.items())[:_COLUMNS_MAX])


def model_facts(estimator: Any) -> dict[str, object]:
    """Return what scikit-learn says of ``estimator``: version, tree of classes, columns, labels."""
    known = _columns.get(estimator, {})
    names = [str(each) for each in getattr(estimator, "feature_names_in_", ())]
    classes = getattr(estimator, "classes_", None)
    return {
        "framework": "sklearn",
        "framework_version": version_of("sklearn"),
        "architecture": "\n".join(_tree(estimator, "", 0)),
        "inputs": known.get("inputs") or dict.fromkeys(names, ""),
        "outputs": known.get("outputs", {}),
        "classes": [str(each) for each in classes] if classes is not None and not isinstance(classes, list) else [],
    }


def _tree(estimator: Any, name: str, depth: int) -> list[str]:
    """Return the classes of ``estimator`` and the estimators it is made of, one a line, indented."""
    kind = type(estimator)
    label = f"{name}: " if name else ""
    lines = [
        "  " * depth + label + (estimator if isinstance(estimator, str) else f"{kind.__module__}.{kind.__qualname__}")
    ]
    parts = (
        getattr(estimator, "steps", None)
        or getattr(estimator, "transformers", None)
        or getattr(estimator, "estimators", None)
    )
    named = [(str(each[0]), each[1]) for each in parts or () if isinstance(each, tuple)]
    inner = getattr(estimator, "estimator", None)
    named += [("estimator", inner)] if hasattr(inner, "get_params") else []
    if depth < _DEPTH_MAX:
        for part, value in named:
            lines += _tree(value, part, depth + 1)
    return lines
