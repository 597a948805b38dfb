"""Files of runs and logged models, as MLflow's client sends and gets them: all or nothing, and never out of their place."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
import urllib3

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.server.tokens import Guard, read_tokens
from lineal.storage.store import Actor
from lineal.testing.faults import Failing, run_on_small_disk
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import HTTP, Client
from tests.unit.operations.making import run as finished_run
from tests.unit.storage.spoiling import overwrite


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    """An empty repository."""
    with init(tmp_path) as found:
        yield found


@pytest.fixture
def client(local: LocalRepository) -> Iterator[Client]:
    """A client of its server."""
    with served(local) as url:
        yield Client(url)


@pytest.fixture
def run(client: Client) -> str:
    """The id of a run of the default experiment."""
    return client.run("0")


@pytest.fixture
def root(run: str) -> str:
    """Where the proxy has its artifacts."""
    return f"0/{run}/artifacts"


def test_files_come_back_as_they_were_sent_with_what_a_browser_needs_to_know(client: Client, root: str):
    assert 200 == client.put(f"{root}/notes/n.txt", b"hello")
    answer = client.ask("GET", f"mlflow-artifacts/artifacts/{root}/notes/n.txt")

    assert (200, b"hello") == (answer.status, answer.data)
    assert {
        "content-type": "text/plain",
        "content-disposition": "attachment; filename=n.txt",
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
        "content-length": "5",
        "etag": f'"{digest_of(b"hello")}"',
    }.items() <= {name.lower(): value for name, value in answer.headers.items()}.items()
    head = client.ask("HEAD", f"mlflow-artifacts/artifacts/{root}/notes/n.txt")
    assert (200, b"", "5") == (head.status, head.data, head.headers["Content-Length"])


def test_a_directory_is_listed_as_mlflow_does(client: Client, run: str, root: str):
    for path, size in (("d.json", 12), ("x.bin", 1_048_576), ("notes/n.txt", 5)):
        client.put(f"{root}/{path}", bytes(size))
    files = [
        {"path": "d.json", "is_dir": False, "file_size": 12},
        {"path": "notes", "is_dir": True},
        {"path": "x.bin", "is_dir": False, "file_size": 1_048_576},
    ]
    uri = f"mlflow-artifacts:/0/{run}/artifacts"

    assert {"files": files} == client.files(root) == client.files(f"{root}/") == client.files(f"{root}/.")
    assert {"files": [{"path": "n.txt", "is_dir": False, "file_size": 5}]} == client.files(f"{root}/notes")
    assert {} == client.files(f"{root}/notes/n.txt") == client.files(f"{root}/model")
    assert {"root_uri": uri, "files": files} == client.said("GET", f"mlflow/artifacts/list?run_id={run}")
    assert {
        "root_uri": uri,
        "files": [{"path": "notes/n.txt", "is_dir": False, "file_size": 5}],
    } == client.said("GET", f"mlflow/artifacts/list?run_uuid={run}&path=notes&page_token=")
    assert {"root_uri": uri} == client.said("GET", f"mlflow/artifacts/list?run_id={run}&path=nowhere")
    status, _, message = client.refused("GET", "mlflow/artifacts/list")
    assert (400, True) == (status, message.startswith("Missing value for required parameter 'run_id'"))


def test_what_is_not_there_is_told_by_the_path_that_was_asked_for(client: Client, root: str):
    client.put(f"{root}/notes/n.txt", b"x")
    for path in (f"{root}/model", f"{root}/notes", root, "nowhere"):
        for method in ("GET", "HEAD") if path != f"{root}/model" else ("GET", "DELETE"):
            answer = client.ask(method, f"mlflow-artifacts/artifacts/{path}")
            assert (404, "application/json") == (answer.status, answer.headers["Content-Type"])

    assert {
        "error_code": "RESOURCE_DOES_NOT_EXIST",
        "message": f"No such artifact: '{root}/model'",
        "sqlstate": "KAM00",
        "error_class": "RESOURCE_NOT_FOUND",
    } == json.loads(client.ask("GET", f"mlflow-artifacts/artifacts/{root}/model").data)
    status, code, message = client.refused("PUT", f"mlflow-artifacts/artifacts/0/{'0' * 32}/artifacts/a", b"x")
    assert (404, "RESOURCE_DOES_NOT_EXIST", f"Run with id={'0' * 32} not found") == (status, code, message)


RANGES = {
    "bytes=2-4": (206, b"234", "bytes 2-4/10"),
    "bytes=8-99": (206, b"89", "bytes 8-9/10"),
    "bytes=-3": (206, b"789", "bytes 7-9/10"),
    "bytes=0-9": (206, b"0123456789", "bytes 0-9/10"),
    "bytes=5-": (206, b"56789", "bytes 5-9/10"),
    "bytes=x": (200, b"0123456789", None),
    "bytes=4-2": (200, b"0123456789", None),
}


def test_ranges_of_a_file_are_sent(client: Client, root: str):
    client.put(f"{root}/a", b"0123456789")
    path = f"mlflow-artifacts/artifacts/{root}/a"
    for wanted, expected in RANGES.items():
        answer = client.ask("GET", path, Range=wanted)
        assert expected == (answer.status, answer.data, answer.headers.get("Content-Range"))
    assert 416 == client.ask("GET", path, Range="bytes=10-").status
    assert 200 == client.ask("GET", path, **{"Range": "bytes=2-4", "If-Range": '"another"'}).status
    client.put(f"{root}/empty", b"")
    assert b"" == client.get(f"{root}/empty")


NAMES = {
    "a.txt": "text/plain",
    "MLmodel": "text/plain",
    "mlproject": "text/plain",
    "conda.yaml": "text/plain",
    "input_example.json": "text/plain",
    "b.pkl": "application/octet-stream",
    "model.skops": "application/octet-stream",
    "c.png": "image/png",
    "d.pdf": "application/pdf",
    "e.html": "text/html",
}


def test_the_type_of_a_file_is_told_by_its_name_whatever_is_asked_for(client: Client, root: str):
    for name, kind in NAMES.items():
        client.put(f"{root}/dir/{name}", b"")
        answer = client.ask("GET", f"mlflow-artifacts/artifacts/{root}/dir/{name}", Accept="text/html")
        assert (name, kind, f"attachment; filename={name}") == (
            name,
            answer.headers["Content-Type"],
            answer.headers["Content-Disposition"],
        )


def test_names_in_any_script_with_any_sign_come_back(client: Client, root: str):
    for name in ("été.txt", "漢字", 'a b;c="d"\'', "dog%step%20%timestamp%100.png", "100%", "a#b?c", "~"):
        path = f"{root}/images/{name}"
        assert 200 == client.put(path, name.encode())
        assert name.encode() == client.get(path)
        assert name in [each["path"] for each in client.files(f"{root}/images")["files"]]


HOSTILE = (
    "../x",
    "a/../../x",
    "a/..",
    "%2e%2e/x",
    "..%2fx",
    "%252e%252e/x",
    "%25252e%25252e%25252fx",
    "a%5c..%5cx",
    "a%255cb",
    "a\\b",
    "/etc/passwd",
    "%2fetc/passwd",
    "a//b",
    "a/%2f/b",
    "a/",
    "C:/x",
    "c%3a/x",
    "c%253a%255cx",
    "a%00b",
    "a%2500b",
    "file:///etc/passwd",
)


def raw(client: Client, method: str, target: str, body: bytes | None = None) -> tuple[int, Any]:
    """Return the answer to a request whose address is sent as it is written: clients tidy them up."""
    host = client.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host)
    connection.putheader("Content-Length", str(len(body or b"")))
    connection.endheaders(body)
    answer = connection.getresponse()
    status, data = answer.status, answer.read()
    connection.close()
    return status, json.loads(data)["message"] if data.startswith(b"{") else data


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_that_leads_elsewhere_is_refused_however_it_is_written(path: str, client: Client, root: str, run: str):
    proxy, listed = "/api/2.0/mlflow-artifacts/artifacts", quote(path, safe="%")
    answers = {
        (method, before): raw(client, method, f"{proxy}/{before}{path}", b"x")
        for method in ("PUT", "GET", "DELETE")
        for before in ("", f"{root}/")
        if not (method == "DELETE" and path.endswith("a/"))
        if not (before and path in {"C:/x", "c%3a/x", "c%253a%255cx"} and "5c" not in path)
    }
    answers |= {
        "get": raw(client, "GET", f"/get-artifact?run_id={run}&path={listed}"),
        "send": raw(client, "POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path={listed}", b"x"),
        "version": raw(client, "GET", f"/model-versions/get-artifact?name=m&version=1&path={listed}"),
        "part": raw(client, "POST", f"/api/2.0/mlflow-artifacts/mpu/create/{path}/x", b'{"path": "x"}'),
        "presigned": raw(client, "GET", f"/api/2.0/mlflow-artifacts/presigned/{path}"),
    }
    if path == "a/":
        del answers["part"]

    assert {(400, "Invalid path")} == set(answers.values()), answers
    assert {} == client.files("")


def test_a_file_or_everything_is_removed_unless_a_model_needs_it(client: Client, root: str):
    model = client.model("0")
    place = f"0/models/{model}/artifacts"
    for path in (f"{root}/a/b", f"{root}/a/c", f"{root}/d", f"{place}/MLmodel"):
        client.put(path, b"x")
    for path, left in ((f"{root}/a/b", ["a", "d"]), (f"{root}/a", ["d"]), (f"{root}/", [])):
        assert {} == client.said("DELETE", f"mlflow-artifacts/artifacts/{path}")
        assert left == [each["path"] for each in client.files(root).get("files", ())]
    client.said("PATCH", f"mlflow/logged-models/{model}", {"status": "LOGGED_MODEL_READY"})
    for method, path in (
        ("PUT", f"{place}/MLmodel"),
        ("PUT", f"{place}/new"),
        ("DELETE", f"{place}/MLmodel"),
        ("DELETE", f"{place}/"),
    ):
        status, code, message = client.refused(method, f"mlflow-artifacts/artifacts/{path}", b"y")
        assert (409, "RESOURCE_CONFLICT") == (status, code)
        assert "belongs to a model that is ready or registered" in message
    assert b"x" == client.get(f"{place}/MLmodel")


def test_pages_get_and_send_files_in_their_own_ways(client: Client, local: LocalRepository, run: str):
    model = client.model("0")
    client.put(f"0/models/{model}/artifacts/MLmodel", b"flavors")
    ajax = f"{client.url}/ajax-api/2.0/mlflow"
    sent = client.ask("POST", f"{ajax}/upload-artifact?run_uuid={run}&path=dir/test.txt", b"hello world")
    made = finished_run(local, writes={"out/m.pkl": b"weights"})
    local.model.register(made.reference, name="m")

    assert (200, b"{}") == (sent.status, sent.data)
    for name in ("run_uuid", "run_id"):
        assert b"hello world" == client.ask("GET", f"{client.url}/get-artifact?{name}={run}&path=dir/test.txt").data
    for path in (f"{ajax}/logged-models/{model}/artifacts/files?artifact_file_path=MLmodel",):
        assert b"flavors" == client.ask("GET", path).data
    version = f"{client.url}/model-versions/get-artifact?name=m&version="
    assert b"weights" == client.ask("GET", f"{version}1&path=m.pkl").data
    assert {404} == {
        client.ask("GET", version + rest).status for rest in ("2&path=m.pkl", "1&path=out", "99999&path=a")
    }
    assert {
        "root_uri": f"mlflow-artifacts:/0/models/{model}/artifacts",
        "files": [{"path": "MLmodel", "is_dir": False, "file_size": 7}],
    } == client.said("GET", f"{ajax}/logged-models/{model}/artifacts/directories")


UNCLEAR = {
    "": "Request must specify run_uuid.",
    "?run_uuid=RUN": "Request must specify path.",
    "?run_uuid=RUN&path=": "Request must specify path.",
    "?run_uuid=RUN&path=../test.txt": "Invalid path",
    "?run_uuid=RUN&path=test.txt": "Request must specify data.",
}


def test_a_page_that_sends_too_little_is_told_what_is_missing(client: Client, run: str):
    for query, message in UNCLEAR.items():
        path = f"{client.url}/ajax-api/2.0/mlflow/upload-artifact{query.replace('RUN', run)}"
        assert (400, "INVALID_PARAMETER_VALUE", message) == client.refused("POST", path)


def test_files_that_belong_to_no_run_have_a_place_too(client: Client):
    trace = "9/traces/tr-1/artifacts/traces.json"
    for path in ("a.txt", "dir/b.txt", trace):
        assert 200 == client.put(path, path.encode())
        assert path.encode() == client.get(path)

    assert ["9", "a.txt", "dir"] == [each["path"] for each in client.files("")["files"]]
    assert [{"path": "b.txt", "is_dir": False, "file_size": 9}] == client.files("dir")["files"]


def test_a_reader_gets_files_and_only_a_writer_sends_them(local: LocalRepository, tmp_path: Path):
    lines = [f'[{name}]\ntoken = "{digest_of(name.encode())}"\nrole = "{name}"\n' for name in ("reader", "writer")]
    (tmp_path / "tokens.toml").write_text("".join(lines), encoding="utf-8")
    guard = Guard(Actor("owner", "admin"), read_tokens(tmp_path / "tokens.toml"))
    with served(local, guard) as url:
        reader, writer, nobody = (
            Client(url, **headers)
            for headers in ({"Authorization": "Bearer reader"}, {"Authorization": "Bearer writer"}, {})
        )
        path = f"0/{writer.run('0')}/artifacts/a"
        blobs = set(local.blobs.list())
        statuses = [each.put(path, b"x" * 100_000) for each in (reader, nobody)]
        assert blobs == set(local.blobs.list())
        assert {401, 403} >= set(statuses)
        assert 200 == writer.put(path, b"x")
        assert b"x" == reader.get(path)
        assert 403 == reader.ask("DELETE", f"mlflow-artifacts/artifacts/{path}").status


def test_a_whole_file_that_is_damaged_is_never_sent_to_its_end(client: Client, local: LocalRepository, root: str):
    data = os.urandom(3 << 20)
    client.put(f"{root}/a", data)
    client.put(f"{root}/small", b"small")
    overwrite(local.blobs, digest_of(data), data[:-1] + bytes([data[-1] ^ 1]))  # type: ignore[arg-type]
    overwrite(local.blobs, digest_of(b"small"), b"smalL")  # type: ignore[arg-type]
    for name in ("a", "small"):
        with pytest.raises(urllib3.exceptions.HTTPError):
            client.ask("GET", f"mlflow-artifacts/artifacts/{root}/{name}")


def test_an_upload_that_ends_too_early_leaves_nothing(client: Client, local: LocalRepository, root: str):
    host, _, port = client.url.removeprefix("http://").partition(":")
    head = f"PUT /api/2.0/mlflow-artifacts/artifacts/{root}/a HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 9000000\r\n\r\n"
    for sent in (0, 1, 3_000_000):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head.encode() + bytes(sent))
        _until(lambda: not list((local.store.root / "tmp").iterdir()))  # type: ignore[operator]

    assert [] == list(local.blobs.list())
    assert {} == client.files(root)


def _until(is_so: Any) -> None:
    ends = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_of_two_that_send_to_one_path_one_is_last(client: Client, root: str):
    contents = [bytes([number]) * 3_000_000 for number in range(4)]
    client.put(f"{root}/a", contents[0])
    threads = [threading.Thread(target=client.put, args=(f"{root}/a", each)) for each in contents]
    seen = list[bytes]()
    for each in threads:
        each.start()
    while any(each.is_alive() for each in threads):
        seen.append(client.get(f"{root}/a"))

    assert {*seen, client.get(f"{root}/a")} <= set(contents)


def test_a_full_store_is_told_and_keeps_what_it_had(local: LocalRepository):
    with served(local) as url:
        client = Client(url)
        path = f"0/{client.run('0')}/artifacts/a"
        client.put(path, b"before")
    failing = LocalRepository(msgspec.structs.replace(local.store, blobs=Failing(local.blobs, after=0)))
    with served(failing) as url:
        status, code, message = Client(url).refused("PUT", f"mlflow-artifacts/artifacts/{path}", bytes(9_000_000))
        assert (503, "TEMPORARILY_UNAVAILABLE") == (status, code)
        assert "No space left on device (free some space on this disk)" in message
        assert b"before" == Client(url).get(path)


FULL = """
import sys
from pathlib import Path
from lineal.client.connect import init
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client

