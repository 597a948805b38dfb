"""Tell what a file was, once for each file and function; of very many that are alike, what all of them are."""

from __future__ import annotations

import os

from .describing import described
from ..calling import callers
from ..places.telling import is_told, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_PATHS_MAX = 100

_ALIKE_MAX = 200
"""So many files of one directory and ending are told of one by one. Then all of them are told of at once: a training that
reads a hundred thousand images opens each in microseconds, and nobody reads as many labels."""

_GROUPS_MAX = 1_000

_PATTERN = frozenset("*?[")


def tell_label(
    path: Any, access: str, by: str, kind: str, value: Any, facts: dict[str, Any] | None = None, split: str = ""
) -> None:
    """Tell what a file was, if ``path`` names one, or several."""
    if by.startswith("pickle.") and _is_part_of_more():
        return
    for each in _names(path):
        group = _group(each, by, access, split)
        if group is not None and group.count >= _ALIKE_MAX:
            if (access, by) in _settled and not split:
                _settled[access, by][:] = f"{group.directory}/", f".{group.ending}"
            continue
        # What is read several times is what it was; what is written may be something else.
        key = (each, by, access, split, getattr(value, "shape", None) if access == "written" else None)
        if is_told("label", key):
            continue
        found = described(value) if value is not None else {}
        label = {"by": by, "kind": kind, **found, **(facts or {}), "split": split}
        where = each if "://" in each else os.path.abspath(each)
        tell("label", key, path=where, access=access, by=by, label=label)
        if group is not None and group.takes(found):
            label = {"by": by, "kind": group.kind or kind, "columns": group.columns, "split": split}
            tell("label", (group.pattern, by, access, split), path=group.pattern, access=access, by=by, label=label)


_settled: dict[tuple[str, str], list[str]] = {}
"""By access and function, how the paths begin and end of the last group of which everything is told."""


def spared(access: str, by: str) -> Callable[[tuple[Any, ...]], bool]:
    """Return what tells in a moment that nothing more is told of a file, as of most files of a training that reads many."""
    settled = _settled.setdefault((access, by), ["\0", ""])

    def is_spared(arguments: tuple[Any, ...]) -> bool:
        if not arguments or type(path := arguments[0]) is not str:
            return False
        folder, ending = settled
        return path.startswith(folder) and path.endswith(ending) and path.find("/", len(folder)) < 0

    return is_spared


class _Group:
    """Files of one directory and ending that one function reads, or writes: how many, and what is the same of all."""

    __slots__ = ("columns", "count", "directory", "ending", "kind", "pattern")

    def __init__(self, directory: str, ending: str) -> None:
        self.directory = directory
        self.ending = ending
        self.pattern = f"{directory}{os.sep}*.{ending}"
        self.count = 0
        self.kind = ""
        self.columns: dict[str, str] = {}

    def takes(self, found: dict[str, Any]) -> bool:
        """Count one more, and tell whether that is enough to say something of all."""
        kind, columns = found.get("kind", ""), found.get("columns", {})
        self.kind = kind if self.count == 0 or kind == self.kind else ""
        self.columns = columns if self.count == 0 or columns == self.columns else {}
        self.count += 1
        return self.count == _ALIKE_MAX


_groups: dict[tuple[str, str, str, str, str], _Group] = {}


def _group(path: str, by: str, access: str, split: str) -> _Group | None:
    """Return the group of a file; None where a pattern cannot say which files it holds."""
    directory, _, name = (path if path[0] == os.sep else os.path.abspath(path)).rpartition(os.sep)
    ending = name.rpartition(".")[2]
    key = (directory, ending, by, access, split)
    group = _groups.get(key)
    if group is None and "://" not in path and "." in name and len(_groups) < _GROUPS_MAX:
        if _PATTERN.intersection(directory + ending):
            return None
        group = _groups[key] = _Group(directory, ending)
    return group


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
