"""From the text of a search to its tree. ``docs/reference/search.md`` has the grammar."""

from __future__ import annotations

from lineal.query import values
from lineal.query.cursor import RESERVED, WORD_OPERATORS, Cursor
from lineal.query.direction import is_smaller_better
from lineal.query.fields import FIELDS, Field, Subject
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
    Token,
    TrainedOn,
)

LIMIT_MAX = 10_000
"""Rows that one search can ask for."""

_DEPTH_MAX, _CONDITIONS_MAX, _SORTS_MAX = 40, 100, 8
"""What a database takes in one statement with room to spare: SQLite allows expressions 1,000 deep and 64 joins."""

_PREFIXES = {"metric": "metric", "metrics": "metric", "param": "param", "params": "param"}
_DIRECTIONS = {"asc": True, "ascending": True, "desc": False, "descending": False}
_ORDERS = ("order", "ordered", "sort", "sorted")
_BEGINNINGS = ("best", "worst", "order", "sort", "trained", "limit", "not", "has")
_CONDITION = "a condition such as accuracy > 0.85"


def parse(text: str, subject: Subject, now: int) -> Query:
    """Return the tree of the search ``text``.

    Args:
        text: the search.
        subject: what is searched: it decides which fields there are.
        now: the time in milliseconds since 1970 UTC, for ``7 days ago``.

    Raises:
        Invalid: it cannot be read; the message points at the place.
    """
    return _Parser(Cursor(text, subject), now).query()


