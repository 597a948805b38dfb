"""The doctor tells what is, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.errors import Denied, NotFound
from lineal.operations.answers.upkeep import Diagnosis
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.buckets.wrappers import ReadOnly
from lineal.storage.store import Actor
from lineal.testing.faults import FailingRows, run_on_small_disk
from tests.unit.storage.processes import command


def by_name(answer: Diagnosis) -> dict[str, str]:
    """Return what was answered to each question."""
    return {each.name: each.answer for each in answer.findings}


def test_a_repository_that_is_well_is_said_to_be_so(tmp_path: Path) -> None:
    with init(tmp_path) as repository:
        found = repository.doctor()

    assert 0 == found.exit_status
    assert "yes" == by_name(found)["the database is sound"] == by_name(found)["the clock is right"]
    assert {"here"} == {each.kind for each in found.findings}
    assert [] == list((tmp_path / ".lineal").glob(".lineal-doctor-*"))


def test_a_directory_that_can_hold_copies_is_said_to_be_so_and_left_as_it_was(
    repository: LocalRepository, tmp_path: Path
) -> None:
    (tmp_path / "copies").mkdir()
    repository.remote.add("copies", str(tmp_path / "copies"))
    found = repository.doctor("copies")

    assert (0, f"file://{tmp_path}/copies") == (found.exit_status, found.reference)
    assert {"yes"} == {each.answer for each in found.findings if each.kind == "needed"}
    assert [] == [each for each in (tmp_path / "copies").rglob("*") if each.is_file()]


def test_a_place_that_is_not_there_is_found_out_at_once(repository: LocalRepository, tmp_path: Path) -> None:
    found = repository.doctor(str(tmp_path / "nowhere"))
    asked = [each for each in found.findings if each.kind != "here"]

    assert 8 == found.exit_status
    assert ["it can be reached"] == [each.name for each in asked]
    assert "there is no directory" in asked[0].detail


def test_a_place_that_may_only_be_read_is_not_called_damaged(
    repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lineal.operations.data.doctor.bucket_of", lambda *_: ReadOnly(DirectoryBucket(tmp_path)))
    found = repository.doctor("copies")
    asked = {each.name: each.answer for each in found.findings if each.kind != "here"}

    assert 8 == found.exit_status
    assert {"it can be reached": "yes", "it can be written": "no"} == asked


def test_a_database_that_is_damaged_is_told(tmp_path: Path) -> None:
    with init(tmp_path) as repository:
        repository.remote.add("a", "/mnt/a")
        repository.store.database.run("PRAGMA wal_checkpoint(TRUNCATE)")
        # An index that has lost its rows, as a failing disk leaves it.
        repository.store.database.run("PRAGMA writable_schema = 1")
        repository.store.database.run("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'branch_child'")
    with init(tmp_path) as repository:
        found = repository.doctor()

    assert 8 == found.exit_status
    assert "no" == by_name(found)["the database is sound"]


def test_a_clock_that_went_back_is_told(repository: LocalRepository) -> None:
    repository.remote.add("a", "/mnt/a")
    repository.store.clock.at -= 3_600_000  # type: ignore[attr-defined]  # a fixed clock's
    found = repository.doctor()

    assert "no" == by_name(found)["the clock is right"]
    assert "3600 s" in next(each.detail for each in found.findings if each.name == "the clock is right")


READ_ONLY = """
from lineal.client.connect import connect
with connect(here) as repository:
    found = {each.name: each.answer for each in repository.doctor("copies").findings}
    print(found["the database is sound"], found["the database can be written"], found["the disk can be written"])
    print(found["the clock is right"], found["it can be reached"], found["deletes work"])
    print(repository.verify(remote="copies").problems, repository.verify().problems)
    print([(each.reference, each.unchanged) for each in repository.data.status()])
    told(lambda: repository.data.push())
"""

PREPARE = """
from lineal.client.connect import init
with init(here) as repository:
    repository.remote.add("copies", sys.argv[2])
    (here / "photos").mkdir()
    (here / "photos" / "a").write_bytes(b"a")
    repository.data.add(here / "photos")
    repository.data.push()
"""


def test_a_repository_that_may_only_be_read_is_said_to_be_so_and_everything_else_is_examined(
    small_disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "copies").mkdir()
    done = run_on_small_disk(
        command(READ_ONLY, small_disk),
        small_disk,
        size_bytes=8 << 20,
        read_only=True,
        prepare=command(PREPARE, small_disk, tmp_path / "copies"),
    )
    here, there, sound, status, refused = done.stdout.splitlines()

    assert "" == done.stderr
    assert ("yes no no", "yes yes yes", "() ()") == (here, there, sound)
    assert "[('data:photos@1', 1)]" == status
    assert refused.startswith("Unavailable | the database")


def test_a_repository_without_room_is_said_to_be_so(repository: LocalRepository) -> None:
    repository.remote.add("a", "/mnt/a")
    faulty = FailingRows(repository.store.database, after=0)
    found = LocalRepository(msgspec.structs.replace(repository.store, database=faulty)).doctor()

    assert ("no", 8) == (by_name(found)["the database can be written"], found.exit_status)
    assert ["remote add"] == [
        each["operation"] for each in repository.store.database.run("SELECT operation FROM journal")
    ]


def test_a_database_on_a_server_is_asked_for_its_clock(postgres_url: str, tmp_path: Path) -> None:
    with init(tmp_path, database=postgres_url) as repository:
        found = repository.doctor()

    assert "yes" == by_name(found)["the database is sound"] == by_name(found)["the clock is right"]
    assert any("PostgreSQL" in each.detail for each in found.findings)


def test_who_may_not_name_places_may_examine_remotes(repository: LocalRepository, tmp_path: Path) -> None:
    repository.remote.add("copies", str(tmp_path))
    writer = repository.acting(Actor("eve", "writer"))

    assert 0 == writer.doctor("copies").exit_status
    with pytest.raises(Denied, match="may only use remotes"):
        writer.doctor("/etc")
    with pytest.raises(NotFound, match="no remote 'other'"):
        writer.doctor("other")


def test_a_secret_that_somebody_wrote_into_a_url_is_kept_nowhere(repository: LocalRepository) -> None:
    with pytest.raises(Exception, match="perhaps a secret"):
        repository.doctor("az://models?sv=2024&sig=hush-hush-hush")
    rows = repository.store.database.run("SELECT * FROM journal")

    assert ["doctor", "doctor"] == [row["operation"] for row in rows]
    assert "hush" not in msgspec.json.encode(rows).decode()
