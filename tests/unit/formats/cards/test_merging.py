"""What two people made of one text: nothing of either is lost, and a conflict is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.cards.marks import tidy
from lineal.formats.cards.merging import THERE, YOURS, merge, merge_sections
from lineal.objects.errors import Invalid

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "d e"]), max_size=8)
TEXTS = LINES.map("\n".join)


@given(TEXTS, TEXTS)
def test_what_only_one_changed_is_taken_as_it_is(base: str, other: str) -> None:
    assert merge(base, base, other) == (other, False)
    assert merge(base, other, base) == (other, False)
    assert merge(base, other, other) == (other, False)


@given(TEXTS, TEXTS, TEXTS)
def test_no_line_that_somebody_added_is_lost(base: str, there: str, yours: str) -> None:
    merged = merge(base, there, yours)
    lines, known = merged.text.split("\n"), set(base.split("\n"))

    assert {line for text in (there, yours) for line in text.split("\n")} - known - {""} <= set(lines)
    assert merged.has_conflict == (THERE in lines) == (YOURS in lines)


@given(TEXTS, TEXTS, TEXTS)
def test_it_does_not_matter_who_was_first(base: str, there: str, yours: str) -> None:
    one, other = merge(base, there, yours), merge(base, yours, there)

    assert one.has_conflict == other.has_conflict
    assert one.has_conflict or one.text == other.text


@given(LINES, LINES, LINES, LINES)
def test_changes_in_different_places_are_both_there(
    start: list[str], new: list[str], end: list[str], last: list[str]
) -> None:
    base = [*start, "between 1", "between 2", *end]
    there, yours = [*new, "between 1", "between 2", *end], [*start, "between 1", "between 2", *last]
    merged = merge(*("\n".join(each) for each in (base, there, yours)))

    assert merged == ("\n".join([*new, "between 1", "between 2", *last]), False)


def test_a_conflict_holds_both_texts_between_marks_and_is_refused_until_it_is_solved() -> None:
    merged = merge("one\ntwo\nthree", "one\n2\nthree", "one\nzwei\nthree")

    assert merged.text == f"one\n{THERE}\n2\n=======\nzwei\n{YOURS}\nthree"
    with pytest.raises(Invalid, match="conflict is not solved"):
        tidy(merged.text)


def test_sections_are_merged_one_by_one() -> None:
    base = {"caveats": "a\nb", "factors": "f", "intended-use": "i"}
    there = {"caveats": "a\nB", "factors": "f", "training-data": "new"}
    yours = {"caveats": "A\nb\nc", "factors": "F"}

    assert merge_sections({**base, "caveats": "a\nx\nb"}, {**there, "caveats": "a\nx\nB"}, {**yours, "caveats": "A\nx\nb"}) == (
        {"caveats": "A\nx\nB", "factors": "F", "training-data": "new"}, (),
    )  # fmt: skip


def test_one_who_removes_what_another_changed_is_told() -> None:
    merged, conflicts = merge_sections({"caveats": "old"}, {"caveats": "new"}, {})

    assert conflicts == ("caveats",)
    assert "new" in merged["caveats"]
