"""Versions in a real registry: the same digests there, tags that only move forward, and nothing that a registry says is believed."""

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

import pytest

from lineal.client.connect import Repository, init
from lineal.client.oci import pull, push
from lineal.objects.canonical import object_digest
from lineal.objects.errors import Conflict, Corrupt, Denied, Invalid, LinealError, NotFound, Unavailable
from lineal.objects.runs import Code, FileUse, ModelFacts, Run, Runtime
from tests.parts.registry import LOGIN
from tests.surfaces.commands import lineal

NO_LOGIN: dict[str, str] = {"HOME": "/nonexistent"}
FILES = {"m/config.json": b"{}", "m/weights.bin": bytes(range(256)) * 8192}


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "lineal.toml").write_text("gate.production = []\n")
    with init(tmp_path / "project") as found:
        yield found


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Repository]:
    (tmp_path / "other").mkdir()
    with init(tmp_path / "other") as found:
        yield found


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


def test_a_version_is_an_artifact_with_the_digests_that_it_has_here(
    repository: Repository, registries: dict[str, str], tmp_path: Path
) -> None:
    where, version = place(registries["open"], tmp_path), register(repository)
    repository.model.describe(version, "caveats", "Only for adults.")
    first, again = (push(repository, version, where, variables=NO_LOGIN) for _ in range(2))
    found, digest = manifest(where, "1.0.0")

    assert (first.digest, first.digest, ()) == (digest, again.digest, again.moved)
    assert "application/vnd.lineal.model.v1+json" == found["artifactType"]
    assert repository.show(version).digest == found["config"]["digest"]
    assert {
        path.removeprefix("m/"): ("sha256:" + hashlib.sha256(data).hexdigest(), len(data))
        for path, data in FILES.items()
    } == {
        each["annotations"]["org.opencontainers.image.title"]: (each["digest"], each["size"])
        for each in found["layers"]
        if "annotations" in each
    }
    assert ("a" * 40, "churn") == tuple(
        found["annotations"][f"org.opencontainers.image.{name}"] for name in ("revision", "title")
    )
    (card,) = manifest(where, digest.replace(":", "-"))[0]["manifests"]
    about = manifest(where, card["digest"])[0]
    assert ("application/vnd.lineal.card.v1+markdown", digest) == (card["artifactType"], about["subject"]["digest"])


def test_what_is_pulled_is_the_same_value(
    repository: Repository, other: Repository, registries: dict[str, str], tmp_path: Path
) -> None:
    where = place(registries["open"], tmp_path)
    versions = [register(repository, pre="rc"), register(repository, b"2")]
    for each in versions:
        push(repository, each, where, variables=NO_LOGIN)
    digest = manifest(where, "1.0.0-rc.1")[1]
    pulled = [pull(other, f"{where}{each}", variables=NO_LOGIN) for each in (f"@{digest}", ":latest", "")]
    renamed = pull(other, f"{where}:1.0.0", name="leaving", variables=NO_LOGIN)

    assert [*versions, versions[1]] == [each.reference for each in pulled]
    assert [True, True, False] == [each.created for each in pulled]
    assert [repository.show(each).digest for each in versions] == [each.digest for each in pulled[:2]]
    assert ("leaving:1.0.0", pulled[1].digest) == (renamed.reference, renamed.digest)
    assert {"config.json", "weights.bin"} == {each.path for each in other.data.files("churn:1.0.0-rc.1")}
    assert [] == list(other.verify().problems)
    assert "churn:1.0.0" in other.model.card("churn").text
    other.lineage("churn:1.0.0")
    register(other, b"third")
    push(repository, register(repository, b"fourth"), where, variables=NO_LOGIN)
    with pytest.raises(Conflict, match=r"churn:1\.1\.0 is another version here"):
        pull(other, f"{where}:1.1.0", variables=NO_LOGIN)


def test_tags_move_forward_only_and_stages_lead_to_what_stands_there(
    repository: Repository, registries: dict[str, str], tmp_path: Path
) -> None:
    where = place(registries["open"], tmp_path)

    def sent(version: str) -> tuple[str, ...]:
        return push(repository, version, where, variables=NO_LOGIN).moved

    first, candidate = register(repository), register(repository, b"2", "rc")
    assert ("1.1.0-rc.1", "staging") == sent(candidate)
    assert ("1.0.0", "1.0", "1", "latest") == sent(first)
    repository.promote(first, to="production")
    assert ("production",) == sent(first)
    second = repository.model.release(candidate).reference
    assert ("1.1.0", "1.1", "1", "latest", "staging") == sent(second)
    repository.promote(second, to="production")
    assert ("staging", "production") == sent(second)  # the pre-release is what is left in staging
    assert () == sent(first)
    assert ("1", "latest") == push(repository, first, where, variables=NO_LOGIN).kept
    leads = {"1.0.0": "1.0.0", "1.0": "1.0.0", "1.1.0-rc.1": "1.1.0-rc.1", "1.1.0": "1.1.0", "1.1": "1.1.0"}
    assert leads | {"1": "1.1.0", "latest": "1.1.0", "production": "1.1.0"} == {
        tag: number for tag, number in tags(where).items() if tag != "staging"
    }
    repository.promote(first, to="production", force=True, reason="it is slow")
    assert ("production",) == sent(first)
    assert "1.0.0" == tags(where)["production"]


