"""By what the rows of a search can be found without looking at others, and how few those are.

A condition on one key, or on a column that has an index, says where its rows stand together. How many there are is counted
up to a limit only, so that asking costs no more than looking at as many rows would.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from lineal.query.conditions import Conditions, Keyed, OnRows, Values, kind_of, name_of
from lineal.query.fields import Field
from lineal.query.indexed import INDEXED_CHARACTERS, indexed
from lineal.query.sources import Source
from lineal.query.syntax import (
    Alike,
    Among,
    Blank,
    Condition,
    Every,
    Measured,
    Noted,
    Operator,
    Parameter,
    Property,
    Some,
    Standing,
    Used,
)

_RANGES: tuple[Operator, ...] = ("=", "<", "<=", ">", ">=")
_WILD = "%_"


class Candidate(NamedTuple):
    """Rows that can be found by themselves.

    Args:
        holds: the conditions that hold for all of them, and for no others.
        sql: selects the subject of each, once.
        counted: selects a row for each of them, or for some more, and reads nothing else; empty where that cannot be.
    """

    holds: tuple[Condition, ...]
    sql: str
    counted: str


class Candidates:
    """Finds what a search can begin with.

    Args:
        values: takes what is bound.
        source: what is searched.
        experiments: the numbers of the experiments that are searched; None is all of them.
        measured_in: what else is asked of ``metric_last m``.
    """

    def __init__(
        self, values: Values, source: Source, experiments: Sequence[int] | None = None, measured_in: str = ""
    ) -> None:
        self._values = values
        self._source = source
        self._experiments = experiments
        self._conditions = Conditions(values, source, measured_in=measured_in)

    def of(self, conditions: Sequence[Condition]) -> list[Candidate]:
        """Return the candidates among conditions that all must hold; of all on one key there is one."""
        asked = defaultdict[object, list[Condition]](list)
        for each in conditions:
            if not isinstance(each, Every | Some) and self._is_set(each):
                asked[_key(each)].append(each)
        found = [self._candidate(tuple(each)) for each in asked.values()]
        return found + [
            each for some in conditions if isinstance(some, Some) for each in self._either(some, len(found))
        ]

    def deleted(self) -> Candidate:
        """Return the rows that are deleted."""
        sql = self._selected(self._source.deleted)
        return Candidate((), sql, sql)

    def all_of_experiments(self) -> Candidate:
        """Return the rows of the experiments."""
        sql = self._selected("1 = 1")
        return Candidate((), sql, sql)

    def _candidate(self, group: tuple[Condition, ...]) -> Candidate:
        selects = self._selects(group)
        sql = selects[0]
        if len(selects) > 1:
            sql = f"SELECT subject FROM ({' UNION '.join(selects)}) parts"
        quick = tuple(each for each in group if self._is_counted(each))
        counted = selects if len(quick) == len(group) else self._selects(quick) if quick else []
        # To leave out what comes twice would be to find all of it first.
        counted = [each.replace("SELECT DISTINCT ", "SELECT ", 1) for each in counted]
        return Candidate(group, sql, " UNION ALL ".join(counted))

    def _either(self, some: Some, place: int) -> Iterator[Candidate]:
        """Yield the rows for which one of several may hold, if each of those can be found."""
        parts = list[Candidate]()
        for each in some.conditions:
            of_part = self.of(each.conditions if isinstance(each, Every) else (each,))
            if not of_part:
                return
            parts.append(next((part for part in of_part if part.counted), of_part[0]))
        sql = " UNION ".join(f"SELECT subject FROM ({part.sql}) part{place}" for place, part in enumerate(parts))
        is_exact = all(part.holds == (each,) for part, each in zip(parts, some.conditions, strict=True))
        counted = " UNION ALL ".join(part.counted for part in parts) if all(part.counted for part in parts) else ""
        yield Candidate((some,) if is_exact else (), f"SELECT subject FROM ({sql}) either{place}", counted)

    def _is_set(self, condition: Condition) -> bool:
        """Tell whether the rows of a condition stand together somewhere."""
        if isinstance(condition, OnRows) and not (isinstance(condition, Standing) and isinstance(condition.by, Field)):
            return self._conditions.is_by_subject(condition)
        column = _column(condition)
        return bool(column) and (column in self._columns or column == self._source.subject)

    def _is_counted(self, condition: Condition) -> bool:  # noqa: PLR0911 - one for each kind
        """Tell whether an index has nothing between the rows of a condition."""
        match condition:
            case Measured(operator=operator, value=value):
                return operator in _RANGES or value != "NaN"
            case Parameter(operator=operator):
                return operator in _RANGES
            case Noted(operator=operator, begins=begins):
                return operator in {"=", "!="} or bool(begins)
            case Used(operator=operator, negated=negated):
                return operator == "=" and not negated
        column = _column(condition)
        if column and self._experiments is None and column != self._source.subject:
            return False
        match condition:
            case Property(operator=operator):
                return operator in _RANGES
            case Alike(operator=operator, text=text):
                return operator == "=" or (operator == "like" and text[:1] not in {"", *_WILD})
        return True

    @property
    def _columns(self) -> set[str]:
        """The columns that have an index by experiment, and those that say where one has no value."""
        source = self._source
        return {*source.indexed, *filter(None, source.indexed.values()), *([source.walked] if source.indexed else [])}

    def _selects(self, group: tuple[Condition, ...]) -> list[str]:
        """Return what selects the subjects of a group, in parts that have an index each."""
        only = group[0]
        if len(group) == 1 and isinstance(only, Measured | Noted | Parameter) and (parts := self._split(only)):
            return parts
        if isinstance(only, OnRows) and not (isinstance(only, Standing) and isinstance(only.by, Field)):
            return [self._conditions.subjects([each for each in group if isinstance(each, OnRows)])]
        return [self._selected(" AND ".join(map(self._conditions.condition, group)))]

    def _split(self, condition: Measured | Noted | Parameter) -> list[str]:
        """Return the parts of what no index has in one place; nothing for all else."""
        match condition:
            case Parameter(name=name, operator="=", text=text, number=number) if number is not None:
                by_number = self._conditions.keyed("param", name, f"p.number = {self._values.bind(number)}")
                return [self._conditions.subjects([Noted("param", name, "=", text)]), by_number]
            case Measured(metric=name, operator="!=", value=value) if value != "NaN":
                marks = (f"{sign} {self._values.bind(float(value))}" for sign in "<>")
                return [self._conditions.keyed("metric", name, f"m.value {each}") for each in (*marks, "IS NULL")]
            case Noted(begins=(_, _, *_) as begins):
                parts = (msgspec.structs.replace(condition, begins=(each,)) for each in begins)
                return [self._conditions.subjects([each]) for each in parts]
            case Noted(kind=kind, name=name, operator="!=", text=text):
                return [self._conditions.keyed(kind, name, each) for each in self._beside(f"{kind[0]}.value", text)]
        return []

    def _beside(self, column: str, text: str) -> Iterator[str]:
        """Yield which texts are before and behind one, as their index knows them."""
        cut = text[:INDEXED_CHARACTERS]
        for sign in "<>":
            yield f"{indexed(column)} {sign} {self._values.bind(cut)}"
        if len(text) >= INDEXED_CHARACTERS:
            yield f"{indexed(column)} = {self._values.bind(cut)} AND {column} <> {self._values.bind(text)}"

    def _selected(self, where: str) -> str:
        source = self._source
        if source.experiment and self._experiments is not None:
            where = f"{source.experiment} IN ({self._values.marks(self._experiments)}) AND {where}"
        return f"SELECT {source.subject} AS subject FROM {source.table} WHERE {where}"


def _key(condition: Condition) -> object:
    """Return what conditions have in common that ask about one and the same row, or one column."""
    if column := _column(condition):
        return column
    if isinstance(condition, Noted) and len(condition.begins) > 1:
        # In several places of the index, which it is asked for one by one.
        return condition
    if isinstance(condition, Keyed) and isinstance(name := name_of(condition), str):
        return kind_of(condition), name
    return condition


def _column(condition: Condition) -> str:
    """Return the column that a condition compares; empty where it compares none of the row's own."""
    match condition:
        case Property(field=field) | Alike(field=field) | Blank(field=field) | Among(field=field, negated=False):
            return field.columns[0] if len(field.columns) == 1 and field.shape in {"text", "number", "time"} else ""
        case Standing(by=Field() as field):
            return field.columns[0]
    return ""
