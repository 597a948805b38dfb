"""What holds a text somewhere is looked for among the texts that there are, where these are few, and not in every row.

An index by value gives each text of a key by one look, however many rows have it. So it is found out before any row is read
which texts a pattern means: to have one of those is what an index finds; where there is none, nothing is found; and what all
of them are meant by is to have the key at all. Where there are more, those that begin alike may stand together at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec

from lineal.query.conditions import TABLES, Conditions, Values
from lineal.query.fields import Field
from lineal.query.indexed import INDEXED_CHARACTERS, around, beginning, indexed, spellings
from lineal.query.normal import ALWAYS, NEVER
from lineal.query.search import EXPERIMENTS_WALKED_MAX
from lineal.query.syntax import (
    Alike,
    Among,
    Blank,
    Condition,
    Every,
    Known,
    Listed,
    Not,
    Noted,
    Parameter,
    Property,
    Some,
)
from lineal.query.walks import Walks
from lineal.query.wanted import Ask, Row, Statement, statement

TEXTS_MAX = 200
"""So many texts are looked at; where there are more, rows are."""

_CONDITIONS_MAX = 8
"""Of one search so many conditions are looked up: whoever writes many is not to make it slow with them."""

_PATTERNS = {"like", "ilike", "~", "!~"}

_EACH = (
    "WITH RECURSIVE each_text (place, text) AS ({first} UNION ALL SELECT e.place, ({next}) FROM each_text e"
    " WHERE e.text IS NOT NULL) SELECT {column} AS text, CASE WHEN {holds} THEN 1 ELSE 0 END AS holds"
    " FROM (SELECT text AS {name} FROM each_text WHERE text IS NOT NULL LIMIT {most}) {letter}"
)

_SPELLINGS_MAX = 16
"""In so many ways the beginning of a text is looked for where capitals do not count."""

_BEGUN = (
    "WITH RECURSIVE written_so (place, written, behind) AS ({written}), begun (place, text) AS ("
    "SELECT CAST(0 AS BIGINT), CAST('' AS TEXT) UNION ALL SELECT w.place, b.text || w.written FROM begun b"
    " JOIN written_so w ON w.place = b.place + 1 WHERE EXISTS ({there} AND {column} >= b.text || w.written"
    " AND {column} < b.text || w.behind)) SELECT place, text FROM begun LIMIT {most}"
)

_IS_BYTEWISE = "SELECT CASE WHEN 'Z' < 'a' AND 'a-c' < 'ab' AND 'z' < 'é' THEN 1 ELSE 0 END AS is_bytewise"
"""Whether texts stand in the order of their bytes: no language has capitals first, heeds hyphens and has accents last."""


def with_known_texts(walks: Walks, ask: Ask) -> Walks:
    """Return the same search with its patterns said by the texts that they mean, where that can be found out quickly.

    Args:
        walks: the search.
        ask: carries out a statement.
    """
    return walks.said(found) if (found := _Texts(walks, ask).said(walks.condition)) != walks.condition else walks


class _Texts:
    """Says conditions by the texts that there are."""

    def __init__(self, walks: Walks, ask: Ask) -> None:
        self._source = walks.source
        self._experiments = walks.experiments
        self._ask = ask
        self._left = _CONDITIONS_MAX

    def said(self, condition: Condition) -> Condition:
        """Return what holds for the same rows."""
        match condition:
            case Every(conditions):
                return Every(tuple(map(self.said, conditions)))
            case Some(conditions):
                return Some(tuple(map(self.said, conditions)))
            case Not(inner):
                return Not(self.said(inner))
            case Noted(operator=operator, name=str()) | Parameter(operator=operator, name=str()):
                is_pattern = operator in _PATTERNS
                return self._keyed(condition) if is_pattern and self._may_ask() else condition
            case Alike(field, operator) | Property(field, operator):
                is_pattern = operator in _PATTERNS and field.columns[0] in self._source.indexed and not field.words
                return self._property(condition) if is_pattern and self._may_ask() else condition
        return condition

    def _may_ask(self) -> bool:
        self._left -= 1
        return self._left >= 0

    def _keyed(self, asked: Noted | Parameter) -> Condition:
        """Return that a parameter or tag has one of the texts that are meant."""
        kind = asked.kind if isinstance(asked, Noted) else "param"
        values, name, letter = Values(), str(asked.name), kind[0]
        column = f"{letter}.value"
        found = f"SELECT min({indexed(column)}) FROM {TABLES[kind]} {letter} WHERE {letter}.key = {values.bind(name)}"
        behind = f"{found} AND {indexed(column)} > e.text"
        holds = Conditions(values, self._source).compared(asked)
        rows = self._few(_each(f"SELECT 0, ({found})", behind, column, holds, values))
        # Of a text that fills its place in the index, nobody can tell there how it goes on.
        if rows is None or any(len(row["text"]) >= INDEXED_CHARACTERS for row in rows):
            return self._together(asked)
        texts = _meant(rows)
        if len(texts) == len(rows):
            return Known(kind, name)
        return Listed(kind, name, texts) if texts else NEVER

    def _together(self, asked: Noted | Parameter) -> Condition:
        """Return the same condition, told whether an index has together what begins alike."""
        if not isinstance(asked, Noted) or asked.operator not in {"like", "ilike"} or not self._is_bytewise:
            return asked
        if asked.operator == "like":
            return msgspec.structs.replace(asked, begins=tuple(filter(None, (beginning(asked.text),))))
        begins = self._spelled(asked)
        return asked if begins is None else msgspec.structs.replace(asked, begins=begins) if begins else NEVER

    def _spelled(self, asked: Noted) -> tuple[str, ...] | None:
        """Return how the beginning of a pattern is written where texts have it; None where it has none, or too many."""
        if not (spelled := spellings(asked.text)):
            return None
        each = _begun(spelled, asked.kind, str(asked.name))
        rows = self._ask(each.sql, **each.values)
        if len(rows) >= _SPELLINGS_MAX * len(spelled):
            return None
        found = tuple(row["text"] for row in rows if row["place"] == len(spelled))
        return found if len(found) <= _SPELLINGS_MAX else None

    @cached_property
    def _is_bytewise(self) -> bool:
        return bool(self._ask(_IS_BYTEWISE)[0]["is_bytewise"])

    def _property(self, asked: Alike | Property) -> Condition:
        """Return that a column has one of the texts that are meant."""
        experiments = self._experiments
        if not experiments or len(experiments) > EXPERIMENTS_WALKED_MAX:
            return asked
        values, source, field = Values(), self._source, asked.field
        column = field.columns[0]
        found = f"SELECT min({column}) FROM {source.table} WHERE {source.experiment}"
        numbers = " UNION ALL ".join(f"SELECT CAST({values.bind(each)} AS BIGINT) AS number" for each in experiments)
        first = f"SELECT k.number, ({found} = k.number) FROM ({numbers}) k"
        behind = f"{found} = e.place AND {column} > e.text"
        holds = Conditions(values, source).condition(asked)
        rows = self._few(_each(first, behind, column, holds, values))
        return asked if rows is None else _among(field, rows)

    def _few(self, each: Statement) -> list[Row] | None:
        """Return the texts, and of each whether it is meant; nothing where there are too many."""
        rows = self._ask(each.sql, **each.values)
        return rows if len(rows) <= TEXTS_MAX else None


def _each(first: str, behind: str, column: str, holds: str, values: Values) -> Statement:
    letter, _, name = column.partition(".")
    most = values.bind(TEXTS_MAX + 1)
    sql = _EACH.format(first=first, next=behind, column=column, holds=holds, name=name, letter=letter, most=most)
    return statement(sql, values)


def _begun(spelled: Sequence[Sequence[str]], kind: str, name: str) -> Statement:
    """Return the statement that finds which texts begin so, one character after the other, by a look into the index for each."""
    values, letter = Values(), kind[0]
    written = [
        f"SELECT CAST({values.bind(place)} AS BIGINT) AS place, CAST({values.bind(each)} AS TEXT) AS written,"
        f" CAST({values.bind(around(each)[1])} AS TEXT) AS behind"
        for place, some in enumerate(spelled, 1)
        for each in some
    ]
    column = indexed(f"{letter}.value")
    there = f"SELECT 1 FROM {TABLES[kind]} {letter} WHERE {letter}.key = {values.bind(name)}"
    most = values.bind(_SPELLINGS_MAX * len(spelled))
    sql = _BEGUN.format(written=" UNION ALL ".join(written), there=there, column=column, most=most)
    return statement(sql, values)


def _meant(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(sorted({row["text"] for row in rows if row["holds"]}))


def _among(field: Field, rows: Sequence[Row]) -> Condition:
    texts = _meant(rows)
    if len(texts) == len({row["text"] for row in rows}):
        return Not(Blank(field)) if field.is_nullable else ALWAYS
    return Among(field, texts) if texts else NEVER
