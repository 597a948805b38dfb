"""A repository of ours, read as a place where MLflow keeps what it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from lineal.formats.mlflow.records import (
    Curve,
    ExperimentRecord,
    LoggedModelRecord,
    ModelRecord,
    RunRecord,
    VersionRecord,
)
from lineal.objects.ulid import ulid_of
from lineal.operations.migration.tracking_imports import ORIGIN
from lineal.operations.recording import tracking
from lineal.storage.mlflow.source import POINTS_MAX, Found

if TYPE_CHECKING:
    from lineal.client.connect import Repository

T = TypeVar("T")

_PAGE = 200


class Own:
    """Reads from a repository.

    Args:
        repository: it.
    """

    def __init__(self, repository: Repository) -> None:
        self.address = "the repository"
        self.problems: list[str] = []
        self._repository = repository

    def experiments(self) -> Iterator[ExperimentRecord]:
        """Yield every experiment, those that were deleted too."""
        for is_deleted in (False, True):
            after = -1
            while found := self._repository.experiments(deleted=is_deleted, limit=_PAGE, after=after):
                after = found[-1].number
                for each in found:
                    yield ExperimentRecord(
                        id=str(each.number),
                        name=each.name,
                        is_deleted=is_deleted,
                        created_at=each.created_at,
                        updated_at=each.updated_at,
                        tags={key: value for key, value in each.tags.items() if key != ORIGIN},
                    )

    def runs(self, experiment: ExperimentRecord) -> Iterator[RunRecord]:
        """Yield the runs of an experiment."""
        ask = partial(self._repository.exports.runs, experiment=int(experiment.id))
        return _paged(lambda last: ask(after=ulid_of(last.id) if last else ""))

    def curves(self, runs: Sequence[RunRecord]) -> Iterator[Curve]:
        """Yield every point of runs; of a metric without a history, the last one."""
        for run in runs:
            for metric in run.metrics:
                found = tracking.history(self._repository, ulid_of(run.id), key=metric.key)
                if not found.steps:
                    yield Curve(
                        run=run.id, key=metric.key, steps=[metric.step], values=[metric.value], times=[metric.at]
                    )
                for start in range(0, len(found.steps), POINTS_MAX):
                    end = start + POINTS_MAX
                    yield Curve(
                        run=run.id,
                        key=metric.key,
                        steps=found.steps[start:end],
                        values=found.values[start:end],
                        times=found.times[start:end],
                    )

    def logged_models(self, experiment: ExperimentRecord) -> Iterator[LoggedModelRecord]:
        """Yield the logged models of an experiment."""
        ask = partial(self._repository.exports.models, experiment=int(experiment.id))
        return _paged(lambda last: ask(after=last.id if last else ""))

    def registered_models(self) -> Iterator[ModelRecord]:
        """Yield the registered models."""
        return _paged(lambda last: self._repository.exports.registered(after=last.name if last else ""))

    def versions(self, model: ModelRecord) -> Iterator[VersionRecord]:
        """Yield the versions of a registered model, by number."""
        yield from self._repository.exports.versions(model.name)

    def files(self, owner: RunRecord | LoggedModelRecord | VersionRecord) -> Iterator[Found]:
        """Yield the files of a run, a logged model or a version."""
        if isinstance(owner, VersionRecord):
            subject = owner.place
        else:
            subject = f"logged:{owner.id}" if isinstance(owner, LoggedModelRecord) else ulid_of(owner.id)
        blobs = self._repository.blobs
        for each in _paged(lambda last: self._repository.exports.files(subject, after=last.path if last else "")):
            yield Found(each.path, each.size_bytes, pieces=partial(blobs.open, each.digest))

    def close(self) -> None:
        """It belongs to whoever opened it."""


def _paged(ask: Callable[[T | None], Sequence[T]]) -> Iterator[T]:
    last: T | None = None
    while found := ask(last):
        yield from found
        last = found[-1]
