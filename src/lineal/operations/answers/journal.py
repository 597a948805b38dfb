"""Answers about the journal as a transparency log, and about signatures."""

from __future__ import annotations

from lineal.objects.digest import Digest
from lineal.operations.answers.answer import Answer


class CheckpointAnswer(Answer, frozen=True, kw_only=True):
    """The journal at one moment: the ``note`` is what is kept outside. ``key`` checks its signature; empty for none."""

    origin: str
    size: int
    root: str
    note: str
    key: str = ""


class TileAnswer(Answer, frozen=True, kw_only=True):
    """The bytes of a tile of the log."""

    path: str
    data: bytes


class ToSign(Answer, frozen=True, kw_only=True):
    """What a signature of a version is about: the SHA-256 of each file, in hexadecimal digits, by path."""

    reference: str
    digest: Digest
    files: dict[str, str]


class SignatureAnswer(Answer, frozen=True, kw_only=True):
    """A signature of a version. ``state`` is good, untrusted or bad; ``by`` who signed, where that is known."""

    reference: str
    state: str
    by: str
    reason: str
    key: str
    added_by: str
    at: int


class Attestations(Answer, frozen=True, kw_only=True):
    """What is known of a version as in-toto statements, each a JSON text, by name; and the bundles of its signatures."""

    reference: str
    statements: dict[str, str]
    bundles: tuple[str, ...]
