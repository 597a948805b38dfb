"""Reads the conditions of a search that compare: names, operators, values; one method for each rule of the grammar."""

from __future__ import annotations

from typing import Literal

from lineal.query import values
from lineal.query.cursor import NULL, RESERVED, WORD_OPERATORS, Cursor, near
from lineal.query.fields import FIELDS, Field, Subject
from lineal.query.patterns import Pattern, PatternError
from lineal.query.syntax import (
    Alike,
    Blank,
    Condition,
    Known,
    Matching,
    Measured,
    Not,
    Noted,
    Operator,
    Packaged,
    Parameter,
    Place,
    Property,
    Some,
    Staged,
    Token,
    TrainedOn,
    Wording,
    wrong,
)
from lineal.query.times import period
from lineal.storage.made_with import package_name

CONDITIONS_MAX = 100
"""What a database takes in one statement with room to spare."""

CONDITION = "a condition such as accuracy > 0.85"

KINDS: dict[str, Literal["metric", "param", "tag"]] = {
    **dict.fromkeys(("metric", "metrics"), "metric"),
    **dict.fromkeys(("param", "params"), "param"),
    **dict.fromkeys(("tag", "tags"), "tag"),
}
"""What stands before the dot of a name."""

_BEGINNINGS = ("best", "worst", "order", "sort", "trained", "limit", "not", "has", "package")
_PATTERNS: tuple[Wording, ...] = ("like", "ilike")
_MOMENTS = {"at", "on"}


