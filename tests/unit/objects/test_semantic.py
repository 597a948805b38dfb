"""Semantic versions: read, ordered and bumped as semver.org says."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.errors import Invalid
from lineal.objects.semantic import FIRST, Level, SemanticVersion, check_series, parse_semantic

numerals = st.integers(0, 10**12).map(str)
words = st.from_regex(r"[0-9]{0,2}[A-Za-z-][0-9A-Za-z-]{0,4}", fullmatch=True)
pre_releases = st.lists(numerals | words, max_size=4).map(".".join)
versions = st.builds(SemanticVersion, *[st.integers(0, 10**6)] * 3, pre_releases)
near = st.builds(
    SemanticVersion, *[st.integers(0, 1)] * 3, st.lists(st.sampled_from("0 1 10 9 a a-b ab A -".split())).map(".".join)
)

IN_ORDER = (
    "0.9.9 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0"
    " 1.0.1-0 1.0.1-0.0 1.0.1-9 1.0.1-10 1.0.1-10.a 1.0.1--1 1.0.1-1a 1.0.1-A 1.0.1-a 1.0.1-a.1 1.0.1-a-b 1.0.1-aa 1.0.1"
    " 1.1.0-rc.1 2.0.0 2.1.0 2.1.1 10.0.0"
).split()
"""semver.org's own examples (section 11), and the cases that its rules decide: numbers before words, fewer before more."""


@given(versions)
def test_a_version_comes_back_from_its_text(version: SemanticVersion) -> None:
    assert version == parse_semantic(str(version))


def test_the_order_is_that_of_semver_org() -> None:
    shuffled = random.Random(7).sample(IN_ORDER, len(IN_ORDER))

    assert IN_ORDER == [str(each) for each in sorted(map(parse_semantic, shuffled))]


@given(st.lists(near, min_size=2, max_size=3))
def test_the_order_is_total_and_follows_the_rules_word_by_word(found: list[SemanticVersion]) -> None:
    left, right = found[0], found[-1]

    assert (left < right, left == right) == (by_the_rules(left, right) < 0, by_the_rules(left, right) == 0)


def by_the_rules(left: SemanticVersion, right: SemanticVersion) -> int:
    """Compare as section 11 of semver.org says, one rule after the other."""
    for one, other in zip((left.major, left.minor, left.patch), (right.major, right.minor, right.patch), strict=True):
        if one != other:
            return one - other
    if not (left.pre and right.pre):
        return bool(right.pre) - bool(left.pre)
    ours, theirs = left.pre.split("."), right.pre.split(".")
    for mine, yours in zip(ours, theirs, strict=False):
        if mine.isdigit() and yours.isdigit() and int(mine) != int(yours):
            return int(mine) - int(yours)
        if mine.isdigit() != yours.isdigit():
            return -1 if mine.isdigit() else 1
        if mine != yours:
            return -1 if mine.encode() < yours.encode() else 1
    return len(ours) - len(theirs)


@pytest.mark.parametrize("text", ["rc", "alpha", "x-1", "alpha.beta", "1a", "-"])
def test_a_word_can_name_a_series(text: str) -> None:
    assert text == check_series(text)


@pytest.mark.parametrize("text", ["", "rc.1", "1", "rc.", ".rc", "rc_1", "r c", "rc+5", "01", "é", "a..b", "a" * 65])
def test_what_ends_in_a_number_or_is_not_in_the_grammar_names_none(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_series(text)

    assert caught.value.hint


def test_a_build_is_refused_with_the_reason() -> None:
    with pytest.raises(Invalid, match="names a build") as caught:
        parse_semantic("1.2.3-rc.1+build.5")

    assert "digests tell builds apart" in caught.value.hint


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
    [
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.2.3-",
        "1.2.3-01",
        "1.2.3-a..b",
        "1.2.3-rc_1",
        "v1.2.3",
        " 1.2.3",
        "1.2.3\n",
        "1.-2.3",
        "1.2\u0662.3",
        "1.2.³",
    ],
)
def test_anything_else_is_invalid(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_semantic(text)

    assert caught.value.hint


def test_a_number_that_no_row_could_hold_is_invalid() -> None:
    for digits in (19, 5_000):
        with pytest.raises(Invalid):
            parse_semantic("1.0." + "9" * digits)


@given(st.text(st.sampled_from("0123456789.-a \n٢²"), max_size=12))
def test_what_is_read_is_what_was_written(text: str) -> None:
    try:
        found = parse_semantic(text)
    except Invalid:
        return

    assert text == str(found)
