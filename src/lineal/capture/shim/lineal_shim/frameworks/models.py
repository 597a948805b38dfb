"""Tell which file holds a model, and what the model is: frameworks that are loaded say it of their own objects."""

from __future__ import annotations

import os
import sys
import weakref

from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

describers: list[Callable[[Any], dict[str, object] | None]] = []
"""Functions of the frameworks that are loaded: facts of a value, or None when it is none of theirs."""

_INSIDE_MAX = 100


class Beside:
    """Values beside objects for as long as these live, also such as cannot be keys of a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[weakref.ref[Any], Any]] = {}

    def put(self, about: Any, value: Any) -> None:
        """Keep ``value`` beside the object ``about``."""
        key = id(about)
        self._kept[key] = weakref.ref(about, lambda _gone: self._kept.pop(key, None)), value

    def get(self, about: Any) -> Any | None:
        """Return what is beside the object ``about``, or None."""
        found = self._kept.get(id(about))
        return found[1] if found is not None and found[0]() is about else None


def facts_of(value: Any) -> dict[str, object] | None:
    """Return what is known of the model ``value``, or of the first one in a dictionary, list or tuple, else None."""
    if not describers:
        return None
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    for each in (value, *list(inside)[:_INSIDE_MAX]):
        for describe in describers:
            found = describe(each)
            if found is not None:
                return found
    return None


def path_of(target: Any) -> str:
    """Return the path of a file or directory, or of what an open file writes to; "" where there is none."""
    path = getattr(target, "name", target) if not isinstance(target, os.PathLike) else target
    return os.path.realpath(os.fsdecode(path)) if isinstance(path, (str, bytes, os.PathLike)) else ""


def tell_model(target: Any, facts: dict[str, object] | None) -> None:
    """Record that the model of these ``facts`` was saved to ``target``, a path or an open file."""
    path = path_of(target)
    if path and facts is not None and os.path.exists(path):
        emit("model", path=path, facts=facts)


def version_of(module: str) -> str:
    """Return the version of a library that is loaded."""
    return str(getattr(sys.modules.get(module), "__version__", ""))
