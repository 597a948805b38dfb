"""The interface of a place where MLflow keeps what it knows, to be read and never written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from lineal.formats.mlflow.records import (
    Curve,
    ExperimentRecord,
    LoggedModelRecord,
    ModelRecord,
    RunRecord,
    VersionRecord,
)

POINTS_MAX = 50_000
"""So many points are read, and told, at once."""


class Found(NamedTuple):
    """A file: its path among those of its owner, its size, and its bytes, on this machine or piece by piece."""

    path: str
    size_bytes: int
    local: Path | None = None
    pieces: Callable[[], Iterator[bytes]] | None = None


class Source(Protocol):
    """Where MLflow keeps what it knows.

    Every method may raise ``Unavailable`` (it cannot be reached), ``Denied`` and ``Corrupt`` (it is not what it should be).
    """

    address: str
    """What people call it, without secrets."""

    problems: list[str]
    """What was found that could not be read, in plain words."""

    def experiments(self) -> Iterator[ExperimentRecord]:
        """Yield every experiment, those that were deleted too."""

    def runs(self, experiment: ExperimentRecord) -> Iterator[RunRecord]:
        """Yield the runs of an experiment, those that were deleted too."""

    def curves(self, runs: Sequence[RunRecord]) -> Iterator[Curve]:
        """Yield every point of runs, at most ``POINTS_MAX`` at once."""

    def logged_models(self, experiment: ExperimentRecord) -> Iterator[LoggedModelRecord]:
        """Yield the logged models of an experiment that were not deleted."""

    def registered_models(self) -> Iterator[ModelRecord]:
        """Yield the registered models."""

    def versions(self, model: ModelRecord) -> Iterator[VersionRecord]:
        """Yield the versions of a registered model, by number."""

    def files(self, owner: RunRecord | LoggedModelRecord | VersionRecord) -> Iterator[Found]:
        """Yield the files of a run, a logged model or a version.

        Raises:
            NotFound: the place that is named for them cannot be reached from here.
        """

    def close(self) -> None:
        """Let go of it."""
