"""Programs that call `lineal.start`, as processes: recorded whole, whatever ends them, and never disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lineal
from lineal.client.delivery import deliver_orphans
from lineal.client.local import LocalRepository
from lineal.formats.media import read_index
from tests.parts.capture import interpreter
from tests.surfaces.recording import record

Program = Callable[..., subprocess.CompletedProcess[str]]

SOURCES = Path(lineal.__path__[0]).parent
WAIT_S = 60


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a directory with a repository."""
    path = (tmp_path / "project").resolve()
    path.mkdir()
    lineal.init(path).close()
    return path


@pytest.fixture
def repository(project: Path) -> LocalRepository:
    """Return the repository of the project."""
    return lineal.init(project)


def begin(project: Path, text: str, **variables: str) -> subprocess.Popen[str]:
    """Start a program in the project, whose name is program.py."""
    (project / "program.py").write_text(textwrap.dedent(text))
    return subprocess.Popen(
        (sys.executable, "program.py"),
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(SOURCES), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def carry_out(project: Path, text: str, **variables: str) -> tuple[int, str, str]:
    """Run a program to its end; return its exit status and what it printed."""
    process = begin(project, text, **variables)
    out, err = process.communicate(timeout=WAIT_S)
    return process.returncode, out, err


def runs(repository: LocalRepository, count: int = 1) -> list[Any]:
    """Return the runs of a repository, oldest first, once so many have ended."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        found = [each for each in repository.runs() if each.state != "running"]
        if len(found) >= count:
            break
        time.sleep(0.05)
    return [repository.show(each.reference) for each in reversed(repository.runs())]


def points(repository: LocalRepository, run: Any, key: str) -> list[tuple[int, float]]:
    """Return what a chart of a metric shows."""
    from lineal.operations.recording.tracking import history

    found = history(repository, run.id, key=key)
    return list(zip(found.steps, found.values, strict=True))


ALL = """
import lineal, random
with lineal.start("first", params={"rate": 0.1}, tags={"team": "a"}) as run:
    open("in.txt").read(); open("out.txt", "w").write("2")
    random.seed(3)
    run.log({"train/loss": 0.5}, step=7, extra=1)
    run.table("rows", [{"a": 1, "b": float("nan"), "c": "x"}, {"a": None, "b": 2, "c": "y"}], step=7)
    run.image("picture", [[0, 255], [255, 0]])
    run.confusion_matrix("confusion", ["a", "b", "a"], ["a", "a", "a"])
    run.curve("curve", [0, 0.5, 1], [0, 0.8, 1], kind="roc")
    run.histogram("spread", [1, 2, 3])
    run.text("note", "hello")
    run.file("in.txt")
    run.image("../bad", [[0]])
    run.table("bad", 7)
    for depth in (1, 2):
        with lineal.start(f"part {depth}", params={"depth": depth}) as part:
            lineal.log(score=depth * 10)
    lineal.log(late=1)
run.log(too_late=1)
print("done")
"""


def test_a_run_of_a_block_has_all_that_was_said_and_seen(project: Path, repository: LocalRepository) -> None:
    (project / "in.txt").write_text("1")

    status, out, err = carry_out(project, ALL)

    first, *parts = runs(repository)
    assert (0, "done\n") == (status, out)
    assert 3 == err.count("UserWarning: lineal:"), err
    assert ("first", "finished", "fanotify") == (first.name, first.state, first.run.capture_level)
    assert ({"rate": 0.1}, {"team": "a"}, {"random": 3}) == (first.params, first.run.tags, first.run.seeds.set)
    assert {"train/loss": 0.5, "extra": 1.0, "late": 1.0} == first.metrics
    assert ([["in.txt"], ["out.txt"]]) == [
        [each.path for each in files] for files in (first.run.inputs, first.run.outputs)
    ]
    assert [("part 1", 10.0), ("part 2", 20.0)] == [(each.name, each.metrics["score"]) for each in parts]
    assert {first.reference} == {each.relations[0].reference for each in parts}
    assert ["child", "child"] == [each.role for each in first.relations]
    assert [(7, 0.5)] == points(repository, first, "train/loss")


def test_media_are_files_of_the_run_with_an_index(project: Path, repository: LocalRepository) -> None:
    (project / "in.txt").write_text("1")
    carry_out(project, ALL)
    run = runs(repository)[0]

    def read(path: str) -> bytes:
        digest = repository.artifacts.show(run.id, path).digest
        return b"".join(repository.blobs.open(digest))

    index = {each.key: each for each in read_index(read("media/index.json"))}

    assert {
        "rows": ("table", "media/rows/7.json"),
        "picture": ("image", "media/picture/0.png"),
        "confusion": ("confusion-matrix", "media/confusion/0.json"),
        "curve": ("curve", "media/curve/0.json"),
        "spread": ("histogram", "media/spread/0.json"),
        "note": ("text", "media/note/0.txt"),
        "in": ("file", "media/in/0.txt"),
    } == {key: (each.kind, each.path) for key, each in index.items()}
    assert {"labels": ["a", "b"], "counts": [[2.0, 0.0], [1.0, 0.0]]} == json.loads(read("media/confusion/0.json"))
    assert (b"hello", b"1", b"\x89PNG") == (
        read("media/note/0.txt"),
        read("media/in/0.txt"),
        read("media/picture/0.png")[:4],
    )


ENDS = {
    "killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, "killed"),
    "exits at once": ("import os; os._exit(0)", 0, "finished"),
    "exits with a status": ("import sys; sys.exit(3)", 3, "failed"),
    "raises": ("raise ValueError('x')", 1, "failed"),
    "ends": ("", 0, "finished"),
}


def test_a_run_is_whole_whatever_ends_its_program(project: Path, repository: LocalRepository) -> None:
    begun = []
    for name, (last, _, _) in ENDS.items():
        folder = project / name
        folder.mkdir()
        text = f"import lineal\nlineal.start({name!r}).log(loss=0.5)\nopen('out.txt', 'w').write('2')\n{last}\n"
        begun.append(begin(folder, text, LINEAL_EXIT_SECONDS="0"))
    statuses = [each.wait(timeout=WAIT_S) for each in begun]

    found = {each.name: each for each in runs(repository, len(ENDS))}

    assert [status for _, status, _ in ENDS.values()] == statuses
    for name, (_, status, state) in ENDS.items():
        run = found[name]
        assert (state, status, {"loss": 0.5}) == (run.state, run.exit_status_of_program, run.metrics), name
        assert [f"{name}/out.txt"] == [each.path for each in run.run.outputs] or ["out.txt"] == [
            each.path for each in run.run.outputs
        ]


def test_a_recorder_that_is_killed_leaves_its_spool_to_the_next_command(
    project: Path, repository: LocalRepository
) -> None:
    program = begin(project, "import lineal\nlineal.start().log(loss=0.5)\nprint(1, flush=True)\ninput()")
    assert program.stdout is not None
    program.stdout.readline()
    (spool,) = (project / ".lineal" / "spool").iterdir()
    os.kill(json.loads((spool / "start.json").read_text())["process"], signal.SIGKILL)
    program.kill()
    program.wait()

    end = time.monotonic() + WAIT_S
    while not (found := deliver_orphans(repository)) and time.monotonic() < end:
        time.sleep(0.02)  # a signal is not yet an end
    (run,) = found

    assert ("lost", {"loss": 0.5}) == (run.state, run.metrics)


CHILDREN = """
import asyncio, concurrent.futures, lineal, multiprocessing, os, threading

def work(key):
    lineal.start()
    lineal.log({key: 1})

async def task(number):
    with lineal.start(f"task {number}", nested=True):
        await asyncio.sleep(0.01 * number)
        lineal.log(value=number)

async def tasks():
    await asyncio.gather(*(asyncio.create_task(task(number)) for number in range(3)))

if __name__ == "__main__":
    run = lineal.start()
    try:
        print(os.wait())
    except ChildProcessError:
        print("no child is left")
    for way in ("fork", "spawn"):
        process = multiprocessing.get_context(way).Process(target=work, args=(way,))
        process.start(); process.join()
    thread = threading.Thread(target=lambda: lineal.log(thread=1)); thread.start(); thread.join()
    asyncio.run(tasks())
    lineal.log(main=1)
"""


def test_children_threads_and_tasks_are_of_the_run(project: Path, repository: LocalRepository) -> None:
    status, out, err = carry_out(project, CHILDREN)

    run, *tasks = runs(repository)
    assert (0, "no child is left\n", "") == (status, out, err)
    assert {"fork": 1.0, "spawn": 1.0, "thread": 1.0, "main": 1.0} == run.metrics
    assert [(f"task {each}", {"value": float(each)}) for each in range(3)] == sorted(
        (each.name, each.metrics) for each in tasks
    )


RANK = """
import lineal, time, os
run = lineal.start()
lineal.log(loss=int(os.environ["RANK"]) + 1.0)
lineal.param(rank=os.environ["RANK"])
time.sleep(1)
"""

LAUNCHER = """
import os, subprocess, sys
open("rank.py", "w").write({rank!r})
ranks = [subprocess.Popen([sys.executable, "rank.py"], env={{**os.environ, "RANK": str(n), "WORLD_SIZE": "3"}}) for n in range(3)]
sys.exit(sum(each.wait() for each in ranks))
"""


@pytest.mark.parametrize("is_launched", [False, True])
def test_ranks_of_a_launcher_are_one_run(project: Path, repository: LocalRepository, is_launched: bool) -> None:
    if is_launched:
        (project / "launcher.py").write_text(LAUNCHER.format(rank=RANK))
        record(repository, project, "launcher.py")
    else:
        assert (0, "", "") == carry_out(project, LAUNCHER.format(rank=RANK))

    (run,) = runs(repository)

    assert {"loss": 1.0, "loss/rank_1": 2.0, "loss/rank_2": 3.0} == run.metrics
    assert {"rank": "0"} == run.params


def test_a_fork_shows_the_points_that_it_shares(project: Path, repository: LocalRepository) -> None:
    carry_out(project, "import lineal\nrun = lineal.start('old')\nfor i in range(10): run.log(loss=i)\n")
    old = runs(repository)[0]
    text = f"import lineal\nrun = lineal.start('new', fork='{old.reference}@4')\nfor i in (5, 6): run.log(step=i, loss=i * 10)\n"
    carry_out(project, text)
    carry_out(project, "import lineal\nrun = lineal.start(resume='new')\nrun.log(step=7, loss=70)\n")

    _, new, resumed = runs(repository, 3)

    shared = [(step, float(step)) for step in range(5)]
    assert [*shared, (5, 50.0), (6, 60.0)] == points(repository, new, "loss")
    assert [*shared, (5, 50.0), (6, 60.0), (7, 70.0)] == points(repository, resumed, "loss")
    assert [("forks", old.reference, 4), ("resumed by", resumed.reference, None)] == [
        (each.role, each.reference, each.step) for each in new.relations
    ]
    assert "new" == resumed.name


def test_under_lineal_run_start_joins_the_run(project: Path, repository: LocalRepository) -> None:
    (project / "program.py").write_text(ALL.replace("out.txt", "other.txt"))
    (project / "in.txt").write_text("1")

    answer = record(repository, project, "program.py")

    first, *parts = runs(repository)
    assert (answer.id, "first", {"train/loss": 0.5, "extra": 1.0, "late": 1.0}) == (first.id, first.name, first.metrics)
    assert ["part 1", "part 2"] == [each.name for each in parts]


def test_a_program_that_cannot_be_recorded_runs_all_the_same(project: Path) -> None:
    text = "import lineal\nrun = lineal.start()\nrun.log(a=1); run.text('x', 'y'); lineal.log(a=1)\nrun.finish()\nprint('done')"

    status, out, err = carry_out(project, text, LINEAL_REPOSITORY="/nowhere/at/all")

    assert (0, "done\n") == (status, out)
    assert "is not recorded: there is no repository in /nowhere/at/all" in err


NOTEBOOK = """
import sys, nbformat
from nbclient import NotebookClient

cells = (
    "import lineal; run = lineal.start()",
    "open('cell.txt', 'w').write('1'); lineal.log(loss=1)",
    "1 / 0",
    "run = lineal.start()",
    "lineal.log(loss=2)",
)
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True).execute()
for cell in notebook.cells:
    for output in cell.outputs:
        print(output.get("text") or output.get("evalue"))
"""


def test_a_cell_that_runs_again_ends_the_run_and_a_kernel_that_ends_does_too(
    project: Path, repository: LocalRepository
) -> None:
    (project / "notebook.py").write_text(NOTEBOOK)
    python = interpreter()

    done = subprocess.run(
        (python, "notebook.py"),
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    first, second = runs(repository, 2)
    assert ["division by zero", f"lineal: run:{first.id} has ended, run:{second.id} has begun"] == [
        line for line in done.stdout.splitlines() if line
    ]
    assert [("notebook", {"loss": 1.0}, ["cell.txt"]), ("notebook", {"loss": 2.0}, [])] == [
        (each.name, each.metrics, [file.path for file in each.run.outputs]) for each in (first, second)
    ]
    assert {"finished"} == {each.state for each in (first, second)}
