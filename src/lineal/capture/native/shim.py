"""The modules of the shim that this interpreter uses: those that the launcher put in, else our own.

There must be one of each, or what hooks see would go to another place than what calls say.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lineal.capture.shim.lineal_shim import ranks, recording, scalars, writing


def _shim(name: str) -> Any:
    injected = sys.modules.get("lineal_shim.writing")
    # Another version of Lineal may have launched the program.
    package = "lineal_shim" if hasattr(injected, "Sink") else "lineal.capture.shim.lineal_shim"
    return import_module(f"{package}.{name}")


if not TYPE_CHECKING:
    ranks = _shim("ranks")
    writing = _shim("writing")
    scalars = _shim("scalars")
    recording = _shim("recording")

__all__ = ["ranks", "recording", "scalars", "writing"]
