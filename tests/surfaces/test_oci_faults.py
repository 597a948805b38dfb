"""Logins and tokens, and registries that lie: nothing that one says is believed, and nobody else learns who asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineal.client.connect import Repository, init
from lineal.client.oci import pull, push
from lineal.objects.errors import Corrupt, Denied, Invalid, LinealError, NotFound, Unavailable
from tests.surfaces.registries import (
    NO_LOGIN,
    Between,
    between,
    logged_in,
    manifest,
    place,
    register,
)


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
