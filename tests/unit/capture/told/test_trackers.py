"""What a program told other trackers stands in its run once, whatever was seen of it anyway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lineal.capture.told.points import batches
from lineal.capture.told.reading import read
from lineal.capture.told.record import SpoolRecord
from lineal.capture.told.trackers import literal
from lineal.objects.canonical import Scalar


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Return an empty spool."""
    return tmp_path


def record_of(spool: Path, *events: dict[str, object]) -> SpoolRecord:
    lines = [json.dumps({"at": at, "kind": "tracked", "by": "mlflow", **each}) for at, each in enumerate(events)]
    (spool / "events-1.jsonl").write_text("\n".join(lines))
    return read(spool)


def seen(name: str, *values: float) -> list[dict[str, object]]:
    return [{"kind": "metric", "metrics": {name: value}, "step": step} for step, value in enumerate(values)]


def tracked(name: str, *values: float) -> list[dict[str, object]]:
    return [{"metrics": {name: value}, "step": step} for step, value in enumerate(values)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-0.5", -0.5),
        ("1e-05", 1e-5),
        ("True", True),
        ("None", None),
        ("007", "007"),
        ("1_000", "1_000"),
        ("adam", "adam"),
        ("", ""),
        (7, 7),
    ],
)
def test_a_text_that_stands_for_a_number_is_one(text: Scalar, value: Scalar) -> None:
    found = literal(text)

    assert (value, type(value)) == (found, type(found))


def test_a_param_that_autologging_took_from_what_was_seen_is_left_out(told: Path) -> None:
    record = record_of(
        told,
        {"kind": "param", "params": {"Forest.depth": 3, "rate": 0.5, "width": 8}},
        {"params": {"depth": "3", "trees": "10"}, "automatic": True},
        {"params": {"Forest.depth": "3", "rate": "0.25", "width": "8", "depth": "4"}},
    )

    assert {
        "Forest.depth": 3,
        "rate": 0.5,
        "width": 8,
        "trees": 10,
        "mlflow.rate": 0.25,
        "depth": 4,
    } == record.params


def test_a_param_that_the_program_told_itself_stays_beside_what_was_seen(told: Path) -> None:
    record = record_of(told, {"kind": "param", "params": {"Forest.depth": 3}}, {"params": {"depth": 3}})

    assert {"Forest.depth": 3, "depth": 3} == record.params


@pytest.mark.parametrize("name", ["valid_0-logloss", "valid/logloss", "logloss", "valid_0.logloss"])
def test_a_metric_with_the_same_values_is_the_same_one(told: Path, name: str) -> None:
    record = record_of(told, *seen("valid_0.logloss", 0.5, 0.25), *tracked(name, 0.5, 0.25))

    (points,) = batches(told, doubled=record.doubled)
    assert {"valid_0.logloss": [0.5, 0.25]} == {key: each.values for key, each in points.items()}


def test_a_metric_with_another_value_or_another_word_is_another_one(told: Path) -> None:
    record = record_of(
        told, *seen("valid_0.logloss", 0.5, 0.25), *tracked("logloss", 0.5, 0.125), *tracked("auc", 0.5, 0.25)
    )

    assert {"valid_0.logloss": 0.25, "logloss": 0.125, "auc": 0.25} == record.metrics


def test_a_summary_is_kept_where_it_is_not_the_last_value(told: Path) -> None:
    record = record_of(
        told, *tracked("acc", 0.5, 0.75, 0.625), {"summary": {"acc": 0.75, "best": 3, "note": "x"}}, *tracked("f1", 1.0)
    )

    assert {"acc": 0.625, "summary.acc": 0.75, "best": 3.0, "f1": 1.0} == record.metrics


def test_secrets_among_what_trackers_were_told_are_masked(told: Path) -> None:
    record = record_of(told, {"params": {"api_key": "abc"}, "tags": {"password": "abc", "team": "risk"}})

    assert ("abc" in str(record), 2) == (False, record.masked_secrets)
    assert "risk" == record.tags["team"]
