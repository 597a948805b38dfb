"""A body crosses between the loop and a thread whole, in little memory, and whoever goes away stops the other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lineal.protocols.mlflow.streams import PIECE_BYTES, HungUp, Transfers, held_back


def bodies(*pieces: bytes, ends: bool = True) -> Any:
    """Return what gives the messages of a request; one that does not end is hung up."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": each, "more_body": True} for each in pieces]
    messages.append({"type": "http.request", "more_body": False} if ends else {"type": "http.disconnect"})
    rest = iter(messages)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return next(rest)

    return receive


def received(receive: Any, store: Any) -> Any:
    async def run() -> Any:
        return await Transfers().received(receive, store)

    return asyncio.run(run())


@pytest.mark.parametrize(
    "sizes", [(), (0,), (1,), (1, 0, 2), (PIECE_BYTES,) * 9, (70_000,) * 100, (PIECE_BYTES * 3 + 1,)]
)
def test_what_arrives_is_what_was_sent(sizes: tuple[int, ...]):
    sent = [bytes([number % 251]) * size for number, size in enumerate(sizes)]

    assert b"".join(sent) == received(bodies(*sent), b"".join)


def test_a_client_that_goes_away_is_an_error_to_whoever_stores():
    seen = list[bytes]()

    def store(pieces: Iterator[bytes]) -> None:
        seen.extend(pieces)

    with pytest.raises(HungUp):
        received(bodies(b"x" * PIECE_BYTES, b"y", ends=False), store)
    assert [PIECE_BYTES] == list(map(len, seen))


def test_an_error_is_told_once_everything_was_read():
    left = [b"x" * PIECE_BYTES] * 50
    asked = list[int]()
    receive = bodies(*left)

    async def counted() -> Any:
        asked.append(1)
        return await receive()

    def store(pieces: Iterator[bytes]) -> None:
        next(pieces)
        raise ValueError("full")

    with pytest.raises(ValueError, match="full"):
        received(counted, store)
    assert len(left) + 1 == len(asked)


def test_a_slow_store_holds_back_the_network():
    ahead, sent, taken = list[int](), 0, 0

    async def receive() -> Any:
        nonlocal sent
        sent += 1
        ahead.append(sent - taken)
        return {"type": "http.request", "body": b"x" * PIECE_BYTES, "more_body": sent < 40}

    def store(pieces: Iterator[bytes]) -> None:
        nonlocal taken
        for _ in pieces:
            taken += 1
            threading.Event().wait(0.002)

    received(receive, store)
    assert max(ahead) < 10


async def _never() -> Any:
    await asyncio.Event().wait()


def sent(pieces: Iterator[bytes], receive: Any = _never) -> list[dict[str, Any]]:
    messages = list[dict[str, Any]]()

    async def send(message: Any) -> None:
        messages.append(message)
        await asyncio.sleep(0)

    async def run() -> None:
        await Transfers().sent(pieces, 200, {"Content-Length": "1"})({}, receive, send)

    asyncio.run(run())
    return messages


def test_what_is_read_is_what_is_sent():
    for count in (0, 1, 3, 30):
        pieces = [bytes([number]) * 1_000 for number in range(count)]
        first, *rest = sent(iter(pieces))

        assert {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]} == first
        assert b"".join(pieces) == b"".join(each["body"] for each in rest)
        assert [True] * (len(rest) - 1) + [False] == [each.get("more_body", False) for each in rest]


def test_an_error_while_reading_ends_the_answer_before_its_end():
    def pieces() -> Iterator[bytes]:
        yield b"a"
        yield b"b"
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        sent(pieces())
    assert [b"a"] == _before_error(held_back(pieces()))


def _before_error(pieces: Iterator[bytes]) -> list[bytes]:
    found = list[bytes]()
    with pytest.raises(ValueError, match="damaged"):
        found.extend(pieces)
    return found


def test_nothing_more_is_read_for_a_client_that_went_away():
    read = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1_000):
            read += 1
            yield b"x" * 1_000

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    sent(pieces(), receive)
    assert read < 50
