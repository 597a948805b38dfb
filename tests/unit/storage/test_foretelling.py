"""What several changes begin with, sent before the first of them is carried out: waited for once, and done once or not at all."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from lineal.storage.database.grouping import Grouping
from lineal.storage.database.postgres import Postgres
from tests.unit.storage.purses import amounts

_ADDING = "UPDATE purse SET amount = amount + 1 WHERE name = :name RETURNING amount"


def beginning(server: Postgres, *names: str, begins: str = "") -> list[Any]:
    """Have a row of each of ``names`` changed and looked at, all together, as is foretold; return what each saw.

    ``begins`` is the name of one that begins with something else than it said.
    """

    def add(name: str) -> int:
        if name == begins:
            raise ZeroDivisionError
        return int(server.run(_ADDING, name=name)[0]["amount"])

    def foretell(name: str) -> bool:
        server.foretell(_ADDING, name=name)
        return True

    async def ask() -> list[Any]:
        grouping = Grouping(server)
        works = [grouping.carry_out(partial(add, each), partial(str, each), partial(foretell, each)) for each in names]
        return await asyncio.gather(*works, return_exceptions=True)

    return asyncio.run(ask())


def test_what_several_begin_with_is_waited_for_once_if_it_is_foretold(server: Postgres, waits: list[int]) -> None:
    assert [1, 1] == beginning(server, "a", "b")
    assert len(waits) == 2, "once for the rows of both, and once for their end"
    assert {"a": 1, "b": 1} == amounts(server)


def test_what_begins_with_what_another_changes_is_not_foretold(server: Postgres, waits: list[int]) -> None:
    assert [1, 1, 2] == beginning(server, "a", "b", "a")
    assert len(waits) == 3
    assert {"a": 2, "b": 1} == amounts(server)


def test_what_was_foretold_and_not_called_for_is_not_done(server: Postgres) -> None:
    one, other = beginning(server, "a", "b", begins="b")

    assert (1, ZeroDivisionError) == (one, type(other))
    assert {"a": 1, "b": 0} == amounts(server)


def test_nothing_is_foretold_while_each_has_a_savepoint(server: Postgres) -> None:
    with server.transaction():
        server.foretell(_ADDING, name="a")

    assert {"a": 0, "b": 0} == amounts(server)
