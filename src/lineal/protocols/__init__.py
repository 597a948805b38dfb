"""Other systems' protocols on our port, one file or folder each: a module with ``served(acting, repository)`` is served.

``acting`` gives the repository as whoever sent a request may use it. ``repository`` is for requests to addresses that were
signed: whoever has one need not say who they are.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from lineal.client.local import LocalRepository

ROUTE = "lineal.route"
"""The template of an address, in the scope of a request, where Starlette does not know it."""

Acting = Callable[[Request], LocalRepository]


class Served(NamedTuple):
    """What answers a protocol's requests.

    ``at_once`` is by method and address, where no part of the address varies: it is found without a look at any route, and
    tells every error itself.
    """

    routes: list[BaseRoute]
    at_once: dict[tuple[str, str], ASGIApp]


def served(acting: Acting, repository: LocalRepository) -> Served:
    """Return what answers the requests of every protocol."""
    found = Served([], {})
    for each in iter_modules(__path__):
        more: Served = import_module(f"{__name__}.{each.name}").served(acting, repository)
        found.routes.extend(more.routes)
        found.at_once.update(more.at_once)
    return found
