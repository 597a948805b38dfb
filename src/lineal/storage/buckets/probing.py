"""Find out what a bucket can do, by doing it: first what Lineal needs, then what more the store enforces.

Nothing of ours depends on the second: it says how well stored bytes are guarded against everybody else.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, NamedTuple

from lineal.objects.errors import LinealError
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.objectstore import PART_BYTES

Answer = Literal["yes", "no", "unknown"]

_SMALL = 100
_LARGE_BYTES = 64 << 20
_SLOW_S = 2
"""A store that takes longer for one part is not asked to take many."""


class Finding(NamedTuple):
    """What one probe found. ``meaning`` says what it means for whoever keeps bytes there."""

    name: str
    answer: Answer
    meaning: str
    detail: str = ""


class Probe(NamedTuple):
    """A question to a bucket. ``ask`` returns the answer, with a detail or without; None when it cannot be asked."""

    name: str
    ask: Callable[[Bucket, str], tuple[bool | None, str] | bool | None]
    yes: str
    no: str


def carry_out(probes: Sequence[Probe], bucket: Bucket, folder: str) -> Iterator[Finding]:
    """Yield what each probe finds; one that fails has found that it does not work.

    Args:
        probes: what is asked.
        bucket: of what.
        folder: where keys may be made; it ends with a slash.
    """
    for each in probes:
        try:
            said = each.ask(bucket, folder)
        except LinealError as error:
            said = False, error.message
        answer, detail = said if isinstance(said, tuple) else (said, "")
        if answer is None:
            yield Finding(each.name, "unknown", "", detail)
        else:
            yield Finding(each.name, "yes" if answer else "no", each.yes if answer else each.no, detail)


def clean(bucket: Bucket, folder: str) -> None:
    """Remove what probes left below ``folder``."""
    bucket.delete(each.key for each in bucket.list(folder))


def _reach(bucket: Bucket, folder: str) -> bool:
    return not list(bucket.list(folder))


def _writes(bucket: Bucket, folder: str) -> bool:
    bucket.put(f"{folder}written", b"")
    return True


def _same_bytes(bucket: Bucket, folder: str) -> bool:
    data = os.urandom(10_000)
    bucket.put(f"{folder}bytes", data)
    return data == bucket.get(f"{folder}bytes")


def _newest_bytes(bucket: Bucket, folder: str) -> bool:
    for number in range(5):
        bucket.put(f"{folder}newest", str(number).encode())
        if bucket.get(f"{folder}newest") != str(number).encode():
            return False
    return True


def _ranges(bucket: Bucket, folder: str) -> bool:
    bucket.put(f"{folder}range", b"0123456789")
    return (b"345", b"89", b"") == tuple(
        bucket.get(f"{folder}range", start=a, size=b) for a, b in ((3, 3), (8, 9), (10, 1))
    )


def _parts(bucket: Bucket, folder: str) -> bool:
    with tempfile.TemporaryDirectory() as name:
        sent, got = Path(name, "sent"), Path(name, "got")
        sent.write_bytes(os.urandom(2 * PART_BYTES + 1))
        bucket.put_file(f"{folder}parts", sent)
        bucket.fetch(f"{folder}parts", got)
        return sent.read_bytes() == got.read_bytes()


def _lists(bucket: Bucket, folder: str) -> bool:
    keys = [f"{folder}list/{name}" for name in ("a-b", "a.b", "a/b", "a/c/d", "ab", *(f"b/{n:02}" for n in range(20)))]
    for key in reversed(keys):
        bucket.put(key, b"")
    return keys == [each.key for each in bucket.list(f"{folder}list/")]


def _deletes(bucket: Bucket, folder: str) -> bool:
    keys = [f"{folder}delete/{number}" for number in range(3)]
    for key in keys:
        bucket.put(key, b"")
    bucket.delete([*keys, f"{folder}delete/never-there"])
    return not any(bucket.head(key) for key in keys)


def _clock(bucket: Bucket, folder: str) -> tuple[bool, str]:
    before = time.time()
    bucket.put(f"{folder}clock", b"")
    held = bucket.head(f"{folder}clock")
    apart = abs(before - held.modified_at / 1000) if held else 0.0
    return apart < 60, f"{apart:.0f} s apart"


NEEDED: tuple[Probe, ...] = (
    Probe("it can be reached", _reach, "the address and who we are are right", "nothing can be stored there"),
    Probe(
        "it can be written",
        _writes,
        "what is pushed is stored",
        "nothing can be pushed there, and no more can be tried; what is there can be pulled",
    ),
    Probe("bytes come back as they were", _same_bytes, "what is stored can be read", "it damages what it is given"),
    Probe(
        "what was just written is read",
        _newest_bytes,
        "who pulls right after a push finds everything",
        "who pulls right after a push may find nothing; wait and try again",
    ),
    Probe(
        "parts of an object can be read", _ranges, "large files come in several streams", "large files cannot be pulled"
    ),
    Probe(
        "large files can be sent in parts", _parts, "large files go in several streams", "large files cannot be pushed"
    ),
    Probe("lists are complete and in order", _lists, "gc and verify see everything", "do not run gc on it"),
    Probe("deletes work", _deletes, "gc can make room", "gc cannot make room"),
    Probe(
        "its clock agrees with ours",
        _clock,
        "the grace period of gc is what it says",
        "mend the clock before gc, whose grace period counts from the store's times",
    ),
)
"""What Lineal needs of a bucket."""

FIRST = frozenset(each.name for each in NEEDED[:2])
"""Without these nothing else can be found out."""


def _small_speed(bucket: Bucket, folder: str) -> tuple[None, str]:
    began = time.perf_counter()
    bucket.put(f"{folder}speed/one", b"x" * 1_000)
    one = time.perf_counter() - began
    if one > _SLOW_S:
        return None, f"one object takes {one:.1f} s"
    began = time.perf_counter()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: bucket.put(f"{folder}speed/{number}", b"x" * 1_000), range(_SMALL)))
    return None, f"{_SMALL / (time.perf_counter() - began):.0f} small objects a second; one takes {one * 1000:.0f} ms"


def _large_speed(bucket: Bucket, folder: str) -> tuple[None, str]:
    with tempfile.TemporaryDirectory() as name:
        sent, got, key = Path(name, "sent"), Path(name, "got"), f"{folder}speed/large"
        size_bytes = PART_BYTES
        sent.write_bytes(os.urandom(size_bytes))
        up = _seconds(lambda: bucket.put_file(key, sent))
        if up < _SLOW_S:
            size_bytes = _LARGE_BYTES
            sent.write_bytes(os.urandom(size_bytes))
            up = _seconds(lambda: bucket.put_file(key, sent))
        down = _seconds(lambda: bucket.fetch(key, got))
    megabytes = size_bytes / 1e6
    return None, f"{megabytes / up:.0f} MB/s up, {megabytes / down:.0f} MB/s down, with {megabytes:.0f} MB"


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


SPEED: tuple[Probe, ...] = (
    Probe("small objects", _small_speed, "", ""),
    Probe("a large object", _large_speed, "", ""),
)
"""How fast it is: measured now, from here, while others may use it too."""
