"""Parts of files on their way: sent one beside the other until all are put together.

They lie in the scratch directory of a store, where nobody names them, each in its place of the file that they will be
(`placing.py`), or else in a file of its own: those that are left are removed when they are old.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.storage.blobs import reading
from lineal.storage.blobs.ahead import Ahead, hash_up_to
from lineal.storage.blobs.blobs import PIECE_BYTES
from lineal.storage.blobs.placing import Place, Places, Whole

KEPT_SECONDS = 24 * 3_600
"""Parts of an upload that took longer are gone."""

_TAG = re.compile(r"[0-9a-f]{16}-[0-9]{1,18}")
_UPLOAD = re.compile(r"[0-9a-f]{32}")


class Gathered(NamedTuple):
    """A file with all parts of an upload in it, under a name that is its user's alone, and its digest."""

    path: Path
    digest: Digest


class Parts:
    """The parts of uploads.

    Args:
        scratch: the directory where they are.
        ahead: hashes them meanwhile.
    """

    def __init__(self, scratch: Path, ahead: Ahead) -> None:
        self._scratch = scratch
        self._ahead = ahead

    def put(self, upload: str, number: int, pieces: Iterable[bytes], size_bytes: int = 0) -> str:
        """Keep one part and return its tag, which names exactly these bytes: a part that is sent again gets another.

        Args:
            upload: which upload.
            number: which of its parts.
            pieces: the bytes.
            size_bytes: how many there will be, if that is known.

        Raises:
            Invalid: there were more or fewer.
            Unavailable: the disk is full, or may not be written.
        """
        if size_bytes and (place := Places(self._scratch, _known(upload)).claim(number, size_bytes)):
            with place:
                return self._put_in_place(place, pieces, size_bytes)
        return self._put_aside(upload, number, pieces)

    def _put_in_place(self, place: Place, pieces: Iterable[bytes], size_bytes: int) -> str:
        part, tag, left = self._ahead.begin(place.whole, place.number), "", size_bytes
        try:
            for piece in pieces:
                left -= len(piece)
                if left < 0:
                    break
                place.write(piece)
                self._ahead.add(part, piece)
            if left:
                raise Invalid(f"a part of {size_bytes:,} bytes was announced, and not sent", hint="send it again")
            tag = _new_tag(size_bytes)
            place.finish(tag)
        finally:
            self._ahead.end(part, place.tag)
        return tag

    def _put_aside(self, upload: str, number: int, pieces: Iterable[bytes]) -> str:
        temporary = self._scratch / f"upload.{os.urandom(16).hex()}.coming"
        size_bytes = 0
        try:
            with reading.guarded(temporary):
                self._scratch.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                for piece in pieces:
                    # Through the system's cache: it is read again in a moment, and then gone.
                    with reading.guarded(temporary):
                        reading.write_all(descriptor, piece)
                    size_bytes += len(piece)
            finally:
                os.close(descriptor)
            tag = _new_tag(size_bytes)
            with reading.guarded(temporary):
                temporary.replace(self._path(upload, number, tag))
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return tag

    @contextmanager
    def gathered(self, upload: str, tags: Sequence[str]) -> Iterator[Gathered | None]:
        """Lend the file that the parts were written into; None when some are elsewhere, and ``pieces`` has them all.

        Args:
            upload: which upload.
            tags: those of its parts, the first one first.

        Raises:
            NotFound: they were let go of meanwhile.
            Conflict: one is shorter than what arrived.
            Unavailable: the disk cannot be read.
        """
        sizes = [_size(number, tag) for number, tag in enumerate(tags, 1)]
        if not (whole := Places(self._scratch, _known(upload)).filled(tags, sizes)):
            yield None
            return
        # By no name of the upload's, with which it would be let go of while this one is used.
        path = self._scratch / f"gathered.{os.getpid()}.{os.urandom(8).hex()}"
        try:
            with reading.guarded(whole.path):
                try:
                    digest = self._digest(whole, tags, sizes)
                    # The other name stays until the parts are let go of: whoever asks at the same time finds them too.
                    path.hardlink_to(whole.path)
                except FileNotFoundError:
                    raise _missing(1) from None
                os.utime(path)
            yield Gathered(path, digest)
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _digest(self, whole: Whole, tags: Sequence[str], sizes: Sequence[int]) -> Digest:
        there = whole.path.stat().st_size
        for number, end in enumerate(accumulate(sizes), 1):
            if end > there:
                raise _short(number)
        hasher = self._ahead.take(whole, tags)
        if not hash_up_to(hasher, whole.path, sum(sizes)):
            raise _short(len(sizes))
        return hasher.digest

    def pieces(self, upload: str, tags: Sequence[str]) -> Iterator[bytes]:
        """Yield the bytes of all parts, one after the other, wherever they are.

        Args:
            upload: which upload.
            tags: those of its parts, the first one first.

        Raises:
            NotFound: one of the parts is not here.
            Conflict: one is shorter than what arrived.
        """
        places = Places(self._scratch, _known(upload))
        whole = places.whole()
        for number, tag in enumerate(tags, 1):
            size_bytes = _size(number, tag)
            if whole and places.has(whole, number, tag):
                yield from _read(number, whole.path, whole.start(number), size_bytes)
            else:
                yield from _read(number, self._path(upload, number, tag), 0, size_bytes)

    def finish(self, upload: str, note: str) -> None:
        """Let go of the parts, and note for a while what became of them."""
        reading.write_whole((note.encode(),), self._note(upload), self._scratch)
        self.drop(upload)

    def note(self, upload: str) -> str:
        """Return what became of the parts; empty while nothing did."""
        try:
            return self._note(upload).read_text("utf-8")
        except OSError:
            return ""

    def drop(self, upload: str) -> None:
        """Let go of the parts; nothing happens when there are none."""
        if whole := Places(self._scratch, _known(upload)).whole():
            self._ahead.forget(whole)
        for path in _in_order(self._scratch.glob(f"upload.{upload}.*")):
            if path != self._note(upload):
                with suppress(OSError):
                    path.unlink()

    def sweep(self) -> None:
        """Remove what is old."""
        limit = time.time() - KEPT_SECONDS
        for path in _in_order(self._scratch.glob("upload.*")):
            with suppress(OSError):
                if path.stat().st_mtime < limit:
                    path.unlink()

    def _note(self, upload: str) -> Path:
        return self._scratch / f"upload.{_known(upload)}.done"

    def _path(self, upload: str, number: int, tag: str) -> Path:
        return self._scratch / f"upload.{_known(upload)}.part.{number}.{tag}"


