"""Read what a remote holds and compare it with what its holdings name; send anew what is damaged there and whole here."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lineal.formats import holding as format_
from lineal.formats import pack
from lineal.formats.holding import Kind
from lineal.objects.digest import Digest, Hasher
from lineal.objects.errors import Corrupt, NotFound
from lineal.storage import checking
from lineal.storage.blobs import reading
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.progress import Progress
from lineal.storage.remotes.remote import Remote

_IN_FLIGHT = 4
"""Each has a file of its own on the disk here meanwhile."""


class Damage(NamedTuple):
    """A file of a remote that is not what holdings say: where, what is wrong, whose it is; no digest for a holding itself."""

    key: str
    message: str
    used_by: tuple[str, ...]
    kind: Kind = "blob"
    digest: Digest | None = None


class Checked(NamedTuple):
    """How many files were read, how many bytes, and what was found damaged or missing."""

    files: int
    size_bytes: int
    damages: tuple[Damage, ...]


def check(remote: Remote, scratch: Path, *, sample: float, progress: Progress) -> Checked:
    """Read a share of a remote; whatever the share, every file must be there.

    Args:
        remote: which.
        scratch: a directory where files stand while they are read.
        sample: which share of its files to read, from 0 to 1, chosen by chance.
        progress: is told how far it is.

    Raises:
        Unavailable: the remote cannot be reached.
    """
    damages = list[Damage]()
    needed = _needed(remote, damages)
    chance = random.Random()  # noqa: S311 - chosen by chance, not in secret
    there = {kind: _there(remote, kind) for kind in ("pack", "blob")}
    wanted = list[tuple[Kind, Digest]]()
    for (kind, digest), users in sorted(needed.items()):
        if digest not in there[kind]:
            key = format_.bytes_key(kind, digest)
            damages.append(Damage(key, f"{key} is missing", tuple(sorted(users)), kind, digest))
        elif sample >= 1 or chance.random() < sample:
            wanted.append((kind, digest))
    files = size_bytes = 0
    progress.expect(len(wanted), sum(there[kind][digest] for kind, digest in wanted))
    with ThreadPoolExecutor(_IN_FLIGHT, "lineal-check") as readers:
        answers = readers.map(partial(_read, remote, scratch, progress), wanted)
        for (kind, digest), (size, wrong) in zip(wanted, answers, strict=True):
            if wrong:
                key, users = format_.bytes_key(kind, digest), needed[kind, digest]
                damages.append(Damage(key, f"{key} holds other bytes: {wrong}", tuple(sorted(users)), kind, digest))
            files, size_bytes = files + 1, size_bytes + size
    return Checked(files, size_bytes, tuple(damages))


def mend(remote: Remote, blobs: PackedBlobs, damages: tuple[Damage, ...]) -> Iterator[Damage]:
    """Send anew what is whole here, over what is damaged there; yield what was sent.

    Args:
        remote: where to.
        blobs: the store here.
        damages: what a check found.
    """
    for each in damages:
        if each.digest and checking.is_whole(blobs, each.kind, each.digest):
            remote.bucket.put_file(each.key, checking.path_of(blobs, each.kind, each.digest))
            yield each


def _needed(remote: Remote, damages: list[Damage]) -> dict[tuple[Kind, Digest], set[str]]:
    """Return what holdings name, and for what; holdings that cannot be read are damages."""
    needed = dict[tuple[Kind, Digest], set[str]]()
    for key in remote.holdings():
        try:
            holding = remote.holding(key)
        except (Corrupt, NotFound) as error:
            name = format_.holding_key(key.line, key.number, key.tree, key.repository)
            damages.append(Damage(name, error.message, (f"{key.line} {key.number}",)))
            continue
        named: list[tuple[Kind, Digest]] = [("pack", each) for each in holding.packs]
        named += (("blob", each) for each in holding.blobs)
        for each in named:
            needed.setdefault(each, set()).add(holding.reference)
    return needed


def _there(remote: Remote, kind: Kind) -> dict[Digest, int]:
    listed = remote.bucket.list(format_.PLACES[kind])
    return {format_.digest_of_key(kind, each.key): each.size_bytes for each in listed}


def _read(remote: Remote, scratch: Path, progress: Progress, wanted: tuple[Kind, Digest]) -> tuple[int, str]:
    """Fetch a file and return its size, and what is wrong with it."""
    kind, digest = wanted
    path = scratch / f"check.{os.getpid()}.{os.urandom(8).hex()}"
    try:
        with reading.guarded(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        remote.bucket.fetch(format_.bytes_key(kind, digest), path, progress=partial(progress.advance, 0))
        _compare(kind, digest, path)
        progress.advance(1, 0)
        return path.stat().st_size, ""
    except (Corrupt, NotFound) as error:
        return 0, error.message
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _compare(kind: Kind, digest: Digest, path: Path) -> None:
    """Raise Corrupt when a fetched file is not what it should be."""
    if kind == "pack":
        with path.open("rb") as file:
            pack.check(pack.read_table(digest, file), lambda start, size: os.pread(file.fileno(), size, start))
        return
    hasher = Hasher()
    for piece in reading.file_pieces(str(path)):
        hasher.update(piece)
    if hasher.digest != digest:
        raise reading.corrupt(digest, hasher.digest, "what is there")
