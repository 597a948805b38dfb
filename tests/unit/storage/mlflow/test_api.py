"""Requests to MLflow's servers: who we are, pages, and what is said when it goes wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lineal.objects.errors import Denied, Exists, Invalid, LinealError, NotFound, Unavailable
from lineal.storage.mlflow.api import Api

Answer = tuple[int, object]


class Answering(BaseHTTPRequestHandler):
    """Answers by the path, and writes down what was asked."""

    answers: dict[str, list[Answer]]
    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        type(self).asked.append((self.path, self.headers.get("Authorization")))
        waiting = type(self).answers[path]
        status, said = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[Callable[..., Api]]:
    """Return what gives a server that answers so, to whom it is told who we are."""
    servers = []

    def serve(path: str, *answers: Answer, **variables: str) -> Api:
        handler = type("Handler", (Answering,), {"answers": {f"/api/2.0/{path}": list(answers)}, "asked": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        api = Api(f"http://127.0.0.1:{server.server_address[1]}/", variables)
        api.asked = handler.asked  # type: ignore[attr-defined]
        return api

    yield serve
    for each in servers:
        each.shutdown()
        each.server_close()


@pytest.mark.parametrize(
    ("variables", "sent"),
    [
        ({}, None),
        ({"MLFLOW_TRACKING_TOKEN": "secret"}, "Bearer secret"),
        ({"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "lov:e"}, "Basic YWRhOmxvdjpl"),
    ],
)
def test_the_environment_says_who_we_are(
    answering: Callable[..., Any], variables: dict[str, str], sent: str | None
) -> None:
    api = answering("x", (200, {}), **variables)
    api.get("x", name="a b", ids=["1", "2"])

    assert [("/api/2.0/x?name=a+b&ids=1&ids=2", sent)] == api.asked


def test_pages_are_asked_for_until_the_last_one(answering: Callable[..., Any]) -> None:
    api = answering("x", (200, {"runs": [1, 2], "next_page_token": "t"}), (200, {"runs": [3]}))

    assert [1, 2, 3] == list(api.pages(api.get, "x", "runs", limit=2))
    assert ["/api/2.0/x?limit=2", "/api/2.0/x?limit=2&page_token=t"] == [path for path, _ in api.asked]


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no run"}), NotFound, "no run"),
        ((400, {"error_code": "RESOURCE_ALREADY_EXISTS", "message": "taken"}), Exists, "taken"),
        ((404, b"<html>"), NotFound, "answered 404 to /api/2.0/x"),
        ((401, b""), Denied, "answered 401"),
        ((400, {"message": "a bad filter"}), Invalid, "a bad filter"),
        ((500, {"error_code": "INTERNAL_ERROR", "message": "broken"}), Unavailable, "broken"),
        ((200, b"<html>"), Invalid, "does not answer as MLflow does"),
    ],
)
def test_what_goes_wrong_is_told(
    answering: Callable[..., Any], answer: Answer, kind: type[LinealError], says: str
) -> None:
    api = answering("x", answer)

    with pytest.raises(kind, match=says):
        api.get("x")


def test_a_server_that_is_busy_is_asked_again(answering: Callable[..., Any]) -> None:
    api = answering("x", (503, b"later"), (200, {"a": 1}))

    assert {"a": 1} == api.get("x")


def test_nothing_of_an_address_with_a_secret_is_repeated() -> None:
    with pytest.raises(Invalid) as refused:
        Api("http://ada:secret@example.org", {})

    assert "secret" not in refused.value.message + refused.value.hint
