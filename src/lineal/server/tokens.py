"""Who is asking: a token each, or the owner of this machine."""

from __future__ import annotations

import base64
import binascii
import hmac
import tomllib
from pathlib import Path

import msgspec
from starlette.requests import Request

from lineal.objects.digest import digest_of, is_digest
from lineal.objects.errors import Invalid
from lineal.server.problems import Unknown
from lineal.storage.store import ROLES, Actor, Role


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person or program of the token file. ``token`` is the digest of the token: the file holds no secret."""

    token: str
    role: Role


class Guard:
    """Tells who a request comes from.

    Args:
        owner: who everybody is when there are no tokens: the server then listens to this machine only.
        tokens: who each token belongs to, by the token's digest.
    """

    def __init__(self, owner: Actor, tokens: dict[str, Actor] | None = None) -> None:
        self._owner = owner
        self._tokens = tokens

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked who they are."""
        return self._tokens is None

    def actor(self, request: Request) -> Actor:
        """Return who is asking.

        Raises:
            Unknown: there are tokens, and the request brings none that is known.
        """
        if self._tokens is None:
            return self._owner
        wanted = digest_of(_token(request.headers.get("authorization", "")).encode())
        # Every token is compared, whole: the time it takes tells nothing.
        found = [actor for digest, actor in self._tokens.items() if hmac.compare_digest(digest, wanted)]
        if not found:
            raise Unknown(
                "this server asks who you are", hint="--token TOKEN, or LINEAL_TOKEN; an administrator makes one"
            )
        return found[0]


def _token(header: str) -> str:
    """Return the token of a request: after ``Bearer``, or the password of ``Basic``, which browsers ask for."""
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return value.strip()
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def read_tokens(path: Path) -> dict[str, Actor]:
    """Return who may do what, from a TOML file of ``[name]`` tables with ``token = "sha256:…"`` and ``role = "…"``.

    Raises:
        Invalid: the file cannot be read, a token is no digest, or two have the same; the message names the place.
    """
    hint = 'write [ada] token = "sha256:…" role = "writer"; the digest: printf %s TOKEN | sha256sum'
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, _Entry])
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}", hint="check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise Invalid(f"{path} is no file of tokens: {error}", hint=f"{hint}; roles: {', '.join(ROLES)}") from None
    actors: dict[str, Actor] = {}
    for name, entry in found.items():
        if not is_digest(entry.token):
            raise Invalid(f"{path}: the token of {name!r} is no digest; the file must hold no secret", hint=hint)
        if entry.token in actors:
            raise Invalid(f"{path}: {name!r} has the token of {actors[entry.token].name!r}", hint="give each its own")
        actors[entry.token] = Actor(name, entry.role)
    return actors
