"""Who is asking: found out once for each request, before anything else is done for it."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple, Protocol

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from lineal.objects.digest import digest_of
from lineal.objects.errors import LinealError
from lineal.protocols import AGAIN, Again, Reply
from lineal.server.identities import Identities
from lineal.server.problems import Limited, Unknown
from lineal.server.rates import Buckets, Failures
from lineal.server.settings import Settings
from lineal.storage.store import Actor

SESSION_COOKIE = "lineal_session"

_ACTOR = "lineal.actor"
_WAS_ASKED = "lineal.actor_was_asked"
"""Whether somebody needed to know who sends a request, in its scope."""
_SEAL = "lineal.seal"
"""What a request brings to tell who sends it, in its scope: the same for the same, and nothing that can be used elsewhere."""
BY_SESSION = "lineal.by_session"
"""Whether somebody came with a browser's session, in the scope of a request."""

_FRESH_S = 1.0
"""For so long nobody is asked for again who was known a moment ago: what another server changed holds here after that."""

_KNOWN_MAX = 4_096
_DOTS = 2
"""A provider's token has so many, and ours none."""

_LOOKED_UP_AT_ONCE = 4
_HARMLESS = frozenset(("GET", "HEAD", "OPTIONS"))


class Programs(Protocol):
    """Knows programs by the tokens of providers of identities."""

    def actor(self, token: str) -> Actor | None:
        """Return who brings a token."""


class Credential(NamedTuple):
    """What a request brings to tell who sends it: ``bearer``, ``basic`` or ``session``, or nothing."""

    kind: str = ""
    name: str = ""
    secret: str = ""


