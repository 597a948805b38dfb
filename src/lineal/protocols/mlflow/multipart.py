"""Large files in many requests at once: parts that are put together, and ranges of what is here.

MLflow's clients send parts to addresses that they were given, and ask for ranges at one, without saying who they are. So
an address is signed: it says what it is good for, and until when. It is one of ours, or of an object store that the server
was told of; either way the parts are read here, and only then have they a name.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from lineal.client.local import LocalRepository
from lineal.objects.digest import Digest
from lineal.objects.errors import Denied, Invalid, NotFound, Unsupported
from lineal.operations.answers.tracking import ArtifactAnswer
from lineal.operations.recording import artifacts as verbs
from lineal.protocols import Acting
from lineal.protocols.mlflow import wire
from lineal.protocols.mlflow.artifacts import Files, answering, found_at
from lineal.protocols.mlflow.dispatch import read_body
from lineal.protocols.mlflow.places import Place, place_of, safe
from lineal.protocols.mlflow.streams import Transfers
from lineal.storage.blobs.ahead import Ahead
from lineal.storage.blobs.parts import KEPT_SECONDS, Parts
from lineal.storage.repository import on_disk
from lineal.storage.signing import Signer

if TYPE_CHECKING:
    from lineal.storage.remotes.staging import Staging

PARTS_MAX = 10_000
DOWNLOAD_SECONDS = 3_600

_SILENT_S = 20.0
"""So long clients wait for the end of an upload without a sign; proxies before us often give up after a minute."""

_COMPLETED_AT_ONCE = 3
"""Each keeps up to 64 MiB of an object store's answers in memory."""

_ROOT = "/2.0/mlflow-artifacts"


class _Create(msgspec.Struct):
    path: str
    num_parts: int = 1


class _Credential(msgspec.Struct):
    url: str
    part_number: int
    headers: dict[str, str] = {}


class _Created(msgspec.Struct):
    upload_id: str
    credentials: list[_Credential]


class _Part(msgspec.Struct):
    part_number: int
    etag: str
    url: str = ""


class _Complete(msgspec.Struct):
    path: str
    parts: list[_Part]
    upload_id: str = ""


class _Abort(msgspec.Struct):
    path: str
    upload_id: str = ""


class _Presigned(msgspec.Struct):
    """Where a file is to be had: in ranges, if its size is said; in one piece otherwise."""

    url: str
    headers: dict[str, str] = {}
    file_size: int | msgspec.UnsetType = msgspec.UNSET


class _Upload(NamedTuple):
    """What the id of an upload says: its parts are by that name, so many, here or in an object store."""

    name: str
    parts: int
    is_staged: bool


