"""Every figure is sound, tells what it shows, stays small, and holds names as text whatever they are."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.figures.axes import ticks
from lineal.formats.figures.confusion import confusion_matrix
from lineal.formats.figures.curves import Bin, calibration, precision_recall, roc
from lineal.formats.figures.forest import Row, forest_plot
from lineal.formats.figures.history import Measured, metric_history
from lineal.formats.figures.lineage import Edge, Node, lineage

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script>\0\x1b & é'
LONG = [(n / 100_000, n / 100_000) for n in range(100_001)]
ALL = Row("", "", 600, 0.7, 0.65, 0.75)

FIGURES = {
    "roc": roc([(0.0, 0.0), (0.1, 0.8), (1.0, 1.0)], 0.85),
    "long roc": roc(LONG),
    "pr": precision_recall([(0.0, 1.0), (1.0, 0.5)], 0.5),
    "calibration": calibration([Bin(0.1, 0.2, 0.1, 0.3, 40), Bin(0.9, 0.8, 0.7, 0.9, 60)]),
    "no rows": calibration([]),
    "confusion": confusion_matrix(["no", HOSTILE], {("no", "no"): 5, (HOSTILE, "no"): 7}),
    "large confusion": confusion_matrix([f"class {n}" for n in range(20)], {("class 1", "class 2"): 12_345}),
    "forest": forest_plot(
        "recall", [Row("sex", HOSTILE, 300, 0.5, 0.45, 0.55), Row("sex", "b", 300, 0.7, 0.6, 0.8)], ALL
    ),
    "long forest": forest_plot("recall", [Row("x", str(n), 1, 0.5, 0.4, 0.6) for n in range(500)], ALL),
    "history": metric_history(
        "recall", [Measured("1.0.0", 0.5, 0.4, 0.6), Measured(HOSTILE, 0.6, 0.5, 0.7, is_this=True)]
    ),
    "long history": metric_history("recall", [Measured(f"1.{n}.0", 0.5, 0.4, 0.6) for n in range(500)]),
    "lineage": lineage(
        "m", [Node("a", "dataset", HOSTILE, 1), Node("b", "version", "m:1", 0)], [Edge("b", "a", HOSTILE)]
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_sound_and_tells_what_it_shows(name: str) -> None:
    root = ET.fromstring(FIGURES[name])

    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert root.find(f"{SVG}title") is not None
    assert not list(root.iter(f"{SVG}script"))
    assert len(FIGURES[name]) < 60_000


def test_the_description_says_what_there_is_to_see() -> None:
    said = {name: ET.fromstring(svg).get("aria-label") or "" for name, svg in FIGURES.items()}

    assert "The area below it is 0.850." in said["roc"]
    assert "Guessing has a precision of 0.500." in said["pr"]
    assert "furthest from it where it says 0.90: 0.80 of 60 rows" in said["calibration"]
    assert "5 of 12 rows are on the diagonal" in said["confusion"]
    assert "lowest where sex is " in said["forest"]
    assert "the 1 subgroups whose interval does not reach" in said["forest"]
    assert "440 more subgroups are not drawn" in said["long forest"]
    assert "from 0.5 (1.0.0) to 0.6" in said["history"]


def test_a_group_that_is_apart_has_another_mark_and_not_only_another_colour() -> None:
    marks = [
        each.tag.removeprefix(SVG) for each in ET.fromstring(FIGURES["forest"]) if each.find(f"{SVG}title") is not None
    ]

    assert marks == ["circle", "rect", "circle"]


def test_what_cannot_be_read_is_not_drawn() -> None:
    assert confusion_matrix([str(n) for n in range(25)], {}) == ""
    assert confusion_matrix([], {}) == ""
    assert forest_plot("recall", [], ALL) == ""
    assert metric_history("recall", [Measured("1.0.0", 0.5, 0.4, 0.6)]) == ""


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_ticks_are_few_and_between(one: float, other: float) -> None:
    least, most = sorted((one, other))
    found = ticks(least, most)

    assert 1 <= len(found) <= 7
    assert most - least < 1e-6 or all(least - 1e-6 <= each <= most + 1e-6 for each in found)
