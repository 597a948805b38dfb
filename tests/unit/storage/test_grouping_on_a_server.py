"""Changes that share a commit on a server, where a group is under way while another one waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from lineal.objects.errors import Conflict, Invalid, Unavailable
from lineal.storage.database import grouping as grouping_module
from lineal.storage.database.grouping import Grouping
from lineal.storage.database.postgres import Postgres
from tests.unit.storage.purses import amounts
from tests.unit.storage.together import Work, savepoints, together


def adding(server: Postgres, name: str, *, then: Callable[[], object] = lambda: None) -> Work:
    def add() -> str:
        server.run("UPDATE purse SET amount = amount + 1 WHERE name = :name", name=name)
        then()
        return name

    return add


def test_on_a_server_too_one_that_fails_leaves_nothing_and_the_others_are_kept(server: Postgres) -> None:
    said = together(server, adding(server, "a"), adding(server, "b", then=lambda: 1 / 0), adding(server, "a"))

    assert ["a", "a"] == [each for each in said if isinstance(each, str)]
    assert {"a": 2, "b": 0} == amounts(server)


def test_on_a_server_one_that_fails_after_it_ended_is_told_and_the_others_are_kept(server: Postgres) -> None:
    def take_a_name() -> None:
        server.run("INSERT INTO purse (name, amount) VALUES ('a', 9)")

    said = together(server, adding(server, "a"), take_a_name, adding(server, "b"), adding(server, "a"))

    assert ["a", Conflict, "b", "a"] == [each if isinstance(each, str) else type(each) for each in said]
    assert {"a": 2, "b": 1} == amounts(server)


def test_on_a_server_one_that_expects_a_conflict_goes_on_after_it(server: Postgres) -> None:
    def take_a_name() -> str:
        with suppress(Conflict), server.transaction():
            server.run("INSERT INTO purse (name, amount) VALUES ('a', 9)")
            return "new"
        server.run("UPDATE purse SET amount = 7 WHERE name = 'a'")
        return "known"

    assert ["b", "known", "b"] == together(server, adding(server, "b"), take_a_name, adding(server, "b"))
    assert {"a": 7, "b": 2} == amounts(server)


def test_on_a_server_savepoints_are_taken_only_for_a_while_after_one_failed(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [0, 0, 1, 1, 0] == savepoints(monkeypatch, server, lambda turn: adding(server, "b" if turn >= 100 else "a"))
    assert {"a": 5, "b": 3} == amounts(server)


def test_on_a_server_a_group_goes_on_while_another_waits(server: Postgres) -> None:
    async def ask() -> list[Any]:
        grouping = Grouping(server)
        with held(server, "a"):
            first = asyncio.ensure_future(grouping.carry_out(adding(server, "a")))
            await asyncio.sleep(0.05)
            said = [await grouping.carry_out(adding(server, "b")), first.done()]
        return [*said, await first]

    assert ["b", False, "a"] == asyncio.run(ask())
    assert {"a": 2, "b": 1} == amounts(server)


def test_on_a_server_too_changes_are_made_in_the_loop_itself(server: Postgres) -> None:
    async def ask() -> list[Any]:
        grouping = Grouping(server)
        works = [adding(server, name, then=lambda: threads.add(threading.get_ident())) for name in "abab"]
        return await asyncio.gather(*map(grouping.carry_out, works))

    threads = set[int]()
    assert [*"abab"] == asyncio.run(ask())
    assert {threading.get_ident()} == threads


def test_who_waits_for_a_server_that_went_away_is_told_and_the_next_are_carried_out(server: Postgres) -> None:
    waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

    async def ask() -> list[Any]:
        grouping = Grouping(server)
        with held(server, "a") as other:
            works = [grouping.carry_out(adding(server, name)) for name in "ab"]
            said = [asyncio.ensure_future(each) for each in works]
            await asyncio.sleep(0.05)
            assert other.run(f"SELECT pg_terminate_backend(pid) AS ended {waiting}") == [{"ended": True}]
            ended = await asyncio.gather(*said, return_exceptions=True)
        return [*map(type, ended), await grouping.carry_out(adding(server, "b"))]

    assert [Unavailable, Unavailable, "b"] == asyncio.run(ask())
    assert {"a": 1, "b": 1} == amounts(server)


def test_quick_questions_are_answered_in_the_loop_while_a_change_waits_and_use_few_connections(
    server: Postgres,
) -> None:
    own = "SELECT COUNT(*) AS many FROM pg_stat_activity WHERE datname = current_database()"

    def question() -> int:
        server.run("SELECT pg_sleep(0.01)")
        return threading.get_ident()

    async def ask() -> list[Any]:
        grouping = Grouping(server)
        with held(server, "a"):
            change = asyncio.ensure_future(grouping.carry_out(adding(server, "a")))
            await asyncio.sleep(0.05)
            said = {*await asyncio.gather(*[grouping.read(question) for _ in range(40)]), change.done()}
            many = await grouping.read(lambda: server.run(own)[0]["many"])
        return [said, many, await change]

    said, many, change = asyncio.run(ask())
    assert ({threading.get_ident(), False}, "a") == (said, change)
    assert many == 1 + 1 + grouping_module._READING_MAX


def test_a_question_that_fails_says_so(server: Postgres) -> None:
    async def ask() -> list[Any]:
        grouping = Grouping(server)
        works = (lambda: server.run("SELECT nothing"), lambda: 1 // 0, lambda: amounts(server))
        return await asyncio.gather(*map(grouping.read, works), return_exceptions=True)

    no_column, no_number, found = asyncio.run(ask())
    assert (Invalid, ZeroDivisionError, {"a": 0, "b": 0}) == (type(no_column), type(no_number), found)


@contextmanager
def held(server: Postgres, name: str) -> Iterator[Postgres]:
    """Have another program hold a row that it changes."""
    other = Postgres(server._url)
    with other.transaction():
        other.run("UPDATE purse SET amount = amount + 1 WHERE name = :name RETURNING name", name=name)
        yield other
    other.close()


def test_on_a_server_another_group_begins_when_it_is_as_large_as_the_one_that_goes_on(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping_module, "_PATIENCE_S", 600)
    done = list[int]()

    async def ask() -> list[Any]:
        grouping = Grouping(server)
        with held(server, "a"):
            first = [asyncio.ensure_future(grouping.carry_out(each)) for each in (adding(server, "a"), int)]
            await asyncio.sleep(0.05)
            alone = asyncio.ensure_future(grouping.carry_out(lambda: done.append(1)))
            await asyncio.sleep(0.05)
            before = [*done]
            await asyncio.wait_for(asyncio.gather(alone, grouping.carry_out(lambda: done.append(2))), 10)
        return [before, *await asyncio.gather(*first)]

    assert [[], "a", 0] == asyncio.run(ask())
    assert [1, 2] == done


def test_two_groups_that_wait_for_one_another_both_come_to_their_end(server: Postgres) -> None:
    has_first, is_waited_for = threading.Event(), threading.Event()
    ours = Postgres(server._url)

    def be_the_other() -> None:
        with server.transaction():
            server.run("SET LOCAL deadlock_timeout = '60s'")  # so that ours is the one that gives way
            adding(server, "b")()
            has_first.set()
            is_waited_for.wait(10)
            adding(server, "a")()

    other = threading.Thread(target=be_the_other)
    other.start()
    has_first.wait(10)
    said = together(ours, adding(ours, "a", then=is_waited_for.set), adding(ours, "b"))
    other.join()
    ours.close()

    assert ["a", "b"] == said
    assert {"a": 2, "b": 2} == amounts(server)


def test_two_groups_of_a_server_have_the_same_order_of_what_they_change(server: Postgres) -> None:
    done = list[str]()

    def changing(group: int, name: str, *, then: Callable[[], object] = lambda: None) -> tuple[Work, Callable[[], str]]:
        def change() -> None:
            adding(server, name, then=then)()
            server.run("SELECT 1")  # the row is ours now
            done.append(f"{group} {name}")

        return change, lambda: name

    def let_others_begin() -> None:
        server.run("SELECT pg_sleep(0.3)")

    async def ask() -> None:
        grouping = Grouping(server)
        # Whoever came first is not the one that is changed first, so the groups would wait for one another.
        first = [grouping.carry_out(*changing(1, name, then=let_others_begin)) for name in ("a", "b")]
        ended = [asyncio.ensure_future(each) for each in first]
        await asyncio.sleep(0.05)
        second = [grouping.carry_out(*changing(2, name)) for name in ("b", "a") * 3]
        await asyncio.gather(*ended, *second)

    asyncio.run(ask())

    one, other = ["1 a", "1 b"], [*["2 a"] * 3, *["2 b"] * 3]
    assert done in (one + other, other + one), "none was done twice, and whoever was second waited for all of the first"
    assert {"a": 4, "b": 4} == amounts(server)


def test_what_cannot_say_what_it_is_about_has_nobody_else_fail(server: Postgres) -> None:
    async def ask() -> list[Any]:
        grouping = Grouping(server)
        works = [
            grouping.carry_out(adding(server, "a"), lambda: str(1 / 0)),
            grouping.carry_out(adding(server, "b"), lambda: "b"),
        ]
        return await asyncio.gather(*works)

    assert ["a", "b"] == asyncio.run(ask())
