"""From the conditions of a search to SQL that SQLite and PostgreSQL both take.

Only the texts in this folder become SQL; everything that a person wrote is a bound value. Every condition is true or
false for each row, never NULL, so that ``not`` means exactly the rows that the condition leaves out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lineal.query.syntax import (
    Alike,
    Among,
    Condition,
    Every,
    Known,
    Measured,
    Not,
    Noted,
    Operator,
    Parameter,
    Property,
    Some,
    TrainedOn,
    Used,
    Wording,
)
from lineal.query.times import Period

Datasets = Callable[[str], Sequence[str]]

SIGN: dict[str, str] = {"!=": "<>"}
"""Operators that SQL writes in another way."""

INDEXED_CHARACTERS = 255
"""So much of a text is in the indexes of params and tags: no index holds a long text whole."""

TABLES = {"metric": "metric_last", "param": "param", "tag": "tag"}
"""Where things are known of a subject, by key."""

_ALIAS = "SELECT 1 FROM alias a WHERE a.model = v.model AND a.number = v.number"
_USED = "run_input i JOIN named_dataset d ON d.id = i.input"
_PARTS = {"name": "d.name", "digest": "d.digest", "context": "i.context"}
_TIME: dict[Operator, str] = {
    "=": "{column} >= {start_at} AND {column} < {end_at}",
    "!=": "({column} < {start_at} OR {column} >= {end_at})",
    "<": "{column} < {start_at}",
    "<=": "{column} < {end_at}",
    ">": "{column} >= {end_at}",
    ">=": "{column} >= {start_at}",
}
"""How a time stands to a period."""


class Values:
    """The bound values of a statement."""

    def __init__(self) -> None:
        self.bound: dict[str, object] = {}

    def bind(self, value: object) -> str:
        """Return the mark that stands for ``value`` in the SQL."""
        name = f"v{len(self.bound)}"
        self.bound[name] = value
        return f":{name}"

    def marks(self, values: Sequence[object]) -> str:
        """Return the marks of several values, with commas between them."""
        return ", ".join(map(self.bind, values))


class _Rows(NamedTuple):
    """Rows that say something of a subject: where they are, which column names it, and which of them are meant."""

    table: str
    subject: str
    where: str


_OnRows = Known | Measured | Parameter | Noted | Used
"""Conditions on rows that say something of a subject."""


class Conditions:
    """Turns conditions into SQL.

    Args:
        values: takes what is bound.
        subject: the SQL of that by which metrics, params and tags know a row.
        probed: look at each row by itself, which is quick where few rows are looked at; else find all subjects first,
            with one look into an index by key and value, however many rows there are.
        measured_in: what else is asked of ``metric_last m`` where all subjects are found.
        came_from: the SQL of rows that came from datasets, with ``{marks}`` for their digests.
        datasets: the digests of the dataset versions that a reference means.
    """

    def __init__(
        self,
        values: Values,
        subject: str,
        *,
        probed: bool = False,
        measured_in: str = "",
        came_from: str = "",
        datasets: Datasets = lambda _: (),
    ) -> None:
        self._values = values
        self._subject = subject
        self._probed = probed
        self._measured_in = measured_in
        self._came_from = came_from
        self._datasets = datasets

    def condition(self, condition: Condition) -> str:
        """Return the SQL of a condition, in parentheses wherever it is more than one word."""
        match condition:
            case Every(conditions):
                sql = self._joined(conditions, " AND ", "1 = 1")
            case Some(conditions):
                sql = self._joined(conditions, " OR ", "1 = 0")
            case Not(inner):
                sql = f"NOT {self.condition(inner)}"
            case TrainedOn(reference):
                sql = self._trained_on(reference)
            case Property():
                sql = self._property(condition)
            case Alike(field, operator, text):
                sql = f"{_known(field.columns[0], field.is_nullable)}{self._worded(field.columns[0], operator, text)}"
            case Among(field, texts, negated):
                found = f"{field.columns[0]} {'NOT ' if negated else ''}IN ({self._values.marks(texts)})"
                sql = f"{_known(field.columns[0], field.is_nullable)}{found}"
            case _:
                sql = self._among(self._rows(condition))
        return f"({sql})"

    def subjects(self, conditions: Sequence[Condition]) -> dict[tuple[Condition, ...], str]:
        """Return the SQL that selects, each once, the subjects of conditions on such rows; of all on one key together.

        What is on no such rows is left out.
        """
        asked = defaultdict[object, list[_OnRows]](list)
        for each in conditions:
            if isinstance(each, Used):
                asked[each].append(each)
            elif isinstance(each, _OnRows):
                asked[_key(each)].append(each)
        return {tuple(each): self._subjects(each) for each in asked.values()}

    def _subjects(self, conditions: Sequence[_OnRows]) -> str:
        first, *others = (self._rows(each) for each in conditions)
        once = "DISTINCT " if isinstance(conditions[0], Used) else ""
        where = " AND ".join([first.where, *(each.where for each in others)])
        return f"SELECT {once}{first.subject} AS subject FROM {first.table} WHERE {where}"

    def _joined(self, conditions: tuple[Condition, ...], word: str, otherwise: str) -> str:
        return word.join(self.condition(each) for each in conditions) or otherwise

    def _among(self, rows: _Rows) -> str:
        if self._probed:
            return f"EXISTS (SELECT 1 FROM {rows.table} WHERE {rows.subject} = {self._subject} AND {rows.where})"
        return f"{self._subject} IN (SELECT {rows.subject} FROM {rows.table} WHERE {rows.where})"

    def _rows(self, condition: _OnRows) -> _Rows:
        match condition:
            case Used(part, operator, texts, negated):
                return _Rows(_USED, "i.run", self._used(_PARTS[part], operator, texts, negated=negated))
            case Measured(metric):
                return self._keyed("metric", metric, self._measured(condition))
            case Parameter(name):
                return self._keyed("param", name, self._parameter(condition))
            case Noted(kind, name):
                return self._keyed(kind, name, self._noted(condition))
            case Known(kind, name):
                return self._keyed(kind, name, "")

    def _keyed(self, kind: str, name: str, compared: str) -> _Rows:
        table = kind[0]
        narrowed = self._measured_in if kind == "metric" and not self._probed else ""
        asked = filter(None, (narrowed, f"{table}.key = {self._values.bind(name)}", compared))
        return _Rows(f"{TABLES[kind]} {table}", f"{table}.subject", " AND ".join(asked))

    def _measured(self, measured: Measured) -> str:
        """Return how a metric compares. NaN is the one that has no value."""
        operator = measured.operator
        if measured.value == "NaN":
            return f"m.value IS {'NULL' if operator == '=' else 'NOT NULL'}"
        value = self._values.bind(float(measured.value))
        return f"(m.value IS NULL OR m.value <> {value})" if operator == "!=" else f"m.value {operator} {value}"

    def _parameter(self, parameter: Parameter) -> str:
        """Return how a parameter compares; a number also equals the text that writes it."""
        operator, number = parameter.operator, parameter.number
        if operator in {"~", "!~"} or (number is None and operator in {"=", "!="}):
            return self._text("p.value", operator, parameter.text)
        mark = self._values.bind(number)
        if operator not in {"=", "!="}:
            return f"p.number {operator} {mark}"
        equal = f"(p.value = {self._values.bind(parameter.text)} OR (p.number IS NOT NULL AND p.number = {mark}))"
        return equal if operator == "=" else f"NOT {equal}"

    def _noted(self, noted: Noted) -> str:
        column, text = f"{noted.kind[0]}.value", noted.text
        if noted.operator != "=" or self._probed:
            return self._worded(column, noted.operator, text)
        indexed = f"substr({column}, 1, {INDEXED_CHARACTERS}) = {self._values.bind(text[:INDEXED_CHARACTERS])}"
        return indexed if len(text) < INDEXED_CHARACTERS else f"{indexed} AND {column} = {self._values.bind(text)}"

    def _used(self, column: str, operator: Wording, texts: tuple[str, ...], *, negated: bool) -> str:
        if operator == "=":
            return f"{column} {'NOT ' if negated else ''}IN ({self._values.marks(texts)})"
        return self._worded(column, operator, texts[0])

    def _worded(self, column: str, operator: Wording, text: str) -> str:
        if operator in {"=", "!="}:
            return f"{column} {SIGN.get(operator, operator)} {self._values.bind(text)}"
        # Databases disagree about an escape that nobody named.
        pattern = self._values.bind(text.replace("!", "!!"))
        if operator == "like":
            return f"{column} LIKE {pattern} ESCAPE '!'"
        return f"lower({column}) LIKE lower(CAST({pattern} AS TEXT)) ESCAPE '!'"

    def _trained_on(self, reference: str) -> str:
        marks = self._values.marks(self._datasets(reference))
        return self._came_from.format(marks=marks) if marks and self._came_from else "1 = 0"

    def _property(self, asked: Property) -> str:
        field, operator, value = asked.field, asked.operator, asked.value
        column = field.columns[0]
        known = _known(column, field.is_nullable)
        match field.shape, value:
            case "alias", str():
                return self._alias(column, operator, value)
            case "text", str():
                return known + self._text(column, operator, value)
            case "time", (start, end):
                return known + self._time(column, operator, Period(start, end))
            case "line", tuple():
                columns = ", ".join(field.columns[: len(value)])
                return f"({columns}) {SIGN.get(operator, operator)} ({self._values.marks(value)})"
            case _:
                return f"{known}{column} {SIGN.get(operator, operator)} {self._values.bind(value)}"

    def _text(self, column: str, operator: Operator, value: str) -> str:
        if operator in {"=", "!="}:
            return f"{column} {SIGN.get(operator, operator)} {self._values.bind(value)}"
        # LIKE heeds letter case in one database and not in the other; what replace changes holds the text, in both.
        without = f"replace(lower({column}), lower(CAST({self._values.bind(value)} AS TEXT)), '')"
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
        marks = {name: self._values.bind(at) for name, at in asked._asdict().items() if f"{{{name}}}" in template}
        return template.format(column=column, **marks)


def _key(condition: Known | Measured | Parameter | Noted) -> tuple[str, str]:
    match condition:
        case Measured(metric):
            return "metric", metric
        case Parameter(name):
            return "param", name
        case Known(kind, name) | Noted(kind, name):
            return kind, name


def _known(column: str, is_nullable: bool) -> str:
    return f"{column} IS NOT NULL AND " if is_nullable else ""
