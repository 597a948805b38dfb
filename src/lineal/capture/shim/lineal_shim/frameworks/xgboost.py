"""Record XGBoost: parameters, what it measures in every iteration, and the files that its models are saved to."""

from __future__ import annotations

import weakref

from . import sklearn
from .models import describers, tell_model, version_of
from .naming import metric_name, new_training, numbered, params_of
from ..guarding import also, first, method
from ..seeds import note_seed
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_trainings: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
"""Trainings by what holds their callbacks."""

_TYPES = {"float": "float32", "int": "int64", "i": "bool", "q": "float32", "c": "category"}
"""XGBoost's names of types, as tables call them."""


def watch_boosters(core: Any) -> None:
    """Record ``Booster.save_model``, which the estimators use too."""
    booster = core.Booster
    describers.append(lambda value: model_facts(value) if isinstance(value, booster) else None)
    method(booster, "save_model", _note_save)


def watch_iterations(callback: Any) -> None:
    """Record what is measured after each iteration, at the place where XGBoost calls its callbacks."""
    method(callback.CallbackContainer, "after_iteration", _note_iteration)


def watch_training(training: Any) -> None:
    """Record the parameters of ``train`` and ``cv``, and which iteration was best."""
    also(training, "train", _note_training)
    also(training, "cv", lambda _result, arguments, named: _note_params("xgboost.cv", arguments, named))


def measures_of_its_own() -> bool:
    """Tell whether iterations are worth telling: not those of the many models that a search or an ensemble fits."""
    outer = sklearn.current[0] if sklearn.current else None
    return outer is None or hasattr(outer, "steps") or not (hasattr(outer, "estimator") or hasattr(outer, "estimators"))


def _note_iteration(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    if not measures_of_its_own():
        return
    container, iteration = arguments[0], first(arguments, named, "epoch", at=2)
    if container not in _trainings:
        _trainings[container] = new_training()
    found: dict[str, float] = {}
    for data, measures in container.history.items():
        for measure, values in measures.items():
            if container.is_cv:  # the mean and the deviation over folds
                found[metric_name("cv", data, measure)], found[metric_name("cv", data, f"{measure}-std")] = values[-1]
            else:
                found[metric_name(data, measure)] = values[-1]
    if found:
        emit("metric", metrics=numbered(found, _trainings[container]), step=iteration)


def _note_training(booster: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    if measures_of_its_own():
        best = getattr(booster, "best_score", None) if _best(booster) is not None else None
        if best is not None:
            emit("param", params={"xgboost.best_iteration": _best(booster)}, source="xgboost")
            emit("metric", metrics={"xgboost.best_score": best}, step=_best(booster))
    if not sklearn.current:  # an estimator tells its own
        _note_params("xgboost", arguments, named)


def _note_params(name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    given = dict(first(arguments, named, "params") or {})
    rounds = first(arguments, named, "num_boost_round", at=2)
    emit(
        "param",
        params=params_of(name, {**given, "num_boost_round": 10 if rounds is None else rounds}.items()),
        source="xgboost",
    )
    note_seed(f"{name}.seed", given.get("seed", given.get("random_state")))


def _best(booster: Any) -> int | None:
    # Asking for the attribute raises where training did not stop early.
    text = booster.attr("best_iteration") if hasattr(booster, "attr") else None
    return None if text is None else int(text)


def _note_save(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    tell_model(first(arguments, named, "fname", at=1), model_facts(arguments[0]))


def model_facts(booster: Any) -> dict[str, object]:
    """Return what XGBoost says of a booster: version, kind and number of trees, columns."""
    names = booster.feature_names or [f"x{position}" for position in range(booster.num_features())]
    types = booster.feature_types or []
    return {
        "framework": "xgboost",
        "framework_version": version_of("xgboost"),
        "architecture": f"xgboost.Booster: {booster.num_boosted_rounds()} rounds",
        "inputs": {
            str(name): _TYPES.get(str(kind), str(kind))
            for name, kind in zip(names, types or [""] * len(names), strict=False)
        },
    }
