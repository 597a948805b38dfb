"""Tables change in numbered steps, each whole or not at all."""

from __future__ import annotations

import math

import pytest

from lineal.objects.canonical import canonical_bytes
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Invalid, Unavailable
from lineal.objects.journal import JournalEntry
from lineal.objects.runs import Code, Package, Runtime
from lineal.objects.semantic import pre_order
from lineal.objects.sources import ObjectSource, QuerySource
from lineal.objects.ulid import hexadecimal, ulid
from lineal.objects.versions import Version
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.clock import FixedClock
from lineal.storage.database import migrations
from lineal.storage.database.database import Database
from lineal.storage.database.migrations import Migration, check, known, migrate
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import MEMORY, Sqlite
from lineal.storage.parents import PARENT_TAG
from lineal.storage.store import Actor, Store

A, B, C = (digest_of(each) for each in (b"a", b"b", b"c"))

QUERY = QuerySource(
    connection="duckdb:", dialect="duckdb", sql="SELECT 1", digest=C, row_set="c", row_count=1, size_bytes=1
)

NEXT = Migration(
    9001, "pre", "next", "ALTER TABLE model ADD COLUMN colour TEXT; -- one; two\nINSERT INTO note VALUES (';')"
)


def bring(monkeypatch: pytest.MonkeyPatch, *more: Migration) -> None:
    every = (*known(), *more)
    monkeypatch.setattr(migrations, "known", lambda: every)


def test_steps_are_numbered_without_gaps_and_start_at_one() -> None:
    assert list(range(1, len(known()) + 1)) == [each.number for each in known()]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_step_that_fails_leaves_nothing_of_itself(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, dialect: str
) -> None:
    database = Sqlite(MEMORY) if dialect == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    migrate(database, phase="pre")
    bring(monkeypatch, NEXT)
    with pytest.raises(Invalid, match="note"):
        migrate(database, phase="pre")
    with pytest.raises(Invalid, match="colour"):
        database.run("SELECT colour FROM model")
    database.run("CREATE TABLE note (text TEXT)")

    assert (9001,) == migrate(database, phase="pre")
    assert [] == database.run("SELECT colour FROM model")
    assert [{"text": ";"}] == database.run("SELECT text FROM note")
    database.close()


def test_what_comes_after_the_new_program_waits_for_what_comes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Sqlite(MEMORY)
    bring(monkeypatch, Migration(9001, "post", "later", "DROP TABLE answer"))
    with pytest.raises(Conflict, match="step 0001 must come first"):
        migrate(database, phase="post")
    migrate(database, phase="pre")
    before = database.run("SELECT * FROM answer")

    assert [] == before
    assert (9001,) == migrate(database, phase="post")
    with pytest.raises(Invalid):
        database.run("SELECT * FROM answer")


def test_what_was_done_is_written_down() -> None:
    database = Sqlite(MEMORY)
    migrate(database, phase="pre")
    rows = database.run("SELECT number, phase, name, applied_at FROM migration ORDER BY number")

    assert [(each.number, each.phase, each.name) for each in known()] == [tuple(row.values())[:3] for row in rows]
    assert all(row["applied_at"] > 1_700_000_000_000 for row in rows)


