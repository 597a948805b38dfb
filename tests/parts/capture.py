"""A Python with the libraries that recorded programs use: readers, writers, parsers of arguments, frameworks."""

from __future__ import annotations

from pathlib import Path

from tests.parts.part import INSTALLED, missing

PYTHON = INSTALLED / "capture" / "bin" / "python"


def interpreter(*modules: str) -> Path:
    """Return the interpreter to record, which has ``modules`` among others.

    Where it or one of them is not installed, the test fails in CI and is skipped elsewhere.
    """
    folders = list((PYTHON.parent.parent / "lib").glob("python3*/site-packages"))
    has_all = all(any((folder / each).exists() for folder in folders) for each in modules)
    if not PYTHON.is_file() or not has_all:
        missing("the libraries that programs use are not installed: make parts installs them")
    return PYTHON
