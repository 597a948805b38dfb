"""Other names of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict
from lineal.storage import alternate_digests
from lineal.storage.alternate_digests import Known
from lineal.storage.database import migrations
from lineal.storage.database.database import Database
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.sqlite import Sqlite

ONE, OTHER = Known(digest_of(b"one"), 3), Known(digest_of(b"other"), 5)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Database]:
    found: Database = (
        Sqlite(tmp_path / "database.sqlite")
        if request.param == "sqlite"
        else Postgres(request.getfixturevalue("postgres_url"))
    )
    migrations.migrate(found, phase="pre")
    yield found
    found.close()


def test_names_are_found_both_ways(database: Database) -> None:
    alternate_digests.record(database, "md5", {"1": ONE, "2": OTHER})
    alternate_digests.record(database, "md5-dos2unix", {"3": ONE})

    assert {"1": ONE, "2": OTHER} == alternate_digests.by_value(database, "md5", ["1", "2", "3"])
    assert {ONE.digest: "3"} == alternate_digests.by_digest(database, "md5-dos2unix", [ONE.digest, OTHER.digest])


def test_writing_again_changes_nothing(database: Database) -> None:
    for _ in range(2):
        alternate_digests.record(database, "md5", {"1": ONE})

    assert {"1": ONE} == alternate_digests.by_value(database, "md5", ["1"])


def test_a_collision_is_refused_with_all_that_came_with_it(database: Database) -> None:
    alternate_digests.record(database, "md5", {"1": ONE})
    with pytest.raises(Conflict, match="two different files have the md5 1"):
        alternate_digests.record(database, "md5", {"1": OTHER, "2": OTHER})

    assert {"1": ONE} == alternate_digests.by_value(database, "md5", ["1", "2"])


def test_many_are_looked_up_in_batches(database: Database) -> None:
    many = {str(number): Known(digest_of(str(number).encode()), number) for number in range(2000)}
    alternate_digests.record(database, "md5", many)

    assert many == alternate_digests.by_value(database, "md5", many)
    assert {each.digest: value for value, each in many.items()} == alternate_digests.by_digest(
        database, "md5", [each.digest for each in many.values()]
    )
    assert {} == alternate_digests.by_value(database, "md5", [])
