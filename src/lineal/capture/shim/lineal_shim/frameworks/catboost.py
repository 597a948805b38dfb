"""Record CatBoost: parameters, what it measured in every iteration, and the files that its models are saved to."""

from __future__ import annotations

from .models import Beside, describers, tell_model, version_of
from .columns import columns_of
from .naming import metric_name, new_training, numbered, params_of
from ..guarding import first, method
from ..seeds import note_seed
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


_columns = Beside()


def watch_catboost(core: Any) -> None:
    """Record fits and saves of CatBoost's models; all its estimators use these."""
    base = core.CatBoost
    describers.append(lambda value: model_facts(value) if isinstance(value, base) else None)
    method(base, "_fit", _note_fit)
    method(base, "save_model", _note_save)


def _note_fit(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    model = arguments[0]
    table, target = first(arguments, named, "X", at=1), first(arguments, named, "y", at=2)
    has_columns = hasattr(table, "shape") and hasattr(table, "dtypes")
    inputs = columns_of(table, "x") if has_columns else {}
    outputs = columns_of(target, "y") if target is not None else {}
    _columns.put(model, {"inputs": inputs, "outputs": outputs})
    training = new_training()
    params = dict(model.get_params())
    found = params_of(type(model).__name__, params.items())
    best = model.get_best_iteration()
    if best is not None:
        found["catboost.best_iteration"] = best
    emit("param", params=found, source="catboost")
    note_seed("catboost.random_seed", params.get("random_seed", params.get("random_state")))
    curves = {
        metric_name(data, measure): values
        for data, measures in model.get_evals_result().items()
        for measure, values in measures.items()
    }
    for iteration in range(max(map(len, curves.values()), default=0)):
        at = {name: values[iteration] for name, values in curves.items() if iteration < len(values)}
        emit("metric", metrics=numbered(at, training), step=iteration)


def _note_save(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    tell_model(first(arguments, named, "fname", at=1), model_facts(arguments[0]))


def model_facts(model: Any) -> dict[str, object]:
    """Return what CatBoost says of a model: version, number of trees, columns, labels."""
    known: dict[str, Any] = _columns.get(model) or {}
    classes = getattr(model, "classes_", None)
    return {
        "framework": "catboost",
        "framework_version": version_of("catboost"),
        "architecture": f"catboost.{type(model).__name__}: {model.tree_count_} trees",
        "inputs": known.get("inputs") or dict.fromkeys([str(each) for each in model.feature_names_ or ()], ""),
        "outputs": known.get("outputs", {}),
        "classes": [str(each) for each in classes] if classes is not None else [],
    }
