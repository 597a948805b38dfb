"""From the tree of a search to one SQL statement that SQLite and PostgreSQL both take.

Only the texts in this file become SQL; everything that a person wrote is a bound value. Every condition is true or
false for each row, never NULL, so that ``not`` means exactly the rows that the condition leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from lineal.query.fields import Field, Subject
from lineal.query.syntax import (
    Condition,
    Every,
    Known,
    Measured,
    Not,
    Operator,
    Parameter,
    Property,
    Query,
    Some,
    Sort,
    TrainedOn,
)
from lineal.query.times import Period

Datasets = Callable[[str], Sequence[str]]

_SELECT = {"versions": "SELECT v.* FROM version v", "runs": "SELECT r.* FROM run r"}
_SUBJECT = {"versions": "v.digest", "runs": "r.id"}
_NEWEST = {"versions": "v.created_at DESC, v.model, v.number DESC", "runs": "r.started_at DESC, r.id DESC"}
_CAME_FROM = {
    "versions": "v.digest IN (SELECT o.version FROM origin o WHERE o.dataset IN ({marks}))",
    "runs": "r.digest IS NOT NULL AND r.digest IN"
    " (SELECT e.child FROM edge e WHERE e.role = 'read' AND e.parent IN ({marks}))",
}
_SIGN: dict[Operator, str] = {"!=": "<>"}

_ALIAS = "SELECT 1 FROM alias a WHERE a.model = v.model AND a.number = v.number"
_METRIC = "SELECT m.subject FROM metric_last m WHERE m.key = {key}"
_PARAM = "SELECT p.subject FROM param p WHERE p.key = {key}"
_TIME: dict[Operator, str] = {
    "=": "{column} >= {start_at} AND {column} < {end_at}",
    "!=": "({column} < {start_at} OR {column} >= {end_at})",
    "<": "{column} < {start_at}",
    "<=": "{column} < {end_at}",
    ">": "{column} >= {end_at}",
    ">=": "{column} >= {start_at}",
}
"""How a time stands to a period."""


def statement(query: Query, subject: Subject, datasets: Datasets, limit: int) -> tuple[str, dict[str, object]]:
    """Return the SQL of ``query`` and its values.

    Args:
        query: the tree.
        subject: what is searched.
        datasets: the digests of the dataset versions that a reference means.
        limit: how many rows when the query does not say.

    Raises:
        NotFound: a dataset is not here; from ``datasets``.
    """
    compiler = _Compiler(subject, datasets)
    where = compiler.condition(query.condition)
    joins, order = compiler.sorted_by(query.sorts)
    sql = f"{_SELECT[subject]}{joins} WHERE {where} ORDER BY {order} LIMIT :limit"
    return sql, {**compiler.values, "limit": query.limit or limit}


class _Compiler:
    """Turns parts of the tree into SQL and gathers the bound values."""

    def __init__(self, subject: Subject, datasets: Datasets) -> None:
        self.values: dict[str, object] = {}
        self._subject = subject
        self._datasets = datasets

    def bind(self, value: object) -> str:
        """Return the mark that stands for ``value`` in the SQL."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def condition(self, condition: Condition) -> str:
        """Return the SQL of a condition, in parentheses wherever it is more than one word."""
        match condition:
            case Every(conditions):
                sql = self._joined(conditions, " AND ", "1 = 1")
            case Some(conditions):
                sql = self._joined(conditions, " OR ", "1 = 0")
            case Not(inner):
                sql = f"NOT {self.condition(inner)}"
            case Known(kind, name):
                sql = self._among((_METRIC if kind == "metric" else _PARAM).format(key=self.bind(name)))
            case Measured():
                sql = self._among(self._measured(condition))
            case Parameter():
                sql = self._among(self._parameter(condition))
            case TrainedOn(reference):
                sql = self._trained_on(reference)
            case Property():
                sql = self._property(condition)
        return f"({sql})"

    def _joined(self, conditions: tuple[Condition, ...], word: str, otherwise: str) -> str:
        return word.join(self.condition(each) for each in conditions) or otherwise

    def _among(self, subjects: str) -> str:
        # IN and not EXISTS: one look into the index by key and value finds the few subjects, however many rows there are.
        return f"{_SUBJECT[self._subject]} IN ({subjects})"

    def _measured(self, measured: Measured) -> str:
        """Return the subjects whose metric compares so. NaN is the one that has no value."""
        chosen = _METRIC.format(key=self.bind(measured.metric))
        operator = measured.operator
        if measured.value == "NaN":
            return f"{chosen} AND m.value IS {'NULL' if operator == '=' else 'NOT NULL'}"
        value = self.bind(float(measured.value))
        if operator == "!=":
            return f"{chosen} AND (m.value IS NULL OR m.value <> {value})"
        return f"{chosen} AND m.value {operator} {value}"

    def _parameter(self, parameter: Parameter) -> str:
        """Return the subjects whose parameter compares so; a number also equals the text that writes it."""
        chosen = _PARAM.format(key=self.bind(parameter.name))
        operator, number = parameter.operator, parameter.number
        if operator in {"~", "!~"} or (number is None and operator in {"=", "!="}):
            return f"{chosen} AND {self._text('p.value', operator, parameter.text)}"
        mark = self.bind(number)
        if operator not in {"=", "!="}:
            return f"{chosen} AND p.number {operator} {mark}"
        equal = f"(p.value = {self.bind(parameter.text)} OR (p.number IS NOT NULL AND p.number = {mark}))"
        return f"{chosen} AND {equal if operator == '=' else f'NOT {equal}'}"

    def _trained_on(self, reference: str) -> str:
        marks = ", ".join(self.bind(digest) for digest in self._datasets(reference))
        return _CAME_FROM[self._subject].format(marks=marks) if marks else "1 = 0"

    def _property(self, asked: Property) -> str:
        field, operator, value = asked.field, asked.operator, asked.value
        column = field.columns[0]
        known = f"{column} IS NOT NULL AND " if field.is_nullable else ""
        match field.shape, value:
            case "alias", str():
                return self._alias(column, operator, value)
            case "text", str():
                return known + self._text(column, operator, value)
            case "time", (start, end):
                return known + self._time(column, operator, Period(start, end))
            case "line", tuple():
                columns, marks = ", ".join(field.columns[: len(value)]), ", ".join(map(self.bind, value))
                return f"({columns}) {_SIGN.get(operator, operator)} ({marks})"
            case _:
                return f"{known}{column} {_SIGN.get(operator, operator)} {self.bind(value)}"

    def _text(self, column: str, operator: Operator, value: str) -> str:
        if operator in {"=", "!="}:
            return f"{column} {_SIGN.get(operator, operator)} {self.bind(value)}"
        # LIKE heeds letter case in one database and not in the other; what replace changes holds the text, in both.
        without = f"replace(lower({column}), lower(CAST({self.bind(value)} AS TEXT)), '')"
        return f"{without} {'<>' if operator == '~' else '='} lower({column})"

    def _alias(self, column: str, operator: Operator, value: str) -> str:
        """Return that one of the aliases compares so; the negative ones mean that none does."""
        positive: Operator = "=" if operator in {"=", "!="} else "~"
        compared = self._text(column, positive, value)
        found = f"EXISTS ({_ALIAS} AND {compared})"
        return found if operator == positive else f"NOT {found}"

    def _time(self, column: str, operator: Operator, asked: Period) -> str:
        """Return that a time is before, in or after a period: ``> 2026-11-01`` begins when that day is over."""
        template = _TIME[operator]
        marks = {name: self.bind(at) for name, at in asked._asdict().items() if f"{{{name}}}" in template}
        return template.format(column=column, **marks)

    def sorted_by(self, sorts: tuple[Sort, ...]) -> tuple[str, str]:
        """Return the joins that the order needs, and the order; equal ones come newest first."""
        joins, order = "", []
        for index, each in enumerate(sorts):
            direction = "ASC" if each.ascending else "DESC"
            if isinstance(each.by, Field):
                columns, has_gaps = each.by.columns, each.by.is_nullable
            else:
                table, has_gaps = f"s{index}", not each.best
                columns = (f"{table}.value",) if each.by.kind == "metric" else (f"{table}.number", f"{table}.value")
                joins += self._join(each, each.by, table)
            # Databases disagree where NULL stands; here what has no value, or NaN, comes last.
            last = "{column} IS NULL, " if has_gaps else ""
            order += [f"{last}{{column}} {direction}".format(column=column) for column in columns]
        return joins, ", ".join([*order, _NEWEST[self._subject]])

    def _join(self, sort: Sort, by: Known, table: str) -> str:
        kind = "JOIN" if sort.best else "LEFT JOIN"
        source = "metric_last" if by.kind == "metric" else "param"
        on = f"{table}.subject = {_SUBJECT[self._subject]} AND {table}.key = {self.bind(by.name)}"
        low, high = (self.bind(value) for value in (-math.inf, math.inf)) if sort.best else ("", "")
        is_finite = f" AND {table}.value > {low} AND {table}.value < {high}" if sort.best else ""
        return f" {kind} {source} {table} ON {on}{is_finite}"
