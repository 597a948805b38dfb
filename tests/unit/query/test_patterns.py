"""Regular expressions find what Python's do, and no text makes them slow."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.query.patterns import PATTERN_MAX, Pattern, PatternError

_atoms = st.sampled_from(["a", "b", "_", ".", r"\d", r"\w", r"\s", "[ab]", "[^a]", "[a-c0-9_]", r"\.", r"[\]x]", "[/]"])
_repeats = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}", "{0,}", "{2,}"])
_patterns = st.recursive(
    st.builds("{}{}".format, _atoms, _repeats),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("({}|{}){}".format, inner, inner, _repeats),
        st.builds("(?:{}){}".format, inner, _repeats),
        st.builds("^{}".format, inner),
        st.builds("{}$".format, inner),
    ),
    max_leaves=8,
)
_texts = st.text("ab_c1. /]\n", max_size=8)


@given(_patterns, st.lists(_texts, min_size=1, max_size=5))
def test_they_find_what_pythons_do(pattern: str, texts: list[str]):
    ours, pythons = Pattern(pattern), re.compile(pattern.replace("$", r"\Z"))

    assert [ours.finds(each) for each in texts] == [pythons.search(each) is not None for each in texts]


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "(.*)*x", ".*.*.*.*.*.*.*.*x", "(a*)*b", "(a?){50}a{50}b"])
def test_what_would_take_years_takes_a_moment(pattern: str):
    assert not Pattern(pattern).finds("a" * 250 + "!")


@pytest.mark.parametrize(
    ("pattern", "at", "problem"),
    [
        ("val_(", 4, "never closed"),
        ("a)", 1, "closes nothing"),
        ("*a", 0, "nothing to repeat"),
        ("a**", 2, "nothing to repeat"),
        ("x[ab", 1, "bracket is never closed"),
        ("[z-a]", 0, "cannot be read"),
        (r"a\1", 1, r"no \\1"),
        ("(?=a)", 0, "look around"),
        ("a{99}", 1, "at most 50"),
        ("a{3,2}", 1, "at most 50"),
        ("((((a{50}){50}){50}))", 0, "too large"),
        ("a" * (PATTERN_MAX + 1), PATTERN_MAX, "characters"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(pattern: str, at: int, problem: str):
    with pytest.raises(PatternError, match=problem) as caught:
        Pattern(pattern)

    assert problem == "too large" or at == caught.value.at
