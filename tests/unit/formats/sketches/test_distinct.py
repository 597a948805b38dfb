"""How many different values: within a few percent, the same for the same values however they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.sketches import distinct

VALUES = st.lists(st.integers(-(2**70), 2**70))


@pytest.mark.parametrize("count", [0, 1, 10, 300, 1_000, 5_000, 20_000, 200_000])
def test_the_estimate_is_near(count: int) -> None:
    estimates = [
        distinct.estimate(distinct.registers(map(distinct.of_number, range(start, start + count))))
        for start in (0, 10**12)
    ]

    # Four standard errors of 3.25 %.
    assert all(abs(each - count) <= max(1, 0.13 * count) for each in estimates)


@given(VALUES, VALUES)
def test_registers_of_parts_make_those_of_the_whole(left: list[int], right: list[int]) -> None:
    a, b, both = (distinct.registers(map(distinct.of_number, each)) for each in (left, right, left + right))

    assert distinct.union([a, b]) == distinct.union([b, a, a]) == both
    assert distinct.read(distinct.written(both)) == both


def test_a_number_is_the_same_whether_it_has_a_point() -> None:
    assert distinct.of_number(3) == distinct.of_number(3.0)
    assert distinct.of_number(2**62 + 1) != distinct.of_number(2**62)
    assert distinct.of_number(0.5) != distinct.of_number(0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "e220a8397b1dcdaf"),
        (-1, "e4d971771b652c20"),
        (0.5, "03e255ea9854c632"),
        (2.0**80, "7698757278032c23"),
        ("", "0000000000000000"),
        ("a", "6232969000262121"),
        ("eight by", "8b2245732d62254c"),
        ("nine byte", "0c5ab1f4e57ec372"),
        ("é" * 32, "f13f16f0f69116fb"),
        ("x" * 65, "36c9c5df1f7285c0"),
    ],
)
def test_hashes_stay_what_they_are(value: float | str, expected: str) -> None:
    found = distinct.of_text(value) if isinstance(value, str) else distinct.of_number(value)

    assert f"{found:016x}" == expected
