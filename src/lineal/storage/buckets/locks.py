"""S3's object lock: a legal hold, and a time before which nobody may delete one version of an object.

Nothing of ours depends on it: it is one more lock, that holds even against who has our credentials.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import Literal

from lineal.objects.errors import Denied, Unavailable
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.objectstore import ObjectStoreBucket
from lineal.storage.buckets.s3_requests import S3Requests, Said
from lineal.storage.buckets.wrappers import innermost

Mode = Literal["governance", "compliance"]

_UNTIL = re.compile(r"<RetainUntilDate>([^<]+)</RetainUntilDate>")
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_NO_RIGHT = frozenset((401, 403, 405, 501))


class ObjectLock:
    """Locks objects of a bucket.

    Args:
        requests: asks the bucket.
        prefix: what every key is put behind there.
        url: where it is.
    """

    def __init__(self, requests: S3Requests, prefix: str, url: str) -> None:
        self._requests = requests
        self._prefix = prefix
        self._url = url

    @classmethod
    def of(cls, bucket: Bucket) -> ObjectLock | str:
        """Return what locks objects of a bucket, or why nothing does. Raises Unavailable."""
        inner = innermost(bucket)
        if not isinstance(inner, ObjectStoreBucket) or type(inner.store).__name__ != "S3Store":
            return "this kind of remote locks no objects"
        requests = S3Requests.of(inner.store)  # type: ignore[arg-type]  # its name was asked
        if requests is None:
            return "the keys are not known here, without which nothing can be locked"
        said = requests.ask("GET", query={"object-lock": ""})
        if said.status in _NO_RIGHT:
            return "we may not ask whether its objects are locked"
        if "<ObjectLockEnabled>Enabled" not in said.body:
            return "the bucket locks no objects"
        return cls(requests, inner.prefix, inner.url)

    def hold(self, key: str, version: str, *, on: bool) -> bool:
        """Place a legal hold on a version of an object, or lift it; tell whether that changed anything. Raises Denied."""
        said = self._ask("GET", key, version, "legal-hold")
        if ("<Status>ON</Status>" in said.body) == on:
            return False
        self._put(
            key, version, "legal-hold", f"<LegalHold {_NAMESPACE}><Status>{'ON' if on else 'OFF'}</Status></LegalHold>"
        )
        return True

    def retain(self, key: str, version: str, mode: Mode, until: int) -> bool:
        """See that a version of an object is kept until a time, at least; tell whether that changed anything. Raises Denied.

        Args:
            key: which object.
            version: which version of it; empty for the newest.
            mode: ``governance`` may be ended by who has a right for that, ``compliance`` by nobody.
            until: in milliseconds since 1970.
        """
        known = _UNTIL.search(self._ask("GET", key, version, "retention").body)
        if known and datetime.fromisoformat(known[1]).timestamp() * 1_000 >= until - 1_000:
            return False
        time = datetime.fromtimestamp(until / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._put(
            key,
            version,
            "retention",
            f"<Retention {_NAMESPACE}><Mode>{mode.upper()}</Mode><RetainUntilDate>{time}</RetainUntilDate></Retention>",
        )
        return True

    def _put(self, key: str, version: str, what: str, text: str) -> None:
        body = text.encode()
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        said = self._ask("PUT", key, version, what, {"content-md5": digest, "content-type": "application/xml"}, body)
        if said.status >= 400:
            why = re.search(r"<Code>(\w+)</Code>", said.body)
            error = Denied if said.status in _NO_RIGHT else Unavailable
            raise error(
                f"{self._url} does not set the {what} of {key}: {why[1] if why else f'HTTP {said.status}'}",
                hint="it needs the rights s3:PutObjectRetention and s3:PutObjectLegalHold",
            )

    def _ask(
        self,
        method: str,
        key: str,
        version: str,
        what: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Said:
        query = {what: "", **({"versionId": version} if version else {})}
        return self._requests.ask(method, self._prefix + key, query, headers, body)
