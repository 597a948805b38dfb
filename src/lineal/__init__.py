"""Lineal: version control for machine-learning models in production.

>>> import lineal
>>> repository = lineal.connect()
>>> repository.promote("churn:1.2.0", to="production")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lineal.capture.live import finish, log, param, start, tag
    from lineal.capture.native.run import LiveRun
    from lineal.client.connect import Repository, connect, init
    from lineal.client.parquet import write_parquet
    from lineal.objects.errors import (
        Ambiguous,
        Conflict,
        Corrupt,
        Denied,
        Invalid,
        LinealError,
        NotFound,
        Refused,
        Unavailable,
        Unsupported,
    )

__version__ = "0.1.0"

__all__ = [
    "Ambiguous",
    "Conflict",
    "Corrupt",
    "Denied",
    "Invalid",
    "LinealError",
    "LiveRun",
    "NotFound",
    "Refused",
    "Repository",
    "Unavailable",
    "Unsupported",
    "__version__",
    "connect",
    "finish",
    "init",
    "log",
    "param",
    "start",
    "tag",
    "write_parquet",
]

_HOMES = {"connect": "lineal.client.connect", "init": "lineal.client.connect", "Repository": "lineal.client.connect"}
_HOMES |= dict.fromkeys(("finish", "log", "param", "start", "tag"), "lineal.capture.live")
_HOMES |= {"write_parquet": "lineal.client.parquet", "LiveRun": "lineal.capture.native.run"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: importing lineal in a training script costs next to nothing."""
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module 'lineal' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "lineal.objects.errors")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
