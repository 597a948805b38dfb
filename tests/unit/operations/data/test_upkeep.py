"""Whatever is damaged is found, named, and told with who needs it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from lineal.client.local import LocalRepository
from lineal.formats.transparency.notes import Checkpoint
from lineal.objects.canonical import canonical_bytes, decode, object_digest
from lineal.objects.errors import Invalid
from lineal.objects.journal import JournalEntry
from lineal.operations.answers.upkeep import Verification
from lineal.operations.data import transparency
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
    "two acts that changed places": (
        # Out of the way first: a number stands there once.
        "UPDATE journal SET sequence = -sequence WHERE sequence > 1; UPDATE journal SET sequence = 5 + sequence WHERE sequence < 0",
        "it was written as entry 3, and stands here in the place of another",
        "",
    ),
    "the row of an act": (
        "UPDATE journal SET made_by = 'eve' WHERE sequence = 2",
        "the row has made_by 'eve', the entry 'ada'",
        "",
    ),
    "a statement that was taken away": ("DELETE FROM statement", "was taken out of the list of statements", ""),
    "a version that was taken away": ("DELETE FROM object WHERE kind = 'version'", "is not here any more", ""),
    "an approval by nobody": (
        "INSERT INTO statement (digest, subject, kind, made_by, made_at) VALUES ('sha256:ab', 'm', 'approval', 'bob', 9999999999999)",
        "said to be by bob, was made by no act",
        "",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_to_the_database_is_named(name: str, filled: LocalRepository, tmp_path: Path) -> None:
    sql, expected, user = DAMAGE[name]
    # Whoever tampers asks for no foreign keys.
    with closing(sqlite3.connect(tmp_path / "database.sqlite")) as connection:
        connection.executescript(sql)
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


def rewritten(repository: LocalRepository, change: Callable[[list[JournalEntry]], list[JournalEntry]]) -> None:
    """Write the whole journal anew with a sound chain, as only somebody can who owns the database."""
    database = repository.store.database
    found = [decode(row["body"], JournalEntry) for row in database.run("SELECT body FROM journal ORDER BY sequence")]
    database.run("DELETE FROM journal")
    previous = None
    for sequence, entry in enumerate(change(found), 1):
        each = msgspec.structs.replace(entry, sequence=sequence, previous=previous)
        previous = object_digest(each)
        database.run(
            "INSERT INTO journal (sequence, digest, at, made_by, operation, subject, body)"
            " VALUES (:sequence, :digest, :at, :by, :operation, :subject, :body)",
            **{name: getattr(each, name) for name in ("sequence", "at", "by", "operation", "subject")},
            digest=previous,
            body=canonical_bytes(each).decode(),
        )
        database.run(
            "UPDATE journal_head SET sequence = :sequence, digest = :digest", sequence=sequence, digest=previous
        )


REWRITTEN = {
    "edited": lambda found: [msgspec.structs.replace(each, by="eve") for each in found],
    "dropped": lambda found: found[1:],
    "reordered": lambda found: found[::-1],
    "back-dated": lambda found: [found[0], msgspec.structs.replace(found[1], at=1), *found[2:]],
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_journal_that_was_written_anew_is_not_that_of_a_checkpoint(name: str, filled: LocalRepository) -> None:
    kept = transparency.checkpoint(filled).note
    dataset(filled, "later", b"a\n1\n")
    assert (3, ()) == (
        filled.verify(log=True, checkpoint=kept).since,
        filled.verify(log=True, checkpoint=kept).problems,
    )

    rewritten(filled, REWRITTEN[name])
    problems = filled.verify(log=True, checkpoint=kept).problems

    assert any("the first 3 entries are not those of the checkpoint" in each.what for each in problems)
    assert name != "back-dated" or any("it is dated" in each.what for each in problems)


def test_a_journal_that_was_cut_is_shorter_than_its_checkpoint(filled: LocalRepository) -> None:
    kept = transparency.checkpoint(filled).note
    rewritten(filled, lambda found: found[:2])
    (problem,) = filled.verify(log=True, checkpoint=kept).problems

    assert "has 3 entries, and the journal 2: some were removed" in problem.what


def test_the_checkpoint_of_another_repository_is_refused(filled: LocalRepository) -> None:
    with pytest.raises(Invalid, match="this is a checkpoint of lineal/other"):
        filled.verify(log=True, checkpoint=Checkpoint("lineal/other", 0, bytes(32)).note)
