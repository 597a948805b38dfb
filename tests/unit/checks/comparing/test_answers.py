from __future__ import annotations

import math
from typing import Any

import pytest

from lineal.checks.comparing.answers import Tolerance, compare, tolerance_for

SAID = {"predictions": ["no"], "probabilities": [[0.25, 0.75]], "classes": ["no", "yes"]}


def changed(**changes: Any) -> dict[str, Any]:
    return {**SAID, **changes}


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (SAID, "same"),
        (changed(probabilities=[[0.25 * (1 + 1e-7), 0.75]]), "close"),
        (changed(probabilities=[[0.25 * (1 + 1e-5), 0.75]]), "differing"),
        (changed(predictions=["yes"]), "differing"),
        (changed(predictions=[1]), "reformed"),
        (changed(classes=["yes", "no"]), "reformed"),
        (changed(classes=["no", "yes", "maybe"], probabilities=[[0.2, 0.7, 0.1]]), "reformed"),
        (changed(predictions=["no", "no"]), "reformed"),
        (changed(probabilities=[]), "reformed"),
        (changed(why="because"), "reformed"),
        ({"predictions": ["no"]}, "reformed"),
        (changed(predictions=[None]), "differing"),
    ],
)
def test_values_differ_or_the_form_does(after: dict[str, Any], kind: str) -> None:
    assert compare(SAID, after, Tolerance()).kind == kind


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (1, 2, "differing"),
        (1_000_000, 1_000_001, "differing"),  # whole numbers have no tolerance
        (1.0, 1, "reformed"),
        (1.0, True, "reformed"),
        (True, False, "differing"),
        (0.0, -0.0, "same"),
        (0.0, 1e-12, "differing"),
        (None, None, "same"),
        (None, 1.0, "differing"),
        (1e308, -1e308, "differing"),
        ([], [], "same"),
        ([[1.0]], [1.0], "reformed"),
    ],
)
def test_numbers_of_each_kind(before: Any, after: Any, kind: str) -> None:
    assert compare([before], [after], Tolerance()).kind == kind


def test_the_largest_difference_is_relative_and_a_floor_may_be_asked() -> None:
    found = compare({"predictions": [1.0, 4.0]}, {"predictions": [1.0, 5.0]}, Tolerance())

    assert found.difference == pytest.approx(0.2)
    assert compare([0.0], [1e-12], Tolerance(absolute=1e-9)).kind == "close"
    assert math.isinf(compare([None], [1.0], Tolerance()).difference)


def test_the_names_of_a_version_are_no_difference_and_the_protocols_types_are() -> None:
    old = {"model_version": "1.0.0", "outputs": [{"name": "prediction", "datatype": "INT64", "data": [1]}]}
    new = {"model_version": "1.0.1", "outputs": [{"name": "prediction", "datatype": "INT64", "data": [1]}]}
    typed = {"model_version": "1.0.1", "outputs": [{"name": "prediction", "datatype": "FP64", "data": [1]}]}

    assert compare(old, new, Tolerance()).kind == "same"
    assert compare(old, typed, Tolerance()).kind == "reformed"


def test_the_finest_float_of_the_outputs_decides() -> None:
    assert [1e-6, 1e-5, 1e-2, 1e-6, 1e-6] == [
        tolerance_for(each)
        for each in (
            {},
            {"score": "float32", "label": "object"},
            {"score": "float16"},
            {"a": "float32", "b": "float64"},
            {"n": "int64"},
        )
    ]
