"""Real files of models, written by the libraries themselves, and what those say of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import lineal
from tests.parts.capture import PYTHON
from tests.parts.part import Part

_PROGRAM, _PAIRS, _ANSWERS = (
    Path(__file__).with_name(name) for name in ("model_files.py", "pair_files.py", "pair_answers.py")
)
_SOURCES = Path(lineal.__file__).parents[1]
_WRITE_S = 300


class Models(NamedTuple):
    """A directory of files, and what the libraries that wrote them say."""

    directory: Path
    said: dict[str, Any]


def models_in(place: Mapping[str, Any]) -> Models:
    """Return the files that were written."""
    directory = Path(place["directory"])
    return Models(directory, json.loads((directory / "said.json").read_text()))


def _write(place: Path, program: Path = _PROGRAM, then: Path | None = None) -> Mapping[str, Any]:
    files = place / "files"
    files.mkdir()
    for each, sources in ((program, ""), *([(then, str(_SOURCES))] if then else [])):
        subprocess.run(
            [PYTHON, each, files],
            check=True,
            timeout=_WRITE_S,
            env={**os.environ, "PYTHONPATH": sources},
            capture_output=True,
        )
    return {"directory": str(files)}


MODELS = Part("models", (PYTHON if PYTHON.is_file() else None,), "make parts installs the libraries", _write)

PAIRS = Part(
    "pairs",
    (PYTHON if PYTHON.is_file() else None,),
    "make parts installs the libraries",
    lambda place: _write(place, _PAIRS, _ANSWERS),
)
