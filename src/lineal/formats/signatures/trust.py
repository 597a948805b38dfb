"""Whom a repository trusts to sign, and what it makes of a signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from lineal.formats.signatures.bundles import Bundle, compare_files, read_bundle
from lineal.formats.signatures.certificates import load_pem, wrong_with_chain
from lineal.formats.signatures.keys import PublicKey, load_public
from lineal.objects.errors import Invalid

State = Literal["good", "untrusted", "bad"]
"""``good``: by somebody who is trusted. ``untrusted``: the files are those that were signed, but nobody trusted signed
them. ``bad``: it is no signature of these files."""


class TrustedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody's key. ``revoked_at`` is when it stopped being trusted, in milliseconds since 1970; 0 for never."""

    public: str
    revoked_at: int = 0
    because: str = ""


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """Who may sign: keys by the name of who holds them, and roots whose certificates name who signed."""

    keys: dict[str, TrustedKey] = {}
    roots: dict[str, str] = {}


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature is worth: by whom, and a sentence."""

    state: State
    by: str = ""
    reason: str


def judge_bundle(data: bytes, files: Mapping[str, str], trust: Trust, *, at: int) -> Judged:
    """Return what the bundle in ``data`` is worth for a version.

    Args:
        data: the bundle.
        files: the SHA-256 of each of the version's files, by path.
        trust: whom the repository trusts.
        at: when it was signed, as the journal says, in milliseconds since 1970.
    """
    try:
        bundle = read_bundle(data)
    except Invalid as error:
        return Judged(state="bad", reason=error.message)
    if differing := compare_files(bundle.files, files):
        return Judged(state="bad", reason="; ".join(differing))
    return _by_chain(bundle, trust, at) if bundle.chain else _by_key(bundle, trust, at)


def _by_chain(bundle: Bundle, trust: Trust, at: int) -> Judged:
    signer = bundle.chain[0]
    try:
        if not _is_signed(bundle, signer.key):
            return Judged(state="bad", by=signer.name, reason=f"the key of {signer.name} did not sign this")
    except Invalid as error:
        return Judged(state="bad", by=signer.name, reason=error.message)
    roots = [each for name, pem in trust.roots.items() for each in load_pem(pem, f"the root {name}")]
    if wrong := wrong_with_chain(bundle.chain, roots, at):
        return Judged(state="untrusted", by=signer.name, reason=wrong)
    return Judged(
        state="good", by=signer.name, reason=f"signed by {signer.name}, whose certificate leads to a trusted root"
    )


def _by_key(bundle: Bundle, trust: Trust, at: int) -> Judged:
    for name, trusted in trust.keys.items():
        key = load_public(trusted.public, f"the key of {name}")
        if key.hint != bundle.hint:
            continue
        if not _is_signed(bundle, key):
            return Judged(
                state="bad", by=name, reason=f"the key of {name} did not sign this: it was changed afterwards"
            )
        if trusted.revoked_at and at >= trusted.revoked_at:
            why = f": {trusted.because}" if trusted.because else ""
            return Judged(
                state="untrusted", by=name, reason=f"the key of {name} was revoked before it signed this{why}"
            )
        return Judged(state="good", by=name, reason=f"signed by {name}")
    return Judged(state="untrusted", reason=f"signed by a key that nobody here trusts: {bundle.hint}")


def _is_signed(bundle: Bundle, key: PublicKey) -> bool:
    return any(key.has_signed(each, bundle.signed.message) for each in bundle.signed.signatures)
