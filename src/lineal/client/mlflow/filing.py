"""Bring the files of runs and models into the store, and name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from lineal.client.mlflow.bringing import Bringing, batched, state_of
from lineal.formats.mlflow.records import LoggedModelRecord, RunRecord, VersionRecord
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, Denied, Invalid, LinealError, NotFound
from lineal.objects.files import Entry, Tree
from lineal.objects.ulid import hexadecimal, ulid_of
from lineal.operations.migration.tracking_imports import ComingFiles, Held
from lineal.storage.blobs.blobs import SMALL_BYTES, BlobStore, Bundle
from lineal.storage.mlflow.source import Found, Source
from lineal.storage.progress import Progress

_FILES_AT_ONCE, _OWNERS_AT_ONCE = 500, 200
_DOWNLOADS = 4

_LOST = (NotFound, Conflict, Corrupt, Denied, Invalid, OSError)
"""What is said of files that cannot be had; a server that cannot be reached at all ends the import."""


class Filing:
    """Brings files, those of many owners in one request.

    Args:
        bringing: the import.
        source: where they are.
        progress: is told of each.
    """

    def __init__(self, bringing: Bringing, source: Source, progress: Progress) -> None:
        self._bringing = bringing
        self._source = source
        self._progress = progress
        self._waiting: list[ComingFiles] = []

    def bring(self, owner: RunRecord | LoggedModelRecord, called: str) -> None:
        """Bring the files of a run or a logged model, which people call so."""
        bringing, item = self._bringing, f"files:{owner.id}"
        subject = f"logged:{owner.id}" if isinstance(owner, LoggedModelRecord) else ulid_of(owner.id)
        is_ready = isinstance(owner, LoggedModelRecord) and owner.status == "READY"
        try:
            found = list(self._source.files(owner))
            state = state_of([(each.path, each.size_bytes) for each in found])
            bringing.there["files"] += len(found)
            bringing.filed[owner.id] = True
            if bringing.state(item) == state and not _goes_on(owner):
                return
            for batch in batched(found[:-1], _FILES_AT_ONCE):
                self._add(ComingFiles(subject=subject, files=tuple(self._held(batch))))
            if not bringing.filed[owner.id]:
                return  # a part of them was refused
            last = tuple(self._held(found[-1:]))
            self._add(ComingFiles(subject=subject, files=last, item=item, state=f"{state} {len(found)}", seal=is_ready))
        except _LOST as error:
            self._lose(subject, called, error)

    def _held(self, found: Iterable[Found]) -> Iterator[Held]:
        return held(self._bringing.repository.blobs, found, self._progress)

    def _add(self, coming: ComingFiles) -> None:
        self._waiting.append(coming)
        if len(self._waiting) >= _OWNERS_AT_ONCE or len(coming.files) >= _FILES_AT_ONCE:
            self.flush()

    def _lose(self, subject: str, called: str, error: Exception) -> None:
        # What waits of it must not say that all of it is here.
        self._waiting = [each for each in self._waiting if each.subject != subject]
        self._bringing.filed[_owner(subject)] = False
        self._bringing.leave_out(f"files of {called}", error if isinstance(error, LinealError) else str(error))

    def flush(self) -> None:
        """Have those named that wait."""
        imports, waiting, self._waiting = self._bringing.repository.imports, self._waiting, []
        came = self._bringing.send(
            lambda some: imports.files(owners=some), waiting, lambda coming: f"files of {_owner(coming.subject)}"
        )
        for each in came:
            if each.item and self._bringing.state(each.item) != each.state.partition(" ")[0]:
                self._bringing.add(each.item, each.state, is_new=bool(each.files))
        for each in waiting:
            if each not in came:
                self._bringing.filed[_owner(each.subject)] = False


def _owner(subject: str) -> str:
    """Return the id, as MLflow writes it, of whom a subject means."""
    return subject.removeprefix("logged:") if subject.startswith("logged:") else hexadecimal(subject)


def are_here(bringing: Bringing, owner: RunRecord | LoggedModelRecord) -> bool:
    """Tell whether the files of one that did not change since need not be looked at; count them then."""
    item = f"files:{owner.id}"
    if not bringing.state(item) or _goes_on(owner):
        return False
    bringing.there["files"] += bringing.count(item)
    bringing.filed[owner.id] = True
    return True


def _goes_on(owner: RunRecord | LoggedModelRecord) -> bool:
    if isinstance(owner, RunRecord):
        return owner.ended_at is None and owner.deleted_at is None
    return owner.status == "PENDING"


def tree_of(bringing: Bringing, source: Source, version: VersionRecord, progress: Progress) -> Digest:
    """Bring the files of a version that are of no run, as a tree. Raises NotFound."""
    found = held(bringing.repository.blobs, source.files(version), progress)
    entries = (Entry(path=each.path, digest=each.digest, size_bytes=each.size_bytes) for each in found)
    tree = Tree(entries=tuple(sorted(entries, key=lambda each: each.path)))
    if not tree.entries:
        raise NotFound(f"there is nothing at {version.place}", hint="--without-artifacts keeps its address alone")
    return bringing.repository.put_tree(tree)


def held(blobs: BlobStore, found: Iterable[Found], progress: Progress) -> Iterator[Held]:
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
