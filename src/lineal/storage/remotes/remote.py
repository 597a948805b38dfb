"""A remote: a bucket that holds trees for any number of repositories.

Nothing in it is ever changed, so nothing here relies on a lock or a conditional write of the bucket. Writers and those who
remove say what they are about to do before they look what the other does: of two that meet, at least one sees the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from lineal.formats import holding as format_
from lineal.formats.holding import Holding, Key, Kind, Sign
from lineal.objects.digest import Digest
from lineal.objects.errors import Conflict, Invalid, LinealError, NotFound
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.clock import Clock

IN_FLIGHT = 16
"""So many requests at once keep an object store far away busy."""

_DISK_IN_FLIGHT = 4
"""A directory is as fast as its disk: more at once would all end together, and whoever checks them would wait until then."""

_LISTED_RATHER_THAN_ASKED = 500
_SIGN_MS = 24 * 3_600_000
"""Who began longer ago than this and did not end is not at work any more."""


class Remote:
    """A bucket with Lineal's keys in it.

    Args:
        bucket: the bucket.
        repository: who we are.
        clock: tells the time.
    """

    def __init__(self, bucket: Bucket, repository: str, clock: Clock) -> None:
        self.bucket = bucket
        self.repository = repository
        self._clock = clock

    @property
    def url(self) -> str:
        """Where it is."""
        return self.bucket.url

    @property
    def in_flight(self) -> int:
        """How many files are best on their way at once."""
        return _DISK_IN_FLIGHT if self.url.startswith("file:") else IN_FLIGHT

    def check(self, *, make: bool) -> None:
        """Look whether the bucket is a remote; make an empty one into one if asked.

        Raises:
            NotFound: it is none.
            Invalid: it holds something else.
            Unsupported: a newer Lineal made it.
        """
        with suppress(NotFound):
            format_.decode_remote(self.bucket.get(format_.MARKER), f"{self.url}/{format_.MARKER}")
            return
        if not make:
            raise NotFound(f"{self.url} is no remote of Lineal", hint="check the address; lineal data push makes one")
        if next(self.bucket.list(), None) is not None:
            raise Invalid(
                f"{self.url} holds something, and is no remote of Lineal", hint="name an empty place, or one below it"
            )
        said = format_.Remote(format=format_.FORMAT, created_at=self._clock.now())
        self.bucket.put(format_.MARKER, format_.encode(said))

    def present(self, kind: Kind, wanted: dict[Digest, int]) -> dict[Digest, str]:
        """Return those of ``wanted``, by digest and size, that are there in full; asked now, never remembered.

        With each the store's id of these bytes, where it keeps versions and tells it.
        """
        if len(wanted) > _LISTED_RATHER_THAN_ASKED:
            listed = self.bucket.list(format_.PLACES[kind])
            found = [(format_.digest_of_key(kind, each.key), each) for each in listed]
        else:
            keys = (format_.bytes_key(kind, each) for each in wanted)
            with ThreadPoolExecutor(IN_FLIGHT) as pool:
                held = zip(wanted, pool.map(self.bucket.head, keys), strict=True)
                found = [(digest, each) for digest, each in held if each]
        return {digest: each.version for digest, each in found if wanted.get(digest) == each.size_bytes}

    def holdings(self, line: str = "") -> list[Key]:
        """Return the keys of the holdings of one line, or of all, newest last."""
        prefix = f"{format_.HOLDINGS}{line}/" if line else format_.HOLDINGS
        found = (format_.key_of_holding(each.key) for each in self.bucket.list(prefix))
        return sorted((each for each in found if each and line in {"", each.line}), key=lambda each: each.number)

    def holding(self, key: Key) -> Holding:
        """Return one holding. Raises NotFound, Corrupt, Unsupported."""
        name = format_.holding_key(key.line, key.number, key.tree, key.repository)
        return format_.decode_holding(self.bucket.get(name), f"{self.url}/{name}")

    def hold(self, line: str, value: Holding) -> None:
        """Say that everything that ``value`` names is there."""
        key = format_.holding_key(line, value.number, value.tree, value.repository)
        self.bucket.put(key, format_.encode(value))

    @contextmanager
    def writing(self, by: str) -> Iterator[None]:
        """Be seen as a writer in the block, so that nobody removes what it relies on.

        Raises:
            Conflict: somebody removes at this moment.
        """
        with self._sign(format_.WRITING, by):
            if others := self._signs(format_.COLLECTING):
                raise self._at_work(others, "removes unused bytes of")
            yield

    @contextmanager
    def collecting(self, by: str) -> Iterator[None]:
        """Be seen as one who removes in the block.

        Raises:
            Conflict: somebody writes at this moment, or removes too.
        """
        with self._sign(format_.COLLECTING, by) as own:
            others = [*self._signs(format_.WRITING), *self._signs(format_.COLLECTING, but=own)]
            if others:
                raise self._at_work(others, "is at work in")
            yield

    def _at_work(self, others: list[tuple[str, Sign]], what: str) -> Conflict:
        """Return the error for somebody who is seen at work; one who was killed is seen until the sign expires."""
        key, sign = others[0]
        began, ends = (
            f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC" for at in (sign.started_at, sign.expires_at)
        )
        return Conflict(
            f"{sign.by} {what} {self.url} since {began}",
            hint=f"try again when it is done; if it was cut off, delete {self.url}/{key}, which counts until {ends}",
        )

    @contextmanager
    def _sign(self, prefix: str, by: str) -> Iterator[str]:
        key = f"{prefix}{self.repository}-{os.urandom(8).hex()}.json"
        now = self._clock.now()
        is_there = True
        try:
            try:
                self.bucket.put(key, format_.encode(Sign(by=by, started_at=now, expires_at=now + _SIGN_MS)))
            except LinealError:
                is_there = False  # unlike when somebody ends this process just now
                raise
            yield key
        finally:
            if is_there:
                with suppress(LinealError):  # it expires by itself
                    self.bucket.delete((key,))

    def _signs(self, prefix: str, *, but: str = "") -> list[tuple[str, Sign]]:
        """Return the signs that count, each with its key."""
        found = list[tuple[str, Sign]]()
        for each in self.bucket.list(prefix):
            with suppress(LinealError):  # it went away, or somebody else's rubbish
                if each.key != but:
                    found.append((each.key, format_.decode_sign(self.bucket.get(each.key), each.key)))
        return [(key, each) for key, each in found if each.expires_at > self._clock.now()]
