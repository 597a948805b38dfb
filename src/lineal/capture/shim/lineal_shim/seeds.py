"""Record the random seeds that the program sets."""

from __future__ import annotations

import sys

from .guarding import also, first
from .writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_random(random: Any) -> None:
    """Record ``random.seed``."""
    also(random, "seed", lambda _result, arguments, named: note_seed("random", first(arguments, named, "a")))


def watch_numpy(numpy_random: Any) -> None:
    """Record ``numpy.random.seed`` and the generators that the program itself makes (libraries make many)."""
    also(numpy_random, "seed", lambda _result, arguments, named: note_seed("numpy", first(arguments, named, "seed")))

    def note_generator(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        # frames: this function, quietly, recorded, the caller
        if "site-packages" not in sys._getframe(3).f_code.co_filename:  # noqa: SLF001 the one way to know the caller
            note_seed("numpy.default_rng", first(arguments, named, "seed"))

    also(numpy_random, "default_rng", note_generator)


def watch_torch(torch: Any) -> None:
    """Record ``torch.manual_seed``."""
    also(torch, "manual_seed", lambda _result, arguments, named: note_seed("torch", first(arguments, named, "seed")))


def note_seed(what: str, value: object) -> None:
    """Record that ``what`` was seeded with ``value``, when that is a whole number."""
    if hasattr(value, "__index__") and not isinstance(value, bool):
        emit("seed", what=what, value=value.__index__())
