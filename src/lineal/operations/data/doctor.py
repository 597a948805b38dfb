"""Tell whether this repository and a remote are fit to keep bytes, by trying."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from lineal.objects.errors import Busy, LinealError, Unavailable
from lineal.operations.answers.upkeep import Diagnosis, Finding
from lineal.operations.data.remotes import bucket_of
from lineal.operations.operation import operation
from lineal.storage import disks
from lineal.storage.buckets import enforcing, probing
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.opening import is_encrypted
from lineal.storage.buckets.wrappers import Retrying
from lineal.storage.repository import on_disk
from lineal.storage.store import Store

_TIGHT_BYTES = 1 << 30
_TIGHT_SHARE = 0.05
_FAST_MS, _SLOW_MS = 0.05, 20
_APART_MS = 5_000

_KINDS = {"needed": probing.NEEDED, "enforced": enforcing.ENFORCED, "speed": probing.SPEED}


@operation("doctor", effect="examines")
def doctor(store: Store, remote: str = "") -> Diagnosis:
    """Tell whether this repository is well, and what a remote can do and enforces, by trying it.

    On a remote everything happens below doctor/ and is removed again; about 100 MB pass. A store that keeps older
    versions keeps these too.

    Args:
        remote: a remote's name, a URL or a directory; without it only the repository is examined.
    """
    findings = tuple(_here(store))
    if not remote:
        return Diagnosis(reference="", findings=findings)
    bucket = bucket_of(store, remote)
    if isinstance(bucket, Retrying):
        bucket = bucket.inner  # what works only at the second attempt is told
    return Diagnosis(reference=bucket.url, findings=(*findings, *_there(bucket)))


def _there(bucket: Bucket) -> Iterator[Finding]:
    folder = f"doctor/{os.urandom(8).hex()}/"
    try:
        for kind, probes in _KINDS.items():
            for each in probing.carry_out(probes, bucket, folder):
                is_needed = kind == "needed"
                yield Finding(kind=kind, is_needed=is_needed, **each._asdict())
                if is_needed and each.name in probing.FIRST and each.answer == "no":
                    return
            if kind == "needed":
                yield from _on_the_way(bucket)
    finally:
        # What could not be written cannot be removed either.
        with suppress(LinealError):
            probing.clean(bucket, folder)


def _on_the_way(bucket: Bucket) -> Iterator[Finding]:
    if (encrypted := is_encrypted(bucket)) is not None:
        yield Finding(
            kind="enforced",
            name="nobody listens on the way",
            answer="yes" if encrypted else "no",
            meaning="bytes and credentials travel encrypted" if encrypted else "use an https:// endpoint",
            is_needed=False,
        )


def _here(store: Store) -> Iterator[Finding]:
    writing = _writing(store)
    yield _database(store, is_written=writing.answer == "yes")
    yield writing
    yield _clock(store)
    if store.root is None:
        return
    try:
        disk = disks.examine(store.root)
    except LinealError as error:
        yield _said("the disk can be written", is_so=False, no=error.message, detail=error.hint)
        return
    free = disk.free_bytes / disk.size_bytes if disk.size_bytes else 0
    yield _said(
        "there is room on the disk",
        is_so=disk.free_bytes > _TIGHT_BYTES or free > _TIGHT_SHARE,
        no="the next large file may not fit; lineal gc makes room",
        yes="the next file fits",
        detail=f"{disk.free_bytes / 1e9:.1f} GB free, {free:.0%}",
    )
    yield _said(
        "files can share their blocks",
        is_so=disk.has_reflinks,
        yes="a copy in the workspace takes no room, and may be edited",
        no="a copy in the workspace takes its room, unless it was pulled and is large",
        is_needed=False,
    )
    yield _said(
        "files can have two names",
        is_so=disk.has_hard_links,
        yes="a large file that is pulled is written once, for the store and the workspace",
        no="every copy takes its room",
        is_needed=False,
    )
    yield from _shared(store)
    yield _said(
        "names that differ in capitals differ",
        is_so=disk.tells_capitals_apart,
        yes="datasets from Linux come out as they were",
        no="two files of a dataset may fall together",
        is_needed=False,
    )
    yield _said(
        "writes are safe when they say so",
        is_so=disk.sync_ms >= _FAST_MS,
        yes="a power cut loses nothing that has a name" if disk.sync_ms < _SLOW_MS else "safe, and slow",
        no="too fast to be true: a disk in memory, or one that does not wait; a power cut may lose what was just stored",
        detail=f"{disk.sync_ms:.2f} ms",
        is_needed=False,
    )


def _shared(store: Store) -> Iterator[Finding]:
    """Tell of files that the store shares with the workspace, where there are any."""
    blobs = on_disk(store)
    shared = blobs.shared.names() if blobs else []
    lost = [each for each in blobs.shared.edited() if not blobs.has((each,))] if blobs else []
    if blobs and (shared or lost):
        yield _said(
            "files shared with the workspace are what they were",
            is_so=not lost,
            yes="an edit in place costs the store its copy, which a remote has",
            no="the store lost its copy of what was edited in place; lineal repair fetches it from a remote",
            detail="; ".join(each.message for digest in lost[:1] if (each := blobs.shared.lost(digest)))
            or f"{len(shared)} files",
            is_needed=False,
        )


def _database(store: Store, *, is_written: bool) -> Finding:
    if store.database.dialect == "postgresql":
        version = store.database.run("SHOW server_version")[0]["server_version"]
        return _said(
            "the database is sound",
            is_so=True,
            yes="several machines may write at once",
            detail=f"PostgreSQL {version}",
        )
    mode, wrong = "", ""
    try:
        mode = store.database.run("PRAGMA journal_mode")[0]["journal_mode"]
        wrong = store.database.run("PRAGMA quick_check(1)")[0]["quick_check"]
    except LinealError as error:
        wrong = error.message
    if wrong != "ok":
        return _said(
            "the database is sound", is_so=False, no="restore it from a copy: lineal verify says more", detail=wrong
        )
    waits = "readers do not wait for a writer" if mode == "wal" else "a reader may wait for a writer"
    return _said(
        "the database is sound",
        is_so=True,
        yes=waits if is_written else "it can be read",
        detail=f"SQLite, {mode}" if is_written else "SQLite",
    )


def _writing(store: Store) -> Finding:
    name = "the database can be written"
    try:
        with store.writing():
            return _said(name, is_so=True, yes="what is done is journalled")
    except Busy as error:
        return _said(name, is_so=True, yes="others write just now", detail=error.message)
    except Unavailable as error:
        no = "it may only be read: nothing can be added here, nor is this examination journalled"
        return _said(name, is_so=False, no=no, detail=error.message)


def _clock(store: Store) -> Finding:
    """Compare the clock with the newest act, and with the database's own where that is another machine."""
    now = store.clock.now()
    newest = store.database.run(
        "SELECT max(at) AS at FROM journal WHERE sequence < (SELECT max(sequence) FROM journal)"
    )
    ahead = (newest[0]["at"] or 0) - now
    if store.database.dialect == "postgresql":
        theirs = store.database.run("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS at")[0][
            "at"
        ]
        ahead = max(ahead, abs(theirs - now))
    return _said(
        "the clock is right",
        is_so=ahead < _APART_MS,
        yes="the order of acts is the order of their times",
        no="acts were written in the future; set the clock",
        detail=f"{ahead / 1000:.0f} s apart" if ahead >= _APART_MS else "",
    )


def _said(name: str, *, is_so: bool, yes: str = "", no: str = "", detail: str = "", is_needed: bool = True) -> Finding:
    return Finding(
        kind="here",
        name=name,
        answer="yes" if is_so else "no",
        meaning=yes if is_so else no,
        detail=detail,
        is_needed=is_needed,
    )
