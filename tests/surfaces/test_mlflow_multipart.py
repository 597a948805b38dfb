"""Large files in many requests at once: in parts to addresses that were given out, and out in ranges from one."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.operations.data.stores import packed_of
from lineal.server.guard import Guard
from lineal.server.tokens import read_tokens
from lineal.storage.blobs.memory import MemoryBlobs
from lineal.storage.clock import FixedClock
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.store import Actor, Store
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import HTTP, Client

PART = 1_000_000
DATA = os.urandom(3 * PART + 17)


@pytest.fixture
def url(local: LocalRepository, tmp_path: Path) -> Iterator[str]:
    """Where it is served, to those who say who they are."""
    (tmp_path / "tokens.toml").write_text(f'[ada]\ntoken = "{digest_of(b"ada")}"\nrole = "writer"\n', "utf-8")
    with served(local, Guard(Actor("owner", "admin"), read_tokens(tmp_path / "tokens.toml"))) as address:
        yield address


@pytest.fixture
def client(url: str) -> Client:
    """A client that says so."""
    return Client(url, Authorization="Bearer ada")


@pytest.fixture
def root(client: Client) -> str:
    """Where the proxy has the artifacts of a run."""
    return f"0/{client.run('0')}/artifacts"


def begin(client: Client, root: str, count: int = 4, name: str = "here/big.bin") -> Any:
    asked = {"path": name, "num_parts": count}
    return client.said("POST", f"mlflow-artifacts/mpu/create/{root}/models", asked)


def send(credential: dict[str, Any], data: bytes = DATA) -> dict[str, Any]:
    """Send one part as MLflow's client does, which does not say who it is."""
    number = credential["part_number"]
    piece = data[(number - 1) * PART : number * PART]
    answer = HTTP.request("PUT", credential["url"], body=piece, headers=credential["headers"])
    assert 200 == answer.status, answer.data
    return {"part_number": number, "etag": answer.headers["ETag"], "url": credential["url"]}


def ending(upload: Any, parts: list[dict[str, Any]], name: str = "here/big.bin") -> dict[str, Any]:
    return {"path": name, "upload_id": upload["upload_id"], "parts": parts}


def waiting(local: LocalRepository) -> list[str]:
    return sorted(each.name.split(".")[2] for each in (local.store.root / "tmp").iterdir())  # type: ignore[operator]


def test_the_server_says_that_it_can(client: Client):
    said = json.loads(client.ask("GET", f"{client.url}/api/3.0/mlflow/server-info").data)

    assert said["multipart_uploads_enabled"]
    assert said["multipart_downloads_enabled"]
    assert not said["artifacts_presigned_only"]


def test_parts_sent_in_any_order_are_one_file_by_the_name_that_it_had(
    client: Client, root: str, local: LocalRepository
):
    upload = begin(client, root)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(send, reversed(upload["credentials"])))
    assert {} == client.files(f"{root}/models")
    assert {} == client.said("POST", f"mlflow-artifacts/mpu/complete/{root}/models", ending(upload, parts))

    assert [{"path": "big.bin", "is_dir": False, "file_size": len(DATA)}] == client.files(f"{root}/models")["files"]
    assert DATA == client.get(f"{root}/models/big.bin")
    assert ["done"] == waiting(local)


def test_whoever_waited_in_vain_for_the_end_may_ask_again(client: Client, root: str):
    upload = begin(client, root)
    parts = [send(each) for each in upload["credentials"]]
    path = f"mlflow-artifacts/mpu/complete/{root}/models"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.said("POST", path, ending(upload, parts)), range(4)))

    assert [{}] * 4 == answers
    assert {} == client.said("POST", path, ending(upload, parts))
    assert DATA == client.get(f"{root}/models/big.bin")
    client.put(f"{root}/models/big.bin", b"another")
    assert 404 == client.refused("POST", path, ending(upload, parts))[0]
    assert b"another" == client.get(f"{root}/models/big.bin")


def test_a_part_that_is_sent_again_does_not_change_the_first(client: Client, root: str):
    upload = begin(client, root)
    parts = [send(each) for each in upload["credentials"]]
    send(upload["credentials"][0], bytes(len(DATA)))
    client.said("POST", f"mlflow-artifacts/mpu/complete/{root}/models", ending(upload, parts))

    assert DATA == client.get(f"{root}/models/big.bin")


