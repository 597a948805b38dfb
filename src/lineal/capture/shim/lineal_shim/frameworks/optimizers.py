"""Record PyTorch's optimizers: what they were made with, and the learning rate at every step of a scheduler."""

from __future__ import annotations

import threading
import weakref

from .tensors import listen
from .naming import new_training, number_of, params_of
from ..guarding import alike, method, quietly
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_GROUPS_MAX = 8

_trainings: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
"""The training that each optimizer stands for."""

_last: weakref.WeakKeyDictionary[Any, dict[str, float]] = weakref.WeakKeyDictionary()
_stepping = threading.local()


def watch_optimizers(optimizer: Any) -> None:
    """Record what every optimizer is made with."""
    method(optimizer.Optimizer, "__init__", _note_made)


def watch_schedulers(schedulers: Any) -> None:
    """Record the learning rates that schedulers set; those that are made of others count once."""
    for kind in vars(schedulers).values():
        if isinstance(kind, type) and issubclass(kind, schedulers.LRScheduler) and "step" in kind.__dict__:
            kind.step = _recorded(kind.step)  # type: ignore[attr-defined]


def _note_made(_result: object, arguments: tuple[Any, ...], _named: dict[str, Any]) -> None:
    listen()
    optimizer = arguments[0]
    name = _name_of(type(optimizer).__name__, optimizer)
    params = params_of(name, optimizer.defaults.items())
    groups = optimizer.param_groups
    for position, group in enumerate(groups[:_GROUPS_MAX] if len(groups) > 1 else ()):
        different = [(key, group[key]) for key, value in optimizer.defaults.items() if group.get(key, value) != value]
        params |= params_of(f"{name}.group_{position}", different)
    emit("param", params=params, source="torch")


def _name_of(name: str, optimizer: Any) -> str:
    if optimizer not in _trainings:
        _trainings[optimizer] = new_training()
    number = number_of(name, _trainings[optimizer])
    return name if number == 1 else f"{name}.{number}"


def _recorded(step: Any) -> Any:
    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        if getattr(_stepping, "is_inside", False):
            return step(self, *arguments, **named)
        _stepping.is_inside = True
        try:
            result = step(self, *arguments, **named)
        finally:
            _stepping.is_inside = False
        quietly(_note_rates, self)
        return result

    return alike(recorded, step)


def _note_rates(scheduler: Any) -> None:
    optimizer = getattr(scheduler, "optimizer", None)
    if optimizer is None:  # one made of others
        optimizer = scheduler._schedulers[0].optimizer  # noqa: SLF001 it has no other name
    rates = [float(group["lr"]) for group in optimizer.param_groups[:_GROUPS_MAX]]
    name = _name_of("lr", optimizer)
    # The groups of one optimizer mostly have one rate.
    named = {name: rates[0]} if len(set(rates)) == 1 else {f"{name}.group_{each}": v for each, v in enumerate(rates)}
    if _last.get(optimizer) != named:
        _last[optimizer] = named
        emit("metric", metrics=named, step=getattr(scheduler, "last_epoch", None))
