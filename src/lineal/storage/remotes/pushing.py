"""Send the bytes of a tree to a remote: only what is missing there, several files at once, the holding last."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from lineal.formats import holding as format_
from lineal.formats.holding import Holding, Key, Kind
from lineal.objects.chains import CHAINED_BYTES, Chain
from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError, Unavailable
from lineal.storage.blobs import reading
from lineal.storage.blobs.carrying import Carriers
from lineal.storage.blobs.chained import ChainHasher, hasher_of
from lineal.storage.blobs.copying import copy_hashed
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.progress import Progress
from lineal.storage.remotes.planning import Plan
from lineal.storage.remotes.remote import Remote


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
    with _Senders(blobs, remote, progress) as senders:
        plan = Plan(blobs, value.tree, meet=senders.begin)
        versions, todo = dict[Digest, str](), list[_Sending]()
        for kind, wanted, path_of in _places(blobs, plan):
            versions.update(present := remote.present(kind, wanted))
            todo += (_Sending(kind, each, path_of(each), size) for each, size in wanted.items() if each not in present)
        size_bytes = sum(each.size_bytes for each in todo)
        progress.expect(len(todo), size_bytes)
        versions.update(senders.send(todo))
    _say(remote, line, value, plan, versions, senders.chains)
    return Sent(len(todo), size_bytes, len(plan.packs) + len(plan.blobs) - len(todo))


def _places(blobs: PackedBlobs, plan: Plan) -> Iterator[tuple[Kind, dict[Digest, int], Callable[[Digest], Path]]]:
    yield "pack", plan.packs, blobs.packs.path
    yield "blob", plan.blobs, blobs.files.path


class _NotNeeded(Exception):
    """What was copied ahead is not to be sent after all."""


class _Senders:
    """Threads that send files, each checked before others rely on it.

    To a directory, packs are copied as soon as they are likely to be sent; they get their names once that is certain.

    Args:
        blobs: where the files are.
        remote: where they go.
        progress: is told how far it is.
    """

    def __init__(self, blobs: PackedBlobs, remote: Remote, progress: Progress) -> None:
        self._blobs = blobs
        self._remote = remote
        self._progress = progress
        self.chains: dict[Digest, Chain] = {}
        self._cores = threading.Semaphore(os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(remote.in_flight, "lineal-push")
        self._carriers = Carriers()
        self._begun: dict[Digest, Future[tuple[Digest, str]]] = {}
        self._are_decided = threading.Event()
        self._needed: frozenset[Digest] = frozenset()

    def begin(self, name: Digest, size_bytes: int) -> None:
        """Copy a pack that is likely to be sent, if nobody has to wait for its thread."""
        bucket = self._remote.bucket
        if len(self._begun) >= self._remote.in_flight or name in self._begun or not isinstance(bucket, DirectoryBucket):
            return
        held = bucket.head(format_.bytes_key("pack", name))
        if not (held and held.size_bytes == size_bytes):
            sending = _Sending("pack", name, self._blobs.packs.path(name), size_bytes)
            self._carriers.expect(size_bytes)
            self._begun[name] = self._pool.submit(self._send, sending)

    def send(self, todo: list[_Sending]) -> list[tuple[Digest, str]]:
        """Send all of these; return their digests with the store's ids of their bytes. Raises Corrupt, Unavailable."""
        self._needed = frozenset(each.digest for each in todo)
        self._are_decided.set()
        running = [self._begun.get(each.digest) or self._pool.submit(self._send, each) for each in todo]
        return [each.result() for each in running]

    def _send(self, each: _Sending) -> tuple[Digest, str]:
        key, bucket = format_.bytes_key(each.kind, each.digest), self._remote.bucket
        passed = partial(self._progress.advance, 0)
        if each.kind == "blob":
            self._blobs.own(each.digest)  # nobody may write to it on its way
        if isinstance(bucket, DirectoryBucket):
            copying = self._copy_pack if each.kind == "pack" else self._copy_blob
            held = bucket.put_copied(key, each.path, lambda source, target: copying(each, source, target, passed))
        else:
            self._check(each)
            held = bucket.put_file(key, each.path, progress=passed)
        if held.size_bytes != each.size_bytes:
            raise Unavailable(
                f"{self._remote.url} took {held.size_bytes} of {each.size_bytes} bytes of {each.digest}",
                hint="push again",
            )
        self._progress.advance(1, 0)
        return each.digest, held.version

    def _copy_pack(self, each: _Sending, source: int, target: int, passed: Callable[[int], None]) -> None:
        self._carriers.copy(self._blobs.packs.table(each.digest), source, target, passed)
        os.fsync(target)  # while others are still copied
        self._are_decided.wait()
        if each.digest not in self._needed:
            raise _NotNeeded

    def _copy_blob(self, each: _Sending, source: int, target: int, passed: Callable[[int], None]) -> None:
        # Through the cache: who pushes to a directory often pulls from it next, on this machine or the one that has the disk.
        hasher = copy_hashed(source, target, passed, kept=True, hasher=hasher_of(each.size_bytes))
        if hasher.digest != each.digest:
            raise reading.corrupt(each.digest, hasher.digest, str(each.path))
        if isinstance(hasher, ChainHasher) and (chain := hasher.chain):
            self.chains[each.digest] = chain

    def _check(self, each: _Sending) -> None:
        with self._cores:  # hashing needs a core, sending only patience
            if each.kind == "pack":
                self._blobs.packs.check(each.digest)
            else:
                for _ in self._blobs.files.open(each.digest):
                    pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._are_decided.set()  # nothing more is needed, when that was never found out
        self._pool.shutdown(cancel_futures=True)
        self._carriers.__exit__()


def _say(
    remote: Remote, line: str, value: Holding, plan: Plan, versions: dict[Digest, str], chains: dict[Digest, Chain]
) -> None:
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
        chains=_chains(remote, line, plan, before, chains),
    )
    if before and msgspec.structs.replace(before, written_at=said.written_at) == said:
        return
    remote.hold(line, said)


def _chains(
    remote: Remote, line: str, plan: Plan, before: Holding | None, made: dict[Digest, Chain]
) -> dict[Digest, Chain]:
    """Return the chains of what is needed: those that were just made, and those that an earlier holding tells."""
    known = {**(before.chains if before else {}), **made}
    needed = {each for each, size in plan.blobs.items() if size >= CHAINED_BYTES}
    if needed - known.keys() and not before:
        with suppress(LinealError):
            for key in remote.holdings(line)[-1:]:
                known = {**remote.holding(key).chains, **known}
    return {each: known[each] for each in sorted(needed & known.keys())}
