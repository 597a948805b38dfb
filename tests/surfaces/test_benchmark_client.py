"""The client that servers are measured with says what MLflow's own client says, and reads answers as they come."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from benchmarks.tracking import client
from tests.surfaces.test_mlflow_replay import RECORDED

RUN = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def recorded() -> dict[str, list[dict[str, Any]]]:
    """The bodies that MLflow's client sent, by the end of the address."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in RECORDED.read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        if said["method"] == "POST" and str(said["body"]).startswith("{"):
            found.setdefault(said["url"].removeprefix(client.API), []).append(json.loads(said["body"]))
    return found


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/runs/create", client.beginning("9", 1)),
        ("/runs/log-batch", client.batch(RUN, 1)),
        ("/runs/update", client.ending(RUN)),
        ("/runs/log-metric", client.measured(RUN, 1)),
    ],
)
def test_a_body_is_what_mlflows_client_sends(
    recorded: dict[str, list[dict[str, Any]]], path: str, body: dict[str, Any]
) -> None:
    words = ("NaN", "Infinity", "-Infinity")  # so is sent what is no finite number
    known = {name: value for each in recorded[path] for name, value in each.items() if value not in words}
    for name, value in body.items():
        assert type(known[name]) is type(value)
        if isinstance(value, list):
            fields = {field: type(said) for each in known[name] for field, said in each.items()}
            assert all(type(said) is fields[field] for each in value for field, said in each.items())
    likest = max(recorded[path], key=lambda each: len(each.keys() & body.keys()))
    assert [name for name in body if name in likest] == [name for name in likest if name in body]


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heard: list[tuple[str, dict[str, Any]]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.heard.append((self.path.removeprefix(client.API), body))
        said = json.dumps({"run": {"info": {"run_uuid": RUN, "run_id": RUN}}}).encode()
        self.send_response(500 if body.get("experiment_id") == "wrong" else 200)
        if self.path.endswith("create"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in (said[:20], said[20:]):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said[:7])
            self.wfile.flush()
            self.wfile.write(said[7:])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server that answers in pieces, and notes what it hears."""
    _Answering.heard = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_several_clients_begin_log_and_end_their_runs(port: int) -> None:
    made = list[str]()
    assert client.together(port, [client.whole_runs("0", range(place, place + 2), made=made) for place in (0, 10)]) > 0

    assert [RUN] * 4 == made
    assert {"/runs/create": 4, "/runs/log-batch": 4, "/runs/update": 4} == {
        path: sum(path == heard for heard, _ in _Answering.heard) for path, _ in _Answering.heard
    }
    assert {RUN} == {body["run_id"] for _, body in _Answering.heard if "run_id" in body}
    assert {"run 0", "run 1", "run 10", "run 11"} == {body.get("run_name") for _, body in _Answering.heard} - {None}


def test_an_answer_that_is_no_success_is_told(port: int) -> None:
    with pytest.raises(RuntimeError, match="500"):
        client.together(port, [client.whole_runs("wrong", range(1))])
    with pytest.raises(RuntimeError, match="500"):
        client.Client(port).begin("wrong", 1)
