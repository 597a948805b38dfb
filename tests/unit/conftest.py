"""What the tests of several rooms count."""

from __future__ import annotations

import pytest

from lineal.storage.database.postgres_statements import Statements


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements PostgreSQL was waited for, each time."""
    found, plain = list[int](), Statements.wait

    def noting(statements: Statements) -> None:
        if statements._sent:
            found.append(len(statements._sent))
        plain(statements)

    monkeypatch.setattr(Statements, "wait", noting)
    return found
