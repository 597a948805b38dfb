"""Files on web servers, by ETag, time and size. Asked for with urllib3, and never more than was announced."""

from __future__ import annotations

import netrc
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError

from lineal.objects.errors import Denied, Invalid, LinealError, NotFound, Unavailable
from lineal.objects.files import Entry
from lineal.objects.sources import ObjectSource
from lineal.storage.blobs.blobs import PIECE_BYTES
from lineal.storage.clock import SystemClock
from lineal.storage.sources.addresses import masked, public, removed
from lineal.storage.sources.source import (
    Asked,
    Finding,
    Pinned,
    Read,
    SourceFile,
    Surroundings,
    read_all,
    read_pieces,
    refusal,
)

_TIMEOUT = urllib3.Timeout(connect=10, read=60)
_REDIRECTS_MAX = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_GONE = frozenset((404, 410))
_NO_HEAD = frozenset((400, 403, 405, 501))
"""What servers answer that know GET and not HEAD; signed addresses are often good for one of the two."""

_CONTINUED_MAX = 5
"""How often a download that was cut off goes on without a single new byte."""

_UNANNOUNCED_BYTES_MAX = 64 << 30
"""How much is read of a file whose size the server does not tell."""


class _Head(NamedTuple):
    """What a server says of a file."""

    size_bytes: int | None
    etag: str
    modified_at: int | None


