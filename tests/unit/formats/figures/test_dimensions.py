"""Runs by what they were told and measured: numbers and names each on an axis, and what is missing is seen."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from lineal.formats.figures.dimensions import DIMENSIONS_MAX, Dimension, Run, parallel, scatter

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script>\0 & é'
RUNS = [Run("a", 0), Run(HOSTILE, 1), Run("c", 2)]
LR = Dimension("params.lr", (1e-5, 0.001, 0.1))
OPTIMIZER = Dimension(HOSTILE, ("adam", HOSTILE, None))
AUC = Dimension("metrics.auc", (0.8, None, 0.9))


def groups(text: str, kind: str) -> list[ET.Element]:
    return [each for each in ET.fromstring(text).iter(f"{SVG}g") if (each.get("class") or "").startswith(kind)]


def test_each_run_is_a_line_that_says_all_of_its_values() -> None:
    lines = groups(parallel(RUNS, [LR, OPTIMIZER, AUC]), "way")

    assert 3 == len(lines)
    assert f"c\nparams.lr: 0.1\n{HOSTILE.replace(chr(0), chr(0xFFFD))}: —\nmetrics.auc: 0.9" == lines[2][0].text
    assert {"way c0", "way c1", "way c2"} == {each.get("class") for each in lines}


def test_numbers_far_apart_are_on_a_logarithmic_axis_and_names_beside_each_other() -> None:
    text = parallel(RUNS, [LR, OPTIMIZER])
    said = {each.text for each in ET.fromstring(text).iter(f"{SVG}text")}

    assert {"1e-5", "0.001", "0.1", "adam"} <= said
    assert "<script" not in text


def test_one_axis_is_no_picture_and_very_many_are_cut() -> None:
    assert "" == parallel(RUNS, [LR])
    assert "" == parallel(RUNS, [LR, Dimension("nothing", (None, None, None))])
    many = ET.fromstring(parallel(RUNS, [Dimension(f"p{n}", (1.0, 2.0, float(n))) for n in range(50)]))
    assert DIMENSIONS_MAX == sum(each.get("font-weight") == "600" for each in many.iter(f"{SVG}text"))


def test_one_thing_against_another_shows_the_runs_that_have_both() -> None:
    spots = groups(scatter(RUNS, LR, AUC), "spot")

    assert ["a\nparams.lr: 1e-05\nmetrics.auc: 0.8", "c\nparams.lr: 0.1\nmetrics.auc: 0.9"] == [
        title.text for each in spots for title in each.iter(f"{SVG}title")
    ]
    assert len(groups(scatter(RUNS, OPTIMIZER, LR), "spot")) == 2
    assert "" == scatter(RUNS, Dimension("x", (None, 1.0, None)), AUC)


def test_what_is_not_finite_has_no_place() -> None:
    inf = Dimension("metrics.loss", (float("inf"), 1.0, 2.0))

    assert 2 == len(groups(scatter(RUNS, inf, LR), "spot"))
    assert 3 == len(groups(parallel(RUNS, [inf, LR]), "way"))
