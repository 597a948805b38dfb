"""The statements that find one page: first along an index, and only where that finds too little, all that is asked.

An index gives rows in the order that was asked for, so that reading can stop when the page is full; but conditions may
leave out nearly all of them. So a walk looks at a number of rows only, each by itself. When few of those hold, the rest is
asked for in the other way: all rows that hold, found by their conditions, and put in order afterwards.

A walk by a metric, parameter or tag has a part for each rank: rows with a value, with NaN, and without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from lineal.query.conditions import TABLES, Conditions, Values
from lineal.query.keys import MISSING, NOT_A_NUMBER, VALUED, Key, Place, behind, keys_of, order
from lineal.query.sources import Source
from lineal.query.syntax import Alike, Condition, Every, Measured, Not, Operator, Sort

View = Literal["active", "deleted", "all"]

EXPERIMENTS_WALKED_MAX = 32
"""Rows of so many experiments are merged as each gives them in order; more are looked for among the rows of all."""

_LOOKED_AT_TIMES, _LOOKED_AT_MORE = 4, 400
"""How many rows a walk looks at: so many for each that is wanted, and some. Enough where one in four holds."""

_LEFT_OUT_MORE = 16
"""So many more than are wanted, and an eighth, are looked at first where conditions only say what is not meant: that is little
as a rule, as MLflow's prompts among its models."""

_RANKS = {
    "metric": (VALUED, NOT_A_NUMBER, MISSING),
    "param": (VALUED, MISSING),
    "tag": (VALUED, MISSING),
    "number": (VALUED, NOT_A_NUMBER, MISSING),
}
_ALONG: tuple[Operator, ...] = ("=", "<", "<=", ">", ">=")
_IS_NULL = {VALUED: "IS NOT NULL", NOT_A_NUMBER: "IS NULL"}


class Wanted(msgspec.Struct, frozen=True):
    """A search that is answered in pages.

    Args:
        source: what is searched.
        condition: what holds for all that is found.
        sorts: what comes first.
        experiments: the numbers of the experiments that are searched; None is all of them.
        view: whether what was deleted is found.
        said: what was asked, in a word or as it was written, where the condition follows from that and from what was
            known at the time. A token goes on with the search that has the same one.
    """

    source: Source
    condition: Condition = Every(())
    sorts: tuple[Sort, ...] = ()
    experiments: tuple[int, ...] | None = None
    view: View = "active"
    said: str = ""


class Statement(NamedTuple):
    """SQL and its values."""

    sql: str
    values: dict[str, Any]


