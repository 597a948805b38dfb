"""The rows of a held-out table beside a version's answers to them, as columns that metrics are computed from."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

from lineal.checks.statistics.answered import Answered
from lineal.checks.statistics.ranking import Ranked, ranked
from lineal.checks.statistics.slices import (
    AND,
    Slices,
    canonical,
    check_column,
    check_count,
    check_values,
    edges_of,
    groups,
    ranged,
    read_slices,
)
from lineal.objects.errors import Invalid

Task = Literal["binary", "multiclass", "regression", "ranking", "other"]

T = TypeVar("T")

CLASSES_MAX = 100
"""The probabilities of more classes than this are not kept one by one."""

_CLIP = 1e-15
_LISTED = 8


class Sample(NamedTuple):
    """Rows with a version's answers. Numbers are filled for regressions and rankings, the other columns for classes.

    ``scores`` are probabilities of ``positive``; ``losses`` are negative logarithms of the true class's probability;
    ``confidences`` are the largest probability of each row, and ``chances`` those of each class. ``queries`` has the query
    that a row of a ranking belongs to, ``rankings`` what is to be found in each. ``kind`` is the type that classes have in
    the model's answers; here they are texts.
    """

    actual: Sequence[str] = ()
    predicted: Sequence[str] = ()
    positive: str = ""
    scores: Sequence[float] | None = None
    losses: Sequence[float] | None = None
    actual_numbers: Sequence[float] = ()
    predicted_numbers: Sequence[float] = ()
    confidences: Sequence[float] = ()
    chances: Mapping[str, Sequence[float]] = {}
    queries: Sequence[str] = ()
    rankings: Sequence[Ranked] = ()
    kind: type = str

    @property
    def row_count(self) -> int:
        """The number of rows."""
        return len(self.actual) or len(self.actual_numbers)

    def at(self, places: Sequence[int]) -> Sample:
        """Return only the rows at ``places``."""
        found = Sample(
            actual=_picked(self.actual, places),
            predicted=_picked(self.predicted, places),
            positive=self.positive,
            scores=None if self.scores is None else _picked(self.scores, places),
            losses=None if self.losses is None else _picked(self.losses, places),
            actual_numbers=_picked(self.actual_numbers, places),
            predicted_numbers=_picked(self.predicted_numbers, places),
            confidences=_picked(self.confidences, places),
            chances={name: _picked(column, places) for name, column in self.chances.items()},
            queries=_picked(self.queries, places),
        )
        return found.with_rankings() if found.queries else found

    def with_rankings(self) -> Sample:
        """Return the same with what is to be found in each query. Raises Invalid when a label is no relevance."""
        return self._replace(rankings=ranked(self.queries, self.actual_numbers, self.predicted_numbers))


def _picked(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    return [column[place] for place in places] if column else ()


class Truth(NamedTuple):
    """What a held-out table says: the label of each row, and the columns whose values make subgroups.

    Columns of numbers may be cut at ``edges``: then their values are ranges. ``queries`` groups the rows of a ranking;
    ``asked`` are the features that should be looked at.
    """

    label: str
    actual: list[str]
    features: dict[str, list[str]]
    edges: Mapping[str, tuple[float, ...]] = {}
    queries: Sequence[str] = ()
    asked: tuple[str, ...] = ()

    def groups(self, feature: str) -> dict[str, list[int]]:
        """Return the places of the rows of each value of ``feature``, values in order.

        Several columns with `AND` between them are their intersection: ``sex & race`` has the value ``Female & Black``.
        """
        return groups(self.features, self.edges, feature)

    def lacks(self, features: Iterable[str]) -> list[str]:
        """Return the columns that make up ``features`` and are not here."""
        wanted = dict.fromkeys(name for feature in features for name in canonical(feature).split(AND))
        return [name for name in wanted if name not in self.features]


def read_truth(
    rows: Iterable[Mapping[str, str]],
    *,
    label: str,
    features: Sequence[str] = (),
    query: str = "",
    edges: Mapping[str, tuple[float, ...]] | None = None,
    lenient: bool = False,
) -> Truth:
    """Return the labels and subgroups of ``rows``.

    Args:
        rows: the held-out table.
        label: the column that holds the truth.
        features: columns and intersections; see `read_slices`.
        query: the column that groups the rows of a ranking.
        edges: where columns are cut, as it was found out before; empty for one whose values are the subgroups.
        lenient: leave out features that the table lacks.

    Raises:
        Invalid: a column is missing, a row has no label, there are no rows, or a feature has too many values.
    """
    actual, queries, found = list[str](), list[str](), Slices()
    columns, known = dict[str, list[str]](), dict[str, str]()
    for row in rows:
        if not actual:
            found = _features(features, row, (label, *([query] if query else ())), lenient=lenient)
            columns = {name: [] for name in found.columns}
        if not row[label].strip():
            raise Invalid(f"row {len(actual) + 1} has no {label}", hint="leave rows without a label out of the dataset")
        # The same text of many rows is kept once.
        actual.append(known.setdefault(row[label], row[label]))
        if query:
            queries.append(known.setdefault(row[query], row[query]))
        for name, column in columns.items():
            column.append(known.setdefault(row[name], row[name]))
    if not actual:
        raise Invalid("the held-out dataset has no rows", hint="evaluate on a dataset that has some")
    given = edges or {}
    cut = {
        name: given[name] if name in given else edges_of(name, column, found.cuts.get(name))
        for name, column in columns.items()
    }
    columns = {name: ranged(column, cut[name]) if cut[name] else column for name, column in columns.items()}
    for name, column in columns.items():
        check_values(name, column)
    return Truth(label, actual, columns, {name: each for name, each in cut.items() if each}, queries, found.features)


def _features(asked: Sequence[str], row: Mapping[str, str], needed: Iterable[str], *, lenient: bool) -> Slices:
    for name in needed:
        check_column(name, row)
    found = read_slices(asked, row.keys())
    if lenient:
        there = tuple(each for each in found.features if all(name in row for name in each.split(AND)))
        return found._replace(features=there)
    for name in found.columns:
        check_column(name, row)
    return found


def subgroups(truth: Truth) -> dict[str, dict[str, list[int]]]:
    """Return the places of the rows of each subgroup, by feature. Raises Invalid when there are too many."""
    found = {feature: truth.groups(feature) for feature in truth.asked}
    check_count({feature: len(each) for feature, each in found.items()})
    return found


def task_of(truth: Truth, given: Answered, positive: str = "") -> Task:
    """Return what kind of question the answers answer.

    With queries it is a ranking. Fractional numbers without probabilities are a regression, unless a ``positive`` class is
    named. Classes are those of the labels, the answers and the probabilities together.

    Raises:
        Invalid: every label is the same, or ``positive`` is named and there are more than two classes.
    """
    if truth.queries:
        return "ranking"
    if isinstance(given.answers[0], float) and not given.chances and not positive:
        return "regression"
    classes = _classes(truth, given)
    if len(classes) == 1:
        raise Invalid(
            f"every {truth.label} and every answer is {classes[0]!r}, so nothing can be told apart",
            hint="evaluate on rows with at least two classes",
        )
    if positive and len(classes) > 2:
        raise Invalid(
            f"{truth.label} has {len(classes)} classes, but a positive one is for two: {', '.join(classes[:_LISTED])}",
            hint="leave positive out, or mend the labels",
        )
    return "binary" if len(classes) == 2 else "multiclass"


def read_sample(truth: Truth, given: Answered, *, task: Task, positive: str = "") -> Sample:
    """Return the rows of ``truth`` with the answers to them, which are in the same order.

    Args:
        truth: the held-out rows.
        given: one answer for each row.
        task: what kind of question it is.
        positive: the positive class of a binary question; by default the last of the two in order.

    Raises:
        Invalid: there are more or fewer answers than rows, a number is none, or no class is called ``positive``.
    """
    if len(given.answers) != len(truth.actual):
        raise Invalid(
            f"there are {len(given.answers):,} predictions for {len(truth.actual):,} rows",
            hint="the model must answer every row once, in order",
        )
    if task == "regression":
        return Sample(
            actual_numbers=_numbers(truth.actual, truth.label),
            predicted_numbers=_numbers(given.answers, "prediction"),
        )
    if task == "ranking":
        labels, scores = _numbers(truth.actual, truth.label), _scores(given, positive)
        return Sample(actual_numbers=labels, predicted_numbers=scores, queries=truth.queries).with_rankings()
    name = given.naming()
    names = {each: name(each) for each in {*truth.actual, *given.answers}}
    actual, predicted = [names[each] for each in truth.actual], [names[each] for each in given.answers]
    sample = Sample(actual, predicted, kind=type(given.answers[0]))
    if given.chances:
        sample = _with_chances(sample, {name(kind): column for kind, column in given.chances.items()})
        if task == "binary":
            nothing = array("d", bytes(8 * sample.row_count))
            sample = sample._replace(scores=sample.chances.get(_positive(truth, given, positive), nothing))
    return sample._replace(positive=_positive(truth, given, positive) if task == "binary" else "")


def _with_chances(sample: Sample, chances: Mapping[str, Sequence[float]]) -> Sample:
    nothing = array("d", bytes(8 * sample.row_count))
    truly = (chances.get(each, nothing)[place] for place, each in enumerate(sample.actual))
    return sample._replace(
        losses=array("d", map(_loss, truly)),
        confidences=array("d", map(max, zip(*chances.values(), strict=True))),
        chances=chances if len(chances) <= CLASSES_MAX else {},
    )


def _scores(given: Answered, positive: str) -> list[float]:
    """Return by what rows are ranked: the model's number, or the probability of the positive class where it has them."""
    if not given.chances:
        return _numbers(given.answers, "score")
    name = given.naming()
    wanted = name(positive) if positive else name(given.classes[-1])
    for kind, column in given.chances.items():
        if name(kind) == wanted:
            return list(column)
    raise Invalid(
        f"no class is called {positive!r}, by which rows should be ranked",
        hint=f"--positive is one of {', '.join(given.classes[:_LISTED])}",
    )


def _positive(truth: Truth, given: Answered, wanted: str) -> str:
    classes = _classes(truth, given)
    if not wanted:
        return classes[-1]
    if (found := given.naming()(wanted)) not in classes:
        raise Invalid(
            f"no {truth.label} is {wanted!r}, which should be the positive one",
            hint="positive must be one of " + ", ".join(map(repr, classes)),
        )
    return found


def _classes(truth: Truth, given: Answered) -> list[str]:
    name = given.naming()
    return sorted({name(each) for each in {*truth.actual, *given.answers, *given.chances}})


def _numbers(values: Iterable[object], what: str) -> list[float]:
    found = []
    for row, value in enumerate(values, 1):
        try:
            number = float(str(value)) if not isinstance(value, bool) else float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise Invalid(f"the {what} of row {row} is {value!r}, which is no number", hint="mend it and try again")
        found.append(number)
    return found


def _loss(probability: float) -> float:
    return -math.log(min(max(probability, _CLIP), 1 - _CLIP))
