"""A registry over OCI's distribution API: blobs and manifests by digest, tags that lead to manifests.

A registry is not trusted: what it sends is read up to what was announced, and checked against the digest that was asked for.
A login goes to nobody but the registry, and to the address that gives tokens for it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from lineal.formats.oci import INDEX, MANIFEST, MANIFEST_BYTES_MAX
from lineal.objects.digest import Digest, Hasher, digest_of, is_digest
from lineal.objects.errors import Corrupt, Denied, Invalid, NotFound, Unavailable
from lineal.storage.oci.credentials import Login, login_of

_TIMEOUT = urllib3.Timeout(connect=10, read=120)
_PIECE_BYTES = 1 << 20
_ERROR_BYTES_MAX = 1 << 16
_TOKEN_BYTES_MAX = 1 << 20
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_REDIRECTS_MAX = 3
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_OK, _CREATED, _ACCEPTED, _UNAUTHORIZED, _FORBIDDEN, _MISSING = 200, 201, 202, 401, 403, 404


class Found(NamedTuple):
    """A manifest as a registry has it."""

    data: bytes
    digest: Digest


class Registry:
    """A repository of a registry. On this machine itself it is asked in plain HTTP, everywhere else with TLS.

    Args:
        host: the registry, with its port where it has another than usual.
        repository: the repository.
        variables: the environment's, which say where logins are.
    """

    def __init__(self, host: str, repository: str, variables: Mapping[str, str]) -> None:
        self.name = f"{host}/{repository}"
        self._repository = repository
        self._host = "registry-1.docker.io" if host == "docker.io" else host
        scheme = "http" if urlsplit(f"//{self._host}").hostname in _LOOPBACK else "https"
        self._base = f"{scheme}://{self._host}"
        self._variables = variables
        self._host_of_login = host
        self._authorization = ""
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=urllib3.Retry(connect=2, read=False, redirect=0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def has_blob(self, digest: Digest) -> bool:
        """Tell whether the repository has a blob."""
        with self._ask("HEAD", f"blobs/{digest}", fine=(_OK, _MISSING)) as answer:
            return answer.status == _OK

    def put_blob(self, digest: Digest, size_bytes: int, pieces: Iterable[bytes]) -> None:
        """Send a blob that the repository may have already. Raises Denied, Unavailable, Invalid."""
        if self.has_blob(digest):
            return
        with self._ask(
            "POST", "blobs/uploads/", fine=(_ACCEPTED,), headers={"Content-Length": "0"}, writes=True
        ) as begun:
            place = urljoin(f"{self._base}/v2/{self._repository}/blobs/uploads/", begun.headers.get("Location", ""))
        if not self._is_own(place):
            raise Invalid(f"{self.name} sends uploads to {_host_of(place)}", hint="nothing was sent; ask who runs it")
        address = f"{place}{'&' if urlsplit(place).query else '?'}{urlencode({'digest': digest})}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size_bytes)}
        with self._send("PUT", address, headers, body=pieces) as done:
            self._check(done, (_CREATED, _ACCEPTED), f"blob {digest}")

    def blob(self, digest: Digest, size_bytes: int) -> Iterator[bytes]:
        """Yield the bytes of a blob.

        Raises:
            NotFound: it is not there.
            Corrupt: more, fewer or other bytes come than the digest names; known for sure only at the end.
        """
        hasher = Hasher()
        with self._ask("GET", f"blobs/{digest}", fine=(_OK,)) as answer:
            for piece in self._pieces(answer, digest):
                hasher.update(piece)
                if hasher.size_bytes > size_bytes:
                    raise Corrupt(f"{self.name} sends more than the {size_bytes:,} bytes of {digest}", hint=_HINT)
                yield piece
        if hasher.size_bytes != size_bytes:
            said = f"{hasher.size_bytes:,} of {size_bytes:,} bytes"
            raise Corrupt(
                f"{self.name} sent {said} of {digest}", hint="the connection broke, or the registry lost a part"
            )
        if hasher.digest != digest:
            raise Corrupt(f"{self.name} sent other bytes than {digest}: theirs are {hasher.digest}", hint=_HINT)

    def _pieces(self, answer: urllib3.BaseHTTPResponse, digest: Digest) -> Iterator[bytes]:
        try:
            yield from answer.stream(_PIECE_BYTES, decode_content=False)
        except HTTPError as error:
            raise Corrupt(f"{self.name} broke off in the middle of {digest}: {error}", hint="try again") from None

    def manifest(self, reference: str) -> Found | None:
        """Return the manifest that a tag or a digest leads to, or None.

        Raises:
            Corrupt: it is another one than the digest names, or larger than manifests may be.
        """
        headers = {"Accept": f"{MANIFEST}, {INDEX}"}
        with self._ask("GET", f"manifests/{reference}", fine=(_OK, _MISSING), headers=headers) as answer:
            if answer.status == _MISSING:
                return None
            data = _read(answer, MANIFEST_BYTES_MAX, f"the manifest {reference} of {self.name}")
            said = answer.headers.get("Docker-Content-Digest", "")
        found = digest_of(data)
        wanted = reference if is_digest(reference) else said
        if wanted and wanted != found:
            raise Corrupt(f"{self.name} sent another manifest than {wanted}: its digest is {found}", hint=_HINT)
        return Found(data, found)

    def put_manifest(self, reference: str, data: bytes, *, media_type: str = MANIFEST) -> bool:
        """Let a tag, or only its digest, lead to a manifest; return whether the registry lists it at what it refers to.

        Raises:
            Corrupt: the registry made something else of it.
        """
        headers = {"Content-Type": media_type}
        with self._ask(
            "PUT", f"manifests/{reference}", fine=(_CREATED,), headers=headers, body=data, writes=True
        ) as answer:
            said = answer.headers.get("Docker-Content-Digest", "")
            if said and said != digest_of(data):
                raise Corrupt(f"{self.name} keeps {reference} as {said}, not {digest_of(data)}", hint=_HINT)
            return "OCI-Subject" in answer.headers

    def delete_tag(self, tag: str) -> bool:
        """Take away a tag; False where the registry does not do that."""
        with self._ask("DELETE", f"manifests/{tag}", fine=(_ACCEPTED, _MISSING, 400, 405), writes=True) as answer:
            return answer.status in {_ACCEPTED, _MISSING}

    def _ask(
        self,
        method: str,
        path: str,
        *,
        fine: tuple[int, ...],
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        writes: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Ask, as whoever is logged in where the registry wants to know, and return an answer whose status is fine."""
        address = f"{self._base}/v2/{self._repository}/{path}"
        given = dict(headers or {})
        answer = self._send(method, address, given, body=body)
        if answer.status == _UNAUTHORIZED:
            challenge = answer.headers.get("WWW-Authenticate", "")
            answer.close()
            self._authorization = self._authorized(challenge, writes=writes)
            answer = self._send(method, address, given, body=body)
        for _ in range(_REDIRECTS_MAX):
            if method != "GET" or answer.status not in _REDIRECTS:
                break
            target = urljoin(address, answer.headers.get("Location", ""))
            if urlsplit(target).scheme != "https" and not self._is_own(target) and self._base.startswith("https"):
                raise Invalid(
                    f"{self.name} sends us to {_host_of(target)} without TLS", hint="nothing was read from there"
                )
            answer.close()
            address = target
            answer = self._send(method, address, given)
        self._check(answer, fine, path)
        return answer

    def _send(
        self, method: str, address: str, headers: Mapping[str, str], *, body: bytes | Iterable[bytes] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Send a request. Only the registry itself gets to see who we are."""
        own = {"Authorization": self._authorization} if self._authorization and self._is_own(address) else {}
        try:
            return self._pool.request(
                method, address, headers={**headers, **own}, body=body, preload_content=False, redirect=False
            )
        except HTTPError as error:
            reason = getattr(error, "reason", None) or error
            raise Unavailable(
                f"{self.name} does not answer: {reason}", hint="check the address and the network"
            ) from None

    def _is_own(self, address: str) -> bool:
        theirs, ours = urlsplit(address), urlsplit(self._base)
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)

    def _authorized(self, challenge: str, *, writes: bool) -> str:
        """Return what to say who we are with, as a registry asks for it.

        Raises:
            Denied: it wants a login that there is not, or does not take it.
        """
        scheme, _, rest = challenge.partition(" ")
        asked, login = dict(_CHALLENGE.findall(rest)), login_of(self._host_of_login, self._repository, self._variables)
        if scheme.lower() == "basic" and login and login.name:
            return _basic(login)
        if scheme.lower() != "bearer" or "realm" not in asked:
            raise self._denied()
        actions = "pull,push" if writes else "pull"
        scope = f"repository:{self._repository}:{actions}"
        return f"Bearer {self._token(asked['realm'], asked.get('service', ''), scope, login)}"

    def _token(self, realm: str, service: str, scope: str, login: Login | None) -> str:
        where = urlsplit(realm)
        if where.scheme != "https" and not (
            where.scheme == "http" and where.hostname in _LOOPBACK and self._base[:5] == "http:"
        ):
            raise Invalid(f"{self.name} sends logins to {realm}, without TLS", hint="the login was not sent")
        known = {"service": service, "scope": scope}
        if login and login.token:
            form = {**known, "grant_type": "refresh_token", "refresh_token": login.token, "client_id": "lineal"}
            answer = self._plain("POST", realm, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form))
        else:
            headers = {"Authorization": _basic(login)} if login else {}
            answer = self._plain("GET", f"{realm}{'&' if where.query else '?'}{urlencode(known)}", headers, None)
        with answer:
            if answer.status in {_UNAUTHORIZED, _FORBIDDEN}:
                raise self._denied()
            data = _read(answer, _TOKEN_BYTES_MAX, f"the token for {self.name}")
            status = answer.status
        try:
            said = msgspec.json.decode(data, type=dict[str, Any]) if status == _OK else {}
        except (msgspec.MsgspecError, UnicodeDecodeError):
            said = {}
        token = said.get("token") or said.get("access_token")
        if not isinstance(token, str) or not token.isprintable():
            raise Unavailable(f"{where.netloc} gives no token for {self.name} (status {status})", hint="try again")
        return token

    def _plain(
        self, method: str, address: str, headers: Mapping[str, str], body: str | None
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(
                method, address, headers=headers, body=body, preload_content=False, redirect=False
            )
        except HTTPError as error:
            raise Unavailable(
                f"{_host_of(address)} gives no token for {self.name}: {error}", hint="try again"
            ) from None

    def _check(self, answer: urllib3.BaseHTTPResponse, fine: tuple[int, ...], what: str) -> None:
        if answer.status in fine:
            return
        said = _said(answer)
        answer.close()
        if answer.status in {_UNAUTHORIZED, _FORBIDDEN}:
            raise self._denied(said)
        if answer.status == _MISSING:
            raise NotFound(f"{self.name} has no {what}{said}", hint="check the address, the tag and the digest")
        raise Unavailable(f"{self.name} answers {answer.status} to {what}{said}", hint="try again, or ask who runs it")

    def _denied(self, said: str = "") -> Denied:
        return Denied(
            f"{self.name} does not let you do that{said}",
            hint=f"docker login {self._host}, or podman login; REGISTRY_AUTH_FILE names another file with logins",
        )


_HINT = "do not use what it sends; another copy may be sound"


def _basic(login: Login) -> str:
    return "Basic " + base64.b64encode(f"{login.name}:{login.password}".encode()).decode()


def _read(answer: urllib3.BaseHTTPResponse, most: int, what: str) -> bytes:
    try:
        data = answer.read(most + 1, decode_content=False)
    except HTTPError as error:
        raise Corrupt(f"{what} broke off: {error}", hint="try again") from None
    if len(data) > most:
        raise Corrupt(f"{what} is larger than {most:,} bytes", hint=_HINT)
    return data


def _said(answer: urllib3.BaseHTTPResponse) -> str:
    """Return what a registry says is wrong, in brackets; empty where it says nothing that is understood."""
    try:
        data = answer.read(_ERROR_BYTES_MAX, decode_content=False)
        errors = msgspec.json.decode(data, type=dict[str, Any]).get("errors") or ()
        words = "; ".join(str(each.get("message") or each.get("code")) for each in errors)
    except (HTTPError, msgspec.MsgspecError, UnicodeDecodeError, AttributeError, TypeError):
        return ""
    return f" ({words[:300]})" if words else ""


def _host_of(address: str) -> str:
    return urlsplit(address).netloc or address
