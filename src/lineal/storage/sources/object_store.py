"""Objects in S3, Google Cloud Storage and Azure: one by its key, or all below a prefix."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

import msgspec

from lineal.formats import listing
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Invalid, NotFound
from lineal.objects.files import Entry
from lineal.objects.sources import ListedObject, ObjectSource, PrefixSource
from lineal.storage.clock import SystemClock
from lineal.storage.sources.addresses import parse
from lineal.storage.sources.bucket import Found, SourceBucket, check_endpoint
from lineal.storage.sources.source import (
    Asked,
    Finding,
    Pinned,
    Read,
    SourceFile,
    Surroundings,
    read_pieces,
    refusal,
    side_by_side,
)

_ASKED_AT_ONCE, _READ_AT_ONCE = 32, 8

Known = ObjectSource | ListedObject
"""What was written down of an object."""


class ObjectStores:
    """Reaches objects and prefixes.

    Args:
        surroundings: the environment's variables name the server and hold the keys.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def pin(self, asked: Asked, read: Read | None = None) -> Pinned:
        """Return the object at an address, or everything below one that ends in a slash."""
        address = parse(asked.uri)
        bucket = self._bucket(address.scheme, address.host)
        if not address.path or address.path.endswith("/"):
            return self._pin_prefix(bucket, asked, address.path, read)
        return self._pin_object(bucket, asked, address.path, read)

    def check(self, source: ObjectSource | PrefixSource) -> Finding:
        """Return whether the object, or everything below the prefix, is still what it was."""
        if isinstance(source, PrefixSource):
            return self._check_prefix(source)
        bucket, key = self._place(source)
        return _check_object(bucket, key, source)

    def files(self, source: ObjectSource | PrefixSource) -> Iterator[SourceFile]:
        """Yield the object, or every object below the prefix, by version where the store keeps versions."""
        bucket, key = self._place(source)
        if isinstance(source, ObjectSource):
            pieces = partial(_pieces, bucket, key, source, source)
            yield SourceFile(PurePosixPath(key).name, pieces, source.size_bytes, source.digest)
            return
        for each in listing.decode_lines(self._surroundings.blob(source.objects)):
            pieces = partial(_pieces, bucket, key + each.key, each, source)
            yield SourceFile(each.key, pieces, each.size_bytes, each.digest)

    def _bucket(self, scheme: str, name: str) -> SourceBucket:
        return SourceBucket(scheme, name, self._surroundings.variables)

    def _place(self, source: ObjectSource | PrefixSource) -> tuple[SourceBucket, str]:
        address = parse(source.uri)
        bucket = self._bucket(address.scheme, address.host)
        check_endpoint(source.uri, source.endpoint, bucket.endpoint)
        return bucket, address.path

    def _pin_object(self, bucket: SourceBucket, asked: Asked, key: str, read: Read | None) -> Pinned:
        found = bucket.head(key, asked.at)
        if found is None:
            raise _missing(bucket, asked, key)
        source = ObjectSource(
            uri=f"{bucket.url}/{key}",
            size_bytes=found.size_bytes,
            version=found.version,
            etag=found.etag,
            modified_at=None if found.version or found.etag else found.modified_at,
            endpoint=bucket.endpoint,
        )
        name, entries = PurePosixPath(key).name, list[Entry]()
        if read:
            file = SourceFile(name, partial(_pieces, bucket, key, source, source), found.size_bytes)
            digest, size_bytes = read(read_pieces(file, source))
            entries.append(Entry(path=name, digest=digest, size_bytes=size_bytes))
            source = msgspec.structs.replace(source, digest=digest)
        return Pinned(source, PurePosixPath(name).stem, SystemClock().now(), entries=tuple(entries))

    def _pin_prefix(self, bucket: SourceBucket, asked: Asked, prefix: str, read: Read | None) -> Pinned:
        if asked.at:
            raise Invalid("many objects have no common version", hint="leave out --at, or name one object")
        listed = _with_versions(bucket, list(_below(bucket, prefix)), prefix)
        if not listed:
            raise NotFound(f"there is nothing below {bucket.url}/{prefix}", hint="check the address")
        source = PrefixSource(
            uri=f"{bucket.url}/{prefix}",
            objects=digest_of(listing.encode(listed)),
            object_count=len(listed),
            size_bytes=sum(each.size_bytes for each in listed),
            endpoint=bucket.endpoint,
        )
        entries: tuple[Entry, ...] = ()
        if read:
            entries = tuple(side_by_side(partial(_read, bucket, prefix, source, read), listed, at_once=_READ_AT_ONCE))
            listed = [
                msgspec.structs.replace(each, digest=entry.digest) for each, entry in zip(listed, entries, strict=True)
            ]
            source = msgspec.structs.replace(source, objects=digest_of(listing.encode(listed)))
        name = PurePosixPath(prefix).name or bucket.url.partition("://")[2]
        return Pinned(source, name, SystemClock().now(), entries=entries, listing=listing.encode(listed))

    def _check_prefix(self, source: PrefixSource) -> Finding:
        bucket, prefix = self._place(source)
        now = {each.key: each for each in _below(bucket, prefix)}
        if not now:
            return Finding("gone", "there is nothing below it any more")
        known, lost, differing, removed = 0, 0, 0, 0
        for each in listing.decode_lines(self._surroundings.blob(source.objects)):
            known += 1
            found = now.pop(each.key, None)
            if found and (found.etag, found.size_bytes) == (each.etag, each.size_bytes):
                continue
            differing, removed = differing + bool(found), removed + (not found)
            lost += not (each.version and bucket.head(prefix + each.key, each.version))
        counts = ((differing, "changed"), (removed, "removed"), (len(now), "added"))
        said = ", ".join(f"{count} {word}" for count, word in counts if count)
        if not said:
            return Finding("unchanged", f"all {known} objects are what they were")
        if lost:
            return Finding("changed", f"of {known} objects: {said}; {lost} cannot be had as they were")
        return Finding("superseded", f"of {known} objects: {said}; the store still has them as they were")


