"""Buckets around buckets: each changes one thing and passes on the rest."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

from lineal.objects.digest import Digest
from lineal.objects.errors import Denied, Unavailable
from lineal.storage.buckets.bucket import Bucket, Held, Progress

T = TypeVar("T")


class Forwarding:
    """Passes everything on: the base of the others.

    Args:
        inner: the bucket behind it.
    """

    def __init__(self, inner: Bucket) -> None:
        self.inner = inner

    @property
    def url(self) -> str:
        """Where it is."""
        return self.inner.url

    def put(self, key: str, data: bytes) -> Held:
        """Store ``data`` under ``key``."""
        return self.inner.put(key, data)

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file."""
        return self.inner.put_file(key, path, progress=progress)

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        """Return the bytes from ``start`` on, ``size`` at most."""
        return self.inner.get(key, start=start, size=size)

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
        """Write the bytes to a file, all or nothing."""
        return self.inner.fetch(key, path, version=version, hashed=hashed, spare=spare, progress=progress)

    def head(self, key: str) -> Held | None:
        """Return what is known of ``key``, or None."""
        return self.inner.head(key)

    def list(self, prefix: str = "") -> Iterator[Held]:
        """Yield everything whose key begins with ``prefix``, in the order of the keys."""
        return self.inner.list(prefix)

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is under ``keys``."""
        self.inner.delete(keys)


def innermost(bucket: Bucket) -> Bucket:
    """Return the bucket that all wrappers are around."""
    while isinstance(bucket, Forwarding):
        bucket = bucket.inner
    return bucket


class ReadOnly(Forwarding):
    """Refuses to write, with Denied."""

    def put(self, key: str, data: bytes) -> NoReturn:
        """Refuse."""
        self._refuse()

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> NoReturn:
        """Refuse."""
        self._refuse()

    def delete(self, keys: Iterable[str]) -> NoReturn:
        """Refuse."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Denied(f"{self.url} can only be read", hint="name another remote")


class Retrying(Forwarding):
    """Tries again what could not be reached: the same object from its beginning, after a wait that grows.

    Every method of a bucket may be repeated, so nothing is stored twice or lost by it.

    Args:
        inner: the bucket behind it.
        attempts: how often, the first included.
        wait_seconds: before the second attempt; twice as long before each later one, give or take a half, so that
            many who were cut off at once do not all come back at once.
        sleep: what waits.
    """

    def __init__(
        self,
        inner: Bucket,
        *,
        attempts: int = 4,
        wait_seconds: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(inner)
        self._attempts = attempts
        self._wait_seconds = wait_seconds
        self._sleep = sleep

    def put(self, key: str, data: bytes) -> Held:
        """Store ``data`` under ``key``."""
        return self._again(lambda: self.inner.put(key, data))

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file."""
        told = _Once(progress)
        return self._again(lambda: self.inner.put_file(key, path, progress=told.begin()))

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        """Return the bytes from ``start`` on, ``size`` at most."""
        return self._again(lambda: self.inner.get(key, start=start, size=size))

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
        """Write the bytes to a file, all or nothing."""
        told = _Once(progress)
        return self._again(
            lambda: self.inner.fetch(key, path, version=version, hashed=hashed, spare=spare, progress=told.begin())
        )

    def head(self, key: str) -> Held | None:
        """Return what is known of ``key``, or None."""
        return self._again(lambda: self.inner.head(key))

    def list(self, prefix: str = "") -> Iterator[Held]:
        """Yield everything whose key begins with ``prefix``; a listing that broke off goes on where it was."""
        found, last = self._again(lambda: self.inner.list(prefix)), ""

        def following() -> Held | None:
            nonlocal found
            try:
                return next((each for each in found if each.key > last), None)
            except Unavailable:
                found = self.inner.list(prefix)
                raise

        while (each := self._again(following)) is not None:
            last = each.key
            yield each

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is under ``keys``."""
        named = tuple(keys)
        self._again(lambda: self.inner.delete(named))

    def _again(self, act: Callable[[], T]) -> T:
        for attempt in range(self._attempts - 1):
            try:
                return act()
            except Unavailable as error:
                if _is_of_this_machine(error):
                    raise
                import random  # noqa: PLC0415 - most requests succeed at once

                spread = random.uniform(0.5, 1.5)  # noqa: S311 - it spreads, and hides nothing
                self._sleep(self._wait_seconds * 2**attempt * spread)
        return act()


def _is_of_this_machine(error: Unavailable) -> bool:
    """Tell whether a disk here is full or read-only, which no waiting mends."""
    cause = error.__context__
    return isinstance(cause, OSError) and not isinstance(cause, ConnectionError | TimeoutError)


class _Once:
    """Passes on each byte's progress once, however often the bytes are sent.

    Args:
        progress: is told.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._told = 0
        self._lock = threading.Lock()

    def begin(self) -> Progress | None:
        """Return what to tell in the next attempt."""
        if self._progress is None:
            return None
        progress, passed = self._progress, 0

        def tell(more: int) -> None:
            nonlocal passed
            with self._lock:
                passed += more
                new, self._told = passed - self._told, max(passed, self._told)
            if new > 0:
                progress(new)

        return tell


class Measured(Forwarding):
    """Counts what passes. ``calls`` is by method; ``read_bytes`` and ``written_bytes`` are of the objects themselves.

    Args:
        inner: the bucket behind it.
    """

    def __init__(self, inner: Bucket) -> None:
        super().__init__(inner)
        self.calls: Counter[str] = Counter()
        self.read_bytes = 0
        self.written_bytes = 0
        self._lock = threading.Lock()

    def put(self, key: str, data: bytes) -> Held:
        """Store ``data`` under ``key``."""
        held = self.inner.put(key, data)
        self._count("put", written=len(data))
        return held

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file."""
        held = self.inner.put_file(key, path, progress=progress)
        self._count("put_file", written=held.size_bytes)
        return held

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        """Return the bytes from ``start`` on, ``size`` at most."""
        data = self.inner.get(key, start=start, size=size)
        self._count("get", read=len(data))
        return data

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
        """Write the bytes to a file, all or nothing."""
        digest = self.inner.fetch(key, path, version=version, hashed=hashed, spare=spare, progress=progress)
        self._count("fetch", read=path.stat().st_size)
        return digest

    def head(self, key: str) -> Held | None:
        """Return what is known of ``key``, or None."""
        self._count("head")
        return self.inner.head(key)

    def list(self, prefix: str = "") -> Iterator[Held]:
        """Yield everything whose key begins with ``prefix``, in the order of the keys."""
        self._count("list")
        return self.inner.list(prefix)

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is under ``keys``."""
        self._count("delete")
        self.inner.delete(keys)

    def _count(self, method: str, *, read: int = 0, written: int = 0) -> None:
        with self._lock:
            self.calls[method] += 1
            self.read_bytes += read
            self.written_bytes += written
