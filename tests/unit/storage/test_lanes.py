"""Work in the loop of events that waits for the database: the loop goes on, and nothing of two pieces of work is mixed up."""

from __future__ import annotations

import asyncio
import gc
import select
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from lineal.objects.errors import Unavailable
from lineal.storage.database import postgres
from lineal.storage.database.lanes import Lane, Own, aside, current
from lineal.storage.database.postgres import Postgres
from lineal.storage.database.postgres_connection import Connection
from tests.unit.storage.purses import amounts

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Watched(asyncio.SelectorEventLoop):
    """A loop that no lane may call: uvloop would read and write what is no longer where it left it."""

    def _check(name: str) -> Callable[..., Any]:  # noqa: N805 - makes the methods below
        def call(self: Watched, *args: Any, **named: Any) -> Any:
            assert current() is None, f"{name} is called in a lane"
            return getattr(super(), name)(*args, **named)

        return call

    add_reader, add_writer = _check("add_reader"), _check("add_writer")
    remove_reader, remove_writer = _check("remove_reader"), _check("remove_writer")
    call_soon, call_soon_threadsafe, call_at = _check("call_soon"), _check("call_soon_threadsafe"), _check("call_at")
    run_in_executor = _check("run_in_executor")


@pytest.fixture(params=[Watched, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs what is asked in a loop, and ends that."""

    def run_in_it(asked: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(asked)

    return run_in_it


async def done(*works: Callable[[], Any]) -> list[Any]:
    """Return what each of ``works`` returned or raised, each in a lane."""
    futures = []
    for work in works:
        futures.append(future := asyncio.get_running_loop().create_future())
        Lane(work, lambda result, error, future=future: future.set_result(error or result)).begin()
    return await asyncio.gather(*futures)


def test_the_loop_goes_on_while_lanes_wait(run: Run, server: Postgres) -> None:
    said = list[str]()

    def slow(name: str) -> Callable[[], int]:
        def work() -> int:
            said.append(f"{name} begins")
            server.run("SELECT pg_sleep(0.2)")
            said.append(f"{name} ends")
            return threading.get_ident()

        return work

    async def ask() -> list[Any]:
        asyncio.get_running_loop().call_later(0.1, said.append, "a tick")
        return await done(slow("one"), slow("other"))

    assert [threading.get_ident()] * 2 == run(ask())
    assert ["one begins", "other begins", "a tick"] == said[:3]
    assert {"one ends", "other ends"} == {*said[3:]}


def test_each_lane_has_its_own_transaction(run: Run, server: Postgres) -> None:
    def one() -> None:
        with server.transaction():
            server.run("UPDATE purse SET amount = 5 WHERE name = 'a'")
            server.run("SELECT pg_sleep(0.1)")
            raise ValueError("no more of this")

    def other() -> dict[str, int]:
        with server.transaction():
            server.run("UPDATE purse SET amount = 7 WHERE name = 'b'")
            server.run("SELECT pg_sleep(0.05)")
        return amounts(server)

    async def ask() -> list[Any]:
        return await done(one, other)

    error, seen = run(ask())
    assert isinstance(error, ValueError)
    assert {"a": 0, "b": 7} == seen == amounts(server)


def test_what_a_lane_has_of_its_own_is_not_the_threads_nor_another_lanes(run: Run) -> None:
    own = Own(list[str])
    own().append("thread")

    def keeping(name: str) -> Callable[[], list[str]]:
        def keep() -> list[str]:
            own().append(name)
            aside(int)
            own().append(name)
            return own()

        return keep

    async def ask() -> list[Any]:
        return await done(keeping("one"), keeping("other"))

    assert [["one", "one"], ["other", "other"]] == run(ask())
    assert ["thread"] == own()


def test_what_must_wait_for_something_else_is_done_by_a_thread(run: Run) -> None:
    def work() -> tuple[bool, int, bool]:
        return current() is not None, aside(threading.get_ident), current() is not None

    async def ask() -> list[Any]:
        return await done(work)

    ((before, thread, after),) = run(ask())
    assert (True, True) == (before, after)
    assert thread != threading.get_ident() == aside(threading.get_ident)


def test_connections_are_made_by_a_thread(run: Run, server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = list[int]()

    class Noting(Connection):
        def __init__(self, *args: Any, **named: Any) -> None:
            threads.append(threading.get_ident())
            super().__init__(*args, **named)

    monkeypatch.setattr(postgres, "Connection", Noting)
    server.close()

    async def ask() -> list[Any]:
        return await done(*[lambda: server.run("SELECT 1 AS one")] * 2) + await done(lambda: amounts(server))

    assert [[{"one": 1}]] * 2 + [{"a": 0, "b": 0}] == run(ask())
    assert 2 == len(threads)
    assert threading.get_ident() not in threads


def test_a_server_that_cannot_be_reached_is_an_error_of_the_lane(run: Run) -> None:
    async def ask() -> list[Any]:
        return await done(lambda: Postgres("postgresql://nobody@127.0.0.1:9/none").run("SELECT 1"), lambda: 3)

    failed, other = run(ask())
    assert (Unavailable, 3) == (type(failed), other)


def test_of_a_lane_that_waits_when_the_loop_ends_nothing_is_kept(run: Run, server: Postgres) -> None:
    told = list[object]()

    def work() -> None:
        with server.transaction():
            server.run("UPDATE purse SET amount = 5 WHERE name = 'a'")
            server.run("SELECT pg_sleep(60)")

    async def ask() -> None:
        Lane(work, lambda *ended: told.append(ended)).begin()

    run(ask())
    gc.collect()

    assert {"a": 0, "b": 0} == amounts(server)
    assert [] == told


def test_what_the_loop_refuses_is_an_error_of_the_lane(run: Run) -> None:
    def wait_for_no_file() -> None:
        lane = current()
        assert lane
        lane.wait_until(-1, select.POLLIN)

    async def ask() -> list[Any]:
        return await done(wait_for_no_file, lambda: aside(int))

    refused, other = run(ask())
    assert isinstance(refused, ValueError | OSError)
    assert 0 == other


def test_hundreds_of_lanes_that_wait_many_times_come_to_their_end(run: Run, server: Postgres) -> None:
    def work() -> int:
        for _ in range(10):
            with server.transaction():
                server.run("SELECT pg_sleep(0.0005)")
                server.run("SELECT pg_sleep(0)")
        return 1

    async def ask() -> int:
        ended = 0
        for _ in range(40):
            ended += sum(await done(*[work] * 5))
        return ended

    assert 200 == run(ask())
