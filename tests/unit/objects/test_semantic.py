"""Semantic versions: read, ordered and bumped as semver.org says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.errors import Invalid
from lineal.objects.semantic import FIRST, Level, SemanticVersion, parse_semantic

versions = st.builds(SemanticVersion, *[st.integers(0, 10**6)] * 3)


@given(versions)
def test_a_version_comes_back_from_its_text(version: SemanticVersion) -> None:
    assert version == parse_semantic(str(version))


def test_versions_are_in_the_order_of_their_numbers_not_of_their_letters() -> None:
    texts = ["2.10.0", "10.0.0", "2.9.9", "2.9.10", "1.0.0"]

    assert ["1.0.0", "2.9.9", "2.9.10", "2.10.0", "10.0.0"] == [
        str(each) for each in sorted(map(parse_semantic, texts))
    ]
    assert parse_semantic("1.0.0") == FIRST


@pytest.mark.parametrize(("level", "expected"), [("major", "3.0.0"), ("minor", "2.4.0"), ("patch", "2.3.8")])
def test_a_bump_starts_what_is_right_of_it_again(level: Level, expected: str) -> None:
    assert expected == str(parse_semantic("2.3.7").bumped(level))


@given(versions, st.sampled_from(["major", "minor", "patch"]))
def test_a_bumped_version_is_newer(version: SemanticVersion, level: Level) -> None:
    assert version < version.bumped(level)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-rc1", "v1.2.3", " 1.2.3", "1.2.3\n", "1.-2.3", "1.2\u0662.3", "1.2.³"],
)
def test_anything_else_is_invalid(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_semantic(text)

    assert caught.value.hint


def test_a_number_that_no_row_could_hold_is_invalid() -> None:
    for digits in (19, 5_000):
        with pytest.raises(Invalid):
            parse_semantic("1.0." + "9" * digits)


@given(st.text(st.sampled_from("0123456789.- \n٢²"), max_size=12))
def test_what_is_read_is_what_was_written(text: str) -> None:
    try:
        found = parse_semantic(text)
    except Invalid:
        return

    assert text == str(found)