class Guard:
    """Tells who a request comes from.

    Args:
        owner: who everybody is when nobody is asked: the server then listens to this machine only.
        tokens: who each token of a file belongs to, by the token's digest.
        identities: who has an account; None where there are none.
        programs: who programs are that bring a provider's token; None where none do.
        settings: how much each may ask.
    """

    def __init__(
        self,
        owner: Actor,
        tokens: dict[str, Actor] | None = None,
        identities: Identities | None = None,
        settings: Settings | None = None,
        programs: Programs | None = None,
    ) -> None:
        settings = settings or Settings()
        self.owner = owner
        self._tokens = tokens or {}
        self._identities = identities
        self._programs = programs
        self.is_open = tokens is None and identities is None
        self._known: dict[bytes, tuple[float, Actor]] = {}
        self._key = secrets.token_bytes(32)
        self._rates, self._strangers = Buckets(settings.user_requests_s), Buckets(settings.stranger_requests_s)
        self._failures = Failures()
        self._looking = CapacityLimiter(_LOOKED_UP_AT_ONCE)

    def actor(self, request: Request) -> Actor:
        """Return who is asking.

        Raises:
            Unknown: nobody knows them.
            Limited: they ask more than they may.
        """
        request.scope[_WAS_ASKED] = True
        found: Actor | LinealError = request.scope[_ACTOR]
        if isinstance(found, LinealError):
            raise found
        return found

    def forget(self) -> None:
        """Look up everybody again: something changed."""
        self._known.clear()

    async def identify(self, scope: Scope) -> None:
        """Find out who sends a request, and write it into its scope; what stands in the way is told to who needs to know."""
        address = (scope.get("client") or ("", 0))[0]
        brought = credential_of(scope)
        scope[BY_SESSION] = brought.kind == "session"
        scope[_SEAL] = seal = hmac.digest(self._key, "\0".join(brought).encode("utf-8", "surrogateescape"), "sha256")
        try:
            scope[_ACTOR] = await self._found(seal, brought, address)
        except LinealError as error:
            scope[_ACTOR] = error

    def identify_again(self, scope: Scope) -> bool:
        """Write into the scope of a request who sends another one that brings the same; tell whether they are known, and may ask."""
        actor = self._fresh(scope[_SEAL])
        if actor is None or self._rates.wait_s(actor.name):
            return False
        scope[_ACTOR] = actor
        return True

    def _fresh(self, seal: bytes) -> Actor | None:
        """Return who was known a moment ago."""
        until, actor = self._known.get(seal, (0.0, None))
        return actor if until >= time.monotonic() else None

    async def _found(self, seal: bytes, brought: Credential, address: str) -> Actor:
        if (actor := self._fresh(seal)) is None:
            actor = await self._looked_up(brought, address)
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known[seal] = (time.monotonic() + _FRESH_S, actor)
        if wait_s := self._rates.wait_s(actor.name):
            raise Limited(f"{actor.name} sends too many requests", wait_s=wait_s)
        return actor

    async def _looked_up(self, brought: Credential, address: str) -> Actor:
        """Return who brings that. Raises Unknown, and Limited where somebody seems to guess."""
        actor = await to_thread.run_sync(self._by_secret, brought, limiter=self._looking) if brought.kind else None
        if actor is None and brought.kind == "basic" and self._identities:
            actor = await self._by_password(self._identities, brought, address)
        if actor is None:
            if wait_s := self._strangers.wait_s(address):
                raise Limited("too many requests come from your address without a valid login", wait_s=wait_s)
            raise Unknown(
                "this server asks who you are", hint="--token TOKEN, or LINEAL_TOKEN; an administrator makes one"
            )
        return actor

    def _by_secret(self, brought: Credential) -> Actor | None:
        """Return whose secret that is: of the file, of an account, of a provider's program, or of a browser's session."""
        identities = self._identities
        if brought.kind == "session":
            return identities.by_session(brought.secret) if identities else None
        wanted = digest_of(brought.secret.encode("utf-8", "surrogateescape"))
        # Every token is compared, whole: the time it takes tells nothing.
        found = [actor for digest, actor in self._tokens.items() if hmac.compare_digest(digest, wanted)]
        if not identities:
            return found[0] if found else None
        if found:
            return identities.granted(found[0])
        if by_token := identities.by_token(brought.secret):
            return by_token
        if brought.secret.count(".") == _DOTS and self._programs and (program := self._programs.actor(brought.secret)):
            return identities.granted(program)
        return None

    async def _by_password(self, identities: Identities, brought: Credential, address: str) -> Actor | None:
        """Return whose password that is. Whoever guesses waits, at one name and at many. Raises Limited."""
        waits_s = (self._failures.wait_s(brought.name, address), self._strangers.wait_s(address, is_taken=False))
        if any(waits_s):
            raise Limited("too many logins failed", wait_s=max(waits_s))
        look = partial(identities.by_password, brought.name, brought.secret)
        actor = await to_thread.run_sync(look, limiter=self._looking)
        self._failures.note(brought.name, address, failed=actor is None)
        if actor is None:
            await to_thread.run_sync(identities.note_denied, brought.name, address, limiter=self._looking)
        return actor


class Identified:
    """Finds out who sends each request.

    Args:
        app: what answers it.
        guard: knows who there is.
    """

    def __init__(self, app: ASGIApp, *, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            if self._guard.is_open:
                scope[_ACTOR] = self._guard.owner
            else:
                await self._guard.identify(scope)
        await self._app(scope, receive, send)
        if not self._guard.is_open and _WAS_ASKED in scope and (again := scope.get(AGAIN)):
            scope[AGAIN] = partial(self._again, again, scope)

    def _again(self, inner: Again, scope: Scope, body: bytes, reply: Reply) -> bool:
        """Have another request with the same head answered, if its sender is still known."""
        return self._guard.identify_again(scope) and inner(body, reply)


def credential_of(scope: Scope) -> Credential:
    """Return what a request brings: after ``Bearer``, the name and password of ``Basic``, or a browser's session."""
    headers = Headers(scope=scope)
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        return _basic(value)
    if value:
        return Credential("bearer", "", value.strip())
    # A page of another site makes browsers send cookies too; then the browser says where that page is from.
    session = _cookie(headers, SESSION_COOKIE)
    is_ours = scope["method"] in _HARMLESS or headers.get("origin", "")
    return Credential("session", "", session) if session and is_ours else Credential()


def _basic(value: str) -> Credential:
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return Credential()
    return Credential("basic", name, secret)


def _cookie(headers: Headers, name: str) -> str:
    if "cookie" not in headers:
        return ""
    try:
        found = SimpleCookie(headers["cookie"]).get(name)
    except CookieError:
        return ""
    return found.value if found else ""
