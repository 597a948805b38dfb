"""Second copies of large files, written while the first one is fetched, for whoever puts them in place right after.

A file of the workspace must be another one than that of the store. To read the store's again for it, once that is on the
disk, takes longer than to write what is in memory anyway to two files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lineal.objects.digest import Digest
from lineal.storage.blobs import reading


class Spares:
    """The second copies of one store; none are made but where somebody waits for them.

    Args:
        scratch: where they are; on the file system of the store.

    ``are_wanted`` tells whether somebody does.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self.are_wanted = False
        self._made: dict[Digest, tuple[Path, tuple[int, ...]]] = {}

    @contextmanager
    def wanted(self, directory: Path) -> Iterator[None]:
        """Have them made within the block, if they can become files of ``directory``; what is left of them goes."""
        self.are_wanted = device_of(directory) == device_of(self._scratch)
        try:
            yield
        finally:
            self.are_wanted = False
            for path, _ in self._made.values():
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            self._made.clear()

    @contextmanager
    def new(self, digest: Digest) -> Iterator[Path | None]:
        """Lend the name of a second copy, if one is wanted; it counts once the block ended, and goes when that raises."""
        if not self.are_wanted:
            yield None
            return
        path = self._scratch / f"spare.{os.getpid()}.{os.urandom(8).hex()}"
        try:
            yield path
        except BaseException:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        with suppress(FileNotFoundError):  # not everything that is fetched comes twice
            self._made[digest] = path, reading.stamp(path.stat())

    def move(self, digest: Digest, path: Path) -> bool:
        """Put the second copy of a file in the place of ``path``; tell whether there was one as it was written."""
        spare, stamp = self._made.pop(digest, (None, ()))
        if spare is None:
            return False
        try:
            if reading.stamp(spare.stat()) == stamp:
                spare.replace(path)
                return True
        except OSError:
            pass  # on another disk, or gone: it is copied then
        with suppress(OSError):
            spare.unlink(missing_ok=True)
        return False


def device_of(path: Path) -> int:
    """Return the device that a path is on, or will be."""
    for each in (path.absolute(), *path.absolute().parents):
        with suppress(OSError):
            return each.stat().st_dev
    return -1
