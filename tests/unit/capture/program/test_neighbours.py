"""Runs beside one: whose a process was that is gone, and what is said when there are too many to tell."""

from __future__ import annotations

from pathlib import Path

from lineal.capture.gaps import Gaps
from lineal.capture.program import neighbours
from lineal.capture.program.neighbours import Neighbours
from lineal.capture.spool import Start, write_start


def make(place: Path, name: str, process: int, program: int = 0) -> Path:
    spool = place / name
    spool.mkdir(exist_ok=True)
    write_start(
        spool,
        Start(run_id=name, command=("x",), directory="/", started_at=1, process=process, program=program),
    )
    return spool


def test_processes_of_runs_beside_are_known_though_they_came_later_or_are_gone(tmp_path: Path) -> None:
    own, gaps = make(tmp_path, "own", 10, 11), Gaps()
    beside = Neighbours(own, gaps)
    assert not beside.had(20)

    other = make(tmp_path, "other", 21)
    assert beside.had(21)
    make(tmp_path, "other", 21, 22)
    assert beside.had(22)
    (other / "events-23.jsonl").touch()
    assert beside.had(23)
    (own / "events-24.jsonl").touch()
    assert not beside.had(24)
    for each in other.iterdir():
        each.unlink()
    other.rmdir()
    assert beside.had(22)
    assert [] == list(gaps)


def test_too_many_are_not_asked_for_for_ever_and_that_is_said(tmp_path: Path) -> None:
    own, gaps = make(tmp_path, "own", 10), Gaps()
    beside = Neighbours(own, gaps)
    for process in range(1_000, 1_000 + 2 * neighbours._ASKED_MAX):
        assert not beside.had(process)
    assert [] == list(gaps)  # without other runs a shell may start what it likes

    make(tmp_path, "other", 20, 21)
    for process in range(3_000, 3_001 + neighbours._ASKED_MAX):
        assert not beside.had(process)
    assert 1 == len(list(gaps))
    assert beside.had(21)
