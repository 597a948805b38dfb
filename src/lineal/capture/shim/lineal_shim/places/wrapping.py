"""Wrap functions, methods and coroutines, while the context says who tells of what happens inside them."""

from __future__ import annotations

from .telling import seen_by
from ..guarding import alike, quietly

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_COROUTINE = 0x80
"""The flag of a code object whose function is a coroutine's."""


def _nearest(teller: str) -> str:
    """Return who tells of what is below: a service tells of everything, whoever is above it or between."""
    return "service" if "service" in {teller, seen_by.get()} else teller


def watch(owner: Any, name: str, record: Callable[..., None], *, teller: str = "") -> None:
    """Replace ``owner.name``, a class's own or a module's, by one that does the same and then calls ``record``.

    ``record`` gets ``(result, arguments, named)``. With ``teller``, who is below need tell nothing meanwhile.
    """
    original = vars(owner).get(name)
    if callable(original):
        setattr(owner, name, watching(original, record, teller=teller))


def watching(original: Any, record: Callable[..., None], *, teller: str = "") -> Any:
    """Return what does as ``original`` does and then calls ``record(result, arguments, named)``."""

    def recorded(*arguments: Any, **named: Any) -> Any:
        if not teller:
            result = original(*arguments, **named)
        else:
            token = seen_by.set(_nearest(teller))
            try:
                result = original(*arguments, **named)
            finally:
                seen_by.reset(token)
        quietly(record, result, arguments, named)
        return result

    async def recorded_later(*arguments: Any, **named: Any) -> Any:
        token = seen_by.set(_nearest(teller))
        try:
            result = await original(*arguments, **named)
        finally:
            seen_by.reset(token)
        quietly(record, result, arguments, named)
        return result

    is_coroutine = getattr(getattr(original, "__code__", None), "co_flags", 0) & _COROUTINE
    return alike(recorded_later if is_coroutine else recorded, original)
