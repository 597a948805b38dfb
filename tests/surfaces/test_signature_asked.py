"""Where the policy asks for a signature, nothing that was changed after it was signed is promoted, deployed or loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.signing import identity
from lineal.objects.errors import Corrupt, Invalid, LinealError, Refused
from lineal.objects.statements import Signature, Statement
from lineal.operations.references import find_version
from lineal.operations.versioning import signatures
from lineal.operations.versioning.releases import write_version
from lineal.operations.versioning.signed_versions import bundles_of
from lineal.serving.release import read_release, verify_release, write_release
from tests.surfaces.signers import private_key
from tests.unit.operations.making import CODE, RUNTIME, run
from tests.unit.operations.tracked import made, registered, tracked


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRepository]:
    """A repository that asks for Ada's signature everywhere, and a version that she signed."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    private_key(tmp_path / "ada.pem")
    ada = json.dumps((tmp_path / "ada.pub").read_text())
    with init(tmp_path / "project") as found:
        (tmp_path / "project" / "lineal.toml").write_text(
            '[[gate.production]]\ncheck = "signature"\n[signing]\nask = ["deploy", "load"]\n'
            f"[signing.keys.ada]\npublic = {ada}\n",
            encoding="utf-8",
        )
        found.store.put_object(CODE)
        found.store.put_object(RUNTIME)
        found.model.register(run(found, writes={"m.pkl": b"weights" * 10}).reference, name="m")
        found.model.sign("m:1.0.0", key=str(tmp_path / "ada.pem"))
        yield found


def bytes_of_the_model(repository: LocalRepository) -> None:
    (digest,) = signatures.request(repository, "m:1.0.0").files.values()
    overwrite(repository, digest, b"WEIGHTS" * 10)


def bytes_of_the_signature(repository: LocalRepository) -> None:
    bundle = json.loads(repository.blobs.get(signature(repository).bundle))
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = "MEUCIQ=="
    overwrite(repository, signature(repository).bundle.removeprefix("sha256:"), json.dumps(bundle).encode())


def the_statement(repository: LocalRepository) -> None:
    change(repository, f"UPDATE object SET body = replace(body, '{signature(repository).bundle[-8:]}', 'ffffffff')")


def nothing_is_left_of_the_statement(repository: LocalRepository) -> None:
    repository.store.database.run(
        "DELETE FROM statement WHERE digest IN (SELECT digest FROM object WHERE body LIKE '%\"bundle\"%')"
    )


TAMPERED = (bytes_of_the_model, bytes_of_the_signature, the_statement, nothing_is_left_of_the_statement)


def change(repository: LocalRepository, sql: str) -> None:
    repository.store.database.run(f"{sql} WHERE kind = 'statement' AND body LIKE '%\"bundle\"%'")


def signature(repository: LocalRepository) -> Signature:
    rows = repository.store.database.run(
        "SELECT digest FROM object WHERE kind = 'statement' AND body LIKE '%\"bundle\"%'"
    )
    predicate = repository.store.get_object(rows[0]["digest"], Statement).predicate
    assert isinstance(predicate, Signature)
    return predicate


def overwrite(repository: LocalRepository, digest: str, data: bytes) -> None:
    assert repository.store.root
    (file,) = [
        each for each in (repository.store.root / "blobs").rglob("*") if each.name in digest and len(each.name) > 40
    ]
    file.chmod(0o644)
    file.write_bytes(data)


@pytest.mark.parametrize("tamper", TAMPERED)
def test_what_was_changed_after_it_was_signed_goes_nowhere(
    repository: LocalRepository, tmp_path: Path, tamper: object
) -> None:
    store, row = repository.store, find_version(repository.store, "m:1.0.0")
    tamper(repository)  # type: ignore[operator]

    with pytest.raises((Refused, Corrupt)) as promoted:
        repository.promote("m:1.0.0", to="production")
    assert "staging" == find_version(store, "m:1.0.0")["stage"]
    with pytest.raises(LinealError) as deployed:
        repository.deploy("m:1.0.0", environment="canary")
    with pytest.raises(LinealError) as loaded:
        _load(repository, row, tmp_path / "release")
    assert all(each.value.message and each.value.hint for each in (promoted, deployed, loaded))
    assert [] == [each.id for each in repository.deployments() if each.state == "running"]


def _load(repository: LocalRepository, row: dict[str, object], place: Path) -> None:
    write_version(repository.store, row, place)
    verify_release(place, read_release(place))


def test_a_server_of_the_model_loads_nothing_that_is_not_signed_as_asked(
    repository: LocalRepository, tmp_path: Path
) -> None:
    place = tmp_path / "release"
    write_version(repository.store, find_version(repository.store, "m:1.0.0"), place)
    release = read_release(place)
    rule = release.signatures
    assert rule
    private_key(tmp_path / "eve.pem")
    repository.model.sign("m:1.0.0", key=str(tmp_path / "eve.pem"))
    at, good = rule.bundles[0]
    bundles = bundles_of(repository.store, find_version(repository.store, "m:1.0.0"))
    (by_eve,) = [each.decode() for _, each in bundles if each.decode() != good]
    broken = json.loads(good)
    broken["dsseEnvelope"]["signatures"][0]["sig"] = "MEUCIQ=="
    for bundles, reason in (
        ((), "nobody signed it"),
        (((at, by_eve),), "signed by a key that nobody here trusts"),
        (((at, json.dumps(broken)),), "the key of ada did not sign this"),
        (((at, "{}"),), ""),
    ):
        write_release(
            place, msgspec.structs.replace(release, signatures=msgspec.structs.replace(rule, bundles=bundles))
        )
        ended = subprocess.run(
            (sys.executable, "-m", "lineal.serving", "serve", str(place)),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

        assert ended.returncode == Corrupt.exit_status
        assert f"m:1.0.0 has no good signature: {reason}" in ended.stderr
        assert "nothing was loaded" in ended.stderr


def test_what_programs_register_is_signed_by_the_server_where_the_policy_says_so(
    repository: LocalRepository, tmp_path: Path
) -> None:
    assert repository.store.root
    policy = repository.store.root.parent / "lineal.toml"
    policy.write_text(policy.read_text().replace("[signing]\n", "[signing]\nserver = true\n"))
    made(repository, "churn")
    with pytest.raises(Invalid, match="and it has no key"):
        registered(repository, "churn", tracked(repository))
    signer = partial(identity, {}, key=str(tmp_path / "ada.pem"))
    repository.store = msgspec.structs.replace(repository.store, signer=signer)
    registered(repository, "churn", tracked(repository))

    assert [("good", "ada")] == [(each.state, each.by) for each in signatures.signatures_of(repository, "churn:1.0.0")]
    assert "pass" == repository.promote("churn:1.0.0", to="production").outcome
