"""Which connector reaches which source: by the scheme of an address, and by the kind of a source."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

from lineal.objects.errors import Invalid
from lineal.objects.sources import DeltaSource, IcebergSource, QuerySource, Source
from lineal.storage.sources.addresses import scheme_of
from lineal.storage.sources.source import Connector, Surroundings

QUERY = "query"


class _Known(NamedTuple):
    """Where a connector is, and the extra that brings what it needs."""

    module: str
    name: str
    extra: str = ""


_CONNECTORS = {
    "s3": _Known("object_store", "ObjectStores"),
    "gs": _Known("object_store", "ObjectStores"),
    "az": _Known("object_store", "ObjectStores"),
    "https": _Known("https", "WebServers"),
    "http": _Known("https", "WebServers"),
    "delta": _Known("delta", "DeltaTables", "delta"),
    "iceberg": _Known("iceberg", "IcebergTables", "iceberg"),
    QUERY: _Known("query", "Queries"),
}
"""Every connector by scheme. A new one is one file here, and one line."""

_KINDS: dict[type, str] = {DeltaSource: "delta", IcebergSource: "iceberg", QuerySource: QUERY}
"""The scheme of sources whose own address does not begin with it."""

SCHEMES = tuple(each for each in _CONNECTORS if each != QUERY)
"""What an address may begin with; anything else is a path."""


def is_address(text: str) -> bool:
    """Tell whether ``text`` is the address of a source and no path: it begins with a scheme and ``://``."""
    return bool(scheme_of(text))


def connector(scheme: str, surroundings: Surroundings) -> Connector[Any]:
    """Return what reaches sources of ``scheme``.

    Raises:
        Invalid: nothing does, or a package that it needs is missing.
    """
    known = _CONNECTORS.get(scheme)
    if not known:
        raise Invalid(f"{scheme}:// cannot be referred to", hint="there are " + ", ".join(f"{e}://" for e in SCHEMES))
    try:
        module = importlib.import_module(f"lineal.storage.sources.{known.module}")
    except ImportError as error:
        if not known.extra:
            raise
        raise Invalid(
            f"{scheme}:// needs a package that is not installed: {error.name}",
            hint=f"pip install 'lineal[{known.extra}]'",
        ) from None
    made: Connector[Any] = getattr(module, known.name)(surroundings)
    return made


def connector_of(source: Source, surroundings: Surroundings) -> Connector[Any]:
    """Return what reaches ``source``. Raises Invalid."""
    return connector(_KINDS.get(type(source)) or scheme_of(source.place), surroundings)
