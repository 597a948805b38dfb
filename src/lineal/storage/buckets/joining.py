"""Objects that S3 puts together from others by itself, so that no bytes pass by here. obstore has no call for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from lineal.objects.errors import Denied, LinealError, Unavailable
from lineal.storage.buckets.bucket import Held
from lineal.storage.buckets.objectstore import ObjectStoreBucket
from lineal.storage.buckets.s3_requests import S3Requests, Said

if TYPE_CHECKING:
    from obstore.store import S3Store

PART_MIN_BYTES = 5 << 20
"""No part may be smaller but the last."""

_AT_ONCE = 8
_UPLOAD = re.compile(r"<UploadId>([^<]+)</UploadId>")
_DONE = re.compile(r"<(CompleteMultipartUploadResult)\b")
"""Ceph leaves out the ETag there."""

_ETAG = re.compile(r"<ETag>(?:&quot;|&#34;|\")?([^<&\"]+)")


class Joining:
    """What joins objects of one bucket.

    Args:
        bucket: which; on S3.
    """

    def __init__(self, bucket: ObjectStoreBucket) -> None:
        self._bucket = bucket
        self._requests = S3Requests.of(cast("S3Store", bucket.store))

    def can(self, parts: Sequence[Held]) -> bool:
        """Tell whether these can be joined, and by us: keys that come from elsewhere now and then sign nothing here."""
        return self._requests is not None and all(each.size_bytes >= PART_MIN_BYTES for each in parts[:-1])

    def join(self, key: str, parts: Sequence[Held]) -> None:
        """Make an object of others. It is there whole or not at all.

        Args:
            key: where it goes.
            parts: what it is made of, in this order; each must still have its ETag, which is the MD5 of its bytes.

        Raises:
            Denied: nobody here can sign that.
            Unavailable: the store did not do it, or a part is not what it was.
        """
        upload = self._found(_UPLOAD, self._ask("POST", key, {"uploads": ""}))
        try:
            with ThreadPoolExecutor(_AT_ONCE, "lineal-joined") as pool:
                copies = [pool.submit(self._copy, key, upload, *each) for each in enumerate(parts, 1)]
                etags = [each.result() for each in copies]
            listed = "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
                for number, etag in enumerate(etags, 1)
            )
            body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
            self._found(_DONE, self._ask("POST", key, {"uploadId": upload}, body=body))
        except BaseException:
            with suppress(LinealError):  # a rule of the bucket ends it some day
                self._ask("DELETE", key, {"uploadId": upload})
            raise

    def _copy(self, key: str, upload: str, number: int, part: Held) -> str:
        bucket = str(cast("S3Store", self._bucket.store).config["bucket"])
        source = {"x-amz-copy-source": quote(f"/{bucket}/{self._bucket.prefix}{part.key}", safe="/-_.~")}
        said = self._ask("PUT", key, {"partNumber": str(number), "uploadId": upload}, source)
        if (etag := self._found(_ETAG, said)) != part.etag:
            raise Unavailable(f"{part.key} was replaced while it was copied", hint="send it again")
        return etag

    def _ask(
        self, method: str, key: str, query: dict[str, str], headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Said:
        if not self._requests:
            raise Denied(f"the keys of {self._bucket.url} are not known here", hint="send the objects instead")
        return self._requests.ask(method, self._bucket.prefix + key, query, headers, body)

    def _found(self, wanted: re.Pattern[str], said: Said) -> str:
        """Return what an answer says. An error may come with the status of a success."""
        if said.status >= 400 or "<Error>" in said.body or not (found := wanted.search(said.body)):
            why = re.search(r"<Code>(\w+)</Code>", said.body)
            raise Unavailable(
                f"{self._bucket.url} does not join objects: {why[1] if why else f'HTTP {said.status}'}",
                hint="lineal doctor tells what this store can do",
            )
        return found[1]
