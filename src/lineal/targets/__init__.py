"""Where versions run: one file each, found here by its name."""

from __future__ import annotations

from lineal.targets.process import ProcessTarget
from lineal.targets.target import Observed, Started, Target

TARGETS: dict[str, type[Target]] = {"process": ProcessTarget}
"""Every target by the name that ``lineal deploy --target`` takes."""

__all__ = ["TARGETS", "Observed", "Started", "Target"]
