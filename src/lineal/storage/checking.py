"""Read what a store holds and compare it with its digests; mend what is damaged from a remote that has it whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lineal.formats import holding as format_
from lineal.formats import pack
from lineal.formats.holding import Kind
from lineal.objects.chains import Chain
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, LinealError, NotFound
from lineal.storage.blobs import reading
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.direct import DirectFile
from lineal.storage.progress import Progress


class Damage(NamedTuple):
    """A file of the store that is not what it was: which, what is wrong, and the blobs that cannot be read for it."""

    kind: Kind
    digest: Digest
    message: str
    lost: tuple[Digest, ...] = ()


class Checked(NamedTuple):
    """How many blobs were read, how many bytes, and what was found damaged."""

    blobs: int
    size_bytes: int
    damages: tuple[Damage, ...]


def check(blobs: PackedBlobs, *, sample: float, progress: Progress) -> Checked:
    """Read a share of a store.

    Args:
        blobs: the store.
        sample: which share of its packs and files, from 0 to 1, chosen by chance; a pack without a file is always told.
        progress: is told how far it is.
    """
    import random  # noqa: PLC0415 - a pull takes from damaged files what is whole, and leaves nothing to chance

    chance = random.Random()  # noqa: S311 - chosen by chance, not in secret
    count = size_bytes = 0
    damages = list[Damage]()
    for kind, digest in _containers(blobs):
        if sample < 1 and chance.random() >= sample and path_of(blobs, kind, digest).exists():
            continue
        try:
            more, more_bytes = _read(blobs, kind, digest)
        except LinealError as error:
            damages.append(Damage(kind, digest, error.message, tuple(_lost(blobs, kind, digest))))
        else:
            count, size_bytes = count + more, size_bytes + more_bytes
            progress.advance(more, more_bytes)
    return Checked(count, size_bytes, tuple(damages))


def _containers(blobs: PackedBlobs) -> Iterator[tuple[Kind, Digest]]:
    yield from (("pack", each) for each in blobs.packs.list())
    yield from (("blob", each) for each in blobs.files.list())
    yield from (("blob", each) for each in blobs.shared.names() if not blobs.files.has((each,)))


def path_of(blobs: PackedBlobs, kind: Kind, digest: Digest) -> Path:
    """Return where a pack, or a blob with a file of its own, is."""
    if kind == "pack":
        return blobs.packs.path(digest)
    own = blobs.files.path(digest)
    return own if own.exists() or not blobs.shared.is_named(digest) else blobs.shared.path(digest)


def _read(blobs: PackedBlobs, kind: Kind, digest: Digest) -> tuple[int, int]:
    """Read a container and return how many blobs are in it, and their bytes. Raises NotFound, Corrupt, Unavailable."""
    if kind == "pack":
        blobs.packs.check(digest)
        table = blobs.packs.table(digest)
        return len(table), table.data_bytes
    is_shared = blobs.shared.is_named(digest) and not blobs.files.has((digest,))
    return 1, sum(len(piece) for piece in (blobs.shared if is_shared else blobs.files).open(digest))


def is_whole(blobs: PackedBlobs, kind: Kind, digest: Digest) -> bool:
    """Tell whether a container is here, and what its digest says."""
    try:
        _read(blobs, kind, digest)
    except LinealError:
        return False
    return True


def _lost(blobs: PackedBlobs, kind: Kind, digest: Digest) -> Iterator[Digest]:
    """Yield the blobs that cannot be read because a container is damaged."""
    if kind == "blob":
        yield digest
        return
    with suppress(LinealError):  # without its table, nobody knows what was in it
        for place in blobs.packs.table(digest).places():
            try:
                list(blobs.packs.read(digest, (place,)))
            except LinealError:
                yield place.digest


def mend(blobs: PackedBlobs, kind: Kind, digest: Digest, buckets: Iterable[Bucket]) -> str:
    """Fetch a damaged container anew, checked; the damaged one goes to the quarantine.

    Args:
        blobs: the store.
        kind: a pack, or a blob with a file of its own.
        digest: which.
        buckets: where it may be, in the order in which they are asked.

    Returns:
        The address of the bucket that had it; nothing when none had.
    """
    key = format_.bytes_key(kind, digest)
    for bucket in buckets:
        path = blobs.scratch / f"mend.{os.getpid()}.{os.urandom(8).hex()}"
        try:
            with reading.guarded(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            bucket.fetch(key, path)
            _put_aside(blobs, kind, digest)
            take(blobs, kind, digest, path)
        except (NotFound, Corrupt):
            continue
        else:
            return bucket.url
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)
    return ""


def take(
    blobs: PackedBlobs,
    kind: Kind,
    digest: Digest,
    path: Path,
    *,
    found: Digest | None = None,
    chain: Chain | None = None,
) -> int:
    """Take a fetched file into the store once it was checked, or was ``found`` to be it; return its size. Raises Corrupt.

    Args:
        blobs: the store.
        kind: a pack, or a blob with a file of its own.
        digest: which.
        path: the file.
        found: what it was found to be while it was fetched.
        chain: the states that the SHA-256 of a large blob goes through, if they are known.
    """
    if kind == "blob" and blobs.shared.wants(path):
        return blobs.shared.take(path, digest, found=found, chain=chain)
    if kind == "blob":
        return blobs.files.take(path, digest, found=found)
    with path.open("rb+") as file:
        table = pack.read_table(digest, file)
        with DirectFile(file.fileno(), os.O_RDONLY, cached=True) as direct:
            pack.check(table, direct.read)
        blobs.packs.take(path, file.fileno(), table)
    return table.size_bytes


def _put_aside(blobs: PackedBlobs, kind: Kind, digest: Digest) -> None:
    place = path_of(blobs, kind, digest)
    with reading.guarded(place), suppress(FileNotFoundError):
        blobs.quarantine.mkdir(parents=True, exist_ok=True)
        place.replace(blobs.quarantine / f"damaged-{place.parent.name}{place.name}")


def index_anew(blobs: PackedBlobs) -> int:
    """Write the rows of packs that have none, after a database was restored from a copy; return how many."""
    known, count = set(blobs.packs.list()), 0
    for name in blobs.packs.files():
        if name not in known:
            with suppress(LinealError):  # a damaged one helps nobody
                blobs.packs.index(blobs.packs.read_table(name))
                count += 1
    return count
