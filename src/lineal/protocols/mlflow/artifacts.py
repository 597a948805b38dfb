"""MLflow's artifacts: files that come and go through its proxy, and what is listed of them. `multipart.py` has the parts."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from lineal.client.local import LocalRepository
from lineal.formats.ranges import NoSuchRange, range_of
from lineal.objects.errors import Invalid, LinealError, NotFound
from lineal.operations.answers.tracking import ArtifactAnswer, ArtifactLine
from lineal.operations.data import contents
from lineal.operations.recording import artifacts as verbs
from lineal.operations.recording import logged_models, tracking
from lineal.protocols import Acting
from lineal.protocols.mlflow import errors, ids
from lineal.protocols.mlflow.dispatch import Endpoint
from lineal.protocols.mlflow.media import headers_of
from lineal.protocols.mlflow.places import Place, model_root, place_of, run_root, safe
from lineal.protocols.mlflow.streams import Transfers
from lineal.protocols.mlflow.wire import lacking

PROXY = "/2.0/mlflow-artifacts/artifacts"

_log = logging.getLogger(__name__)

Answer = Callable[[Request], Awaitable[ASGIApp]]


class FileInfo(msgspec.Struct, omit_defaults=True):
    """A file or directory in a list; a directory has no size."""

    path: str
    is_dir: bool
    file_size: int | None = None


class _Proxied(msgspec.Struct):
    path: str = ""


class _Files(msgspec.Struct, omit_defaults=True):
    files: list[FileInfo] = []


class _OfRun(msgspec.Struct):
    run_id: str = ""
    run_uuid: str = ""
    path: str = ""
    page_token: str = ""


class _OfModel(msgspec.Struct):
    model_id: str = ""
    artifact_directory_path: str = ""
    page_token: str = ""


class _Rooted(msgspec.Struct, omit_defaults=True):
    root_uri: str
    files: list[FileInfo] = []


def _list_proxied(repository: LocalRepository, asked: _Proxied) -> _Files:
    place = place_of(asked.path, is_directory=True)
    found = verbs.list_artifacts(repository, place.subject, under=place.path)
    start = len(place.path) + 1 if place.path else 0
    return _Files([_info(each, each.path[start:]) for each in found])


def _list_of_run(repository: LocalRepository, asked: _OfRun) -> _Rooted:
    if not (run := asked.run_id or asked.run_uuid):
        raise lacking("run_id")
    under = safe(asked.path, is_directory=True)
    found = tracking.tracked(repository, ids.run_id(run))
    # All of one level is in one answer: no token was ever handed out.
    files = verbs.list_artifacts(repository, found.id, under=under)
    return _Rooted(run_root(found), [_info(each, each.path) for each in files])


def _list_of_model(repository: LocalRepository, asked: _OfModel) -> _Rooted:
    under = safe(asked.artifact_directory_path, is_directory=True)
    found = logged_models.show(repository, asked.model_id)
    files = verbs.list_artifacts(repository, verbs.LOGGED + found.id, under=under)
    return _Rooted(model_root(found), [_info(each, each.path) for each in files])


def _info(line: ArtifactLine, path: str) -> FileInfo:
    return FileInfo(path, line.is_dir, None if line.is_dir else line.size_bytes)


class Files:
    """What streams files.

    Args:
        acting: who asks.
        transfers: what they go through.
    """

    def __init__(self, acting: Acting, transfers: Transfers) -> None:
        self._acting = acting
        self._transfers = transfers

    async def get(self, request: Request) -> ASGIApp:
        """Send a file by its path of the proxy."""
        path = request.path_params["path"]
        return await self.sent(request, self._acting(request), place_of(path), path)

    async def put(self, request: Request) -> ASGIApp:
        """Take a file by its path of the proxy."""
        await self._taken(request, partial(place_of, request.path_params["path"]))
        return Response()

    async def delete(self, request: Request) -> ASGIApp:
        """Remove a file, or a directory, by its path of the proxy."""
        path = request.path_params["path"]
        place = place_of(path, is_directory=True)
        await run_in_threadpool(partial(_remove, self._acting(request), place, path))
        return Response(b"{}", media_type="application/json")

    async def get_of_run(self, request: Request) -> ASGIApp:
        """Send a file of a run: MLflow's pages ask for it so."""
        path = safe(request.query_params.get("path", ""))
        place = Place(ids.run_id(_run_of(request)), path)
        return await self.sent(request, self._acting(request), place, path)

    async def post_of_run(self, request: Request) -> ASGIApp:
        """Take a file of a run, which must not be empty: MLflow's pages send it so."""
        await self._taken(request, partial(_place_of_run, request), least=1)
        return Response(b"{}", media_type="application/json")

    async def get_of_model(self, request: Request) -> ASGIApp:
        """Send a file of a logged model."""
        path = safe(request.query_params.get("artifact_file_path", ""))
        place = Place(verbs.LOGGED + request.path_params["model_id"], path)
        return await self.sent(request, self._acting(request), place, path)

    async def sent(self, request: Request, repository: LocalRepository, place: Place, path: str) -> ASGIApp:
        """Return the answer that holds a file, or the range of it that was asked for.

        Args:
            request: asks for it.
            repository: where it is.
            place: whose file.
            path: how it was asked for, to be told when there is none.
        """
        found = await run_in_threadpool(partial(found_at, repository, place, path))
        return self.answer(request, repository, found)

    def answer(self, request: Request, repository: LocalRepository, found: ArtifactAnswer) -> ASGIApp:
        """Return the answer that holds a file that was found, or the range of it that was asked for."""
        headers, whole = headers_of(found), found.size_bytes
        wanted = request.headers.get("range", "")
        if request.headers.get("if-range", headers["ETag"]) not in {headers["ETag"], headers["Last-Modified"]}:
            wanted = ""
        part = range_of(wanted, whole)
        start, size = part or (0, whole)
        headers["Content-Length"] = str(size)
        if part:
            headers["Content-Range"] = f"bytes {start}-{start + size - 1}/{whole}"
        status = 206 if part else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        # A whole read is compared with its digest before the last of it is sent.
        blobs = repository.blobs
        pieces = blobs.open(found.digest) if size == whole else blobs.open(found.digest, start=start, size=size)
        return self._transfers.sent(pieces, status, headers)

    async def get_of_version(self, request: Request) -> ASGIApp:
        """Send a file of a version of a registered model."""
        asked = request.query_params
        path = safe(asked.get("path", ""))
        repository = self._acting(request)
        found = await run_in_threadpool(
            partial(version_file, repository, asked.get("name", ""), asked.get("version", ""), path)
        )
        return self.answer(request, repository, found)

    async def _taken(self, request: Request, place: Callable[[], Place], *, least: int = 0) -> None:
        """Take a file; whatever is wrong is told once all of it was read, for most clients hear nothing before."""

        def store(pieces: Iterator[bytes]) -> None:
            _store(self._acting(request), place(), pieces, least=least)

        await self._transfers.received(request.receive, store)


