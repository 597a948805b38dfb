"""What rows are put in order by, so that a page can go on behind any row.

A key has a value, or it has a rank that says why not: what has no value comes last, whichever way the rest is sorted.
Databases disagree where NULL stands, so that no comparison here ever meets one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from lineal.query.conditions import TABLES, Values
from lineal.query.fields import Field
from lineal.query.indexed import indexed
from lineal.query.syntax import Known, Sort

Form = Literal["number", "whole", "text"]
Place = tuple[int, float | int | str | None]
"""Where a row stands by one key: its rank, and its value where the rank is 0."""

VALUED, NOT_A_NUMBER, MISSING = 0, 1, 2
"""The ranks, in their order."""

_RANK = {
    "metric": f"CASE WHEN {{table}}.subject IS NULL THEN {MISSING}"
    f" WHEN {{table}}.value IS NULL THEN {NOT_A_NUMBER} ELSE {VALUED} END",
    "param": f"CASE WHEN {{table}}.subject IS NULL THEN {MISSING} ELSE {VALUED} END",
    "tag": f"CASE WHEN {{table}}.subject IS NULL THEN {MISSING} ELSE {VALUED} END",
    "number": f"CASE WHEN {{table}}.subject IS NULL THEN {MISSING}"
    f" WHEN {{table}}.number IS NULL THEN {NOT_A_NUMBER} ELSE {VALUED} END",
    "field": f"CASE WHEN {{column}} IS NULL THEN {MISSING} ELSE {VALUED} END",
}
# Texts are put in order by what is in their indexes, which also keeps a token short.
_TEXT = indexed("{table}.value")
_VALUE = {"metric": "{table}.value", "param": _TEXT, "tag": _TEXT, "number": "{table}.number"}
_FORM: dict[str, Form] = {"text": "text", "time": "whole", "number": "whole"}


class Key(NamedTuple):
    """One thing that rows are put in order by.

    ``rank`` and ``value`` are SQL, ``rank`` empty where every row has a value; ``known`` is read from what is called ``table``
    in the statement, which a key may share with the one before it: then it is ``joined`` already.
    """

    number: int
    rank: str
    value: str
    ascending: bool
    form: Form
    known: Known | None = None
    table: str = ""
    joined: bool = False

    def join(self, subject: str, values: Values) -> str:
        """Return the join that gives its values to rows, whether they have one or not."""
        if self.known is None or self.joined:
            return ""
        on = f"{self.table}.subject = {subject} AND {self.table}.key = {values.bind(self.known.name)}"
        return f" LEFT JOIN {TABLES[self.known.kind]} {self.table} ON {on}"

    def selected(self) -> str:
        """Return its columns for the answer."""
        rank = f", {self.rank} AS rank_{self.number}" if self.rank else ""
        return f"{rank}, {self.value} AS key_{self.number}"


def keys_of(sorts: Sequence[Sort]) -> tuple[Key, ...]:
    """Return the keys of ``sorts``; what is asked for a second time changes no order and is left out."""
    first: dict[Field | Known, Sort] = {}
    for each in sorts:
        first.setdefault(each.by, each)
    keys = list[Key]()
    for each in first.values():
        keys += _keys(len(keys), each)
    return tuple(keys)


def _keys(number: int, sort: Sort) -> list[Key]:
    by, table = sort.by, f"s{number}"
    if isinstance(by, Field):
        rank = _RANK["field"].format(column=by.columns[0]) if by.is_nullable else ""
        forms: tuple[Form, ...] = ("whole", "whole", "whole", "text") if by.shape == "line" else (_FORM[by.shape],)
        return [
            Key(number + place, rank, column, sort.ascending, form)
            for place, (column, form) in enumerate(zip(by.columns, forms, strict=True))
        ]
    kinds = ("number", "param")[: 1 + sort.texts] if by.kind == "param" and sort.numeric else (by.kind,)
    return [
        Key(
            number + place,
            _RANK[kind].format(table=table),
            _VALUE[kind].format(table=table),
            sort.ascending,
            "number" if kind in {"metric", "number"} else "text",
            by,
            table,
            joined=place > 0,
        )
        for place, kind in enumerate(kinds)
    ]


def order(keys: Sequence[Key], *, of_answer: str = "") -> str:
    """Return the SQL behind ORDER BY.

    Args:
        keys: by what.
        of_answer: the name of a table that has the keys' columns, where they were selected there.
    """
    terms = []
    for each in keys:
        answered = (f"{of_answer}.rank_{each.number}", f"{of_answer}.key_{each.number}")
        rank, value = answered if of_answer else (each.rank, each.value)
        terms += [rank] if each.rank else []
        terms.append(f"{value} {'ASC' if each.ascending else 'DESC'}")
    return ", ".join(terms)


def behind(keys: Sequence[Key], places: Sequence[Place], values: Values) -> str:
    """Return the SQL of what comes behind the row that stands at ``places``, in parentheses."""
    sql = "1 = 0"
    for key, (rank, value) in reversed(list(zip(keys, places, strict=True))):
        if rank == VALUED:
            sign, mark = ">" if key.ascending else "<", values.bind(value)
            # The first comparison is one that an index can begin at; the others look at those that are equal.
            sql = f"{key.value} {sign}= {mark} AND ({key.value} {sign} {mark} OR ({sql}))"
        else:
            sql = f"{key.rank} = {values.bind(rank)} AND ({sql})"
        if key.rank and rank < MISSING:
            sql = f"{key.rank} > {values.bind(rank)} OR ({sql})"
    return f"({sql})"
