"""What the signatures of a version are worth: for gates, deployments, and whoever asks."""

from __future__ import annotations

from typing import Literal

from lineal.formats.signatures.trust import Judged, Trust, judge_bundle
from lineal.objects.errors import Invalid, Refused
from lineal.objects.statements import Signature, Statement
from lineal.operations.references import Row, version_reference
from lineal.operations.statements import said
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
