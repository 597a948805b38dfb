"""Metrics have one kind of names, whoever tells them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lineal.capture.shim.lineal_shim.frameworks.naming import (
    metric_name,
    new_training,
    numbered,
    numbers,
    params_of,
)


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("validation_0", "logloss"), "validation_0.logloss"),
        (("held out", "ndcg@5"), "held_out.ndcg@5"),
        (("", "loss"), "loss"),
        (("val/loss",), "val/loss"),
        (("a:b=c",), "a_b_c"),
        (("größe",), "größe"),
    ],
)
def test_set_and_metric_are_joined_by_a_dot(parts: tuple[str, ...], name: str) -> None:
    assert name == metric_name(*parts)


def test_numbers_are_single_ones(recwarn: pytest.WarningsRecorder) -> None:
    values = {"a": 1, "b": np.float32(0.5), "c": np.arange(3), "d": "x", "e": None, "f": np.array(2), "g": math.nan}

    found = numbers(values)

    assert ["a", "b", "f", "g"] == list(found)
    assert (1, 0.5, 2) == (found["a"], found["b"], found["f"])
    assert not recwarn.list


def test_a_second_training_with_the_same_name_has_a_number_and_the_ninth_that_of_the_eighth() -> None:
    trainings = [new_training() for _ in range(9)]

    names = [next(iter(numbered({"only.here": 0.5}, training))) for training in trainings]
    again = numbered({"only.here": 0.25, "only.there": 0.5}, trainings[1])

    assert ["only.here", "only.here.2"] == names[:2]
    assert ["only.here.8", "only.here.8"] == names[7:]
    assert {"only.here.2": 0.25, "only.there": 0.5} == again


def test_params_are_scalars_and_lists_of_them() -> None:
    values = {"a": 1, "b": (0.5, 0.25), "c": object(), "d": [], "e": None, "f": np.float64(0.5), "g": [[1]]}

    assert {"P.a": 1, "P.b": "0.5, 0.25", "P.e": None, "P.f": 0.5} == params_of("P", values.items())
