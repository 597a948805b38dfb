"""Distributed trainings: several processes, on one machine or several, are one run, whoever comes first and whoever dies."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lineal
from lineal.client.connect import connect, init
from lineal.operations.recording.tracking import history
from tests.parts.capture import interpreter
from tests.parts.part import TOP
from tests.surfaces.commands import lineal as lineal_says
from tests.surfaces.serving import Served
from tests.surfaces.test_cli_faults import until

SOURCES = str(Path(lineal.__path__[0]).parent)

TRAIN = """
import os, sys, time
if "start" in sys.argv: import lineal; lineal.start("together")
import lineal
rank = os.environ["RANK"]
def wait(name):
    while not os.path.exists(name): time.sleep(0.01)
open(f"../here-{rank}", "w").close()
if "alone" not in sys.argv: wait("../here-0"); wait("../here-1")  # as the processes of a training do
rows = [float(each) for each in open(f"rows-{rank}.csv")]
for step, each in enumerate(rows): lineal.log(loss=each, step=step)
print("rank", rank, "is done", flush=True)
if "die" in sys.argv and rank == "1": os.kill(os.getpid(), 9)
if rank != sys.argv[1]: wait("../ended")
"""


class Machine:
    """A directory that stands for a machine: with a user's cache and a launcher of its own."""

    def __init__(self, top: Path, rank: int, url: str) -> None:
        self.place, self._rank = top / f"machine {rank}", rank
        (self.place / "home").mkdir(parents=True)
        (self.place / "train.py").write_text(TRAIN)
        (self.place / f"rows-{rank}.csv").write_text(f"{rank + 1}\n{(rank + 1) * 10}\n")
        known = {name: value for name, value in os.environ.items() if not name.startswith("LINEAL_")}
        self.variables = known | {
            "PYTHONPATH": SOURCES,
            "XDG_CACHE_HOME": str(self.place / "home"),
            "LINEAL_REPOSITORY": url,
            "LINEAL_EXIT_SECONDS": "60",
            "MASTER_ADDR": "10.0.0.1",
            "MASTER_PORT": "29500",
            "RANK": str(rank),
            "WORLD_SIZE": "2",
        }

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start the training: recorded from outside, or by itself."""
        run = () if "start" in words else (sys.executable, "-m", "lineal", "run", "-q", "--")
        line = (*run, sys.executable, "train.py", *words)
        # The shell stays, as a launcher does.
        return subprocess.Popen(
            ("sh", "-c", '"$@"; exit $?', "sh", *line), cwd=self.place, env=self.variables, stdout=subprocess.PIPE
        )


@pytest.fixture
def top(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def url(top: Path) -> Iterator[str]:
    """A server of a repository, for all machines."""
    (top / "server").mkdir()
    with Served(top / "server", variables={"PYTHONPATH": SOURCES}) as server:
        yield server.url


def train(machines: list[Machine], *words: str, count: int = 2) -> None:
    """Run one training; the machine of the rank that comes first in ``words`` is stored before the other one ends."""
    top = machines[0].place.parent
    for name in ("here-0", "here-1", "ended"):
        (top / name).unlink(missing_ok=True)
    processes = [each.start(*words) for each in machines[:count]]
    first = int(words[0])
    processes[first].communicate(timeout=120)
    (top / "ended").touch()
    for each in processes[:first] + processes[first + 1 :]:
        each.communicate(timeout=120)


def points(repository: Any, run: Any, key: str) -> Any:
    return history(repository, run.id, key=key)


def listed(url: str, count: int) -> list[Any]:
    """Return the runs that are listed, newest first, once all have ended and there are so many."""
    with connect(url) as repository:
        until(lambda: count == len([each for each in repository.runs() if each.state != "running"]), seconds=90)
        return [repository.show(each.reference) for each in repository.runs()]


def test_ranks_on_several_machines_are_one_run_whichever_ends_first(top: Path, url: str) -> None:
    machines = [Machine(top, rank, url) for rank in (0, 1)]

    # The same address and port each time, one training right after the other.
    train(machines, "0")
    train(machines, "1")
    train(machines, "1", "start")

    found = listed(url, 3)
    with connect(url) as repository:
        for run in found:
            assert {"loss": 10.0, "loss/rank_1": 20.0} == run.metrics
            assert ("finished", 0, 2, (0,)) == (
                run.state, run.exit_status_of_program or 0, run.run.training.size, run.run.training.ranks
            )  # fmt: skip
            (other,) = [each for each in run.relations if each.role == "child"]
            part = repository.show(other.reference)
            assert [f"ranks: 1 ran on {part.host} as {part.reference}, finished"] == [
                each.partition(", with")[0] for each in run.notes
            ]
            assert [20.0] == list(part.metrics.values())
            assert any(run.reference in each for each in part.notes)
            assert [2.0, 20.0] == points(repository, run, "loss/rank_1").values
            read = {each.detail for each in repository.lineage(run.reference).edges if each.role == "read"}
            assert {"rows-0.csv", "rows-1.csv"} <= read
            if run.run.stdout:
                texts = [repository.blobs.get(each.run.stdout) for each in (run, part)]
                assert [b"rank 0 is done\n", b"rank 1 is done\n"] == texts


def test_a_rank_that_dies_or_never_comes_is_told(top: Path, url: str) -> None:
    machines = [Machine(top, rank, url) for rank in (0, 1)]

    train(machines, "0", "alone", count=1)
    (run,) = listed(url, 1)
    assert ("ranks: 1 of 2 told nothing, or not yet",) == run.notes
    train(machines, "1", "die")

    died, missed = listed(url, 2)
    assert run.reference == missed.reference
    assert run.notes == missed.notes
    assert {"loss": 10.0, "loss/rank_1": 20.0} == died.metrics
    assert ", killed" in died.notes[0]


def test_the_processes_of_torchrun_are_one_run(tmp_path: Path) -> None:
    interpreter("torch")
    torchrun = TOP / ".parts" / "capture" / "bin" / "torchrun"
    (tmp_path / "ranks.py").write_text((TOP / "tests" / "surfaces" / "programs" / "ranks.py").read_text())
    for rank in (0, 1):
        (tmp_path / f"rows-{rank}.txt").write_text(f"{rank + 1}\n{rank + 3}\n")
    with init(tmp_path) as repository:
        line = (
            "run",
            "-q",
            "--name",
            "ranks",
            "--",
            str(torchrun),
            "--standalone",
            "--nproc-per-node",
            "2",
            "ranks.py",
        )
        out, err = lineal_says(tmp_path, *line, OMP_NUM_THREADS="1")
        run = repository.show("run:ranks")

        assert (out.encode(), err.encode()) == tuple(
            repository.blobs.get(each) for each in (run.run.stdout, run.run.stderr)
        )
        assert {"mine": 4.0, "mine/rank_1": 6.0, "total": 10.0, "total/rank_1": 10.0} == run.metrics
        assert (2, (0, 1)) == (run.run.training.size, run.run.training.ranks)
        assert {"rows-0.txt", "rows-1.txt"} == {each.path for each in run.run.inputs}
        assert ["total.pt"] == [each.path for each in run.run.outputs]
        assert () == run.notes
        for rank, stream, text in (
            (0, "stdout", "prints"),
            (1, "stdout", "prints"),
            (0, "stderr", "warns"),
            (1, "stderr", "warns"),
        ):
            own = repository.blobs.get(repository.artifacts.show(run.id, f"ranks/{rank}/{stream}.txt").digest)
            whole = repository.blobs.get(getattr(run.run, stream))
            line = f"rank {rank} {text}\n".encode()
            assert (1, 0) == (whole.count(line), own.count(f"rank {1 - rank}".encode()))
            assert line in own
        large, small = (max(points(repository, run, f"system/memory_bytes/rank_{rank}").values) for rank in (0, 1))
        assert large - small > 200 << 20
        assert points(repository, run, "system/cpu_percent/rank_1").values
