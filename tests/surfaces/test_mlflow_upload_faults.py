"""Uploads to an object store that goes away, lies or is not ours, ends that break off, and what nobody ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from urllib3.exceptions import HTTPError

from lineal.client.local import LocalRepository
from lineal.protocols.mlflow import multipart
from lineal.storage.remotes import staging as module
from tests.parts.s3 import KEY_ID, S3, SECRET
from tests.surfaces.mlflow import HTTP, Client
from tests.surfaces.serving import Served
from tests.surfaces.uploads import DATA, Uploads, uploading


@pytest.fixture
def uploads(ceph: S3, local: LocalRepository, monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploads]:
    """A server that lets clients send files there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with uploading(local, ceph) as found:
        yield found


def test_bytes_that_the_store_damaged_get_no_name(uploads: Uploads) -> None:
    upload = uploads.create()
    parts = uploads.sent(upload)

    def damaged(self: Any, key: str, **asked: Any) -> bytes:
        data = bytearray(uploads.s3.client.get_object(Bucket=uploads.bucket, Key=f"p/{key}")["Body"].read())
        data[-1] ^= key.endswith("/2")
        return bytes(data)

    with patch("lineal.storage.buckets.objectstore.ObjectStoreBucket.get", damaged):
        status, code, message = uploads.refused(upload, parts)

    assert (status, code) == (500, "DATA_LOSS")
    assert "/2 is not what was sent there" in message
    assert uploads.client.files(uploads.root) == {}
    uploads.complete(upload, parts)
    assert uploads.had() == DATA


def test_an_upload_whose_end_broke_off_can_be_ended_again(uploads: Uploads) -> None:
    upload = uploads.create()
    parts = uploads.sent(upload)
    with patch.object(multipart.verbs, "put", side_effect=RuntimeError("the server died")):
        assert uploads.refused(upload, parts)[0] == 500

    assert uploads.client.files(uploads.root) == {}
    assert uploads.staged() == ["1", "2", "3", "begun"]
    uploads.complete(upload, parts)
    assert uploads.had() == DATA


def test_an_upload_that_is_given_up_leaves_nothing(uploads: Uploads) -> None:
    upload = uploads.create()
    parts = uploads.sent(upload)
    abort = {"path": "big.bin", "upload_id": upload["upload_id"]}

    assert uploads.client.said("POST", uploads.path("abort"), abort) == {}
    assert uploads.staged() == []
    assert uploads.client.said("POST", uploads.path("abort"), abort) == {}
    assert uploads.refused(upload, parts)[0] == 404


def test_who_may_not_write_gets_no_address_and_the_store_is_not_asked(uploads: Uploads) -> None:
    for who, status in ((Client(uploads.url, Authorization="Bearer eve"), 403), (Client(uploads.url), 401)):
        answer = who.ask("POST", uploads.path("create"), b'{"path": "a", "num_parts": 1}')
        assert answer.status == status, answer.data
        assert b"X-Amz" not in answer.data

    assert uploads.store.passed == []


def test_an_address_is_good_for_one_part_and_for_as_long_as_a_slow_client_needs(uploads: Uploads) -> None:
    first, second = (each["url"] for each in uploads.create(count=2)["credentials"])

    assert "X-Amz-Expires=920" in first
    assert module.lasting(10_000).total_seconds() == 24 * 3600
    for wrong in (first.replace("/1?", "/3?"), first.partition("?")[0], first.replace("=920", "=9200")):
        assert HTTP.request("PUT", wrong, body=b"x").status == 403
    assert HTTP.request("GET", first).status == 403
    assert HTTP.request("DELETE", first).status == 403
    assert first.partition("?")[0] != second.partition("?")[0]


@pytest.mark.parametrize("status", [403, 503])
def test_while_the_store_is_away_parts_come_to_us(uploads: Uploads, status: int) -> None:
    with patch.object(uploads.store, "answer", lambda handler: handler.send_error(status)):
        upload = uploads.create()
    assert not uploads.is_store(upload)
    uploads.complete(upload, uploads.sent(upload))

    assert uploads.had() == DATA
    assert not uploads.is_store(uploads.create())
    assert [] == uploads.store.passed


def test_a_store_whose_etags_say_nothing_of_the_bytes_takes_no_uploads(uploads: Uploads) -> None:
    answer = uploads.store.answer

    def told(handler: Any) -> None:
        send = handler.send_header
        handler.send_header = lambda name, value: send(name, '"0"' if name.lower() == "etag" else value)
        answer(handler)

    with patch.object(uploads.store, "answer", told):
        upload = uploads.create()

    assert not uploads.is_store(upload)
    uploads.complete(upload, uploads.sent(upload))
    assert uploads.had() == DATA


def test_a_bucket_of_somebody_else_takes_no_uploads(uploads: Uploads) -> None:
    uploads.s3.client.put_object(Bucket=uploads.bucket, Key="p/theirs", Body=b"x")

    assert not uploads.is_store(uploads.create())
    found = uploads.s3.client.list_objects_v2(Bucket=uploads.bucket)["Contents"]
    assert [each["Key"] for each in found] == ["p/theirs"]


