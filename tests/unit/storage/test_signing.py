"""What was signed is known again by every server of one repository, and nothing else is."""

from __future__ import annotations

import pytest

from lineal.storage.database.database import Database
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import MEMORY, Sqlite
from lineal.storage.signing import Signer


@pytest.fixture
def database() -> Database:
    found = Sqlite(MEMORY)
    migrate(found, phase="pre")
    return found


def test_what_was_signed_is_known_again_by_everybody(database: Database):
    signature = Signer(database, "addresses").sign("get", "a/b", 7)

    assert Signer(database, "addresses").is_signed(signature, "get", "a/b", 7)
    assert 1 == len(database.run("SELECT * FROM secret"))


def test_anything_else_is_not(database: Database):
    signer = Signer(database, "addresses")
    signature = signer.sign("get", "ab", "c", 7)
    other = Sqlite(MEMORY)
    migrate(other, phase="pre")

    for said in (("get", "a", "bc", 7), ("get", "ab", "c", "7"), ("get", "ab", "c"), ("put", "ab", "c", 7)):
        assert not signer.is_signed(signature, *said)
    for text in ("", signature[:-1], signature.upper(), "é", "0" * 32):
        assert not signer.is_signed(text, "get", "ab", "c", 7)
    assert not Signer(database, "others").is_signed(signature, "get", "ab", "c", 7)
    assert not Signer(other, "addresses").is_signed(signature, "get", "ab", "c", 7)
