"""The server: who may, what it refuses, and that a repository behind it is the same as one at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import uvicorn

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.remote import RemoteRepository
from lineal.objects.digest import digest_of
from lineal.objects.errors import Denied, Invalid, LinealError, NotFound, Unavailable
from lineal.objects.ulid import ulid
from lineal.operations import every
from lineal.operations.recording import tracking
from lineal.operations.recording.tracking import NewRun
from lineal.server.guard import Guard
from lineal.server.serve import serve
from lineal.server.tokens import read_tokens
from lineal.storage.store import Actor
from tests.surfaces.conftest import served

HTTP = urllib3.PoolManager(retries=False)
API = "/api/v1"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    """A repository with one dataset."""
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with init(tmp_path) as found:
        found.data.add(tmp_path / "table.csv")
        yield found


@pytest.fixture
def address(local: LocalRepository) -> Iterator[str]:
    """Where it is served, to this machine's owner."""
    with served(local) as url:
        yield url


def problem(answer: Any) -> tuple[int, str]:
    """Return the status and the kind of a problem, which must come with a sentence and a next step."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    said = json.loads(answer.data)
    assert said["detail"]
    return answer.status, said["type"]


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/show?reference=nobody", None, (404, "NotFound")),
        ("GET", "/show", None, (400, "Invalid")),
        ("GET", "/show?refrence=x", None, (400, "Invalid")),
        ("GET", "/runs?limit=many", None, (400, "Invalid")),
        ("GET", "/show?reference=a&reference=b", None, (400, "Invalid")),
        ("POST", "/promote", b"{", (400, "Invalid")),
        ("POST", "/promote", b'{"version": 7, "to": "production"}', (400, "Invalid")),
        ("POST", "/promote", b"\xff", (400, "Invalid")),
        ("POST", "/promote", b"[" * 100_000, (400, "Invalid")),
        ("POST", "/show", b"{}", (405, "Invalid")),
        ("GET", "/nothing", None, (404, "NotFound")),
        ("GET", "/blobs/sha256:00", None, (404, "NotFound")),
        ("POST", "/blobs/has", b"7", (400, "Invalid")),
        ("POST", "/blobs/get", b"7", (400, "Invalid")),
        ("PUT", f"/trees/{digest_of(b'nowhere')}", None, (404, "NotFound")),
        ("PUT", f"/packs/{digest_of(b'nowhere')}", b"no pack", (400, "Corrupt")),
    ],
)
def test_a_request_that_cannot_be_meant_is_a_problem(
    method: str, path: str, body: bytes | None, expected: tuple[int, str], address: str
) -> None:
    assert expected == problem(HTTP.request(method, address + API + path, body=body))


def test_wrong_bytes_are_refused_and_not_kept(address: str, local: LocalRepository) -> None:
    digest = digest_of(b"what was announced")
    answer = HTTP.request("PUT", f"{address}{API}/blobs/{digest}", body=b"something else")

    assert 400 == answer.status
    assert set() == local.blobs.has({digest, digest_of(b"something else")})


def test_bytes_come_back_whole_and_in_ranges(address: str, local: LocalRepository) -> None:
    digest = local.blobs.put(b"0123456789")
    url = f"{address}{API}/blobs/{digest}"

    assert b"0123456789" == HTTP.request("GET", url).data
    part = HTTP.request("GET", url, headers={"Range": "bytes=2-4"})
    assert (206, b"234", "bytes 2-4/10") == (part.status, part.data, part.headers["Content-Range"])
    assert 416 == HTTP.request("GET", url, headers={"Range": "bytes=10-"}).status


def test_a_retry_with_the_same_key_is_one_act(address: str, local: LocalRepository) -> None:
    tree = local.data.show("table").dataset.tree
    body = json.dumps({"path": {"tree": tree, "name": "again"}, "name": "again"}).encode()
    answers = [
        HTTP.request("POST", f"{address}{API}/data/add", body=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]

    assert answers[0].data == answers[1].data
    assert 2 == len(local.log())


def test_pages_of_other_sites_can_do_nothing_here(address: str) -> None:
    body = b'{"version": "m", "to": "archived"}'
    posted = HTTP.request("POST", f"{address}{API}/promote", body=body, headers={"Origin": "http://evil.example"})
    rebound = HTTP.request("GET", f"{address}{API}/runs", headers={"Host": "evil.example"})

    assert ((403, "Denied"), (403, "Denied")) == (problem(posted), problem(rebound))


def test_the_openapi_document_describes_every_operation_and_refers_to_nothing_that_is_not_there(address: str) -> None:
    text = HTTP.request("GET", f"{address}{API}/openapi.json").data.decode()
    document = json.loads(text)
    referred = {part.partition('"')[0] for part in text.split('"$ref":"')[1:]}

    assert document["openapi"].startswith("3.1")
    for each in every().values():
        assert each.summary == document["paths"][f"{API}/{each.path}"][each.method.lower()]["summary"]
    for reference in referred:
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_searches_and_sql_are_the_same_behind_a_url(address: str, local: LocalRepository) -> None:
    for number in range(3):
        new = NewRun(id=ulid(number, b"0123456789"), name=f"r{number}", started_at=number)
        tracking.create(local, new)
    with RemoteRepository(address) as remote:
        first = remote.search("name like 'r%'", kind="runs", limit=2)
        second = remote.search("name like 'r%'", kind="runs", limit=2, page=first.next_page)
        counted = remote.sql("select count(*) as runs, max(ended_at) as last from runs")
        with pytest.raises(Invalid) as caught:
            remote.search("name like", kind="runs")

    assert ["r2", "r1", "r0"] == [each.name for page in (first, second) for each in page.runs]
    assert (3, None) == counted.rows[0]
    assert caught.value.message.endswith("^")


def test_errors_come_through_as_they_are_at_hand(address: str, local: LocalRepository) -> None:
    with RemoteRepository(address) as remote:
        for question in ("tabel", "table@9", "x@@y"):
            here, there = (
                _error(lambda q=question: local.data.show(f"data:{q}")),
                _error(lambda q=question: remote.data.show(f"data:{q}")),
            )

            assert (type(here), here.message, here.hint) == (type(there), there.message, there.hint)


def _error(ask: Any) -> LinealError:
    with pytest.raises(LinealError) as caught:
        ask()
    return caught.value


def test_no_server_and_no_lineal_server_are_told_apart(address: str) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9") as caught:
        RemoteRepository("http://127.0.0.1:9").runs()

    assert "address" in caught.value.hint
    with pytest.raises((Invalid, NotFound)):
        RemoteRepository(f"{address}/models").runs()


@pytest.fixture
def guard(tmp_path: Path) -> Guard:
    """Tokens of a reader and a writer."""
    lines = [f'[{name}]\ntoken = "{digest_of(name.encode())}"\nrole = "{name}"\n' for name in ("reader", "writer")]
    (tmp_path / "tokens.toml").write_text("".join(lines), encoding="utf-8")
    return Guard(Actor(name="owner", role="admin"), read_tokens(tmp_path / "tokens.toml"))


def test_a_token_says_who_acts_and_what_they_may(local: LocalRepository, guard: Guard, tmp_path: Path) -> None:
    with served(local, guard) as url:
        assert (401, "Denied") == problem(HTTP.request("GET", f"{url}{API}/runs"))
        assert 401 == HTTP.request("GET", f"{url}{API}/runs", headers={"Authorization": "Bearer wrong"}).status
        assert 200 == HTTP.request("GET", f"{url}/", headers=urllib3.make_headers(basic_auth="x:reader")).status
        with pytest.raises(Denied, match="reader"), RemoteRepository(url, token="reader") as reader:
            reader.data.add(tmp_path / "table.csv", name="mine")
        with RemoteRepository(url, token="writer") as writer:
            assert "writer" == writer.data.add(tmp_path / "table.csv", name="mine").added_by


@pytest.mark.parametrize("text", ["[ada]\nrole = 'reader'\n", "[ada]\ntoken = 'x'\nrole = 'queen'\n", "["])
def test_a_broken_file_of_tokens_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "tokens.toml").write_text(text, encoding="utf-8")

    with pytest.raises(Invalid, match=r"tokens\.toml"):
        read_tokens(tmp_path / "tokens.toml")


def test_an_open_address_needs_tokens(local: LocalRepository) -> None:
    with pytest.raises(Denied, match="without logins"):
        serve(local, host="0.0.0.0", port=0)


def test_a_connection_outlives_the_pauses_between_what_a_program_says(
    local: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_s = list[int]()

    def run(server: uvicorn.Server, sockets: list[Any]) -> None:
        kept_s.append(server.config.timeout_keep_alive)
        for each in sockets:
            each.close()

    monkeypatch.setattr(uvicorn.Server, "run", run)
    serve(local, host="127.0.0.1", port=0)

    assert kept_s[0] > 60  # an epoch may take a minute
