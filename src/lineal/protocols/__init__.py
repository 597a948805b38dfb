"""Other systems' protocols on our port, one file or folder each: a module with ``routes(acting, repository)`` is served.

``acting`` gives the repository as whoever sent a request may use it. ``repository`` is for requests to addresses that were
signed: whoever has one need not say who they are.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from starlette.requests import Request
from starlette.routing import BaseRoute

from lineal.client.local import LocalRepository

Acting = Callable[[Request], LocalRepository]


def all_routes(acting: Acting, repository: LocalRepository) -> list[BaseRoute]:
    """Return the routes of every protocol."""
    modules = (import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__))
    return [route for module in modules for route in module.routes(acting, repository)]
