"""Let go of bytes that nothing names: what crashes left, what was taken and never named, packs that are mostly such.

Nothing is deleted at once: files are moved to ``quarantine/`` and removed a week later. Writers are not stopped. What
keeps them safe is the store's *epoch*, which grows with every sweep, in the transaction of the sweep itself: a writer that
finds at its commit the epoch it began with knows that nothing went away in between, and one that does not looks again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lineal.formats import pack, trees
from lineal.objects.digest import Digest
from lineal.storage.blobs import reading
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.store import Store
from lineal.storage.trees import hold_epoch

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_PAGE = 1_000
_WORTH = 0.5
"""A pack of which less than this share is needed is written anew without the rest."""

_OVERLAP_MS = 600_000
"""Whoever named something so shortly before a moment may have been done with it only after that."""

_TEMPORARY_MS = 24 * 3_600_000
"""What was on its way to its name longer ago than this never got there."""


class Collected(NamedTuple):
    """What was let go of, or would be: how many of each, and their bytes; and what the quarantine gave up for good."""

    blobs: int = 0
    packs: int = 0
    recipes: int = 0
    temporary: int = 0
    size_bytes: int = 0
    purged_bytes: int = 0


class Collector:
    """What collects in one store.

    Args:
        store: the store.
        blobs: its bytes, on a disk.
        grace_ms: younger bytes stay, since somebody may be about to name them.
        quarantine_ms: how long what was let go of can still be had back.
    """

    def __init__(self, store: Store, blobs: PackedBlobs, *, grace_ms: int, quarantine_ms: int) -> None:
        self._store = store
        self._blobs = blobs
        self._cutoff = store.clock.now() - grace_ms
        self._purge = store.clock.now() - quarantine_ms
        self._started = store.clock.now()
        self._live = set[bytes]()
        self._rewritten = set[Digest]()
        self._expanded = set[bytes]()

    def collect(self, *, delete: bool) -> Collected:
        """Find what nothing names, and let go of it if asked.

        Raises:
            Corrupt: a tree cannot be read, so nobody knows what it needs; nothing is let go of.
            Unavailable: the disk cannot be written.
        """
        *_, found = self.steps(delete=delete)
        return found

    def steps(self, *, delete: bool) -> Iterator[Collected]:
        """Do the same in steps, between which writers may go on; the last one yields what was done."""
        self._mark(since=0)
        yield Collected()
        if delete:
            self._pack_anew()
            yield Collected()
        with self._store.writing():
            hold_epoch(self._store.database)
            self._mark(since=self._started)
            found = self._sweep(delete=delete)
        yield found

    # What is needed.

    def _mark(self, *, since: int) -> None:
        """Note everything that is named: whatever looks like a digest in any object, and all that hangs from it."""
        for body in self._bodies(since):
            self._need(bytes.fromhex(each) for each in _DIGEST.findall(body))
        rows = self._store.database.run("SELECT tree FROM dataset WHERE created_at >= :since", since=since)
        self._need(pack.raw(row["tree"]) for row in rows)
        for digests in self._artifacts(since):
            self._live.update(map(pack.raw, digests))
        # Somebody may be about to name these.
        young = self._store.database.run(
            "SELECT digest FROM node WHERE created_at >= :since", since=max(since, self._cutoff)
        )
        self._need(pack.raw(row["digest"]) for row in young)
        old = set(self._old_recipes())
        for digest in self._blobs.recipes.list():
            is_needed = digest not in old or pack.raw(digest) in self._live
            if is_needed and (recipe := self._blobs.recipes.get(digest)):
                self._live.update(pack.raw(each.blob) for each in recipe.parts)

    def _bodies(self, since: int) -> Iterator[str]:
        after = ""
        while rows := self._store.database.run(
            "SELECT digest, body FROM object WHERE digest > :after AND created_at >= :since ORDER BY digest LIMIT :page",
            after=after,
            since=since,
            page=_PAGE,
        ):
            after = rows[-1]["digest"]
            yield from (row["body"] for row in rows)

    def _artifacts(self, since: int) -> Iterator[list[Digest]]:
        """Yield the files that runs and logged models keep, page by page. They are plain bytes: nothing hangs from them."""
        after = ""
        while rows := self._store.database.run(
            "SELECT DISTINCT digest FROM artifact WHERE digest > :after AND at >= :since ORDER BY digest LIMIT :page",
            after=after,
            since=since - _OVERLAP_MS,
            page=_PAGE,
        ):
            after = rows[-1]["digest"]
            yield [row["digest"] for row in rows]

    def _need(self, keys: Iterable[bytes]) -> None:
        waiting = [key for key in keys if key not in self._expanded]
        while waiting:
            key = waiting.pop()
            self._live.add(key)
            if key in self._expanded or not self._is_node(key):
                continue
            self._expanded.add(key)
            node = trees.read_node(pack.cooked(key), self._blobs.get)
            self._live.update(pack.raw(each.digest) for each in node.entries)
            waiting += (pack.raw(each.digest) for each in node.branches)

    def _is_node(self, key: bytes) -> bool:
        digest = pack.cooked(key)
        return bool(self._store.database.run("SELECT digest FROM node WHERE digest = :digest", digest=digest))

    # What is not.

    def _needed(self, name: Digest) -> list[Digest]:
        return [each for each in self._blobs.packs.table(name).digests() if pack.raw(each) in self._live]

    def _old_packs(self) -> Iterator[Digest]:
        rows = self._store.database.run(
            "SELECT digest FROM pack WHERE created_at < :cutoff ORDER BY digest", cutoff=self._cutoff
        )
        return (row["digest"] for row in rows)

    def _pack_anew(self) -> None:
        """Copy what is needed of packs that are mostly not into new ones, while writers go on."""
        packs = self._blobs.packs
        for name in self._old_packs():
            table, needed = packs.table(name), self._needed(name)
            places = [place for each in needed if (place := table.find(each))]
            if needed and sum(each.size_bytes for each in places) < _WORTH * table.data_bytes:
                with self._blobs.bundle(few=0) as bundle:
                    for digest, data in packs.read(name, sorted(places, key=lambda each: each.start)):
                        bundle.put(digest, data)
                self._rewritten.add(name)

    def _is_elsewhere(self, digests: list[Digest]) -> bool:
        found = self._blobs.packs.locate(digests, avoid=self._rewritten)
        left = set(digests) - found.keys()
        return left == self._blobs.files.has(left)

    def _sweep(self, *, delete: bool) -> Collected:
        """Let go of everything that is not needed, in one change with the store's epoch."""
        packs = [
            name
            for name in self._old_packs()
            if not (needed := self._needed(name)) or (name in self._rewritten and self._is_elsewhere(needed))
        ]
        files = [each for each in self._blobs.files.list() if self._is_dead_file(each)]
        recipes = [each for each in self._old_recipes() if pack.raw(each) not in self._live]
        shared = [each for each in self._blobs.shared.names() if self._is_dead_name(each)]
        temporary = list(self._temporary())
        moved = [*(self._blobs.packs.path(each) for each in packs), *(self._blobs.files.path(each) for each in files)]
        # A file that is one of the workspace stays there, and takes its room.
        moved += (path for each in shared if not _is_linked(path := self._blobs.shared.path(each)))
        size_bytes = sum(map(_size, (*moved, *temporary)))
        purged = sum(map(_size, self._purgeable()))
        if delete:
            self._forget(packs, recipes)
            self._move(moved)
            for each in shared:
                self._blobs.shared.delete(each)
            self._forget_edits()
            for path in (*temporary, *self._purgeable()):
                path.unlink(missing_ok=True)
        return Collected(len(files) + len(shared), len(packs), len(recipes), len(temporary), size_bytes, purged)

    def _is_dead_file(self, digest: Digest) -> bool:
        return pack.raw(digest) not in self._live and _modified_ms(self._blobs.files.path(digest)) < self._cutoff

    def _is_dead_name(self, digest: Digest) -> bool:
        """Tell whether a file of the workspace need not be one of the store: nobody needs it, or the store has another."""
        if self._blobs.files.has((digest,)):
            return True
        return pack.raw(digest) not in self._live and _changed_ms(self._blobs.shared.path(digest)) < self._cutoff

    def _forget_edits(self) -> None:
        """Forget which files were edited whose bytes are here again, or that nobody needs."""
        for digest in self._blobs.shared.edited():
            if pack.raw(digest) not in self._live or self._blobs.has((digest,)):
                self._blobs.shared.forget_edit(digest)

    def _old_recipes(self) -> list[Digest]:
        rows = self._store.database.run("SELECT digest FROM recipe WHERE created_at < :cutoff", cutoff=self._cutoff)
        return [row["digest"] for row in rows]

    def _temporary(self) -> Iterator[Path]:
        limit = self._started - _TEMPORARY_MS
        return (each for each in _files(self._blobs.scratch) if _modified_ms(each) < limit)

    def _purgeable(self) -> list[Path]:
        return [each for each in _files(self._blobs.quarantine) if _changed_ms(each) < self._purge]

    def _forget(self, packs: list[Digest], recipes: list[Digest]) -> None:
        """Remove the rows of what goes, and those of trees that nothing names any more."""
        database = self._store.database
        for name in packs:
            self._blobs.packs.forget(name)
        for digest in recipes:
            self._blobs.recipes.delete(digest)
        rows = database.run("SELECT digest FROM node WHERE created_at < :cutoff", cutoff=self._cutoff)
        dead = [{"node": row["digest"]} for row in rows if pack.raw(row["digest"]) not in self._live]
        database.many("DELETE FROM node WHERE digest = :node", dead)
        if dead:
            # They have no index by their node, so what is left of all of them goes in one reading.
            database.run("DELETE FROM held WHERE node NOT IN (SELECT number FROM node)")
            database.run("DELETE FROM branch WHERE parent NOT IN (SELECT digest FROM node)")
        database.run("UPDATE store SET epoch = epoch + 1 WHERE id = 1")

    def _move(self, paths: list[Path]) -> None:
        """Move files out of the way, whence they can be had back for a while."""
        with reading.guarded(self._blobs.quarantine):
            self._blobs.quarantine.mkdir(parents=True, exist_ok=True)
            for path in paths:
                with suppress(FileNotFoundError):
                    moved = path.replace(self._blobs.quarantine / f"{path.parent.name}{path.name}")
                    # Whoever stores bytes that are here makes their file young, perhaps just now.
                    if _modified_ms(moved) >= self._cutoff and not path.is_relative_to(self._blobs.packs.directory):
                        moved.replace(path)


def _files(directory: Path) -> Iterator[Path]:
    return (each for each in directory.glob("*") if each.is_file())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_linked(path: Path) -> bool:
    """Tell whether a file has another name."""
    try:
        return path.stat().st_nlink > 1
    except OSError:
        return False


def _modified_ms(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return 1 << 62  # gone: there is nothing to let go of


def _changed_ms(path: Path) -> int:
    try:
        return path.stat().st_ctime_ns // 1_000_000
    except OSError:
        return 1 << 62
