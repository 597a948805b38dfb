"""The metrics of a run: a table and charts, a page at a time, in as many statements however many there are."""

from __future__ import annotations

import re

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import NotFound
from lineal.operations.recording import tracking
from lineal.web.pages import metrics, run
from tests.unit.web.making import asked, long, statements, told


def test_the_table_tells_last_least_and_greatest_and_the_charts_what_has_several_values(
    repository: LocalRepository,
) -> None:
    one = told(repository, {"train/loss": [3.0, 1.0, 2.0], "auc": [0.9], "bad": [1.0, "NaN"]})

    found = run.load(repository, asked(one))

    assert (2.0, 1.0, 3.0, 2, 3) == found["rows"]["train/loss"][1:6]
    assert ("NaN", 1.0, 1.0, 1, 2) == found["rows"]["bad"][1:6]
    assert {"train/loss", "bad"} == set(found["charts"]) == set(found["pictures"])
    assert f"/metric?run={one}&key=train%2Floss" == found["rows"]["train/loss"].address


def test_a_thousand_metrics_come_a_page_at_a_time_and_are_found_by_name(repository: LocalRepository) -> None:
    one = told(repository, {f"layer{n % 10}/w{n:04d}": [1.0, 2.0] for n in range(1_000)})

    first, last = (run.load(repository, asked(one, page=page)) for page in ("0", "41"))
    named = run.load(repository, asked(one, names="w000[1-3]$"))
    wrong = run.load(repository, asked(one, names="("))

    assert (metrics.CHARTS, 16) == (len(first["rows"]), len(last["rows"]))
    assert (["next"], ["before"]) == ([each[0] for each in first["pages"]], [each[0] for each in last["pages"]])
    assert ["layer1/w0001", "layer2/w0002", "layer3/w0003"] == list(named["rows"])
    assert (3, 1_000, 1_000) == (named["view"]["count"], named["view"]["whole"], wrong["view"]["count"])
    assert wrong["view"]["problem"]


def test_the_statements_of_a_page_do_not_grow_with_metrics_or_points(
    repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = told(repository, {"a": [1.0, 2.0]})
    large = told(repository, {f"m{n}": [1.0, 2.0, 3.0] for n in range(20)})
    long(repository, large, "long", 150_000)
    counts = [statements(run.load, repository, asked(each), monkeypatch) for each in (small, large)]
    charts = [
        statements(metrics.load, repository, asked(run=each, key=key, page=page), monkeypatch)
        for each, key, page in ((small, "a", "0"), (large, "m1", "0"))
    ]

    assert counts[0] == counts[1] <= 30
    assert charts[0] == charts[1] <= 20


def test_points_without_steps_are_shown_by_time_unless_steps_are_asked_for(repository: LocalRepository) -> None:
    one = told(repository, {})
    for at in range(1, 4):
        tracking.record(repository, one, points=(tracking.Point(key="loss", step=0, value=at / 2, at=at * 1_000),))

    by_time = metrics.load(repository, asked(run=one, key="loss"))
    by_step = metrics.load(repository, asked(run=one, key="loss", x="step"))

    assert "by time" in by_time["note"]
    assert "after the start" in by_time["picture"]
    assert "" == by_step["note"]


def test_a_page_of_a_metric_has_a_link_to_what_is_around_each_place_and_its_points(repository: LocalRepository) -> None:
    key = "a/b <c>&d"
    one = told(repository, {key: [float(n) for n in range(450)]})

    whole = metrics.load(repository, asked(run=one, key=key))
    part = metrics.load(repository, asked(run=one, key=key, **{"from": "100", "to": "110"}, page="2"))

    first = re.search(r'from=(\d+)&amp;to=(\d+)"', whole["picture"])
    assert first
    assert (0, True) == (int(first[1]), 74 < int(first[2]) < 90)
    assert (450, 0.0, 449.0) == tuple(whole["summary"][name] for name in ("point_count", "minimum", "maximum"))
    assert (11, [400, 449]) == (part["summary"]["point_count"], part["points"].steps[:: len(part["points"].steps) - 1])
    assert f"/metric?run={one}&key=a%2Fb+%3Cc%3E%26d" == part["whole"]
    assert ["before"] == [each[0] for each in part["pages"]]
    with pytest.raises(NotFound, match="has not measured 'nothing'"):
        metrics.load(repository, asked(run=one, key="nothing"))


def test_logarithms_of_nothing_above_zero_are_no_empty_chart(repository: LocalRepository) -> None:
    one = told(repository, {"loss": [-1.0, -2.0]})

    found = metrics.load(repository, asked(run=one, key="loss", y="log"))

    assert ("linear, for nothing of it is above 0", True) == (found["note"], bool(found["picture"]))
