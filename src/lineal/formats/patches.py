"""Changes to sources as Git writes them, and in what two sets of changes to the same commit differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from typing import NamedTuple

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_BETWEEN = re.compile(r"diff --git \"?a/(?P<old>.*?)\"? \"?b/(?P<new>.*?)\"?")


class Hunk(NamedTuple):
    """A run of lines that changed, with the lines around. ``start`` counts from 0, in the file as it was committed."""

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def end(self) -> int:
        """The line behind its last."""
        return self.start + len(self.old)


class FilePatch(NamedTuple):
    """What changed in one file. ``text`` is how Git says it."""

    path: str
    hunks: tuple[Hunk, ...]
    text: str
    is_binary: bool = False


def parse_patch(text: str) -> dict[str, FilePatch]:
    """Return the changes of each file by its path. What is no patch is left out."""
    found: dict[str, FilePatch] = {}
    part: list[str] = []
    for line in [*text.splitlines(), "diff --git "]:
        if line.startswith("diff --git ") and part:
            each = _file_patch(part)
            found[each.path] = each
            part = []
        if part or line.startswith("diff --git "):
            part.append(line)
    return found


def _file_patch(lines: Sequence[str]) -> FilePatch:
    between = _BETWEEN.fullmatch(lines[0])
    path = between["new"] if between else lines[0]
    hunks: list[Hunk] = []
    at = 1
    while at < len(lines):
        if head := _HUNK.match(lines[at]):
            hunk, at = _hunk(head, lines, at + 1)
            hunks.append(hunk)
        else:
            at += 1
    is_binary = any(line.startswith(("GIT binary patch", "Binary files ")) for line in lines)
    return FilePatch(path, tuple(hunks), "\n".join(lines), is_binary)


def _hunk(head: re.Match[str], lines: Sequence[str], at: int) -> tuple[Hunk, int]:
    """Return the hunk whose lines begin at ``at``, and where the next thing begins."""
    old_count, new_count = (1 if each is None else int(each) for each in (head[2], head[3]))
    old: list[str] = []
    new: list[str] = []
    while at < len(lines) and (len(old) < old_count or len(new) < new_count or lines[at].startswith("\\")):
        sign, line = lines[at][:1], lines[at][1:]
        if sign in {" ", "-", ""}:
            old.append(line)
        if sign in {" ", "+", ""}:
            new.append(line)
        at += 1
    # A hunk of no old lines stands behind the line that it names.
    start = int(head[1]) - (1 if old_count else 0)
    return Hunk(max(start, 0), tuple(old), tuple(new)), at


def between(left: FilePatch | None, right: FilePatch | None) -> Iterator[str]:
    """Yield the difference of a file after the left changes and after the right ones, as a unified diff without heads.

    Both are changes to the same commit, None where it was not changed. Only the lines that one of them speaks of are known;
    the others are the same on both sides.
    """
    sides = (left.hunks if left else (), right.hunks if right else ())
    known = {hunk.start + place: line for side in sides for hunk in side for place, line in enumerate(hunk.old)}
    for start, end in _ranges(hunk for side in sides for hunk in side):
        before, after = (_applied(side, start, end, known) for side in sides)
        lines = list(unified_diff(before, after, lineterm=""))[2:]
        if lines:
            yield f"@@ from line {start + 1} of the commit @@"
            yield from (line for line in lines if not line.startswith("@@"))


def _ranges(hunks: Iterable[Hunk]) -> list[tuple[int, int]]:
    """Return the ranges of lines that hunks speak of, those that touch in one."""
    found: list[tuple[int, int]] = []
    for each in sorted((hunk.start, hunk.end) for hunk in hunks):
        if found and each[0] <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], each[1]))
        else:
            found.append(each)
    return found


def _applied(hunks: Iterable[Hunk], start: int, end: int, known: dict[int, str]) -> list[str]:
    lines: list[str] = []
    at = start
    for hunk in sorted(each for each in hunks if start <= each.start and each.end <= end):
        lines += [known.get(place, "") for place in range(at, hunk.start)]
        lines += hunk.new
        at = hunk.end
    return lines + [known.get(place, "") for place in range(at, end)]
