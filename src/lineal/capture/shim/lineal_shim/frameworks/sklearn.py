"""Record what scikit-learn's estimators are fitted with, outermost only, and what kind of model came of it."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from types import FunctionType

from .columns import columns_of
from .models import describers, version_of
from ..guarding import alike, first, is_programs_own, quietly
from ..scalars import scalar
from ..seeds import note_seed
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_DEPTH_MAX = 8
_PROCESS = os.getpid()
_fitting = threading.Lock()
_columns: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()
_targets: list[weakref.ref[Any]] = []
"""What was last fitted to; a score against the very same object is one of the training."""

_INSIDE = f"{os.sep}sklearn{os.sep}"
_PASSING_ON = ("base.py", "_set_output.py")
"""Files of scikit-learn that call a fit in the name of the program."""

_FITS = ("fit", "partial_fit", "fit_predict", "fit_transform")

current: list[Any] = []
"""The estimator that is being fitted, when one is: what happens meanwhile is a part of that."""


def watch_fits(base: Any) -> None:
    """Wrap ``fit`` of every estimator class from now on; ``base`` is ``sklearn.base``, imported before any of them."""
    estimator = base.BaseEstimator
    describers.append(lambda value: model_facts(value) if isinstance(value, estimator) else None)
    for each in (base.ClassifierMixin, base.RegressorMixin):
        _wrap(each, "score", _scored)
    inherited = estimator.__dict__.get("__init_subclass__")

    def init_subclass(cls: type[Any], /, **named: Any) -> None:
        if inherited is not None:
            inherited.__func__(cls, **named)
        else:
            super(estimator, cls).__init_subclass__(**named)
        # Classes of the script itself are pickled by value, and would take this wrapper along.
        if cls.__module__ != "__main__":
            for name in _FITS:
                _wrap(cls, name, _recorded)
            _wrap(cls, "score", _scored)

    estimator.__init_subclass__ = classmethod(init_subclass)


def _is_inner(path: str) -> bool:
    """Tell whether a fit is asked for by scikit-learn itself: a part of cross-validation or of a measurement."""
    return _INSIDE in path and not path.endswith(_PASSING_ON)


def _wrap(cls: type[Any], name: str, made: Callable[[Any], Any]) -> None:
    """Replace a method that ``cls`` itself has, also one that is there only for some of its objects."""
    found = cls.__dict__.get(name)
    if type(found) is FunctionType:
        setattr(cls, name, made(found))
    elif type(getattr(found, "fn", None)) is FunctionType:
        found.fn = made(found.fn)  # type: ignore[union-attr]  # scikit-learn's descriptor for such methods


def _recorded(fit: Any) -> Any:
    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        # One lock for all threads: the trees of a forest are fitted in threads of their own.
        # A forked child fits a part of what its parent fits and records as a whole.
        is_part = os.getpid() != _PROCESS or _is_inner(sys._getframe(1).f_code.co_filename)  # noqa: SLF001
        if is_part or not _fitting.acquire(blocking=False):
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
        "inputs": columns_of(features, "x"),
        "outputs": columns_of(target, "y") if target is not None else {},
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
    emit("param", params=params, source="sklearn")
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


def _scored(score: Any) -> Any:
    def scored(self: Any, *arguments: Any, **named: Any) -> Any:
        result = score(self, *arguments, **named)
        if not current and is_programs_own(sys._getframe(1)):  # noqa: SLF001 the one way to know the caller
            quietly(_note_score, self, result, arguments, named)
        return result

    return alike(scored, score)


def _note_score(estimator: Any, result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    name = f"{type(estimator).__name__}.score"
    is_training = is_fitted_to(first(arguments, named, "y", at=1))
    emit("metric", metrics={f"train.{name}" if is_training else name: scalar(result)}, step=None)


def _last(estimator: Any) -> Any:
    steps = getattr(estimator, "steps", None)
    last = steps[-1][1] if steps else estimator
    return last if hasattr(last, "get_params") else estimator


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