def test_a_reader_is_told_that_a_step_is_missing() -> None:
    database = Sqlite(MEMORY)
    newest = [each for each in known() if each.phase == "pre"][-1]
    with pytest.raises(Unavailable, match=f"{newest.number:04} {newest.name}") as caught:
        check(database)
    migrate(database, phase="pre")
    check(database)

    assert "with the right to write" in caught.value.hint


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_parents_that_were_tags_or_relations_only_become_both_and_what_datasets_refer_to_is_known(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, dialect: str
) -> None:
    database = Sqlite(MEMORY) if dialect == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    every = known()
    monkeypatch.setattr(migrations, "known", lambda: every[:12])
    migrate(database, phase="pre")
    ids = [ulid(at, bytes(10)) for at in range(5)]
    for each in ids:
        database.run(
            "INSERT INTO run (id, name, state, command, started_by, host, started_at, revision)"
            " VALUES (:id, 'r', 'finished', '[]', 'ada', '', 1, 1)",
            id=each,
        )
    for run, value in (
        (ids[1], hexadecimal(ids[0])),
        (ids[2], "no id"),
        (ids[3], hexadecimal(ids[3])),
        ("data:x", "0" * 32),
    ):
        database.run(
            "INSERT INTO tag (subject, key, value) VALUES (:run, :key, :value)", run=run, key=PARENT_TAG, value=value
        )
    database.run(
        "INSERT INTO run_relation (run, role, other) VALUES (:run, 'parent', :other)", run=ids[4], other=ids[0]
    )
    store = Store(blobs=MemoryBlobs(), database=database, clock=FixedClock(), actor=Actor("ada", "admin"))
    source = ObjectSource(uri="s3://lake/a.csv", size_bytes=1, version="v1", endpoint="https://far/")
    for dataset, value in (
        (A, source),
        (B, QUERY),
    ):
        database.run(
            "INSERT INTO edge (child, parent, role, trust, detail) VALUES (:child, :parent, 'pinned at', 'verified', '')",
            child=dataset,
            parent=store.put_object(value),
        )
    monkeypatch.setattr(migrations, "known", lambda: every)
    migrate(database, phase="pre")

    relations = {row["run"]: row["other"] for row in database.run("SELECT * FROM run_relation")}
    tags = {row["subject"]: row["value"] for row in database.run("SELECT * FROM tag WHERE key = :key", key=PARENT_TAG)}
    assert {ids[1]: ids[0], ids[4]: ids[0]} == relations
    assert hexadecimal(ids[0]) == tags[ids[4]]
    (pinned,) = database.run("SELECT * FROM object_pinned")
    assert (A, "s3://lake/a.csv", "v1", "", "", "https://far") == tuple(pinned.values())
    database.close()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_infinities_that_were_words_only_become_values(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, dialect: str
) -> None:
    database = Sqlite(MEMORY) if dialect == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    every = known()
    monkeypatch.setattr(migrations, "known", lambda: every[:6])
    migrate(database, phase="pre")
    kept = {"a": (0.5, None), "b": (None, "Infinity"), "c": (None, "-Infinity"), "d": (None, "NaN"), "e": (0.0, None)}
    database.many(
        "INSERT INTO metric_last (subject, key, value, word, step) VALUES ('x', :key, :value, :word, 0)",
        [{"key": key, "value": value, "word": word} for key, (value, word) in kept.items()],
    )
    monkeypatch.setattr(migrations, "known", lambda: every)
    migrate(database, phase="pre")
    found = {row["key"]: (row["value"], row["word"]) for row in database.run("SELECT * FROM metric_last")}

    assert kept | {"b": (math.inf, "Infinity"), "c": (-math.inf, "-Infinity")} == found
    database.close()


VERSION_BEFORE = {
    "model": "m",
    "major": 1,
    "minor": 2,
    "stage": "production",
    "card": "c",
    "created_by": "ada",
    "created_at": 3,
    "revision": 4,
    "updated_at": 5,
    "description": "d",
    "source": "s",
    "location": "l",
    "run": "r",
    "run_link": "k",
    "logged_model": "o",
    "status": "pending",
    "status_message": "w",
    "deleted_at": 6,
}
"""Every column of a version before there were pre-releases, but for those that tell two of them apart."""

