"""A few rows of a table that stand for all: every category, the extremes, what is missing, and some by chance.

The chance is a hash of the row, so that the same table always gives the same rows.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

from lineal.formats.tables.texts import BLANKS

CATEGORIES_MAX = 40
"""A column with more values than so many is no list of categories."""

Column = Sequence[str | None]


def choose_rows(table: Mapping[str, Column], count: int) -> list[int]:
    """Return the places of at most ``count`` rows of a table, none of which is like another.

    Args:
        table: the cells of each column as texts.
        count: how many rows.
    """
    keys = [_key(row) for row in zip(*table.values(), strict=True)]
    by_chance = (place for _, place in heapq.nsmallest(2 * count, ((key, place) for place, key in enumerate(keys))))
    chosen: dict[bytes, int] = {}
    for place in (*_edges(table), *by_chance):
        if len(chosen) >= count:
            break
        chosen.setdefault(keys[place], place)
    return list(chosen.values())


def _key(row: Sequence[str | None]) -> bytes:
    text = "\x1f".join("\x00" if cell is None else cell for cell in row)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _edges(table: Mapping[str, Column]) -> Iterator[int]:
    """Yield a row in which each column is missing, one with its least and one with its greatest number, one a category."""
    categories = list[int]()
    for cells in table.values():
        values = dict.fromkeys(cells)
        missing = next((each for each in values if each is None or each.strip() in BLANKS), "")
        if missing is None or missing in values:
            yield cells.index(missing)
        numbers = {text: number for text in values if text and (number := _number(text)) is not None}
        if numbers:
            yield cells.index(min(numbers, key=numbers.__getitem__))
            yield cells.index(max(numbers, key=numbers.__getitem__))
        words = [text for text in values if text and text not in numbers and text.strip() not in BLANKS]
        if len(words) <= CATEGORIES_MAX:
            categories += (cells.index(text) for text in sorted(words))
    yield from categories


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and "_" not in text else None
