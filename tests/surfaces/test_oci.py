"""Versions in a real registry: the same digests there, tags that only move forward, and nothing that a registry says is believed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import Repository, init
from lineal.client.oci import pull, push
from lineal.objects.errors import Conflict, Denied
from tests.parts.registry import LOGIN
from tests.surfaces.commands import lineal
from tests.surfaces.registries import (
    FILES,
    NO_LOGIN,
    manifest,
    place,
    register,
    tags,
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
    assert "unchanged: it was here" in lineal(project, "model", "pull", f"{where}/churn:production")[1]
