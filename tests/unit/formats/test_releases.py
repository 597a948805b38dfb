"""Versions of distributions stand in the order of PEP 440."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from lineal.formats.releases import is_like, order_of

_numbers = st.integers(0, 12)
_releases = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["", "", "", "1!", "v"]),
    st.lists(_numbers, min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts))),
    st.sampled_from(["", "", "a1", "b2", "rc1", ".alpha3", "-pre", "c4"]),
    st.sampled_from(["", "", ".post1", "-2", "rev3"]),
    st.sampled_from(["", "", ".dev0", "dev4"]),
    st.sampled_from(["", "", "+cu121"]),
)


@given(_releases, _releases)
def test_they_stand_as_packaging_puts_them(one: str, two: str):
    mine, other = Version(one.partition("+")[0]), Version(two.partition("+")[0])

    assert (order_of(one) < order_of(two), order_of(one) == order_of(two)) == (mine < other, mine == other)


@pytest.mark.parametrize(
    ("text", "operator", "wanted", "expected"),
    [
        ("1.10.0", ">", "1.9", True),
        ("1.4.0", "=", "1.4", True),
        ("1.4.2", "=", "1.4", False),
        ("1.4.2", "=", "1.4.*", True),
        ("1.40", "=", "1.4.*", False),
        ("1.4.2", "!=", "1.4.*", False),
        ("2.4.0+cu121", "=", "2.4", True),
        ("2.4.0", "=", "2.4.0+cu121", False),
        ("2.0rc1", "<", "2.0", True),
        ("unknown", ">=", "0", False),
        ("unknown", "=", "unknown", True),
    ],
)
def test_a_version_is_compared(text: str, operator: str, wanted: str, expected: bool):
    assert expected is is_like(text, operator, wanted)
