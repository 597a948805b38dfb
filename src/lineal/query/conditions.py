"""From the conditions of a search to SQL that SQLite and PostgreSQL both take.

Only the texts in this folder become SQL; everything that a person wrote is a bound value. Every condition is true or
false for each row, never NULL, so that ``not`` means exactly the rows that the condition leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineal.query.fields import Field
from lineal.query.indexed import INDEXED_CHARACTERS, around, indexed
from lineal.query.sources import Source
from lineal.query.syntax import (
    Alike,
    Among,
    Blank,
    Condition,
    Every,
    Known,
    Listed,
    Matching,
    Measured,
    Name,
    Not,
    Noted,
    Operator,
    Packaged,
    Parameter,
    Property,
    Some,
    Staged,
    Standing,
    TrainedOn,
    Used,
    Wording,
)
from lineal.query.times import Period

SIGN: dict[str, str] = {"!=": "<>"}
"""Operators that SQL writes in another way."""

TABLES = {"metric": "metric_last", "param": "param", "tag": "tag"}
"""Where things are known of a subject, by key."""

_ALIAS = "SELECT 1 FROM alias a WHERE a.model = v.model AND a.number = v.number"
_USED = "run_input i JOIN named_dataset d ON d.id = i.input"
_STAGED = "SELECT 1 FROM stage_period q WHERE q.model = v.model AND q.number = v.number"
_MADE_WITH, _PACKAGES = "made_with w", "package k JOIN made_with w ON w.packages = k.packages"
TOLD_OF_CODE = {
    "commit_id": "mlflow.source.git.commit",
    "branch": "mlflow.source.git.branch",
    "entry_point": "mlflow.source.name",
}
"""The tags by which programs tell of their code."""
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


_TOLD = indexed("c.value")


class _Rows(NamedTuple):
    """Rows that say something of a subject: where they are, which column names it, and which of them are meant."""

    table: str
    subject: str
    where: str


Keyed = Known | Measured | Parameter | Noted | Listed | Standing
"""Conditions on what is known of a subject by key; the last also stands for those on a column of its own."""

OnRows = Keyed | Used | Packaged
"""Conditions on rows that say something of a subject."""


class Conditions:
    """Turns conditions into SQL.

    Args:
        values: takes what is bound.
        source: what is searched.
        probed: look at each row by itself, which is quick where few rows are looked at; else find all subjects first,
            with one look into an index by key and value, however many rows there are.
        measured_in: what else is asked of ``metric_last m`` where all subjects are found.
    """

    def __init__(self, values: Values, source: Source, *, probed: bool = False, measured_in: str = "") -> None:
        self._values = values
        self._source = source
        self._probed = probed
        self._measured_in = measured_in

    def condition(self, condition: Condition) -> str:  # noqa: C901 - one for each kind
        """Return the SQL of a condition, in parentheses wherever it is more than one word."""
        match condition:
            case Every(conditions):
                sql = self._joined(conditions, " AND ", "1 = 1")
            case Some(conditions):
                sql = self._joined(conditions, " OR ", "1 = 0")
            case Not(inner):
                sql = f"NOT {self.condition(inner)}"
            case TrainedOn():
                sql = self._trained_on(condition)
            case Blank(field):
                sql = self._blank(field)
            case Standing(by, column, value) if isinstance(by, Field):
                sql = f"{column} = {self._values.bind(value)}"
            case Staged(stage, start_at, end_at):
                stood = f"q.stage = {self._values.bind(stage)} AND q.since < {self._values.bind(end_at)}"
                sql = f"EXISTS ({_STAGED} AND {stood} AND (q.until IS NULL OR q.until > {self._values.bind(start_at)}))"
            case Property():
                sql = self._property(condition)
            case Alike(field, operator, text):
                sql = f"{_known(field.columns[0], field.is_nullable)}{self._worded(field.columns[0], operator, text)}"
            case Among(field, texts, negated):
                found = f"{field.columns[0]} {'NOT ' if negated else ''}IN ({self._values.marks(texts)})"
                sql = f"{_known(field.columns[0], field.is_nullable)}{found}"
            case _:
                sql = self._among(condition)
        return f"({sql})"

    def subjects(self, conditions: Sequence[OnRows]) -> str:
        """Return the SQL that selects, each once, the subjects for which all conditions hold; they are on one key, or there is one."""
        first, *others = (self._rows(each) for each in conditions)
        only = conditions[0]
        once = "" if isinstance(only, Keyed) and isinstance(name_of(only), str) else "DISTINCT "
        where = " AND ".join([first.where, *(each.where for each in others)])
        return f"SELECT {once}{first.subject} AS subject FROM {first.table} WHERE {where}"

    def compared(self, condition: Noted | Parameter) -> str:
        """Return the SQL of how the text of a parameter or tag compares, and of nothing else."""
        return self._noted(condition) if isinstance(condition, Noted) else self._parameter(condition)

    def keyed(self, kind: str, name: Name, compared: str) -> str:
        """Return the SQL that selects the subjects of rows of a kind by their name and SQL about them."""
        rows = self._keyed(kind, name, compared)
        return f"SELECT {rows.subject} AS subject FROM {rows.table} WHERE {rows.where}"

    def is_by_subject(self, condition: OnRows) -> bool:
        """Tell whether what a condition asks about knows a row by its subject."""
        return self._subject_of(condition) == self._source.subject

    def _subject_of(self, condition: OnRows) -> str:
        """Return the SQL of that by which rows of a kind know a row that is searched."""
        is_tag = isinstance(condition, Keyed) and kind_of(condition) == "tag"
        return (self._source.tagged if is_tag else "") or self._source.subject

    def _joined(self, conditions: tuple[Condition, ...], word: str, otherwise: str) -> str:
        return word.join(self.condition(each) for each in conditions) or otherwise

    def _among(self, condition: OnRows) -> str:
        rows, subject = self._rows(condition), self._subject_of(condition)
        if self._probed:
            return f"EXISTS (SELECT 1 FROM {rows.table} WHERE {rows.subject} = {subject} AND {rows.where})"
        return f"{subject} IN (SELECT {rows.subject} FROM {rows.table} WHERE {rows.where})"

    def _rows(self, condition: OnRows) -> _Rows:  # noqa: PLR0911 - one for each kind
        match condition:
            case Used(part, operator, texts, negated):
                return _Rows(_USED, "i.run", self._used(_PARTS[part], operator, texts, negated=negated))
            case Packaged():
                return _Rows(_PACKAGES, "w.subject", self._packaged(condition))
            case Measured(metric):
                return self._keyed("metric", metric, self._measured(condition))
            case Parameter(name):
                return self._keyed("param", name, self._parameter(condition))
            case Noted(kind, name):
                return self._keyed(kind, name, self._noted(condition))
            case Listed(kind, name, texts):
                return self._keyed(kind, name, f"{self._indexed(f'{kind[0]}.value')} IN ({self._values.marks(texts)})")
            case Standing(_, column, value):
                stands = "IS NULL" if value is None else f"= {self._values.bind(value)}"
                return self._keyed(kind_of(condition), name_of(condition), f"{column} {stands}")
            case Known(kind, name):
                return self._keyed(kind, name, "")

    def _keyed(self, kind: str, name: Name, compared: str) -> _Rows:
        table = kind[0]
        narrowed = self._measured_in if kind == "metric" and not self._probed else ""
        asked = filter(None, (narrowed, self._named(f"{table}.key", name), compared))
        return _Rows(f"{TABLES[kind]} {table}", f"{table}.subject", " AND ".join(asked))

    def _named(self, column: str, name: Name) -> str:
        """Return that a name is one of those that are meant."""
        if isinstance(name, str):
            return f"{column} = {self._values.bind(name)}"
        names = () if isinstance(name, Matching) else name
        return f"{column} IN ({self._values.marks(names)})" if names else "1 = 0"

    def _packaged(self, asked: Packaged) -> str:
        named = f"k.name = {self._values.bind(asked.name)}"
        if not asked.operator:
            return named
        return f"{named} AND k.version IN ({self._values.marks(asked.releases)})" if asked.releases else "1 = 0"

    def _measured(self, measured: Measured) -> str:
        """Return how a metric compares. NaN is the one that has no value."""
        operator = measured.operator
        if measured.value == "NaN":
            return f"m.value IS {'NULL' if operator == '=' else 'NOT NULL'}"
        value = self._values.bind(float(measured.value))
        return f"(m.value IS NULL OR m.value <> {value})" if operator == "!=" else f"m.value {operator} {value}"

    def _parameter(self, parameter: Parameter) -> str:
        """Return how a parameter compares; a number also equals the text that writes it."""
        operator, number, text = parameter.operator, parameter.number, parameter.text
        if operator in {"~", "!~"} or (number is None and operator == "!="):
            return self._text("p.value", operator, text)
        if operator not in {"=", "!="}:
            return f"p.number {operator} {self._values.bind(number)}"
        written = self._equals("p.value", text)
        if number is None:
            return written
        equal = f"({written} OR (p.number IS NOT NULL AND p.number = {self._values.bind(number)}))"
        return equal if operator == "=" else f"NOT {equal}"

    def _indexed(self, column: str) -> str:
        """Return a text as its index knows it where that is looked into."""
        return column if self._probed else indexed(column)

    def _equals(self, column: str, text: str) -> str:
        """Return that a text is that one, as its index knows it where that is looked into."""
        if self._probed:
            return f"{column} = {self._values.bind(text)}"
        found = f"{indexed(column)} = {self._values.bind(text[:INDEXED_CHARACTERS])}"
        return found if len(text) < INDEXED_CHARACTERS else f"({found} AND {column} = {self._values.bind(text)})"

    def _noted(self, noted: Noted) -> str:
        column, text = f"{noted.kind[0]}.value", noted.text
        if noted.operator == "=":
            return self._equals(column, text)
        worded = self._worded(column, noted.operator, text)
        if self._probed or not noted.begins:
            return worded
        begun = " OR ".join(self._begun(column, each) for each in noted.begins)
        return f"{begun if len(noted.begins) == 1 else f'({begun})'} AND {worded}"

    def _begun(self, column: str, begins: str) -> str:
        """Return that a text begins so, as an index finds it that has texts in the order of their bytes."""
        first, behind = (self._values.bind(each) for each in around(begins))
        return f"{indexed(column)} >= {first} AND {indexed(column)} < {behind}"

    def _used(self, column: str, operator: Wording, texts: tuple[str, ...], *, negated: bool) -> str:
        if operator == "=":
            return f"{column} {'NOT ' if negated else ''}IN ({self._values.marks(texts)})"
        return self._worded(column, operator, texts[0])

    def _worded(self, column: str, operator: Wording, text: str) -> str:
        if operator in ("~", "!~"):
            return self._text(column, operator, text)
        if operator in {"=", "!="}:
            return f"{column} {SIGN.get(operator, operator)} {self._values.bind(text)}"
        # Databases disagree about an escape that nobody named.
        pattern = self._values.bind(text.replace("!", "!!"))
        if operator == "like":
            return f"{column} LIKE {pattern} ESCAPE '!'"
        return f"lower({column}) LIKE lower(CAST({pattern} AS TEXT)) ESCAPE '!'"

    def _trained_on(self, asked: TrainedOn) -> str:
        found = list[str]()
        if asked.digests and self._source.came_from:
            found.append(f"({self._source.came_from.format(marks=self._values.marks(asked.digests))})")
        if asked.name and self._source.run:
            named = f"d.name = {self._values.bind(asked.name)}"
            if asked.digest:
                begins = f"substr(d.digest, 1, {len(asked.digest)}) = {self._values.bind(asked.digest)}"
                named += f" AND {begins}"
            run = self._source.run
            found.append(f"({run} IS NOT NULL AND {run} IN (SELECT i.run FROM {_USED} WHERE {named}))")
        return " OR ".join(found) or "1 = 0"

    def _blank(self, field: Field) -> str:
        if field.shape not in {"commit", "code"}:
            return f"{field.columns[0]} IS NULL"
        return f"NOT {self._code(field.columns[0], '{column} <> ' + self._values.bind(''))}"

    def _code(self, column: str, compared: str) -> str:
        """Return that what is known of the code compares so: what we saw, or what a program told in its tags."""
        source, key = self._source, self._values.bind(TOLD_OF_CODE[column])
        seen = f"SELECT w.subject FROM {_MADE_WITH} WHERE {compared.format(column=f'w.{column}')}"
        told = f"SELECT c.subject FROM tag c WHERE c.key = {key} AND {compared.format(column=_TOLD)}"
        if self._probed:
            seen, told = f"{seen} AND w.subject = {source.subject}", f"{told} AND c.subject = {source.run}"
        run = f"{source.run} IS NOT NULL AND {source.run}"
        return f"({source.subject} IN ({seen}) OR ({run} IN ({told})))"

    def _property(self, asked: Property) -> str:  # noqa: PLR0911 - one for each shape
        field, operator, value = asked.field, asked.operator, asked.value
        column = field.columns[0]
        known = _known(column, field.is_nullable)
        match field.shape, value:
            case "alias", str():
                return self._alias(column, operator, value)
            case "commit", str():
                end = "g"  # behind every hexadecimal digit
                first, last = self._values.bind(value), self._values.bind(value + end)
                inside = f"({{column}} >= {first} AND {{column}} < {last})"
                return self._code(column, inside if operator == "=" else f"NOT {inside} AND {{column}} <> ''")
            case "code", str():
                return self._code(column, f"{{column}} <> '' AND {self._text('{column}', operator, value)}")
            case "text", str():
                return known + self._text(column, operator, value)
            case "time", (int(start), int(end)):
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


def name_of(condition: Keyed) -> Name:
    """Return the name of the metric, parameter or tag that a condition asks about."""
    match condition:
        case Measured(metric):
            return metric
        case Standing(by):
            return by.name
    return condition.name


def kind_of(condition: Keyed) -> str:
    """Return what it is: metric, param or tag."""
    match condition:
        case Measured():
            return "metric"
        case Parameter():
            return "param"
        case Standing(Known(kind)) | Known(kind) | Noted(kind) | Listed(kind):
            return kind
    return ""


def _known(column: str, is_nullable: bool) -> str:
    return f"{column} IS NOT NULL AND " if is_nullable else ""
