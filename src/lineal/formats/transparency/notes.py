"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint): what a log says that it is, in three lines and signatures.

Signatures are Ed25519; the bytes are put together and taken apart here, and signed and checked by whoever has keys.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from lineal.objects.errors import Invalid

Sign = Callable[[bytes], bytes]
"""Gives the signature of bytes."""

_ED25519 = b"\x01"
_MARK = "\N{EM DASH} "
_DIGITS = re.compile(r"0|[1-9]\d{0,18}")
_ROOT_BYTES = 32
_KEY_ID_BYTES = 4


class Signature(NamedTuple):
    """A line below a note: the name of the key, its id, and the signature."""

    name: str
    key_id: bytes
    signature: bytes


class Checkpoint(NamedTuple):
    """A log at one moment: which, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...] = ()

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @property
    def note(self) -> str:
        """The whole checkpoint, with its signatures."""
        return f"{self.text}\n" + "".join(
            f"{_MARK}{each.name} {_base64(each.key_id + each.signature)}\n" for each in self.signatures
        )

    def signed(self, name: str, public: bytes, sign: Sign) -> Checkpoint:
        """Return this checkpoint with one more signature.

        Args:
            name: what the key is called; of the log's own, the origin.
            public: the 32 bytes of the public key.
            sign: signs with the private one.
        """
        added = Signature(name, key_id(name, public), sign(self.text.encode()))
        return self._replace(signatures=(*self.signatures, added))


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes by which a note tells which Ed25519 key it means."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_KEY_ID_BYTES]


def verifier_key(name: str, public: bytes) -> str:
    """Return the text that people exchange to check a log's notes: ``NAME+ID+KEY``."""
    return f"{name}+{key_id(name, public).hex()}+{_base64(_ED25519 + public)}"


def parse_verifier_key(text: str) -> tuple[str, bytes]:
    """Return the name and the 32 bytes of a key that is written as ``NAME+ID+KEY``.

    Raises:
        Invalid: it is no Ed25519 key, or its id is another's.
    """
    name, _, rest = text.strip().partition("+")
    told, _, encoded = rest.partition("+")
    data = _decoded(encoded)
    if len(data) != 1 + _ROOT_BYTES or data[:1] != _ED25519 or told != key_id(name, data[1:]).hex():
        raise Invalid(
            f"{text.strip()[:100]!r} is no key of a log", hint="write it as the log's owner gave it: NAME+ID+KEY"
        )
    return name, data[1:]


def parse_checkpoint(note: str) -> Checkpoint:
    """Return the checkpoint that a note holds; whether its signatures are good is not asked.

    Raises:
        Invalid: it is none.
    """
    text, blank, below = note.partition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) < 3 or not lines[0] or not _DIGITS.fullmatch(lines[1]):
        raise Invalid("this is no checkpoint", hint="its lines are origin, number of entries, root, none, signatures")
    root = _decoded(lines[2])
    if len(root) != _ROOT_BYTES or len(lines) > 3:
        raise Invalid(
            "this is no checkpoint of ours: its third line must be the root, and the last", hint="fetch it anew"
        )
    return Checkpoint(lines[0], int(lines[1]), root, tuple(map(_signature, below.splitlines())))


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_MARK).partition(" ")
    data = _decoded(encoded)
    if not line.startswith(_MARK) or not name or len(data) <= _KEY_ID_BYTES:
        raise Invalid(f"{line[:100]!r} below a checkpoint is no signature", hint="fetch the checkpoint anew")
    return Signature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
