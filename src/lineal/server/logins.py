"""Logging in with a browser: to the provider of identities, back with a code, and out again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.objects.errors import Denied, Invalid
from lineal.objects.reference import check_name
from lineal.objects.secret import Secret
from lineal.operations.journal import note_denied_login
from lineal.operations.people import accounts
from lineal.server.guard import SESSION_COOKIE
from lineal.server.oidc import Configuration, Provider
from lineal.storage.store import Actor

LOGIN, CALLBACK, LOGOUT = "/login", "/login/callback", "/logout"

_BEGUN_COOKIE = "lineal_login"
_BEGUN_MS = 600_000
_HOUR_MS = 3_600_000
_SECRET_VARIABLE = "LINEAL_OIDC_CLIENT_SECRET"  # noqa: S105 - where it is, not what


def login_routes(configuration: Configuration, repository: LocalRepository) -> list[Route]:
    """Return what answers browsers that log in or out; the first is where they are sent."""
    return _Logins(repository, configuration).routes() if configuration.issuer else []


class _Logins:
    """What answers a browser that logs in or out.

    Args:
        repository: where accounts and sessions are.
        configuration: the provider, and who gets which role.
    """

    def __init__(self, repository: LocalRepository, configuration: Configuration) -> None:
        self._repository = repository
        self._store = repository.store
        self._configuration = configuration
        self._provider = Provider(configuration.issuer)
        self._secret = _secret(configuration)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(LOGIN, self.begin, methods=["GET"]),
            Route(CALLBACK, self.end, methods=["GET"]),
            Route(LOGOUT, self.log_out, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Send a browser to the provider. What comes back must be from this login, of this browser, and once."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        place = request.query_params.get("next", "/")
        await run_in_threadpool(self._note, state, nonce, verifier, place if _is_ours(place) else "/")
        asked = {
            "response_type": "code",
            "client_id": self._configuration.client_id,
            "redirect_uri": self._address(request),
            "scope": " ".join(self._configuration.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": _unpadded(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        where = await run_in_threadpool(self._provider.fact, "authorization_endpoint")
        answer = RedirectResponse(f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}", 302)
        self._set(answer, request, _BEGUN_COOKIE, state, _BEGUN_MS // 1_000, path=LOGIN)
        return answer

    async def end(self, request: Request) -> Response:
        """Take a browser back from the provider, with a code by which that tells who it is."""
        asked = request.query_params
        if problem := asked.get("error", ""):
            raise Denied(f"the provider says: {problem[:100]}", hint="log in again, or ask an administrator")
        state = asked.get("state", "")
        if not state or not hmac.compare_digest(state.encode(), request.cookies.get(_BEGUN_COOKIE, "").encode()):
            raise Denied("this login was not begun in this browser", hint="log in again")
        if asked.get("iss", self._configuration.issuer) != self._configuration.issuer:
            raise Denied("this login comes from another provider", hint="log in again")
        place, session = await run_in_threadpool(self._known, state, asked.get("code", ""), self._address(request))
        answer = RedirectResponse(place, 303)
        answer.delete_cookie(_BEGUN_COOKIE, path=LOGIN)
        self._set(answer, request, SESSION_COOKIE, session, self._configuration.session_hours * 3_600)
        return answer

    async def log_out(self, request: Request) -> Response:
        """End a browser's session, here and at every other server."""
        if session := request.cookies.get(SESSION_COOKIE, ""):
            await run_in_threadpool(self._forget, session)
        answer = PlainTextResponse("You are logged out.\n")
        answer.delete_cookie(SESSION_COOKIE)
        return answer

    def _note(self, state: str, nonce: str, verifier: str, place: str) -> None:
        now = self._store.clock.now()
        with self._store.database.transaction():
            self._store.database.run("DELETE FROM login_begun WHERE expires_at < :now", now=now)
            self._store.database.run(
                "INSERT INTO login_begun (state, nonce, verifier, place, expires_at)"
                " VALUES (:state, :nonce, :verifier, :place, :until)",
                state=digest_of(state.encode()),
                nonce=nonce,
                verifier=verifier,
                place=place,
                until=now + _BEGUN_MS,
            )

    def _known(self, state: str, code: str, address: str) -> tuple[str, str]:
        """Return where somebody wanted to go, and the secret of their new session. Raises Denied, Unavailable."""
        begun = self._store.database.run(
            "DELETE FROM login_begun WHERE state = :state AND expires_at > :now RETURNING *",
            state=digest_of(state.encode()),
            now=self._store.clock.now(),
        )
        if not begun:
            raise Denied("this login was used already, or took too long", hint="log in again")
        try:
            claims = self._claims(code, address, begun[0]["verifier"], begun[0]["nonce"])
            return begun[0]["place"], self._session(self._account(claims))
        except Denied as denied:
            # Only of a login that was begun here, and once: nobody fills the journal by calling this address.
            note_denied_login(self._store, "", f"at {self._configuration.issuer}: {denied.message}")
            raise

    def _claims(self, code: str, address: str, verifier: str, nonce: str) -> dict[str, Any]:
        """Return what the provider says of who brought a code. Raises Denied, Unavailable."""
        client = self._configuration.client_id
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": address, "code_verifier": verifier}
        headers = {}
        if self._secret:
            # RFC 6749, 2.3.1: both are written as in a form before they are put together.
            said = f"{quote(client, safe='')}:{quote(self._secret, safe='')}"
            headers = {"Authorization": f"Basic {base64.b64encode(said.encode()).decode()}"}
        else:
            fields["client_id"] = client
        told = self._provider.post("token_endpoint", fields, headers)
        claims = self._provider.claims(str(told.get("id_token", "")), client)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise Denied("the provider's token is that of another login", hint="log in again")
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client:
            raise Denied("the provider's token was made for another client", hint="log in again")
        wanted = {self._configuration.name_claim, self._configuration.groups_claim}
        if wanted <= set(claims) or not self._provider.fact("userinfo_endpoint"):
            return claims
        more = self._provider.get("userinfo_endpoint", str(told.get("access_token", "")))
        if more.get("sub") != claims["sub"]:
            raise Denied("the provider tells of somebody else", hint="log in again")
        return {**more, **claims}

    def _account(self, claims: dict[str, Any]) -> str:
        """Return the name of the account of whom the provider vouches for. Raises Denied."""
        configuration = self._configuration
        try:
            name = check_name(str(claims.get(configuration.name_claim, "")).partition("@")[0], "user")
        except Invalid as error:
            raise Denied(
                f"the provider gives no name: {error.message}", hint="set name_claim to another claim"
            ) from None
        acting = self._repository.acting(Actor(name, "admin"))
        accounts.log_in(
            acting,
            name,
            role=configuration.role_of(claims),
            issuer=configuration.issuer,
            subject=str(claims["sub"]),
        )
        return name

    def _session(self, account: str) -> str:
        secret, now = secrets.token_urlsafe(32), self._store.clock.now()
        with self._store.database.transaction():
            self._store.database.run("DELETE FROM login_session WHERE expires_at < :now", now=now)
            self._store.database.run(
                "INSERT INTO login_session (digest, account, created_at, expires_at)"
                " VALUES (:digest, :account, :now, :until)",
                digest=digest_of(secret.encode()),
                account=account,
                now=now,
                until=now + self._configuration.session_hours * _HOUR_MS,
            )
        return secret

    def _forget(self, session: str) -> None:
        sql = "SELECT account FROM login_session WHERE digest = :digest"
        for row in self._store.database.run(sql, digest=digest_of(session.encode())):
            accounts.log_out(self._repository.acting(Actor(row["account"], "none")), Secret(session))

    def _address(self, request: Request) -> str:
        base = self._configuration.url or f"{request.url.scheme}://{request.headers.get('host', '')}"
        return f"{base.rstrip('/')}{CALLBACK}"

    def _set(self, answer: Response, request: Request, name: str, value: str, age_s: int, *, path: str = "/") -> None:
        """Set a cookie that no script reads, and that no other site's request brings when it changes something."""
        is_encrypted = self._address(request).startswith("https:")
        answer.set_cookie(name, value, max_age=age_s, path=path, secure=is_encrypted, httponly=True, samesite="lax")


def _is_ours(place: str) -> bool:
    """Tell whether an address leads to this server, however browsers read it."""
    return place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable() and "\\" not in place


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _secret(configuration: Configuration) -> str:
    if not configuration.client_secret_file:
        return os.environ.get(_SECRET_VARIABLE, "")
    try:
        return Path(configuration.client_secret_file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Invalid(
            f"{configuration.client_secret_file} cannot be read: {error.strerror}", hint="check client_secret_file"
        ) from None