class Walks:
    """The statements of a search.

    Args:
        wanted: the search.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.source = wanted.source
        self.keys = keys_of((*(wanted.sorts or self.source.order), *self.source.ties))
        self._wanted = wanted
        self._conjuncts = tuple(_conjuncts(wanted.condition))
        self._lead = self.keys[0].known
        self._along = tuple(each for each in self._conjuncts if isinstance(each, Measured) and self._is_along(each))
        self._within = next((each for each in self._conjuncts if _is_within(each, wanted.source)), None)
        self._chosen = None if wanted.experiments is None else tuple(sorted(set(wanted.experiments)))
        is_narrow = self._chosen is not None and len(self._chosen) <= EXPERIMENTS_WALKED_MAX
        self._narrow = self._chosen if is_narrow else None

    @property
    def ranks(self) -> tuple[int, ...]:
        """The ranks that are walked one after the other; empty where no index has the order."""
        if not self.source.walked:
            return ()
        if self._along:
            return (VALUED,)
        if self._lead:
            return _RANKS["number" if self._is_numeric else self._lead.kind]
        walked = {self.source.walked, *(self.source.walked_within if self._within else ())}
        return (VALUED,) if self.keys[0].value in walked else ()

    def is_walked(self, rank: int) -> bool:
        """Tell whether an index has the order of the rows of that rank."""
        return rank < MISSING or self._keys(MISSING)[0].value == self.source.walked

    def is_filtered(self, rank: int) -> bool:
        """Tell whether a walk may meet rows that are not meant."""
        return bool(self._looked_for) or self._wanted.view == "deleted" or rank == MISSING or self._is_wide(rank)

    @property
    def _looked_for(self) -> list[Condition]:
        """The conditions that a walk looks for at each row."""
        return [each for each in self._conjuncts if each is not self._within and each not in self._along]

    @property
    def _is_numeric(self) -> bool:
        """Whether the lead is a parameter that is put in order as a number."""
        return self._lead is not None and self._lead.kind == "param" and self.keys[0].form == "number"

    def _is_along(self, condition: Measured) -> bool:
        """Tell whether a condition says between which values of the lead a walk begins and ends."""
        return (
            self._lead is not None
            and (self._lead.kind, self._lead.name) == ("metric", condition.metric)
            and condition.operator in _ALONG
            and not isinstance(condition.value, str)
        )

    def looks(self, rank: int, count: int) -> tuple[int, ...]:
        """Return how many rows a walk looks at for ``count`` that hold: at few first, where conditions only leave some out."""
        many = _LOOKED_AT_TIMES * count + _LOOKED_AT_MORE
        leaves_out = [isinstance(each, Not) for each in self._looked_for]
        is_else_filtered = rank == MISSING or self._wanted.view == "deleted" or self._is_wide(rank)
        is_nearly_all = bool(leaves_out) and all(leaves_out) and not is_else_filtered
        return (count + count // 8 + _LEFT_OUT_MORE, many) if is_nearly_all else (many,)

    def walk(self, rank: int, places: Sequence[Place] | None, count: int, looked_at: int) -> Statement:
        """Return the statement that finds rows of a rank, in order, among those that come next.

        Args:
            rank: which rows.
            places: where it goes on; None is at the beginning.
            count: how many are wanted.
            looked_at: how many it looks at for them.
        """
        values = Values()
        if not self.is_filtered(rank):
            return Statement(self._next(rank, places, values, count), values.bound)
        letter, where = self.source.letter, " AND ".join(self._filters(rank, values))
        sql = f"SELECT {letter}.* FROM ({self._next(rank, places, values, looked_at)}) {letter} WHERE {where}"
        keys = self._keys(rank)
        return Statement(f"{sql} ORDER BY {order(keys, of_answer=letter)} LIMIT {values.bind(count)}", values.bound)

    def reach(self, rank: int, places: Sequence[Place] | None, looked_at: int) -> Statement:
        """Return the statement that counts the rows, as ``reach``, that such a walk looked at."""
        values = Values()
        sql = f"SELECT count(*) AS reach FROM ({self._next(rank, places, values, looked_at)}) looked"
        return Statement(sql, values.bound)

    def rest(self, rank: int, places: Sequence[Place] | None, count: int) -> Statement:
        """Return the statement that finds rows of a rank and all behind it, by their conditions, in order."""
        values, letter = Values(), self.source.letter
        tables, where = self._found(values)
        where += [self._experiment(values)] if self._chosen is not None else []
        where += [self.source.deleted] if self._wanted.view == "deleted" else []
        where += [self.source.active] if self._wanted.view == "active" else []
        if places:
            where.append(behind(self.keys, places, values))
        elif rank > VALUED:
            where.append(f"{self.keys[0].rank} >= {values.bind(rank)}")
        joins = "".join(key.join(self._subject_of(key), values) for key in self.keys)
        columns = "".join(key.selected() for key in self.keys)
        sql = f"SELECT {letter}.*{columns} FROM {tables}{joins} WHERE {' AND '.join(where) or '1 = 1'}"
        return Statement(f"{sql} ORDER BY {order(self.keys)} LIMIT {values.bind(count)}", values.bound)

    def _found(self, values: Values) -> tuple[str, list[str]]:
        """Return the tables to begin with, and what they and the conditions ask."""
        narrow, source = self._narrow, self.source
        measured_in = f"m.experiment IN ({values.marks(narrow)})" if source.experiment and narrow else ""
        found = Conditions(values, source, measured_in=measured_in)
        # All rows may have the lead, so it says where to begin only if nothing else does.
        sets = found.subjects([each for each in self._conjuncts if each not in self._along])
        sets = sets or found.subjects(self._along)
        # Where nothing says which rows to begin with, whatever is asked finds them; else there are few to look at.
        others = Conditions(values, source, probed=bool(sets), measured_in=measured_in)
        left = [each for each in self._conjuncts if not any(each in known for known in sets)]
        is_looked_at = bool(self._along) and all(each in left for each in self._along)
        # Behind COALESCE SQLite cannot tell that rows without the lead are left out, and does not begin with all that have it.
        where = [f"COALESCE({' AND '.join(self._between(values))}, FALSE)"] if is_looked_at else []
        where += [others.condition(each) for each in left if each not in self._along]
        if not sets or not source.is_found_by_subject:
            return source.table, [*where, *(f"{source.subject} IN ({sql})" for sql in sets.values())]
        # SQLite keeps the order of a CROSS JOIN: it cannot know how few they are, and would look at every row instead.
        chosen = " INTERSECT ".join(sets.values())
        return f"({chosen}) chosen CROSS JOIN {source.table}", [f"{source.subject} = chosen.subject", *where]

    def _between(self, values: Values) -> list[str]:
        """Return between which values of the lead rows are meant."""
        return [f"{self.keys[0].value} {each.operator} {values.bind(each.value)}" for each in self._along]

    def _filters(self, rank: int, values: Values) -> list[str]:
        """Return what a walk asks of each row that it looks at."""
        probed = Conditions(values, self.source, probed=True)
        asked = [*self._looked_for, *((Not(self._lead),) if rank == MISSING and self._lead else ())]
        where = [probed.condition(each) for each in asked]
        if self._is_wide(rank):
            where.append(self._experiment(values))
        if self._wanted.view == "deleted":
            where.append(self.source.deleted)
        return where

    def _subject_of(self, key: Key) -> str:
        """Return the SQL of that by which what is known of rows names one."""
        is_tag = key.known is not None and key.known.kind == "tag"
        return (self.source.tagged if is_tag else "") or self.source.subject

    def _experiment(self, values: Values) -> str:
        return f"{self.source.experiment} IN ({values.marks(self._chosen or ())})"

    def _is_wide(self, rank: int) -> bool:
        """Tell whether a walk meets rows of other experiments."""
        return self._chosen is not None and self._arms(rank) == (None,)

    def _arms(self, rank: int) -> Sequence[int | None]:
        """Return the experiments of which an index gives the rows in order, or None for those of all."""
        is_by_key = self._lead is not None and self._lead.kind != "metric" and rank < MISSING
        return (None,) if self._narrow is None or is_by_key else self._narrow

    def _keys(self, rank: int) -> tuple[Key, ...]:
        """Return by what the rows of one rank are put in order."""
        lead, *others = self.keys
        # Where the lead has no value, neither has what stands in the same row.
        others = [each for each in others if rank < MISSING or each.known != lead.known or lead.known is None]
        if lead.known and rank < MISSING and self._subject_of(lead) == self.source.subject:
            # The same by which the lead knows the row, so that the index of values has their order as well.
            by_subject = f"{lead.table}.subject"
            others = [each._replace(value=by_subject) if each.value == self.source.subject else each for each in others]
        return (*((lead._replace(rank=""),) if rank == VALUED else ()), *others)

    def _next(self, rank: int, places: Sequence[Place] | None, values: Values, count: int) -> str:
        """Return the SQL of the rows that come next, of all experiments; at most ``count``."""
        limit = f" LIMIT {values.bind(count)}"
        arms = [self._arm(rank, each, places, values) + limit for each in self._arms(rank)]
        if len(arms) == 1:
            return arms[0]
        merged = " UNION ALL ".join(f"SELECT * FROM ({sql}) arm" for sql in arms)
        return f"SELECT * FROM ({merged}) arms ORDER BY {order(self._keys(rank), of_answer='arms')}{limit}"

    def _arm(self, rank: int, experiment: int | None, places: Sequence[Place] | None, values: Values) -> str:
        """Return the SQL of the rows that come next in one experiment."""
        source, keys = self.source, self._keys(rank)
        tables, where = source.table, list[str]()
        column = source.experiment
        if self._lead and rank < MISSING:
            table = self.keys[0].table
            # SQLite keeps the order of a CROSS JOIN: first along the index of values, and from there to the rows.
            tables = f"{TABLES[self._lead.kind]} {table} CROSS JOIN {source.table}"
            where += [
                f"{table}.key = {values.bind(self._lead.name)}",
                f"{self._subject_of(self.keys[0])} = {table}.subject",
            ]
            if self._lead.kind == "metric" or self._is_numeric:
                where.append(f"{self.keys[0].value} {_IS_NULL[rank]}")
            where += self._between(values)
            column = f"{table}.experiment"
        where += [f"{column} = {values.bind(experiment)}"] if experiment is not None else []
        where += [Conditions(values, source).condition(self._within)] if self._within else []
        where += [source.active] if self._wanted.view == "active" else []
        where += [behind(keys, [places[key.number] for key in keys], values)] if places else []
        joins = "".join(key.join(self._subject_of(key), values) for key in keys if key.known != self._lead)
        columns = "".join(key.selected() for key in keys)
        sql = f"SELECT {source.letter}.*{columns} FROM {tables}{joins} WHERE {' AND '.join(where) or '1 = 1'}"
        return f"{sql} ORDER BY {order(keys)}"


def _is_within(condition: Condition, source: Source) -> bool:
    """Tell whether a condition asks for the rows of one value that an index has together."""
    return isinstance(condition, Alike) and (condition.field, condition.operator) == (source.within, "=")


def _conjuncts(condition: Condition) -> list[Condition]:
    """Return the conditions that all must hold, as flat as they can be said."""
    if isinstance(condition, Every):
        return [part for each in condition.conditions for part in _conjuncts(each)]
    return [condition]
