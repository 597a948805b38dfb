"""Whatever is damaged is found, named, and told with who needs it."""

from __future__ import annotations

import pytest

from lineal.client.local import LocalRepository
from lineal.operations.answers import Verification
from tests.unit.operations.making import dataset, run


@pytest.fixture
def filled(repository: LocalRepository) -> LocalRepository:
    """A repository with a dataset, a run and a version."""
    dataset(repository, "table", b"a,b\n1,2\n")
    made = run(repository, reads={"t.csv": b"a,b\n1,2\n"}, writes={"m.pkl": b"weights"})
    repository.model.register(made.reference, name="m")
    return repository


def test_a_sound_repository_has_no_problem(filled: LocalRepository) -> None:
    found = filled.verify()

    assert (0, (), 3) == (found.exit_status, found.problems, found.journal_entries)


DAMAGE = {
    "an object": (
        "UPDATE object SET body = replace(body, 'm.pkl', 'x.pkl') WHERE kind = 'version'",
        "holds other bytes",
        "m:1.0.0",
    ),
    "an act that was changed": (
        "UPDATE journal SET body = replace(body, 'ada', 'eve') WHERE sequence = 2",
        "changed after it was written",
        "",
    ),
    "an act that was removed": ("DELETE FROM journal WHERE sequence = 2", "was removed", ""),
    "the last act, removed": ("DELETE FROM journal WHERE sequence = 3", "the journal ends at 2", ""),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_to_the_database_is_named(name: str, filled: LocalRepository) -> None:
    sql, expected, user = DAMAGE[name]
    filled.store.database.run(sql)
    found: Verification = filled.verify()

    assert 7 == found.exit_status
    assert any(expected in each.what for each in found.problems)
    assert not user or any(user in each.used_by for each in found.problems)


def test_a_missing_file_is_named_with_all_who_need_it(filled: LocalRepository) -> None:
    weights = filled.store.get_tree(filled.show("m:1.0.0").version.weights).entries[0]
    filled.blobs.delete(weights.digest)
    (problem,) = filled.verify().problems

    assert ("the file m.pkl is missing", f"blob {weights.digest}") == (problem.what, problem.where)
    assert {"m:1.0.0", filled.show("m:1.0.0").run} == set(problem.used_by)
