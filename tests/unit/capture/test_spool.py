"""The spool gives back what was written, also after a crash."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.capture import live
from lineal.capture.launched import Launched, recover
from lineal.capture.native import run
from lineal.capture.program.processes import start_time
from lineal.capture.shim.lineal_shim.writing import encoded
from lineal.capture.spool import Start, orphans, write_start
from lineal.capture.told.points import batches
from lineal.capture.told.reading import read
from lineal.objects.errors import NotFound
from lineal.objects.runs import Point

Record = Callable[..., Launched]
Write = Callable[[str, str], Path]


def events(spool: Path, *lines: str) -> Path:
    spool.mkdir(exist_ok=True)
    (spool / "events-1.jsonl").write_text("".join(lines))
    return spool


def metric(at: int, step: int | None, **values: float) -> str:
    return json.dumps({"kind": "metric", "at": at, "step": step, "metrics": values}) + "\n"


def points(spool: Path) -> tuple[Point, ...]:
    """Return every point of a spool, metric by metric."""
    return tuple(point for batch in batches(spool) for key, series in batch.items() for point in series.points(key))


def test_metrics_keep_their_steps_and_their_last_value(spool: Path) -> None:
    events(spool, metric(1, 0, loss=1.0), metric(2, 10, loss=float("nan")), metric(3, None, loss=0.5, acc=float("inf")))

    record = read(spool)

    assert {"loss": 0.5, "acc": "Infinity"} == record.metrics
    assert (
        Point("loss", 0, 1.0, 1),
        Point("loss", 10, "NaN", 2),
        Point("loss", 11, 0.5, 3),
        Point("acc", 0, "Infinity", 3),
    ) == points(spool)


def test_a_torn_last_line_is_left_out_and_noted(spool: Path) -> None:
    events(spool, metric(1, 0, loss=1.0), metric(2, 1, loss=2.0)[:-9])

    record = read(spool)

    assert ({"loss": 1.0}, ("1 event in events-1.jsonl were cut off and are lost",)) == (record.metrics, record.gaps)


@settings(max_examples=50)
@given(st.integers(min_value=0, max_value=400))
def test_whatever_a_crash_leaves_can_be_read(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    whole = "".join(metric(position, position, loss=float(position)) for position in range(6))
    spool = events(tmp_path_factory.mktemp("spool"), whole[:cut])

    finished = whole[:cut].count("\n")
    assert [float(each) for each in range(finished)] == [each.value for each in points(spool)][:finished]


@pytest.mark.parametrize(
    "line",
    ["[]", "7", '{"kind":"metric"}', '{"kind":"metric","at":1}', '{"kind":"model","at":1,"path":"x","facts":{"no":1}}'],
)
def test_an_event_that_makes_no_sense_is_a_gap(line: str, spool: Path) -> None:
    record = read(events(spool, line + "\n", metric(2, 0, loss=1.0)))

    assert ({"loss": 1.0}, 1) == (record.metrics, len(record.gaps))


def test_a_metric_that_is_no_number_is_a_gap(spool: Path) -> None:
    record = read(events(spool, json.dumps({"kind": "metric", "at": 1, "step": 0, "metrics": {"loss": "low"}}) + "\n"))

    assert ({}, ("the metric loss was logged with 'low', which is no number",)) == (record.metrics, record.gaps)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=50)
@given(json_values)
def test_what_the_program_writes_is_json(value: object) -> None:
    assert value == json.loads(encoded(value))


def test_logging_outside_of_a_run_warns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINEAL_SPOOL", raising=False)
    monkeypatch.setattr(run, "_warned", set())

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        live.log(loss=1.0)
        live.param(x=1)

    assert ["lineal run" in str(each.message) for each in caught] == [True]


def a_start(**given: object) -> Start:
    return Start(run_id="R", command=("x",), directory="/", started_at=1, host=platform.node(), **given)  # type: ignore[arg-type]


def test_only_a_spool_whose_processes_are_dead_is_an_orphan(tmp_path: Path) -> None:
    dead = subprocess.Popen("true")
    dead.wait()
    own = os.getpid()
    starts = {
        "dead": a_start(process=dead.pid, process_started=5),
        "recorder lives": a_start(process=own, process_started=start_time(own)),
        "program lives": a_start(process=dead.pid, process_started=5, program=own, program_started=start_time(own)),
        "number reused": a_start(process=own, process_started=start_time(own) - 1),
    }
    for name, start in starts.items():
        (tmp_path / name).mkdir()
        write_start(tmp_path / name, start)
    (tmp_path / "empty").mkdir()

    assert {"dead", "number reused"} == {each.name for each in orphans(tmp_path)}
    assert [] == orphans(tmp_path / "nowhere")


def test_an_orphan_gives_back_what_it_kept(spool: Path, record: Record, write: Write) -> None:
    write("program.py", "import lineal.capture.live as l\nl.log(loss=0.5)\nl.param(depth=3)")
    launched = record("program.py")
    (spool / "end.json").unlink()

    lost = recover(spool)

    assert ("lost", None, "RUN") == (lost.state, lost.exit_status, lost.run_id)
    assert ({"loss": 0.5}, {"depth": 3}) == (lost.record.metrics, lost.record.params)
    assert (launched.code, launched.runtime, launched.started_at) == (lost.code, lost.runtime, lost.started_at)
    assert any("recorder died" in each for each in lost.gaps)


def test_a_run_whose_end_was_written_down_is_whole(spool: Path, record: Record, write: Write) -> None:
    write("in.txt", "1")
    write(
        "program.py",
        "import lineal.capture.live as l\nopen('in.txt').read(); l.log(loss=0.5)\n"
        "open('metrics.json', 'w').write('{\"a\": 1}')",
    )

    launched = record("program.py")

    assert launched == recover(spool)


def test_a_spool_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        recover(tmp_path)


def test_half_a_character_does_not_keep_a_run_from_being_recorded(tmp_path: Path) -> None:
    spool = events(tmp_path, '{"kind":"param","at":1,"params":{"name":"\\udcff","smile":"\\ud83d\\ude00"}}')

    params = read(spool).params

    assert {"name": "?", "smile": "\N{GRINNING FACE}"} == params
