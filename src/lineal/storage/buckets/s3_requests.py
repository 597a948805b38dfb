"""Requests to S3 that obstore has no call for: probes, locks and joins make them, and nothing that is stored depends on them.

Signed by AWS Signature Version 4 (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from lineal.objects.errors import Unavailable

if TYPE_CHECKING:
    from obstore.store import S3Store

_TIMEOUT_S = 30
_AT_ONCE = 8


class Said(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: str


class S3Requests:
    """Asks one bucket of S3 by path.

    Args:
        endpoint: the server's address.
        bucket: the bucket.
        region: where it is.
        key_id: whose key.
        secret: the key.
        token: of a session; empty where there is none.
    """

    def __init__(self, endpoint: str, bucket: str, region: str, key_id: str, secret: str, token: str = "") -> None:
        import urllib3  # noqa: PLC0415 - only probes need it

        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT_S, maxsize=_AT_ONCE)
        self._endpoint = endpoint.rstrip("/")
        self._bucket = bucket
        self._region = region
        self._key_id = key_id
        self._secret = secret
        self._token = token

    @classmethod
    def of(cls, store: S3Store) -> S3Requests | None:
        """Return what asks the bucket of a store; None when its keys are not known here."""
        said = dict(store.config)
        if not said.get("access_key_id") or not said.get("secret_access_key") or said.get("skip_signature"):
            return None
        region = str(said.get("region") or "us-east-1")
        return cls(
            str(said.get("endpoint") or f"https://s3.{region}.amazonaws.com"),
            str(said["bucket"]),
            region,
            str(said["access_key_id"]),
            str(said["secret_access_key"]),
            str(said.get("session_token") or ""),
        )

    def ask(
        self,
        method: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Said:
        """Return the answer to a signed request. Raises Unavailable."""
        import urllib3  # noqa: PLC0415 - as above

        path = quote(f"/{self._bucket}/{key}" if key else f"/{self._bucket}", safe="/-_.~")
        asked = "&".join(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted((query or {}).items())
        )
        signed = self._signed(method, path, asked, {**(headers or {})}, body)
        try:
            answer = self._pool.request(
                method, f"{self._endpoint}{path}?{asked}".rstrip("?"), headers=signed, body=body
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"{self._endpoint} cannot be reached: {type(error).__name__}", hint="try again") from None
        return Said(
            answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.data.decode("utf-8", "replace")
        )

    def _signed(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/{self._region}/s3/aws4_request"
        digest = hashlib.sha256(body).hexdigest()
        headers |= {"host": urlsplit(self._endpoint).netloc, "x-amz-content-sha256": digest, "x-amz-date": now}
        if self._token:
            headers["x-amz-security-token"] = self._token
        named = sorted((name.lower(), value.strip()) for name, value in headers.items())
        names = ";".join(name for name, _ in named)
        canonical = "\n".join((method, path, query, *(f"{name}:{value}" for name, value in named), "", names, digest))
        text = "\n".join(("AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self._secret}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), hashlib.sha256)
        credential = f"AWS4-HMAC-SHA256 Credential={self._key_id}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
        return {**headers, "authorization": credential}
