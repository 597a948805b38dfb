"""What was seen of the files in the workspace: a file whose stamp is the same need not be read again.

A cache and nothing else: it may be deleted, and is made anew when it cannot be read. One row holds a whole directory, so
that fifty thousand files are a few hundred rows.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError

T = TypeVar("T")

MEMORY = ":memory:"

RACY_NS = 2_000_000_000
"""A file that was written so shortly before it was looked at may be written again without a new stamp (FAT keeps two
seconds). It is read again the next time."""

Stamp = tuple[int, int, int, int, int]
"""Size, modification time, change time (both ns), inode and mode. The device is that of the directory."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (
    root TEXT NOT NULL, folder TEXT NOT NULL, device INTEGER NOT NULL, at INTEGER NOT NULL, files BLOB NOT NULL,
    PRIMARY KEY (root, folder)
);
CREATE TABLE IF NOT EXISTS place (
    root TEXT PRIMARY KEY, tree TEXT NOT NULL, epoch INTEGER NOT NULL, reference TEXT NOT NULL
);
PRAGMA user_version = 1;
"""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[str, Stamp, bytes]]).decode


class Seen(NamedTuple):
    """What was seen of one directory: on which device, when, and each file's stamp and SHA-256 by its name."""

    device: int
    at: int
    files: dict[str, tuple[Stamp, bytes]]

    def holds(self, name: str, stamp: Stamp, device: int) -> bytes | None:
        """Return the SHA-256 of a file that is certainly what it was, or None."""
        known = self.files.get(name)
        if known is None or known[0] != stamp or device != self.device:
            return None
        return known[1] if max(stamp[1], stamp[2]) < self.at - RACY_NS else None

    def is_young(self) -> bool:
        """Tell whether a file was too young to be trusted when it was looked at."""
        limit = self.at - RACY_NS
        return any(stamp[1] >= limit or stamp[2] >= limit for stamp, _ in self.files.values())


UNSEEN = Seen(-1, 0, {})


class Place(NamedTuple):
    """A directory or file of the workspace, the tree that was last added from it or put there, and the store's epoch.

    ``reference`` is what was put there; what was added got its name later.
    """

    root: str
    tree: Digest
    epoch: int
    reference: str = ""


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode


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
        rows = self._run("SELECT device, at, files FROM seen WHERE root = ? AND folder = ?", (self.key(root), folder))
        for device, at, files in rows:
            with suppress(msgspec.MsgspecError):
                return Seen(device, at, {name: (stamp, digest) for name, stamp, digest in _decode(files)})
        return UNSEEN

    def folders(self, root: str) -> set[str]:
        """Return the folders below ``root`` of which something was seen."""
        return {folder for (folder,) in self._run("SELECT folder FROM seen WHERE root = ?", (self.key(root),))}

    def see(self, root: str, rows: Iterable[tuple[str, Seen]]) -> None:
        """Keep what was seen of folders below ``root``."""
        self._many(
            "INSERT OR REPLACE INTO seen (root, folder, device, at, files) VALUES (?, ?, ?, ?, ?)",
            [
                (
                    self.key(root),
                    folder,
                    seen.device,
                    seen.at,
                    _encode([(n, *known) for n, known in seen.files.items()]),
                )
                for folder, seen in rows
            ],
        )

    def forget(self, root: str, folders: Iterable[str]) -> None:
        """Forget folders below ``root`` that are gone."""
        key = self.key(root)
        self._many("DELETE FROM seen WHERE root = ? AND folder = ?", [(key, each) for each in folders])

    def place(self, root: str) -> Place | None:
        """Return which tree is at ``root``, or None when nobody put one there."""
        rows = self._run("SELECT tree, epoch, reference FROM place WHERE root = ?", (self.key(root),))
        return Place(root, *rows[0]) if rows else None

    def places(self) -> Iterator[Place]:
        """Yield every place, in order."""
        for root, *rest in self._run("SELECT root, tree, epoch, reference FROM place ORDER BY root", ()):
            yield Place(root if root.startswith("/") else self._project + root, *rest)

    def put(self, place: Place) -> None:
        """Take note which tree is where."""
        self._many(
            "INSERT OR REPLACE INTO place (root, tree, epoch, reference) VALUES (?, ?, ?, ?)",
            [(self.key(place.root), place.tree, place.epoch, place.reference)],
        )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def _run(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return self._asked(lambda connection: connection.execute(sql, values).fetchall(), [])

    def _many(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany(sql, rows)

        if rows:
            self._asked(write, None)

    def _asked(self, ask: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
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
            Path(self._path).parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
        # Nothing is lost with it, so nothing waits for the disk.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if connection.execute("PRAGMA user_version").fetchone()[0] != 1:
            connection.executescript(_SCHEMA)
        return connection

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError, LinealError):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
