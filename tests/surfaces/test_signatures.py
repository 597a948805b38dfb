"""What Lineal signs, other programs verify, and what they sign, it does; whatever was changed is refused by both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.signing import export_attestations, identity
from lineal.formats.signatures.bundles import read_bundle
from lineal.formats.signatures.trust import Trust, TrustedKey, judge_bundle
from lineal.objects.digest import digest_of
from lineal.objects.errors import Denied, Invalid, Refused
from lineal.operations import signatures
from tests.parts.signing import asked
from tests.surfaces.signers import Authority, private_key
from tests.unit.operations.making import CODE, RUNTIME, run

FILES = {"model/weights.bin": b"weights", "model/config.json": b"{}", "model/vocabulary/words.txt": b"a\nb\n"}
AT = 1_900_000_000_000


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A directory with the keys of Ada and Eve."""
    place = tmp_path / "keys"
    place.mkdir()
    for name in ("ada", "eve"):
        private_key(place / f"{name}.pem")
    return place


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRepository]:
    """A repository with a version of three files that nobody signed yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("LINEAL_SIGNING_KEY", raising=False)
    with init(tmp_path / "project") as found:
        found.store.put_object(CODE)
        found.store.put_object(RUNTIME)
        made = run(found, writes=FILES)
        found.model.register(made.reference, name="m", file="model/weights.bin")
        yield found


def laid_out(repository: LocalRepository, place: Path, bundle: bytes) -> Path:
    """Write the files of the version and a signature, as somebody has them who never heard of Lineal."""
    wanted = signatures.request(repository, "m:1.0.0")
    for path, digest in wanted.files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(repository.blobs.get(f"sha256:{digest}"))
    (place / "model.sig").write_bytes(bundle)
    return place


def newest_bundle(repository: LocalRepository) -> bytes:
    return signatures.attestations(repository, "m:1.0.0").bundles[0].encode()


def changed(model: Path) -> dict[str, Path]:
    """Copies of a model, each with one change."""
    copies = {}
    for what in ("tampered", "extra", "missing"):
        copy = Path(shutil.copytree(model, model.with_name(f"{model.name}-{what}")))
        target = next(each for each in sorted(copy.rglob("*")) if each.is_file() and each.name != "model.sig")
        if what == "extra":
            target.with_name("more.bin").write_bytes(b"more")
        elif what == "missing":
            target.unlink()
        else:
            target.write_bytes(b"other bytes")
        copies[what] = copy
    return copies


def verify(model: Path, **how: Path) -> dict[str, Any]:
    named = {name: str(path) for name, path in how.items()}
    return {"do": "verify", "model": str(model), "signature": str(model / "model.sig"), **named}


def test_other_programs_verify_what_we_sign_and_refuse_what_was_changed(
    repository: LocalRepository, keys: Path, tmp_path: Path
) -> None:
    authority, other = Authority(keys, "example authority"), Authority(keys, "another")
    ada = private_key(keys / "with-certificate.pem")
    certificate = authority.vouch("ada@example.org", ada)
    repository.model.sign("m:1.0.0", key=str(keys / "ada.pem"))
    by_key = laid_out(repository, tmp_path / "by-key", newest_bundle(repository))
    repository.model.sign("m:1.0.0", key=str(keys / "with-certificate.pem"), certificate=str(certificate))
    by_certificate = laid_out(repository, tmp_path / "by-certificate", newest_bundle(repository))
    attested = export_attestations(
        repository, "m:1.0.0", tmp_path / "attested", identity({}, key=str(keys / "ada.pem"))
    )
    envelopes = [each for each in attested if each.name.endswith(".intoto.json")]
    copies = changed(by_key)
    found = asked(
        [
            verify(by_key, key=keys / "ada.pub"),
            verify(by_certificate, root=authority.root),
            *({"do": "envelope", "envelope": str(each), "key": str(keys / "ada.pub")} for each in envelopes),
            verify(by_key, key=keys / "eve.pub"),
            verify(by_certificate, root=other.root),
            {"do": "envelope", "envelope": str(envelopes[0]), "key": str(keys / "eve.pub")},
            *(verify(copy, key=keys / "ada.pub") for copy in copies.values()),
        ]
    )
    good, refused = found[: 2 + len(envelopes)], found[2 + len(envelopes) :]

    assert [""] * (2 + len(envelopes)) == good
    assert {"provenance.intoto.json", "release.intoto.json"} == {each.name for each in envelopes}
    assert all(refused)
    assert ["Hash mismatch", "Extra files", "Missing files"] == [
        next(word for word in ("Hash mismatch", "Extra files", "Missing files") if word in each) for each in refused[3:]
    ]


def test_we_verify_what_other_programs_sign_and_refuse_what_was_changed(keys: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    for path, data in FILES.items():
        (model / path).parent.mkdir(parents=True, exist_ok=True)
        (model / path).write_bytes(data)
    authority = Authority(keys, "example authority")
    ada = private_key(keys / "with-certificate.pem")
    certificate = authority.vouch("ada@example.org", ada)
    by_key, by_chain = tmp_path / "key.sig", tmp_path / "chain.sig"
    sign = {"do": "sign", "model": str(model)}
    chain = {"certificate": str(certificate), "chain": [str(authority.root)]}
    assert ["", ""] == asked(
        [
            {**sign, "key": str(keys / "ada.pem"), "signature": str(by_key)},
            {**sign, "key": str(keys / "with-certificate.pem"), **chain, "signature": str(by_chain)},
        ]
    )
    files = {path: digest_of(data).removeprefix("sha256:") for path, data in FILES.items()}
    now = int(certificate.stat().st_mtime * 1000)
    trust = Trust(
        keys={"ada": TrustedKey(public=(keys / "ada.pub").read_text())},
        roots={"authority": authority.root.read_text()},
    )

    def judged(path: Path, here: dict[str, str]) -> tuple[str, str, str]:
        found = judge_bundle(path.read_bytes(), here, trust, at=now)
        return found.state, found.by, found.reason

    assert ("good", "ada", "signed by ada") == judged(by_key, files)
    assert ("good", "ada@example.org") == judged(by_chain, files)[:2]
    for path in (by_key, by_chain):
        first = min(files)
        fewer = {path: digest for path, digest in files.items() if path != first}
        assert f"{first} holds other bytes than those that were signed" == judged(path, {**files, first: "0" * 64})[2]
        assert f"{first} was signed and is missing" == judged(path, fewer)[2]
        assert "more.bin is there and was not signed" == judged(path, {**files, "more.bin": "0" * 64})[2]


def test_a_gate_counts_the_signatures_of_those_who_are_trusted(repository: LocalRepository, keys: Path) -> None:
    policy = repository.store.root.parent / "lineal.toml"
    ada = json.dumps((keys / "ada.pub").read_text())
    asks = '[[gate.production]]\ncheck = "signature"\nby = ["ada"]\n'
    policy.write_text(f"{asks}[signing]\nask = ['deploy', 'load']\n[signing.keys.ada]\npublic = {ada}\n")

    with pytest.raises(Refused, match="nobody signed it; asked for: 1 of ada"):
        repository.promote("m:1.0.0", to="production")
    repository.model.sign("m:1.0.0", key=str(keys / "eve.pem"))
    with pytest.raises(Refused, match="signed by a key that nobody here trusts"):
        repository.promote("m:1.0.0", to="production")
    with pytest.raises(Refused, match="may not be deployed: signed by a key that nobody here trusts"):
        repository.deploy("m:1.0.0", environment="canary")
    assert "good" == repository.model.sign("m:1.0.0", key=str(keys / "ada.pem")).state
    assert "pass" == repository.promote("m:1.0.0", to="production").outcome
    assert ["good", "untrusted"] == [each.state for each in repository.verify("m:1.0.0").signatures]
    assert {"gate-production", "promotion-production"} <= signatures.attestations(
        repository, "m:1.0.0"
    ).statements.keys()

    revoked = '[[signing.revoked]]\nkey = "ada"\nat = 2020-01-01T00:00:00Z\nbecause = "it was stolen"\n'
    policy.write_text(policy.read_text() + revoked)
    reasons = [each.reason for each in repository.verify("m:1.0.0").signatures]

    assert "the key of ada was revoked before it signed this: it was stolen" == reasons[0]
    with pytest.raises(Refused, match="it was stolen"):
        repository.deploy("m:1.0.0", environment="canary")


def test_what_is_no_good_certificate_is_told(repository: LocalRepository, keys: Path) -> None:
    authority, other = Authority(keys, "example authority"), Authority(keys, "another")
    ada = private_key(keys / "with-certificate.pem")
    policy = repository.store.root.parent / "lineal.toml"
    root = json.dumps(authority.root.read_text())
    policy.write_text(f"[signing.roots.authority]\ncertificate = {root}\n")

    def signed_with(certificate: Path) -> str:
        key = str(keys / "with-certificate.pem")
        return repository.model.sign("m:1.0.0", key=key, certificate=str(certificate)).reason

    assert "leads to a trusted root" in signed_with(authority.vouch("ada", ada))
    assert "the certificate of ada expired on" in signed_with(authority.vouch("ada", ada, days=(-30, -1)))
    assert "was not valid before" in signed_with(authority.vouch("ada", ada, days=(1, 30)))
    assert "may not be used to sign" in signed_with(authority.vouch("ada", ada, may_sign=False))
    assert "leads to no root that this repository trusts" in signed_with(other.vouch("ada", ada))
    with pytest.raises(Invalid, match="is not that of the key"):
        repository.model.sign("m:1.0.0", key=str(keys / "ada.pem"), certificate=str(authority.vouch("ada", ada)))


def test_a_signature_of_other_files_is_not_kept_and_a_changed_one_is_told(
    repository: LocalRepository, keys: Path
) -> None:
    repository.model.sign("m:1.0.0", key=str(keys / "ada.pem"))
    bundle = newest_bundle(repository)
    other = run(repository, writes={"other.pkl": b"other"})
    repository.model.register(other.reference, name="m")
    trust = Trust(keys={"ada": TrustedKey(public=(keys / "ada.pub").read_text())})
    signed = json.loads(bundle)
    signed["dsseEnvelope"]["signatures"][0]["sig"] = "MEUCIQ=="

    with pytest.raises(Invalid, match=r"weights\.bin was signed and is missing"):
        signatures.add(repository, repository.model.show("m").versions[0].reference, bundle=bundle.decode())
    judged = judge_bundle(json.dumps(signed).encode(), read_bundle(bundle).files, trust, at=AT)
    assert ("bad", "ada") == (judged.state, judged.by)


def test_a_key_that_others_can_read_signs_nothing(repository: LocalRepository, keys: Path) -> None:
    (keys / "ada.pem").chmod(0o640)

    with pytest.raises(Denied, match="can be read by others"):
        repository.model.sign("m:1.0.0", key=str(keys / "ada.pem"))


def test_a_version_is_signed_when_it_is_registered_where_a_key_is_configured(
    repository: LocalRepository, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAL_SIGNING_KEY", str(keys / "ada.pem"))
    made = run(repository, writes={"other.pkl": b"other"})
    version = repository.model.register(made.reference, name="m").reference

    assert 1 == len(signatures.signatures_of(repository, version))
