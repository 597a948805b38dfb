"""Verbs of signatures: what there is to sign, and signatures that somebody made. Private keys stay with who has them."""

from __future__ import annotations

from lineal.formats.signatures.bundles import compare_files, read_bundle
from lineal.objects.errors import Invalid
from lineal.objects.statements import Signature
from lineal.operations.answers.journal import Attestations, SignatureAnswer, ToSign
from lineal.operations.operation import operation
from lineal.operations.references import find_version, version_reference
from lineal.operations.statements import make_statement
from lineal.operations.versioning.attestations import statements_of
from lineal.operations.versioning.signed_versions import bundles_of, files_of
from lineal.operations.versioning.version_checks import signature_answers
from lineal.storage.store import Store


@operation("signature request", effect="reads", internal=True, about={"version": "version"})
def request(store: Store, version: str) -> ToSign:
    """Return what a signature of a version is about: each of its files.

    Args:
        version: the version.

    Raises:
        Invalid: its files are not kept here, or are links.
    """
    row = find_version(store, version)
    return ToSign(reference=version_reference(row), digest=row["digest"], files=files_of(store, row))


@operation("signature add", effect="writes", internal=True, about={"version": "version"})
def add(store: Store, version: str, *, bundle: str) -> SignatureAnswer:
    """Keep a signature with the version that it is of.

    Args:
        version: the version.
        bundle: a bundle of OpenSSF's model signing, as JSON.

    Raises:
        Invalid: it is none, or not of the files of this version.
    """
    row = find_version(store, version)
    found = read_bundle(bundle)
    if differing := compare_files(found.files, files_of(store, row)):
        raise Invalid(f"this is no signature of {version_reference(row)}: {'; '.join(differing)}", hint="sign it again")
    kept = store.blobs.put(bundle.encode())
    key = found.chain[0].name if found.chain else found.hint
    make_statement(store, row["digest"], Signature(bundle=kept, key=key))
    return signature_answers(store, row)[0]


@operation("signatures", effect="reads", internal=True, about={"version": "version"})
def signatures_of(store: Store, version: str) -> tuple[SignatureAnswer, ...]:
    """List the signatures of a version, newest first, with what each is worth here.

    Args:
        version: the version.
    """
    return signature_answers(store, find_version(store, version))


@operation("attestations", effect="reads", internal=True, about={"version": "version"})
def attestations(store: Store, version: str) -> Attestations:
    """Return what is known of a version as in-toto statements, by name, for whoever signs and hands them on.

    Args:
        version: the version.
    """
    row = find_version(store, version)
    return Attestations(
        reference=version_reference(row),
        statements=statements_of(store, row),
        bundles=tuple(bundle.decode() for _, bundle in bundles_of(store, row)),
    )
