"""Tell what a file was, once for each file and function."""

from __future__ import annotations

import os

from .describing import described
from ..calling import callers
from ..places.telling import is_told, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_PATHS_MAX = 100


def tell_label(
    path: Any, access: str, by: str, kind: str, value: Any, facts: dict[str, Any] | None = None, split: str = ""
) -> None:
    """Tell what a file was, if ``path`` names one, or several."""
    if by.startswith("pickle.") and _is_part_of_more():
        return
    for each in _names(path):
        # What is read several times is what it was; what is written may be something else.
        key = (each, by, access, split, getattr(value, "shape", None) if access == "written" else None)
        if is_told("label", key):
            continue
        found = described(value) if value is not None else {}
        label = {"by": by, "kind": kind, **found, **(facts or {}), "split": split}
        where = each if "://" in each else os.path.abspath(each)
        tell("label", key, path=where, access=access, by=by, label=label)


_ABOVE_PICKLE = ("joblib.", "numpy.", "torch.", "pandas.")


def _is_part_of_more() -> bool:
    """Tell whether a library pickles a part of what it writes itself, and says what the whole is."""
    caller = next(callers(0), None)
    return caller is not None and caller.f_globals.get("__name__", "").startswith(_ABOVE_PICKLE)


def _names(path: Any) -> Iterator[str]:
    if isinstance(path, (list, tuple)):
        for each in path[:_PATHS_MAX]:
            yield from _names(each)
        return
    path = getattr(path, "name", path) if not isinstance(path, (str, os.PathLike)) else path
    if isinstance(path, os.PathLike):
        path = path.__fspath__()
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if isinstance(path, str) and path and "\n" not in path:
        yield path
