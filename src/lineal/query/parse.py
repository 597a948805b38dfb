"""From the text of a search to its tree. ``docs/reference/search.md`` has the grammar."""

from __future__ import annotations

from lineal.query import values
from lineal.query.comparing import CONDITION, Comparisons
from lineal.query.cursor import Cursor
from lineal.query.direction import is_smaller_better
from lineal.query.fields import Field, Subject
from lineal.query.syntax import Condition, Every, Known, Not, Query, Some, Sort, Token

LIMIT_MAX = 10_000
"""Rows that one search can ask for."""

_DEPTH_MAX, _SORTS_MAX = 40, 8
"""What a database takes in one statement with room to spare: SQLite allows expressions 1,000 deep and 64 joins."""

_DIRECTIONS = {"asc": True, "ascending": True, "desc": False, "descending": False}
_ORDERS = ("order", "ordered", "sort", "sorted")


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
        self._comparisons = Comparisons(cursor, now)
        self._depth = 0
        self._sorts: list[Sort] = []
        self._limit: int | None = None
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
                    raise cursor.expected(f"{CONDITION} after 'and'")
        condition = conditions[0] if len(conditions) == 1 else Every(tuple(conditions))
        return Query(
            condition,
            tuple(self._sorts),
            self._limit,
            tuple(self._comparisons.metrics),
            tuple(dict.fromkeys(self._notes)),
            tuple(self._comparisons.places),
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
            by = self._sorted_by()
            if isinstance(by, Field) or by.kind != "metric":
                word = cursor.text[token.at : token.end]
                raise cursor.wrong(token, "'best' needs a metric", hint=f"write order by {word} asc, or desc")
            self._add_sort(token, Sort(by, self._best_direction(str(by.name), is_best=is_best), best=True))
            if not cursor.is_sign(","):
                return conditions
            cursor.take()

    def _sorted_by(self) -> Field | Known:
        """Read what rows are put in order by."""
        token = self._cursor.peek()
        by = self._comparisons.name()
        if isinstance(by, Known) and not isinstance(by.name, str):
            raise self._cursor.wrong(token, "several names give no order", hint="name one of them")
        if isinstance(by, Field) and by.shape in {"alias", "commit", "code"}:
            many = "a version can have many aliases, so they give" if by.shape == "alias" else f"{by.name} gives"
            raise self._cursor.wrong(token, f"{many} no order")
        return by

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
            by = self._sorted_by()
            is_numeric = isinstance(by, Known) and by.kind == "param"
            self._add_sort(token, Sort(by, self._direction() is not False, numeric=is_numeric))
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
        if token.keyword in {"not", "trained", "has", "package"} or cursor.is_sign("("):
            return True
        ahead = 2 if self._comparisons.is_split(token) else 1
        return token.kind in {"word", "text", "pattern"} and cursor.has_operator(ahead)

    def _condition(self) -> Condition:
        cursor = self._cursor
        cursor.skip_fillers()
        token = cursor.peek()
        if cursor.is_sign("(") or (token.keyword == "not" and not cursor.has_operator(1)):
            return self._nested(cursor.take())
        return self._comparisons.read()

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
