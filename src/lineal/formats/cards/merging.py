"""Three-way merging of texts, line by line: what two people changed in one text, both kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

THERE, YOURS = "<<<<<<< what is there now", ">>>>>>> yours"
_BETWEEN = "======="


class Merged(NamedTuple):
    """A text that two people changed. ``has_conflict``: both are in it, between marks, where they changed the same lines."""

    text: str
    has_conflict: bool


def merge(base: str, there: str, yours: str) -> Merged:
    """Return what two texts made of a third.

    Args:
        base: the text that both began with.
        there: what somebody else made of it.
        yours: what you made of it.
    """
    if there in (base, yours):
        return Merged(yours, has_conflict=False)
    if yours == base:
        return Merged(there, has_conflict=False)
    parts = list(_parts(*(each.split("\n") if each else [] for each in (base, there, yours))))
    lines = [line for part, _ in parts for line in part]
    return Merged("\n".join(lines), any(is_conflict for _, is_conflict in parts))


def merge_sections(
    base: Mapping[str, str], there: Mapping[str, str], yours: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the sections that two cards made of a third, and the ids of those with conflicts."""
    found, conflicts = dict[str, str](), list[str]()
    for name in dict.fromkeys((*there, *yours, *base)):
        merged = merge(base.get(name, ""), there.get(name, ""), yours.get(name, ""))
        conflicts += [name] if merged.has_conflict else []
        if merged.text:
            found[name] = merged.text
    return found, tuple(conflicts)


def _parts(base: Sequence[str], there: Sequence[str], yours: Sequence[str]) -> Iterator[tuple[list[str], bool]]:
    """Yield the merged lines between those that all three have, and those, and whether they are a conflict."""
    in_there, in_yours = _places(base, there), _places(base, yours)
    b = t = y = 0
    for place in range(len(base) + 1):
        if place not in in_there or place not in in_yours:
            continue
        yield _settled(base[b:place], there[t : in_there[place]], yours[y : in_yours[place]])
        yield list(base[place : place + 1]), False
        b, t, y = place + 1, in_there[place] + 1, in_yours[place] + 1


def _places(base: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    """Return where each line of ``base`` that was kept is in ``other``; the end of one is that of the other."""
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + n: block.b + n for block in blocks for n in range(block.size)} | {len(base): len(other)}


def _settled(base: Sequence[str], there: Sequence[str], yours: Sequence[str]) -> tuple[list[str], bool]:
    if yours in (there, base):
        return list(there), False
    if there == base:
        return list(yours), False
    return [THERE, *there, _BETWEEN, *yours, YOURS], True
