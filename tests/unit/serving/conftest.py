"""A model, its release, and a server for it, once for each worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineal.serving.release import Release, read_release
from tests.unit.serving.releases import Server, make_release, serving, train


@pytest.fixture(scope="session")
def model() -> Any:
    """Return a fitted pipeline."""
    return train()


@pytest.fixture(scope="session")
def served(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of its release."""
    directory = tmp_path_factory.mktemp("release")
    make_release(directory, model)
    return directory


@pytest.fixture(scope="session")
def release(served: Path) -> Release:
    """Return its description."""
    return read_release(served)


@pytest.fixture(scope="session")
def server(served: Path) -> Iterator[Server]:
    """Run a server for it."""
    with serving(served) as found:
        yield found
