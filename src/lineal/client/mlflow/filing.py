"""Bring the files of runs and models into the store, and name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from lineal.client.mlflow.bringing import Bringing, batched, state_of
from lineal.formats.mlflow.records import LoggedModelRecord, RunRecord, VersionRecord
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, Denied, Invalid, NotFound
from lineal.objects.files import Entry, Tree
from lineal.objects.ulid import ulid_of
from lineal.operations.tracking_imports import Held
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore, Bundle
from lineal.storage.mlflow.source import Found, Source
from lineal.storage.progress import Progress

_FILES_AT_ONCE = 500
_DOWNLOADS = 4

_LOST = (NotFound, Conflict, Corrupt, Denied, Invalid, OSError)
"""What is said of files that cannot be had; a server that cannot be reached at all ends the import."""


def bring_files(
    bringing: Bringing, source: Source, owner: RunRecord | LoggedModelRecord, called: str, progress: Progress
) -> bool:
    """Bring the files of a run or a logged model; tell whether all of them are here.

    Args:
        bringing: the import.
        source: where they are.
        owner: whose they are.
        called: what people call that.
        progress: is told of each.
    """
    item = f"files:{owner.id}"
    is_model = isinstance(owner, LoggedModelRecord)
    subject = f"logged:{owner.id}" if is_model else ulid_of(owner.id)
    try:
        found = list(source.files(owner))
        state = state_of([(each.path, each.size_bytes) for each in found])
        bringing.there["files"] += len(found)
        if bringing.state(item) == state and not _goes_on(owner):
            return True
        batches = list(batched(found, _FILES_AT_ONCE)) or [[]]
        for place, batch in enumerate(batches, 1):
            is_last = place == len(batches)
            bringing.repository.imports.files(
                subject=subject,
                files=tuple(_held(bringing.repository.blobs, batch, progress)),
                item=item if is_last else "",
                state=f"{state} {len(found)}" if is_last else "",
                seal=is_last and isinstance(owner, LoggedModelRecord) and owner.status == "READY",
            )
    except _LOST as error:
        bringing.leave_out(f"files of {called}", str(error) if isinstance(error, OSError) else error)
        return False
    if found and bringing.state(item) != state:
        bringing.add(item, f"{state} {len(found)}")
    return True


def are_here(bringing: Bringing, owner: RunRecord | LoggedModelRecord) -> bool:
    """Tell whether the files of one that did not change since need not be looked at; count them then."""
    item = f"files:{owner.id}"
    if not bringing.state(item) or _goes_on(owner):
        return False
    bringing.there["files"] += bringing.count(item)
    return True


def _goes_on(owner: RunRecord | LoggedModelRecord) -> bool:
    if isinstance(owner, RunRecord):
        return owner.ended_at is None and owner.deleted_at is None
    return owner.status == "PENDING"


def tree_of(bringing: Bringing, source: Source, version: VersionRecord, progress: Progress) -> Digest:
    """Bring the files of a version that are of no run, as a tree. Raises NotFound."""
    held = _held(bringing.repository.blobs, source.files(version), progress)
    entries = (Entry(path=each.path, digest=each.digest, size_bytes=each.size_bytes) for each in held)
    tree = Tree(entries=tuple(sorted(entries, key=lambda each: each.path)))
    if not tree.entries:
        raise NotFound(f"there is nothing at {version.place}", hint="--without-artifacts keeps its address alone")
    return bringing.repository.put_tree(tree)


def _held(blobs: BlobStore, found: Iterable[Found], progress: Progress) -> Iterator[Held]:
    """Store files, several at once where they come over a network."""
    with blobs.bundle() as bundle, ThreadPoolExecutor(_DOWNLOADS) as pool:
        waiting = []
        for each in found:
            progress.expect(1, each.size_bytes)
            if each.local:
                yield _stored(blobs, bundle, each)
                progress.advance(1, each.size_bytes)
            else:
                waiting.append((each, pool.submit(_streamed, blobs, each)))
        for each, future in waiting:
            yield future.result()
            progress.advance(1, each.size_bytes)


def _stored(blobs: BlobStore, bundle: Bundle, found: Found) -> Held:
    assert found.local  # noqa: S101 - the caller asked
    if found.size_bytes >= SMALL_BYTES:
        return Held(found.path, *blobs.put_file(found.local))
    data = found.local.read_bytes()
    digest = digest_of(data)
    bundle.put(digest, data)
    return Held(found.path, digest, len(data))


def _streamed(blobs: BlobStore, found: Found) -> Held:
    assert found.pieces  # noqa: S101 - it is on this machine, or comes in pieces
    return Held(found.path, *blobs.put_stream(found.pieces()))
