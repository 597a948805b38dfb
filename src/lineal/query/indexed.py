"""What the indexes of params and tags have of a text: its beginning, for no index holds a long text whole."""

from __future__ import annotations

import itertools
import re

INDEXED_CHARACTERS = 255
"""So much of a text is in the indexes."""

SPELLED_CHARACTERS = 32
"""So much of the beginning of a text is looked for where capitals do not count."""

_FOREIGN = {"i": "\u0130\u0131", "k": "\u212a"}
"""What some databases take for these letters too: the Turkish ones, and the sign of the kelvin."""

_WILD = re.compile("[%_]")
_LAST_CHARACTERS = {0xD7FF, 0x10FFFF}
"""Behind each of these comes none that a text can hold."""


def indexed(column: str) -> str:
    """Return the SQL of what the indexes have of a text."""
    return f"substr({column}, 1, {INDEXED_CHARACTERS})"


def beginning(pattern: str) -> str:
    """Return with what all texts begin that are like a pattern; empty where none can be looked for by its beginning."""
    found = _WILD.split(pattern, maxsplit=1)[0][:INDEXED_CHARACTERS]
    return "" if not found or ord(found[-1]) in _LAST_CHARACTERS else found


def spellings(pattern: str) -> list[tuple[str, ...]]:
    """Return how each of the first characters may be written of a text that is like a pattern, capitals or not.

    The databases disagree about capitals: none of them has more for a letter than these, and behind ASCII nothing is said.
    """
    known = itertools.takewhile(str.isascii, _WILD.split(pattern, maxsplit=1)[0][:SPELLED_CHARACTERS])
    return [tuple(sorted({each.lower(), each.upper(), *_FOREIGN.get(each.lower(), ())})) for each in known]


def around(text: str) -> tuple[str, str]:
    """Return two texts: what begins with ``text`` is not before the first, and is before the second, byte by byte."""
    return text, text[:-1] + chr(ord(text[-1]) + 1)
