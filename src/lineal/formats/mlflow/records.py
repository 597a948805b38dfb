"""What MLflow knows of experiments, runs and models, as values, wherever it keeps them.

Ids are MLflow's: a run is 32 hexadecimal digits. Times are milliseconds since 1970.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.objects.canonical import Number
from lineal.objects.runs import Point

RunState = Literal["running", "scheduled", "finished", "failed", "killed"]
ModelStatus = Literal["PENDING", "READY", "FAILED", "UNSPECIFIED"]
Stage = Literal["none", "staging", "production", "archived"]

LARGEST = 1.7976931348623157e308
"""What MLflow keeps in place of infinity."""

CONTEXT = "mlflow.data.context"
"""The tag by which programs say what a run used a dataset for."""

RUN_NAME = "mlflow.runName"
"""The tag that is the name of a run."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Something that MLflow knows."""


class ExperimentRecord(Record, frozen=True, kw_only=True):
    """An experiment. ``artifact_location`` is where its runs keep their files."""

    id: str
    name: str
    is_deleted: bool = False
    artifact_location: str = ""
    created_at: int = 0
    updated_at: int = 0
    tags: dict[str, str] = {}


class DatasetRecord(Record, frozen=True, kw_only=True):
    """A dataset as a run called it, and what it said of its use."""

    name: str
    digest: str
    source_type: str = ""
    source: str = ""
    schema: str | None = None
    profile: str | None = None
    tags: dict[str, str] = {}


class RunRecord(Record, frozen=True, kw_only=True):
    """A run without its points: ``metrics`` are the last of each, ``point_count`` how many there are, where that is known.

    ``models_made`` are ids of logged models with the step at which each was made. ``artifact_uri`` is where its files are.
    """

    id: str
    experiment: str
    name: str = ""
    user: str = ""
    state: RunState = "finished"
    started_at: int = 0
    ended_at: int | None = None
    deleted_at: int | None = None
    artifact_uri: str = ""
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    metrics: tuple[Point, ...] = ()
    datasets: tuple[DatasetRecord, ...] = ()
    models_used: tuple[str, ...] = ()
    models_made: tuple[tuple[str, int], ...] = ()
    point_count: int | None = None


class Curve(Record, frozen=True, kw_only=True):
    """Points of one metric of one run, or some of them, as columns."""

    run: str
    key: str
    steps: list[int]
    values: list[Number]
    times: list[int]


class Measured(Record, frozen=True, kw_only=True):
    """A metric of a logged model, as a run measured it, on a dataset where that has a name."""

    key: str
    value: Number
    step: int
    at: int
    run: str
    dataset_name: str = ""
    dataset_digest: str = ""


class LoggedModelRecord(Record, frozen=True, kw_only=True):
    """A model that a program logged."""

    id: str
    experiment: str
    name: str
    model_type: str = ""
    status: ModelStatus = "READY"
    is_deleted: bool = False
    run: str = ""
    artifact_uri: str = ""
    created_at: int = 0
    updated_at: int = 0
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    metrics: tuple[Measured, ...] = ()


class ModelRecord(Record, frozen=True, kw_only=True):
    """A registered model. ``aliases`` lead to numbers of versions."""

    name: str
    description: str = ""
    created_at: int = 0
    updated_at: int = 0
    tags: dict[str, str] = {}
    aliases: dict[str, int] = {}


class VersionRecord(Record, frozen=True, kw_only=True):
    """A version of a registered model. ``place`` is where its files are, ``source`` what a program said of that."""

    model: str
    number: int
    description: str = ""
    user: str = ""
    stage: Stage = "none"
    source: str = ""
    place: str = ""
    run: str = ""
    run_link: str = ""
    logged_model: str = ""
    status: Literal["ready", "pending", "failed"] = "ready"
    status_message: str = ""
    created_at: int = 0
    updated_at: int = 0
    tags: dict[str, str] = {}


def value_of(value: float | str | None, *, is_nan: object = False) -> Number:
    """Return a measured number as we keep it; the largest double stands for infinity, as MLflow keeps it.

    Raises:
        ValueError: it is a text that is no number.
    """
    if is_nan or value is None:
        return "NaN"
    found = float(value)
    if -LARGEST < found < LARGEST:
        return found
    if found != found:  # noqa: PLR0124 - only what is no number differs from itself
        return "NaN"
    return "Infinity" if found > 0 else "-Infinity"


_RUN_STATES: dict[str, RunState] = {
    "1": "running",
    "2": "scheduled",
    "3": "finished",
    "4": "failed",
    "5": "killed",
    "RUNNING": "running",
    "SCHEDULED": "scheduled",
    "FINISHED": "finished",
    "FAILED": "failed",
    "KILLED": "killed",
}
RUN_STATUSES = {state: word for word, state in _RUN_STATES.items() if word.isalpha()}
"""What MLflow calls the states of a run."""

_MODEL_STATUSES: dict[str, ModelStatus] = {
    "1": "PENDING",
    "2": "READY",
    "3": "FAILED",
    "LOGGED_MODEL_PENDING": "PENDING",
    "LOGGED_MODEL_READY": "READY",
    "LOGGED_MODEL_UPLOAD_FAILED": "FAILED",
}
_STAGES: dict[str, Stage] = {
    "none": "none",
    "staging": "staging",
    "production": "production",
    "archived": "archived",
}


def run_state(said: object) -> RunState:
    """Return the state of a run that MLflow writes as a word or a number."""
    return _RUN_STATES.get(str(said), "finished")


def model_status(said: object) -> ModelStatus:
    """Return the status of a logged model that MLflow writes as a word or a number."""
    return _MODEL_STATUSES.get(str(said), "UNSPECIFIED")


def version_status(said: object) -> Literal["ready", "pending", "failed"]:
    """Return the status of a model version that MLflow writes as a word."""
    text = str(said or "READY")
    return "pending" if text.startswith("PENDING") else "failed" if text.startswith("FAILED") else "ready"


def stage(said: object) -> Stage:
    """Return the stage that MLflow calls so."""
    return _STAGES.get(str(said or "none").lower(), "none")