class Multipart:
    """What takes parts and signs addresses.

    Args:
        acting: who asks.
        repository: for those who come with a signature.
        files: what sends files.
        transfers: what parts go through.
    """

    def __init__(self, acting: Acting, repository: LocalRepository, files: Files, transfers: Transfers) -> None:
        self._acting = acting
        self._repository = repository
        self._files = files
        self._transfers = transfers
        self._completing = Transfers(_COMPLETED_AT_ONCE)
        self._signer = Signer(repository.store.database, "mlflow addresses")
        self._ahead = Ahead()

    async def create(self, request: Request) -> ASGIApp:
        """Begin an upload in parts, each of which has an address of its own."""
        asked = wire.read_body(await read_body(request.receive), _Create)
        begin = partial(
            self._begin, self._acting(request), _target(request, asked.path), asked.num_parts, _base(request)
        )
        # An object store may take its time: not with the threads of small requests.
        return _json(await self._transfers.worked(begin))

    def _begin(self, repository: LocalRepository, place: Place, count: int, base: str) -> _Created:
        if not 1 <= count <= PARTS_MAX:
            raise Invalid(f"Invalid value {count} for parameter 'num_parts' supplied: it is from 1 to {PARTS_MAX}.")
        verbs.check(repository, *place)
        self._parts().sweep()
        name, staging = os.urandom(16).hex(), self._repository.store.staging
        staged = staging.begin(name, count) if staging else ()
        signature = self._signer.sign(_kind(is_staged=bool(staged)), name, count, *place)
        addresses = staged or self._own(name, count, base)
        return _Created(
            f"{name}-{count}-{signature}", [_Credential(each, number) for number, each in enumerate(addresses, 1)]
        )

    def _own(self, name: str, count: int, base: str) -> list[str]:
        """Return addresses of our own for the parts of an upload."""
        until = int(time.time()) + KEPT_SECONDS
        signed = [self._signer.sign("part", name, number, until) for number in range(1, count + 1)]
        return [
            f"{base}{_ROOT}/mpu/part/{name}/{number}?until={until}&signature={each}"
            for number, each in enumerate(signed, 1)
        ]

    async def put_part(self, request: Request) -> ASGIApp:
        """Take a part, from whoever has its address."""
        name, number = request.path_params["upload"], request.path_params["number"]
        until, signature = _signed(request)
        size_bytes = _whole(request.headers.get("content-length"))
        put = partial(self._put_part, name, number, until, signature, size_bytes)
        tag = await self._transfers.received(request.receive, put)
        return Response(headers={"ETag": f'"{tag}"'})

    def _put_part(
        self, name: str, number: int, until: int, signature: str, size_bytes: int, pieces: Iterator[bytes]
    ) -> str:
        self._check(until, signature, "part", name, number, until)
        return self._parts().put(name, number, pieces, size_bytes)

    async def complete(self, request: Request) -> ASGIApp:
        """Put the parts of an upload together, and give the whole its name."""
        asked = wire.read_body(await read_body(request.receive), _Complete)
        work = partial(self._complete, self._acting(request), _target(request, asked.path), asked)
        # A whole file is read and written: not with the threads of small requests.
        return await self._completing.awaited(request.scope, work, b"{}", _SILENT_S) or _json({})

    def _complete(self, repository: LocalRepository, place: Place, asked: _Complete) -> None:
        upload = self._upload(asked.upload_id, place)
        numbers = [each.part_number for each in asked.parts]
        if sorted(numbers) != list(range(1, upload.parts + 1)):
            raise Invalid(f"The upload has the parts 1 to {upload.parts}; {len(numbers)} were named.")
        tags = [each.etag.strip('"') for each in sorted(asked.parts, key=lambda each: each.part_number)]
        parts, staging = self._parts(), self._staging(upload)
        if self._has_ended(repository, place, parts.note(upload.name)):
            return
        try:
            verbs.check(repository, *place)
            if staging:
                digest, size_bytes = repository.blobs.put_stream(staging.pieces(upload.name, tags))
            else:
                digest, size_bytes = self._stored(repository, upload.name, tags)
            verbs.put(repository, *place, digest=digest, size_bytes=size_bytes)
        except NotFound:
            # A client that waited in vain for the answer asks again: then all is done already.
            if self._has_ended(repository, place, parts.note(upload.name)):
                return
            raise
        parts.finish(upload.name, digest)
        if staging:
            staging.kept_bytes.add(size_bytes)
            self._join(staging, upload, tags, digest, size_bytes)
            staging.drop(upload.name)

    def _stored(self, repository: LocalRepository, name: str, tags: list[str]) -> tuple[Digest, int]:
        """Make a blob of the parts: of the file that they lie in as they should, or else of a copy."""
        parts = self._parts()
        with parts.gathered(name, tags) as gathered:
            if gathered and (blobs := on_disk(self._repository.store)):
                return gathered.digest, blobs.files.take(gathered.path, gathered.digest, found=gathered.digest)
        return repository.blobs.put_stream(parts.pieces(name, tags))

    def _join(self, staging: Staging, upload: _Upload, tags: list[str], digest: Digest, size_bytes: int) -> None:
        """Where clients get files from the same place, have this one there without sending it."""
        addresses = self._repository.store.addresses
        if not (addresses and addresses.url == staging.url):
            return
        if etag := staging.join(upload.name, tags, digest, size_bytes):
            addresses.know(digest, etag)

    def _staging(self, upload: _Upload) -> Staging | None:
        """Return where the parts are in an object store; None for those that are here. Raises NotFound."""
        if not upload.is_staged:
            return None
        if staging := self._repository.store.staging:
            return staging
        raise NotFound("this server takes no uploads in an object store any more", hint="send the file again")

    def _has_ended(self, repository: LocalRepository, place: Place, note: str) -> bool:
        """Tell whether an upload is the file of its name already. Raises NotFound when another one is by now."""
        if note and verbs.show(repository, *place).digest != note:
            raise NotFound("the upload has ended, and the file is another one since", hint="send it again")
        return bool(note)

    async def abort(self, request: Request) -> ASGIApp:
        """Let go of the parts of an upload."""
        asked = wire.read_body(await read_body(request.receive), _Abort)
        await run_in_threadpool(
            partial(self._abort, self._acting(request), _target(request, asked.path), asked.upload_id)
        )
        return _json({})

    def _abort(self, repository: LocalRepository, place: Place, upload_id: str) -> None:
        verbs.check(repository, *place)
        upload = self._upload(upload_id, place)
        (self._staging(upload) or self._parts()).drop(upload.name)

    async def presigned(self, request: Request) -> ASGIApp:
        """Give an address at which a file can be had for a while, whole or in ranges, without saying who one is."""
        path = request.path_params["path"]
        repository, place = self._acting(request), place_of(path)
        found, until, signature = await run_in_threadpool(partial(self._presigned, repository, place, path))
        if addresses := self._repository.store.addresses:
            # Whatever this remote holds whole need not pass by here.
            asked = partial(addresses.of, found.digest, found.size_bytes)
            if address := await self._transfers.worked(asked):
                return _json(_Presigned(address.url, address.headers, found.size_bytes))
        # The address is that of these very bytes: ranges that are asked for later never come from others.
        named = f"digest={found.digest}&size={found.size_bytes}&at={found.at}"
        url = f"{_base(request)}{_ROOT}/signed/{quote(safe(path))}?{named}&until={until}&signature={signature}"
        # To read many ranges costs MLflow's clients ten times the processor of one piece, whose digest is compared as well.
        return _json(_Presigned(url) if is_near(request) else _Presigned(url, file_size=found.size_bytes))

    def _presigned(self, repository: LocalRepository, place: Place, path: str) -> tuple[ArtifactAnswer, int, str]:
        found, until = found_at(repository, place, path), int(time.time()) + DOWNLOAD_SECONDS
        said = ("get", safe(path), found.digest, found.size_bytes, found.at, until)
        return found, until, self._signer.sign(*said)

    async def get_signed(self, request: Request) -> ASGIApp:
        """Send a file, or a range of it, to whoever has its address."""
        asked, path = request.query_params, request.path_params["path"]
        until, signature = _signed(request)
        digest, size_bytes, at = asked.get("digest", ""), _whole(asked.get("size")), _whole(asked.get("at"))
        await run_in_threadpool(
            partial(self._check, until, signature, "get", path, digest, size_bytes, at, until),
        )
        found = ArtifactAnswer(
            subject="", path=path, digest=Digest(digest), size_bytes=size_bytes, at=at, is_sealed=False
        )
        return self._files.answer(request, self._repository, found)

    def _check(self, until: int, signature: str, *said: object) -> None:
        """Refuse an address that was not signed, or is too old. Raises Denied."""
        if not self._signer.is_signed(signature, *said):
            raise Denied("this address was not given out here, or was changed", hint="ask for a new one")
        if time.time() > until:
            raise Denied("this address was good for a while, which is over", hint="ask for a new one")

    def _upload(self, text: str, place: Place) -> _Upload:
        """Return what the id of an upload says. Raises NotFound for that of another file."""
        name, _, rest = text.partition("-")
        count, _, signature = rest.partition("-")
        for is_staged in (False, True):
            if self._signer.is_signed(signature, _kind(is_staged=is_staged), name, _whole(count), *place):
                return _Upload(name, int(count), is_staged)
        raise NotFound(f"there is no upload {text!r} of this file", hint="begin it again")

    def _parts(self) -> Parts:
        if blobs := on_disk(self._repository.store):
            return Parts(blobs.scratch, self._ahead)
        # With these words MLflow's clients send the file in one piece.
        raise Unsupported("Multipart upload is not supported for the current artifact repository")


