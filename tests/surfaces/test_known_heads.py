"""Requests whose head was read before are answered as the first was, however they come, and only while they may be."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.server import guard as guard_module
from lineal.server import wire
from lineal.server.guard import Guard
from lineal.storage.store import Actor
from tests.surfaces.conftest import served
from tests.surfaces.serving import Served

API = "/api/2.0/mlflow/"


class Answer(NamedTuple):
    """The status of an answer, and its body."""

    status: int
    body: bytes

    @property
    def said(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


class Connection:
    """A connection that stays open.

    Args:
        url: of the server.
    """

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._said = self.socket.makefile("rb")

    def answer(self) -> Answer:
        """Return the next answer."""
        status = int(self._said.readline().split()[1])
        length = 0
        for line in iter(self._said.readline, b"\r\n"):
            name, _, value = line.partition(b": ")
            length = int(value) if name.lower() == b"content-length" else length
        return Answer(status, self._said.read(length))

    def ask(self, *pieces: bytes) -> Answer:
        """Return what a request is answered with that comes in pieces."""
        for each in pieces:
            self.socket.sendall(each)
        return self.answer()

    def is_closed(self) -> bool:
        """Tell whether the server hangs up."""
        return self._said.read(1) == b""


def posted(path: str, *more: str, **body: object) -> bytes:
    """Return a POST, with ``more`` headers."""
    data = json.dumps(body).encode()
    lines = (f"POST {API}{path} HTTP/1.1", "Host: 127.0.0.1", *more, f"Content-Length: {len(data)}")
    return "\r\n".join((*lines, "", "")).encode() + data


def created(number: int, *more: str) -> bytes:
    """Return a request that begins a run."""
    return posted("runs/create", *more, experiment_id="0", run_name=f"run {number}", start_time=1)


def got(path: str, method: str = "GET") -> bytes:
    """Return a request for a page."""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What had to be read as if nothing were known of it."""
    found, read = list[bytes](), wire.Http._read

    def noting(http: wire.Http, data: bytes) -> None:
        found.append(data)
        read(http, data)

    monkeypatch.setattr(wire.Http, "_read", noting)
    return found


@pytest.fixture
def url(tmp_path: Path, reads: list[bytes]) -> Iterator[str]:
    """A server of an empty repository."""
    with init(tmp_path) as local, served(local) as found:
        assert isinstance(local, LocalRepository)
        assert not reads
        yield found


def names(connection: Connection) -> set[str]:
    """Return the names of all runs."""
    found = connection.ask(posted("runs/search", experiment_ids=["0"])).said.get("runs", [])
    return {each["info"]["run_name"] for each in found}


def test_a_head_is_read_once_on_all_connections_and_each_request_is_carried_out(url: str, reads: list[bytes]) -> None:
    first, second = Connection(url), Connection(url)

    answers = [each.ask(created(number)) for number, each in enumerate((first, second, first, second))]
    assert [200] * 4 == [each.status for each in answers]
    assert [f"run {number}" for number in range(4)] == [each.said["run"]["info"]["run_name"] for each in answers]
    assert [created(0)] == reads
    assert {f"run {number}" for number in range(4)} == names(first)

    page = first.ask(got("/metrics")).body.decode()
    line = next(line for line in page.splitlines() if line.startswith("lineal_requests_total") and "create" in line)
    assert "4" == line.split()[-1].removesuffix(".0")


def test_a_body_may_come_after_its_head_and_in_pieces(url: str, reads: list[bytes]) -> None:
    connection = Connection(url)
    for number in range(3):
        asked = created(number)
        end = asked.index(b"\r\n\r\n") + 4
        connection.socket.sendall(asked[:end])
        time.sleep(0.02)
        connection.socket.sendall(asked[end : end + 9])
        time.sleep(0.02)
        assert 200 == connection.ask(asked[end + 9 :]).status
    assert 3 == len(reads)  # those of the first request
    assert {"run 0", "run 1", "run 2"} == names(connection)


def test_what_is_wrong_with_a_body_is_told_though_its_head_is_known(url: str) -> None:
    connection = Connection(url)
    good, bad = created(1), created(1).replace(b'"start_time": 1', b'"start_time": x')
    unknown = posted("runs/update", run_id="0" * 32, status="FINISHED")

    assert [200, 400, 200] == [connection.ask(each).status for each in (good, bad, good)]
    answers = [connection.ask(unknown) for _ in range(2)]
    assert [404, 404] == [each.status for each in answers]
    assert answers[0].said == answers[1].said


def test_head_is_answered_without_a_body_each_time(url: str) -> None:
    connection = Connection(url)
    for _ in range(3):
        connection.socket.sendall(got("/health", "HEAD"))
        assert b"200" in connection.socket.recv(4_096).split(b"\r\n")[0]
        connection.socket.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.socket.recv(1)
        connection.socket.settimeout(10)


