"""What changed in a table, said in sentences, the largest change first."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from lineal.checks.comparing.tables import ColumnChange, compare_tables
from lineal.formats.profiles import limits
from lineal.formats.tables.texts import TextCells
from lineal.objects.profiles import ColumnProfile, Profile

Cells = dict[str, list[str]]


def table(cells: Cells) -> Profile:
    found: list[ColumnProfile] = []
    for name, column in cells.items():
        found += TextCells(name, column, limits(len(cells))).profiles()
    return Profile(row_count=len(next(iter(cells.values()))), columns=tuple(found))


def changes(left: Cells, right: Cells) -> tuple[ColumnChange, ...]:
    return compare_tables(table(left), table(right))


def drawn(draw: Callable[[random.Random], object], seed: int = 1, count: int = 2_000) -> list[str]:
    source = random.Random(seed)
    return [str(draw(source)) for _ in range(count)]


def test_columns_are_new_gone_and_of_another_type() -> None:
    found = changes({"a": ["1", "2"], "b": ["x", "y"]}, {"b": ["1", "2"], "c": ["1", ""]})

    assert {"a": "removed", "b": "retyped", "c": "added"} == {each.name: each.change for each in found}
    assert {
        "a": "the column is gone",
        "b": "was string, is integer (2 integer values)",
        "c": "a new column, integer, missing in 50 %",
    } == {each.name: each.sentence for each in found}


def test_numbers_that_moved_say_how_far() -> None:
    (found,) = changes({"pay": drawn(lambda r: r.gauss(100, 10))}, {"pay": drawn(lambda r: r.gauss(105, 10), 2)})

    assert found.change == "changed"
    assert found.sentence.startswith("clearly changed: mean ")
    assert "sd), " in found.sentence
    assert found.figures["numbers_mean_shift_sd"] == pytest.approx(0.5, abs=0.08)
    assert found.size == found.figures["numbers_moved"] == pytest.approx(0.2, abs=0.03)


def test_samples_of_the_same_population_have_not_changed() -> None:
    def sample(seed: int) -> Cells:
        return {
            "pay": drawn(lambda r: round(r.gauss(0, 1), 1), seed),
            "city": drawn(lambda r: r.choice("abc"), seed),
            "day": drawn(lambda r: f"2020-01-{r.randrange(1, 29):02}", seed),
            "some": drawn(lambda r: r.choice(["", "1", "2"]), seed),
        }

    assert [each.sentence for each in changes(sample(1), sample(2)) if each.size > 0] == []


def test_categories_that_came_and_went_are_named() -> None:
    (found,) = changes({"c": ["red"] * 50 + ["blue"] * 50}, {"c": ["blue"] * 60 + ["green"] * 40})

    assert (found.appeared, found.vanished) == (("green",), ("red",))
    assert found.sentence == "strongly changed: 50 % of the values moved; new: 'green' (40 %); gone: 'red' (50 %)"


def test_a_frequent_category_that_went_is_named_among_very_many() -> None:
    many = [f"w{each}" for each in range(600)]
    (found,) = changes({"c": ["red"] * 400 + ["blue"] * 600 + many}, {"c": ["blue"] * 1_000 + many})

    assert found.vanished == ("red",)


def test_values_that_went_missing_are_told() -> None:
    (found,) = changes({"a": ["1", "2"] * 50}, {"a": ["1", "2"] * 45 + [""] * 10})

    assert found.sentence == "clearly changed: missing 0 % → 10 %"
    assert found.size == pytest.approx(0.1)


def test_a_number_among_words_is_told() -> None:
    (found,) = changes({"a": ["1", "2"] * 50}, {"a": ["1", "2"] * 50 + ["unknown"]})

    assert found.sentence.startswith("was integer, is mixed (1 string value)")


def test_times_are_told_as_dates() -> None:
    (found,) = changes({"t": ["2020-01-01", "2020-06-01"]}, {"t": ["2020-01-01", "2021-06-01"]})

    assert "range 2020-01-01 to 2020-06-01 → 2020-01-01 to 2021-06-01" in found.sentence


def test_the_largest_change_comes_first() -> None:
    left = {"little": ["a"] * 95 + ["b"] * 5, "much": ["a"] * 90 + ["b"] * 10}
    right = {"little": ["a"] * 75 + ["b"] * 25, "much": ["a"] * 10 + ["b"] * 90}

    assert ["much", "little"] == [each.name for each in changes(left, right)]


def test_a_column_that_was_empty_says_so() -> None:
    (found,) = changes({"a": ["", ""]}, {"a": ["1", "2"]})

    assert "was empty" in found.sentence
    assert found.change == "changed"


def test_a_table_that_grew_has_not_more_different_names() -> None:
    assert changes({"n": [f"name {x:03}" for x in range(500)]}, {"n": [f"name {x:03}" for x in range(700)]}) == ()
