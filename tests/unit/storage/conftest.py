"""A server's database with two purses, for changes that meet in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lineal.storage.database.postgres import Postgres


@pytest.fixture
def server(postgres_url: str) -> Iterator[Postgres]:
    """A server's database with one table, and two rows in it."""
    found = Postgres(postgres_url)
    found.run("CREATE TABLE purse (name TEXT PRIMARY KEY, amount BIGINT NOT NULL)")
    found.many("INSERT INTO purse (name, amount) VALUES (:name, 0)", [{"name": "a"}, {"name": "b"}])
    yield found
    found.close()
