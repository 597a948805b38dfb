"""Models saved as people do, with the real libraries; each is a directory of files."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

from . import around, estimators, libraries, others
from .place import Place

_PARTS = (estimators, libraries, others, around)


def write(top: Path) -> None:
    """Save everything."""
    warnings.simplefilter("ignore")
    shutil.rmtree(top, ignore_errors=True)
    place = Place(top)
    for module in _PARTS:
        for save in module.PARTS:
            save(place)
