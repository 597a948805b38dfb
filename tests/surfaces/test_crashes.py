"""Kill Lineal at every single write of an act: the repository stays valid, and doing it again completes it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from lineal.client.connect import connect, init
from lineal.testing.crashes import run_until_write
from tests.surfaces.recording import record

ACTS = {
    "model register": "r.model.register('run:train', name='rich')",
    "data add": "r.data.add('table.csv')",
}
"""Each is one act that writes bytes, objects, names and a journal entry."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a finished run that wrote a model, and a table to add."""
    project = tmp_path_factory.mktemp("prepared")
    (project / "train.py").write_text("open('model.pkl', 'wb').write(b'weights')\n", encoding="utf-8")
    (project / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with init(project) as repository:
        record(repository, project, "python", "train.py")
    return project


@pytest.mark.parametrize("act", ACTS)
def test_an_act_killed_at_any_write_leaves_a_valid_repository_and_can_be_done_again(
    act: str, prepared: Path, tmp_path: Path
) -> None:
    writes = _run(act, prepared, tmp_path / "whole", kill_at=0)
    assert {"fsync", "fdatasync"} & set(writes)

    for place in range(1, len(writes) + 1):
        project = tmp_path / str(place)
        _run(act, prepared, project, kill_at=place)

        with connect(project) as repository:
            assert repository.verify().problems == (), f"killed before write {place}, {writes[place - 1]}"
            _again(act, project)
            assert repository.verify().problems == ()
            assert len(repository.model.list()) == (act == "model register")
            assert len(repository.data.list()) == (act == "data add")
        shutil.rmtree(project)


def _again(act: str, project: Path) -> None:
    """Do it once more, to its end: there is one version of it, however far the killed one came."""
    with connect(project) as repository:
        if act == "model register":
            answer = repository.model.register("run:train", name="rich")
            assert (answer.reference, answer.number) == ("rich:1.0.0", 1)
        else:
            assert repository.data.add(project / "table.csv").reference == "data:table@1"


def _run(act: str, prepared: Path, project: Path, *, kill_at: int) -> tuple[str, ...]:
    shutil.copytree(prepared, project)
    program = f"from lineal.client.connect import connect; r = connect(); {ACTS[act]}"
    ended = run_until_write(
        (sys.executable, "-c", program),
        kill_at=kill_at,
        directory=project,
        variables={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.exit_status == (-9 if kill_at else 0)
    return ended.writes
