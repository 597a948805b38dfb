"""Where versions run: one module each, found here by its name, with its class as ``TARGET``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from lineal.targets.target import Observed, Started, Target

TARGETS: dict[str, type[Target]] = {
    each.name: import_module(f"{__name__}.{each.name}").TARGET
    for each in iter_modules(__path__)
    if each.name != "target"
}
"""Every target by the name that ``lineal deploy --target`` takes."""

__all__ = ["TARGETS", "Observed", "Started", "Target"]
