"""The blobs of a repository on a disk: files of their own, small ones in packs, later versions as recipes.

Which of the three it is changes nothing but space and speed: the digest is that of the plain bytes, and every whole read
is checked against it.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from lineal.formats.pack import Place
from lineal.objects.digest import Digest, is_digest
from lineal.objects.errors import Conflict, Corrupt, LinealError, NotFound, Unavailable
from lineal.objects.files import Range, Recipe
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import PIECE_BYTES, SMALL_BYTES, Bundle, Lying
from lineal.storage.blobs.files import FileBlobs
from lineal.storage.blobs.packing import FEW, Packer
from lineal.storage.blobs.packs import Packs
from lineal.storage.blobs.recipes import Draft, Layout, Recipes, compare
from lineal.storage.blobs.shared import SharedFiles
from lineal.storage.clock import Clock
from lineal.storage.database.database import Database


class PackedBlobs:
    """A blob store in a directory, with rows that find what has no file of its own.

    Args:
        directory: where the blobs are.
        scratch: where they are written before they have their name; on the same file system.
        database: the rows.
        clock: when a pack came.
    """

    def __init__(self, directory: Path, scratch: Path, database: Database, clock: Clock) -> None:
        self.files = FileBlobs(directory, scratch)
        self.packs = Packs(directory / "packs", database, clock)
        self.recipes = Recipes(database, clock)
        self._database = database
        self.quarantine = directory / "quarantine"
        self.shared = SharedFiles(directory / "shared", scratch, self.quarantine)
        self.scratch = scratch
        self._near: Digest | None = None

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        return self.files.put(data)

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces; return their digest and size in bytes. Raises Corrupt, Unavailable."""
        return self.files.put_stream(pieces, expected=expected)

    def bundle(self, *, few: int = FEW) -> AbstractContextManager[Bundle]:
        """Take many small blobs, which go into packs; up to ``few`` of them become files of their own."""
        return Packer(self.packs, self.scratch, self.files.put, few=few)

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> tuple[Digest, int]:
        """Store the content of a file, read once. Raises NotFound, Invalid, Conflict, Corrupt, Unavailable."""
        if base and (layout := self._layout(base)) and layout.size_bytes >= SMALL_BYTES:
            return self._put_version(path, expected, layout)
        return self.files.put_file(path, expected=expected)

    def _layout(self, digest: Digest) -> Layout | None:
        """Return how to read a blob that a new version is compared with, or None when it is not here as a file."""
        if recipe := self.recipes.get(digest):
            # What a user may edit is no ground to build on.
            is_firm = all(
                self.files.has((each,)) or not self.shared.is_named(each) for each in {p.blob for p in recipe.parts}
            )
            return Layout(recipe, self._range) if is_firm else None
        if not self.files.has((digest,)):
            return None
        size = self.files.size(digest)
        whole = Range(blob=digest, start=0, size_bytes=size)
        return Layout(Recipe(digest=digest, size_bytes=size, parts=(whole,)), self._range)

    def _put_version(self, path: PathLike[str] | str, expected: Digest | None, base: Layout) -> tuple[Digest, int]:
        temporary = self.scratch / f"rest.{os.getpid()}.{os.urandom(8).hex()}"
        try:
            with reading.steady(path) as source, reading.guarded(self.scratch), temporary.open("xb") as rest:
                draft = _compared(source, base, rest)
                source.check()
                if draft and expected and draft.digest != expected:
                    raise reading.corrupt(expected, draft.digest, "what arrived")
                rest.flush()
                kept = draft is not None and self._keep(draft, temporary)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return (draft.digest, draft.size_bytes) if draft and kept else self.files.put_file(path, expected=expected)

    def _keep(self, draft: Draft, rest: Path) -> bool:
        """Keep a version as a recipe, if that is worth it and it is not here already. The rest comes first."""
        if self.has((draft.digest,)):
            return True
        if not draft.is_worth_it:
            return False
        recipe = draft.recipe(self.files.put_file(rest)[0] if draft.new_bytes else None)
        return self.keep_recipe(recipe)

    def keep_recipe(self, recipe: Recipe) -> bool:
        """Keep a recipe, unless a part of it is not here."""
        parts = {each.blob for each in recipe.parts}
        # In one change, so that nobody lets go of a part between the look and the recipe.
        with self._database.transaction():
            self._database.run("UPDATE store SET epoch = epoch WHERE id = 1")
            if self.has(parts) != parts:
                return False
            self.recipes.put(recipe)
        return True

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified. Raises NotFound, Corrupt."""
        return b"".join(self.open(digest))

    def get_many(self, digests: Collection[Digest]) -> Iterator[tuple[Digest, bytes]]:
        """Yield the bytes of many small blobs, verified, in the order in which they lie. Raises NotFound, Corrupt."""
        rest = set(digests)
        for name, places in self.packs.gather(digests):
            rest.difference_update(each.digest for each in places)
            yield from self.packs.read(name, places)
        for digest in rest:
            yield digest, self.get(digest)

    def places(self, digests: Collection[Digest]) -> Iterator[Lying]:
        """Yield packs, and where blobs lie in them."""
        for name, places in self.packs.gather(digests):
            yield Lying(self.packs.path(name), places, are_checked=self.packs.is_fresh(name))

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces; a whole read is verified at its end. Raises NotFound, Corrupt."""
        if self.files.has((digest,)):
            return self.files.open(digest, start=start, size=size)
        if self._is_shared(digest):
            return self.shared.open(digest, start=start, size=size)
        pieces, where = self._pieces(digest, start, size)
        return pieces if start or size is not None else reading.verified(pieces, digest, where)

    def _pieces(self, digest: Digest, start: int, size: int | None) -> tuple[Iterator[bytes], str]:
        """Return the bytes of a blob that has no file of its own, and where they are. Raises NotFound, Corrupt."""
        if found := self._place(digest):
            name, place = found
            end = place.size_bytes if size is None else min(place.size_bytes, start + size)
            where = f"{self.packs.path(name)}, byte {place.start}"
            return self._packed(name, place.start + start, max(0, end - start)), where
        if recipe := self._recipe(digest):
            return Layout(recipe, self._range).pieces(start, size), "what its recipe puts together"
        raise self._missing(digest)

    def _is_shared(self, digest: Digest) -> bool:
        """Tell whether a blob is here in a file that is also one of the workspace, and is what it should be."""
        return is_digest(digest) and self.shared.is_named(digest) and bool(self.shared.has((digest,)))

    def _missing(self, digest: Digest) -> LinealError:
        """Return the error for a blob that is not here, or cannot be found."""
        if not is_digest(digest):
            return reading.missing(digest)
        return self.packs.damaged(digest) or self.shared.lost(digest) or reading.missing(digest)

    def _packed(self, name: Digest, start: int, size: int) -> Iterator[bytes]:
        for at in range(start, start + size, PIECE_BYTES):
            yield self.packs.pieces(name, at, min(PIECE_BYTES, start + size - at))

    def _range(self, blob: Digest, start: int, size: int) -> Iterator[bytes]:
        """Yield a range of a blob that is a part of a recipe, and has none itself."""
        if place := None if self.files.has((blob,)) else self._place(blob):
            return self._packed(place[0], place[1].start + start, size)
        if not self.files.has((blob,)):
            if self.shared.is_named(blob):
                return self.shared.open(blob, start=start, size=size)
            raise self._missing(blob)
        return self.files.open(blob, start=start, size=size)

    def _place(self, digest: Digest) -> tuple[Digest, Place] | None:
        if not is_digest(digest):
            return None
        # What is read one after the other came together: most are in the pack of the one before.
        if (near := self._near) and (place := self.packs.find(near, digest)):
            return near, place
        found = self.packs.locate((digest,)).get(digest)
        self._near = found[0] if found else None
        return found

    def _recipe(self, digest: Digest) -> Recipe | None:
        return self.recipes.get(digest) if is_digest(digest) else None

    def size(self, digest: Digest) -> int:
        """Return the size in bytes. Raises NotFound."""
        if self.files.has((digest,)):
            return self.files.size(digest)
        if self._is_shared(digest):
            return self.shared.size(digest)
        if place := self._place(digest):
            return place[1].size_bytes
        if recipe := self._recipe(digest):
            return recipe.size_bytes
        raise self._missing(digest)

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here."""
        asked = {each for each in digests if is_digest(each)}
        found = self.packs.among(asked)
        found |= self.files.has(asked - found)
        found |= self._firm(self.recipes.among(asked - found))
        return found | self.shared.has(asked - found)

    def edited(self, digests: AbstractSet[Digest]) -> set[Digest]:
        """Return those of ``digests`` that were here in files of the workspace, and went with an edit there."""
        doubtful = digests & {*self.shared.names(), *self.shared.edited()}
        return {*doubtful} - self.has(doubtful)

    def _firm(self, recipes: AbstractSet[Digest]) -> set[Digest]:
        """Return those of some recipes that need nothing of which an edit in the workspace took the bytes."""
        doubtful = {*self.shared.names(), *self.shared.edited()} if recipes else set()
        lost = {each for each in doubtful if not self.has_file(each) and not self._place(each)}
        return {each for each in recipes if not (lost and self._needs(each, lost))}

    def _needs(self, digest: Digest, blobs: AbstractSet[Digest]) -> bool:
        recipe = self.recipes.get(digest)
        return recipe is not None and any(each.blob in blobs for each in recipe.parts)

    def list(self) -> Iterator[Digest]:
        """Yield the digest of everything that is here, in order."""
        previous = ""
        for digest in heapq.merge(
            self.files.list(), self.packs.blobs(), sorted(self._firm({*self.recipes.list()})), self.shared.right()
        ):
            if digest != previous:
                yield digest
            previous = digest

    def delete(self, digest: Digest) -> None:
        """Forget the bytes; nothing happens when they are not here."""
        if is_digest(digest):
            self._near = None
            self.packs.forget_blob(digest)
            self.recipes.delete(digest)
            self.files.delete(digest)
            self.shared.delete(digest)

    @contextmanager
    def placing(self, directory: Path, *, shares: bool) -> Iterator[None]:
        """Within the block, large files that are fetched are made ready for ``directory`` too.

        Args:
            directory: where they are put next.
            shares: whether a file of the workspace may be that of the store too; otherwise there is a second copy.
        """
        with ExitStack() as stack:
            if not (shares and stack.enter_context(self.shared.lending(directory))):
                stack.enter_context(self.files.spares.wanted(directory))
            yield

    def has_file(self, digest: Digest) -> bool:
        """Tell whether a blob is here in a file that holds nothing else."""
        return bool(self.files.has((digest,))) or self._is_shared(digest)

    def own(self, digest: Digest) -> None:
        """Give a blob that is only in a file of the workspace one of its own. Raises NotFound, Unavailable."""
        if not self.files.has((digest,)) and self.shared.is_named(digest):
            with suppress(Corrupt, Conflict):
                self.files.put_file(self.shared.path(digest), expected=digest)
                self.shared.delete(digest)
                return
            for _ in self.shared.open(digest):  # it was edited meanwhile: that tells, and lets go of it
                pass

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file, verified, all or nothing. Raises NotFound, Corrupt, Unavailable."""
        if self.files.has((digest,)):
            self.files.fetch_to(digest, path)
            return
        if self._is_shared(digest):
            if not self.shared.lend(digest, path):
                self.shared.fetch_to(digest, path)
            return
        pieces = self.open(digest)
        with reading.replacing(path) as target:
            reading.write_pieces(target, pieces, path)


def _compared(source: reading.Steady, base: Layout, rest: BinaryIO) -> Draft | None:
    """Return what an open file has of its version before, or None when that cannot be read: it is not needed."""
    with open(source.descriptor, "rb", buffering=0, closefd=False) as file:
        try:
            return compare(file, source.stamp[0], base, rest.write)
        except (NotFound, Unavailable):
            return None
