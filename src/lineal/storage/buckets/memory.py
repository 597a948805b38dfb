"""A bucket in memory: for tests, and for whatever need not outlive the process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import NotFound
from lineal.storage.blobs.reading import guarded
from lineal.storage.buckets import files
from lineal.storage.buckets.bucket import Held, Progress
from lineal.storage.buckets.keys import check_key
from lineal.storage.clock import Clock, SystemClock
from lineal.storage.direct import write_at


class MemoryBucket:
    """A bucket that is gone with its process.

    Args:
        name: what its URL calls it.
        clock: tells when something was stored.
    """

    def __init__(self, name: str = "", *, clock: Clock | None = None) -> None:
        self.url = f"memory://{name}"
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._objects: dict[str, tuple[Held, bytes]] = {}

    def put(self, key: str, data: bytes) -> Held:
        """Store ``data`` under ``key``."""
        data = bytes(data)
        held = Held(check_key(key), len(data), self._clock.now(), etag=digest_of(data))
        with self._lock:
            self._objects[key] = held, data
        return held

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file. Raises NotFound, Invalid."""
        with files.source(path):
            data = path.read_bytes()
        if progress:
            progress(len(data))
        return self.put(key, data)

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        """Return the bytes from ``start`` on, ``size`` at most. Raises NotFound."""
        return self._find(key)[1][start : None if size is None else start + size]

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
        _, data = self._find(key)
        with guarded(path), files.whole_file(path, files.beside(path)) as descriptor:
            write_at(descriptor, data, 0)
            if progress:
                progress(len(data))
        return digest_of(data) if hashed else None

    def head(self, key: str) -> Held | None:
        """Return what is known of ``key``, or None."""
        found = self._objects.get(check_key(key))
        return found[0] if found else None

    def list(self, prefix: str = "") -> Iterator[Held]:
        """Yield everything whose key begins with ``prefix``, in the order of the keys."""
        with self._lock:
            found = [held for key, (held, _) in self._objects.items() if key.startswith(prefix)]
        return iter(sorted(found, key=lambda held: held.key))

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is under ``keys``."""
        for key in keys:
            with self._lock:
                self._objects.pop(check_key(key), None)

    def _find(self, key: str) -> tuple[Held, bytes]:
        try:
            return self._objects[check_key(key)]
        except KeyError:
            raise NotFound(f"{self.url} does not hold {key}", hint="lineal verify tells what else is missing") from None