class Comparisons:
    """Reads comparisons from a cursor.

    Args:
        cursor: where.
        now: the time in milliseconds since 1970 UTC.
    """

    def __init__(self, cursor: Cursor, now: int) -> None:
        self._cursor = cursor
        self._now = now
        self.count = 0
        self.metrics: dict[str, None] = {}
        self.places: list[tuple[str, str, Place]] = []

    def read(self) -> Condition:
        """Read one condition that is not made of others. Raises Invalid."""
        cursor = self._cursor
        self._counted(cursor.peek())
        if not cursor.has_operator(1):
            if cursor.accept("trained", "on"):
                return self._trained_on()
            if cursor.accept("package"):
                return self._package()
            if cursor.accept("has"):
                return self._package() if self._accepts_package() else self._known()
        return self._comparison()

    def _counted(self, token: Token) -> None:
        self.count += 1
        if self.count > CONDITIONS_MAX:
            raise self._cursor.wrong(
                token, f"a search has at most {CONDITIONS_MAX} conditions", hint="ask two questions"
            )

    def _accepts_package(self) -> bool:
        after = self._cursor.peek(1)
        is_named = after.kind in {"word", "text"} and after.keyword not in RESERVED
        return is_named and self._cursor.accept("package")

    def _trained_on(self) -> Condition:
        token = self._value("a dataset, such as data:adult")
        is_whole = token.text.startswith(("data:", "sha256:"))
        reference = token.text if is_whole else f"data:{token.text}"
        self.places.append(("dataset", reference, Place(token.at, token.end)))
        return TrainedOn(reference)

    def _package(self) -> Condition:
        """Read ``scikit-learn >= 1.4``, or only the name."""
        cursor = self._cursor
        token = self._value("the name of a package, such as scikit-learn")
        name = package_name(token.text)
        self.places.append(("package", name, Place(token.at, token.end)))
        if not cursor.has_operator(0):
            return Packaged(name)
        sign = cursor.peek()
        operator = self._operator(token)
        if operator not in values.ORDERED:
            problem = f"the version of a package can be compared with {', '.join(values.ORDERED)}"
            raise cursor.wrong(sign, problem, hint="the whole line 1.4 is = 1.4.*")
        return Packaged(name, operator, values.of_release(cursor, operator, self._value("a version such as 1.4")))

    def _known(self) -> Condition:
        token = self._cursor.peek()
        found = self.name()
        if isinstance(found, Field):
            return self._blank(token, found, is_blank=False)
        return found

    def _blank(self, token: Token, field: Field, *, is_blank: bool) -> Condition:
        """Return that a field has no value, or one. Raises Invalid when every row has one."""
        if not field.is_nullable and field.shape not in {"commit", "code"}:
            raise self._cursor.wrong(token, f"every one of the {self._cursor.subject} has the field {field.name}")
        return Blank(field) if is_blank else Not(Blank(field))

    def is_split(self, token: Token) -> bool:
        """Tell whether ``token`` is a prefix whose name follows in quotes: ``params."learning rate"``."""
        after = self._cursor.peek(1)
        return token.keyword.removesuffix(".") in KINDS and after.kind == "text" and after.at == token.end

    def name(self) -> Field | Known:
        """Read the name of a metric, a parameter, a tag or a field. Raises Invalid."""
        cursor = self._cursor
        token = cursor.peek()
        is_reserved = token.keyword in RESERVED and not (token.keyword == "by" and cursor.has_operator(1))
        if token.kind not in {"word", "text", "pattern"} or is_reserved or not token.text.strip():
            raise cursor.expected(f"{CONDITION}, or the name of a metric")
        cursor.take()
        prefix, dot, rest = token.text.partition(".")
        kind = KINDS.get(prefix.lower()) if dot else None
        if token.kind == "pattern" and kind:
            return self._mentioned(token, Known(kind, self._pattern(token, rest)))
        if kind:
            name = rest or (
                cursor.take().text if cursor.peek().kind == "text" and cursor.peek().at == token.end else ""
            )
            if not name:
                raise cursor.wrong(token, f"expected a name after {prefix}.", hint=f"for example {prefix}.depth")
            return self._mentioned(token, Known(kind, name))
        return self._plain(token)

    def _plain(self, token: Token) -> Field | Known:
        """Return the field of that name, or else the metric."""
        cursor, word = self._cursor, token.text.lower()
        if field := FIELDS[cursor.subject].get(word):
            return field
        other: Subject = "runs" if cursor.subject == "versions" else "versions"
        if word in FIELDS[other]:
            raise cursor.wrong(
                token,
                f"{word} is a field of {other}, and this searches {cursor.subject}",
                hint=f"search {other} with --kind {other}; a metric of that name is metrics.{word}",
            )
        if token.kind == "word" and cursor.is_sign("(") and cursor.peek().at == token.end:
            hint = "a metric is compared by its last value: accuracy > 0.85"
            raise cursor.wrong(token, f"a search has no function {token.text!r}", hint=hint)
        prefix, dot, rest = word.partition(".")
        if token.kind == "word" and dot and rest and (hint := near(prefix, KINDS)):
            hint = f"{hint} A metric of that name stands in quotes"
            raise cursor.wrong(token, f"nothing is called {prefix!r} that names begin with", hint=hint)
        return self._mentioned(token, Known("metric", token.text))

    def _pattern(self, token: Token, text: str) -> Matching:
        source = text[1:-1].replace("\\/", "/")
        try:
            Pattern(source)
        except PatternError as error:
            at = min(self._cursor.text.index("/", token.at) + 1 + error.at, token.end - 1)
            raise wrong(
                self._cursor.text, at, at + 1, str(error), hint="docs/reference/search.md says what they know"
            ) from None
        return Matching(source)

    def _mentioned(self, token: Token, known: Known) -> Known:
        if known.kind == "metric" and isinstance(known.name, str):
            self.metrics[known.name] = None
            self.places.append(("metric", known.name, Place(token.at, token.end)))
        return known

    def _comparison(self) -> Condition:
        cursor = self._cursor
        token = cursor.peek()
        left = self.name()
        if (is_null := self._null()) is not None:
            if isinstance(left, Field):
                return self._blank(token, left, is_blank=is_null)
            return Not(left) if is_null else left
        is_negated = cursor.has_operator(0) and cursor.accept("not")
        if cursor.peek().keyword == "in" and cursor.is_sign("(", 1):
            cursor.take()
            cursor.take()
            found: Condition = Some(self._members(token, left))
        elif cursor.peek().keyword in _PATTERNS:
            found = self._alike(left)
        else:
            found = self._one(token, left, self._operator(token))
        return Not(found) if is_negated else found

    def _null(self) -> bool | None:
        """Step over ``is null`` (true) or ``is not null`` (false), or nothing."""
        if self._cursor.accept("is", "not", NULL):
            return False
        return True if self._cursor.accept("is", NULL) else None

    def _alike(self, left: Field | Known) -> Condition:
        """Read a pattern with ``%`` and ``_``."""
        cursor = self._cursor
        sign = cursor.take()
        operator: Wording = "like" if sign.keyword == "like" else "ilike"
        if isinstance(left, Field):
            if left.shape != "text":
                raise cursor.wrong(sign, f"{left.name} can be compared with {', '.join(values.OPERATORS[left.shape])}")
            return Alike(left, operator, self._value("a pattern such as 'train%'").text)
        if left.kind == "metric":
            raise cursor.wrong(sign, "a metric is a number and like no pattern", hint="use =, !=, <, <=, > or >=")
        return Noted(left.kind, left.name, operator, self._value("a pattern such as 'train%'").text)

    def _members(self, name: Token, left: Field | Known) -> tuple[Condition, ...]:
        """Read the values of ``in ( … )``."""
        found = [self._one(name, left, "=")]
        while self._cursor.is_sign(","):
            self._cursor.take()
            self._counted(name)
            found.append(self._one(name, left, "="))
        self._cursor.take_sign(")", "',' or ')'")
        return tuple(found)

    def _operator(self, name: Token) -> Operator:
        cursor = self._cursor
        if not cursor.has_operator(0):
            close = cursor.near(name.text, _BEGINNINGS) or "compare it, as in accuracy > 0.85 or stage = production"
            raise cursor.expected(f"=, !=, <, <=, >, >= or ~ after {cursor.text[name.at : name.end]!r}", hint=close)
        token = cursor.take()
        if token.keyword == "is" and cursor.accept("not"):
            return "!="
        return WORD_OPERATORS.get(token.keyword, token.text)  # type: ignore[return-value]  # both hold operators

    def _one(self, name: Token, left: Field | Known, operator: Operator) -> Condition:
        """Read the value that ``left`` is compared with."""
        cursor = self._cursor
        sign = cursor.peek(-1)
        if isinstance(left, Field):
            return self._field(sign, left, operator)
        if left.kind == "param":
            token = self._value("a number or a text")
            if operator in {"<", "<=", ">", ">="} and isinstance(left.name, str):
                self.places.append(("number", left.name, Place(name.at, token.end)))
            return Parameter(left.name, operator, *values.of_param(cursor, operator, token))
        if left.kind == "tag":
            return self._tag(sign, left, operator)
        if operator in {"~", "!~"}:
            hint = cursor.near(name.text) or "use =, !=, <, <=, > or >="
            raise cursor.wrong(sign, f"the metric {_called(left)} is a number and holds no text", hint=hint)
        token = self._value("a number such as 0.85 or 85%")
        value = values.of_metric(cursor, operator, name, token)
        values.check_unit(cursor)
        return Measured(left.name, operator, value)

    def _tag(self, sign: Token, left: Known, operator: Operator) -> Condition:
        if operator not in values.TEXTUAL:
            problem = "a tag is a text, and has no order"
            raise self._cursor.wrong(sign, problem, hint="for texts there are =, !=, ~, !~, like and ilike")
        token = self._value("a text")
        values.check_inside(self._cursor, operator, token)
        return Noted("tag", left.name, operator, token.text)  # type: ignore[arg-type]  # a textual one

    def _field(self, sign: Token, field: Field, operator: Operator) -> Condition:
        cursor = self._cursor
        allowed = values.OPERATORS[field.shape]
        if operator not in allowed:
            hint = "" if field.shape != "text" else "texts have no order that all databases agree about"
            raise cursor.wrong(sign, f"{field.name} can be compared with {', '.join(allowed)}", hint=hint)
        token = self._value(values.EXPECTED[field.shape])
        text = self._moment(token) if field.shape == "time" else token.text
        value = values.of_field(cursor, field, operator, token, text, self._now)
        if field.name == "stage" and isinstance(value, str) and cursor.peek().keyword in _MOMENTS:
            return self._staged(sign, operator, value)
        return Property(field, operator, value)

    def _staged(self, sign: Token, operator: Operator, stage: str) -> Condition:
        """Read at which time a version stood in a stage."""
        cursor = self._cursor
        if operator not in {"=", "!="}:
            raise cursor.wrong(sign, "where a version stood at a time is compared with = or !=")
        cursor.take()
        token = self._value(values.EXPECTED["time"])
        found = period(self._moment(token), self._now)
        if found is None:
            raise cursor.wrong(token, f"expected {values.EXPECTED['time']}", hint=values.unit_hint(cursor))
        staged = Staged(stage, *found)
        return staged if operator == "=" else Not(staged)

    def _moment(self, first: Token) -> str:
        """Return the text of a time that begins with ``first``: ``7 days ago`` takes three words."""
        cursor = self._cursor
        if first.kind == "word" and cursor.peek(1).keyword == "ago":
            return f"{first.text} {cursor.take().text} {cursor.take().text}"
        return first.text

    def _value(self, what: str) -> Token:
        cursor = self._cursor
        token = cursor.peek()
        if token.kind not in {"word", "text"} or token.keyword in RESERVED:
            raise cursor.expected(what)
        return cursor.take()


def _called(known: Known) -> str:
    return known.name if isinstance(known.name, str) else "that matches"
