"""What is known of a search before any row is read: which index has its order, and the searches that its parts are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import msgspec

from lineal.query.candidates import Candidates
from lineal.query.conditions import Values
from lineal.query.fields import Field
from lineal.query.keys import MISSING, NOT_A_NUMBER, Key, keys_of
from lineal.query.normal import NEVER, conjuncts
from lineal.query.syntax import (
    Alike,
    Among,
    Blank,
    Condition,
    Every,
    Measured,
    Not,
    Operator,
    Property,
    Standing,
)
from lineal.query.wanted import Wanted

Way = Literal["words", "values", "rows", "none"]
"""Which index has an order: one by its first key, whose values are few known words or anything; one by the time and what is
behind it; or none."""

EXPERIMENTS_WALKED_MAX = 32
"""Rows of so many experiments are merged as each gives them in order; more are looked for among the rows of all."""

_COLUMNS_WALKED_TIMES = 4
"""So many times as many where only an index by experiment has the order."""

_LOOKED_AT_TIMES, _LOOKED_AT_MORE = 4, 400
"""How many rows a walk looks at: so many for each that is wanted, and some. Enough where one in four holds."""

_LEFT_OUT_MORE = 16
"""So many more than are wanted, and an eighth, are looked at first where conditions only say what is not meant: that is little
as a rule, as MLflow's prompts among its models."""

_RANKS = {
    "metric": (NOT_A_NUMBER, MISSING),
    "param": (MISSING,),
    "tag": (MISSING,),
    "number": (NOT_A_NUMBER, MISSING),
}
_ALONG: tuple[Operator, ...] = ("=", "<", "<=", ">", ">=")


