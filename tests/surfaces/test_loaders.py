"""What every loader promises, with models that the real libraries trained and saved: one program tries all of it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.parts.capture import interpreter
from tests.parts.part import TOP, missing

PROGRAM = Path(__file__).parent / "programs" / "loading.py"
_DECORATED = ("case", "refused")


def cases() -> list[str]:
    """Return the names of the cases of the program, which cannot be imported here: it needs all the libraries."""
    tree = ast.parse(PROGRAM.with_name("loading_cases.py").read_text(encoding="utf-8"))
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    return [
        each.name
        for each in functions
        if any(getattr(getattr(mark, "func", mark), "id", "") in _DECORATED for mark in each.decorator_list)
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of each case."""
    directory = tmp_path_factory.mktemp("loaders")
    done = subprocess.run(
        [interpreter(), PROGRAM, directory],
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONPATH": str(TOP / "src"), "HF_HUB_OFFLINE": "1"},
    )
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.parametrize("name", [*cases(), "a library that is missing"])
def test_a_loader_keeps_every_promise(name: str, found: dict[str, Any]) -> None:
    if absent := found[name].get("absent"):
        missing(f"{absent}: make parts installs it")

    assert found[name]["broken"] == []
