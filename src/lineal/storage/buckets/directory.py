"""A directory, on this disk or one that is mounted, as a bucket."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Denied, NotFound
from lineal.storage.blobs.copying import copy, copy_hashed
from lineal.storage.blobs.reading import guarded, replacing, sync_directory, unavailable
from lineal.storage.buckets import files
from lineal.storage.buckets.bucket import Held, Progress
from lineal.storage.buckets.keys import check_key, is_key, is_unfinished, unfinished
from lineal.storage.direct import write_at

_READ_ONLY = 0o444
_MEANINGFUL = "%?#@"

_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP}


def path_in_url(path: Path) -> str:
    """Return a path as it stands in a URL: as people know it, but for what means something else there."""
    return "".join(f"%{ord(each):02X}" if each in _MEANINGFUL else each for each in str(path))


class DirectoryBucket:
    """A bucket in a directory. It must be there: a disk that is not mounted must not be taken for an empty one.

    Args:
        directory: where.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"file://{path_in_url(self._directory)}"

    def put(self, key: str, data: bytes) -> Held:
        """Store ``data`` under ``key``. Raises Denied, Unavailable."""
        with self._new(key) as descriptor:
            write_at(descriptor, data, 0)
        return self._held(key)

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file; blocks are shared where both are on one disk that can. Raises NotFound."""
        return self.put_copied(key, path, partial(copy, progress=progress))

    def put_copied(self, key: str, path: Path, make: Callable[[int, int], object]) -> Held:
        """Store what is made of a file; nothing when that raises.

        Args:
            key: under which key.
            path: the file.
            make: is given a descriptor that reads the file, and one of an empty file, for reading and writing.

        Raises:
            NotFound: there is no such file.
        """
        with files.source(path) as reading, self._new(key) as writing:
            make(reading, writing)
        return self._held(key)

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        """Return the bytes from ``start`` on, ``size`` at most. Raises NotFound."""
        with self.reading(key) as descriptor, self._guarded(key):
            left = os.fstat(descriptor).st_size - start
            left = left if size is None else min(left, size)
            pieces = list[bytes]()
            while left > 0 and (piece := os.pread(descriptor, left, start)):
                pieces.append(piece)
                start, left = start + len(piece), left - len(piece)
            return b"".join(pieces)

    def fetch(
        self,
        key: str,
        path: Path,
        *,
        version: str = "",
        hashed: bool = False,
        spare: Path | None = None,
        progress: Progress | None = None,
    ) -> Digest | None:
        """Write the bytes to a file, all or nothing. Raises NotFound, Unavailable."""
        with self.reading(key) as source, guarded(path), files.whole_file(path, files.beside(path)) as writing:
            if hashed and spare:
                # It is this one that is read next, and the other one that must be safe.
                with replacing(spare) as second:
                    return copy_hashed(source, writing, progress, ahead=True, spare=second).digest
            if hashed:
                # Whoever fetches wants to read it next.
                return copy_hashed(source, writing, progress, cached=True, ahead=True).digest
            copy(source, writing, progress, cached=True)
        return None

    @contextmanager
    def reading(self, key: str) -> Iterator[int]:
        """Lend a descriptor that reads an object. Raises NotFound, Unavailable."""
        path = self._path(key)
        with self._guarded(key):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except (FileNotFoundError, NotADirectoryError):
                self._check()
                raise self._missing(key) from None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise self._missing(key)
            yield descriptor
        finally:
            os.close(descriptor)

    def head(self, key: str) -> Held | None:
        """Return what is known of ``key``, or None."""
        try:
            return self._held(key)
        except NotFound:
            self._check()
            return None

    def list(self, prefix: str = "") -> Iterator[Held]:
        """Yield everything whose key begins with ``prefix``, in the order of the keys."""
        self._check()
        return self._walk("", prefix)

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is under ``keys``."""
        self._check()
        for key in keys:
            # A folder is no object: nothing is under its name.
            with self._guarded(key), suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                self._path(key).unlink()

    def leftovers(self, *, before: int) -> Iterator[tuple[str, int]]:
        """Yield the files that a crash left half written before a time, in milliseconds since 1970, and their sizes."""
        self._check()
        for folder, _, names in os.walk(self._directory):
            for name in filter(is_unfinished, names):
                path = Path(folder) / name
                with suppress(FileNotFoundError):  # it has its name now
                    found = path.lstat()
                    if stat.S_ISREG(found.st_mode) and found.st_mtime_ns < before * 1_000_000:
                        yield str(path), found.st_size

    def let_go(self, leftovers: Iterable[str]) -> None:
        """Remove files that a crash left half written."""
        for path in leftovers:
            with guarded(Path(path)):
                Path(path).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        """Return where ``key`` is. Raises Invalid when it is none, Denied when a link leads elsewhere."""
        folder, _, name = check_key(key).rpartition("/")
        path = self._directory / folder
        # Who may write into the directory could have put a link there, to have us read or write elsewhere.
        if folder and os.path.realpath(path) != os.path.join(os.path.realpath(self._directory), folder):  # noqa: PTH118
            raise Denied(f"{path} is a link to another place", hint="remove the link")
        return path / name

    @contextmanager
    def _new(self, key: str) -> Iterator[int]:
        """Lend a file that takes the place of ``key`` at the end of the block."""
        self._check()
        path = self._path(key)
        with self._guarded(key):
            self._make(path.parent)
            with files.whole_file(path, path.parent / unfinished(), mode=0o644) as descriptor:
                yield descriptor
                # Not before: a file that its owner may not write cannot be opened once more, past the cache.
                os.fchmod(descriptor, os.fstat(descriptor).st_mode & _READ_ONLY)

    def _make(self, folder: Path) -> None:
        missing = list[Path]()
        while not folder.is_dir():
            missing.insert(0, folder)
            folder = folder.parent
        for each in missing:
            with suppress(FileExistsError):
                each.mkdir()
        # All of them before any is made safe: the disk is waited for once then, and has no more to do for the others.
        for each in missing:
            sync_directory(each.parent)

    def _held(self, key: str) -> Held:
        with self._guarded(key):
            try:
                found = self._path(key).lstat()
            except (FileNotFoundError, NotADirectoryError):
                raise self._missing(key) from None
        if not stat.S_ISREG(found.st_mode):
            raise self._missing(key)
        return _held(key, found)

    def _walk(self, inside: str, prefix: str) -> Iterator[Held]:
        """Yield what is below the folder ``inside``, which is empty or ends with a slash."""
        with self._guarded(inside):
            try:
                found = list(os.scandir(self._directory / inside))
            except FileNotFoundError:
                return
        # A folder's place among the keys is that of its name with a slash: "a-b" comes before "a/b".
        for entry in sorted(found, key=lambda each: each.name + "/" * each.is_dir(follow_symlinks=False)):
            key = inside + entry.name
            if not is_key(key):
                continue
            if entry.is_dir(follow_symlinks=False):
                if f"{key}/".startswith(prefix) or prefix.startswith(f"{key}/"):
                    yield from self._walk(f"{key}/", prefix)
            elif key.startswith(prefix) and entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):  # deleted meanwhile
                    yield _held(key, entry.stat(follow_symlinks=False))

    @contextmanager
    def _guarded(self, key: str) -> Iterator[None]:
        """Turn what the system says of this directory into our errors."""
        path = self._directory / key
        try:
            yield
        except (NotADirectoryError, IsADirectoryError, FileExistsError):
            raise Conflict(f"{path} cannot be both a folder and an object", hint="delete one of them") from None
        except OSError as error:
            if error.errno in _DENIED:
                raise Denied(f"{path}: {error.strerror}", hint="ask the owner of the directory for the right") from None
            raise unavailable(path, error) from None

    def _check(self) -> None:
        with self._guarded(""):
            is_there = self._directory.is_dir()
        if not is_there:
            raise NotFound(
                f"there is no directory {self._directory}",
                hint=f"mount its disk, or make it: mkdir -p {self._directory}",
            )

    def _missing(self, key: str) -> NotFound:
        return NotFound(f"{self.url} does not hold {key}", hint="lineal verify tells what else is missing")


def _held(key: str, found: os.stat_result) -> Held:
    return Held(
        key=key,
        size_bytes=found.st_size,
        modified_at=found.st_mtime_ns // 1_000_000,
        etag=f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}",
    )
