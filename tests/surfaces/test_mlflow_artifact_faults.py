"""Files over MLflow's protocol when something goes wrong, and when they are large: all or nothing, in little memory."""

from __future__ import annotations

import hashlib
import http.client
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

import msgspec
import pytest
import urllib3

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.testing.faults import Failing, run_on_small_disk
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import HTTP, Client
from tests.unit.storage.spoiling import overwrite


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


def test_whatever_is_wrong_with_a_large_file_is_told_to_a_client_that_sends_it_first(client: Client, root: str):
    model = client.model("0")
    client.said("PATCH", f"mlflow/logged-models/{model}", {"status": "LOGGED_MODEL_READY"})
    for place, status in (
        (f"{root}/../x", 400),
        (f"0/{'0' * 32}/artifacts/a", 404),
        (f"0/models/{model}/artifacts/a", 409),
    ):
        host = client.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host)
        connection.request("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{place}", bytes(20_000_000))
        assert status == connection.getresponse().status
        connection.close()


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
import atexit
from pathlib import Path
from lineal.cli.main import main

@atexit.register
def tell():
    # Of this program alone: what getrusage tells is at least what its parent had.
    print(*(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")), flush=True)

main()
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
    # In kilobytes: the program itself needs about 50 MB.
    assert int(told.split()[1]) < 120_000


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
