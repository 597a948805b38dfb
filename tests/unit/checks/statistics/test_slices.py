from __future__ import annotations

import numpy as np
import pytest

from lineal.checks.evaluation import measure_all
from lineal.checks.statistics.samples import Truth, read_truth
from lineal.checks.statistics.slices import Cut, canonical, range_names, ranged, read_slices
from lineal.formats.predictions import Prediction
from lineal.objects.errors import Invalid

COLUMNS = ("sex", "race", "age", "a*b", "city:1")


@pytest.mark.parametrize(
    ("asked", "features", "cuts"),
    [
        (["sex", "race"], ["sex", "race"], {}),
        (["sex*race"], ["sex & race"], {}),
        (["sex & race", "sex * race"], ["sex & race"], {}),
        (["age:30:50"], ["age"], {"age": Cut((30.0, 50.0))}),
        (["age:-1.5:2e3*sex"], ["age & sex"], {"age": Cut((-1.5, 2000.0))}),
        (["age:q3"], ["age"], {"age": Cut(quantiles=3)}),
        (["age:values"], ["age"], {"age": Cut()}),
        (["a*b", "city:1"], ["a*b", "city:1"], {}),
    ],
)
def test_what_is_asked_for_is_read(asked: list[str], features: list[str], cuts: dict[str, Cut]) -> None:
    found = read_slices(asked, COLUMNS)

    assert (list(found.features), dict(found.cuts)) == (features, cuts)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["age:50:30"], "do not rise"),
        (["age:q1"], "asks for 1 ranges"),
        (["age:30", "age:40*sex"], "age is cut in two ways"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(asked: list[str], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read_slices(asked, COLUMNS)


def test_a_range_begins_with_its_lower_edge() -> None:
    assert ranged(["29", "30", "49.9", "50", "", "1e3"], (30.0, 50.0)) == [
        "under 30",
        "30 to under 50",
        "30 to under 50",
        "50 and over",
        "",
        "50 and over",
    ]
    assert range_names((0.5,)) == ["under 0.5", "0.5 and over"]


def people(count: int = 600) -> list[dict[str, str]]:
    chance = np.random.default_rng(1)
    return [
        {
            "age": str(chance.integers(18, 90)),
            "sex": str(chance.choice(["f", "m"])),
            "race": str(chance.choice(["a", "b", "c"], p=[0.8, 0.19, 0.01])),
            "id": f"p{number}",
            "y": str(chance.choice(["n", "y"])),
        }
        for number in range(count)
    ]


def truth_of(*slices: str, rows: list[dict[str, str]] | None = None) -> Truth:
    return read_truth(rows or people(), label="y", features=slices)


def test_a_column_of_many_numbers_is_cut_into_ranges_of_about_as_many_rows() -> None:
    found = truth_of("age").groups("age")

    assert [each.split()[0] for each in found] == ["under", *(each.split()[0] for each in list(found)[1:])]
    assert len(found) == 4
    assert all(110 < len(places) < 190 for places in found.values())
    assert len(truth_of("age:values").groups("age")) == len({each["age"] for each in people()}) > 60


def test_few_numbers_stay_values_and_many_words_are_refused() -> None:
    few = [{**each, "age": each["age"][0]} for each in people()]

    assert list(truth_of("age", rows=few).groups("age")) == list("123456789"[: len({e["age"] for e in few})])
    with pytest.raises(Invalid, match="too many to be subgroups") as caught:
        truth_of("id")
    assert "age:30:50" in caught.value.hint


def test_what_is_no_number_has_no_ranges() -> None:
    with pytest.raises(Invalid, match="sex holds what is no number"):
        truth_of("sex:30")


def test_ranges_come_in_order_and_intersections_hold_the_rows_of_both() -> None:
    rows = people()
    found = truth_of("age:9:100*sex", rows=rows).groups("age & sex")

    assert list(found) == ["9 to under 100 & f", "9 to under 100 & m"]
    assert [rows[place]["sex"] for place in found["9 to under 100 & f"]] == ["f"] * len(found["9 to under 100 & f"])
    three = truth_of("sex*race*age:50").groups("sex & race & age")
    assert sum(map(len, three.values())) == len(rows)
    assert "f & a & under 50" in three


def test_edges_that_were_found_before_are_used_again() -> None:
    before = truth_of("age")
    again = read_truth(people(300), label="y", features=["age"], edges=before.edges)

    assert again.edges == before.edges
    assert list(again.groups("age")) == list(before.groups("age"))


def test_too_small_a_subgroup_has_its_counts_and_no_metrics() -> None:
    truth = truth_of("sex*race")
    found = measure_all(truth, [Prediction(each) for each in truth.actual], minimum_rows=20)
    small = [each for each in found.results if not each.metrics]

    assert [each.value for each in small] == ["f & c", "m & c"]
    assert all(sum(each.counts.values()) == each.row_count < 20 for each in small)
    assert all(each.metrics["accuracy"] == 1.0 for each in found.results if each not in small)


def test_too_many_subgroups_are_refused_with_the_slice_that_makes_most() -> None:
    rows = [{**each, "id": f"p{number % 190}"} for number, each in enumerate(people(3_000))]
    truth = truth_of("sex", "id*race*sex", rows=rows)

    with pytest.raises(Invalid, match=r"subgroups, \d+ of them by id & race & sex; 500 are allowed"):
        measure_all(truth, [Prediction(each) for each in truth.actual])


def test_a_star_and_an_ampersand_are_the_same() -> None:
    assert canonical("sex*race") == canonical(" sex & race ") == "sex & race"
    assert canonical("sex") == "sex"