def test_a_part_that_is_sent_again_may_take_the_place_of_the_first(client: Client, root: str):
    upload = begin(client, root)
    parts = [send(each) for each in upload["credentials"]]
    other = bytes(PART) + DATA[PART:]
    client.said(
        "POST",
        f"mlflow-artifacts/mpu/complete/{root}/models",
        ending(upload, [send(upload["credentials"][0], other), *parts[1:]]),
    )

    assert other == client.get(f"{root}/models/big.bin")


def test_the_finished_file_is_the_one_that_the_parts_were_written_into_and_nobody_writes_there_again(
    client: Client, root: str, local: LocalRepository
):
    upload = begin(client, root)
    parts = [send(each) for each in upload["credentials"]]
    (written,) = (local.store.root / "tmp").glob("*.whole.*")  # type: ignore[operator]
    number = written.stat().st_ino
    client.said("POST", f"mlflow-artifacts/mpu/complete/{root}/models", ending(upload, parts))
    path = packed_of(local.store).files.path(digest_of(DATA))

    assert (number, 1, 0o444) == (path.stat().st_ino, path.stat().st_nlink, path.stat().st_mode & 0o777)
    send(upload["credentials"][1], bytes(len(DATA)))
    assert DATA == path.read_bytes() == client.get(f"{root}/models/big.bin")


def test_an_upload_goes_on_at_another_server(client: Client, root: str, local: LocalRepository, tmp_path: Path):
    upload = begin(client, root)
    parts = [send(each) for each in upload["credentials"][:2]]
    with served(local, Guard(Actor("owner", "admin"), read_tokens(tmp_path / "tokens.toml"))) as address:
        other = Client(address, Authorization="Bearer ada")
        rest = [each | {"url": address + each["url"].removeprefix(client.url)} for each in upload["credentials"][2:]]
        parts += [send(each) for each in rest]
        other.said("POST", f"mlflow-artifacts/mpu/complete/{root}/models", ending(upload, parts))

    assert DATA == client.get(f"{root}/models/big.bin")