@pytest.mark.parametrize(
    "more", ["Transfer-Encoding: chunked", "Expect: 100-continue", "Connection: Upgrade\r\nUpgrade: h2c"]
)
def test_a_head_that_does_not_say_all_is_read_each_time(url: str, reads: list[bytes], more: str) -> None:
    asked = created(1, *more.split("\r\n"))
    if "chunked" in more:
        head, _, body = asked.partition(b"\r\n\r\n")
        head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length"))
        asked = b"%b\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (head, len(body), body)
    for _ in range(2):
        connection = Connection(url)
        answer = connection.ask(asked)
        assert 200 == (connection.answer() if answer.status == 100 else answer).status
    assert [asked, asked] == reads


def test_a_known_head_counts_only_while_whoever_sends_it_is_known(
    tmp_path: Path, reads: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "_FRESH_S", 60.0)  # whoever is held up is not looked up again for that
    ana = {digest_of(b"secret"): Actor("ana", "writer")}
    with init(tmp_path) as local, served(local, guard := Guard(Actor("owner", "admin"), ana)) as url:
        connection = Connection(url)
        asked = [created(number, "Authorization: Bearer secret") for number in range(4)]
        stranger = created(0, "Authorization: Bearer Secret")
        assert [200, 200] == [connection.ask(each).status for each in asked[:2]]
        assert asked[:1] == reads

        ana.clear()
        assert 200 == connection.ask(asked[2]).status  # for a moment nobody is asked for again
        guard.forget()
        assert [401, 401, 401] == [connection.ask(each).status for each in (asked[3], stranger, stranger)]
        ana[digest_of(b"secret")] = Actor("ana", "reader")
        assert 403 == connection.ask(asked[3]).status
        assert isinstance(local, LocalRepository)
        guard.forget()
        assert [403, 403] == [connection.ask(each).status for each in asked[2:]]
        assert all("secret" not in repr(each.known) for each in wire.Http.__subclasses__())


def test_who_asks_too_much_is_told_though_the_head_is_known(tmp_path: Path) -> None:
    ana = {digest_of(b"secret"): Actor("ana", "writer")}
    some = guard_module.Settings(user_requests_s=2)
    with init(tmp_path) as local, served(local, Guard(Actor("owner", "admin"), ana, settings=some)) as url:
        connection = Connection(url)
        assert isinstance(local, LocalRepository)
        statuses = [connection.ask(created(number % 9, "Authorization: Bearer secret")).status for number in range(40)]
    assert {200, 429} == set(statuses)
    assert 10 <= statuses.count(200) < 20


STATUSES = {
    created(7): 200,
    posted("runs/log-metric", run_id="0" * 32, key="a", value=1, timestamp=1): 404,
    posted("experiments/create", name=""): 400,
    got("/health"): 200,
    got("/version"): 200,
    got(f"{API}experiments/get?experiment_id=0"): 200,
    got(f"{API}experiments/get?experiment_id=99"): 404,
    got("/nowhere"): 404,
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that is asked many things."""
    with init(tmp_path_factory.mktemp("repository")) as local, served(local) as found:
        assert isinstance(local, LocalRepository)
        yield found


@settings(max_examples=60, deadline=None)
@given(
    asked=st.lists(st.sampled_from([*STATUSES]), min_size=1, max_size=9),
    cuts=st.lists(st.tuples(st.integers(1, 1_500), st.sampled_from([0.0, 0.0, 0.002, 0.01])), max_size=8),
)
def test_requests_are_answered_in_their_order_wherever_they_are_cut(
    address: str, asked: list[bytes], cuts: list[tuple[int, float]]
) -> None:
    connection, data, at = Connection(address), b"".join(asked), 0
    for length, pause_s in cuts:
        connection.socket.sendall(data[at : at + length])
        time.sleep(pause_s)
        at += length
    connection.socket.sendall(data[at:])

    assert [STATUSES[each] for each in asked] == [connection.answer().status for _ in asked]
    assert 200 == connection.ask(got("/health")).status


def test_a_server_that_stops_answers_what_it_was_asked_with_a_known_head(tmp_path: Path) -> None:
    served = Served(tmp_path)
    waiting, half = Connection(served.url), Connection(served.url)
    asked = created(1)
    assert [200, 200] == [each.ask(asked).status for each in (waiting, half)]
    with sqlite3.connect(tmp_path / ".lineal" / "database.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting.socket.sendall(created(2))
        half.socket.sendall(created(3)[:-5])
        time.sleep(0.2)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        half.socket.sendall(created(3)[-5:])
        time.sleep(0.2)
        other.execute("ROLLBACK")
    other.close()

    assert [200, 200] == [each.answer().status for each in (waiting, half)]
    assert [True, True] == [each.is_closed() for each in (waiting, half)]
    assert 0 == served.process.wait(timeout=30)


def test_nobody_is_harmed_by_one_who_goes_before_the_answer(url: str) -> None:
    stays = Connection(url)
    stays.ask(created(0))
    for number in range(1, 4):
        goes = Connection(url)
        goes.socket.sendall(created(number))
        goes.socket.close()
    for _ in range(100):
        if len(names(stays)) == 4:
            break
        time.sleep(0.02)
    assert {f"run {number}" for number in range(4)} == names(stays)
    assert 200 == stays.ask(created(5)).status
