"""Many rows as one statement: PostgreSQL takes columns as arrays, and is done in half the time that it needs row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from types import NoneType
from typing import Any, NamedTuple

_INSERT = re.compile(r"(INSERT INTO \w+ \([\w, ]+\)) VALUES \((:\w+(?:, :\w+)*)\)(.*)", re.DOTALL)
_UPDATE = re.compile(r"UPDATE (\w+) SET (\w+ = :\w+(?:, \w+ = :\w+)*) WHERE (\w+) = :(\w+)")
_CONFLICT = re.compile(r" ON CONFLICT \(([\w, ]+)\) DO UPDATE ")
_ROWS_MAX = 1_000

_ARRAYS: Mapping[type, str] = {str: "text[]", int: "int8[]", float: "float8[]"}

Statement = tuple[str, Mapping[str, Any]]


class Insert(NamedTuple):
    """An INSERT of values by name; ``keys`` are the names of those by which a row replaces another."""

    head: str
    names: tuple[str, ...]
    tail: str
    keys: tuple[str, ...]

    @property
    def known(self) -> Mapping[str, str]:
        """The names of the values by the column that has them afterwards."""
        return dict(zip(self.head.partition("(")[2].rstrip(")").split(", "), self.names, strict=True))

    def statement(self, shown: Sequence[str], source: str) -> str:
        """Return the statement for values that are ``shown`` in SQL, and come from ``source``."""
        return f"{self.head} SELECT {', '.join(shown)} FROM {source}{self.tail}"


class Update(NamedTuple):
    """An UPDATE of columns by name, of the row that has a key."""

    table: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def known(self) -> Mapping[str, str]:
        """Likewise; what the others were before nobody knows."""
        return {self.columns[-1]: self.names[-1]}

    def statement(self, shown: Sequence[str], source: str) -> str:
        """Likewise; the last is the key's."""
        *changed, key = (f"{column} = {each}" for column, each in zip(self.columns, shown, strict=True))
        return f"UPDATE {self.table} SET {', '.join(changed)} FROM {source} WHERE {self.table}.{key}"


Shared = Insert | Update
"""The parts of a statement that many rows can share."""


def statements(sql: str, rows: Iterator[Mapping[str, Any]]) -> Iterator[Statement]:
    """Yield what does for all rows together what ``sql`` does for each, and the values of each statement."""
    known = parsed(sql)
    while some := list(islice(rows, _ROWS_MAX)):
        together = columns(known, some) if known and len(some) > 1 else None
        yield from [together] if together else [(sql, each) for each in some]


@lru_cache(maxsize=256)
def parsed(sql: str) -> Shared | None:
    """Return the parts of a statement; None for one that rows cannot share."""
    if update := _UPDATE.fullmatch(sql):
        pairs = [each.split(" = :") for each in (*update[2].split(", "), f"{update[3]} = :{update[4]}")]
        changed, given = zip(*pairs, strict=True)
        return Update(update[1], changed, given, (update[4],)) if len(set(given)) == len(given) else None
    if not (found := _INSERT.fullmatch(sql)) or ":" in found[3]:
        return None
    columns = found[1].partition("(")[2].rstrip(")").split(", ")
    names = tuple(found[2].replace(":", "").split(", "))
    replaced = _CONFLICT.match(found[3])
    keys = replaced[1].split(", ") if replaced else []
    return Insert(found[1], names, found[3], tuple(names[columns.index(each)] for each in keys))


def columns(known: Shared, rows: Sequence[Mapping[str, Any]], *, sends_once: bool = True) -> Statement | None:
    """Return one statement for rows; None if their values have no array, or one of them replaces another.

    Args:
        known: the parts of the statement for one.
        rows: the rows.
        sends_once: whether columns that have one value are sent as that; without, there are fewer different statements.
    """
    if known.keys and len(set(map(itemgetter(*known.keys), rows))) < len(rows):
        return None
    given, kinds = dict[str, Any](), list[str]()
    values: Iterable[tuple[Any, ...]] = map(itemgetter(*known.names, known.names[0]), rows)
    for name, column in zip(known.names, zip(*values, strict=True), strict=False):
        types = set(map(type, column))
        has_none = NoneType in types
        types.discard(NoneType)
        if not types:
            kinds.append("NULL")
            continue
        if len(types) > 1 or not (array := _ARRAYS.get(kind := types.pop())):
            return None
        # Most rows of a request have the same subject, and often more in common. 0.0 equals -0.0, and is another value.
        if sends_once and kind is not float and column.count(column[0]) == len(column):
            given[name] = column[0]
            kinds.append(f"one {array}")
            continue
        given[name] = _texts(column, has_none=has_none) if kind is str else _numbers(column, has_none=has_none)
        kinds.append(array)
    return (
        (_statement(known, tuple(kinds)), given) if any("[]" in each and "one" not in each for each in kinds) else None
    )


@lru_cache(maxsize=1024)
def _statement(known: Shared, kinds: tuple[str, ...]) -> str:
    """Return the statement for columns that are arrays, have one value for all rows, or none: the same text each time."""
    shown, arrays = list[str](), list[str]()
    for name, kind in zip(known.names, kinds, strict=True):
        if kind.endswith("[]") and not kind.startswith("one "):
            arrays.append(f":{name}::{kind}")
            shown.append(f"c{len(arrays)}")
        else:
            shown.append(kind if kind == "NULL" else f":{name}::{kind.removeprefix('one ').removesuffix('[]')}")
    named = ", ".join(f"c{place}" for place in range(1, len(arrays) + 1))
    return known.statement(shown, f"unnest({', '.join(arrays)}) AS given ({named})")


def _numbers(column: tuple[float | None, ...], *, has_none: bool) -> str:
    if has_none:
        return "{" + ",".join("NULL" if each is None else repr(each) for each in column) + "}"
    return "{" + ",".join(map(repr, column)) + "}"


def _texts(column: tuple[str, ...], *, has_none: bool) -> str:
    """Return texts as an array is written: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO."""
    # Most have nothing in them that means something there.
    joined = "" if has_none else '","'.join(column)
    if not has_none and "\\" not in joined and joined.count('"') == 2 * len(column) - 2:
        return f'{{"{joined}"}}'
    return "{" + ",".join("NULL" if each is None else f'"{_escaped(each)}"' for each in column) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
