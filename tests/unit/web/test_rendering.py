"""How values are written in pages."""

from __future__ import annotations

import pytest

from lineal.web.rendering import duration, minute


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "—"),
        (-1, "—"),
        (0, "0.0 s"),
        (59_940, "59.9 s"),
        (60_000, "1 min 0 s"),
        (3_599_999, "59 min 59 s"),
        (3_600_000, "1 h 0 min"),
        (90_000_000, "1 d 1 h"),
        (10**12, "11,574 d 1 h"),
    ],
)
def test_a_duration_has_the_two_units_that_matter(milliseconds: int | None, text: str) -> None:
    assert text == duration(milliseconds)


def test_a_time_to_the_minute_is_a_dash_where_nobody_knows() -> None:
    assert ("2026-11-26 14:35", "—", "—") == (minute(1_795_703_700_000), minute(0), minute(None))
