"""The interface of a place of MLflow's that is written to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lineal.formats.mlflow.records import (
    Curve,
    ExperimentRecord,
    LoggedModelRecord,
    ModelRecord,
    RunRecord,
    VersionRecord,
)
from lineal.storage.mlflow.source import Found, Source

MARK = "lineal.exported."
"""Begins the tags by which a server remembers what an export brought; they are nobody's."""


class Target(Protocol):
    """A place that takes what is here. Everything can be told again: what is there already is not made twice.

    Every method may raise what says that something cannot be kept there; ``Unavailable`` ends the export.
    """

    address: str

    def experiment(self, told: ExperimentRecord) -> None:
        """Make an experiment, or take the one that has its name."""

    def begin_run(self, told: RunRecord, state: str) -> bool:
        """Make a run that will be filled; tell whether it still has to be.

        Args:
            told: the run.
            state: what it is like here; one that was filled in this state is there already.

        Raises:
            Exists: it is there, and no export brought it.
        """

    def begin_model(self, told: LoggedModelRecord, state: str) -> bool:
        """Make a logged model that will be filled, as ``begin_run`` does."""

    def run(self, told: RunRecord, curves: Iterable[Curve], files: Iterable[Found], state: str) -> None:
        """Fill a run that was begun."""

    def model(self, told: LoggedModelRecord, files: Iterable[Found], state: str) -> None:
        """Fill a logged model that was begun."""

    def end_experiment(self, told: ExperimentRecord) -> None:
        """Delete an experiment that is deleted, once its runs are there."""

    def version(self, told: VersionRecord, files: Iterable[Found]) -> None:
        """Make a version; ``files`` are its own where they are of no run."""

    def registered(self, told: ModelRecord) -> None:
        """Make a registered model, or say of it what is known. Its aliases come with its versions."""

    def alias(self, model: str, alias: str, number: int) -> None:
        """Point an alias at the version that has a number here, once that is there."""

    def source(self) -> Source:
        """Return the same place to be read."""