with init(Path(sys.argv[1])) as local, served(local) as url:
    client = Client(url)
    root = f"0/{client.run('0')}/artifacts"
    client.put(f"{root}/a", b"before")
    print(client.refused("PUT", f"mlflow-artifacts/artifacts/{root}/a", bytes(30_000_000))[:2])
    print(client.get(f"{root}/a"), [each.name for each in (Path(sys.argv[1]) / ".lineal/tmp").iterdir()])
    print(client.put(f"{root}/b", bytes(1_000_000)))
"""


def test_a_disk_that_is_full_is_told_and_what_was_there_stays(small_disk: Path):
    done = run_on_small_disk((sys.executable, "-c", FULL, str(small_disk)), small_disk, size_bytes=20 << 20)

    assert ["(503, 'TEMPORARILY_UNAVAILABLE')", "b'before' []", "200"] == done.stdout.splitlines(), done.stderr


SERVER = """
import resource, sys
from lineal.cli.main import main
try:
    main()
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
"""


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[tuple[Client, subprocess.Popen[str]]]:
    """A client of a server that is a program of its own, and the program."""
    init(tmp_path / "repository").close()
    command = ("server", "--repository", str(tmp_path / "repository"), "--port", "0")
    server = subprocess.Popen((sys.executable, "-c", SERVER, *command), stdout=-1, stderr=-1, text=True)
    assert server.stderr
    line = server.stderr.readline()
    yield Client(line.strip().rpartition(" at ")[2]), server
    server.kill()
    server.communicate()


def test_files_of_any_size_pass_through_little_memory(apart: tuple[Client, subprocess.Popen[str]]):
    client, server = apart
    path = f"mlflow-artifacts/artifacts/0/{client.run('0')}/artifacts/large.bin"
    piece, count, hasher = os.urandom(1 << 20), 300, hashlib.sha256()
    small = client.ask("PUT", path, piece)
    answer = HTTP.request("PUT", f"{client.url}/api/2.0/{path}", body=(piece for _ in range(count)))
    assert (200, 200) == (small.status, answer.status)
    answer = HTTP.request("GET", f"{client.url}/api/2.0/{path}", preload_content=False)
    for each in answer.stream(1 << 20):
        hasher.update(each)
    server.send_signal(signal.SIGINT)
    told, _ = server.communicate(timeout=30)

    assert hashlib.sha256(piece * count).hexdigest() == hasher.hexdigest()
    # In kilobytes: the program itself needs about 80 MB, with whatever it has read ahead.
    assert int(told.split()[-1]) < 150_000


def test_a_server_that_is_killed_while_it_takes_a_file_has_named_nothing(
    apart: tuple[Client, subprocess.Popen[str]], tmp_path: Path
):
    client, server = apart
    root = f"0/{client.run('0')}/artifacts"

    def slowly() -> Iterator[bytes]:
        yield bytes(5 << 20)
        _until(lambda: any(each.stat().st_size for each in (tmp_path / "repository/.lineal/tmp").iterdir()))
        server.kill()
        yield bytes(1 << 20)

    with pytest.raises(urllib3.exceptions.HTTPError):
        HTTP.request("PUT", f"{client.url}/api/2.0/mlflow-artifacts/artifacts/{root}/a", body=slowly())
    with init(tmp_path / "repository") as local:
        assert [] == local.store.database.run("SELECT * FROM artifact")
        assert [] == list(local.blobs.list())
