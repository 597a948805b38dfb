"""Which rows make subgroups: the values of a column, ranges of numbers, and intersections of several columns."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import NamedTuple

from lineal.objects.errors import Invalid

AND = " & "
"""Stands between the columns of an intersection, and between its values."""

VALUES_MAX = 200
"""A column with more values than this makes no subgroups that anybody could read."""

SLICES_MAX = 500
"""More subgroups than this are no answer to anybody's question, and each of them may be wrong by luck."""

NUMBERS_MAX = 20
"""A column with more different numbers than this is cut into ranges, unless it is asked for by its values."""

QUANTILES = 4
"""So many ranges with about the same number of rows, where nobody says which."""

_LISTED = 8
_BETWEEN = re.compile(r"\s*\*\s*|\s+&\s+")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_CUT = re.compile(rf"(?P<name>.+?):(?:(?P<values>values)|q(?P<count>\d+)|(?P<edges>{_NUMBER}(?::{_NUMBER})*))")


class Cut(NamedTuple):
    """How a column of numbers is cut: at given ``edges``, or into ``quantiles`` ranges of as many rows; 0: it is not cut."""

    edges: tuple[float, ...] = ()
    quantiles: int = 0


class Slices(NamedTuple):
    """What makes subgroups: features, which are columns or intersections of them, and how columns are cut."""

    features: tuple[str, ...] = ()
    cuts: Mapping[str, Cut] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all features, each once."""
        return tuple(dict.fromkeys(name for feature in self.features for name in feature.split(AND)))


def canonical(feature: str) -> str:
    """Return an intersection as results name it: ``sex*race`` and ``sex & race`` are one; a column stays as it is."""
    return AND.join(_BETWEEN.split(feature.strip()))


def read_slices(asked: Iterable[str], columns: Collection[str]) -> Slices:
    """Return what is asked for, as ``sex``, ``sex*race``, ``age:30:50``, ``age:q4`` or ``zip:values``.

    Args:
        asked: each is a column, with how it is cut behind a colon; a star or `` & `` stands between those of an intersection.
        columns: those of the table. What is the name of one is that column, whatever it contains.

    Raises:
        Invalid: the edges of a range do not rise, or one column is cut in two ways.
    """
    features, cuts = dict[str, None](), dict[str, Cut]()
    for text in asked:
        names = []
        for part in [text] if text in columns else _BETWEEN.split(text.strip()):
            found = None if part in columns else _CUT.fullmatch(part)
            name = found["name"] if found else part
            if found:
                cut = _cut(found, text)
                if cuts.setdefault(name, cut) != cut:
                    raise Invalid(f"{name} is cut in two ways", hint="name its ranges the same way in every slice")
            names.append(name)
        features[AND.join(dict.fromkeys(names))] = None
    return Slices(tuple(features), cuts)


def _cut(found: re.Match[str], text: str) -> Cut:
    if found["values"]:
        return Cut()
    if found["count"]:
        if not 2 <= int(found["count"]) <= VALUES_MAX:
            raise Invalid(f"{text} asks for {found['count']} ranges", hint=f"ask for 2 to {VALUES_MAX}")
        return Cut(quantiles=int(found["count"]))
    edges = tuple(float(each) for each in found["edges"].split(":"))
    if sorted(set(edges)) != list(edges):
        raise Invalid(f"the edges of {text} do not rise", hint="write them from small to large, as age:30:50")
    return Cut(edges)


def edges_of(name: str, values: Sequence[str], cut: Cut | None) -> tuple[float, ...]:
    """Return where a column is cut into ranges; empty where its values are the subgroups.

    Args:
        name: the column.
        values: its cells; blanks are missing.
        cut: what was asked for; without, many different numbers are cut into ranges of about as many rows.

    Raises:
        Invalid: it should be cut and holds something that is no number.
    """
    if cut == Cut():
        return ()
    different = {each for each in values if each.strip()}
    if cut is None and len(different) <= NUMBERS_MAX:
        return ()
    numbers = {each: _number(each) for each in different}
    if not all(map(math.isfinite, numbers.values())):
        if cut is None:
            return ()
        raise Invalid(f"{name} holds what is no number, so it has no ranges", hint=f"slice by {name} alone")
    if cut is not None and cut.edges:
        return cut.edges
    ordered = sorted(numbers[each] for each in values if each.strip())
    count = cut.quantiles if cut else QUANTILES
    found = {ordered[len(ordered) * place // count] for place in range(1, count)} if ordered else set()
    return tuple(sorted(each for each in found if each > ordered[0]))


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def ranged(values: Iterable[str], edges: Sequence[float]) -> list[str]:
    """Return the range that each value of a column falls into; a blank stays one."""
    names = range_names(edges)
    known: dict[str, str] = {}
    for each in values:
        if each not in known:
            known[each] = names[bisect_right(edges, float(each))] if each.strip() else ""
    return [known[each] for each in values]


def range_names(edges: Sequence[float]) -> list[str]:
    """Return what the ranges between edges are called, in order; a range begins with its lower edge."""
    said = [str(int(each)) if each.is_integer() and abs(each) < 1e15 else repr(each) for each in edges]
    between = [f"{low} to under {high}" for low, high in pairwise(said)]
    return [f"under {said[0]}", *between, f"{said[-1]} and over"]


def groups(
    features: Mapping[str, Sequence[str]], edges: Mapping[str, Sequence[float]], feature: str
) -> dict[str, list[int]]:
    """Return the places of the rows of each value of ``feature``, values in order and ranges from low to high.

    Args:
        features: the cells of each column.
        edges: the columns that were cut, and where.
        feature: a column, or an intersection: ``sex & race`` has the value ``Female & Black``.
    """
    names = [feature] if feature in features else canonical(feature).split(AND)
    found: dict[tuple[str, ...], list[int]] = {}
    for place, values in enumerate(zip(*(features[name] for name in names), strict=True)):
        found.setdefault(values, []).append(place)
    ranks = [
        {each: rank for rank, each in enumerate(range_names(edges.get(name, ())) if edges.get(name) else ())}
        for name in names
    ]

    def order(values: tuple[str, ...]) -> list[tuple[int, str]]:
        return [(rank.get(value, -1), value) for rank, value in zip(ranks, values, strict=True)]

    return {AND.join(values): found[values] for values in sorted(found, key=order)}


def check_values(name: str, values: Iterable[str]) -> None:
    """Raise Invalid when a column has too many values to be subgroups."""
    if (count := len(set(values))) > VALUES_MAX:
        raise Invalid(
            f"the column {name} has {count:,} values, too many to be subgroups",
            hint=f"slice by a column with at most {VALUES_MAX} values, or by ranges of numbers, as age:30:50",
        )


def check_count(counts: Mapping[str, int]) -> None:
    """Raise Invalid when features make too many subgroups together; ``counts`` has the subgroups of each."""
    if (total := sum(counts.values())) > SLICES_MAX:
        most = max(counts, key=counts.__getitem__)
        raise Invalid(
            f"the slices make {total:,} subgroups, {counts[most]:,} of them by {most}; {SLICES_MAX} are allowed",
            hint="leave out an intersection, or cut a column into fewer ranges, as age:q3",
        )


def check_column(name: str, row: Mapping[str, str]) -> None:
    """Raise Invalid when a table, of which this is a row, has no such column."""
    if name not in row:
        near = get_close_matches(name, row, 1)
        listed = ", ".join(list(row)[:_LISTED]) + (" …" if len(row) > _LISTED else "")
        raise Invalid(
            f"the held-out dataset has no column {name!r}",
            hint=f"did you mean {near[0]!r}?" if near else f"its columns: {listed}",
        )
