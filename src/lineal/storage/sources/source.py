"""The interface of what reaches a kind of source. ``lineal.testing.contracts.source`` is its definition in tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypeVar

import msgspec

from lineal.objects.canonical import Scalar
from lineal.objects.digest import Digest, Hasher, short
from lineal.objects.errors import Conflict, Corrupt, LinealError, NotFound
from lineal.objects.files import Entry
from lineal.objects.sources import Source

A = TypeVar("A")
B = TypeVar("B")
S_contra = TypeVar("S_contra", bound=Source, contravariant=True)

State = Literal["unchanged", "superseded", "changed", "gone"]
"""``superseded``: the place shows something else by now, and what was pinned can still be had."""

Read = Callable[[Iterable[bytes]], tuple[Digest, int]]
"""What is done with the bytes of a file while they are read, once: hash them, or store them. Gives digest and size."""

_BATCH = 1_000


class Connection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[connections.NAME]`` of ``lineal.toml``: an address without a password, or the variable that holds it.

    ``options`` are told to the catalog of an Iceberg table as they are.
    """

    url: str = ""
    url_env: str = ""
    options: dict[str, str] = {}


class Surroundings(NamedTuple):
    """What a connector may use of the place where it works.

    Args:
        directory: where relative paths begin.
        variables: the environment's.
        connections: by name.
        blob: gives the bytes of a blob of the repository.
    """

    directory: Path
    variables: Mapping[str, str]
    connections: Mapping[str, Connection]
    blob: Callable[[Digest], Iterable[bytes]]


class Asked(NamedTuple):
    """What somebody wants to refer to: an address, which state of it, and for a query its SQL and values."""

    uri: str
    at: str = ""
    sql: str = ""
    params: Mapping[str, Scalar] = {}


class Pinned(NamedTuple):
    """A source as it is now. ``entries`` are the files that were read; ``listing`` is the list of a prefix.

    ``notes`` are sentences that whoever asked should know.
    """

    source: Source
    name: str
    read_at: int
    snapshot: str = ""
    entries: tuple[Entry, ...] = ()
    listing: bytes = b""
    notes: tuple[str, ...] = ()


class Finding(NamedTuple):
    """Whether a source is still what it was, and a sentence that says what is different."""

    state: State
    sentence: str


class SourceFile(NamedTuple):
    """One file of a source. ``pieces`` reads it anew; what is known of its content is checked at the end."""

    path: str
    pieces: Callable[[], Iterator[bytes]]
    size_bytes: int | None = None
    digest: Digest | None = None


class Connector(Protocol[S_contra]):
    """Reaches one kind of source.

    Every method may raise ``Unavailable`` (cannot be reached), ``Denied`` (we may not) and ``Invalid`` (the place cannot
    be meant that way, or a package is missing). No message, and nothing that is returned, holds a password, a key or a
    signature.
    """

    def pin(self, asked: Asked, read: Read | None = None) -> Pinned:
        """Return what stands at ``asked.uri`` now, so that later it can be told whether it is still that.

        Args:
            asked: where, and which state of it; the newest when ``asked.at`` is empty.
            read: takes the bytes of every file as well. Without it nothing is read that need not be.

        Raises:
            NotFound: nothing is there.
            Conflict: it changed while it was read.
        """

    def check(self, source: S_contra) -> Finding:
        """Return whether ``source`` is still what it was, reading as little as can tell."""

    def files(self, source: S_contra) -> Iterator[SourceFile]:
        """Yield the files that ``source`` means, and no others; they may be read in any order, several at once.

        Raises:
            Conflict: it changed, and what was pinned cannot be had any more; while reading, too.
            NotFound: it is gone.
        """


def refusal(finding: Finding, source: Source) -> LinealError:
    """Return the error for content that cannot be had from its source any more."""
    if finding.state == "gone":
        return NotFound(f"{source.place} is gone: {finding.sentence}", hint=_RESTORE)
    return Conflict(f"{source.place} is not what it was: {finding.sentence}", hint=_ADD_AGAIN)


_RESTORE = "restore it there, or use a version that was added with --copy"
_ADD_AGAIN = "add it again for a new version of the dataset; --copy keeps the content itself"


def read_pieces(file: SourceFile, source: Source) -> Iterator[bytes]:
    """Yield the bytes of ``file``, and raise Conflict or Corrupt at their end when they are not what was pinned."""
    hasher = Hasher()
    for piece in file.pieces():
        hasher.update(piece)
        yield piece
    if file.size_bytes is not None and hasher.size_bytes != file.size_bytes:
        said = f"{file.path} has {hasher.size_bytes} bytes, not {file.size_bytes}"
        raise refusal(Finding("changed", said), source)
    if file.digest and hasher.digest != file.digest:
        raise Corrupt(
            f"{source.place} gave other bytes for {file.path} than were pinned: {short(hasher.digest)}, not"
            f" {short(file.digest)}",
            hint=_ADD_AGAIN,
        )


def read_all(files: Iterable[SourceFile], source: Source, read: Read) -> tuple[Entry, ...]:
    """Have ``read`` take the bytes of every file, and return what they are. Raises Conflict, NotFound, Corrupt."""
    found = ((each.path, *read(read_pieces(each, source))) for each in files)
    return tuple(Entry(path=path, digest=digest, size_bytes=size_bytes) for path, digest, size_bytes in found)


def hash_only(pieces: Iterable[bytes]) -> tuple[Digest, int]:
    """Read bytes for their digest and size, and keep none of them."""
    hasher = Hasher()
    for piece in pieces:
        hasher.update(piece)
    return hasher.digest, hasher.size_bytes


def side_by_side(work: Callable[[A], B], items: Iterable[A], *, at_once: int) -> Iterator[B]:
    """Yield what ``work`` makes of each item, in order, several at once; however many there are, few wait."""
    rest = iter(items)
    with ThreadPoolExecutor(at_once, "lineal-source") as pool:
        while batch := list(islice(rest, _BATCH)):
            yield from pool.map(work, batch)
