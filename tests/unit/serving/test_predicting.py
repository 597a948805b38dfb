"""A table is answered in batches and in little memory; what that costs is measured on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from lineal.formats.predictions import Prediction
from lineal.objects.costs import Cost
from lineal.objects.errors import Invalid
from lineal.serving import measuring
from lineal.serving.loaders import Rows
from lineal.serving.measuring import Measuring
from lineal.serving.predicting import BATCH_ROWS, predict_table

ROWS = 60_000
PADDING = "x" * 600

PREDICT = """
import sys
from pathlib import Path
from lineal.formats.predictions import Prediction
from lineal.serving.measuring import Measuring
from lineal.serving.predicting import predict_table

class Model:
    inputs = {"x": "float64"}
    def predict(self, rows):
        return [Prediction(row["x"]) for row in rows]

measuring = Measuring(10)
with measuring.loading():
    model = Model()
predict_table(model, Path(sys.argv[1]), Path(sys.argv[1] + ".out"), measuring)
measuring.write(Path(sys.argv[1] + ".cost"))
"""


class Doubling:
    """A model that takes its time, and counts the rows of each call."""

    inputs: Mapping[str, str] = {"x": "float64"}

    def __init__(self, seconds: float = 0.0) -> None:
        self.calls: list[int] = []
        self._seconds = seconds

    def predict(self, rows: Rows) -> list[Prediction]:
        """Return twice the number of each row."""
        self.calls.append(len(rows))
        time.sleep(self._seconds)
        return [Prediction(2 * float(str(row["x"]))) for row in rows]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_memory_does_not_grow_with_the_table(tmp_path: Path, suffix: str) -> None:
    costs = []
    for count in (2 * BATCH_ROWS, ROWS):
        path = tmp_path / f"{count}{suffix}"
        lines = {
            ".csv": ["x,padding", *(f"{place}.5,{PADDING}" for place in range(count))],
            ".jsonl": [f'{{"x":"{place}.5","padding":"{PADDING}"}}' for place in range(count)],
        }
        path.write_text("\n".join(lines[suffix]) + "\n", encoding="utf-8")
        subprocess.run((sys.executable, "-c", PREDICT, str(path)), check=True, env={**os.environ})
        costs.append(msgspec.json.decode(Path(f"{path}.cost").read_bytes(), type=Cost))
        with Path(f"{path}.out").open(encoding="utf-8") as file:
            assert sum(1 for _ in file) == count

    assert path.stat().st_size > 35e6
    assert costs[1].memory_bytes < costs[0].memory_bytes + 8e6
    assert costs[1].rows_per_second > 1_000


def test_single_requests_are_bounded_in_number_and_in_time(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("x\n" + "1.5\n" * 20, encoding="utf-8")
    quick, slow, off = Doubling(), Doubling(0.05), Doubling()
    found = [Measuring(100), Measuring(100, most_s=0.2), Measuring(0)]
    for model, each in zip((quick, slow, off), found, strict=True):
        predict_table(model, source, tmp_path / "out.jsonl", each)

    assert (quick.calls, off.calls) == ([1] * 110 + [20], [20])
    assert 1 < len(slow.calls) < 8
    costs = [each.cost() for each in found]
    assert [each.request_count for each in costs] == [100, 1, 0]
    assert 0 < costs[0].latency_p50_ms <= costs[0].latency_p95_ms <= costs[0].latency_p99_ms
    assert costs[1].latency_p50_ms >= 50
    assert (costs[2].latency_p50_ms, costs[2].latency_p99_ms) == (0.0, 0.0)


def test_a_bad_row_is_named_by_its_number_although_single_rows_are_tried_first(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("x\n1.5\n2.5\nmuch\n", encoding="utf-8")

    with pytest.raises(Invalid, match="row 3: 'much' in column 'x'"):
        predict_table(Doubling(), source, tmp_path / "out.jsonl", Measuring(10))
    assert [each.name for each in tmp_path.iterdir()] == ["in.csv"]


def test_a_line_that_is_no_row_is_named(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"x":"1"}\n{"x":1}\n', encoding="utf-8")

    with pytest.raises(Invalid, match=r"line 2 of in\.jsonl is no row"):
        predict_table(Doubling(), source, tmp_path / "out.jsonl")


def test_percentiles_are_values_that_were_measured() -> None:
    ordered = [float(each) for each in range(1, 101)]

    assert [measuring._percentile(ordered, each) for each in (50, 95, 99)] == [50.0, 95.0, 99.0]
    assert measuring._percentile([3.0], 99) == 3.0


def test_the_packages_of_an_environment_have_the_size_that_installers_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one-1.0.dist-info").mkdir()
    record = 'one/__init__.py,sha256=abc,120\n"one/a,b.py",sha256=abc,30\none-1.0.dist-info/RECORD,,\n'
    (tmp_path / "one-1.0.dist-info" / "RECORD").write_text(record, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path)])

    assert measuring.environment_bytes() == 150


def test_what_is_written_is_read_as_a_cost(tmp_path: Path) -> None:
    found = Measuring()
    with found.loading():
        pass
    found.write(tmp_path / "cost.json")
    told = json.loads((tmp_path / "cost.json").read_bytes())

    assert msgspec.convert(told, Cost).start_ms > 0
    assert told["memory_bytes"] > 1e6