def _target(request: Request, local_file: str) -> Place:
    """Return where a file goes: into the directory of the path, by the name that it has where it comes from."""
    directory = safe(request.path_params["path"], is_directory=True)
    name = local_file.replace("\\", "/").rpartition("/")[2]
    return place_of(f"{directory}/{name}" if directory else name)


def _kind(*, is_staged: bool) -> str:
    """Return what the signature of an upload's id is for: where its parts are cannot be changed by others."""
    return "staged upload" if is_staged else "upload"


def _base(request: Request) -> str:
    """Return the beginning of our addresses, as whoever asks reached us: perhaps through a server before this one."""
    told = request.headers.get
    scheme = told("x-forwarded-proto", request.url.scheme).partition(",")[0].strip()
    host = told("x-forwarded-host", told("host", "")).partition(",")[0].strip()
    return f"{scheme}://{host}{told('x-forwarded-prefix', '').rstrip('/')}/api"


def is_near(request: Request) -> bool:
    """Tell whether who asks is on this machine or in a private network, where one connection is as quick as several."""
    peer = request.client.host if request.client else ""
    told = request.headers.get("x-forwarded-for", peer).partition(",")[0].strip()
    try:
        found = ip_address(told)
    except ValueError:
        return False
    return ((found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found).is_private


def _signed(request: Request) -> tuple[int, str]:
    return _whole(request.query_params.get("until")), request.query_params.get("signature", "")


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 18 else 0


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def streams(multipart: Multipart) -> list[BaseRoute]:
    """Return the routes, as they stand behind ``/api``."""
    table = (
        ("mpu/create/{path:path}", "POST", multipart.create),
        ("mpu/part/{upload}/{number:int}", "PUT", multipart.put_part),
        ("mpu/complete/{path:path}", "POST", multipart.complete),
        ("mpu/abort/{path:path}", "POST", multipart.abort),
        ("presigned/{path:path}", "GET", multipart.presigned),
        ("signed/{path:path}", "GET", multipart.get_signed),
    )
    return [Route(f"{_ROOT}/{path}", answering(answer), methods=[method]) for path, method, answer in table]
