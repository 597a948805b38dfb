"""Many rows as one statement: PostgreSQL takes columns as arrays, and is done in half the time that it needs row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

_INSERT = re.compile(r"(INSERT INTO \w+ \([\w, ]+\)) VALUES \((:\w+(?:, :\w+)*)\)(.*)", re.DOTALL)
_CONFLICT = re.compile(r" ON CONFLICT \(([\w, ]+)\) DO UPDATE ")
_ROWS_MAX = 1_000

_ARRAYS: Mapping[type, str] = {str: "text[]", int: "int8[]", float: "float8[]"}

_MARKS, _ESCAPED = re.compile(r'["\\]'), r"\\\g<0>"

Statement = tuple[str, Mapping[str, Any]]


class _Insert(NamedTuple):
    """An INSERT of values by name; ``keys`` are the names of those by which a row replaces another."""

    head: str
    names: tuple[str, ...]
    tail: str
    keys: tuple[str, ...]


def statements(sql: str, rows: Iterator[Mapping[str, Any]]) -> Iterator[Statement]:
    """Yield what does for all rows together what ``sql`` does for each, and the values of each statement."""
    insert = _parsed(sql)
    while some := list(islice(rows, _ROWS_MAX)):
        together = _together(insert, some) if insert and len(some) > 1 else None
        yield from [together] if together else [(sql, each) for each in some]


@lru_cache(maxsize=256)
def _parsed(sql: str) -> _Insert | None:
    if not (found := _INSERT.fullmatch(sql)) or ":" in found[3]:
        return None
    columns = found[1].partition("(")[2].rstrip(")").split(", ")
    names = tuple(found[2].replace(":", "").split(", "))
    replaced = _CONFLICT.match(found[3])
    keys = replaced[1].split(", ") if replaced else []
    return _Insert(found[1], names, found[3], tuple(names[columns.index(each)] for each in keys))


def _together(insert: _Insert, rows: Sequence[Mapping[str, Any]]) -> Statement | None:
    """Return one statement for rows; None if their values have no array, or one of them replaces another."""
    if insert.keys and len({tuple(row[key] for key in insert.keys) for row in rows}) < len(rows):
        return None
    arrays, given, shown = list[str](), dict[str, str](), list[str]()
    for name in insert.names:
        column = [row[name] for row in rows]
        kinds = {type(each) for each in column} - {type(None)}
        if not kinds:
            shown.append("NULL")
            continue
        if len(kinds) > 1 or not (array := _ARRAYS.get(kind := kinds.pop())):
            return None
        given[name] = _texts(column) if kind is str else "{" + ",".join(map(_number, column)) + "}"
        arrays.append(f":{name}::{array}")
        shown.append(f"c{len(arrays)}")
    if not arrays:
        return None
    named = ", ".join(f"c{place}" for place in range(1, len(arrays) + 1))
    source = f"SELECT {', '.join(shown)} FROM unnest({', '.join(arrays)}) AS given ({named})"
    return f"{insert.head} {source}{insert.tail}", given


def _number(value: float | None) -> str:
    return "NULL" if value is None else repr(value)


def _texts(column: Sequence[str | None]) -> str:
    """Return texts as an array is written: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO."""
    known = [each for each in column if each is not None]
    joined = '","'.join(known)
    # Most have nothing in them that means something there.
    if len(known) == len(column) and "\\" not in joined and joined.count('"') == 2 * len(known) - 2:
        return f'{{"{joined}"}}'
    return "{" + ",".join("NULL" if each is None else f'"{_MARKS.sub(_ESCAPED, each)}"' for each in column) + "}"
