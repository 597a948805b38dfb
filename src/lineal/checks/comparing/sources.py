"""In what the sources of two runs differ, file by file: what was committed, changed since, and not known to Git."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from typing import Literal, NamedTuple

import msgspec

from lineal.formats.notebooks import notebook_lines
from lineal.formats.patches import FilePatch, between, parse_patch

LINES_MAX = 400
"""A longer difference of one file is cut: whoever reads it wants the files themselves."""

FILES_MAX = 100


class Sources(NamedTuple):
    """The sources of a side: the commit, the changes since as a patch, and files that Git did not know, by path."""

    commit: str = ""
    patch: str = ""
    files: Mapping[str, bytes] = {}


class SourceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A source that differs. ``lines`` is a unified diff of left and right; ``note`` says what it does not show."""

    path: str
    change: Literal["added", "removed", "changed"]
    lines: tuple[str, ...] = ()
    note: str = ""


def compare_sources(left: Sources, right: Sources) -> tuple[SourceChange, ...]:
    """Return what differs, by path. What two commits differ in is not known here: their bytes are in Git."""
    patches = parse_patch(left.patch), parse_patch(right.patch)
    paths = sorted({*left.files, *right.files, *patches[0], *patches[1]})
    is_same_commit = left.commit == right.commit
    found: list[SourceChange] = []
    for path in paths:
        if path in left.files or path in right.files:
            found += _files(path, left.files.get(path), right.files.get(path))
        elif is_same_commit:
            found += _changes(path, patches[0].get(path), patches[1].get(path))
        else:
            found += _each(path, patches[0].get(path), patches[1].get(path))
    return tuple(found[:FILES_MAX])


def _files(path: str, left: bytes | None, right: bytes | None) -> Iterator[SourceChange]:
    if left == right:
        return
    change: Literal["added", "removed", "changed"] = (
        "added" if left is None else "removed" if right is None else "changed"
    )
    lines, note = _cut(list(unified_diff(_lines(path, left), _lines(path, right), lineterm=""))[2:])
    yield SourceChange(path=path, change=change, lines=lines, note=note or ("" if lines else "its outputs or metadata"))


def _changes(path: str, left: FilePatch | None, right: FilePatch | None) -> Iterator[SourceChange]:
    """Yield the difference of two sets of changes to the same commit."""
    if (left and left.text) == (right and right.text):
        return
    if any(each and each.is_binary for each in (left, right)):
        yield SourceChange(path=path, change="changed", note="a binary file")
        return
    lines, note = _cut(list(between(left, right)))
    if lines:
        yield SourceChange(path=path, change="changed", lines=lines, note=note)


def _each(path: str, left: FilePatch | None, right: FilePatch | None) -> Iterator[SourceChange]:
    """Yield the changes of each side to its own commit."""
    lines = [
        f"{side} {line}" for side, patch in (("<", left), (">", right)) if patch for line in patch.text.splitlines()
    ]
    shown, note = _cut(lines)
    yield SourceChange(
        path=path, change="changed", lines=shown, note=note or "uncommitted changes, < on the left and > on the right"
    )


def _lines(path: str, data: bytes | None) -> list[str]:
    if data is None:
        return []
    cells = notebook_lines(data) if path.endswith(".ipynb") else None
    return data.decode("utf-8", "replace").splitlines() if cells is None else cells


def _cut(lines: Iterable[str]) -> tuple[tuple[str, ...], str]:
    listed = tuple(lines)
    more = len(listed) - LINES_MAX
    return listed[:LINES_MAX], f"{more:,} more lines" if more > 0 else ""
