"""DSSE: an envelope around a payload that says what kind it is, and the signatures of both."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from lineal.objects.errors import Invalid

IN_TOTO = "application/vnd.in-toto+json"
"""The kind of payload that is an in-toto statement."""


class Signature(msgspec.Struct, frozen=True, omit_defaults=True):
    """One signature, in base64. ``keyid`` is a hint and not to be trusted."""

    sig: str
    keyid: str = ""


class Envelope(msgspec.Struct, frozen=True, rename="camel"):
    """A payload in base64, its kind, and who signed both."""

    payload: str
    payload_type: str
    signatures: tuple[Signature, ...]


class Signed(NamedTuple):
    """What an envelope holds: the payload, the bytes that were signed, and the signatures."""

    payload: bytes
    message: bytes
    signatures: tuple[bytes, ...]


def message_of(kind: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: the pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def seal(payload: bytes, sign: Callable[[bytes], bytes], *, kind: str = IN_TOTO, key_id: str = "") -> Envelope:
    """Return a payload in an envelope that one key signed."""
    signature = Signature(base64.b64encode(sign(message_of(kind, payload))).decode(), key_id)
    return Envelope(base64.b64encode(payload).decode(), kind, (signature,))


def opened(envelope: Envelope, *, kind: str = IN_TOTO) -> Signed:
    """Return what an envelope holds; who signed it is not asked.

    Raises:
        Invalid: it holds something else, or nobody signed it.
    """
    if envelope.payload_type != kind:
        raise Invalid(f"the envelope holds {envelope.payload_type!r}, not {kind}", hint="sign the version again")
    if not envelope.signatures:
        raise Invalid("nobody signed the envelope", hint="sign the version again")
    try:
        payload = base64.b64decode(envelope.payload, validate=True)
        signatures = tuple(base64.b64decode(each.sig, validate=True) for each in envelope.signatures)
    except (binascii.Error, ValueError):
        raise Invalid("the envelope is no base64", hint="sign the version again") from None
    return Signed(payload, message_of(kind, payload), signatures)
