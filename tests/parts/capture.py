"""A Python with the libraries that recorded programs use: readers, writers, parsers of arguments, frameworks."""

from __future__ import annotations

from pathlib import Path

from tests.parts.part import INSTALLED, missing

PYTHON = INSTALLED / "capture" / "bin" / "python"


def interpreter() -> Path:
    """Return the interpreter to record. Where it is not installed, the test fails in CI and is skipped elsewhere."""
    if not PYTHON.is_file():
        missing("the libraries that programs use are not installed: make parts installs them")
    return PYTHON
