"""Packs on a disk: ``packs/ab/cdef…``, written once, and rows that say which of them may hold a blob."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from itertools import islice
from operator import attrgetter
from pathlib import Path

from lineal.formats import pack
from lineal.formats.pack import Place, Table
from lineal.objects.digest import Digest, digest_of, is_digest
from lineal.objects.errors import Corrupt, LinealError
from lineal.storage.blobs import reading
from lineal.storage.clock import Clock
from lineal.storage.database.database import Database
from lineal.storage.direct import DirectFile

_ASKED_AT_ONCE = 2_000
_MANY = 200
_START = attrgetter("start")
_TABLES_BYTES_MAX = 16 << 20
_READ_ONLY = 0o444


class Packs:
    """The packs of one directory.

    Args:
        directory: where they are.
        database: the rows that find them.
        clock: when a pack came.
    """

    def __init__(self, directory: Path, database: Database, clock: Clock) -> None:
        self.directory = directory
        self._database = database
        self._clock = clock
        self._tables = _Tables(self)
        self._fresh: dict[Digest, tuple[int, ...]] = {}

    def path(self, name: Digest) -> Path:
        """Return where a pack is, or would be."""
        digits = name.removeprefix("sha256:")
        return self.directory / digits[:2] / digits[2:]

    def table(self, name: Digest) -> Table:
        """Return the table of a pack that has rows.

        Raises:
            NotFound: there is no such pack.
            Corrupt: it is damaged.
        """
        return self._tables.get(name)

    def read_table(self, name: Digest, *, is_known: bool = False) -> Table:
        """Read the table of a pack from its file.

        Args:
            name: the pack's name.
            is_known: whether it has rows: whoever wrote them had found that what this name stands for is a table.

        Raises:
            NotFound: there is no such pack.
            Corrupt: it is damaged.
        """
        path = self.path(name)
        try:
            with path.open("rb") as file:
                return pack.read_table(name, file, is_known=is_known)
        except FileNotFoundError:
            raise reading.missing(name) from None
        except OSError as error:
            raise reading.unavailable(path, error) from None

    def find(self, name: Digest, digest: Digest) -> Place | None:
        """Return where a blob is in one pack, whatever the rows say; None when it is not, or the pack is gone."""
        if not self.path(name).is_file():
            return None
        with suppress(LinealError):
            return self.table(name).find(digest)
        return None

    def locate(
        self, digests: Iterable[Digest], *, avoid: AbstractSet[Digest] = frozenset()
    ) -> dict[Digest, tuple[Digest, Place]]:
        """Return for each of ``digests`` that is in a pack: in which, other than those to ``avoid``, and where there."""
        found: dict[Digest, tuple[Digest, Place]] = {}
        for name, places in self.holders(digests, avoid=avoid):
            found.update((each.digest, (name, each)) for each in places)
        return found

    def holders(
        self, digests: Iterable[Digest], *, avoid: AbstractSet[Digest] = frozenset()
    ) -> Iterator[tuple[Digest, list[Place]]]:
        """Yield every pack, other than those to ``avoid``, that has some of ``digests``, and where they are in it."""
        for name, some in self._beside(digests):
            with suppress(LinealError):  # as below
                if name not in avoid:
                    table = self.table(name)
                    yield name, [place for each in some if (place := table.find(each))]

    def gather(self, digests: Iterable[Digest]) -> Iterator[tuple[Digest, list[Place]]]:
        """Yield packs with blobs and where they lie there, in that order; each blob once, and none that is in no pack."""
        left = {pack.raw(each): each for each in digests}
        for table, some in self._within(left):
            yield table.name, table.find_all(some)
        places: dict[Digest, list[Place]] = {}
        for name, place in self.locate(left.values()).values():
            places.setdefault(name, []).append(place)
        for name, each in places.items():
            yield name, sorted(each, key=_START)

    def among(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are in packs."""
        left, found = {pack.raw(each): each for each in digests}, set[Digest]()
        for _, within in self._within(left):
            found.update(within.values())
        for name, some in self._beside(left.values()):
            with suppress(LinealError):  # a pack that is gone or damaged holds nothing
                found.update(self.table(name).among(some))
        return found

    def _beside(self, digests: Iterable[Digest]) -> Iterator[tuple[Digest, list[Digest]]]:
        """Yield packs with those of ``digests`` that they may hold."""
        rest = iter(digests)
        while asked := list(islice(rest, _ASKED_AT_ONCE)):
            wanted: dict[int, list[Digest]] = {}
            for each in asked:
                wanted.setdefault(pack.prefix(each), []).append(each)
            beside: dict[Digest, list[Digest]] = {}
            for blob, name in self._candidates(wanted):
                beside.setdefault(name, []).extend(wanted[blob])
            yield from beside.items()

    def _within(self, left: dict[bytes, Digest]) -> Iterator[tuple[Table, dict[bytes, Digest]]]:
        """Yield tables that are known with those of many blobs that lie in their packs, and take these out of ``left``.

        What is asked for at once lies together: a look into one table finds it sooner than a row for each blob.
        """
        for table in self._tables.known() if len(left) >= _MANY else ():
            found = table.common(left.keys())
            # What was forgotten has lost its row: only where none is missing, the table alone decides.
            if found and self._is_whole(table):
                yield table, {each: left.pop(each) for each in found}

    def _is_whole(self, table: Table) -> bool:
        number = pack.prefix(table.name)
        rows = self._database.run("SELECT COUNT(*) AS count FROM packed WHERE pack = :number", number=number)
        return bool(rows[0]["count"] == len(table))

    def _candidates(self, numbers: Collection[int]) -> Iterator[tuple[int, Digest]]:
        """Yield the number of each blob with each pack that may hold it."""
        # Numbers of our own making stand in the statement: no engine takes thousands of values.
        marks = ",".join(map(str, numbers))
        rows = self._database.run(
            f"SELECT p.blob AS blob, k.digest AS pack FROM packed p JOIN pack k ON k.number = p.pack"
            f" WHERE p.blob IN ({marks})"
        )
        return ((row["blob"], row["pack"]) for row in rows)

    def damaged(self, digest: Digest) -> Corrupt | None:
        """Return the error for a blob that cannot be found because the table of a pack that may hold it is damaged."""
        for _, name in self._candidates([pack.prefix(digest)]):
            try:
                self.table(name)
            except Corrupt as error:
                return Corrupt(
                    f"{self.path(name)}, which should hold {digest}, is damaged: {error.message}", hint=reading.MEND
                )
            except LinealError:
                continue
        return None

    def read(self, name: Digest, places: Sequence[Place]) -> Iterator[tuple[Digest, bytes]]:
        """Yield blobs of one pack, verified. Raises NotFound, Corrupt, Unavailable."""
        path = self.path(name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise reading.missing(name) from None
        except OSError as error:
            raise reading.unavailable(path, error) from None
        try:
            with DirectFile(descriptor, os.O_RDONLY, cached=True) as file:
                for group in pack.groups(places):
                    start = group[0].start
                    with reading.guarded(path):
                        data = file.read(start, group[-1].start + group[-1].size_bytes - start)
                    for place in group:
                        piece = data[place.start - start : place.start - start + place.size_bytes]
                        if (found := digest_of(piece)) != place.digest:
                            raise reading.corrupt(place.digest, found, f"{path}, byte {place.start}")
                        yield place.digest, bytes(piece)
        finally:
            os.close(descriptor)

    def check(self, name: Digest) -> None:
        """Read a whole pack and compare every blob with the table. Raises NotFound, Corrupt, Unavailable."""
        path, table = self.path(name), self.read_table(name)
        with reading.guarded(path), path.open("rb", buffering=0) as file:
            pack.check(table, lambda start, size: os.pread(file.fileno(), size, start))

    def pieces(self, name: Digest, start: int, size: int) -> bytes:
        """Return bytes of a pack as they are. Raises NotFound, Unavailable."""
        path = self.path(name)
        try:
            with path.open("rb", buffering=0) as file:
                return os.pread(file.fileno(), size, start)
        except FileNotFoundError:
            raise reading.missing(name) from None
        except OSError as error:
            raise reading.unavailable(path, error) from None

    def take(self, temporary: Path, descriptor: int, table: Table) -> None:
        """Give a written pack that was checked its name, safe on the disk, and its rows. The file is moved."""
        self.place(temporary, descriptor, table)
        self.index(table)
        # Whoever fetched it wants what is in it, and need not hash it again.
        self._tables.know(table.name, table)
        self._fresh[table.name] = reading.stamp(os.fstat(descriptor))

    def is_fresh(self, name: Digest) -> bool:
        """Tell whether a pack was taken, and so checked, by this process, and is as it was then."""
        with suppress(OSError):
            return self._fresh.get(name) == reading.stamp(self.path(name).stat())
        return False

    def place(self, temporary: Path, descriptor: int, table: Table) -> None:
        """Give a written pack its name, safe on the disk; nobody finds it before it has its rows. The file is moved."""
        path = self.path(table.name)
        with reading.guarded(path):
            os.fchmod(descriptor, _READ_ONLY)
            os.fsync(descriptor)
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                reading.sync_directory(path.parent.parent)
            temporary.replace(path)
            reading.sync_directory(path.parent)

    def index(self, table: Table) -> None:
        """Write the rows of a pack, all of them, for some of its blobs may have been forgotten; it is as good as new."""
        name = table.name
        number = pack.prefix(name)
        with self._database.transaction():
            # First the row that two who write the same pack both need, so that one waits for the other.
            self._database.run(
                "INSERT INTO pack (digest, number, size_bytes, created_at) VALUES (:digest, :number, :size_bytes, :at)"
                " ON CONFLICT (digest) DO UPDATE SET created_at = excluded.created_at",
                digest=name,
                number=number,
                size_bytes=table.size_bytes,
                at=self._clock.now(),
            )
            self._database.run("DELETE FROM packed WHERE pack = :number", number=number)
            blobs = sorted(map(pack.prefix, table.digests()))
            self._database.many(
                "INSERT INTO packed (blob, pack) VALUES (:blob, :pack) ON CONFLICT DO NOTHING",
                ({"blob": blob, "pack": number} for blob in blobs),
            )

    def forget(self, name: Digest) -> None:
        """Remove the rows of a pack; its file stays."""
        with self._database.transaction():
            self._database.run("DELETE FROM packed WHERE pack = :number", number=pack.prefix(name))
            self._database.run("DELETE FROM pack WHERE digest = :digest", digest=name)
        self._tables.forget(name)
        self._fresh.pop(name, None)

    def forget_blob(self, digest: Digest) -> None:
        """Remove the rows of one blob; its bytes stay until its packs are written anew."""
        self._database.run("DELETE FROM packed WHERE blob = :blob", blob=pack.prefix(digest))

    def list(self) -> Sequence[Digest]:
        """Return the names of all packs, in order."""
        return [row["digest"] for row in self._database.run("SELECT digest FROM pack ORDER BY digest")]

    def files(self) -> Iterator[Digest]:
        """Yield the name of every pack that has a file, with rows or without."""
        for folder in sorted(self.directory.glob("??")):
            for file in sorted(folder.iterdir()):
                if is_digest(name := f"sha256:{folder.name}{file.name}"):
                    yield Digest(name)

    def blobs(self) -> Sequence[Digest]:
        """Return every blob that is in a pack and has its row, in order."""
        keys = set[bytes]()
        for name in self.list():
            rows = self._database.run("SELECT blob FROM packed WHERE pack = :number", number=pack.prefix(name))
            known = {row["blob"] for row in rows}
            with suppress(LinealError):
                keys.update(pack.raw(each) for each in self.table(name).digests() if pack.prefix(each) in known)
        return [pack.cooked(key) for key in sorted(keys)]


class _Tables:
    """Tables that were read lately, up to a size."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs
        self._lock = threading.Lock()
        self._kept: OrderedDict[Digest, Table] = OrderedDict()
        self._size_bytes = 0

    def get(self, name: Digest) -> Table:
        """Return the table of a pack."""
        with self._lock:
            if table := self._kept.get(name):
                self._kept.move_to_end(name)
                return table
        return self.know(name, self._packs.read_table(name, is_known=True))

    def known(self) -> list[Table]:
        """Return the tables that are kept, those used last first."""
        with self._lock:
            return [*reversed(self._kept.values())]

    def know(self, name: Digest, table: Table) -> Table:
        """Keep a table."""
        with self._lock:
            if name not in self._kept:
                self._kept[name] = table
                self._size_bytes += len(table.body)
            while self._size_bytes > _TABLES_BYTES_MAX and len(self._kept) > 1:
                self._size_bytes -= len(self._kept.popitem(last=False)[1].body)
        return table

    def forget(self, name: Digest) -> None:
        """Let go of the table of a pack that may be gone."""
        with self._lock:
            if table := self._kept.pop(name, None):
                self._size_bytes -= len(table.body)