def _in_order(paths: Iterable[Path]) -> list[Path]:
    """Return files in the order in which they go: ``whole`` before ``place``, so that nobody writes where another did."""
    return sorted(paths, reverse=True)


def _new_tag(size_bytes: int) -> str:
    return f"{os.urandom(8).hex()}-{size_bytes}"


def _size(number: int, tag: str) -> int:
    """Return the size that a tag tells. Raises NotFound for what is none."""
    if not _TAG.fullmatch(tag):
        raise _missing(number)
    return int(tag.partition("-")[2])


def _known(upload: str) -> str:
    """Return an id that can be a part of a file's name. Raises NotFound for anything else."""
    if not _UPLOAD.fullmatch(upload):
        raise NotFound(f"there is no upload {upload!r}", hint="begin one")
    return upload


def _missing(number: int) -> NotFound:
    return NotFound(
        f"part {number} is not here", hint=f"send it again; parts are kept for {KEPT_SECONDS // 3600} hours"
    )


def _short(number: int) -> Conflict:
    return Conflict(f"part {number} is not as long as it was when it arrived", hint="send it again")


def _read(number: int, path: Path, start: int, size_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of one part, which are so many from a place of a file on."""
    with reading.guarded(path):
        try:
            file = path.open("rb", buffering=0)
        except FileNotFoundError:
            raise _missing(number) from None
    with file:
        while size_bytes and (piece := _next(file.fileno(), path, start, size_bytes)):
            start, size_bytes = start + len(piece), size_bytes - len(piece)
            yield piece
    if size_bytes:
        raise _short(number)


def _next(descriptor: int, path: Path, start: int, size_bytes: int) -> bytes:
    with reading.guarded(path):
        return os.pread(descriptor, min(PIECE_BYTES, size_bytes), start)