def test_a_number_that_leads_to_something_else_is_never_moved(
    repository: Repository, other: Repository, registries: dict[str, str], tmp_path: Path
) -> None:
    where = place(registries["open"], tmp_path)
    push(repository, register(repository), where, variables=NO_LOGIN)
    before = manifest(where, "1.0.0")[1]
    with pytest.raises(Conflict, match=r"1\.0\.0 leads to another version"):
        push(other, register(other, b"2"), where, variables=NO_LOGIN)

    assert before == manifest(where, "1.0.0")[1] == manifest(where, "latest")[1]


@pytest.mark.parametrize("kept", ["auths", "credHelpers", "REGISTRY_AUTH_FILE"])
def test_logins_are_those_of_docker_and_podman(
    repository: Repository, registries: dict[str, str], tmp_path: Path, kept: str
) -> None:
    host, version = registries["closed"], register(repository)
    where = place(host, tmp_path)
    with pytest.raises(Denied, match="does not let you") as caught:
        push(repository, version, where, variables=NO_LOGIN)
    assert f"docker login {host}" in caught.value.hint
    auth = {"auths": {host: {"auth": base64.b64encode(":".join(LOGIN).encode()).decode()}}}
    helper = tmp_path / "docker-credential-test"
    helper.write_text(
        f'#!/bin/sh\nread server\n[ "$server" = {host} ] && echo \'{{"Username": "{LOGIN[0]}", "Secret": "{LOGIN[1]}"}}\'\n'
    )
    helper.chmod(0o755)
    variables = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin", "DOCKER_CONFIG": str(tmp_path)}
    content = {"credHelpers": {host: "test"}} if kept == "credHelpers" else auth
    (tmp_path / ("other.json" if kept == "REGISTRY_AUTH_FILE" else "config.json")).write_text(json.dumps(content))
    variables |= {"REGISTRY_AUTH_FILE": str(tmp_path / "other.json")} if kept == "REGISTRY_AUTH_FILE" else {}

    assert "1.0.0" in push(repository, version, where, variables=variables).moved
    wrong = {"auths": {host: {"auth": base64.b64encode(b"ada:wrong").decode()}}}
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    with pytest.raises(Denied):
        pull(repository, f"{where}:1.0.0", variables={"REGISTRY_AUTH_FILE": str(tmp_path / "wrong.json")})


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


def test_tokens_are_fetched_with_the_login_and_shown_to_the_registry_only(
    repository: Repository, other: Repository, registries: dict[str, str], tmp_path: Path
) -> None:
    with between(registries["open"]) as (host, seen):
        where, variables = place(host, tmp_path), logged_in(tmp_path, host)
        version = register(repository)
        push(repository, version, where, variables=variables)
        asked = [path for _, path, _ in seen.seen if path.startswith("/token")]
        assert any("pull%2Cpush" in each and "service=here" in each for each in asked)
        assert repository.show(version).digest == pull(other, f"{where}:1.0.0", variables=variables).digest
        with pytest.raises(Denied):
            pull(other, f"{where}:1.0.0", variables=NO_LOGIN)


def wrong(handler: Any, path: str, data: bytes) -> bytes | None:
    return data[:-1] + b"!" if "/blobs/" in path else data


def longer(handler: Any, path: str, data: bytes) -> bytes | None:
    return data + b"more" if "/blobs/" in path else data


def shorter(handler: Any, path: str, data: bytes) -> bytes | None:
    return data[:1] if "/blobs/" in path else data


def broken_off(handler: Any, path: str, data: bytes) -> bytes | None:
    if "/blobs/" not in path:
        return data
    Between.say(handler, 200, data[:1], size=len(data))
    handler.close_connection = True
    return None


def another_manifest(handler: Any, path: str, data: bytes) -> bytes | None:
    return data.replace(b"churn", b"chunk") if "/manifests/" in path else data


