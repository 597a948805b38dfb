"""Versions for registries, what any client reads there, and something that stands between a client and a registry."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lineal.client.connect import Repository
from lineal.objects.canonical import object_digest
from lineal.objects.runs import Code, FileUse, ModelFacts, Run, Runtime

NO_LOGIN: dict[str, str] = {"HOME": "/nonexistent"}
FILES = {"m/config.json": b"{}", "m/weights.bin": bytes(range(256)) * 8192}


def register(repository: Repository, weights: bytes = b"", pre: str = "") -> str:
    store, code, runtime = repository.store, Code(entry_point="train.py", commit="a" * 40), Runtime(python="3.12.1")
    files = FILES | ({"m/weights.bin": weights} if weights else {})
    uses = tuple(
        FileUse(path=path, digest=repository.blobs.put(data), size_bytes=len(data)) for path, data in files.items()
    )
    now = store.clock.now()
    run = Run(
        id=store.clock.new_id(), name="train", command=("train",), directory=".", state="finished", started_at=now,
        ended_at=now, exit_status=0, code=object_digest(code), runtime=object_digest(runtime), outputs=uses,
        models={"m": ModelFacts(framework="torch")}, params={"rate": 0.1},
    )  # fmt: skip
    made = repository.runs.finish(run=run, code=code, runtime=runtime)
    return str(repository.model.register(made.reference, name="churn", pre=pre).reference)


def place(host: str, tmp_path: Path) -> str:
    """Return an address that no other test uses."""
    return f"oci://{host}/models/{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]}"


def manifest(address: str, reference: str) -> tuple[dict[str, Any], str]:
    """Return a manifest as any client gets it, and its digest."""
    host, _, name = address.removeprefix("oci://").partition("/")
    kinds = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
    asked = urllib.request.Request(f"http://{host}/v2/{name}/manifests/{reference}", headers={"Accept": kinds})
    with urllib.request.urlopen(asked) as answer:
        data = answer.read()
    return json.loads(data), "sha256:" + hashlib.sha256(data).hexdigest()


def tags(address: str) -> dict[str, str]:
    """Return the number that each tag leads to."""
    host, _, name = address.removeprefix("oci://").partition("/")
    with urllib.request.urlopen(f"http://{host}/v2/{name}/tags/list") as answer:
        names = json.load(answer)["tags"]
    return {
        each: manifest(address, each)[0]["annotations"]["org.opencontainers.image.version"]
        for each in names
        if not each.startswith("sha256-")
    }


class Between:
    """Stands between a client and the real registry: asks for tokens, and lies in one way."""

    def __init__(self, behind: str, lie: Callable[[Any, str, bytes], bytes | None] | None) -> None:
        self.behind, self.lie, self.seen = behind, lie, list[tuple[str, str, str]]()

    def answer(self, handler: Any) -> None:
        """Answer a request."""
        host, path, auth = handler.headers["Host"], handler.path, handler.headers.get("Authorization", "")
        self.seen.append((handler.command, path, auth))
        if path.startswith("/token"):
            good = auth == "Basic " + base64.b64encode(b"ada:pass").decode()
            return self.say(
                handler, 200 if good else 401, json.dumps({"token": "write" if "push" in path else "read"}).encode()
            )
        reads = handler.command in {"GET", "HEAD"}
        if auth not in {"Bearer write", "Bearer read" if reads else ""}:
            challenge = f'Bearer realm="http://{host}/token",service="here",scope="x"'
            return self.say(handler, 401, b"", {"WWW-Authenticate": challenge})
        size = int(handler.headers.get("Content-Length") or 0)
        asked = urllib.request.Request(
            f"http://{self.behind}{path}", method=handler.command, data=handler.rfile.read(size) if size else None,
            headers={name: handler.headers[name] for name in ("Accept", "Content-Type") if name in handler.headers},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(asked) as found:
                status, said, data = found.status, dict(found.headers), found.read()
        except urllib.error.HTTPError as error:
            status, said, data = error.code, dict(error.headers), error.read()
        headers = {name: said[name] for name in ("Location", "Docker-Content-Digest", "Content-Type") if name in said}
        headers = {name: value.replace(self.behind, host) for name, value in headers.items()}
        if self.lie and handler.command == "GET" and status == 200:
            lied = self.lie(handler, path, data)
            if lied is None:
                return None
            data = lied
        return self.say(handler, status, data, headers)

    @staticmethod
    def say(
        handler: Any, status: int, data: bytes, headers: dict[str, str] | None = None, size: int | None = None
    ) -> None:
        """Send an answer."""
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data) if size is None else size))
        handler.end_headers()
        handler.wfile.write(data if handler.command != "HEAD" else b"")


@contextmanager
def between(behind: str, lie: Any = None) -> Iterator[tuple[str, Between]]:
    """Serve it; yield its host and what it saw."""
    it = Between(behind, lie)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            it.answer(self)

        do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - named so by the standard library

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", it
    finally:
        server.shutdown()
        server.server_close()


def logged_in(tmp_path: Path, host: str) -> dict[str, str]:
    """Return variables that lead to a login."""
    content = {"auths": {host: {"auth": base64.b64encode(b"ada:pass").decode()}}}
    (tmp_path / "auth.json").write_text(json.dumps(content))
    return {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}
