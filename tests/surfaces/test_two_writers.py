"""Two processes at once, over SQLite and PostgreSQL: one after the other in effect, and nothing lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import connect, init
from lineal.client.local import LocalRepository
from tests.surfaces.recording import record

WRITERS = 2
ROUNDS = 6

REGISTER = """
import sys
from lineal.client.connect import connect
with connect() as repository:
    sys.stdin.readline()
    for run in sys.argv[1:]:
        repository.model.register(run, name="m")
"""

PROMOTE = """
import sys
from lineal.client.connect import connect
from lineal.objects.errors import Conflict
with connect() as repository:
    sys.stdin.readline()
    for _ in range(6):
        try:
            repository.promote(sys.argv[1], to="production", force=True, reason="a race")
        except Conflict:
            pass
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A project with a repository over each database."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    (tmp_path / "train.py").write_text("import sys; open('m.pkl', 'w').write(sys.argv[1])\n", encoding="utf-8")
    with init(tmp_path, database=database):
        yield tmp_path


def at_once(project: Path, program: str, *arguments: list[str]) -> None:
    """Run ``program`` once for each list of arguments, all beginning at the same moment."""
    processes = [
        subprocess.Popen(
            (sys.executable, "-c", program, *each),
            cwd=project,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for each in arguments
    ]
    for each in processes:
        assert each.stdin
        each.stdin.write("now\n")
        each.stdin.flush()
    for each in processes:
        _, said = each.communicate(timeout=120)
        assert each.returncode == 0, said


def runs(repository: LocalRepository, project: Path, count: int) -> list[str]:
    """Record so many runs, each with a model of its own."""
    return [record(repository, project, "python", "train.py", str(each)).reference for each in range(count)]


def test_two_who_register_at_once_get_numbers_without_gap_or_clash(project: Path) -> None:
    with connect(project) as repository:
        assert isinstance(repository, LocalRepository)
        found = runs(repository, project, WRITERS * ROUNDS)
        at_once(project, REGISTER, *(found[each::WRITERS] for each in range(WRITERS)))
        versions = repository.model.show("m").versions

        assert list(range(WRITERS * ROUNDS, 0, -1)) == [each.number for each in versions]
        assert WRITERS * ROUNDS == len({each.semantic for each in versions})
        assert () == repository.verify().problems


def test_two_who_promote_at_once_leave_one_version_in_production(project: Path) -> None:
    with connect(project) as repository:
        assert isinstance(repository, LocalRepository)
        for each in runs(repository, project, WRITERS):
            repository.model.register(each, name="m")
        at_once(project, PROMOTE, *([each.reference] for each in repository.model.show("m").versions))
        stages = [each.stage for each in repository.model.show("m").versions]

        assert ["archived", "production"] == sorted(stages)
        assert () == repository.verify().problems