def test_a_part_whose_sender_went_away_is_sent_again_to_the_same_place(
    client: Client, root: str, local: LocalRepository
):
    upload = begin(client, root)
    first = upload["credentials"][0]
    split = urlsplit(first["url"])
    with socket.create_connection((split.hostname, split.port)) as half:
        half.sendall(f"PUT {split.path}?{split.query} HTTP/1.1\r\nHost: x\r\nContent-Length: {PART}\r\n\r\n".encode())
        half.sendall(bytes(PART // 2))
        while "place" not in waiting(local):
            time.sleep(0.01)
    while "place" in waiting(local):
        time.sleep(0.01)
    parts = [send(each) for each in upload["credentials"]]
    assert ["place"] * 4 + ["plan", "whole"] == waiting(local)
    client.said("POST", f"mlflow-artifacts/mpu/complete/{root}/models", ending(upload, parts))

    assert DATA == client.get(f"{root}/models/big.bin")


def test_parts_whose_size_nobody_tells_beforehand_are_one_file_too(client: Client, root: str, local: LocalRepository):
    upload, parts = begin(client, root), []
    for number, each in enumerate(upload["credentials"], 1):
        piece = DATA[(number - 1) * PART : number * PART]
        answer = HTTP.request("PUT", each["url"], body=iter([piece[:1000], piece[1000:]]), chunked=True)
        parts.append({"part_number": number, "etag": answer.headers["ETag"]})
    assert ["part"] * 4 == waiting(local)
    client.said("POST", f"mlflow-artifacts/mpu/complete/{root}/models", ending(upload, parts))

    assert DATA == client.get(f"{root}/models/big.bin")
    assert ["done"] == waiting(local)


ENDINGS: dict[str, Any] = {
    "a part is missing": lambda upload, parts: ending(upload, parts[:3]),
    "a part twice": lambda upload, parts: ending(upload, [*parts, parts[0]]),
    "no part": lambda upload, parts: ending(upload, []),
    "a part that never came": lambda upload, parts: ending(
        upload, [*parts[:3], {**parts[3], "etag": parts[0]["etag"]}]
    ),
    "an etag that leads elsewhere": lambda upload, parts: ending(upload, [*parts[:3], {**parts[3], "etag": "../../x"}]),
    "another upload": lambda upload, parts: ending({"upload_id": "0" * 32 + "-4-" + "0" * 32}, parts),
    "no upload": lambda upload, parts: ending({"upload_id": "x"}, parts),
    "fewer parts than were begun": lambda upload, parts: ending(
        {"upload_id": upload["upload_id"].replace("-4-", "-3-")}, parts[:3]
    ),
    "another name": lambda upload, parts: ending(upload, parts, "other.bin"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_what_is_not_whole_gets_no_name(name: str, client: Client, root: str):
    upload = begin(client, root)
    parts = [send(each) for each in upload["credentials"]]
    status, code, _ = client.refused(
        "POST", f"mlflow-artifacts/mpu/complete/{root}/models", ENDINGS[name](upload, parts)
    )

    assert (status, code) in {(400, "INVALID_PARAMETER_VALUE"), (404, "RESOURCE_DOES_NOT_EXIST")}
    assert {} == client.files(root)
    client.said("POST", f"mlflow-artifacts/mpu/complete/{root}/models", ending(upload, parts))


def test_a_part_that_was_cut_short_by_a_dying_disk_is_told(client: Client, root: str, local: LocalRepository):
    upload = begin(client, root)
    parts = [send(each) for each in upload["credentials"]]
    (path,) = (local.store.root / "tmp").glob("*.whole.*")  # type: ignore[operator]
    os.truncate(path, PART + 5)
    status, code, message = client.refused(
        "POST", f"mlflow-artifacts/mpu/complete/{root}/models", ending(upload, parts)
    )

    assert (409, "RESOURCE_CONFLICT", "part 2 is not as long as it was when it arrived") == (status, code, message)
    assert {} == client.files(root)


def test_an_upload_that_is_given_up_leaves_nothing(client: Client, root: str, local: LocalRepository):
    upload = begin(client, root)
    parts = [send(each) for each in upload["credentials"]]
    abort = {"path": "big.bin", "upload_id": upload["upload_id"]}
    path = f"mlflow-artifacts/mpu/abort/{root}/models"

    assert {} == client.said("POST", path, abort) == client.said("POST", path, abort)
    assert [] == waiting(local)
    assert 404 == client.refused("POST", f"mlflow-artifacts/mpu/complete/{root}/models", ending(upload, parts))[0]


def test_parts_that_nobody_puts_together_are_gone_after_a_day(client: Client, root: str, local: LocalRepository):
    for each in begin(client, root)["credentials"][:2]:
        send(each)
    new = begin(client, root)
    send(new["credentials"][0])
    assert ["place"] * 3 + ["plan"] * 2 + ["whole"] * 2 == waiting(local)
    for path in sorted((local.store.root / "tmp").glob("upload.*")):  # type: ignore[operator]
        if not path.name.startswith(f"upload.{new['upload_id'][:32]}"):
            os.utime(path, (time.time() - 25 * 3600,) * 2)
    begin(client, root)

    assert ["place", "plan", "whole"] == waiting(local)


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_an_upload_has_a_number_of_parts(count: int, client: Client, root: str):
    asked = {"path": "a", "num_parts": count}
    status, code, message = client.refused("POST", f"mlflow-artifacts/mpu/create/{root}", asked)

    assert (400, "INVALID_PARAMETER_VALUE") == (status, code)
    assert f"Invalid value {count} for parameter 'num_parts'" in message


def test_what_is_ready_is_refused_before_any_part_is_sent(client: Client):
    model = client.model("0")
    client.said("PATCH", f"mlflow/logged-models/{model}", {"status": "LOGGED_MODEL_READY"})
    path = f"mlflow-artifacts/mpu/create/0/models/{model}/artifacts"

    assert (409, "RESOURCE_CONFLICT") == client.refused("POST", path, {"path": "w.bin", "num_parts": 2})[:2]


def test_an_address_is_good_for_one_part_and_for_a_while(client: Client, root: str, local: LocalRepository):
    first, second = (each["url"] for each in begin(client, root, 2)["credentials"])
    wrong = [
        first.replace("/1?", "/2?"),
        first.partition("&")[0],
        first.partition("?")[0],
        first[:-1] + ("0" if first[-1] != "0" else "1"),
        first.replace("until=", "until=9"),
        first.partition("signature=")[0] + second.partition("signature=")[1] + second.partition("signature=")[2],
    ]
    with patch("lineal.protocols.mlflow.multipart.time.time", return_value=time.time() + 25 * 3600):
        wrong.append(first)
        answers = [HTTP.request("PUT", each, body=b"x") for each in wrong]

    assert {403} == {each.status for each in answers}
    assert ["PERMISSION_DENIED"] * len(wrong) == [json.loads(each.data)["error_code"] for each in answers]
    assert [] == waiting(local)
    assert 200 == HTTP.request("PUT", first, body=b"x").status


def test_the_same_address_is_given_however_the_server_was_reached(client: Client, root: str):
    path = f"{client.url}/ajax-api/2.0/mlflow-artifacts/mpu/create/{root}"
    answer = client.ask(
        "POST",
        path,
        {"path": "a", "num_parts": 1},
        **{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "team.example", "X-Forwarded-Prefix": "/lineal"},
    )
    (credential,) = json.loads(answer.data)["credentials"]

    assert credential["url"].startswith("https://team.example/lineal/api/2.0/mlflow-artifacts/mpu/part/")


def test_a_store_without_a_disk_says_in_the_words_that_clients_know_that_it_takes_no_parts(tmp_path: Path):
    database = Sqlite(tmp_path / "database.sqlite")
    migrate(database, phase="pre")
    store = Store(blobs=MemoryBlobs(), database=database, clock=FixedClock(), actor=Actor("ada", "admin"))
    with LocalRepository(store) as local, served(local) as url:
        client = Client(url)
        path = f"mlflow-artifacts/mpu/create/0/{client.run('0')}/artifacts"

        assert (501, "NOT_IMPLEMENTED", "Multipart upload is not supported for the current artifact repository") == (
            client.refused("POST", path, {"path": "a", "num_parts": 2})
        )


def test_a_client_far_away_has_a_file_in_ranges_from_an_address_that_asks_nobody(client: Client, root: str):
    client.put(f"{root}/a b/été.bin", DATA)
    said = Client(client.url, Authorization="Bearer ada", **{"X-Forwarded-For": "93.184.216.34, 10.0.0.7"}).said(
        "GET", f"mlflow-artifacts/presigned/{root}/a%20b/%C3%A9t%C3%A9.bin"
    )

    def part(start: int) -> bytes:
        end = min(start + PART, len(DATA)) - 1
        answer = HTTP.request("GET", said["url"], headers={**said["headers"], "Range": f"bytes={start}-{end}"})
        assert (206, f"bytes {start}-{end}/{len(DATA)}") == (answer.status, answer.headers["Content-Range"])
        return bytes(answer.data)

    with ThreadPoolExecutor(4) as pool:
        assert DATA == b"".join(pool.map(part, range(0, said["file_size"], PART)))
    assert DATA == HTTP.request("GET", said["url"]).data
    assert str(len(DATA)) == HTTP.request("HEAD", said["url"]).headers["Content-Length"]


def test_a_client_nearby_has_a_file_in_one_piece_whose_digest_was_compared(client: Client, root: str):
    client.put(f"{root}/a.bin", DATA)
    said = client.said("GET", f"mlflow-artifacts/presigned/{root}/a.bin")

    assert "file_size" not in said
    assert DATA == HTTP.request("GET", said["url"], headers=said["headers"]).data


def test_an_address_gives_the_bytes_that_it_was_given_out_for(client: Client, root: str):
    client.put(f"{root}/a", b"before")
    url = client.said("GET", f"mlflow-artifacts/presigned/{root}/a")["url"]
    client.put(f"{root}/a", b"after")

    assert b"before" == HTTP.request("GET", url).data
    other = client.said("GET", f"mlflow-artifacts/presigned/{root}/a")["url"]
    digests = [f"digest={digest_of(each)}" for each in (b"before", b"after")]
    wrong = [url.replace(*digests), url.replace("size=6", "size=5"), url.replace("/a?", "/b?"), url.partition("?")[0]]
    wrong.append(other.replace("until=", "until=1"))
    assert {403} == {HTTP.request("GET", each).status for each in wrong}
    with patch("lineal.protocols.mlflow.multipart.time.time", return_value=time.time() + 2 * 3600):
        assert 403 == HTTP.request("GET", url).status


def test_nobody_gets_an_address_for_what_is_not_there_or_without_saying_who_they_are(client: Client, root: str):
    client.put(f"{root}/dir/a", b"x")
    for path in (f"{root}/nothing", f"{root}/dir"):
        assert (404, "RESOURCE_DOES_NOT_EXIST", f"No such artifact: '{path}'") == client.refused(
            "GET", f"mlflow-artifacts/presigned/{path}"
        )
    nobody = Client(client.url)
    for method, path, body in (
        ("GET", f"presigned/{root}/dir/a", None),
        ("POST", f"mpu/create/{root}", {"path": "a", "num_parts": 1}),
    ):
        assert nobody.refused(method, f"mlflow-artifacts/{path}", body)[0] in {401, 403}