class WebServers:
    """Reaches files behind ``http://`` and ``https://``.

    Private addresses are allowed: data often stands on an intranet, and it is the user's own machine that asks.

    Args:
        surroundings: the environment's variables tell where ``.netrc`` is.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._variables = surroundings.variables
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=urllib3.Retry(connect=2, read=2, redirect=0))

    def pin(self, asked: Asked, read: Read | None = None) -> Pinned:
        """Return the file at an address, by what the server says of it."""
        if asked.at:
            raise Invalid("a web server keeps no versions that could be asked for", hint="leave out --at")
        _check(asked.uri)
        uri, name = public(asked.uri), _name(asked.uri)
        head = self._head(asked.uri)
        if head is None:
            raise NotFound(f"there is nothing at {uri}", hint="check the address")
        entries: tuple[Entry, ...] = ()
        digest = None
        if read:
            meant = ObjectSource(uri=uri, size_bytes=head.size_bytes or 0)
            file = SourceFile(name, partial(self._pieces, asked.uri, head, meant), head.size_bytes)
            entries = read_all((file,), meant, read)
            digest, head = entries[0].digest, head._replace(size_bytes=entries[0].size_bytes)
        if head.size_bytes is None or not (digest or head.etag or head.modified_at):
            raise Invalid(
                f"{uri} does not tell {'its size' if head.size_bytes is None else 'its ETag or when it changed'}, so"
                " nobody could tell later whether it is still the same",
                hint="--digest reads it once and keeps its digest",
            )
        source = ObjectSource(
            uri=uri,
            size_bytes=head.size_bytes,
            etag=head.etag,
            modified_at=None if head.etag else head.modified_at,
            digest=digest,
        )
        return Pinned(source, PurePosixPath(name).stem, SystemClock().now(), entries=entries, notes=_notes(asked.uri))

    def check(self, source: ObjectSource) -> Finding:
        """Return whether the server still says the same of the file. A file of which it says nothing is read."""
        head = self._head(source.uri)
        if head is None:
            return Finding("gone", "the server does not have it any more")
        if said := _difference(head, _known(source)):
            return Finding("changed", said)
        if not source.etag and source.modified_at is None:
            return self._read_again(source)
        return Finding("unchanged", "it is what it was")

    def _read_again(self, source: ObjectSource) -> Finding:
        try:
            for _ in read_pieces(next(self.files(source)), source):
                pass
        except LinealError as error:
            return Finding("changed", error.message)
        return Finding("unchanged", "it was read again and is what it was")

    def files(self, source: ObjectSource) -> Iterator[SourceFile]:
        """Yield the one file."""
        pieces = partial(self._pieces, source.uri, _known(source), source)
        yield SourceFile(_name(source.uri), pieces, source.size_bytes, source.digest)

    def _head(self, uri: str) -> _Head | None:
        answer = self._ask("HEAD", uri)
        if answer.status in _NO_HEAD or "Content-Length" not in answer.headers:
            answer.close()
            answer = self._ask("GET", uri, {"Range": "bytes=0-0"})
        with _closing(answer):
            return None if answer.status in _GONE else _head(_good(answer, uri))

    def _pieces(self, uri: str, known: _Head, source: ObjectSource) -> Iterator[bytes]:
        """Yield the bytes of a file as it was pinned; a download that is cut off goes on where it was cut.

        HTTP itself sees to it that no more comes than was announced.
        """
        received, failures = 0, 0
        while True:
            headers = {"Range": f"bytes={received}-"} if received else {}
            answer = self._ask("GET", uri, headers)
            with _closing(answer):
                if answer.status in _GONE:
                    raise refusal(Finding("gone", "the server does not have it any more"), source)
                if said := _difference(_head(_good(answer, uri)), known):
                    raise refusal(Finding("changed", said), source)
                if received and answer.status != 206:
                    raise Unavailable(f"{source.uri} was cut off and cannot go on", hint="try again")
                try:
                    for piece in answer.stream(PIECE_BYTES, decode_content=False):
                        received, failures = received + len(piece), 0
                        if known.size_bytes is None and received > _UNANNOUNCED_BYTES_MAX:
                            raise Invalid(f"{source.uri} does not end", hint="refer to a file that tells its size")
                        yield piece
                except HTTPError as error:
                    failures += 1
                    if failures > _CONTINUED_MAX or answer.headers.get("Accept-Ranges") != "bytes":
                        raise _unreachable(uri, error) from None
                else:
                    return

    def _ask(self, method: str, uri: str, headers: dict[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        """Return the answer after at most five redirects, none of which leaves the web or gives up encryption."""
        at = uri
        for _ in range(_REDIRECTS_MAX + 1):
            # Who we are is told to the host that was meant, and to no other.
            known = self._authorization(at, uri) if urlsplit(at).netloc == urlsplit(uri).netloc else {}
            said = {"Accept-Encoding": "identity", **known, **(headers or {})}
            try:
                answer = self._pool.request(
                    method, _without_user(at), headers=said, preload_content=False, redirect=False
                )
            except LocationParseError:
                raise Invalid(f"{public(uri)} is no address", hint="write https://HOST/PATH") from None
            except HTTPError as error:
                raise _unreachable(uri, error) from None
            if answer.status not in _REDIRECTS or not (to := answer.headers.get("Location")):
                return answer
            answer.close()
            at = _redirected(at, urljoin(at, to))
        raise Invalid(f"{public(uri)} is redirected again and again", hint="give the address where it ends")

    def _authorization(self, at: str, uri: str) -> dict[str, str]:
        parts = urlsplit(uri)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not user:
            user, password = self._from_netrc(urlsplit(at).hostname or "")
        return urllib3.make_headers(basic_auth=f"{user}:{password}") if user else {}

    def _from_netrc(self, host: str) -> tuple[str, str]:
        """Return the user and password that ``.netrc`` has for a host; empty when it has none."""
        said, home = self._variables.get("NETRC", ""), self._variables.get("HOME", "")
        path = Path(said or Path(home) / ".netrc")
        try:
            found = netrc.netrc(str(path)).authenticators(host) if (said or home) and path.is_file() else None
        except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
            raise Invalid(f"{path} cannot be read", hint="mend it, or unset NETRC") from None
        return (found[0], found[2] or "") if found else ("", "")


@contextmanager
def _closing(answer: urllib3.BaseHTTPResponse) -> Iterator[None]:
    try:
        yield
    finally:
        answer.close()


def _check(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        is_address = bool(parts.hostname and parts.port != 0 and uri.isprintable() and " " not in uri)
    except ValueError:  # a port that is no number, a bracket that is not closed
        is_address = False
    if not is_address:
        raise Invalid(f"{masked(uri)!r} is no address", hint="write https://HOST/PATH")


def _redirected(before: str, to: str) -> str:
    _check(to)
    allowed = {"https"} if urlsplit(before).scheme == "https" else {"http", "https"}
    if urlsplit(to).scheme not in allowed:
        raise Invalid(
            f"{public(before)} redirects to {public(to)}, which is not followed", hint="give that address itself"
        )
    return to


def _without_user(uri: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def _name(uri: str) -> str:
    """Return what the file of an address is called; never more than a name."""
    name = PurePosixPath(unquote(urlsplit(uri).path)).name
    return name if name not in {"", ".", ".."} and name.isprintable() and "/" not in name else "content"


def _good(answer: urllib3.BaseHTTPResponse, uri: str) -> urllib3.BaseHTTPResponse:
    if answer.status in {401, 403}:
        raise Denied(
            f"{public(uri)} may not be read ({answer.status})",
            hint="put the user and password of that host into ~/.netrc; a signed address can be added again",
        )
    if answer.status not in {200, 206}:
        raise Unavailable(f"{public(uri)} answered {answer.status}", hint="try again later")
    return answer


def _head(answer: urllib3.BaseHTTPResponse) -> _Head:
    total = answer.headers.get("Content-Range", "").rpartition("/")[2] or answer.headers.get("Content-Length", "")
    encoded = answer.headers.get("Content-Encoding", "identity") != "identity"
    size_bytes = int(total) if total.isascii() and total.isdecimal() and len(total) < 19 and not encoded else None
    return _Head(size_bytes, answer.headers.get("ETag", ""), _modified(answer.headers.get("Last-Modified", "")))


def _modified(said: str) -> int | None:
    try:
        return round(parsedate_to_datetime(said).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None


def _known(source: ObjectSource) -> _Head:
    return _Head(source.size_bytes, source.etag, source.modified_at)


def _difference(head: _Head, known: _Head) -> str:
    """Return in what a file differs from what was known of it; empty when nothing says that it does."""
    if known.etag:
        return "" if head.etag == known.etag else f"it has ETag {head.etag or 'none'} now, not {known.etag}"
    if known.modified_at is not None and head.modified_at != known.modified_at:
        return "it was written again"
    if None not in {head.size_bytes, known.size_bytes} and head.size_bytes != known.size_bytes:
        return f"it has {head.size_bytes} bytes now, not {known.size_bytes}"
    return ""


def _notes(uri: str) -> tuple[str, ...]:
    names = removed(uri)
    if not names:
        return ()
    return (f"the address is kept without {', '.join(names)}; reading it later needs another way in",)


def _unreachable(uri: str, error: HTTPError) -> Unavailable:
    cause = getattr(error, "reason", None) or error
    said = str(cause).rpartition(": ")[2] or type(cause).__name__
    return Unavailable(f"{public(uri)} cannot be reached: {masked(said)}", hint="check the address and the network")
