"""Every verb of Lineal, one typed function each. Start reading here.

A module is imported when somebody names it, for a command needs few of them; ``every`` imports all.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from lineal.operations.operation import OPERATIONS, Operation

# Never imported here. Under TYPE_CHECKING, mypy would come to these modules too late to know what their decorators make.
_AT_ONCE = bool(0)
if _AT_ONCE:
    from lineal.operations import (
        cards,
        collections,
        comparisons,
        contents,
        data_diff,
        datasets,
        deployments,
        doctor,
        evaluations,
        imports,
        lineage,
        models,
        promotions,
        questions,
        registration,
        remotes,
        runs,
        sources,
        transfers,
        upkeep,
    )

__all__ = [
    "Operation",
    "cards",
    "collections",
    "comparisons",
    "contents",
    "data_diff",
    "datasets",
    "deployments",
    "doctor",
    "evaluations",
    "every",
    "imports",
    "lineage",
    "models",
    "promotions",
    "questions",
    "registration",
    "remotes",
    "runs",
    "sources",
    "transfers",
    "upkeep",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"there are no operations called {name}")


def every() -> dict[str, Operation]:
    """Return every operation by its words, module by module."""
    modules = [import_module(f"{__name__}.{each.name}").__name__ for each in iter_modules(__path__)]
    return dict(sorted(OPERATIONS.items(), key=lambda each: modules.index(each[1].function.__module__)))
