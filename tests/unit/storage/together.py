"""Changes that are carried out together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from lineal.storage.database.database import Database
from lineal.storage.database.grouping import Grouping
from lineal.storage.database.transactions import Transactions

Work = Callable[[], Any]


def together(database: Database, *works: Work) -> list[Any]:
    """Have all of ``works`` carried out at once; return what each returned or raised."""

    async def ask() -> list[Any]:
        grouping = Grouping(database)
        return await asyncio.gather(*map(grouping.carry_out, works), return_exceptions=True)

    return asyncio.run(ask())


def savepoints(monkeypatch: pytest.MonkeyPatch, database: Database, work: Callable[[int], Work]) -> list[int]:
    """Return how many savepoints are taken in each of five turns, in the last as it is after a while.

    In each, two are carried out, of the turn's number and of that and a hundred; in the second and the fourth the other one fails in the end.
    """
    marks, inner = list[str](), Transactions._inner

    def noting(transactions: Transactions, statement: str) -> None:
        marks.append(statement.split(maxsplit=1)[0])
        inner(transactions, statement)

    def failing(number: int) -> Work:
        def fail() -> None:
            work(number)()
            raise ZeroDivisionError

        return fail

    async def ask() -> list[int]:
        grouping, counts = Grouping(database), list[int]()
        for turn in range(5):
            if turn == 4:
                grouping._as_one_from_s = 0.0
            works = (work(turn), (failing if turn % 2 else work)(100 + turn))
            await asyncio.gather(*map(grouping.carry_out, works), return_exceptions=True)
            counts.append(marks.count("SAVEPOINT"))
            marks.clear()
        return counts

    monkeypatch.setattr(Transactions, "_inner", noting)
    return asyncio.run(ask())
