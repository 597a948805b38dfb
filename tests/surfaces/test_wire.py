"""What is sent on one connection: answers in their order and in one piece, whether or not the same was asked before."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.server.wire import Joining
from tests.surfaces.conftest import served

HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Sent(asyncio.Transport):
    """A transport that takes note of each write."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        self.pieces.append(b"closed")


def sent(act: Callable[[Joining], None]) -> list[bytes]:
    """Return what is written while ``act`` writes, and once everybody else had their turn."""

    async def ask() -> list[bytes]:
        found = Sent()
        act(Joining(found))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return found.pieces

    return asyncio.run(ask())


HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


@pytest.mark.parametrize("body", [b"OK", b"x" * 100_000])
def test_a_head_leaves_together_with_its_body(body: bytes) -> None:
    def answer(joining: Joining) -> None:
        joining.write(HEAD)
        joining.write(body)
        joining.write(b"more")

    assert [HEAD + body, b"more"] == sent(answer)


def test_a_head_that_nothing_follows_leaves_alone_and_before_the_end() -> None:
    def hang_up(joining: Joining) -> None:
        joining.write(HEAD)
        joining.close()

    assert [HEAD] == sent(lambda joining: joining.write(HEAD))
    assert [HEAD, b"closed"] == sent(hang_up)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server of an empty repository, whose health was asked before."""
    with init(tmp_path) as local, served(local) as url:
        assert isinstance(local, LocalRepository)
        assert [b"OK", b"OK"] == asked(url, HEALTH, HEALTH)
        yield url


def asked(address: str, *pieces: bytes, answers: int = 0) -> list[bytes]:
    """Return the bodies of so many answers, by default one for each of ``pieces``, which are sent apart on one connection."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found, said = list[bytes](), connection.makefile("rb")
        for each in pieces:
            connection.sendall(each)
            time.sleep(0.05)
        while len(found) < (answers or len(pieces)):
            head = b"".join(iter(said.readline, b"\r\n")).lower()
            assert b"\r\ndate: " in head
            found.append(said.read(int(head.partition(b"content-length: ")[2].split()[0])))
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    return found


def test_what_was_answered_before_is_counted_and_dated_as_the_rest(address: str) -> None:
    asked(address, *[HEALTH] * 5)
    measures = asked(address, HEALTH.replace(b"health", b"metrics"))[0].decode()

    counted = [line for line in measures.splitlines() if line.startswith("lineal_requests_total") and "/health" in line]
    assert ["7"] == [line.split()[-1].removesuffix(".0") for line in counted]


def test_a_foreign_host_is_refused_though_the_same_is_known_of_ours(address: str) -> None:
    foreign = HEALTH.replace(b"127.0.0.1", b"evil.test")

    refused = asked(address, HEALTH, foreign, foreign, HEALTH)
    assert [True, False, False, True] == [each == b"OK" for each in refused]


@pytest.mark.parametrize(
    ("pieces", "bodies"),
    [
        ((HEALTH + HEALTH,), 2),
        ((HEALTH[:20], HEALTH[20:]), 1),
        ((HEALTH + HEALTH[:20], HEALTH[20:], HEALTH), 3),
        ((HEALTH[:-2], b"X-More: 1\r\n\r\n", HEALTH), 2),
    ],
)
def test_requests_that_come_in_other_pieces_are_answered_once_each(
    address: str, pieces: tuple[bytes, ...], bodies: int
) -> None:
    assert [b"OK"] * bodies == asked(address, *pieces, answers=bodies)


def test_a_body_that_reads_like_a_known_request_is_none(address: str) -> None:
    head = b"POST /api/2.0/mlflow/runs/create HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(HEALTH)

    said = asked(address, head, HEALTH, HEALTH, answers=2)
    assert [b"error_code" in said[0], said[1]] == [True, b"OK"]


def test_a_known_request_waits_for_the_answer_to_the_one_before(address: str) -> None:
    slow = HEALTH.replace(b"/health", b"/api/v1/openapi.json")

    said = asked(address, slow, HEALTH, answers=2)
    assert [b"openapi" in said[0], said[1]] == [True, b"OK"]


def test_whoever_asks_the_same_again_and_again_is_not_hung_up_on(address: str) -> None:
    port = urlsplit(address).port
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(8):
            connection.sendall(HEALTH)
            assert connection.recv(4_096).endswith(b"OK")
            time.sleep(1)
        time.sleep(6)
        assert b"" == connection.recv(1)
