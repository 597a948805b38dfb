"""A directory that a web server hands out: everything can be read, nothing stored."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from lineal.objects.errors import Denied, Invalid, NotFound
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.buckets.objectstore import RANGE_BYTES
from lineal.storage.buckets.opening import open_bucket
from tests.parts.part import free_port, wait_until


@pytest.fixture
def handed_out(tmp_path: Path) -> Iterator[tuple[DirectoryBucket, str]]:
    """Give a directory and the address at which a web server hands it out."""
    (tmp_path / "models").mkdir()
    port = free_port()
    app = Starlette(routes=[Mount("/models", StaticFiles(directory=tmp_path / "models"))])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield DirectoryBucket(tmp_path / "models"), f"http://127.0.0.1:{port}/models"
    server.should_exit = True
    thread.join()


def test_what_a_web_server_hands_out_can_be_read(handed_out: tuple[DirectoryBucket, str], tmp_path: Path) -> None:
    directory, url = handed_out
    large = os.urandom(RANGE_BYTES + 1)
    for key, data in (("small/one", b"0123456789"), ("empty", b""), ("large", large)):
        directory.put(key, data)
    bucket = open_bucket(url)
    for key in ("small/one", "empty", "large"):
        bucket.fetch(key, tmp_path / "got")

        assert directory.get(key) == (tmp_path / "got").read_bytes()
    headed = bucket.head("small/one")

    assert b"345" == bucket.get("small/one", start=3, size=3)
    assert headed
    assert 10 == headed.size_bytes
    assert bucket.head("nothing") is None
    with pytest.raises(NotFound, match="does not hold nothing"):
        bucket.get("nothing")


def test_nothing_is_stored_or_listed_at_a_web_server(handed_out: tuple[DirectoryBucket, str], tmp_path: Path) -> None:
    bucket = open_bucket(handed_out[1])
    for write in (lambda: bucket.put("a", b""), lambda: bucket.put_file("a", tmp_path), lambda: bucket.delete(["a"])):
        with pytest.raises(Denied, match="can only be read"):
            write()
    with pytest.raises(Invalid, match="does not understand us"):
        list(bucket.list())
