"""The file of tokens: who may do what, by digests of what they hold."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from lineal.objects.digest import is_digest
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared
from lineal.storage.store import ROLES, Actor, Role


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person or program of the token file. ``token`` is the digest of the token: the file holds no secret."""

    token: str
    role: Role


def read_tokens(path: Path) -> dict[str, Actor]:
    """Return who may do what, from a TOML file of ``[name]`` tables with ``token = "sha256:…"`` and ``role = "…"``.

    Raises:
        Invalid: the file cannot be read, a token is no digest, or two have the same; the message names the place.
    """
    hint = 'write [ada] token = "sha256:…" role = "writer"; the digest: printf %s TOKEN | sha256sum'
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), prepared(dict[str, _Entry]))
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
