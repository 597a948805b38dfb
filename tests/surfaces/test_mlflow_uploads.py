"""Large files that MLflow's clients send to the object store itself: parts without a name, until all are read here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.storage.buckets.joining import Joining
from lineal.storage.buckets.objectstore import RANGE_BYTES
from lineal.storage.remotes import staging as module
from tests.parts.mlflow import Mlflow
from tests.parts.s3 import KEY_ID, S3, SECRET
from tests.surfaces.mlflow import HTTP, Client
from tests.surfaces.passing import passing
from tests.surfaces.serving import Served
from tests.surfaces.uploads import DATA, PART, Uploads, uploading


@pytest.fixture
def s3(request: pytest.FixtureRequest) -> S3:
    """One that checks who asks."""
    return request.getfixturevalue(getattr(request, "param", "ceph"))  # type: ignore[no-any-return]


@pytest.fixture
def uploads(s3: S3, local: LocalRepository, monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploads]:
    """A server that lets clients send files there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with uploading(local, s3) as found:
        yield found


@pytest.fixture
def giving(s3: S3, local: LocalRepository, monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploads]:
    """A server that lets them get files there, too."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with uploading(local, s3, gives=True) as found:
        yield found


BOTH = pytest.mark.parametrize("s3", ["moto", "ceph"], indirect=True)


@BOTH
def test_parts_that_were_sent_to_the_store_are_one_file_here(uploads: Uploads) -> None:
    upload = uploads.create()
    parts = uploads.sent(upload)

    assert uploads.is_store(upload)
    assert uploads.client.files(uploads.root) == {}
    uploads.complete(upload, parts)
    assert uploads.client.files(uploads.root)["files"] == [{"path": "big.bin", "is_dir": False, "file_size": len(DATA)}]
    assert uploads.had() == DATA
    assert uploads.local.blobs.has((digest_of(DATA),))
    assert uploads.staged() == []


def test_the_store_is_asked_for_a_few_parts_ahead_and_no_more(uploads: Uploads) -> None:
    upload = uploads.create(count=12)
    parts = [uploads.send(each, bytes(12 * PART)) for each in upload["credentials"]]
    staging = uploads.local.store.staging
    assert staging
    pieces = staging.pieces(upload["upload_id"].partition("-")[0], [each["etag"].strip('"') for each in parts])
    uploads.store.passed.clear()
    assert len(next(pieces)) == PART
    pieces.close()  # type: ignore[attr-defined]

    assert uploads.store.gave("/uploads/") <= (module._AHEAD + 1) * PART + 10_000


@pytest.mark.parametrize("sizes", [(0,), (1,), (RANGE_BYTES + 1, 3), (RANGE_BYTES, 2 * RANGE_BYTES, 0)])
def test_parts_of_any_size_are_read_in_their_order(uploads: Uploads, sizes: tuple[int, ...]) -> None:
    pieces = [os.urandom(each) for each in sizes]
    upload = uploads.create(count=len(pieces))
    parts = list[dict[str, Any]]()
    for credential, piece in reversed(list(zip(upload["credentials"], pieces, strict=True))):
        etag = HTTP.request("PUT", credential["url"], body=piece).headers["ETag"]
        parts.append({"part_number": credential["part_number"], "etag": etag})
    uploads.complete(upload, parts)

    assert uploads.had() == b"".join(pieces)


@BOTH
def test_what_is_replaced_after_it_was_sent_gets_no_name(uploads: Uploads) -> None:
    upload = uploads.create()
    parts = uploads.sent(upload)
    uploads.send(upload["credentials"][1], bytes(len(DATA)))

    assert uploads.refused(upload, parts) == (409, "RESOURCE_CONFLICT", "part 2 was replaced after it was sent")
    assert uploads.client.files(uploads.root) == {}
    uploads.send(upload["credentials"][1])
    uploads.complete(upload, parts)
    assert uploads.had() == DATA


ENDINGS: dict[str, Any] = {
    "a part is missing": (lambda parts: parts[:2], 400),
    "a part twice": (lambda parts: [*parts, parts[0]], 400),
    "no part": (lambda parts: [], 400),
    "an etag of another part": (lambda parts: [*parts[:2], {**parts[2], "etag": parts[0]["etag"]}], 409),
    "no etag": (lambda parts: [{**each, "etag": ""} for each in parts], 409),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_what_is_not_whole_gets_no_name_and_may_be_ended_rightly(name: str, uploads: Uploads) -> None:
    wrong, status = ENDINGS[name]
    upload = uploads.create()
    parts = uploads.sent(upload)

    assert uploads.refused(upload, wrong(parts))[0] == status
    assert uploads.client.files(uploads.root) == {}
    uploads.complete(upload, parts)


def test_a_part_that_never_came_is_told(uploads: Uploads) -> None:
    upload = uploads.create()
    parts = [uploads.send(each) for each in upload["credentials"][:2]]
    never = {"part_number": 3, "etag": parts[0]["etag"]}

    assert uploads.refused(upload, [*parts, never]) == (404, "RESOURCE_DOES_NOT_EXIST", "part 3 is not there")


def test_the_id_of_an_upload_is_good_for_its_file_and_its_place_only(uploads: Uploads) -> None:
    upload = uploads.create()
    parts = uploads.sent(upload)
    name, _, rest = upload["upload_id"].partition("-")

    assert uploads.refused(upload, parts, "other.bin")[0] == 404
    assert uploads.refused({"upload_id": f"{'0' * 32}-{rest}"}, parts)[0] == 404
    assert uploads.refused({"upload_id": f"{name}-{rest[:-1]}"}, parts)[0] == 404
    uploads.complete(upload, parts)


def test_whoever_waited_in_vain_for_the_end_may_ask_again(uploads: Uploads) -> None:
    upload = uploads.create()
    parts = uploads.sent(upload)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: uploads.complete(upload, parts), range(4)))

    uploads.complete(upload, parts)
    assert uploads.had() == DATA
    uploads.client.put(f"{uploads.root}/big.bin", b"another")
    assert uploads.refused(upload, parts)[0] == 404
    assert uploads.had() == b"another"


def test_two_uploads_of_one_file_never_mix(uploads: Uploads) -> None:
    other = os.urandom(len(DATA))
    one, two = uploads.create(), uploads.create()
    parts, others = uploads.sent(one), uploads.sent(two, other)
    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(uploads.complete, *each) for each in ((one, parts), (two, others))]
        assert [each.result() for each in ends] == [None, None]

    assert uploads.had() in {DATA, other}
    assert uploads.staged() == []


def test_a_model_that_is_ready_meanwhile_stays_as_it_is(uploads: Uploads) -> None:
    model = uploads.client.model("0")
    uploads.root = f"0/models/{model}/artifacts"
    upload = uploads.create()
    parts = uploads.sent(upload)
    uploads.client.said("PATCH", f"mlflow/logged-models/{model}", {"status": "LOGGED_MODEL_READY"})

    assert uploads.refused(upload, parts)[:2] == (409, "RESOURCE_CONFLICT")
    assert uploads.client.refused("POST", uploads.path("create"), {"path": "w.bin", "num_parts": 1})[0] == 409
    assert uploads.client.files(uploads.root) == {}


def test_an_empty_bucket_becomes_a_remote_that_can_be_pushed_to(uploads: Uploads) -> None:
    upload = uploads.create()
    uploads.complete(upload, uploads.sent(upload))
    run = uploads.root.split("/")[1]
    uploads.client.said("POST", "mlflow/registered-models/create", name="churn")
    source = f"mlflow-artifacts:/{uploads.root}"
    uploads.client.said("POST", "mlflow/model-versions/create", name="churn", source=source, run_id=run)

    assert uploads.local.data.push(("churn:#1",), to="vault")[0].files >= 1


def test_only_a_server_that_was_told_to_sends_clients_to_the_store(uploads: Uploads) -> None:
    assert uploads.local.store.root
    place, options = uploads.local.store.root.parent, ("--artifacts-to", "vault")
    variables = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    for told, expected in (((), "/mpu/part/"), (options, f"{uploads.store.url}/{uploads.bucket}/p/uploads/")):
        with Served(place, *told, variables=variables) as server:
            client = Client(server.url)
            said = client.said("POST", uploads.path("create"), {"path": "a.bin", "num_parts": 1})
        assert expected in said["credentials"][0]["url"]


@BOTH
def test_what_was_sent_to_the_store_is_had_there_without_another_transfer(giving: Uploads) -> None:
    upload = giving.create()
    parts = giving.sent(upload)
    giving.store.passed.clear()
    giving.complete(upload, parts)
    said = giving.address()
    answer = HTTP.request("GET", said["url"], headers=said["headers"])

    assert said["url"].startswith(f"{giving.store.url}/{giving.bucket}/{giving.key(DATA)}?")
    assert answer.data == DATA
    assert said["headers"]["If-Match"].endswith('-3"')
    puts = [each for each in giving.store.passed if each.method == "PUT"]
    assert [each.path.partition("?")[0] for each in puts] == [f"/{giving.bucket}/{giving.key(DATA)}"] * 3
    assert giving.staged() == []
    assert not giving.s3.client.list_multipart_uploads(Bucket=giving.bucket).get("Uploads")


def test_what_is_there_already_is_not_made_again(giving: Uploads) -> None:
    for name in ("one.bin", "two.bin"):
        upload = giving.create(name)
        parts = giving.sent(upload)
        giving.store.passed.clear()
        giving.complete(upload, parts, name)

    assert [each for each in giving.store.passed if each.method == "PUT"] == []
    assert giving.key(DATA) in giving.address("two.bin")["url"]


def test_parts_that_the_store_cannot_join_are_a_file_here_all_the_same(giving: Uploads) -> None:
    upload = giving.create(count=2)
    data = DATA[: 2 * PART - 1]
    parts = giving.sent(upload, data)
    small = giving.create("small.bin", 2)
    etags = [HTTP.request("PUT", each["url"], body=DATA[: 2 << 20]).headers["ETag"] for each in small["credentials"]]
    giving.complete(small, [{"part_number": number, "etag": each} for number, each in enumerate(etags, 1)], "small.bin")
    answer = giving.store.answer
    with patch.object(
        giving.store,
        "answer",
        lambda handler: handler.send_error(501) if handler.headers.get("x-amz-copy-source") else answer(handler),
    ):
        giving.complete(upload, parts)

    assert giving.had() == data
    assert giving.had("small.bin") == DATA[: 2 << 20] * 2
    assert "/signed/" in giving.address()["url"]
    assert "/signed/" in giving.address("small.bin")["url"]
    found = giving.s3.client.list_objects_v2(Bucket=giving.bucket)["Contents"]
    assert [each["Key"] for each in found] == ["p/lineal.json"]
    assert not giving.s3.client.list_multipart_uploads(Bucket=giving.bucket).get("Uploads")


def test_a_part_that_is_replaced_before_it_is_copied_becomes_nothing(giving: Uploads) -> None:
    upload = giving.create()
    parts = giving.sent(upload)
    join = Joining.join

    def late(self: Any, key: str, found: Any) -> None:
        giving.send(upload["credentials"][1], bytes(len(DATA)))
        join(self, key, found)

    with patch.object(Joining, "join", late):
        giving.complete(upload, parts)

    assert giving.had() == DATA
    assert "/signed/" in giving.address()["url"]
    assert not giving.s3.client.list_multipart_uploads(Bucket=giving.bucket).get("Uploads")


PROGRAM = """
import sys
import mlflow
with mlflow.start_run():
    mlflow.log_artifacts(sys.argv[1], "model")
    print(mlflow.get_artifact_uri("model"))
