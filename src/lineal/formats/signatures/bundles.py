"""Bundles of OpenSSF's model signing, version 1.0: which files a model has, signed, in one file beside them.

A bundle is a Sigstore bundle with a DSSE envelope around an in-toto statement that lists every file with its SHA-256.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from lineal.formats.signatures import dsse
from lineal.formats.signatures.certificates import Certificate, load_der
from lineal.formats.signatures.keys import PrivateKey
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared

SIGNATURE_FILE = "model.sig"
"""How the file is called that lies beside those of the model."""

IGNORED = (SIGNATURE_FILE, ".git", ".gitattributes", ".github", ".gitignore")
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://model_signing/signature/v1.0"

_MEDIA = "application/vnd.dev.sigstore.bundle.v0.3+json"
_HINT = "lineal model sign signs the version again"


class _Bundle(msgspec.Struct, rename="camel"):
    media_type: str
    verification_material: dict[str, Any]
    dsse_envelope: dsse.Envelope


class Bundle(NamedTuple):
    """What a bundle says: the model's name, the SHA-256 of each file, and by what it was signed.

    ``hint`` names the key: the SHA-256 of its text; it is empty where ``chain`` has the signer's certificate, and behind
    it those of who vouch for it. Nothing of it is to be believed before the signature is checked.
    """

    name: str
    files: dict[str, str]
    signed: dsse.Signed
    hint: str = ""
    chain: tuple[Certificate, ...] = ()


def make_bundle(name: str, files: Mapping[str, str], key: PrivateKey, chain: tuple[Certificate, ...] = ()) -> bytes:
    """Return the bundle by which a key signs a model.

    Args:
        name: what the model is called.
        files: the SHA-256 of each file, in hexadecimal digits, by path.
        key: signs; one for EC P-256, for other verifiers know no other.
        chain: the certificate of the key, and those that lead to a root.
    """
    resources = [{"name": path, "algorithm": "sha256", "digest": files[path]} for path in sorted(files)]
    serialization = {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": list(IGNORED)}
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": _root(files)}}],
        "predicateType": PREDICATE,
        "predicate": {"serialization": serialization, "resources": resources},
    }
    material: dict[str, Any] = {"publicKey": {"hint": key.public.hint}}
    if chain:
        certificates = [{"rawBytes": base64.b64encode(each.der).decode()} for each in chain]
        material = {"x509CertificateChain": {"certificates": certificates}}
    envelope = dsse.seal(msgspec.json.encode(statement), key.sign)
    return msgspec.json.encode(_Bundle(_MEDIA, {**material, "tlogEntries": []}, envelope))


def read_bundle(data: bytes | str) -> Bundle:
    """Return what a bundle says; whether its signature is good is not asked.

    Raises:
        Invalid: it is no bundle of a model, or contradicts itself.
    """
    try:
        found = msgspec.json.decode(data, type=prepared(_Bundle))
        signed = dsse.opened(found.dsse_envelope)
        statement = msgspec.json.decode(signed.payload, type=dict[str, Any])
        hint, chain = _material(found.verification_material)
        (subject,) = statement["subject"]
        kinds = (statement["_type"], statement["predicateType"])
        files = {str(each["name"]): _sha256(each) for each in statement["predicate"]["resources"]}
        method = statement["predicate"]["serialization"]["method"]
        name, root = str(subject["name"]), subject["digest"]["sha256"]
        count = len(statement["predicate"]["resources"])
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise Invalid(f"this is no bundle of a signed model: {error}", hint=_HINT) from None
    if kinds != (STATEMENT, PREDICATE) or method != "files":
        raise Invalid(f"this bundle is about something else: {kinds[1]}, by {method}", hint=_HINT)
    if len(files) != count or root != _root(files):
        raise Invalid("this bundle contradicts itself: the digest of the whole is not that of its files", hint=_HINT)
    return Bundle(name, files, signed, hint, chain)


def compare_files(signed: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """Return a sentence for each file that is not as it was signed; ``here`` has the SHA-256 of each, by path."""
    return [
        *(f"{path} was signed and is missing" for path in sorted(signed.keys() - here.keys())),
        *(f"{path} is there and was not signed" for path in sorted(here.keys() - signed.keys()) if path not in IGNORED),
        *(
            f"{path} holds other bytes than those that were signed"
            for path in sorted(signed.keys() & here.keys())
            if signed[path] != here[path]
        ),
    ]


def _sha256(resource: dict[str, Any]) -> str:
    if resource["algorithm"] != "sha256":
        raise ValueError(f"digests by {resource['algorithm']} are not compared here")
    return str(resource["digest"])


def _root(files: Mapping[str, str]) -> str:
    return sha256(b"".join(bytes.fromhex(files[path]) for path in sorted(files))).hexdigest()


def _material(material: dict[str, Any]) -> tuple[str, tuple[Certificate, ...]]:
    """Return the hint of a key, or a chain of certificates."""
    if "certificate" in material:
        raise ValueError("keyless signatures are not checked here")
    if chain := material.get("x509CertificateChain"):
        try:
            raw = [base64.b64decode(each["rawBytes"], validate=True) for each in chain["certificates"]]
        except binascii.Error as error:
            raise ValueError(f"a certificate is no base64: {error}") from None
        return "", tuple(map(load_der, raw))
    return str(material["publicKey"]["hint"]), ()