class Search:
    """A search, and the order of what it finds.

    Args:
        wanted: what is wanted.
        keys: by what its rows are put in order, where that is only the rest of what is wanted.
        known: the numbers of the experiments that there are, where that is known and all of them are wanted.
    """

    def __init__(self, wanted: Wanted, keys: tuple[Key, ...] = (), known: tuple[int, ...] | None = None) -> None:
        self.source = wanted.source
        self.keys = keys or self._keys_of(wanted)
        self.lead = self.keys[0]
        self._wanted = wanted
        self._conjuncts = conjuncts(wanted.condition)
        self._along = tuple(each for each in self._conjuncts if isinstance(each, Measured) and self._is_along(each))
        self._chosen = None if wanted.experiments is None else tuple(sorted(set(wanted.experiments)))
        self._known = known if self._chosen is None else self._chosen
        is_by_column = self.lead.known is None
        self._narrow = _few(self._chosen, EXPERIMENTS_WALKED_MAX)
        if is_by_column and self._needs_experiments:
            self._narrow = _few(self._known, EXPERIMENTS_WALKED_MAX * _COLUMNS_WALKED_TIMES)
        can_be_within = is_by_column and (self._narrow is not None or not self.source.experiment)
        self._within = min(filter(self._is_within, self._conjuncts), key=self._rareness, default=None)
        self._within = self._within if can_be_within and self._goes_along_rows else None

    def _keys_of(self, wanted: Wanted) -> tuple[Key, ...]:
        """Return by what rows are put in order: as far as there can be two that are equal."""
        keys = keys_of((*(wanted.sorts or self.source.order), *self.source.ties))
        last = next((place for place, key in enumerate(keys) if self._is_by_subject(key)), len(keys) - 1)
        return keys[: last + 1]

    def _is_by_subject(self, key: Key) -> bool:
        """Tell whether a key is that by which rows are found, so that its own index has their order."""
        return self.source.is_found_by_subject and key.value == self.source.subject

    @property
    def _needs_experiments(self) -> bool:
        """Whether no other index than those by experiment has the order."""
        source, column = self.source, self.lead.value
        return column in source.indexed or any(map(self._is_within, self._conjuncts))

    @property
    def way(self) -> Way:
        """Which index has the order."""
        source, column = self.source, self.lead.value
        if not source.walked:
            return "none"
        if self.lead.known:
            return "values"
        if column in source.worded:
            return "words"
        if column in source.indexed:
            return "none" if self._narrow is None else "values"
        return "rows" if self._goes_along_rows or self._is_by_subject(self.lead) else "none"

    @property
    def _goes_along_rows(self) -> bool:
        source = self.source
        is_within = any(map(self._is_within, self._conjuncts))
        return self.lead.value in {source.walked, *(source.walked_within if is_within else ())}

    @property
    def wants_experiments(self) -> bool:
        """Whether it helps to know which experiments there are."""
        if not self.source.indexed or self._known is not None:
            return False
        asked = Candidates(Values(), self.source).of(self._conjuncts)
        is_indexed = self.lead.value in self.source.indexed or self.lead.value in self.source.worded
        return is_indexed or any(not each.counted for each in asked)

    def among(self, experiments: tuple[int, ...]) -> Self:
        """Return the same search where it is known which experiments there are."""
        return type(self)(self._wanted, self.keys, experiments)

    def said(self, condition: Condition) -> Self:
        """Return the same search with what holds said in another way."""
        return type(self)(msgspec.structs.replace(self._wanted, condition=condition), self.keys, self._known)

    @property
    def condition(self) -> Condition:
        """What holds for all that is found."""
        return self._wanted.condition

    @property
    def experiments(self) -> tuple[int, ...] | None:
        """The numbers of the experiments that are searched; None where they are not known."""
        return self._known

    @property
    def is_nothing(self) -> bool:
        """Whether it is plain that nothing is meant."""
        return NEVER in self._conjuncts

    @property
    def is_in_order(self) -> bool:
        """Whether the index of the first key's values has their rows in order as well."""
        second = self.keys[1]
        is_subject = second.value == self.source.subject == self._subject_of(self.lead)
        return self.lead.known is not None and is_subject and second.ascending == self.lead.ascending

    @property
    def words(self) -> list[tuple[str, Self]]:
        """The values of the first key in order, each with the search for the rest of the order there."""
        found = self.source.worded[self.lead.value]
        return [
            (word, self._part(condition, self.keys[1:]))
            for word, condition in found[:: 1 if self.lead.ascending else -1]
        ]

    def standing(self, value: float | str) -> Self:
        """Return the search for the rest of the order where the first key has that value."""
        return self._part(self._stands(value), self.keys[1:])

    @property
    def ranks(self) -> list[tuple[int, Self]]:
        """The ranks behind that of values, each with the search for the rest of the order there."""
        if self._along:
            return []
        if self.lead.known is None:
            column = self.source.indexed.get(self.lead.value)
            blank = Field(self.lead.value, "number", (column or "",), is_nullable=True)
            return [(MISSING, self._part(Blank(blank), self.keys[1:]))] if column else []
        # Where the lead has no value, neither has what stands in the same row.
        others = tuple(each for each in self.keys if each.known != self.lead.known)
        parts = {
            NOT_A_NUMBER: lambda: self._part(self._stands(None), self.keys[1:]),
            MISSING: lambda: self._part(Not(self.lead.known), others),
        }
        return [(rank, parts[rank]()) for rank in _RANKS["number" if self._is_numeric else self.lead.known.kind]]

    def _stands(self, value: float | str | None) -> Standing:
        lead = self.lead
        if lead.known is None:
            return Standing(Field(lead.value, "number", (lead.value,)), lead.value, value)
        return Standing(lead.known, lead.value.replace(f"{lead.table}.", f"{lead.known.kind[0]}."), value)

    def _part(self, condition: Condition, keys: tuple[Key, ...]) -> Self:
        first = keys[0]._replace(joined=False)
        wanted = msgspec.structs.replace(self._wanted, condition=Every((condition, *self._conjuncts)))
        return type(self)(wanted, (first, *keys[1:]), self._known)

    @property
    def is_filtered(self) -> bool:
        """Whether a walk may meet rows that are not meant."""
        return bool(self._looked_for) or self._wanted.view == "deleted" or self._is_wide

    @property
    def _looked_for(self) -> list[Condition]:
        """The conditions that a walk looks for at each row."""
        return [each for each in self._conjuncts if each is not self._within and each not in self._along]

    @property
    def _is_numeric(self) -> bool:
        """Whether the lead is a parameter that is put in order as a number."""
        return self.lead.known is not None and self.lead.known.kind == "param" and self.lead.form == "number"

    def _is_along(self, condition: Measured) -> bool:
        """Tell whether a condition says between which values of the lead a walk begins and ends."""
        known = self.lead.known
        return (
            known is not None
            and (known.kind, known.name) == ("metric", condition.metric)
            and condition.operator in _ALONG
            and not isinstance(condition.value, str)
        )

    def _is_within(self, condition: Condition) -> bool:
        """Tell whether a condition asks for the rows of one value that an index has together."""
        return bool(_one_value(condition)) and _one_value(condition) in self.source.within

    def _rareness(self, condition: Condition) -> int:
        return self.source.within.index(_one_value(condition))

    def looks(self, count: int) -> tuple[int, ...]:
        """Return how many rows a walk looks at for ``count`` that hold: at few first, where conditions only leave some out."""
        many = _LOOKED_AT_TIMES * count + _LOOKED_AT_MORE
        leaves_out = [isinstance(each, Not) for each in self._looked_for]
        is_nearly_all = bool(leaves_out) and all(leaves_out) and not self._is_wide and self._wanted.view != "deleted"
        return (count + count // 8 + _LEFT_OUT_MORE, many) if is_nearly_all else (many,)

    def _between(self, values: Values) -> list[str]:
        """Return between which values of the lead rows are meant."""
        return [f"{self.lead.value} {each.operator} {values.bind(each.value)}" for each in self._along]

    def _tightest(self, sign: str) -> Measured | None:
        """Return the condition that leaves least on one side."""
        found = [each for each in self._along if each.operator.startswith(sign)]
        way = 1 if sign == ">" else -1
        return max(found, key=lambda each: (way * float(each.value), len(each.operator) == 1), default=None)

    def _subject_of(self, key: Key) -> str:
        """Return the SQL of that by which what is known of rows names one."""
        is_tag = key.known is not None and key.known.kind == "tag"
        return (self.source.tagged if is_tag else "") or self.source.subject

    def _experiment(self, values: Values) -> str:
        return f"{self.source.experiment} IN ({values.marks(self._chosen or ())})"

    @property
    def _is_wide(self) -> bool:
        """Whether a walk meets rows of other experiments."""
        return self._chosen is not None and self._arms == (None,)

    @property
    def _arms(self) -> Sequence[int | None]:
        """The experiments of which an index gives the rows in order, or None for those of all."""
        is_by_key = self.lead.known is not None and self.lead.known.kind != "metric"
        is_of_all = self._narrow is None or is_by_key or self._is_by_subject(self.lead)
        return (None,) if self._narrow is None or is_of_all else self._narrow


def _few(experiments: tuple[int, ...] | None, most: int) -> tuple[int, ...] | None:
    """Return experiments if they are so few that each can be gone along by itself."""
    return experiments if experiments is not None and len(experiments) <= most else None


def _one_value(condition: Condition) -> str:
    """Return the column that a condition wants to have one value; empty where it wants something else."""
    match condition:
        case Alike(field=field, operator="=") | Property(field=Field(shape="text") as field, operator="="):
            return field.columns[0]
        case Among(field=field, texts=(_,), negated=False):
            return field.columns[0]
        case Standing(by=Field() as field):
            return field.columns[0]
    return ""
