"""Which columns a table of runs has: those that somebody chose, or those in which its rows differ before all others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, get_args

from lineal.objects.errors import Invalid
from lineal.operations.answers.questions import Cell
from lineal.operations.answers.tables import Column, ColumnKind
from lineal.query.fields import FIELDS, Field
from lineal.query.syntax import LENGTH_MAX, Known, Sort, check_characters

KINDS: tuple[ColumnKind, ...] = get_args(ColumnKind)
SINGULAR: dict[ColumnKind, str] = {"metrics": "metric", "params": "param", "tags": "tag"}

FIELDS_SHOWN = ("duration", "author", "source", "datasets", "versions")
"""What a table has a column for beside the name, the state and the start, where any row has such a thing."""

COLUMNS_MAX = 100
NAMES_MAX = 200
"""So many names of a kind are offered to be chosen from."""

_BY_ITSELF: dict[ColumnKind, int] = {"metrics": 8, "params": 8, "tags": 0}
"""So many columns of a kind there are when nobody chose any."""

_DURATION = Field("duration", "number", ("(r.ended_at - r.started_at)",), is_nullable=True)
_SORTED: dict[str, Field] = {
    **{name: FIELDS["runs"][name] for name in ("name", "state", "started", "ended", "author")},
    "duration": _DURATION,
}
_DIGITS = re.compile(r"[0-9]+")
_WAYS = {"asc": True, "desc": False}

Values = Mapping[ColumnKind, Sequence[Mapping[str, Cell]]]
"""What is known of each row, by kind and name."""


class Chosen(NamedTuple):
    """Columns that somebody asked for."""

    fields: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()


def chosen(texts: Iterable[str]) -> Chosen:
    """Return the columns that are written as ``metrics.auc`` or ``author``, each once, in their order.

    Raises:
        Invalid: one is no column, or there are too many.
    """
    fields, columns = list[str](), list[Column]()
    for text in dict.fromkeys(texts):
        if text in FIELDS_SHOWN:
            fields.append(text)
        else:
            columns.append(_column(text))
    if len(columns) > COLUMNS_MAX:
        raise Invalid(f"a table has at most {COLUMNS_MAX} columns", hint="choose fewer, or ask lineal sql")
    return Chosen(tuple(fields), tuple(columns))


def sorts(text: str, is_text_only: Callable[[str], bool]) -> tuple[Sort, ...]:
    """Return how rows are put in order that is written as ``metrics.auc desc`` or ``started asc``; nothing for nothing.

    Args:
        text: the order.
        is_text_only: tells whether a parameter is a number nowhere.

    Raises:
        Invalid: it is no order.
    """
    if not text:
        return ()
    name, _, way = text.rpartition(" ")
    if way not in _WAYS:
        raise Invalid(f"{text!r} is no order", hint="write a column and asc or desc, as in metrics.auc desc")
    if name in _SORTED:
        return (Sort(_SORTED[name], _WAYS[way]),)
    column = _column(name)
    by = Known(SINGULAR[column.kind], column.name)  # type: ignore[arg-type]  # one of the three
    is_number = column.kind == "params" and not is_text_only(column.name)
    # Very many runs may have the same value: an index has these in the order of their ids, and in no other.
    return Sort(by, _WAYS[way], numeric=is_number, texts=False), Sort(FIELDS["runs"]["id"], _WAYS[way])


def names(values: Values) -> dict[ColumnKind, tuple[str, ...]]:
    """Return the names that rows have, of each kind, those first in which the rows differ."""
    return {kind: tuple(name for _, name in _ranked(values[kind])[:NAMES_MAX]) for kind in KINDS}


def by_themselves(values: Values, wanted: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns of a table when nobody chose any: those that are asked about, and what differs first."""
    asked = list(dict.fromkeys(wanted))
    found = list[Column]()
    for kind in KINDS:
        first = [each for each in asked if each.kind == kind]
        ranked = [Column(kind, name) for _, name in _ranked(values[kind])]
        rest = [each for each in ranked if each not in first]
        found += (first + rest)[: max(len(first), _BY_ITSELF[kind])]
    return tuple(found[:COLUMNS_MAX])


def marked(columns: Iterable[Column], values: Values) -> tuple[Column, ...]:
    """Return columns that tell whether the rows differ in them."""
    return tuple(Column(each.kind, each.name, _differs(values[each.kind], each.name)) for each in columns)


def _ranked(rows: Sequence[Mapping[str, Cell]]) -> list[tuple[int, str]]:
    """Return the names in rows: first of several values, then of one that some rows have, then of one that all have."""
    said: dict[str, list[Cell]] = {}
    for row in rows:
        for name, value in row.items():
            said.setdefault(name, []).append(value)
    ranked = ((_rank(values, len(rows)), name) for name, values in said.items())
    return sorted(ranked, key=lambda each: (each[0], _DIGITS.sub(_with_length, each[1])))


def _with_length(digits: re.Match[str]) -> str:
    """Put how many digits there are before them: 9 stands before 10."""
    return f"{len(digits[0]):06}{digits[0]}"


def _rank(values: Sequence[Cell], row_count: int) -> int:
    if any(each != values[0] for each in values):
        return 0
    return 1 if len(values) < row_count else 2


def _differs(rows: Sequence[Mapping[str, Cell]], name: str) -> bool:
    first = rows[0].get(name) if rows else None
    return any(row.get(name) != first for row in rows)


def _column(text: str) -> Column:
    check_characters(text, LENGTH_MAX)
    kind, _, name = text.partition(".")
    if kind not in KINDS or not name:
        hint = f"write metrics.…, params.… or tags.… and a name, or one of {', '.join(FIELDS_SHOWN)}"
        raise Invalid(f"{text[:100]!r} is no column", hint=hint)
    return Column(kind, name)