def test_uploads_that_nobody_ended_are_gone_a_day_after_their_last_part(uploads: Uploads) -> None:
    old = uploads.create(count=2)
    uploads.send(old["credentials"][0])
    assert uploads.staged() == ["1", "begun"]
    assert uploads.local.store.staging
    with patch.object(uploads.local.store.staging._clock, "now", return_value=int(time.time() * 1000) + 23 * 3_600_000):  # type: ignore[attr-defined]
        uploads.local.store.staging.sweep()
    assert uploads.staged() == ["1", "begun"]

    later = int(time.time() * 1000) + 25 * 3_600_000
    with patch.object(uploads.local.store.clock, "now", return_value=later):
        assert uploads.local.gc(remote="vault").temporary == 2
        assert uploads.staged() == ["1", "begun"]
        assert uploads.local.gc(remote="vault", delete=True, grace_days=0.0).temporary == 2

    assert uploads.staged() == []
    assert uploads.local.gc(remote="vault", grace_days=0.0).temporary == 0


def test_a_long_end_is_waited_for_with_signs_of_life(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "_SILENT_S", 0.05)
    real = multipart.verbs.put

    def slow(*said: Any, **named: Any) -> None:
        time.sleep(0.5)
        real(*said, **named)

    upload = uploads.create()
    parts = uploads.sent(upload)
    with patch.object(multipart.verbs, "put", slow):
        answer = uploads.client.ask("POST", uploads.path("complete"), uploads.ending(upload, parts))

    assert (answer.status, json.loads(answer.data)) == (200, {})
    assert answer.data.startswith(b"   ")
    assert uploads.had() == DATA


def test_a_long_end_that_fails_is_taken_for_done_by_nobody(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "_SILENT_S", 0.05)

    def slow(*_: Any, **__: Any) -> None:
        time.sleep(0.3)
        raise RuntimeError("the disk died")

    upload = uploads.create()
    parts = uploads.sent(upload)
    host = urlsplit(uploads.url)
    body = json.dumps(uploads.ending(upload, parts))
    path = f"/api/2.0/{uploads.path('complete')}"
    headers = {"Authorization": "Bearer ada"}
    with patch.object(multipart.verbs, "put", slow):
        connection = HTTPConnection(str(host.hostname), host.port, timeout=30)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises(Exception, match="IncompleteRead"):
            answer.read()
        # HTTP/1.0 cannot tell an end that came too early: there the status waits for it.
        connection = HTTPConnection(str(host.hostname), host.port, timeout=30)
        connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
        connection.request("POST", path, body, headers)
        assert connection.getresponse().status == 500

    assert uploads.client.files(uploads.root) == {}
    uploads.complete(upload, parts)
    assert uploads.had() == DATA


def holding_back(uploads: Uploads) -> tuple[Any, threading.Event, threading.Event]:
    """Return what has the store keep parts back until it is told to go on, and what tells that somebody waits."""
    answer, asked, go_on = uploads.store.answer, threading.Event(), threading.Event()

    def slow(handler: Any) -> None:
        if handler.command == "GET" and "/uploads/" in handler.path:
            asked.set()
            go_on.wait(60)
        answer(handler)

    return patch.object(uploads.store, "answer", slow), asked, go_on


def test_while_a_file_is_read_from_a_slow_store_others_are_answered(uploads: Uploads) -> None:
    upload = uploads.create()
    parts = uploads.sent(upload)
    slow, asked, go_on = holding_back(uploads)
    with slow, ThreadPoolExecutor(4) as pool:
        ends = [pool.submit(uploads.complete, upload, parts) for _ in range(4)]
        assert asked.wait(60)
        try:
            assert uploads.client.run("0")
            assert uploads.client.put(f"{uploads.root}/other.bin", DATA) == 200
            assert uploads.had("other.bin") == DATA
            assert not any(each.done() for each in ends)
        finally:
            go_on.set()
        assert [each.result() for each in ends] == [None] * 4

    assert uploads.had() == DATA


def test_a_server_that_is_killed_at_the_end_of_an_upload_ends_it_when_it_is_back(uploads: Uploads) -> None:
    assert uploads.local.store.root
    place, options = uploads.local.store.root.parent, ("--artifacts-to", "vault")
    variables = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    slow, asked, go_on = holding_back(uploads)
    with Served(place, *options, variables=variables) as server:
        uploads.client = Client(server.url)
        upload = uploads.create()
        parts = uploads.sent(upload)
        with slow, ThreadPoolExecutor(1) as pool:
            end = pool.submit(uploads.client.ask, "POST", uploads.path("complete"), uploads.ending(upload, parts))
            assert asked.wait(60)
            server.process.kill()
            go_on.set()
            with pytest.raises(HTTPError):
                end.result()
    with Served(place, *options, variables=variables) as server:
        uploads.client = Client(server.url)
        assert uploads.client.files(uploads.root) == {}
        uploads.complete(upload, parts)
        assert uploads.had() == DATA

    assert uploads.staged() == []
