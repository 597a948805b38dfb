"""Kill Lineal at every single write of an act: the repository stays valid, and doing it again completes it.

Who is killed is a copy of this process, which need not load Lineal anew for each of some hundred deaths; that a program of
its own makes the same writes, and dies as well, is tried at a few of them.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from lineal.client.connect import connect, init
from lineal.testing.crashes import call_until_write, run_until_write
from tests.stateful.test_workspace import differences
from tests.surfaces.recording import record
from tests.unit.client.workspace.places import EMPTY, Files, Link, Program, digest_of_tree, read, write

ACTS = {
    "model register": "r.model.register('run:train', name='rich')",
    "data add": "r.data.add('table.csv')",
    "data add of many": "r.data.add('many')",
}
"""Each is one act that writes bytes, objects, names and a journal entry."""

_PROGRAM = "from lineal.client.connect import connect\nwith connect() as r: {}"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a finished run that wrote a model, and a table to add."""
    project = tmp_path_factory.mktemp("prepared")
    (project / "train.py").write_text("open('model.pkl', 'wb').write(b'weights')\n", encoding="utf-8")
    (project / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    write(project / "many", {f"{number % 3}/{number}": b"%d" % number for number in range(40)})
    with init(project) as repository:
        record(repository, project, "python", "train.py")
    return project


@pytest.mark.parametrize("act", ACTS)
def test_an_act_killed_at_any_write_leaves_a_valid_repository_and_can_be_done_again(
    act: str, prepared: Path, tmp_path: Path
) -> None:
    writes = _run(ACTS[act], prepared, tmp_path / "whole", kill_at=0)
    assert {"fsync", "fdatasync"} & set(writes)

    for place in range(1, len(writes) + 1) if act != "data add of many" else _places(writes):
        project = tmp_path / str(place)
        _run(ACTS[act], prepared, project, kill_at=place)
        _check(act, project, f"killed before write {place}, {writes[place - 1]}")
        shutil.rmtree(project)


@pytest.mark.parametrize("act", ACTS)
def test_a_program_of_its_own_makes_the_same_writes_and_may_be_killed_too(
    act: str, prepared: Path, tmp_path: Path
) -> None:
    writes = _run(ACTS[act], prepared, tmp_path / "copy", kill_at=0)
    whole = _run_alone(ACTS[act], prepared, tmp_path / "whole", kill_at=0)
    assert writes == whole[: len(writes)]
    # It wakes its threads when it ends, where it has some.
    assert set(whole[len(writes) :]) <= {"write"}

    for place in (len(writes) // 3, 2 * len(writes) // 3, len(writes)):
        project = tmp_path / str(place)
        _run_alone(ACTS[act], prepared, project, kill_at=place)
        _check(act, project, f"killed before write {place}, {writes[place - 1]}")


def _check(act: str, project: Path, when: str) -> None:
    """See that the repository is valid, that the act can be done again, and that it is then there once."""
    with connect(project) as repository:
        assert repository.verify().problems == (), when
        _again(act, project)
        assert repository.verify().problems == (), when
        assert len(repository.model.list()) == (act == "model register"), when
        assert len(repository.data.list()) == act.startswith("data add"), when


def _again(act: str, project: Path) -> None:
    """Do it once more, to its end: there is one version of it, however far the killed one came."""
    with connect(project) as repository:
        if act == "model register":
            answer = repository.model.register("run:train", name="rich")
            assert (answer.reference, answer.number) == ("rich:1.0.0", 1)
        else:
            path = "many" if act == "data add of many" else "table.csv"
            assert repository.data.add(project / path).number == 1


LARGE = Program(bytes(1 << 20))
FIRST: Files = {"a": b"first", "b/c": b"c", "gone": b"g", "same": b"s", "run.sh": Program(b"#!"), "was": b"a file"}
SECOND: Files = {
    "a": b"second",
    "b": Link("a"),
    "new": b"n",
    "same": b"s",
    "run.sh": b"#!",
    "was/not": b"x",
    "e": EMPTY,
}


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two versions of a directory, of which the first is in place."""
    project = tmp_path_factory.mktemp("versions")
    with init(project) as repository:
        for files in (SECOND, FIRST):
            shutil.rmtree(project / "files", ignore_errors=True)
            repository.data.add(write(project / "files", files), name="both")
    return project


def test_a_get_killed_at_any_write_is_seen_as_what_it_is_and_completed_by_another(
    versions: Path, tmp_path: Path
) -> None:
    get = "r.data.get('data:both@1', 'files')"
    writes = _run(get, versions, tmp_path / "whole", kill_at=0)
    assert SECOND == read(tmp_path / "whole" / "files")

    for place in _places(writes):
        project = tmp_path / str(place)
        _run(get, versions, project, kill_at=place)
        top = project / "files"
        # What was half written is nobody's file.
        shutil.copytree(top, project / "truth", symlinks=True, ignore=shutil.ignore_patterns(".lineal-*"))
        truth = read(project / "truth")
        with connect(project) as repository:
            (status,) = repository.data.status(top)
            base = FIRST if status.reference == "data:both@2" else SECOND
            said = set(status.added), set(status.modified), set(status.removed)
            assert differences(base, truth, top) == said, f"killed before write {place}, {writes[place - 1]}"
            repository.data.get("data:both@1", top)
            assert repository.data.status(top)[0].is_clean
            assert repository.upload(top).tree == digest_of_tree(SECOND)
            assert repository.verify().problems == ()
        shutil.rmtree(project)


def _places(writes: tuple[str, ...]) -> list[int]:
    """Return where to kill: at every write of ours, and at some of those by which SQLite writes its pages."""
    return [place for place, name in enumerate(writes, 1) if name != "pwrite64" or place % 5 == 0]


def _run(act: str, prepared: Path, project: Path, *, kill_at: int) -> tuple[str, ...]:
    """Let a copy of this process carry out an act in a copy of ``prepared``."""
    shutil.copytree(prepared, project, symlinks=True)
    program = compile(_PROGRAM.format(act), act, "exec")
    ended = call_until_write(lambda: exec(program, {}), kill_at=kill_at, directory=project)
    assert ended.exit_status == (-9 if kill_at else 0)
    return ended.writes


def _run_alone(act: str, prepared: Path, project: Path, *, kill_at: int) -> tuple[str, ...]:
    """Let a new Python do so."""
    shutil.copytree(prepared, project, symlinks=True)
    ended = run_until_write(
        (sys.executable, "-c", _PROGRAM.format(act)),
        kill_at=kill_at,
        directory=project,
        variables={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.exit_status == (-9 if kill_at else 0)
    return ended.writes
