"""Metrics that a program wrote into a JSON file of its own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from lineal.objects.canonical import Number, number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lineal.objects.runs import FileUse

_NAME = re.compile(r"(?i)[^/]*metrics[^/]*\.json")
_BYTES_MAX = 1 << 20


def metrics_of(files: Iterable[FileUse], root: Path) -> dict[str, Number]:
    """Return the numbers at the top of every written ``*metrics*.json``; for one name the later path wins."""
    found: dict[str, Number] = {}
    for each in files:
        if each.size_bytes > _BYTES_MAX or not _NAME.fullmatch(each.path.rpartition("/")[2]):
            continue
        try:
            content = json.loads((root / each.path).read_bytes())
        except (OSError, ValueError):
            continue  # the file is an output like any other; nobody promised that it holds metrics
        if isinstance(content, dict):
            numbers = {key: value for key, value in content.items() if type(value) in {int, float}}
            found |= {key: number(float(value)) for key, value in numbers.items()}
    return found