def _place_of_run(request: Request) -> Place:
    run = _run_of(request)
    if not (path := request.query_params.get("path", "")):
        raise Invalid("Request must specify path.")
    return Place(ids.run_id(run), safe(path))


def _run_of(request: Request) -> str:
    if run := request.query_params.get("run_id") or request.query_params.get("run_uuid"):
        return run
    raise Invalid("Request must specify run_uuid.")


def _store(repository: LocalRepository, place: Place, pieces: Iterator[bytes], *, least: int) -> None:
    """Keep a file: its bytes first, and then, in one step, its name."""
    verbs.check(repository, *place)
    digest, size_bytes = repository.blobs.put_stream(pieces)
    if size_bytes < least:
        raise Invalid("Request must specify data.")
    verbs.put(repository, *place, digest=digest, size_bytes=size_bytes)


def found_at(repository: LocalRepository, place: Place, path: str) -> ArtifactAnswer:
    """Return what is known of a file whose bytes are here. Raises NotFound with the path as it was asked for."""
    try:
        found = verbs.show(repository, *place)
    except NotFound:
        raise _missing(path) from None
    repository.blobs.size(found.digest)
    return found


def _remove(repository: LocalRepository, place: Place, path: str) -> None:
    try:
        verbs.remove(repository, *place)
    except NotFound:
        raise _missing(path) from None


def _missing(path: str) -> NotFound:
    return NotFound(f"No such artifact: '{path}'", hint="list what there is")


def version_file(repository: LocalRepository, name: str, version: str, path: str) -> ArtifactAnswer:
    """Return what is known of a file of a version of a registered model, by the version's number.

    Raises:
        NotFound: there is no such version, or no such file in it.
    """
    found = [each for each in contents.files(repository, f"{name}:#{version}", under=path) if each.path == path]
    if not found:
        raise _missing(path)
    return ArtifactAnswer(
        subject=f"version:{name}/{version}",
        path=path,
        digest=found[0].digest,
        size_bytes=found[0].size_bytes,
        at=0,
        is_sealed=True,
    )


def answering(answer: Answer) -> Answer:
    """Return what answers as ``answer`` does, and tells its errors as MLflow does."""

    async def endpoint(request: Request) -> ASGIApp:
        headers: dict[str, str] = {}
        try:
            return await answer(request)
        except NoSuchRange as error:
            status, body = error.http_status, errors.told(error)[1]
        except LinealError as error:
            (status, body), headers = errors.told(error), errors.headers_of(error)
        except Exception as error:  # noqa: BLE001 - the last resort: a client gets an answer, the log the rest
            _log.exception("%s %s", request.method, request.url.path)
            status, body = errors.told(error)
        return Response(body, status, headers=headers, media_type="application/json")

    return endpoint


def streams(files: Files) -> list[BaseRoute]:
    """Return the routes of files that are streamed, as they stand behind ``/api``."""
    table = (
        (f"{PROXY}/{{path:path}}", "GET", files.get),
        (f"{PROXY}/{{path:path}}", "PUT", files.put),
        (f"{PROXY}/{{path:path}}", "DELETE", files.delete),
        ("/2.0/mlflow/upload-artifact", "POST", files.post_of_run),
        ("/2.0/mlflow/logged-models/{model_id}/artifacts/files", "GET", files.get_of_model),
    )
    return [Route(path, answering(answer), methods=[method]) for path, method, answer in table]


def routes(files: Files) -> list[BaseRoute]:
    """Return those that stand outside the API: MLflow's pages ask for them."""
    return [
        # An address that ends in a slash, with a path put behind it, has two.
        Route(f"{slash}/{path}", answering(answer), methods=["GET"])
        for path, answer in (("get-artifact", files.get_of_run), ("model-versions/get-artifact", files.get_of_version))
        for slash in ("", "/")
    ]


ENDPOINTS = (
    Endpoint("GET", PROXY, _Proxied, _list_proxied),
    Endpoint("GET", "/2.0/mlflow/artifacts/list", _OfRun, _list_of_run),
    Endpoint("GET", "/2.0/mlflow/logged-models/{model_id}/artifacts/directories", _OfModel, _list_of_model),
)
