"""What an object store enforces by itself: probed, reported, and never relied upon."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

from lineal.objects.errors import Denied, LinealError
from lineal.storage.buckets import failures
from lineal.storage.buckets.bucket import Bucket
from lineal.storage.buckets.objectstore import ObjectStoreBucket
from lineal.storage.buckets.probing import Probe
from lineal.storage.buckets.s3_requests import S3Requests, Said
from lineal.storage.buckets.wrappers import innermost

T = TypeVar("T")

_RACERS = 16
_PART_MIN_BYTES = 5 << 20
_UPLOAD = re.compile(r"<UploadId>([^<]+)</UploadId>")

_SECRET_NAMES = {"S3Store": "secret_access_key", "AzureStore": "account_key"}
"""By which option each kind of store is told a key."""

Found = tuple[bool | None, str] | bool | None


def _store(question: Callable[[Any, str], Found]) -> Callable[[Bucket, str], Found]:
    """Ask an object store by obstore; other buckets cannot be asked."""

    def ask(bucket: Bucket, folder: str) -> Found:
        inner = innermost(bucket)
        if not isinstance(inner, ObjectStoreBucket):
            return None
        with failures.told(inner.url, folder, ""):
            return question(inner.store, inner.prefix + folder)

    return ask


def _s3(question: Callable[[S3Requests, str], Found]) -> Callable[[Bucket, str], Found]:
    """Ask S3 by requests of our own; other stores cannot be asked."""

    def ask(bucket: Bucket, folder: str) -> Found:
        inner = innermost(bucket)
        if not isinstance(inner, ObjectStoreBucket) or type(inner.store).__name__ != "S3Store":
            return None
        requests = S3Requests.of(inner.store)  # type: ignore[arg-type]  # its name was asked
        return question(requests, inner.prefix + folder) if requests else (None, "the keys are not known here")

    return ask


def _refused(act: Callable[[], object]) -> bool:
    """Tell whether the store refuses an act because its condition does not hold."""
    from obstore.exceptions import AlreadyExistsError, PreconditionError  # noqa: PLC0415 - no remote, no obstore

    try:
        act()
    except (AlreadyExistsError, PreconditionError):
        return True
    return False


def _creates_only(store: Any, folder: str) -> Found:
    import obstore  # noqa: PLC0415 - as above

    obstore.put(store, f"{folder}create", b"1", mode="create")
    return _refused(lambda: obstore.put(store, f"{folder}create", b"2", mode="create"))


def _one_wins(store: Any, folder: str) -> Found:
    import obstore  # noqa: PLC0415 - as above

    def race(number: int) -> bool:
        return not _refused(lambda: obstore.put(store, f"{folder}race", b"%d" % number, mode="create"))

    with ThreadPoolExecutor(_RACERS) as pool:
        winners = sum(pool.map(race, range(_RACERS)))
    return winners == 1, f"{winners} of {_RACERS} won"


def _updates_on_condition(store: Any, folder: str) -> Found:
    import obstore  # noqa: PLC0415 - as above

    def update(said: Any) -> Callable[[], object]:
        known = {name: value for name, value in said.items() if value is not None}
        return lambda: obstore.put(store, f"{folder}update", b"2", mode=known)  # type: ignore[arg-type]

    older = obstore.put(store, f"{folder}update", b"0")
    newer = obstore.put(store, f"{folder}update", b"1")
    refuses_wrong, refuses_right = _refused(update(older)), _refused(update(newer))
    detail = "it refuses the right one too" if refuses_right else "" if refuses_wrong else "it ignores the condition"
    return refuses_wrong and not refuses_right, detail


def _keeps_versions(store: Any, folder: str) -> Found:
    import obstore  # noqa: PLC0415 - as above

    older = obstore.put(store, f"{folder}version", b"older")["version"]
    newer = obstore.put(store, f"{folder}version", b"newer")["version"]
    if not older or older == newer:
        return False
    try:
        return b"older" == bytes(obstore.get(store, f"{folder}version", options={"version": older}).bytes())
    except FileNotFoundError:
        return False


def _copies(store: Any, folder: str) -> Found:
    import obstore  # noqa: PLC0415 - as above

    obstore.put(store, f"{folder}copy", b"content")
    obstore.copy(store, f"{folder}copy", f"{folder}copied")
    return b"content" == bytes(obstore.get(store, f"{folder}copied").bytes())


def _links(store: Any, folder: str) -> Found:
    import obstore  # noqa: PLC0415 - as above
    import urllib3  # noqa: PLC0415 - as above
    from obstore.exceptions import BaseError  # noqa: PLC0415 - as above

    obstore.put(store, f"{folder}link", b"content")
    try:
        link = obstore.sign(store, "GET", f"{folder}link", timedelta(minutes=1))
    except BaseError:
        return None, "links cannot be signed with these credentials"
    answer = urllib3.request("GET", link, retries=False, timeout=30)
    return answer.status == 200 and answer.data == b"content"


def _refuses(change: Callable[[Any], dict[str, Any] | None]) -> Callable[[Any, str], Found]:
    """Ask as somebody else, and see whether that is refused."""

    def ask(store: Any, folder: str) -> Found:
        import obstore  # noqa: PLC0415 - as above

        if (config := change(store)) is None:
            return None
        obstore.put(store, f"{folder}stranger", b"content")
        options = {"config": config, "client_options": store.client_options}
        try:
            with failures.told("", "", ""):
                obstore.get(type(store)(**options), f"{folder}stranger").bytes()
        except Denied:
            return True
        except LinealError as error:
            return None, error.message
        return False

    return ask


def _wrong_secret(store: Any) -> dict[str, Any] | None:
    config = dict(store.config)
    name = _SECRET_NAMES.get(type(store).__name__, "")
    wrong = base64.b64encode(b"a secret that nobody has, of 32 b").decode()
    return {**config, name: wrong} if name in config else None


def _nobody(store: Any) -> dict[str, Any] | None:
    secrets = {*_SECRET_NAMES.values(), "access_key_id", "session_token", "sas_token", "token"}
    config = {name: value for name, value in store.config.items() if name not in secrets}
    return {**config, "skip_signature": True} if type(store).__name__ in _SECRET_NAMES else None


def _completes_once(requests: S3Requests, folder: str) -> Found:
    key = f"{folder}complete"
    requests.ask("PUT", key, body=b"first")
    begun = _UPLOAD.search(requests.ask("POST", key, {"uploads": ""}).body)
    if not begun:
        return None, "no upload could be begun"
    part = requests.ask("PUT", key, {"partNumber": "1", "uploadId": begun[1]}, body=bytes(_PART_MIN_BYTES))
    etag = part.headers.get("etag", "")
    body = (
        f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    )
    done = requests.ask("POST", key, {"uploadId": begun[1]}, {"If-None-Match": "*"}, body.encode())
    if done.status >= 400:
        requests.ask("DELETE", key, {"uploadId": begun[1]})
    return done.status in {409, 412}


def _checksum(of: bytes) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(of).digest()).decode()
    return {"x-amz-checksum-sha256": digest, "x-amz-sdk-checksum-algorithm": "SHA256"}


def _keeps_checksums(requests: S3Requests, folder: str) -> Found:
    wanted = _checksum(b"content")
    requests.ask("PUT", f"{folder}checksum", headers=wanted, body=b"content")
    said = requests.ask("HEAD", f"{folder}checksum", headers={"x-amz-checksum-mode": "ENABLED"})
    return said.headers.get("x-amz-checksum-sha256") == wanted["x-amz-checksum-sha256"]


def _refuses_wrong_checksums(requests: S3Requests, folder: str) -> Found:
    said = requests.ask("PUT", f"{folder}wrong", headers=_checksum(b"other content"), body=b"content")
    return said.status == 400


def _keeps_tags(requests: S3Requests, folder: str) -> Found:
    requests.ask("PUT", f"{folder}tagged", headers={"x-amz-tagging": "by=lineal"}, body=b"")
    return "lineal" in requests.ask("GET", f"{folder}tagged", {"tagging": ""}).body


def _setting(name: str, sign: str) -> Callable[[S3Requests, str], Found]:
    """Ask for a setting of the whole bucket; ``sign`` is in the answer where it is on."""

    def ask(requests: S3Requests, _folder: str) -> Found:
        said: Said = requests.ask("GET", query={name: ""})
        if said.status in {401, 403, 405, 501}:
            return None, "we may not ask for this setting"
        mode = re.search(r"<Mode>(\w+)</Mode>.*?<(Days|Years)>(\d+)<", said.body, re.DOTALL)
        return sign in said.body, f"{mode[1].lower()}, {mode[3]} {mode[2].lower()}" if mode else ""

    return ask


def _unfinished(requests: S3Requests, _folder: str) -> Found:
    count = requests.ask("GET", query={"uploads": ""}).body.count("<UploadId>")
    return count == 0, f"{count} are there" if count else ""


ENFORCED: tuple[Probe, ...] = (
    Probe(
        "older versions are kept",
        _store(_keeps_versions),
        "what is deleted or overwritten by mistake can be brought back with the store's own tools",
        "a deleted object is gone; switch versioning on, or keep a second remote",
    ),
    Probe(
        "objects are locked",
        _s3(_setting("object-lock", "<ObjectLockEnabled>Enabled")),
        "nobody can delete a version before its time, not even with these credentials",
        "whoever has these credentials can delete everything",
    ),
    Probe(
        "a wrong secret is refused",
        _store(_refuses(_wrong_secret)),
        "the store checks who asks",
        "the store lets everybody in who can reach it",
    ),
    Probe(
        "strangers are refused",
        _store(_refuses(_nobody)),
        "what is stored is not public",
        "everybody who knows the address can read what is stored",
    ),
    Probe(
        "an object is created once only",
        _store(_creates_only),
        "an object that is there is not replaced by who asks for that",
        "who asks not to replace an object replaces it; Lineal never relies on it",
    ),
    Probe(
        "of many creators one wins",
        _store(_one_wins),
        "the condition holds among many at once",
        "the condition fails among many at once; Lineal never relies on it",
    ),
    Probe(
        "an upload in parts creates once only",
        _s3(_completes_once),
        "the condition holds for large objects too",
        "large objects are replaced all the same; Lineal never relies on it",
    ),
    Probe(
        "an object is updated on condition",
        _store(_updates_on_condition),
        "an update of a version that is no longer the newest is refused",
        "conditional updates do not work; Lineal keeps what moves in its database",
    ),
    Probe(
        "the store keeps a SHA-256",
        _s3(_keeps_checksums),
        "other tools can compare digests without reading the bytes",
        "only reading the bytes verifies them, as lineal verify does",
    ),
    Probe(
        "a wrong SHA-256 is refused",
        _s3(_refuses_wrong_checksums),
        "the store notices bytes that were damaged on their way",
        "the store keeps damaged bytes; Lineal hashes what it reads",
    ),
    Probe(
        "objects can be copied there", _store(_copies), "copies need not pass through here", "copies pass through here"
    ),
    Probe("links can be signed", _store(_links), "a file can be handed on by a link", "no links can be handed on"),
    Probe("objects can be tagged", _s3(_keeps_tags), "rules can go by tags", "rules can only go by prefixes"),
    Probe(
        "unfinished uploads end by themselves",
        _s3(_setting("lifecycle", "AbortIncompleteMultipartUpload")),
        "an upload that broke off costs nothing after a while",
        "parts of uploads that broke off are kept, and paid for; add such a lifecycle rule",
    ),
    Probe(
        "no upload is unfinished",
        _s3(_unfinished),
        "nothing is paid for without use",
        "some upload broke off or goes on",
    ),
)
"""What a store may enforce beside."""
