"""Record the scalars that the program writes for TensorBoard."""

from __future__ import annotations

from .telling import tell_metrics
from ..guarding import first, method

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_writer(module: Any) -> None:
    """Record ``SummaryWriter.add_scalar``."""
    method(module.SummaryWriter, "add_scalar", _note_scalar)


def _note_scalar(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    name, value = first(arguments, named, "tag", at=1), first(arguments, named, "scalar_value", at=2)
    step = first(arguments, named, "global_step", at=3)
    tell_metrics("tensorboard", "", {str(name): value}, None if step is None else int(step))
