"""Read what a remote holds and compare it with what its holdings name; send anew what is damaged there and whole here."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lineal.formats import holding as format_
from lineal.formats import pack
from lineal.formats.holding import Kind
from lineal.objects.digest import Digest, Hasher
from lineal.objects.errors import Corrupt, Invalid, NotFound
from lineal.storage import checking
from lineal.storage.blobs import reading
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.progress import Progress
from lineal.storage.remotes.remote import Remote

_IN_FLIGHT = 4
"""Each has a file of its own on the disk here meanwhile."""


class Damage(NamedTuple):
    """A file of a remote that is not what holdings say: where, what is wrong, whose it is; no digest for a holding itself.

    ``version`` is the store's id of an older version of it that is whole.
    """

    key: str
    message: str
    used_by: tuple[str, ...]
    kind: Kind = "blob"
    digest: Digest | None = None
    version: str = ""


class _Needed(NamedTuple):
    """A file that holdings name: for what, and which versions of it were written down."""

    kind: Kind
    digest: Digest
    users: set[str]
    versions: set[str]

    @property
    def key(self) -> str:
        """Where it is."""
        return format_.bytes_key(self.kind, self.digest)

    def damage(self, wrong: str, version: str = "") -> Damage:
        """Return what is told of it."""
        if version:
            wrong += f"; version {version}, which was pushed, is whole, and pulls take that"
        return Damage(self.key, wrong, tuple(sorted(self.users)), self.kind, self.digest, version)


class Checked(NamedTuple):
    """How many files were read, how many bytes, and what was found damaged or missing."""

    files: int
    size_bytes: int
    damages: tuple[Damage, ...]


def check(remote: Remote, scratch: Path, *, sample: float, progress: Progress) -> Checked:
    """Read a share of a remote; whatever the share, every file must be there.

    Where the store keeps versions, the one that was written down is read when another one is the newest, or none is.

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
    there: dict[Kind, dict[Digest, int]] = {"pack": _there(remote, "pack"), "blob": _there(remote, "blob")}
    wanted = list[_Needed]()
    for _, each in sorted(needed.items()):
        if sample >= 1 or chance.random() < sample:
            wanted.append(each)
        elif each.digest not in there[each.kind]:
            damages.append(each.damage(f"{each.key} is missing"))
    progress.expect(len(wanted), sum(there[each.kind].get(each.digest, 0) for each in wanted))
    with ThreadPoolExecutor(_IN_FLIGHT, "lineal-check") as readers:
        answers = list(readers.map(_Reading(remote, scratch, there, progress).look, wanted))
    damages += (damage for _, damage in answers if damage)
    is_there = sum(each.digest in there[each.kind] for each in wanted)
    return Checked(is_there, sum(size for size, _ in answers), tuple(damages))


def mend(remote: Remote, blobs: PackedBlobs, damages: tuple[Damage, ...]) -> Iterator[Damage]:
    """Send anew what is whole here, or in an older version there, over what is damaged; yield what was sent.

    Args:
        remote: where to.
        blobs: the store here.
        damages: what a check found.
    """
    for each in damages:
        if not each.digest:
            continue
        if checking.is_whole(blobs, each.kind, each.digest):
            if each.kind == "blob":
                blobs.own(each.digest)  # nobody may write to it on its way
            remote.bucket.put_file(each.key, checking.path_of(blobs, each.kind, each.digest))
            yield each
        elif each.version:
            with _scratch(blobs.scratch) as path:
                remote.bucket.fetch(each.key, path, version=each.version)
                _compare(each.kind, each.digest, path)
                remote.bucket.put_file(each.key, path)
            yield each


def _needed(remote: Remote, damages: list[Damage]) -> dict[tuple[Kind, Digest], _Needed]:
    """Return what holdings name; holdings that cannot be read are damages."""
    needed = dict[tuple[Kind, Digest], _Needed]()
    for key in remote.holdings():
        try:
            holding = remote.holding(key)
        except (Corrupt, NotFound) as error:
            name = format_.holding_key(key.line, key.number, key.tree, key.repository)
            damages.append(Damage(name, error.message, (f"{key.line} {key.number}",)))
            continue
        named: list[tuple[Kind, Digest]] = [("pack", each) for each in holding.packs]
        named += (("blob", each) for each in holding.blobs)
        for kind, digest in named:
            found = needed.setdefault((kind, digest), _Needed(kind, digest, set(), set()))
            found.users.add(holding.reference)
            if version := holding.versions.get(digest):
                found.versions.add(version)
    return needed


def _there(remote: Remote, kind: Kind) -> dict[Digest, int]:
    listed = remote.bucket.list(format_.PLACES[kind])
    return {format_.digest_of_key(kind, each.key): each.size_bytes for each in listed}


class _Reading:
    """Reads the files of a remote.

    Args:
        remote: which.
        scratch: a directory where a file stands while it is read.
        there: what a list of it shows.
        progress: is told how far it is.
    """

    def __init__(self, remote: Remote, scratch: Path, there: dict[Kind, dict[Digest, int]], progress: Progress) -> None:
        self._remote = remote
        self._scratch = scratch
        self._there = there
        self._progress = progress

    def look(self, wanted: _Needed) -> tuple[int, Damage | None]:
        """Read a file; return how many bytes that were, and what is wrong."""
        if wanted.digest in self._there[wanted.kind]:
            size, wrong = self._read(wanted)
            wrong = wrong and f"{wanted.key} holds other bytes: {wrong}"
        else:
            size, wrong = 0, f"{wanted.key} is missing"
        self._progress.advance(1, 0)
        if not wrong:
            return size, None
        for version in sorted(wanted.versions):
            older, still_wrong = self._read(wanted, version)
            size += older
            if not still_wrong:
                return size, wanted.damage(wrong, version)
        return size, wanted.damage(wrong)

    def _read(self, wanted: _Needed, version: str = "") -> tuple[int, str]:
        """Fetch a file and return its size, and what is wrong with it."""
        passed = partial(self._progress.advance, 0)
        try:
            with _scratch(self._scratch) as path:
                self._remote.bucket.fetch(wanted.key, path, version=version, progress=passed)
                _compare(wanted.kind, wanted.digest, path)
                return path.stat().st_size, ""
        except (Corrupt, NotFound) as error:
            return 0, error.message
        except Invalid as error:
            if version:  # an id of some other store
                return 0, error.message
            raise


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    path = folder / f"check.{os.getpid()}.{os.urandom(8).hex()}"
    try:
        with reading.guarded(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        yield path
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