class _Parser:
    """Reads a search by recursive descent; one method for each rule of the grammar."""

    def __init__(self, cursor: Cursor, now: int) -> None:
        self._cursor = cursor
        self._now = now
        self._depth = 0
        self._count = 0
        self._sorts: list[Sort] = []
        self._limit: int | None = None
        self._metrics: dict[str, None] = {}
        self._notes: list[str] = []

    def query(self) -> Query:
        cursor = self._cursor
        conditions: list[Condition] = []
        cursor.skip_fillers()
        while cursor.peek().kind != "end":
            conditions += self._part()
            cursor.skip_fillers()
            if cursor.accept("and"):
                cursor.skip_fillers()
                if cursor.peek().kind == "end":
                    raise cursor.expected(f"{_CONDITION} after 'and'")
        condition = conditions[0] if len(conditions) == 1 else Every(tuple(conditions))
        return Query(
            condition, tuple(self._sorts), self._limit, tuple(self._metrics), tuple(dict.fromkeys(self._notes))
        )

    def _part(self) -> list[Condition]:
        """Read a sort, a limit or a condition."""
        cursor = self._cursor
        if not self._is_tail():
            return [self._alternatives()]
        first = cursor.take()
        if first.keyword == "limit":
            self._set_limit(cursor.peek())
            cursor.take()
            return []
        if first.keyword in _ORDERS:
            cursor.take()
            self._order()
            return []
        return self._best(is_best=first.keyword == "best")

    def _is_tail(self, ahead: int = 0) -> bool:
        """Tell whether a sort or a limit comes next: what a condition ends before."""
        cursor = self._cursor
        word, after = cursor.peek(ahead).keyword, cursor.peek(ahead + 1)
        if cursor.has_operator(ahead + 1):
            return False
        return word in {"best", "worst", "limit"} or (word in _ORDERS and after.keyword == "by")

    def _set_limit(self, token: Token) -> None:
        count = values.whole_number(token.text)
        if self._limit is not None:
            raise self._cursor.wrong(token, "a search has one limit", hint="leave one of them out")
        if token.kind != "word" or count is None or not 1 <= count <= LIMIT_MAX:
            raise self._cursor.expected(f"a whole number from 1 to {LIMIT_MAX:,} for the limit")
        self._limit = count

    def _best(self, *, is_best: bool) -> list[Condition]:
        """Read what follows ``best``: how many, of what kind, and by which metrics."""
        cursor = self._cursor
        if cursor.peek().keyword[:1].isdigit():
            self._set_limit(cursor.peek())
            cursor.take()
        cursor.skip_fillers()
        conditions = [self._alternatives()] if self._starts_condition() else []
        cursor.skip_fillers()
        if not cursor.accept("by"):
            raise cursor.expected("'by' and a metric", hint="for example: best by auc")
        while True:
            token = cursor.peek()
            by = self._name()
            if isinstance(by, Field) or by.kind == "param":
                word = cursor.text[token.at : token.end]
                raise cursor.wrong(token, "'best' needs a metric", hint=f"write order by {word} asc, or desc")
            self._add_sort(token, Sort(by, self._best_direction(by.name, is_best=is_best), best=True))
            if not cursor.is_sign(","):
                return conditions
            cursor.take()

    def _best_direction(self, metric: str, *, is_best: bool) -> bool:
        if (written := self._direction()) is not None:
            return written
        is_small = is_smaller_better(metric)
        if is_small:
            order = "smallest" if is_best else "largest"
            self._notes.append(f"{metric} is better when it is small: the {order} come first")
        return is_small == is_best

    def _order(self) -> None:
        cursor = self._cursor
        while True:
            token = cursor.peek()
            by = self._name()
            if isinstance(by, Field) and by.shape == "alias":
                raise cursor.wrong(token, "a version can have many aliases, so they give no order")
            self._add_sort(token, Sort(by, self._direction() is not False))
            if not cursor.is_sign(","):
                return
            cursor.take()

    def _direction(self) -> bool | None:
        """Read asc (true) or desc (false), or nothing."""
        word = self._cursor.peek().keyword
        if word in _DIRECTIONS:
            self._cursor.take()
        return _DIRECTIONS.get(word)

    def _add_sort(self, token: Token, sort: Sort) -> None:
        self._sorts.append(sort)
        if len(self._sorts) > _SORTS_MAX:
            raise self._cursor.wrong(token, f"a search sorts by at most {_SORTS_MAX} things")

    def _alternatives(self) -> Condition:
        """Read conditions with ``or`` between them."""
        found = [self._conjunction()]
        while self._cursor.accept("or"):
            found.append(self._conjunction())
        return found[0] if len(found) == 1 else Some(tuple(found))

    def _conjunction(self) -> Condition:
        """Read conditions with ``and``, or nothing, between them."""
        cursor = self._cursor
        found = [self._condition()]
        while True:
            cursor.skip_fillers()
            if cursor.peek().keyword == "and" and not self._is_tail(1):
                cursor.take()
            elif not self._starts_condition():
                return found[0] if len(found) == 1 else Every(tuple(found))
            found.append(self._condition())

    def _starts_condition(self) -> bool:
        cursor = self._cursor
        token = cursor.peek()
        if token.keyword in {"and", "or"} or self._is_tail():
            return False
        if token.keyword in {"not", "trained", "has"} or cursor.is_sign("("):
            return True
        ahead = 2 if self._is_split(token) else 1
        return token.kind in {"word", "text"} and cursor.has_operator(ahead)

    def _condition(self) -> Condition:
        cursor = self._cursor
        cursor.skip_fillers()
        token = cursor.peek()
        if cursor.is_sign("(") or (token.keyword == "not" and not cursor.has_operator(1)):
            return self._nested(cursor.take())
        self._count += 1
        if self._count > _CONDITIONS_MAX:
            raise cursor.wrong(token, f"a search has at most {_CONDITIONS_MAX} conditions", hint="ask two questions")
        if not cursor.has_operator(1):
            if cursor.accept("trained", "on"):
                return self._trained_on()
            if cursor.accept("has"):
                return self._known()
        return self._comparison()

    def _nested(self, token: Token) -> Condition:
        """Read what follows ``not`` or an opening parenthesis."""
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise self._cursor.wrong(token, f"a search is nested at most {_DEPTH_MAX} deep", hint="ask two questions")
        if token.keyword == "not":
            found: Condition = Not(self._condition())
        else:
            found = self._alternatives()
            self._cursor.skip_fillers()
            self._cursor.take_sign(")", "'and', 'or' or ')'")
        self._depth -= 1
        return found

    def _trained_on(self) -> Condition:
        token = self._value("a dataset, such as data:adult")
        is_whole = token.text.startswith(("data:", "sha256:"))
        return TrainedOn(token.text if is_whole else f"data:{token.text}")

    def _known(self) -> Condition:
        token = self._cursor.peek()
        found = self._name()
        if isinstance(found, Field):
            raise self._cursor.wrong(token, f"every one of the {self._cursor.subject} has the field {found.name}")
        return found

    def _is_split(self, token: Token) -> bool:
        """Tell whether ``token`` is a prefix whose name follows in quotes: ``params."learning rate"``."""
        after = self._cursor.peek(1)
        return token.keyword.removesuffix(".") in _PREFIXES and after.kind == "text" and after.at == token.end

    def _name(self) -> Field | Known:
        """Read the name of a metric, a parameter or a field."""
        cursor = self._cursor
        token = cursor.peek()
        is_reserved = token.keyword in RESERVED and not (token.keyword == "by" and cursor.has_operator(1))
        if token.kind not in {"word", "text"} or is_reserved or not token.text.strip():
            raise cursor.expected(f"{_CONDITION}, or the name of a metric")
        cursor.take()
        prefix, dot, rest = token.text.partition(".")
        if dot and prefix.lower() in _PREFIXES:
            name = rest or (
                cursor.take().text if cursor.peek().kind == "text" and cursor.peek().at == token.end else ""
            )
            if not name:
                raise cursor.wrong(token, f"expected a name after {prefix}.", hint=f"for example {prefix}.depth")
            return self._mentioned(Known("metric" if _PREFIXES[prefix.lower()] == "metric" else "param", name))
        word = token.text.lower()
        if field := FIELDS[cursor.subject].get(word):
            return field
        other: Subject = "runs" if cursor.subject == "versions" else "versions"
        if word in FIELDS[other]:
            raise cursor.wrong(
                token,
                f"{word} is a field of {other}, and this searches {cursor.subject}",
                hint=f"search {other} with --kind {other}; a metric of that name is metrics.{word}",
            )
        return self._mentioned(Known("metric", token.text))

    def _mentioned(self, known: Known) -> Known:
        if known.kind == "metric":
            self._metrics[known.name] = None
        return known

    def _comparison(self) -> Condition:
        cursor = self._cursor
        token = cursor.peek()
        left = self._name()
        is_negated = cursor.has_operator(0) and cursor.accept("not")
        if cursor.peek().keyword == "in" and cursor.is_sign("(", 1):
            cursor.take()
            cursor.take()
            found: Condition = Some(self._members(token, left))
        else:
            found = self._one(token, left, self._operator(token))
        return Not(found) if is_negated else found

    def _members(self, name: Token, left: Field | Known) -> tuple[Condition, ...]:
        """Read the values of ``in ( … )``."""
        found = [self._one(name, left, "=")]
        while self._cursor.is_sign(","):
            self._cursor.take()
            self._count += 1
            if self._count > _CONDITIONS_MAX:
                raise self._cursor.wrong(name, f"a search has at most {_CONDITIONS_MAX} conditions")
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
            allowed = values.OPERATORS[left.shape]
            if operator not in allowed:
                raise cursor.wrong(sign, f"{left.name} can be compared with {', '.join(allowed)}")
            token = self._value(values.EXPECTED[left.shape])
            text = self._moment(token) if left.shape == "time" else token.text
            return Property(left, operator, values.of_field(cursor, left, operator, token, text, self._now))
        if left.kind == "param":
            token = self._value("a number or a text")
            return Parameter(left.name, operator, *values.of_param(cursor, operator, token))
        if operator in {"~", "!~"}:
            hint = cursor.near(name.text) or "use =, !=, <, <=, > or >="
            raise cursor.wrong(sign, f"the metric {left.name} is a number and holds no text", hint=hint)
        token = self._value("a number such as 0.85 or 85%")
        return Measured(left.name, operator, values.of_metric(cursor, operator, name, token))

    def _moment(self, first: Token) -> str:
        """Return the text of a time that begins with ``first``: ``7 days ago`` takes three words."""
        if first.kind == "word" and self._cursor.peek(1).keyword == "ago":
            return f"{first.text} {self._cursor.take().text} {self._cursor.take().text}"
        return first.text

    def _value(self, what: str) -> Token:
        cursor = self._cursor
        token = cursor.peek()
        if token.kind not in {"word", "text"} or token.keyword in RESERVED:
            raise cursor.expected(what)
        return cursor.take()
