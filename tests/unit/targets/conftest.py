"""Two versions of one model, laid out as releases, and a target whose servers end with the test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lineal.targets import TARGETS, Started
from tests.unit.serving.releases import make_release, train

SOURCE = Path(__file__).parents[3] / "src"
VARIABLES = {"PYTHONPATH": str(SOURCE), "PYTHONSAFEPATH": "1"}

Start = Callable[..., Started]


@pytest.fixture(scope="session")
def models() -> tuple[Any, Any]:
    """Return two models that answer differently."""
    return train(1.0), train(1e-6)


@pytest.fixture
def releases(models: tuple[Any, Any], tmp_path: Path) -> tuple[Path, Path]:
    """Return their releases."""
    for number, model in enumerate(models, 1):
        make_release(tmp_path / f"v{number}", model, semantic=f"{number}.0.0")
    return tmp_path / "v1", tmp_path / "v2"


@pytest.fixture
def start() -> Iterator[Start]:
    """Return what starts a release as a process; it is stopped at the end."""
    target, started = TARGETS["process"](), []

    def starting(directory: Path, *, python: Path = Path(sys.executable), port: int = 0) -> Started:
        started.append(target.start(directory, python, VARIABLES, port=port))
        return started[-1]

    yield starting
    for each in started:
        target.stop(each.handle)
