"""Holdings: what a remote says that it holds. Written last, so that whoever reads one finds everything it names.

A remote is a bucket with these keys::

    lineal.json                               that it is one, and of which format
    packs/ab/cdef…  blobs/ab/cdef…            bytes by digest
    holdings/LINE/NUMBER-TREE.REPOSITORY.json where the bytes of one tree are, and what it is
    writing/REPOSITORY-ID.json                somebody is writing at this moment
    collecting/REPOSITORY-ID.json             somebody removes what no holding names
    uploads/ID/begun  uploads/ID/NUMBER       parts of files that clients send, until they have a name elsewhere

``LINE`` is what the versions of one thing have in common: ``data/customers``, ``model/churn``, ``run/01J…``.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from lineal.objects.chains import Chain
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, Unsupported
from lineal.objects.files import Recipe
from lineal.objects.prepared import prepared
from lineal.objects.sources import Source

T = TypeVar("T")

FORMAT = 1
MARKER = "lineal.json"

HOLDINGS, WRITING, COLLECTING, UPLOADS = "holdings/", "writing/", "collecting/", "uploads/"
PLACES = {"pack": "packs/", "blob": "blobs/"}
"""Where each kind of bytes is."""

Kind = Literal["pack", "blob"]


class Remote(msgspec.Struct, frozen=True, kw_only=True):
    """What ``lineal.json`` says."""

    format: int
    created_at: int


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is at work. After ``expires_at`` (milliseconds since 1970) they were not."""

    by: str
    started_at: int
    expires_at: int


class Holding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the bytes of one tree are in a remote.

    ``packs`` and ``blobs`` name every object that is needed, ``recipes`` how some files are put together from them.
    ``versions`` is by the digest of an object the id that its store gave these bytes, where it keeps versions: what is
    deleted or overwritten there later is still found by it. ``chains`` is by the digest of a large blob what saves whoever
    fetches it some time; nobody has to believe it, or to have it. ``source`` is where a ``dataset`` came from, if it names one.
    """

    format: int = FORMAT
    repository: str
    reference: str
    number: int
    tree: Digest
    file_count: int
    size_bytes: int
    packs: tuple[Digest, ...] = ()
    blobs: tuple[Digest, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    versions: dict[Digest, str] = {}
    chains: dict[Digest, Chain] = {}
    dataset: DatasetVersion | None = None
    source: Source | None = None
    message: str = ""
    added_by: str = ""
    created_at: int = 0
    written_at: int = 0


class Key(msgspec.Struct, frozen=True):
    """What the key of a holding says."""

    line: str
    number: int
    tree: Digest
    repository: str


def holding_key(line: str, number: int, tree: Digest, repository: str) -> str:
    """Return the key of a holding."""
    return f"{HOLDINGS}{line}/{number:09}-{tree.removeprefix('sha256:')}.{repository}.json"


def key_of_holding(key: str) -> Key | None:
    """Return what the key of a holding says, or None for something else."""
    line, _, name = key.removeprefix(HOLDINGS).rpartition("/")
    number, dash, rest = name.partition("-")
    tree, _, tail = rest.partition(".")
    repository = tail.removesuffix(".json")
    if not (line and dash and number.isdecimal() and len(tree) == 64 and tail.endswith(".json")):
        return None
    return Key(line, int(number), Digest(f"sha256:{tree}"), repository)


def bytes_key(kind: Kind, digest: Digest) -> str:
    """Return the key of a pack or a blob."""
    digits = digest.removeprefix("sha256:")
    return f"{PLACES[kind]}{digits[:2]}/{digits[2:]}"


def digest_of_key(kind: Kind, key: str) -> Digest:
    """Return the digest of what is under a key."""
    return Digest("sha256:" + key.removeprefix(PLACES[kind]).replace("/", ""))


def encode(value: msgspec.Struct) -> bytes:
    """Return the bytes of a holding, a sign or a remote's own file."""
    return msgspec.json.encode(value, order="sorted")


def decode_holding(data: bytes, where: str) -> Holding:
    """Return the holding in ``data``. Raises Corrupt, and Unsupported when a newer Lineal wrote it."""
    found = _decode(data, Holding, where)
    if found.format > FORMAT:
        raise Unsupported(f"{where} has format {found.format}; this Lineal knows {FORMAT}", hint="upgrade Lineal")
    return found


def decode_remote(data: bytes, where: str) -> Remote:
    """Return what a remote says of itself. Raises Corrupt, and Unsupported when a newer Lineal made it."""
    found = _decode(data, Remote, where)
    if found.format > FORMAT:
        raise Unsupported(f"{where} has format {found.format}; this Lineal knows {FORMAT}", hint="upgrade Lineal")
    return found


def decode_sign(data: bytes, where: str) -> Sign:
    """Return the sign in ``data``. Raises Corrupt."""
    return _decode(data, Sign, where)


def _decode(data: bytes, kind: type[T], where: str) -> T:
    try:
        return msgspec.json.decode(data, type=prepared(kind))
    except msgspec.MsgspecError as error:
        raise Corrupt(f"{where} is no {kind.__name__.lower()}: {error}", hint="push again to write it anew") from None
