"""Record LightGBM: parameters, what it measures in every iteration, and the files that its models are saved to."""

from __future__ import annotations

import weakref
from inspect import signature

from . import sklearn
from .models import describers, tell_model, version_of
from .columns import columns_of
from .naming import metric_name, new_training, numbered, params_of
from .xgboost import measures_of_its_own
from ..guarding import alike, first, method, quietly
from ..seeds import note_seed
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_columns: weakref.WeakKeyDictionary[Any, dict[str, dict[str, str]]] = weakref.WeakKeyDictionary()
_SEEDS = ("seed", "random_seed", "random_state")


def watch_boosters(basic: Any) -> None:
    """Record ``Booster.save_model``."""
    booster = basic.Booster
    describers.append(lambda value: model_facts(value) if isinstance(value, booster) else None)
    method(booster, "save_model", _note_save)


def watch_training(engine: Any) -> None:
    """Record ``train`` and ``cv``, which the estimators use too."""
    for name in ("train", "cv"):
        setattr(engine, name, _recorded(name, getattr(engine, name)))


def _recorded(name: str, original: Any) -> Any:
    """Return ``original`` with a callback of ours before the program's; its list and their order stay as they are."""
    parameters = signature(original)

    def recorded(*arguments: Any, **named: Any) -> Any:
        given: dict[str, Any] = {}
        columns: dict[str, dict[str, str]] = {}
        quietly(_with_callback, name, parameters, arguments, named, given)
        quietly(_note_columns, given, columns)
        result = original(**given) if given else original(*arguments, **named)
        quietly(_note_training, name, result, given, columns)
        return result

    return alike(recorded, original)


def _with_callback(
    name: str, parameters: Any, arguments: tuple[Any, ...], named: dict[str, Any], given: dict[str, Any]
) -> None:
    try:
        bound = parameters.bind(*arguments, **named).arguments
    except TypeError:
        return  # the program's mistake, which the original tells
    if measures_of_its_own():
        bound["callbacks"] = [_iteration(name), *(bound.get("callbacks") or ())]
    given.update(bound)


def _note_columns(given: dict[str, Any], columns: dict[str, dict[str, str]]) -> None:
    # Training lets go of the table.
    table, label = getattr(given.get("train_set"), "data", None), getattr(given.get("train_set"), "label", None)
    if hasattr(table, "shape"):
        columns["inputs"] = columns_of(table, "Column_")
    if hasattr(label, "dtype"):
        columns["outputs"] = columns_of(label, "y")


def _iteration(name: str) -> Any:
    training, before = new_training(), "cv" if name == "cv" else ""

    def note_iteration(env: Any) -> None:
        quietly(_note_iteration, env, before, training)

    # Before the one that stops early, which raises.
    note_iteration.order = 5  # type: ignore[attr-defined]
    return note_iteration


def _note_iteration(env: Any, before: str, training: int) -> None:
    found: dict[str, float] = {}
    for data, measure, value, *more in env.evaluation_result_list or ():
        name = metric_name(before, str(data), str(measure))
        found[name] = value
        if before:  # whether more is better, and the deviation over folds
            found[f"{name}-std"] = more[-1]
    if found:
        emit("metric", metrics=numbered(found, training), step=env.iteration)


def _note_training(name: str, booster: Any, given: dict[str, Any], columns: dict[str, dict[str, str]]) -> None:
    if name == "train":
        _columns[booster] = columns
        if measures_of_its_own() and booster.best_iteration > 0 and given.get("valid_sets"):
            emit("param", params={"lightgbm.best_iteration": booster.best_iteration}, source="lightgbm")
    if sklearn.current or not given:
        return  # an estimator tells its own
    before = "lightgbm" if name == "train" else "lightgbm.cv"
    params = dict(given.get("params") or {})
    rounds = given.get("num_boost_round", 100)
    emit("param", params=params_of(before, {**params, "num_boost_round": rounds}.items()), source="lightgbm")
    note_seed(f"{before}.seed", next((params[each] for each in _SEEDS if each in params), None))


def _note_save(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    tell_model(first(arguments, named, "filename", at=1), model_facts(arguments[0]))


def model_facts(booster: Any) -> dict[str, object]:
    """Return what LightGBM says of a booster: version, number of trees, columns."""
    known = _columns.get(booster, {})
    return {
        "framework": "lightgbm",
        "framework_version": version_of("lightgbm"),
        "architecture": f"lightgbm.Booster: {booster.num_trees()} trees",
        "inputs": known.get("inputs") or dict.fromkeys([str(each) for each in booster.feature_name()], ""),
        "outputs": known.get("outputs", {}),
    }
