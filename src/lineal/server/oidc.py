"""OpenID Connect: what a provider of identities says of people, and of programs that bring its tokens.

Only signatures by a provider's own public keys count; which algorithms may have made them is not left to the token.
"""

from __future__ import annotations

import threading
import time
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec
import urllib3

from lineal.objects.errors import Denied, Invalid, Unavailable
from lineal.objects.prepared import prepared
from lineal.server.origins import LOOPBACK
from lineal.storage.store import ROLES, Actor, Role

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Those with a public key. A token that says ``none``, or one with a shared secret, is nobody's."""

_LEEWAY_S = 30
_KEYS_AGAIN_S, _FACTS_KEPT_S = 10.0, 3_600.0
_ANSWER_BYTES_MAX = 1 << 20
_TIMEOUT = urllib3.Timeout(connect=5, read=10)


class Program(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Programs that bring a token of a provider, such as those of a CI.

    Args:
        issuer: the provider.
        audience: whom the token must be meant for: a name that you choose, and ask the provider for.
        name: what they are called, with claims in braces; a colon in it keeps it apart from every account.
        role: what they may do where nothing else is said.
        claims: what the token must say: a text, or one of several.
    """

    issuer: str
    audience: str
    name: str
    role: Role
    claims: dict[str, str | list[str]]


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A provider where people log in, and programs that bring tokens.

    Args:
        issuer: the provider; empty where only programs come.
        client_id: what this server is called there.
        client_secret_file: holds what it says to prove that.
        url: where browsers reach this server; by default as they say.
        scopes: what is asked of the provider.
        name_claim: the claim that has somebody's name here.
        groups_claim: the claim that lists their groups.
        role: of those who are in none of ``groups``.
        groups: the role that each group gives; the greatest counts.
        session_hours: for how long somebody stays logged in.
        program: programs, by their tokens.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    url: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    role: Role = "none"
    groups: dict[str, Role] = {}
    session_hours: int = 12
    program: tuple[Program, ...] = ()

    def role_of(self, claims: dict[str, Any]) -> Role:
        """Return the role that somebody's groups give."""
        found = claims.get(self.groups_claim, [])
        given = [found] if isinstance(found, str) else [each for each in found if isinstance(each, str)]
        roles = [self.groups[each] for each in given if each in self.groups]
        return max((*roles, self.role), key=ROLES.index)


def read_configuration(path: Path) -> Configuration:
    """Return what a TOML file says of providers. Raises Invalid."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), prepared(Configuration))
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}", hint="check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise Invalid(
            f"{path} tells of no provider: {error}", hint="docs/guides/team-server.md has an example"
        ) from None
    if bool(found.issuer) != bool(found.client_id):
        raise Invalid(f"{path}: issuer and client_id go together", hint="register this server at the provider")
    for each in found.program:
        if ":" not in each.name or not each.claims:
            raise Invalid(
                f"{path}: a program has a name with a colon, and claims that its token must have",
                hint='name = "ci:{repository}", claims = { repository = "acme/churn" }',
            )
    for issuer in filter(None, (found.issuer, *(each.issuer for each in found.program))):
        _check_address(issuer)
    return found


class Provider:
    """A provider of identities. Any thread may ask.

    Args:
        issuer: its address, which is also its name.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._http = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)
        self._lock = threading.Lock()
        self._facts: dict[str, Any] = {}
        self._facts_at = self._keys_at = float("-inf")
        self._keys: dict[str, jwt.PyJWK] = {}

    def fact(self, name: str) -> str:
        """Return what the provider says of itself, such as its ``token_endpoint``. Raises Unavailable."""
        with self._lock:
            if time.monotonic() - self._facts_at > _FACTS_KEPT_S:
                found = self._got(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.issuer:
                    raise Unavailable(
                        f"{self.issuer} calls itself {found.get('issuer')!r}",
                        hint="write the issuer as it calls itself",
                    )
                self._facts, self._facts_at = found, time.monotonic()
        return str(self._facts.get(name, ""))

    def claims(self, token: str, audience: str) -> dict[str, Any]:
        """Return what a token says that the provider signed, for this audience, and that is still good. Raises Denied."""
        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            found: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[each for each in ALGORITHMS if each == key.algorithm_name] or list(ALGORITHMS),
                audience=audience,
                issuer=self.issuer,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise Denied(f"the provider's token is not good: {error}", hint="log in again") from None
        return found

    def post(self, fact: str, fields: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
        """Send a form to an address of the provider, and return what it answers. Raises Denied, Unavailable."""
        answer = self._asked("POST", self.fact(fact), fields=fields, headers=headers, encode_multipart=False)
        if answer.status != 200:
            raise Denied(f"{self.issuer} does not say who it is: HTTP {answer.status}", hint="log in again")
        return _object(answer.data, self.issuer)

    def get(self, fact: str, access_token: str) -> dict[str, Any]:
        """Return what an address of the provider says to whoever has a token. Raises Unavailable."""
        return self._got(self.fact(fact), {"Authorization": f"Bearer {access_token}"})

    def _key(self, name: str) -> jwt.PyJWK:
        """Return a key; the provider is asked again for one that is not known, since it changes them."""
        address = self.fact("jwks_uri")
        with self._lock:
            if name not in self._keys and time.monotonic() - self._keys_at > _KEYS_AGAIN_S:
                self._keys_at = time.monotonic()
                found = [each for each in self._got(address).get("keys", []) if each.get("use", "sig") == "sig"]
                self._keys = {str(each.get("kid", "")): jwt.PyJWK(each) for each in found if each.get("kty") != "oct"}
            if name not in self._keys:
                raise jwt.InvalidKeyError("no key of the provider made it")
            return self._keys[name]

    def _got(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = self._asked("GET", address, headers=headers or {})
        if answer.status != 200:
            raise Unavailable(f"{address} answers HTTP {answer.status}", hint="check the provider")
        return _object(answer.data, address)

    def _asked(self, method: str, address: str, **options: Any) -> urllib3.BaseHTTPResponse:
        _check_address(address)
        try:
            answer = self._http.request(method, address, redirect=False, preload_content=False, **options)
            answer._body = answer.read(_ANSWER_BYTES_MAX)  # type: ignore[attr-defined]  # noqa: SLF001 - what data gives
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"{address} cannot be reached: {error}", hint="check the provider") from None
        return answer


class Programs:
    """Who programs are, by the tokens of providers.

    Args:
        programs: which are let in.
    """

    def __init__(self, programs: tuple[Program, ...]) -> None:
        self._programs = programs
        self._providers = {each.issuer: Provider(each.issuer) for each in programs}

    def actor(self, token: str) -> Actor | None:
        """Return who brings a token; None for one that no provider vouches for, or that fits no program."""
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except jwt.PyJWTError:
            return None
        for each in self._programs:
            if each.issuer == issuer and (found := self._fitting(each, token)):
                return found
        return None

    def _fitting(self, program: Program, token: str) -> Actor | None:
        try:
            claims = self._providers[program.issuer].claims(token, program.audience)
        except Denied:
            return None
        wanted = {name: [value] if isinstance(value, str) else value for name, value in program.claims.items()}
        if not all(claims.get(name) in values for name, values in wanted.items()):
            return None
        texts = {name: value for name, value in claims.items() if isinstance(value, str)}
        try:
            return Actor(program.name.format_map(texts), program.role)
        except (KeyError, ValueError, IndexError, AttributeError):
            return None


def _object(data: bytes, where: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError:
        raise Unavailable(f"{where} does not answer with JSON", hint="check the provider") from None


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise Invalid(f"{address!r} is no https address", hint="identities travel encrypted only")
