"""Send the bytes of a tree to a remote: only what is missing there, several files at once, the holding last."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from lineal.formats import holding as format_
from lineal.formats.holding import Holding, Key, Kind
from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError, Unavailable
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.progress import Progress
from lineal.storage.remotes.planning import Plan
from lineal.storage.remotes.remote import Remote

_BEGUN_MAX = 64
"""So many packs, of 64 MiB each, are checked before it is certain that they are sent."""


class Sent(NamedTuple):
    """What a push did: files sent and their bytes, and how many were there already."""

    files: int
    size_bytes: int
    present: int


class _Sending(NamedTuple):
    """A pack or blob that the remote lacks, and the file it is in."""

    kind: Kind
    digest: Digest
    path: Path
    size_bytes: int


def push(blobs: PackedBlobs, remote: Remote, line: str, value: Holding, *, progress: Progress) -> Sent:
    """Make a remote hold a tree. What is there is asked for every time, so a push also mends a remote that lost something.

    Args:
        blobs: where the bytes are.
        remote: where they go; the caller is seen there as a writer.
        line: what the versions of this thing have in common.
        value: what to say of the tree; where its bytes are is filled in here.
        progress: is told how far it is.

    Raises:
        NotFound: the store does not hold all of the tree.
        Corrupt: a file here is damaged; it is not sent.
        Unavailable: the remote cannot be reached, or did not take everything.
    """
    with _Checks(blobs, remote) as checks:
        plan = Plan(blobs, value.tree, meet=checks.begin)
        return _send(blobs, remote, line, value, plan, checks, progress)


def _send(
    blobs: PackedBlobs, remote: Remote, line: str, value: Holding, plan: Plan, checks: _Checks, progress: Progress
) -> Sent:
    versions, todo = dict[Digest, str](), list[_Sending]()
    for kind, wanted, path_of in _places(blobs, plan):
        versions.update(present := remote.present(kind, wanted))
        todo += (_Sending(kind, each, path_of(each), size) for each, size in wanted.items() if each not in present)
    size_bytes = sum(each.size_bytes for each in todo)
    progress.expect(len(todo), size_bytes)

    def send(each: _Sending) -> tuple[Digest, str]:
        if each.kind == "blob":
            blobs.own(each.digest)  # nobody may write to it on its way
        checks.make(each.kind, each.digest)
        key = format_.bytes_key(each.kind, each.digest)
        held = remote.bucket.put_file(key, each.path, progress=lambda more: progress.advance(0, more))
        if held.size_bytes != each.size_bytes:
            raise Unavailable(
                f"{remote.url} took {held.size_bytes} of {each.size_bytes} bytes of {each.digest}", hint="push again"
            )
        progress.advance(1, 0)
        return each.digest, held.version

    with ThreadPoolExecutor(remote.in_flight, "lineal-push") as senders:
        versions.update(senders.map(send, todo))
    _say(remote, line, value, plan, versions)
    return Sent(len(todo), size_bytes, len(plan.packs) + len(plan.blobs) - len(todo))


def _places(blobs: PackedBlobs, plan: Plan) -> Iterator[tuple[Kind, dict[Digest, int], Callable[[Digest], Path]]]:
    yield "pack", plan.packs, blobs.packs.path
    yield "blob", plan.blobs, blobs.files.path


class _Checks:
    """Reads what is sent before others rely on it; packs are begun with while it is still found out what else is needed.

    Args:
        blobs: where it is.
        remote: what is there already need not be read.
    """

    def __init__(self, blobs: PackedBlobs, remote: Remote) -> None:
        self._blobs = blobs
        self._remote = remote
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1, "lineal-check")
        self._begun: dict[Digest, Future[bool]] = {}
        self._cores = threading.Semaphore(os.cpu_count() or 1)

    def begin(self, name: Digest, size_bytes: int) -> None:
        """Check a pack at leisure, if it is likely to be sent."""
        if name not in self._begun and len(self._begun) < _BEGUN_MAX:
            self._begun[name] = self._pool.submit(self._ahead, name, size_bytes)

    def _ahead(self, name: Digest, size_bytes: int) -> bool:
        held = self._remote.bucket.head(format_.bytes_key("pack", name))
        if held and held.size_bytes == size_bytes:
            return False
        self._check("pack", name)
        return True

    def make(self, kind: Kind, digest: Digest) -> None:
        """Have something checked. Raises Corrupt."""
        if not (digest in self._begun and self._begun[digest].result()):
            self._check(kind, digest)

    def _check(self, kind: Kind, digest: Digest) -> None:
        with self._cores:  # hashing needs a core, sending only patience
            if kind == "pack":
                self._blobs.packs.check(digest)
            else:
                for _ in self._blobs.files.open(digest):
                    pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def _say(remote: Remote, line: str, value: Holding, plan: Plan, versions: dict[Digest, str]) -> None:
    """Write the holding, last of all; one that says the same stays."""
    before: Holding | None = None
    with suppress(LinealError):
        before = remote.holding(Key(line, value.number, value.tree, value.repository))
        # A store that is listed rather than asked does not tell the versions of what was there already.
        versions = {each: version or before.versions.get(each, "") for each, version in versions.items()}
    said = msgspec.structs.replace(
        value,
        packs=tuple(sorted(plan.packs)),
        blobs=tuple(sorted(plan.blobs)),
        recipes=tuple(plan.recipes[each] for each in sorted(plan.recipes)),
        versions={each: version for each, version in versions.items() if version},
    )
    if before and msgspec.structs.replace(before, written_at=said.written_at) == said:
        return
    remote.hold(line, said)
