"""What was seen of the files in the workspace: a file whose stamp is the same need not be read again.

A cache and nothing else: it may be deleted, and is made anew when it cannot be read. One row holds a whole directory, so
that fifty thousand files are a few hundred rows.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from lineal.client.workspace.hand import STAMP
from lineal.client.workspace.scanning import Stamp
from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError
from lineal.storage.database.sqlite_files import is_complete, is_full, make, may_be_written

T = TypeVar("T")

MEMORY = ":memory:"

RACY_NS = 2_000_000_000
"""A file that was written so shortly before it was looked at may be written again without a new stamp (FAT keeps two
seconds). It is read again the next time."""

_VERSION = 2
_SCHEMA = f"""
DROP TABLE IF EXISTS seen;
DROP TABLE IF EXISTS staged;
DROP TABLE IF EXISTS place;
CREATE TABLE IF NOT EXISTS seen (
    root TEXT NOT NULL, folder TEXT NOT NULL, device INTEGER NOT NULL, at INTEGER NOT NULL, newest INTEGER NOT NULL,
    stamps BLOB NOT NULL, digests BLOB NOT NULL,
    PRIMARY KEY (root, folder)
);
CREATE TABLE IF NOT EXISTS staged AS SELECT * FROM seen WHERE 0;
CREATE UNIQUE INDEX IF NOT EXISTS staged_folder ON staged (root, folder);
CREATE TABLE IF NOT EXISTS place (
    root TEXT PRIMARY KEY, tree TEXT NOT NULL, epoch INTEGER NOT NULL, reference TEXT NOT NULL
);
PRAGMA user_version = {_VERSION};
"""
_FILE_BYTES = 60
"""What a row has for a file, about."""

_COLUMNS = "device, at, newest, stamps, digests"
_VALUES = f"(root, folder, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SEE = f"INSERT OR REPLACE INTO seen {_VALUES}"
_STAGE = f"INSERT OR REPLACE INTO staged {_VALUES}"
_UNSTAGE = "DELETE FROM staged WHERE root = ?"
_PUT = "INSERT OR REPLACE INTO place (root, tree, epoch, reference) VALUES (?, ?, ?, ?)"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, bytes]).decode


class Seen(NamedTuple):
    """What was seen of one directory: on which device, when, and each file's stamp and SHA-256 by its name.

    ``newest`` is the latest time in any stamp: a directory in which all stamps are the same, and that one is old enough,
    need not be looked at file by file.
    """

    device: int
    at: int
    newest: int
    stamps: dict[str, Stamp]
    digests: dict[str, bytes]

    def is_same(self, stamps: dict[str, Stamp], device: int) -> bool:
        """Tell whether every file of a directory is certainly what it was, and no other one is there."""
        return self.newest < self.at - RACY_NS and device == self.device and stamps == self.stamps

    def holds(self, name: str, stamp: Stamp, device: int) -> bytes | None:
        """Return the SHA-256 of a file that is certainly what it was, or None."""
        if self.stamps.get(name) != stamp or device != self.device:
            return None
        return self.digests[name] if _latest(stamp) < self.at - RACY_NS else None

    def among(self, stamps: dict[str, Stamp], device: int) -> tuple[dict[str, Stamp], dict[str, bytes]]:
        """Return the stamps and SHA-256 of those files that are certainly what they were."""
        if device != self.device:
            return {}, {}
        known, old = self.stamps, self.at - RACY_NS
        same = {name: each for name, each in stamps.items() if known.get(name) == each}
        if self.newest >= old:
            same = {name: each for name, each in same.items() if _latest(each) < old}
        digests = self.digests
        return same, {name: digests[name] for name in same}

    def latest(self) -> int:
        """Return the latest time of the stamps."""
        # A stamp is five numbers of eight bytes each; the second and the third are times.
        numbers = array("q", b"".join(self.stamps.values()))
        if sys.byteorder == "big":
            numbers.byteswap()
        return max(max(numbers[1::5], default=0), max(numbers[2::5], default=0))


UNSEEN = Seen(-1, 0, 0, {}, {})
"""What is known of a folder of which nothing is, and of an empty one."""

GONE = Seen(-2, 0, 0, {}, {})
"""What is staged of a folder that is not there any more, or of which the tree has nothing but folders."""


class Place(NamedTuple):
    """A directory or file of the workspace, the tree that was last added from it or put there, and the store's epoch.

    ``reference`` is what was put there; what was added got its name later. Where pointers lie in the place of files, it
    is the digest of the tree that has the files, under which what was added got its name.
    """

    root: str
    tree: Digest
    epoch: int
    reference: str = ""


def _latest(stamp: Stamp) -> int:
    times: tuple[int, int] = STAMP.unpack(stamp)[1:3]
    return max(times)


def _seen(device: int, at: int, newest: int, stamps: bytes, digests: bytes) -> Seen:
    with suppress(msgspec.MsgspecError):
        found = Seen(device, at, newest, _decode(stamps), _decode(digests))
        if found.stamps.keys() == found.digests.keys():
            return found
    return UNSEEN


class Index:
    """The index in a file.

    Args:
        path: the file; ``:memory:`` for one that is gone with its process.
        project: the directory that paths are kept relative to, so that it may be moved.
    """

    def __init__(self, path: Path | str, project: Path) -> None:
        self._path = str(path)
        self._project = f"{project}/"
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.RLock()

    def key(self, root: str) -> str:
        """Return how a directory or file of the workspace is called here."""
        return root.removeprefix(self._project)

    def seen(self, root: str, folder: str) -> Seen:
        """Return what was seen of a folder below ``root``."""
        rows = self._run(f"SELECT {_COLUMNS} FROM seen WHERE root = ? AND folder = ?", (self.key(root), folder))
        return _seen(*rows[0]) if rows else UNSEEN

    def folders(self, root: str) -> set[str]:
        """Return the folders below ``root`` of which something was seen."""
        return {folder for (folder,) in self._run("SELECT folder FROM seen WHERE root = ?", (self.key(root),))}

    def file_count(self, root: str) -> int:
        """Return about how many files below ``root`` were seen."""
        rows = self._run("SELECT SUM(LENGTH(stamps)) FROM seen WHERE root = ?", (self.key(root),))
        size_bytes: int = (rows[0][0] or 0) if rows else 0
        return size_bytes // _FILE_BYTES

    def see(self, root: str, rows: Iterable[tuple[str, Seen]]) -> None:
        """Keep what was seen of folders below ``root``."""
        self._write([(_SEE, self._rows(root, rows))])

    def unstage(self, root: str) -> bool:
        """Let go of what was staged of ``root`` by somebody who never came to its end; tell whether that was possible."""
        return self._write([(_UNSTAGE, [(self.key(root),)])])

    def stage(self, root: str, rows: Iterable[tuple[str, Seen]]) -> bool:
        """Keep what will be known of folders below ``root``, until it is taken; tell whether that was possible."""
        return self._write([(_STAGE, self._rows(root, rows))])

    def staged(self, root: str, folder: str) -> Seen | None:
        """Return what will be known of a folder, or None when nothing was staged."""
        rows = self._run(f"SELECT {_COLUMNS} FROM staged WHERE root = ? AND folder = ?", (self.key(root), folder))
        return _seen(*rows[0]) if rows else None

    def take(self, place: Place, rows: Iterable[tuple[str, Seen]], *, anew: bool) -> None:
        """Make known what was staged, and ``rows``, and keep which tree is at the place: all of it, or nothing.

        Args:
            place: which tree is where.
            rows: what was seen of folders of which nothing is staged.
            anew: whether nothing else of the place stays known.
        """
        key = [(self.key(place.root),)]
        known, gone = list[tuple[str, Seen]](), list[tuple[str, str]]()
        for folder, each in rows:
            if each.device == GONE.device:
                gone.append((*key[0], folder))
            else:
                known.append((folder, each))
        only = "" if anew else " AND folder IN (SELECT folder FROM staged WHERE root = seen.root)"
        self._write([
            (f"DELETE FROM seen WHERE root = ?{only}", key),
            (f"INSERT INTO seen SELECT * FROM staged WHERE root = ? AND device != {GONE.device}", key),
            (_UNSTAGE, key),
            ("DELETE FROM seen WHERE root = ? AND folder = ?", gone),
            (_SEE, self._rows(place.root, known)),
            (_PUT, [(*key[0], place.tree, place.epoch, place.reference)]),
        ])  # fmt: skip

    def forget(self, root: str) -> None:
        """Let go of a place, and of what was seen there."""
        key = [(self.key(root),)]
        self._write([("DELETE FROM seen WHERE root = ?", key), ("DELETE FROM place WHERE root = ?", key)])

    def _rows(self, root: str, rows: Iterable[tuple[str, Seen]]) -> Iterator[tuple[Any, ...]]:
        for folder, each in rows:
            stamps, digests = _encode(each.stamps), _encode(each.digests)
            yield self.key(root), folder, each.device, each.at, each.latest(), stamps, digests

    def place(self, root: str) -> Place | None:
        """Return which tree is at ``root``, or None when nobody put one there."""
        rows = self._run("SELECT tree, epoch, reference FROM place WHERE root = ?", (self.key(root),))
        return Place(root, *rows[0]) if rows else None

    def places(self) -> Iterator[Place]:
        """Yield every place, in order."""
        for root, *rest in self._run("SELECT root, tree, epoch, reference FROM place ORDER BY root", ()):
            yield Place(root if root.startswith("/") else self._project + root, *rest)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def _run(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return self._asked(lambda connection: connection.execute(sql, values).fetchall(), otherwise=[])

    def _write(self, statements: list[tuple[str, Iterable[tuple[Any, ...]]]]) -> bool:
        """Carry out statements as one change; tell whether that was possible."""
        kept = [(sql, list(rows)) for sql, rows in statements]  # it may have to be done twice

        def write(connection: sqlite3.Connection) -> bool:
            with connection:
                for sql, rows in kept:
                    connection.executemany(sql, rows)
            return True

        return self._asked(write, otherwise=False)

    def _asked(self, ask: Callable[[sqlite3.Connection], T], *, otherwise: T) -> T:
        """Ask, with a new file when the old one cannot be used; a place without room for one just remembers nothing."""
        with self._lock:
            for attempt in range(2):
                try:
                    self._connection = self._connection or self._open()
                    return ask(self._connection)
                except (sqlite3.Error, OSError) as error:
                    self.close()
                    # A file that is busy, or on a full disk, is none the worse for it.
                    if not attempt and type(error) is sqlite3.DatabaseError:
                        self._remove()
            return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._path != MEMORY:
            path = Path(self._path).absolute()
            path.parent.mkdir(parents=True, exist_ok=True)
            if not may_be_written(path) or (is_full(path) and is_complete(path)):
                return self._open_to_read()
            make(path)
        connection = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
        # Nothing is lost with it, so nothing waits for the disk.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            connection.executescript(_SCHEMA)
        return connection

    def _open_to_read(self) -> sqlite3.Connection:
        """Open the file where there is no place for those that SQLite keeps beside it."""
        path = Path(self._path).absolute()
        how = "immutable=1" if is_complete(path) else "mode=ro"
        connection = sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=30, check_same_thread=False)
        if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            connection.close()
            raise sqlite3.OperationalError("another version of the index")
        return connection

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError, LinealError):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
