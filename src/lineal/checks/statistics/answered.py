"""A version's answers as columns: a few bytes a row, however many classes there are names for."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from lineal.formats.predictions import Prediction

Answer = str | int | float | bool


class Answered(NamedTuple):
    """What was answered to each row, and the probability of each class where every answer has them.

    ``chances`` is empty where some have none.
    """

    answers: Sequence[Answer]
    chances: dict[str, Sequence[float]]

    @property
    def classes(self) -> list[str]:
        """The classes that have probabilities, as the model names them."""
        return list(self.chances)

    def naming(self) -> Callable[[object], str]:
        """Return how classes are named, so that 1, "1.0" and "1" are one class for a model that answers in numbers."""
        first = self.answers[0]
        if isinstance(first, bool):
            return lambda value: str(value).strip().lower()
        return str if isinstance(first, str) else number_name


def answered(predictions: Iterable[Prediction]) -> Answered:
    """Return predictions as columns; a class without a probability in some row has none there: zero."""
    answers: list[Answer] = []
    chances: dict[str, array[float]] = {}
    known: dict[str, str] = {}
    whole = True
    for place, each in enumerate(predictions):
        # The same text of many rows is kept once.
        answer = each.prediction
        answers.append(known.setdefault(answer, answer) if isinstance(answer, str) else answer)
        whole = whole and bool(each.probabilities)
        if not whole:
            chances.clear()
            continue
        for name in each.probabilities.keys() - chances.keys():
            chances[name] = array("d", bytes(8 * place))
        for name, column in chances.items():
            column.append(each.probabilities.get(name, 0.0))
    return Answered(answers, dict(sorted(chances.items())))


def number_name(value: object) -> str:
    """Return a class that is a number as a text, whole where it is."""
    try:
        number = float(str(value))
    except ValueError:
        return str(value)
    if not math.isfinite(number):
        return str(value)
    return str(int(number)) if number.is_integer() else str(number)
