"""Buckets that fail, break transfers off, lose their own answers, or are slow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

from lineal.objects.digest import Digest
from lineal.objects.errors import Unavailable
from lineal.storage.buckets.bucket import Bucket, Held, Progress
from lineal.storage.buckets.wrappers import Forwarding
from lineal.testing.faults import Fault

T = TypeVar("T")

WRITES = frozenset({"put", "put_file", "delete"})
READS = frozenset({"get", "fetch", "head", "list"})


def cut_off() -> BaseException:
    """Return what a bucket raises when the network is gone."""
    return Unavailable("the connection broke off", hint="check the network, and try again")


class _Around(Forwarding):
    """Carries out every call through ``_pass``, which may do something else."""

    def put(self, key: str, data: bytes) -> Held:
        """Store ``data`` under ``key``."""
        return self._pass("put", lambda: self.inner.put(key, data))

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file."""
        return self._pass("put_file", lambda: self.inner.put_file(key, path, progress=progress))

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        """Return the bytes from ``start`` on, ``size`` at most."""
        return self._pass("get", lambda: self.inner.get(key, start=start, size=size))

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
        return self._pass(
            "fetch",
            lambda: self.inner.fetch(key, path, version=version, hashed=hashed, spare=spare, progress=progress),
        )

    def head(self, key: str) -> Held | None:
        """Return what is known of ``key``, or None."""
        return self._pass("head", lambda: self.inner.head(key))

    def list(self, prefix: str = "") -> Iterator[Held]:
        """Yield everything whose key begins with ``prefix``."""
        return self._pass("list", lambda: self.inner.list(prefix))

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is under ``keys``."""
        self._pass("delete", lambda: self.inner.delete(keys))

    def _pass(self, method: str, call: Callable[[], T]) -> T:
        return call()


class FailingBucket(_Around):
    """Carries out ``after`` calls, then fails ``times`` times, then works again.

    Args:
        inner: the bucket behind it.
        after: how many calls succeed.
        times: how many fail then; None for all that follow.
        methods: which calls are meant, by name.
        moment: ``before`` the inner bucket is asked, or ``after``: it is done, and only the answer is lost.
        fault: what is raised.
    """

    def __init__(
        self,
        inner: Bucket,
        *,
        after: int,
        times: int | None = None,
        methods: Iterable[str] = WRITES | READS,
        moment: Literal["before", "after"] = "before",
        fault: Fault = cut_off,
    ) -> None:
        super().__init__(inner)
        self._after = after
        self._until = None if times is None else after + times
        self._methods = frozenset(methods)
        self._moment = moment
        self._fault = fault
        self._passed = 0
        self._lock = threading.Lock()

    def _pass(self, method: str, call: Callable[[], T]) -> T:
        if method not in self._methods or not self._is_due():
            return call()
        if self._moment == "after":
            call()
        raise self._fault()

    def _is_due(self) -> bool:
        with self._lock:
            number, self._passed = self._passed, self._passed + 1
        return self._after <= number and (self._until is None or number < self._until)


class CuttingBucket(Forwarding):
    """Breaks off ``times`` transfers of files in their middle, as a cable does.

    Args:
        inner: the bucket behind it.
        after_bytes: how much passes before.
        times: how many transfers break off; the later ones succeed.
        fault: what is raised.
    """

    def __init__(self, inner: Bucket, *, after_bytes: int, times: int, fault: Fault = cut_off) -> None:
        super().__init__(inner)
        self._after_bytes = after_bytes
        self._left = times
        self._fault = fault
        self._lock = threading.Lock()

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file, or break off."""
        return self.inner.put_file(key, path, progress=self._cutting(progress))

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
        """Write the bytes to a file, or break off."""
        told = self._cutting(progress)
        return self.inner.fetch(key, path, version=version, hashed=hashed, spare=spare, progress=told)

    def _cutting(self, progress: Progress | None) -> Progress | None:
        with self._lock:
            cuts, self._left = self._left > 0, self._left - 1
        if not cuts:
            return progress
        passed = 0

        def tell(more: int) -> None:
            nonlocal passed
            passed += more
            if progress:
                progress(more)
            if passed >= self._after_bytes:
                raise self._fault()

        return tell


class SlowBucket(_Around):
    """Waits before every call.

    Args:
        inner: the bucket behind it.
        delay_ms: how long.
    """

    def __init__(self, inner: Bucket, *, delay_ms: float) -> None:
        super().__init__(inner)
        self._delay_seconds = delay_ms / 1000

    def _pass(self, method: str, call: Callable[[], T]) -> T:
        time.sleep(self._delay_seconds)
        return call()
