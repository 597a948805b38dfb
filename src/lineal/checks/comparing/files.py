"""In what two trees differ, file by file, without holding either of them in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from lineal.objects.files import Entry

FileChangeKind = Literal["added", "removed", "modified", "renamed"]


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """One file that differs. ``was`` is the path that a renamed file had."""

    change: FileChangeKind
    path: str
    was: str = ""
    left_bytes: int = 0
    right_bytes: int = 0


def compare_files(left: Iterable[Entry], right: Iterable[Entry]) -> list[FileChange]:
    """Return what differs between two trees, by path; a file that only has another path is one renamed file.

    Args:
        left: entries in the order of their paths.
        right: the same.
    """
    removed: list[Entry] = []
    added: list[Entry] = []
    found: list[FileChange] = []
    for before, after in _side_by_side(iter(left), iter(right)):
        if before and after:
            if (before.digest, before.mode) != (after.digest, after.mode):
                found.append(_change("modified", before, after))
        elif before:
            removed.append(before)
        elif after:
            added.append(after)
    found += _moves(removed, added)
    return sorted(found, key=lambda each: each.path)


def _side_by_side(left: Iterator[Entry], right: Iterator[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Yield the entries of both sides that have the same path together, others alone."""
    before, after = next(left, None), next(right, None)
    while before or after:
        if after is None or (before and before.path < after.path):
            yield before, None
            before = next(left, None)
        elif before is None or after.path < before.path:
            yield None, after
            after = next(right, None)
        else:
            yield before, after
            before, after = next(left, None), next(right, None)


def _moves(removed: list[Entry], added: list[Entry]) -> Iterator[FileChange]:
    """Yield each file that is only here or only there; those of the same content are one that was renamed."""
    gone: dict[str, list[Entry]] = defaultdict(list)
    for each in reversed(removed):
        gone[each.digest].append(each)
    renamed: set[str] = set()
    for after in added:
        # Empty files are all the same, and none of them came from another.
        if after.size_bytes and gone[after.digest]:
            before = gone[after.digest].pop()
            renamed.add(before.path)
            yield _change("renamed", before, after)
        else:
            yield FileChange(change="added", path=after.path, right_bytes=after.size_bytes)
    for before in removed:
        if before.path not in renamed:
            yield FileChange(change="removed", path=before.path, left_bytes=before.size_bytes)


def _change(change: FileChangeKind, before: Entry, after: Entry) -> FileChange:
    return FileChange(
        change=change,
        path=after.path,
        was=before.path if change == "renamed" else "",
        left_bytes=before.size_bytes,
        right_bytes=after.size_bytes,
    )