"""


def test_the_real_client_sends_large_files_to_the_store_and_all_others_to_us(uploads: Uploads, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "large.bin").write_bytes(DATA)
    (tmp_path / "model" / "small.bin").write_bytes(DATA[:1_000])
    with passing(uploads.url) as ours:
        variables = {
            "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
            "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(PART),
            "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(PART),
            "MLFLOW_TRACKING_TOKEN": "ada",
        }
        for major in (3, 2):
            mlflow = Mlflow(tmp_path / f"home{major}", ours.url, major=major, variables=variables)
            ours.passed.clear()
            uploads.store.passed.clear()
            uri = mlflow.script(PROGRAM, str(tmp_path / "model")).strip().splitlines()
            place = next(each for each in uri if each.startswith("mlflow-artifacts:/")).removeprefix(
                "mlflow-artifacts:/"
            )

            assert uploads.client.get(f"{place}/large.bin") == DATA
            assert uploads.client.get(f"{place}/small.bin") == DATA[:1_000]
            sent = [each.path.partition("?")[0] for each in ours.passed if each.method == "PUT"]
            assert [each for each in sent if "large" in each or "/part/" in each] == []
            parts = [each for each in uploads.store.passed if each.method == "PUT" and "X-Amz-Signature" in each.path]
            assert len(parts) == 3
            assert uploads.staged() == []
