"""The rows of a held-out table beside a version's answers to them, as columns that metrics are computed from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Literal, NamedTuple, TypeVar

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Invalid

Task = Literal["binary", "multiclass", "regression"]

T = TypeVar("T")

VALUES_MAX = 200
"""A column with more values than this makes no subgroups that anybody could read."""

AND = " & "
"""Stands between the columns of an intersection, and between its values."""

_CLIP = 1e-15
_LISTED = 8


class Sample(NamedTuple):
    """Rows with a version's answers. Numbers are filled for regression, the other columns for classes.

    ``scores`` are probabilities of ``positive``; ``losses`` are negative logarithms of the true class's probability.
    """

    actual: Sequence[str] = ()
    predicted: Sequence[str] = ()
    positive: str = ""
    scores: Sequence[float] | None = None
    losses: Sequence[float] | None = None
    actual_numbers: Sequence[float] = ()
    predicted_numbers: Sequence[float] = ()

    @property
    def row_count(self) -> int:
        """The number of rows."""
        return len(self.actual) or len(self.actual_numbers)

    def at(self, places: Sequence[int]) -> Sample:
        """Return only the rows at ``places``."""
        return Sample(
            actual=_picked(self.actual, places),
            predicted=_picked(self.predicted, places),
            positive=self.positive,
            scores=None if self.scores is None else _picked(self.scores, places),
            losses=None if self.losses is None else _picked(self.losses, places),
            actual_numbers=_picked(self.actual_numbers, places),
            predicted_numbers=_picked(self.predicted_numbers, places),
        )


def _picked(column: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    return [column[place] for place in places] if column else ()


class Truth(NamedTuple):
    """What a held-out table says: the label of each row, and the columns whose values make subgroups."""

    label: str
    actual: list[str]
    features: dict[str, list[str]]

    def groups(self, feature: str) -> dict[str, list[int]]:
        """Return the places of the rows of each value of ``feature``, values in order.

        Several columns with `AND` between them are their intersection: ``sex & race`` has the value ``Female & Black``.
        """
        found: dict[str, list[int]] = {}
        columns = [self.features[name] for name in feature.split(AND)]
        for place, values in enumerate(zip(*columns, strict=True)):
            found.setdefault(AND.join(values), []).append(place)
        return dict(sorted(found.items()))

    def lacks(self, features: Iterable[str]) -> list[str]:
        """Return the columns that make up ``features`` and are not here."""
        wanted = dict.fromkeys(name for feature in features for name in feature.split(AND))
        return [name for name in wanted if name not in self.features]


def read_truth(rows: Iterable[dict[str, str]], *, label: str, features: Sequence[str] = ()) -> Truth:
    """Return the labels and subgroups of ``rows``.

    Raises:
        Invalid: a column is missing, a row has no label, there are no rows, or a feature has too many values.
    """
    actual, columns = list[str](), {name: list[str]() for name in features}
    for row in rows:
        if not actual:
            for name in (label, *features):
                _check_column(name, row)
        if not row[label].strip():
            raise Invalid(f"row {len(actual) + 1} has no {label}", hint="leave rows without a label out of the dataset")
        actual.append(row[label])
        for name, column in columns.items():
            column.append(row[name])
    if not actual:
        raise Invalid("the held-out dataset has no rows", hint="evaluate on a dataset that has some")
    for name, column in columns.items():
        if (count := len(set(column))) > VALUES_MAX:
            raise Invalid(
                f"the column {name} has {count:,} values, too many to be subgroups",
                hint=f"slice by a column with at most {VALUES_MAX} values",
            )
    return Truth(label, actual, columns)


def _check_column(name: str, row: dict[str, str]) -> None:
    if name not in row:
        near = get_close_matches(name, row, 1)
        listed = ", ".join(list(row)[:_LISTED]) + (" …" if len(row) > _LISTED else "")
        raise Invalid(
            f"the held-out dataset has no column {name!r}",
            hint=f"did you mean {near[0]!r}?" if near else f"its columns: {listed}",
        )


def task_of(truth: Truth, predictions: Sequence[Prediction], positive: str = "") -> Task:
    """Return what kind of question the predictions answer.

    Fractional numbers without probabilities are a regression, unless a ``positive`` class is named. Classes are those
    of the labels, the answers and the probabilities together.

    Raises:
        Invalid: every label is the same, or ``positive`` is named and there are more than two classes.
    """
    first = predictions[0]
    if isinstance(first.prediction, float) and not first.probabilities and not positive:
        return "regression"
    classes = _classes(truth, predictions)
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


def read_sample(truth: Truth, predictions: Sequence[Prediction], *, task: Task, positive: str = "") -> Sample:
    """Return the rows of ``truth`` with the answers in ``predictions``, which are in the same order.

    Args:
        truth: the held-out rows.
        predictions: one for each row.
        task: what kind of question it is.
        positive: the positive class of a binary question; by default the last of the two in order.

    Raises:
        Invalid: there are more or fewer answers than rows, a number is none, or no class is called ``positive``.
    """
    if len(predictions) != len(truth.actual):
        raise Invalid(
            f"there are {len(predictions):,} predictions for {len(truth.actual):,} rows",
            hint="the model must answer every row once, in order",
        )
    if task == "regression":
        return Sample(
            actual_numbers=_numbers(truth.actual, truth.label),
            predicted_numbers=_numbers([each.prediction for each in predictions], "prediction"),
        )
    name = _naming(predictions)
    sample = Sample([name(each) for each in truth.actual], [name(each.prediction) for each in predictions])
    if all(each.probabilities for each in predictions):
        known = [{name(kind): value for kind, value in each.probabilities.items()} for each in predictions]
        losses = [_loss(each.get(actual, 0.0)) for each, actual in zip(known, sample.actual, strict=True)]
        sample = sample._replace(losses=losses)
        if task == "binary":
            positive = _positive(truth, predictions, positive)
            sample = sample._replace(scores=[each.get(positive, 0.0) for each in known])
    return sample._replace(positive=_positive(truth, predictions, positive) if task == "binary" else "")


def _positive(truth: Truth, predictions: Sequence[Prediction], wanted: str) -> str:
    classes = _classes(truth, predictions)
    if not wanted:
        return classes[-1]
    if (found := _naming(predictions)(wanted)) not in classes:
        raise Invalid(
            f"no {truth.label} is {wanted!r}, which should be the positive one",
            hint="positive must be one of " + ", ".join(map(repr, classes)),
        )
    return found


def _classes(truth: Truth, predictions: Sequence[Prediction]) -> list[str]:
    name = _naming(predictions)
    told = {kind for each in predictions for kind in each.probabilities}
    return sorted({name(each) for each in {*truth.actual, *(p.prediction for p in predictions), *told}})


def _naming(predictions: Sequence[Prediction]) -> Callable[[object], str]:
    """Return how classes are named, so that 1, "1.0" and "1" are one class for a model that answers in numbers."""
    if isinstance(predictions[0].prediction, bool):
        return lambda value: str(value).strip().lower()
    return str if isinstance(predictions[0].prediction, str) else _number_name


def _number_name(value: object) -> str:
    try:
        number = float(str(value))
    except ValueError:
        return str(value)
    return str(int(number)) if number.is_integer() else str(number)


def _numbers(values: Iterable[object], what: str) -> list[float]:
    found = []
    for row, value in enumerate(values, 1):
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise Invalid(f"the {what} of row {row} is {value!r}, which is no number", hint="mend it and try again")
        found.append(number)
    return found


def _loss(probability: float) -> float:
    return -math.log(min(max(probability, _CLIP), 1 - _CLIP))