def _check_object(bucket: SourceBucket, key: str, known: Known) -> Finding:
    now = bucket.head(key)
    if now and _is_same(now, known):
        return Finding("unchanged", "it is what it was")
    said = _difference(now, known) if now else "the object was deleted"
    if known.version and bucket.head(key, known.version):
        return Finding("superseded", f"{said}; the store still has version {known.version}")
    kept = f"version {known.version} is gone too" if known.version else "the store keeps no older version"
    return Finding("changed" if now else "gone", f"{said}; {kept}")


def _is_same(found: Found, known: Known) -> bool:
    """Tell whether what is found is what was known: by ETag, else by version, else by time; and by size."""
    if found.size_bytes != known.size_bytes:
        return False
    if known.etag:
        return found.etag == known.etag
    if known.version:
        return found.version == known.version
    return found.modified_at == getattr(known, "modified_at", None)


def _difference(found: Found, known: Known) -> str:
    if found.size_bytes != known.size_bytes:
        return f"the object has {found.size_bytes} bytes now, not {known.size_bytes}"
    if known.etag:
        return f"the object has ETag {found.etag} now, not {known.etag}"
    return "the object was written again"


def _pieces(bucket: SourceBucket, key: str, known: Known, source: ObjectSource | PrefixSource) -> Iterator[bytes]:
    """Yield the bytes of an object as it was pinned. Raises Conflict, NotFound."""
    try:
        found, pieces = bucket.open(key, known.version)
    except NotFound:
        raise refusal(_check_object(bucket, key, known), source) from None
    if not _is_same(found, known):
        raise refusal(Finding("changed", f"{key}: {_difference(found, known)}"), source)
    yield from pieces


def _below(bucket: SourceBucket, prefix: str) -> Iterator[ListedObject]:
    """Yield every object below ``prefix`` by its path there."""
    for found in bucket.list(prefix.rstrip("/")):
        # Consoles mark a folder by an empty object "folder/", which the library lists as "folder".
        if not found.key.startswith(prefix) or not (found.size_bytes or bucket.head(found.key)):
            continue
        key = found.key.removeprefix(prefix)
        if {"", ".", ".."} & set(key.split("/")):
            raise Invalid(f"the key {found.key!r} cannot be a path", hint="refer to a prefix without it")
        yield ListedObject(key=key, size_bytes=found.size_bytes, etag=found.etag, version=found.version)


def _with_versions(bucket: SourceBucket, listed: list[ListedObject], prefix: str) -> list[ListedObject]:
    """Return the objects sorted by key, each with its version when the bucket keeps versions: lists do not tell."""
    listed.sort(key=lambda each: each.key)
    first = bucket.head(prefix + listed[0].key) if listed else None
    if first is None or not first.version or listed[0].version:
        return listed

    def versioned(each: ListedObject) -> ListedObject:
        found = bucket.head(prefix + each.key)
        if found is None or not _is_same(found, each):
            raise Conflict(f"{bucket.url}/{prefix}{each.key} changed while it was pinned", hint="try again")
        return msgspec.structs.replace(each, version=found.version)

    return list(side_by_side(versioned, listed, at_once=_ASKED_AT_ONCE))


def _read(bucket: SourceBucket, prefix: str, source: PrefixSource, read: Read, each: ListedObject) -> Entry:
    file = SourceFile(each.key, partial(_pieces, bucket, prefix + each.key, each, source), each.size_bytes)
    digest, size_bytes = read(read_pieces(file, source))
    return Entry(path=each.key, digest=digest, size_bytes=size_bytes)


def _missing(bucket: SourceBucket, asked: Asked, key: str) -> NotFound:
    if asked.at and bucket.head(key):
        return NotFound(f"{bucket.url}/{key} has no version {asked.at}", hint="leave out --at for the newest")
    if next(bucket.list(key), None):
        return NotFound(
            f"there is no object {bucket.url}/{key}", hint=f"{bucket.url}/{key}/ means all that is below it"
        )
    return NotFound(f"there is no object {bucket.url}/{key}", hint="check the address")
