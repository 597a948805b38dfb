"""Parts of files on their way: sent one beside the other, each a file of its own until all are put together.

They lie in the scratch directory of a store, where nobody names them: those that are left are removed when they are old.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from lineal.objects.errors import Conflict, NotFound
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import PIECE_BYTES

KEPT_SECONDS = 24 * 3_600
"""Parts of an upload that took longer are gone."""

_TAG = re.compile(r"[0-9a-f]{16}-[0-9]{1,18}")
_UPLOAD = re.compile(r"[0-9a-f]{32}")


class Parts:
    """The parts of uploads.

    Args:
        scratch: the directory where they are.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def put(self, upload: str, number: int, pieces: Iterable[bytes]) -> str:
        """Keep one part and return its tag, which names exactly these bytes: a part that is sent again gets another.

        Raises:
            Unavailable: the disk is full, or may not be written.
        """
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
            tag = f"{os.urandom(8).hex()}-{size_bytes}"
            with reading.guarded(temporary):
                temporary.replace(self._path(upload, number, tag))
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return tag

    def pieces(self, upload: str, tags: Sequence[str]) -> Iterator[bytes]:
        """Yield the bytes of all parts, one after the other.

        Args:
            upload: which upload.
            tags: those of its parts, the first one first.

        Raises:
            NotFound: one of the parts is not here.
            Conflict: one is shorter than what arrived.
        """
        for number, tag in enumerate(tags, 1):
            yield from self._read(upload, number, tag)

    def _read(self, upload: str, number: int, tag: str) -> Iterator[bytes]:
        path = self._path(upload, number, tag)
        left = int(tag.partition("-")[2])
        with reading.guarded(path):
            try:
                file = path.open("rb", buffering=0)
            except FileNotFoundError:
                raise _missing(number) from None
        with file:
            while piece := _next(file.fileno(), path):
                left -= len(piece)
                yield piece
        if left:
            raise Conflict(f"part {number} is not as long as it was when it arrived", hint="send it again")

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
        for path in self._scratch.glob(f"upload.{_known(upload)}.part.*"):
            with suppress(OSError):
                path.unlink()

    def sweep(self) -> None:
        """Remove what is old."""
        limit = time.time() - KEPT_SECONDS
        for path in self._scratch.glob("upload.*"):
            with suppress(OSError):
                if path.stat().st_mtime < limit:
                    path.unlink()

    def _note(self, upload: str) -> Path:
        return self._scratch / f"upload.{_known(upload)}.done"

    def _path(self, upload: str, number: int, tag: str) -> Path:
        if not _TAG.fullmatch(tag):
            raise _missing(number)
        return self._scratch / f"upload.{_known(upload)}.part.{number}.{tag}"


def _known(upload: str) -> str:
    """Return an id that can be a part of a file's name. Raises NotFound for anything else."""
    if not _UPLOAD.fullmatch(upload):
        raise NotFound(f"there is no upload {upload!r}", hint="begin one")
    return upload


def _missing(number: int) -> NotFound:
    return NotFound(
        f"part {number} is not here", hint=f"send it again; parts are kept for {KEPT_SECONDS // 3600} hours"
    )


def _next(descriptor: int, path: Path) -> bytes:
    with reading.guarded(path):
        return os.read(descriptor, PIECE_BYTES)
