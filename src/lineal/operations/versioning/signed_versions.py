"""What the signatures of a version are worth: for gates, deployments, and whoever asks."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Literal

from lineal.formats.signatures.bundles import make_bundle, read_bundle
from lineal.formats.signatures.trust import Judged, Trust, judge_bundle
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, LinealError, Refused
from lineal.objects.statements import Signature, Statement
from lineal.operations.references import Row, version_reference
from lineal.operations.statements import make_statement, said
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.policies import policy_of
from lineal.storage.store import Store


def files_of(store: Store, row: Row) -> dict[str, str]:
    """Return the SHA-256 of each file of a version, in hexadecimal digits, by path.

    Raises:
        Invalid: its files are elsewhere, or are links, which no verifier of signed models follows.
    """
    reference = version_reference(row)
    entries = [each for each in store.entries(version_of(store, row).weights) if each.mode != "directory"]
    if not entries:
        raise Invalid(f"the files of {reference} are not kept here", hint="sign them where they are")
    if link := next((each.path for each in entries if each.mode == "symlink"), ""):
        raise Invalid(f"{link} of {reference} is a symbolic link", hint="make the version of the files themselves")
    return {each.path: each.digest.removeprefix("sha256:") for each in entries}


def judged(store: Store, row: Row, trust: Trust) -> list[tuple[Statement, Judged]]:
    """Return each signature of a version, newest first, with what it is worth to who trusts some."""
    found = said(store, row["digest"], Signature)
    files = files_of(store, row) if found else {}
    return [
        (statement, judge_bundle(store.blobs.get(signature.bundle), files, trust, at=statement.at))
        for statement, signature in found
    ]


_READ: ContextVar[dict[Digest, str]] = ContextVar("read")
"""What was found wrong with the bytes of trees that were read before the transaction that is about to need it."""


def read_bytes(store: Store, row: Row) -> None:
    """Read the files of a version, for the gate that follows in this thread: that takes as long as they are large."""
    tree = version_of(store, row).weights
    _READ.set({tree: _damage(store, tree)})


def damage(store: Store, row: Row) -> str:
    """Return in what the bytes of a version are not those that its signatures are about; empty where they are."""
    tree = version_of(store, row).weights
    known = _READ.get({})
    _READ.set({})
    return known[tree] if tree in known else _damage(store, tree)


def _damage(store: Store, tree: Digest) -> str:
    path = ""
    try:
        for entry in store.entries(tree):
            path = entry.path
            if entry.mode != "directory":
                for _ in store.blobs.open(entry.digest):
                    pass
    except LinealError as error:
        return f"{path} is not what was signed: {error.message}"
    return ""


def sign_here(store: Store, row: Row) -> None:
    """Sign a version that a program registered, where the policy has the server do so. One without files has no signature.

    Raises:
        Invalid: there is no key here, or the version's files are links.
    """
    signing = policy_of(store)[0].signing
    if not signing.server or not any(True for _ in store.entries(version_of(store, row).weights)):
        return
    if store.signer is None:
        raise Invalid(
            "[signing] has the server sign what is registered, and it has no key",
            hint="lineal key create, or LINEAL_SIGNING_KEY, where the server is; then start it again",
        )
    key, chain = store.signer()
    bundle = make_bundle(version_reference(row), files_of(store, row), key, chain)
    name = chain[0].name if chain else read_bundle(bundle).hint
    make_statement(store, row["digest"], Signature(bundle=store.blobs.put(bundle), key=name))


def bundles_of(store: Store, row: Row) -> list[tuple[int, bytes]]:
    """Return when each signature of a version was made, and its bundle; newest first."""
    found = said(store, row["digest"], Signature)
    return [(statement.at, store.blobs.get(signature.bundle)) for statement, signature in found]


def is_asked(store: Store, where: Literal["deploy", "load"]) -> bool:
    """Tell whether the policy asks for a signature there."""
    return where in policy_of(store)[0].signing.ask


def require_signature(store: Store, row: Row) -> None:
    """Refuse a version that nobody signed who is trusted, where the policy asks for that before a deployment.

    Raises:
        Refused: nobody did; the message says what was found.
    """
    if not is_asked(store, "deploy"):
        return
    found = [each for _, each in judged(store, row, policy_of(store)[0].signing.trust())]
    wrong = [each.reason for each in found if each.state == "bad"]
    if wrong or not any(each.state == "good" for each in found):
        reference = version_reference(row)
        why = "; ".join(wrong or [each.reason for each in found]) or "nobody signed it"
        raise Refused(f"{reference} may not be deployed: {why}", hint=f"lineal model sign {reference}")
