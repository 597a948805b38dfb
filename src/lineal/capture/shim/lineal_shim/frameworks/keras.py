"""Record Keras: how a model is fitted, what it measures in every epoch, and the files that models are saved to."""

from __future__ import annotations

from inspect import signature

from .models import describers, tell_model, version_of
from .naming import numbers, params_of
from ..guarding import alike, also, first, method, quietly
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_LINES_MAX = 100
_OF_A_FIT = ("batch_size", "epochs", "initial_epoch", "steps_per_epoch", "validation_split", "shuffle")

_fitting: list[Any] = []
"""The models that are being fitted; only their own saves are made on the way."""


def watch_training(callback_list: Any) -> None:
    """Record what every epoch measured, at the place where Keras calls its callbacks."""
    method(callback_list.CallbackList, "on_epoch_end", _note_epoch)


def watch_fits(trainer: ModuleType) -> None:
    """Record the parameters of ``fit`` of the trainer that the backend has."""
    for kind in vars(trainer).values():
        if isinstance(kind, type) and kind.__module__ == trainer.__name__ and "fit" in kind.__dict__:
            kind.fit = _recorded(kind.__dict__["fit"])  # type: ignore[attr-defined]


def watch_saves(saving: Any) -> None:
    """Record where models and weights are saved."""
    describers.append(lambda value: model_facts(value) if _is_model(value) else None)
    for name in ("save_model", "save_weights"):
        also(saving, name, _note_save)


def _recorded(fit: Any) -> Any:
    parameters = signature(fit)

    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        quietly(_note_fit, parameters, self, arguments, named)
        _fitting.append(self)
        try:
            return fit(self, *arguments, **named)
        finally:
            _fitting.pop()

    return alike(recorded, fit)


def _note_fit(parameters: Any, model: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    try:
        bound = parameters.bind(model, *arguments, **named)
    except TypeError:
        return  # the program's mistake, which the original tells
    bound.apply_defaults()
    params = params_of("fit", [(name, bound.arguments[name]) for name in _OF_A_FIT if name in bound.arguments])
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        params |= params_of(type(optimizer).__name__, optimizer.get_config().items())
    loss = getattr(model, "loss", None)
    params["compile.loss"] = loss if isinstance(loss, str) else getattr(loss, "name", None) or str(loss)
    emit("param", params=params, source="keras")


def _note_epoch(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    found = numbers(first(arguments, named, "logs", at=2) or {})
    if found:
        emit("metric", metrics=found, step=first(arguments, named, "epoch", at=1))


def _note_save(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    model = first(arguments, named, "model")
    made = {"role": "checkpoint"} if any(each is model for each in _fitting) else {}
    tell_model(first(arguments, named, "filepath", at=1), model_facts(model) | made)


def _is_model(value: Any) -> bool:
    return any(each.__name__ == "Model" and each.__module__ == "keras.src.models.model" for each in type(value).__mro__)


def model_facts(model: Any) -> dict[str, object]:
    """Return what Keras says of a model: version, number of parameters, layers, shapes of inputs and outputs."""
    kind = type(model)
    lines = [
        f"{kind.__module__}.{kind.__qualname__}" + (f": {model.count_params():,} parameters" if model.built else "")
    ]
    for position, layer in enumerate(model.layers[:_LINES_MAX]):
        each = type(layer)
        size = f"({layer.count_params():,} parameters)" if layer.built else ""
        lines.append(f"  {position}: {each.__module__}.{each.__qualname__}{size}")
    if len(model.layers) > _LINES_MAX:
        lines.append(f"  … and {len(model.layers) - _LINES_MAX} more layers")
    return {
        "framework": "keras",
        "framework_version": version_of("keras"),
        "architecture": "\n".join(lines),
        "inputs": _tensors(model, "inputs"),
        "outputs": _tensors(model, "outputs"),
    }


def _tensors(model: Any, side: str) -> dict[str, str]:
    """Return dtype and shape of each tensor on one side of a model; names that Keras counts up are left out."""
    try:
        tensors = getattr(model, side) or []
    except (AttributeError, ValueError):  # a model of one's own class that was not called yet
        return {}
    return {
        f"{side[:-1]}_{position}": f"{each.dtype}[{','.join('?' if size is None else str(size) for size in each.shape)}]"
        for position, each in enumerate(tensors)
    }
