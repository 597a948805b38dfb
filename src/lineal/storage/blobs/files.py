"""Blobs as files: ``sha256/ab/cdef…``, written once, read-only."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from os import PathLike
from pathlib import Path

from lineal.objects.digest import Digest, digest_of, is_digest
from lineal.storage.blobs import reading
from lineal.storage.blobs.behind import write_stream
from lineal.storage.blobs.blobs import PIECE_BYTES, Bundle, Lying
from lineal.storage.blobs.copying import copy, copy_hashed, hash_file
from lineal.storage.blobs.spares import Spares

_FRESH_MAX = 1_000
_READ_ONLY = 0o444


class FileBlobs:
    """A blob store in a directory.

    Args:
        directory: where the blobs are.
        scratch: where they are written before they have their name; on the same file system.
    """

    def __init__(self, directory: Path, scratch: Path) -> None:
        self._directory = directory
        self._scratch = scratch
        self.spares = Spares(scratch)
        self._fresh = OrderedDict[Digest, tuple[int, ...]]()
        self._top = f"{directory}/sha256"

    def path(self, digest: Digest) -> Path:
        """Return where the bytes of ``digest`` are, or would be."""
        if not is_digest(digest):
            raise reading.missing(digest)
        name = digest.removeprefix("sha256:")
        return self._directory / "sha256" / name[:2] / name[2:]

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        digest = digest_of(data)
        if not self._holds(digest, len(data)):
            self.put_stream((data,))
        return digest

    def put_stream(self, pieces: Iterable[bytes], *, expected: Digest | None = None) -> tuple[Digest, int]:
        """Store bytes that arrive in pieces; return their digest and size in bytes. Raises Corrupt, Unavailable."""
        temporary = self._temporary()
        try:
            with self._scratch_file(temporary) as descriptor:
                hasher = write_stream(descriptor, pieces, self._directory)
                if expected and hasher.digest != expected:
                    raise reading.corrupt(expected, hasher.digest, "what arrived")
                if not self._holds(hasher.digest, hasher.size_bytes):
                    self._name(temporary, descriptor, hasher.digest)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return hasher.digest, hasher.size_bytes

    @contextmanager
    def _scratch_file(self, temporary: Path) -> Iterator[int]:
        with reading.guarded(self._scratch):
            self._scratch.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _holds(self, digest: Digest, size_bytes: int) -> bool:
        """Tell whether the blob is here in its full size; one that a failing disk cut short is written again.

        It is as good as new then: who collects what nobody names leaves young files alone.
        """
        path = self.path(digest)
        try:
            if path.stat().st_size != size_bytes:
                return False
            os.utime(path)
        except OSError:
            return False
        return True

    def _name(self, temporary: Path, descriptor: int, digest: Digest) -> None:
        """Give written bytes their name, once they cannot be lost any more."""
        path = self.path(digest)
        with reading.guarded(self._directory):
            os.fchmod(descriptor, _READ_ONLY)
            os.fsync(descriptor)
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                reading.sync_directory(path.parent.parent)
            temporary.replace(path)
            reading.sync_directory(path.parent)
            self._remember(digest, path.stat())

    def _remember(self, digest: Digest, status: os.stat_result) -> None:
        """Take note of what was just hashed, so that whoever wants it next need not hash it again."""
        self._fresh[digest] = _stamp(status)
        if len(self._fresh) > _FRESH_MAX:
            self._fresh.popitem(last=False)

    def bundle(self) -> AbstractContextManager[Bundle]:
        """Take many small blobs."""
        return nullcontext(reading.Single(self.put))

    def get_many(self, digests: Collection[Digest]) -> Iterator[tuple[Digest, bytes]]:
        """Yield the bytes of many small blobs, verified. Raises NotFound, Corrupt."""
        return reading.one_by_one(self.get, digests)

    def places(self, digests: Collection[Digest]) -> Iterator[Lying]:
        """Yield files of this machine with small blobs in them: none, for each has its own."""
        return iter(())

    def put_file(
        self, path: PathLike[str] | str, *, expected: Digest | None = None, base: Digest | None = None
    ) -> tuple[Digest, int]:
        """Store the content of a file, read once. Raises NotFound, Invalid, Conflict, Corrupt, Unavailable."""
        temporary = self._temporary()
        try:
            with reading.steady(path) as source, self._scratch_file(temporary) as target:
                with reading.guarded(self._directory):
                    hasher = copy_hashed(source.descriptor, target)
                source.check()
                if expected and hasher.digest != expected:
                    raise reading.corrupt(expected, hasher.digest, "what arrived")
                if not self._holds(hasher.digest, hasher.size_bytes):
                    self._name(temporary, target, hasher.digest)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return hasher.digest, hasher.size_bytes

    def take(self, path: Path, digest: Digest, *, found: Digest | None = None) -> int:
        """Take a file of the scratch directory as it is; return its size.

        Args:
            path: the file.
            digest: what it should be.
            found: what it was found to be while it was written; without it, it is read.

        Raises:
            Corrupt: it is something else.
        """
        with reading.guarded(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with reading.guarded(path):
                found = found or hash_file(descriptor).digest
                size_bytes = os.fstat(descriptor).st_size
            if found != digest:
                raise reading.corrupt(digest, found, "what arrived")
            self._name(path, descriptor, digest)
        finally:
            os.close(descriptor)
        return size_bytes

    def _temporary(self) -> Path:
        return self._scratch / f"blob.{os.getpid()}.{os.urandom(8).hex()}"

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, verified. Raises NotFound, Corrupt."""
        return b"".join(self.open(digest))

    def open(self, digest: Digest, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Yield the bytes in pieces; a whole read is verified at its end. Raises NotFound, Corrupt."""
        pieces = self._pieces(digest, start, size)
        if start or size is not None:
            return pieces
        return reading.verified(pieces, digest, str(self.path(digest)))

    def _pieces(self, digest: Digest, start: int, size: int | None) -> Iterator[bytes]:
        path = self.path(digest)
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(start)
                left = size
                while left is None or left > 0:
                    piece = file.read(PIECE_BYTES if left is None else min(PIECE_BYTES, left))
                    if not piece:
                        return
                    left = None if left is None else left - len(piece)
                    yield piece
        except FileNotFoundError:
            raise reading.missing(digest) from None
        except OSError as error:
            raise reading.unavailable(path, error) from None

    def size(self, digest: Digest) -> int:
        """Return the size in bytes. Raises NotFound."""
        path = self.path(digest)
        with reading.guarded(path):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                raise reading.missing(digest) from None

    def has(self, digests: Iterable[Digest]) -> set[Digest]:
        """Return those of ``digests`` that are here."""
        # Asked of tens of thousands of digests at once: no Path for each, and none where not even its folder is.
        folders = set(_names(self._directory / "sha256"))
        return {
            digest
            for digest in digests
            if digest[7:9] in folders
            and is_digest(digest)
            and os.path.isfile(f"{self._top}/{digest[7:9]}/{digest[9:]}")  # noqa: PTH113
        }

    def list(self) -> Iterator[Digest]:
        """Yield the digest of everything that is here, in order."""
        top = self._directory / "sha256"
        for folder in _names(top):
            for name in _names(top / folder):
                if is_digest(digest := f"sha256:{folder}{name}"):
                    yield Digest(digest)

    def delete(self, digest: Digest) -> None:
        """Forget the bytes; nothing happens when they are not here."""
        if is_digest(digest):
            with reading.guarded(self.path(digest)):
                self.path(digest).unlink(missing_ok=True)

    def fetch_to(self, digest: Digest, path: Path) -> None:
        """Write the bytes to a file, verified, all or nothing. Raises NotFound, Corrupt, Unavailable."""
        here = self.path(digest)
        if self.spares.move(digest, path):
            return
        try:
            source = os.open(here, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise reading.missing(digest) from None
        except OSError as error:
            raise reading.unavailable(here, error) from None
        try:
            with reading.replacing(path) as target:
                if self._fresh.get(digest) == _stamp(os.fstat(source)):
                    copy(source, target, cached=True)  # the bytes passed through here a moment ago
                elif (found := copy_hashed(source, target, cached=True).digest) != digest:
                    raise reading.corrupt(digest, found, str(here))
        finally:
            os.close(source)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    """Return what changes when somebody writes to a file."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _names(directory: Path) -> Sequence[str]:
    """Return the names in ``directory``, in order; none when it is no directory."""
    with reading.guarded(directory):
        try:
            return sorted(os.listdir(directory))  # noqa: PTH208 - names are all that is asked for
        except (FileNotFoundError, NotADirectoryError):
            return ()
