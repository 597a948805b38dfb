"""Objects by key in S3, Google Cloud Storage and Azure, as sources need them: by version, and in a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import obstore
from obstore.exceptions import InvalidPathError

from lineal.objects.errors import Invalid
from lineal.storage.blobs.blobs import PIECE_BYTES
from lineal.storage.buckets import failures
from lineal.storage.buckets.objectstore import ObjectStoreBucket
from lineal.storage.buckets.opening import credentials_hint, open_bucket
from lineal.storage.buckets.wrappers import Forwarding
from lineal.storage.sources.addresses import reason

if TYPE_CHECKING:
    from obstore import GetOptions

_ENDPOINTS: dict[str, tuple[str, ...]] = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT", "AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"),
}
"""The variables that tell which server a bucket's name belongs to, by scheme; the first that is set counts."""

_ANONYMOUS = {"s3": "AWS_SKIP_SIGNATURE", "gs": "GOOGLE_SKIP_SIGNATURE", "az": "AZURE_SKIP_SIGNATURE"}
"""The variable that says ``true`` where nobody need say who they are."""

_NO_VERSION = "null"
"""What S3 calls bytes that were written while a bucket kept no versions: the next such write replaces them."""


class Found(NamedTuple):
    """What a store says of an object."""

    key: str
    size_bytes: int
    etag: str
    version: str
    modified_at: int


class SourceBucket:
    """The objects of one bucket or container.

    Args:
        scheme: ``s3``, ``gs`` or ``az``.
        name: of the bucket.
        variables: the environment's; they name the server and hold the keys.
    """

    def __init__(self, scheme: str, name: str, variables: Mapping[str, str]) -> None:
        self.url = f"{scheme}://{name}"
        self._hint = credentials_hint(self.url)
        said = endpoint_of(scheme, variables)
        options = {"endpoint": said} if "://" in said else {}
        if variables.get(_ANONYMOUS[scheme], "").lower() in {"true", "1"}:
            options["anonymous"] = "true"
        self._store = _store_of(self.url, options)
        # A profile of Amazon's tools may name a server too.
        self.endpoint = said or str(self._store.config.get("endpoint", ""))

    def head(self, key: str, version: str = "") -> Found | None:
        """Return what is at ``key`` now, or what ``version`` of it is; None when there is no such thing."""
        with self._told(key):
            try:
                # A bare head cannot name a version.
                answer = obstore.get(self._store, key, options=_named(version, head=True))
                return _found(answer.meta)
            except FileNotFoundError:
                return None

    def open(self, key: str, version: str = "") -> tuple[Found, Iterator[bytes]]:
        """Return what is at ``key`` with its bytes. Raises NotFound."""
        with self._told(key):
            answer = obstore.get(self._store, key, options=_named(version))
            return _found(answer.meta), self._stream(key, answer.stream(min_chunk_size=PIECE_BYTES))

    def _stream(self, key: str, stream: Any) -> Iterator[bytes]:
        with self._told(key):
            for piece in stream:
                yield memoryview(piece)  # type: ignore[misc]

    def list(self, prefix: str) -> Iterator[Found]:
        """Yield every object below ``prefix``; versions are not told."""
        with self._told(prefix):
            for page in obstore.list(self._store, prefix or None):
                yield from map(_found, page)

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """Turn what the library raises into our errors."""
        with failures.told(self.url, key, self._hint):
            try:
                yield
            except (InvalidPathError, ValueError) as error:
                said = f"{self.url}/{key} is no key: {reason(error)}"
                raise Invalid(said, hint="a key has no empty part, '.' or '..'") from None


def _named(version: str, *, head: bool = False) -> GetOptions:
    options: GetOptions = {"head": head}
    if version:
        options["version"] = version  # the library takes no None here
    return options


def endpoint_of(scheme: str, variables: Mapping[str, str]) -> str:
    """Return the server that a bucket's name belongs to, where the environment names one."""
    said = (variables.get(each, "") for each in _ENDPOINTS.get(scheme, ()))
    return next((each.rstrip("/") for each in said if each), "")


def check_endpoint(place: str, pinned: str, now: str) -> None:
    """Raise Invalid when ``place`` was pinned at another server: our keys never go where only a source sends us."""
    if pinned != now:
        raise Invalid(
            f"{place} was pinned at {pinned or 'the default server'}, and here it would be asked for at"
            f" {now or 'the default server'}",
            hint="set the environment as it was then: AWS_ENDPOINT_URL, AZURE_STORAGE_ACCOUNT",
        )


def _store_of(url: str, options: Mapping[str, str]) -> Any:
    """Return the library's store for a bucket that is opened as every other."""
    bucket = open_bucket(url, options)
    while isinstance(bucket, Forwarding):
        bucket = bucket.inner
    assert isinstance(bucket, ObjectStoreBucket)  # noqa: S101 - what every scheme of a cloud opens
    return bucket.store


def _found(meta: Any) -> Found:
    modified: datetime = meta["last_modified"]
    version = meta["version"] or ""
    return Found(
        key=meta["path"],
        size_bytes=meta["size"],
        etag=meta["e_tag"] or "",
        version="" if version == _NO_VERSION else version,
        modified_at=round(modified.timestamp() * 1000),
    )
