"""Signing, where the private key is: on the machine of who signs. Only signatures go to the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from lineal.formats.signatures import dsse
from lineal.formats.signatures.bundles import SIGNATURE_FILE, make_bundle
from lineal.formats.signatures.certificates import Certificate, load_pem
from lineal.formats.signatures.keys import PrivateKey
from lineal.objects.errors import Invalid, NotFound
from lineal.operations import signatures
from lineal.operations.answers.journal import SignatureAnswer
from lineal.operations.answers.models import VersionAnswer
from lineal.operations.operation import Handle
from lineal.storage import private_keys

CERTIFICATE = "LINEAL_SIGNING_CERTIFICATE"
"""The variable that names a file with the certificate of the key, and behind it those that lead to a root."""


class Identity(NamedTuple):
    """A key that signs, and its certificates where it has some."""

    key: PrivateKey
    chain: tuple[Certificate, ...] = ()


def identity(variables: Mapping[str, str], *, key: str = "", certificate: str = "") -> Identity:
    """Return the key that signs.

    Args:
        variables: of the environment.
        key: a name, or the path of a file; by default that of ``LINEAL_SIGNING_KEY``, or the one called ``default``.
        certificate: a file with the certificates; by default that of ``LINEAL_SIGNING_CERTIFICATE``.

    Raises:
        NotFound: there is no such key.
        Invalid: it is of a kind that signs no versions, or not that of the certificate.
    """
    wanted = key or private_keys.signing(variables)
    if not wanted:
        raise NotFound("there is no key to sign with", hint="lineal key create makes one")
    private = private_keys.find(wanted, variables)
    if private.public.kind != "p256":
        raise Invalid(
            "versions are signed by EC P-256 keys: verifiers know no others", hint="lineal key create makes one"
        )
    path = certificate or ("" if key else variables.get(CERTIFICATE, ""))
    chain = load_pem(_text(path), path) if path else ()
    if path and (not chain or chain[0].key.der != private.public.der):
        raise Invalid(f"the first certificate in {path} is not that of the key", hint="put the signer's own first")
    return Identity(private, chain)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"{path} cannot be read: {error}", hint="name a file of certificates in PEM") from None


def sign_version(repository: Handle, version: str, signer: Identity) -> SignatureAnswer:
    """Sign the files of a version, and keep the signature with it."""
    wanted = signatures.request(repository, version)
    bundle = make_bundle(wanted.reference, wanted.files, signer.key, signer.chain)
    return signatures.add(repository, version, bundle=bundle.decode())


def export_attestations(repository: Handle, version: str, directory: Path, signer: Identity) -> list[Path]:
    """Write everything that is known of a version as signed statements, and its own signatures.

    Args:
        repository: where the version is.
        version: the version.
        directory: where to; made if there is none.
        signer: signs each statement, in a DSSE envelope.

    Returns:
        The files: ``NAME.intoto.json`` for each statement, ``model.sig`` for the newest signature.
    """
    found = signatures.attestations(repository, version)
    directory.mkdir(parents=True, exist_ok=True)
    written = list[Path]()
    for name, text in sorted(found.statements.items()):
        envelope = dsse.seal(text.encode(), signer.key.sign, key_id=signer.key.public.digest.removeprefix("sha256:"))
        written.append(directory / f"{name}.intoto.json")
        written[-1].write_bytes(msgspec.json.encode(envelope) + b"\n")
    if found.bundles:
        written.append(directory / SIGNATURE_FILE)
        written[-1].write_text(found.bundles[0], encoding="utf-8")
    return written


def sign_new(repository: Handle, answer: VersionAnswer, variables: Mapping[str, str]) -> SignatureAnswer | None:
    """Sign a version that was just made, where a key is configured; None where none is, or the version was there before."""
    if not answer.created or not private_keys.signing(variables):
        return None
    return sign_version(repository, answer.reference, identity(variables))
