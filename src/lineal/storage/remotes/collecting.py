"""Let go of bytes in a remote that no holding names, whichever repository wrote it."""

from __future__ import annotations

from typing import NamedTuple, get_args

from lineal.formats import holding as format_
from lineal.formats.holding import Kind
from lineal.storage.buckets.directory import DirectoryBucket
from lineal.storage.buckets.ssh import SshBucket
from lineal.storage.buckets.wrappers import innermost
from lineal.storage.remotes.remote import Remote
from lineal.storage.remotes.staging import given_up

_DELETED_AT_ONCE = 1_000


class Removed(NamedTuple):
    """How many packs and blobs went, or would go, parts of uploads and files that crashes left half written; the bytes of all."""

    packs: int
    blobs: int
    temporary: int
    size_bytes: int


def collect(remote: Remote, *, before: int, given_up_before: int, delete: bool) -> Removed:
    """Remove what no holding names; the caller is seen in the remote as one who collects.

    Args:
        remote: where.
        before: only what was written before this time, in milliseconds since 1970.
        given_up_before: whoever sent something before this time, and nothing after it, sends no more.
        delete: really remove it.

    Raises:
        Corrupt: a holding cannot be read, so nobody knows what it needs; nothing is removed.
    """
    needed = set[str]()
    for key in remote.holdings():
        found = remote.holding(key)
        needed.update(format_.bytes_key("pack", each) for each in found.packs)
        needed.update(format_.bytes_key("blob", each) for each in found.blobs)
    counts: dict[str, int] = {}
    size_bytes, going = 0, list[str]()
    for kind in get_args(Kind):
        for held in remote.bucket.list(format_.PLACES[kind]):
            if held.key not in needed and held.modified_at < before:
                counts[kind] = counts.get(kind, 0) + 1
                size_bytes += held.size_bytes
                going.append(held.key)
    for held in given_up(remote.bucket, given_up_before):
        counts["upload"] = counts.get("upload", 0) + 1
        size_bytes += held.size_bytes
        going.append(held.key)
    for first in range(0, len(going) if delete else 0, _DELETED_AT_ONCE):
        remote.bucket.delete(going[first : first + _DELETED_AT_ONCE])
    inner = innermost(remote.bucket)
    # An object store ends unfinished uploads by a rule of its own.
    if isinstance(inner, DirectoryBucket | SshBucket):
        left = dict(inner.leftovers(before=before))
        size_bytes += sum(left.values())
        if delete:
            inner.let_go(left)
        counts["upload"] = counts.get("upload", 0) + len(left)
    return Removed(counts.get("pack", 0), counts.get("blob", 0), counts.get("upload", 0), size_bytes)
