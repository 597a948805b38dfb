"""Tell which objects botocore and aiobotocore read and write, with their versions, whichever library is above them."""

from __future__ import annotations

from .telling import tell_object
from .wrapping import watch

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_READ = {"GetObject"}
_WRITTEN = {"PutObject", "CompleteMultipartUpload", "CopyObject"}
_NO_VERSION = "null"


def watch_botocore(client: Any) -> None:
    """Record the calls of every client of ``botocore.client``."""
    watch(client.BaseClient, "_make_api_call", _note, teller="service")


def watch_aiobotocore(client: Any) -> None:
    """Record the calls of every client of ``aiobotocore.client``."""
    watch(client.AioBaseClient, "_make_api_call", _note, teller="service")


def _note(answer: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    client, operation, asked = (*arguments, *named.values())[:3]
    if client.meta.service_model.service_name != "s3" or operation not in _READ | _WRITTEN:
        return
    endpoint = client.meta.endpoint_url or ""
    by = type(client).__module__.partition(".")[0]
    facts = {"endpoint": "" if ".amazonaws.com" in endpoint else endpoint}
    uri = f"s3://{asked['Bucket']}/{asked['Key']}"
    if operation == "CopyObject":
        _note_source(asked.get("CopySource"), answer, by, facts)
        answer = {**answer, **answer.get("CopyObjectResult", {})}
    access = "read" if operation in _READ else "written"
    tell_object(uri, access, by, size_bytes=_size(answer), **_state(answer), **facts)


def _note_source(source: Any, answer: dict[str, Any], by: str, facts: dict[str, Any]) -> None:
    version = answer.get("CopySourceVersionId") or ""
    if isinstance(source, dict):
        name, version = f"{source['Bucket']}/{source['Key']}", source.get("VersionId") or version
    else:
        name = str(source).partition("?versionId=")[0].lstrip("/")
    tell_object(f"s3://{name}", "read", by, version="" if version == _NO_VERSION else version, **facts)


def _state(answer: dict[str, Any]) -> dict[str, Any]:
    version, checksum = answer.get("VersionId") or "", answer.get("ChecksumSHA256") or ""
    return {
        "version": "" if version == _NO_VERSION else version,
        "etag": answer.get("ETag") or "",
        # Of many parts it is the digest of digests, and says how many.
        "digest": _hex(checksum) if "-" not in checksum else "",
    }


def _hex(checksum: str) -> str:
    from binascii import a2b_base64

    return a2b_base64(checksum).hex()


def _size(answer: dict[str, Any]) -> int | None:
    whole = str(answer.get("ContentRange") or "").rpartition("/")[2]
    if whole.isdigit():
        return int(whole)
    size = answer.get("ContentLength")
    return size if isinstance(size, int) else None
