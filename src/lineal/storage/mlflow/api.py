"""Requests to a server that speaks MLflow's protocol, with who we are, and again when they were cut off."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, LocationParseError

from lineal.objects.errors import Denied, Exists, Invalid, LinealError, NotFound, Unavailable

_TIMEOUT = urllib3.Timeout(connect=10, read=300)
_AGAIN = (429, 502, 503, 504)
_PIECE_BYTES = 1 << 20

_CODES: dict[str, type[LinealError]] = {
    "RESOURCE_DOES_NOT_EXIST": NotFound,
    "ENDPOINT_NOT_FOUND": NotFound,
    "RESOURCE_ALREADY_EXISTS": Exists,
    "UNAUTHENTICATED": Denied,
    "PERMISSION_DENIED": Denied,
    "TEMPORARILY_UNAVAILABLE": Unavailable,
}
_STATUSES: dict[int, type[LinealError]] = {401: Denied, 403: Denied, 404: NotFound, 405: NotFound}


class Api:
    """A server of MLflow's protocol.

    Args:
        url: its address.
        variables: the environment's: ``MLFLOW_TRACKING_TOKEN``, or ``MLFLOW_TRACKING_USERNAME`` and
            ``MLFLOW_TRACKING_PASSWORD``, say who we are.

    Raises:
        Invalid: the address cannot be one.
    """

    def __init__(self, url: str, variables: Mapping[str, str]) -> None:
        try:
            parts = urllib3.util.parse_url(url)
        except LocationParseError:
            parts = urllib3.util.Url()
        if parts.scheme not in {"http", "https"} or not parts.host or parts.query or parts.auth:
            raise Invalid(
                "this is no address of a server", hint="write http://HOST:PORT; MLFLOW_TRACKING_TOKEN says who you are"
            )
        self.url = url.rstrip("/")
        self._headers = _credentials(variables)
        retries = urllib3.Retry(total=5, backoff_factor=0.5, status_forcelist=_AGAIN, raise_on_status=False)
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=retries, maxsize=8)

    def get(self, path: str, /, **fields: Any) -> Any:
        """Return what a question of MLflow's is answered; ``path`` is what stands behind ``/api/2.0/``. Raises as ``ask``."""
        return _decoded(self.ask("GET", f"/api/2.0/{path}?{urlencode(fields, doseq=True)}"), self.url)

    def send(self, path: str, /, *, method: str = "POST", again: bool = False, **fields: Any) -> Any:
        """Return what a request with a body is answered; ``again`` says that it may be sent twice. Raises as ``ask``."""
        body = msgspec.json.encode(fields)
        retries = (
            None
            if not again
            else urllib3.Retry(total=5, backoff_factor=0.5, status_forcelist=_AGAIN, allowed_methods=None)
        )
        answer = self.ask(method, f"/api/2.0/{path}", body=body, retries=retries, kind="application/json")
        return _decoded(answer, self.url)

    def pages(self, ask: Callable[..., Any], path: str, name: str, /, **fields: Any) -> Iterator[Any]:
        """Yield the items called ``name`` of every page of an answer."""
        token = ""
        while True:
            said = ask(path, **fields, **({"page_token": token} if token else {}))
            yield from said.get(name, ())
            token, before = said.get("next_page_token") or "", token
            if not token or token == before:
                return

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a file, by its path on the server. Raises as ``ask``."""
        answer = self.ask("GET", path, stream=True)
        try:
            yield from answer.stream(_PIECE_BYTES)
        except HTTPError as error:
            raise self._unreachable(error) from None
        finally:
            answer.release_conn()

    def put(self, path: str, pieces: Iterable[bytes], size_bytes: int) -> None:
        """Send a file to a path of the artifact proxy. Raises as ``ask``."""
        # What was read once cannot be sent again.
        once = urllib3.Retry(total=0, raise_on_status=False)
        kind = "application/octet-stream"
        self.ask("PUT", proxied(path), body=pieces, kind=kind, size_bytes=size_bytes, retries=once)

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        kind: str = "",
        size_bytes: int | None = None,
        stream: bool = False,
        retries: urllib3.Retry | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Return a good answer.

        Raises:
            NotFound: there is no such thing, or the server knows no such request.
            Exists: there is one already.
            Denied: we may not.
            Unavailable: there is no answer, or the server failed.
            Invalid: the server refused, for the reason that it gives.
        """
        headers = {**self._headers, **({"Content-Type": kind} if kind else {})}
        if size_bytes is not None:
            headers["Content-Length"] = str(size_bytes)
        given: dict[str, Any] = {"retries": retries} if retries else {}
        try:
            answer = self._pool.request(
                method, self.url + path, body=body, headers=headers, preload_content=not stream, **given
            )
            if answer.status < 300:
                return answer
            text = answer.data
        except HTTPError as error:
            raise self._unreachable(error) from None
        raise self._error(answer.status, text, path)

    def close(self) -> None:
        """Let go of every connection."""
        self._pool.clear()

    def _unreachable(self, error: HTTPError) -> Unavailable:
        cause = getattr(error, "reason", None) or error
        return Unavailable(
            f"{self.url} cannot be reached: {str(cause).rpartition(': ')[2]}",
            hint="check the address, and that the server runs; then go on with the same command",
        )

    def _error(self, status: int, text: bytes, path: str) -> LinealError:
        try:
            said = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = {}
        message = str(said.get("message") or f"answered {status} to {path.partition('?')[0]}")
        fallback = _STATUSES.get(status, Unavailable if status >= 500 else Invalid)
        kind = _CODES.get(str(said.get("error_code")), fallback)
        hint = (
            "MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD" if kind is Denied else ""
        )
        return kind(f"{self.url}: {message}", hint=hint)


def proxied(path: str) -> str:
    """Return the path of a file behind the artifact proxy."""
    return f"/api/2.0/mlflow-artifacts/artifacts/{quote(path)}"


def _credentials(variables: Mapping[str, str]) -> dict[str, str]:
    user, password = variables.get("MLFLOW_TRACKING_USERNAME", ""), variables.get("MLFLOW_TRACKING_PASSWORD", "")
    if user:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    token = variables.get("MLFLOW_TRACKING_TOKEN", "")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _decoded(answer: urllib3.BaseHTTPResponse, url: str) -> Any:
    try:
        return msgspec.json.decode(answer.data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid(f"{url} does not answer as MLflow does", hint="check the address: it ends before /api") from None
