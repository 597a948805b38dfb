"""Other systems' protocols on our port, one file or folder each: a module here with ``routes(repository)`` is served."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from starlette.routing import BaseRoute

from lineal.client.local import LocalRepository


def all_routes(repository: LocalRepository) -> list[BaseRoute]:
    """Return the routes of every protocol."""
    modules = (import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__))
    return [route for module in modules for route in module.routes(repository)]
