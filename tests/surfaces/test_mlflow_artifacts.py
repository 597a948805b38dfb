"""Files of runs and logged models, as MLflow's client sends and gets them: all or nothing, and never out of their place."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.server.guard import Guard
from lineal.server.tokens import read_tokens
from lineal.storage.store import Actor
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client
from tests.unit.operations.making import run as finished_run


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


def test_a_version_that_was_registered_here_has_its_files_where_its_address_says(
    client: Client, local: LocalRepository
):
    made = finished_run(local, writes={"model/MLmodel": b"flavors", "model/data/w.bin": b"weights"})
    local.model.register(made.reference, name="m", file="model")
    uri = client.said("GET", "mlflow/model-versions/get-download-uri?name=m&version=1")["artifact_uri"]
    root = uri.removeprefix("mlflow-artifacts:/")

    assert {
        "files": [{"path": "MLmodel", "is_dir": False, "file_size": 7}, {"path": "data", "is_dir": True}]
    } == client.files(root)
    assert {"files": [{"path": "w.bin", "is_dir": False, "file_size": 7}]} == client.files(f"{root}/data")
    assert {} == client.files(f"{root}/MLmodel") == client.files(f"{root}/da")
    assert (b"flavors", b"weights") == (client.get(f"{root}/MLmodel"), client.get(f"{root}/data/w.bin"))
    assert root in client.said("GET", f"mlflow-artifacts/presigned/{root}/data/w.bin")["url"]
    for path in (f"{root}/data", f"{root}/x", f"versions/{'0' * 64}/artifacts/a"):
        assert 404 == client.ask("GET", f"mlflow-artifacts/artifacts/{path}").status
    for method, path in (
        ("PUT", f"{root}/MLmodel"),
        ("PUT", f"{root}/new"),
        ("DELETE", f"{root}/MLmodel"),
        ("DELETE", f"{root}/"),
    ):
        assert (409, "RESOURCE_CONFLICT") == client.refused(method, f"mlflow-artifacts/artifacts/{path}", b"x")[:2]


def test_a_model_is_registered_from_wherever_its_experiment_keeps_it(client: Client):
    experiment = client.experiment(artifact_location="mlflow-artifacts:/team/place")
    run = client.run(experiment)
    model = client.model(experiment, source_run_id=run)
    place = f"team/place/models/{model}/artifacts"
    client.put(f"{place}/MLmodel", b"flavors: {}")
    client.put(f"team/place/{run}/artifacts/model/MLmodel", b"flavors: {}")
    client.said("POST", "mlflow/registered-models/create", {"name": "m"})
    for number, (source, kept) in enumerate(
        (
            (f"models:/{model}", place),
            (f"mlflow-artifacts:/{place}", place),
            (f"runs:/{run}/model", f"team/place/{run}/artifacts/model"),
            (f"mlflow-artifacts:/team/place/{run}/artifacts/model", f"team/place/{run}/artifacts/model"),
        ),
        1,
    ):
        client.said("POST", "mlflow/model-versions/create", {"name": "m", "source": source, "run_id": run})
        asked = f"mlflow/model-versions/get-download-uri?name=m&version={number}"
        assert {"artifact_uri": f"mlflow-artifacts:/{kept}"} == client.said("GET", asked)
    for source in (
        f"mlflow-artifacts:/elsewhere/{run}/artifacts/model",
        f"mlflow-artifacts:/x/models/{model}/artifacts",
    ):
        asked = {"name": "m", "source": source, "run_id": run}
        assert 400 == client.refused("POST", "mlflow/model-versions/create", asked)[0]


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
