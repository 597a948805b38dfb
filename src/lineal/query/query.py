"""The one way into the language of searches: text in, what is wanted out. ``pages.read_page`` asks a database for it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from lineal.formats.releases import is_like
from lineal.objects.errors import Invalid, LinealError
from lineal.query.cursor import near
from lineal.query.fields import Subject
from lineal.query.parse import LIMIT_MAX, parse
from lineal.query.patterns import Pattern
from lineal.query.sources import SOURCES
from lineal.query.syntax import (
    Condition,
    Every,
    Known,
    Matching,
    Measured,
    Not,
    Noted,
    Packaged,
    Parameter,
    Place,
    Property,
    Query,
    Some,
    TrainedOn,
    pointed,
    wrong,
)
from lineal.query.wanted import Wanted

NAMES_MAX = 1_000
"""So many metrics can match an expression; more would be too long for a statement."""

_Keyed = TypeVar("_Keyed", Measured, Parameter, Noted, Known)


class Data(NamedTuple):
    """What a reference to a dataset means: versions that are here, and what programs call it that say they used it."""

    digests: tuple[str, ...] = ()
    name: str = ""
    digest: str = ""


class Facts(Protocol):
    """What has to be known of a repository to understand a search."""

    def data(self, reference: str) -> Data:
        """Return what a reference to a dataset means. Raises NotFound and what else is wrong with it."""

    def names(self, kind: str) -> Sequence[str]:
        """Return the names of all metrics, params or tags, by ``kind``."""

    def releases(self, package: str) -> Sequence[str]:
        """Return the versions of a package that anything was made with."""

    def packages(self) -> Sequence[str]:
        """Return the names of all packages."""

    def experiment(self, name: str) -> int | None:
        """Return the number of the experiment of that name; None when there is none."""

    def is_text_only(self, param: str) -> bool:
        """Tell whether the param is a text wherever it is."""


class Understood(NamedTuple):
    """A search, ready to be asked for in pages.

    ``limit`` is how many altogether, None where the text does not say. ``metrics`` are those that it speaks of, in its
    order, to be shown beside what it finds. ``note`` says what it took for granted.
    """

    wanted: Wanted
    limit: int | None = None
    metrics: tuple[str, ...] = ()
    note: str = ""


def understand(text: str, *, subject: Subject, facts: Facts, now: int | None = None) -> Understood:
    """Return what the search ``text`` wants.

    Args:
        text: the search; ``docs/reference/search.md`` has the language. Empty: everything, newest first.
        subject: what is searched.
        facts: what there is.
        now: the time in milliseconds since 1970 UTC, for ``7 days ago``; by default that of this machine.

    Raises:
        Invalid: the text cannot be read; the message points at the place and says what was expected.
        NotFound: it names a dataset that is not here.
    """
    now = time.time_ns() // 1_000_000 if now is None else now
    query = parse(text, subject, now)
    _check_numbers(text, query, facts)
    resolver = _Resolver(text, query, facts)
    rated = [sort.by for sort in query.sorts if sort.best and isinstance(sort.by, Known)]
    finite = [each for by in rated for each in (Measured(by.name, ">", -math.inf), Measured(by.name, "<", math.inf))]
    condition = resolver.condition(query.condition)
    wanted = Wanted(
        SOURCES[subject],
        Every((condition, *finite)) if finite else condition,
        query.sorts,
        _experiments(condition, facts) if subject == "runs" else None,
        "active" if subject == "runs" else "all",
        said=f"{now} {text}",
    )
    return Understood(wanted, query.limit, query.metrics, "; ".join((*query.notes, *resolver.notes)))


def check_limit(limit: int) -> None:
    """Refuse pages of no rows, or of too many. Raises Invalid."""
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid(f"a limit of {limit} makes no sense", hint=f"write a limit from 1 to {LIMIT_MAX:,}")


def _check_numbers(text: str, query: Query, facts: Facts) -> None:
    """Refuse to compare a parameter as a number that is a text wherever it is. Raises Invalid."""
    for what, name, place in query.places:
        if what == "number" and facts.is_text_only(name):
            hint = "for texts there are =, !=, ~, !~, like and ilike"
            raise wrong(text, place.at, place.end, f"the parameter {name} is a text, and not a number", hint=hint)


def _experiments(condition: Condition, facts: Facts) -> tuple[int, ...] | None:
    """Return the experiment in which all runs are that are found; None where they may be in any."""
    for each in _conjuncts(condition):
        if isinstance(each, Property) and (each.field.name, each.operator) == ("experiment", "="):
            number = facts.experiment(str(each.value))
            return () if number is None else (number,)
    return None


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, Every):
        for each in condition.conditions:
            yield from _conjuncts(each)
    elif isinstance(condition, Some) and len(condition.conditions) == 1:
        yield from _conjuncts(condition.conditions[0])
    else:
        yield condition


class _Resolver:
    """Puts into conditions what has to be looked up: names that match, versions of packages, datasets."""

    def __init__(self, text: str, query: Query, facts: Facts) -> None:
        self._text = text
        self._places = {(what, name): place for what, name, place in query.places}
        self._facts = facts
        self.notes: list[str] = []

    def condition(self, condition: Condition) -> Condition:  # noqa: PLR0911 - one for each kind
        """Return the condition with everything that it needs."""
        match condition:
            case Every(conditions):
                return Every(tuple(map(self.condition, conditions)))
            case Some(conditions):
                return Some(tuple(map(self.condition, conditions)))
            case Not(inner):
                return Not(self.condition(inner))
            case TrainedOn(reference):
                meant = self._at("dataset", reference, lambda: self._facts.data(reference))
                return TrainedOn(reference, meant.digests, meant.name, meant.digest)
            case Packaged():
                return self._packaged(condition)
            case Measured():
                return self._matched("metric", condition.metric, condition, "metric")
            case Parameter():
                return self._matched("param", condition.name, condition, "name")
            case Known(kind):
                return self._matched(kind, condition.name, condition, "name")
            case Noted(kind):
                return self._matched(kind, condition.name, condition, "name")
        return condition

    def _matched(self, kind: str, name: object, condition: _Keyed, field: str) -> _Keyed:
        """Return the condition with all names that match in the place of an expression."""
        if not isinstance(name, Matching):
            return condition
        pattern = Pattern(name.pattern)
        found = tuple(each for each in self._facts.names(kind) if pattern.finds(each))
        if len(found) > NAMES_MAX:
            raise Invalid(f"/{name.pattern}/ matches {len(found):,} names, and a search takes {NAMES_MAX:,}")
        if not found:
            self.notes.append(f"no {kind} has a name that matches /{name.pattern}/")
        return msgspec.structs.replace(condition, **{field: found})

    def _packaged(self, asked: Packaged) -> Packaged:
        releases = self._facts.releases(asked.name)
        if not releases:
            like = near(asked.name, self._facts.packages())
            self.notes.append(
                f"nothing here was made with a package called {asked.name}" + (f"; {like}" if like else "")
            )
        sign = asked.operator or "="
        return msgspec.structs.replace(
            asked, releases=tuple(each for each in releases if is_like(each, sign, asked.release))
        )

    def _at(self, what: str, name: str, ask: Callable[[], Data]) -> Data:
        """Ask, and point at the place in the text when what it names is not there."""
        try:
            return ask()
        except LinealError as error:
            place = self._places.get((what, name), Place(0, 0))
            raise type(error)(pointed(self._text, *place, error.message), hint=error.hint) from None