def no_manifest(handler: Any, path: str, data: bytes) -> bytes | None:
    return b"\x00" * (5 << 20) if "/manifests/" in path else data


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (wrong, "sent other bytes than sha256:"),
        (longer, "sends more than the"),
        (shorter, "sent 1 of"),
        (broken_off, "broke off in the middle of|sent 1 of"),
        (another_manifest, "sent another manifest than"),
        (no_manifest, "is larger than"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_a_hostile_registry_sends_is_refused_and_nothing_is_registered(
    repository: Repository, other: Repository, registries: dict[str, str], tmp_path: Path, lie: Any, said: str
) -> None:
    where = place(registries["open"], tmp_path)
    push(repository, register(repository), where, variables=NO_LOGIN)
    digest = manifest(where, "1.0.0")[1]
    with between(registries["open"], lie) as (host, _):
        asked = f"{where.replace(registries['open'], host)}@{digest}"
        with pytest.raises(Corrupt, match=said) as caught:
            pull(other, asked, variables=logged_in(tmp_path, host))

    assert caught.value.hint
    assert () == other.model.list()


def test_a_redirect_elsewhere_goes_without_the_token(
    repository: Repository, other: Repository, registries: dict[str, str], tmp_path: Path
) -> None:
    where = place(registries["open"], tmp_path)
    push(repository, register(repository), where, variables=NO_LOGIN)
    with between(registries["open"]) as (elsewhere, thief):

        def away(handler: Any, path: str, data: bytes) -> bytes | None:
            if "/blobs/" not in path:
                return data
            Between.say(handler, 307, b"", {"Location": f"http://{elsewhere}{path}"})
            return None

        with between(registries["open"], away) as (host, _), pytest.raises(LinealError):
            pull(other, f"{where.replace(registries['open'], host)}:1.0.0", variables=logged_in(tmp_path, host))
        assert thief.seen
        assert {""} == {auth for _, _, auth in thief.seen}


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("oci://127.0.0.1:1/models/churn:1.0.0", Unavailable),
        ("oci://host/Upper", Invalid),
        ("https://host/x", Invalid),
        ("oci://host/a:b/c", Invalid),
        ("oci://host/a@sha256:zz", Invalid),
    ],
)
def test_what_is_no_registry_is_told(repository: Repository, address: str, error: type[LinealError]) -> None:
    with pytest.raises(error) as caught:
        pull(repository, address, variables=NO_LOGIN)

    assert caught.value.hint


def test_what_is_not_there_or_something_else_is_told(
    repository: Repository, registries: dict[str, str], tmp_path: Path
) -> None:
    where = place(registries["open"], tmp_path)
    with pytest.raises(NotFound, match=r"has no 1\.0\.0"):
        pull(repository, f"{where}:1.0.0", variables=NO_LOGIN)
    push(repository, register(repository), where, variables=NO_LOGIN)
    (card,) = manifest(where, manifest(where, "1.0.0")[1].replace(":", "-"))[0]["manifests"]

    with pytest.raises(Invalid, match="no version of a model but application/vnd"):
        pull(repository, f"{where}@{card['digest']}", variables=NO_LOGIN)


def test_commands_send_what_they_did_where_the_policy_says_so(registries: dict[str, str], tmp_path: Path) -> None:
    project, where = tmp_path / "here", place(registries["open"], tmp_path)
    project.mkdir()
    (project / "lineal.toml").write_text(f'gate.production = []\n[oci]\nrepository = "{where}"\n')
    (project / "train.py").write_text("open('m.pkl', 'wb').write(b'1')")
    lineal(project, "init")
    lineal(project, "run", "--", "python", "train.py")
    _, said = lineal(project, "model", "register", "run:train", "--name", "churn")
    assert f"1.0.0, 1.0, 1, latest, staging of {where}/churn lead to churn:1.0.0" in said
    _, said = lineal(project, "promote", "churn:1.0.0", "--to", "production")
    assert "production of" in said
    out, _ = lineal(project, "model", "push", "churn:1.0.0", f"{where}/churn:mine")
    assert out.strip() == f"{where}/churn@{manifest(f'{where}/churn', 'mine')[1]}"
    (project / "lineal.toml").write_text('gate.production = []\n[oci]\nrepository = "oci://127.0.0.1:1/x"\n')
    _, said = lineal(project, "promote", "churn:1.0.0", "--to", "archived")
    assert "warning: churn:1.0.0 was not sent to oci://127.0.0.1:1/x: 127.0.0.1:1/x/churn does not answer" in said
    (tmp_path / "second").mkdir()
    lineal(tmp_path / "second", "init")
    lineal(tmp_path / "second", "model", "pull", f"{where}/churn:1")
    assert "unchanged: it was here" in lineal(tmp_path / "second", "model", "pull", f"{where}/churn:production")[1]
