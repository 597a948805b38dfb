"""Charts of metrics show every spike and every gap, name every value, and hold names as text."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.curves import Curve, Part, folded
from lineal.formats.figures.metric_charts import LINES_MAX, Axis, Line, View, line_style, metric_chart, swatch
from lineal.formats.series import Series
from lineal.objects.canonical import Number, number

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script>\0\x1b & é \u202e'


def curve(*values: Number, count: int = 1_000) -> Curve:
    """A curve with a value a step and a second."""
    steps = list(range(len(values)))
    series = Series(steps, list(values), [1_000 * step for step in steps])
    return folded(series, [], [], bounds=(0, max(1, len(values) - 1)), count=count)


def drawn(*curves: Curve, view: View = View(), names: str = "run", **how: object) -> ET.Element:  # noqa: B008
    lines = [Line(f"{names} {place}", each, place) for place, each in enumerate(curves)]
    return ET.fromstring(metric_chart("loss", lines, view, **how))  # type: ignore[arg-type]


def paths(root: ET.Element, kind: str) -> list[list[tuple[float, float]]]:
    """The lines of a class, as their places."""
    found = [each.get("d", "") for each in root.iter(f"{SVG}path") if each.get("class") == kind]
    numbers = [[float(each) for each in re.findall(r"-?[\d.]+", path)] for path in found]
    return [list(zip(each[::2], each[1::2], strict=True)) for each in numbers]


def titles(root: ET.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}title")]


def test_every_value_is_named_and_has_a_dot_where_there_are_few() -> None:
    root = drawn(curve(3.0, 1.0, 2.0))

    assert ["step 0\n3", "step 1\n1", "step 2\n2"] == titles(root)[1:]
    assert 3 == len(paths(root, "line")[0])
    assert "1 curve by step, from 1 to 3." in (root.get("aria-label") or "")


def test_what_was_folded_keeps_its_spike_in_the_shade_and_in_words() -> None:
    values: list[Number] = [0.5] * 5_000
    values[1_234] = 100.0
    root = drawn(curve(*values, count=50))
    shade = next(each for each in root.iter(f"{SVG}path") if each.get("fill-opacity"))
    heights = [float(each) for each in re.findall(r"[\d.]+ ([\d.]+)", shade.get("d", ""))]

    assert min(heights) < 30
    assert any("0.5 to 100" in each for each in titles(root))


def test_a_line_ends_where_something_is_not_finite_and_marks_say_what() -> None:
    root = drawn(curve(3.0, 2.0, "NaN", "NaN", 1.0, 0.5, "Infinity", 0.1, "-Infinity"))
    marks = [each.text for each in root.iter(f"{SVG}text") if each.text in {"×", "▲", "▼"}]

    assert [2, 2] == [len(each) for each in paths(root, "line")]
    assert ["×", "▲", "▼"] == marks
    assert "run 0: NaN at steps 2 to 3, 2 values" in titles(root)
    assert "4 values are not finite" in (root.get("aria-label") or "")


def test_nothing_finite_is_still_shown_and_nothing_at_all_is_not() -> None:
    assert any("NaN" in each for each in titles(drawn(curve("NaN", "NaN"))))
    assert "" == metric_chart("loss", [Line("a", curve())])


def test_what_is_not_above_nothing_has_no_place_on_a_logarithmic_axis() -> None:
    root = drawn(curve(0.0, -1.0, 0.001, 1.0, 1_000.0), view=View(is_log=True))
    places = paths(root, "line")[0]

    assert 3 == len(places)
    assert math.isclose(places[0][1] - places[1][1], places[1][1] - places[2][1], abs_tol=0.2)
    assert "2 not above 0" in (root.get("aria-label") or "")


def test_smoothing_begins_at_the_first_value_and_leaves_what_is_even() -> None:
    even = paths(drawn(curve(*[2.0] * 50), view=View(smoothing=0.99)), "line")[0]
    root = drawn(curve(0.0, 10.0, 0.0, 10.0), view=View(smoothing=0.5))

    assert 1 == len({y for _, y in even})
    assert paths(root, "line")[0][0] == paths(root, "raw")[0][0]
    # Five, of three quarters.
    assert "step 1\n10 (smoothed 6.66667)" in titles(root)


@pytest.mark.parametrize(
    ("axis", "said"),
    [("step", "step 2"), ("relative", "2 s after the start"), ("time", "1970-01-01 00:00:02 UTC, step 2")],
)
def test_values_stand_over_steps_or_times(axis: Axis, said: str) -> None:
    assert any(each.startswith(said) for each in titles(drawn(curve(1.0, 2.0, 3.0), view=View(axis=axis))))


def test_several_runs_have_each_a_look_of_its_own_and_one_column_names_all() -> None:
    root = drawn(*(curve(*(float(place + step) for step in range(5))) for place in range(LINES_MAX)))
    looks = {str(line_style(place, "line")) for place in range(LINES_MAX)}

    assert LINES_MAX == len(looks) == len({swatch(place) for place in range(LINES_MAX)}) == len(paths(root, "line"))
    assert "step 0\nrun 0: 0\nrun 1: 1" in titles(root)[1]
    assert "and 20 more" in titles(root)[1]


def test_a_click_leads_where_the_page_says() -> None:
    root = drawn(curve(1.0, 2.0), zoom=lambda first, last: f"/?a={first}&to={last}")

    assert ["/?a=0&to=0", "/?a=1&to=1"] == [each.get("href") for each in root.iter(f"{SVG}a")]


def test_names_stay_text() -> None:
    text = metric_chart(HOSTILE, [Line(HOSTILE, curve(1.0, 2.0), place) for place in range(2)])

    assert not list(ET.fromstring(text).iter(f"{SVG}script"))
    assert "<script" not in text


@given(
    st.lists(st.floats().map(number), min_size=1, max_size=30),
    st.builds(
        View,
        axis=st.sampled_from(["step", "time", "relative"]),
        is_log=st.booleans(),
        smoothing=st.sampled_from([0.0, 0.6, 0.999]),
    ),
    st.integers(1, 10),
)
def test_whatever_was_measured_is_a_sound_chart_of_its_size(values: list[Number], view: View, count: int) -> None:
    text = metric_chart("loss", [Line("a", curve(*values, count=count))], view)
    if view.is_log and not any(isinstance(each, str) or each > 0 for each in values):
        assert text == ""
        return
    root = ET.fromstring(text or "<svg/>")

    assert "nan" not in re.sub(r"<(title|desc)>.*?</\1>|aria-label=\".*?\"", "", text, flags=re.DOTALL).lower()
    assert all(
        0 <= x <= 440 and 0 <= y <= 240 for kind in ("line", "raw") for each in paths(root, kind) for x, y in each
    )


def test_a_chart_is_small_however_long_the_curves_are() -> None:
    part = [Part(step, step, step, step, 1, 0.123456, 0.123456, 0.123456) for step in range(150)]

    assert len(metric_chart("loss", [Line("a", Curve(part, []))])) < 25_000
    assert len(metric_chart("loss", [Line(f"run {n}", Curve(part[:60], []), n) for n in range(32)])) < 90_000
