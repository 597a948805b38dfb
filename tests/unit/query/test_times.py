"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.query.times import period
from tests.unit.query.world import NOW


def at(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


LATER = NOW + 12 * 3_600_000 + 345
"""Noon and a little on 2026-11-02."""


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", at(2026, 1, 1), at(2027, 1, 1)),
        ("2026-11", at(2026, 11, 1), at(2026, 12, 1)),
        ("2026-12", at(2026, 12, 1), at(2027, 1, 1)),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1)),
        ("2026-12-31", at(2026, 12, 31), at(2027, 1, 1)),
        ("2026-11-01T12:30", at(2026, 11, 1, 12, 30), at(2026, 11, 1, 12, 31)),
        ("2026-11-01 12:30:15Z", at(2026, 11, 1, 12, 30, 15), at(2026, 11, 1, 12, 30, 16)),
        ("1969-12-31", -86_400_000, 0),
        ("Today", at(2026, 11, 2), at(2026, 11, 3)),
        ("yesterday", at(2026, 11, 1), at(2026, 11, 2)),
        ("now", LATER, LATER + 1),
        ("7 days  ago", LATER - 7 * 86_400_000, LATER - 7 * 86_400_000 + 1),
        ("1 hour ago", LATER - 3_600_000, LATER - 3_600_000 + 1),
        ("2 weeks ago", LATER - 14 * 86_400_000, LATER - 14 * 86_400_000 + 1),
    ],
)
def test_a_time_is_the_period_that_its_smallest_part_lasts(text: str, start: int, end: int):
    assert (start, end) == period(text, LATER)


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13", "2026-02-30", "0000", "9999", "9999-12-31", "26-11-01", "2026-11-01T25:00", "٢٠٢٦"]
)
def test_what_no_calendar_has_is_no_time(text: str):
    assert period(text, LATER) is None


@given(st.text() | st.from_regex(r"[0-9]{1,7} (second|month|year)s? ago", fullmatch=True))
def test_every_period_fits_into_the_integers_of_a_database(text: str):
    found = period(text, LATER) or (0, 1)

    assert -(2**63) <= found[0] < found[1] < 2**63