INDEXES_OF_VERSIONS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'version'",
    "postgresql": "SELECT indexname AS name FROM pg_indexes WHERE tablename = 'version'",
}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_versions_keep_everything_when_there_come_to_be_pre_releases(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, dialect: str
) -> None:
    database = Sqlite(MEMORY) if dialect == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    every = known()
    monkeypatch.setattr(migrations, "known", lambda: [each for each in every if each.number < 16])
    migrate(database, phase="pre")
    store = Store(blobs=MemoryBlobs(), database=database, clock=FixedClock(), actor=Actor("ada", "admin"))
    digest = store.put_object(Code(commit="3fe4a1"))
    database.run("INSERT INTO model (name, last_number, created_by, created_at) VALUES ('m', 2, '', 0)")
    kept = {**VERSION_BEFORE, "digest": digest}
    columns = ", ".join((*kept, "number", "patch"))
    marks = ", ".join(f":{name}" for name in (*kept, "number", "patch"))
    for number in (1, 2):
        database.run(f"INSERT INTO version ({columns}) VALUES ({marks})", **kept, number=number, patch=number)
    before = {row["name"] for row in database.run(INDEXES_OF_VERSIONS[dialect])}
    monkeypatch.setattr(migrations, "known", lambda: every)
    migrate(database, phase="pre")

    rows = database.run("SELECT * FROM version ORDER BY number")
    added = {"pre": "", "pre_order": pre_order("")}
    assert [
        {**kept, "number": number, "patch": number, "subject": f"version:m/{number}", **added} for number in (1, 2)
    ] == rows
    after = {row["name"] for row in database.run(INDEXES_OF_VERSIONS[dialect])}
    assert set() == {each for each in before - after if "version_of_model" not in each and "autoindex" not in each}
    assert "version_created" in after
    other = {**kept, "number": 3, "patch": 1, "pre": "rc.1", "pre_order": pre_order("rc.1")}
    database.run(
        f"INSERT INTO version ({', '.join(other)}) VALUES ({', '.join(f':{name}' for name in other)})", **other
    )
    database.close()


def promote(database: Database, sequence: int, subject: str) -> None:
    """Write an act to the journal as there were before."""
    entry = JournalEntry(
        sequence=sequence,
        at=sequence * 10,
        by="ada",
        operation="promote",
        request='{"to":"production","version":"m"}',
        outcome="done",
        previous=None,
        subject=subject,
    )
    database.run(
        "INSERT INTO journal (sequence, digest, at, made_by, operation, subject, body)"
        " VALUES (:sequence, 'x', :at, 'ada', 'promote', :subject, :body)",
        sequence=sequence,
        at=entry.at,
        subject=subject,
        body=canonical_bytes(entry).decode(),
    )


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_was_there_before_is_found_by_its_code_packages_and_stages(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, dialect: str
) -> None:
    database = Sqlite(MEMORY) if dialect == "sqlite" else Postgres(request.getfixturevalue("postgres_url"))
    every = known()
    monkeypatch.setattr(migrations, "known", lambda: [each for each in every if each.number < 9])
    migrate(database, phase="pre")
    store = Store(blobs=MemoryBlobs(), database=database, clock=FixedClock(), actor=Actor("ada", "admin"))
    code = store.put_object(Code(commit="3fe4a1", branch="main"))
    runtime = store.put_object(Runtime(python="3.12.1", packages=(Package(name="NumPy", version="2.1"),)))
    version = store.put_object(Version(weights=code, main_file="", run=code, code=code, runtime=runtime))
    database.run("INSERT INTO model (name, last_number, created_by, created_at) VALUES ('m', 2, '', 0)")
    database.many(
        "INSERT INTO version (model, number, digest, major, minor, patch, stage, card, created_by, created_at, revision,"
        " updated_at) VALUES ('m', :number, :digest, :number, 0, 0, :stage, '', '', :number, 3, 9)",
        [{"number": n, "digest": version, "stage": stage} for n, stage in ((1, "archived"), (2, "production"))],
    )
    promote(database, 1, "m:1.0.0")
    promote(database, 2, "m:2.0.0")
    monkeypatch.setattr(migrations, "known", lambda: every)
    migrate(database, phase="pre")
    stays = database.run("SELECT number, stage, since, until FROM stage_period ORDER BY number, since, stage")

    assert [
        (1, "staging", 1, 10),
        (1, "production", 10, 20),
        (1, "archived", 20, None),
        (2, "staging", 2, 20),
        (2, "production", 20, None),
    ] == [tuple(row.values()) for row in stays]
    assert [{"subject": version, "commit_id": "3fe4a1"}] == database.run("SELECT subject, commit_id FROM made_with")
    assert [("numpy", "2.1"), ("python", "3.12.1")] == [
        tuple(row.values()) for row in database.run("SELECT name, version FROM package ORDER BY name")
    ]
    database.close()
