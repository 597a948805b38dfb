"""Connections by name: ``[connections.NAME]`` in ``lineal.toml``."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lineal.objects.errors import Invalid, NotFound
from lineal.objects.prepared import prepared
from lineal.storage.sources.source import Connection, Surroundings


def parse_connections(text: str) -> dict[str, Connection]:
    """Return the connections that the text of a ``lineal.toml`` names.

    Raises:
        Invalid: it is no TOML, or a connection has an option that there is not, or a password.
    """
    try:
        tables = tomllib.loads(text).get("connections", {})
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"lineal.toml is no TOML: {error}", hint="mend it at that place") from None
    if not isinstance(tables, dict):
        raise Invalid("[connections] is no table", hint="write [connections.NAME] on a line of its own")
    return {name: _connection(name, table) for name, table in tables.items()}


def _connection(name: str, table: Any) -> Connection:
    where = f"[connections.{name}]"
    try:
        found = msgspec.convert(table, prepared(Connection))
    except msgspec.ValidationError as error:
        raise Invalid(f"{where}: {error}", hint='give it url = "…" or url_env = "VARIABLE"') from None
    if bool(found.url) == bool(found.url_env):
        raise Invalid(f"{where} needs one of url and url_env", hint='url_env = "WAREHOUSE_URL" names a variable')
    if _has_password(found.url):
        raise Invalid(
            f"{where} holds a password", hint='put the address into a variable and write url_env = "ITS_NAME"'
        )
    return found


def _has_password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None or "password=" in url.lower()
    except ValueError:
        return False


def find(name: str, surroundings: Surroundings) -> Connection:
    """Return the connection called ``name``.

    Raises:
        NotFound: ``lineal.toml`` has none of that name.
    """
    if found := surroundings.connections.get(name):
        return found
    near = get_close_matches(name, surroundings.connections, 1)
    hint = f"did you mean {near[0]!r}?" if near else f'write [connections.{name}] with url_env = "VARIABLE"'
    raise NotFound(f"lineal.toml has no connection {name!r}", hint=hint)


def address_of(name: str, surroundings: Surroundings) -> str:
    """Return the address of the connection called ``name``; it may hold a password, so it is for nobody's eyes.

    Raises:
        NotFound: there is no such connection.
        Invalid: the variable that should hold the address is not set, or holds none.
    """
    connection = find(name, surroundings)
    url = connection.url or surroundings.variables.get(connection.url_env, "")
    if not url:
        raise Invalid(
            f"the variable {connection.url_env} of the connection {name!r} is not set", hint="set it to the address"
        )
    if "://" not in url:
        said = f"the variable {connection.url_env}" if connection.url_env else "the url"
        raise Invalid(f"{said} of the connection {name!r} is no address", hint="it begins with postgresql://")
    return url
