"""Answers about experiments and about runs while they go on."""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.formats.curves import Part
from lineal.formats.series import Word
from lineal.objects.canonical import Number
from lineal.objects.digest import Digest
from lineal.objects.runs import RunState
from lineal.operations.answers.answer import Answer


class ExperimentAnswer(Answer, frozen=True, kw_only=True):
    """An experiment: a name that runs are gathered under."""

    number: int
    name: str
    state: Literal["active", "deleted"]
    artifact_location: str
    created_by: str
    created_at: int
    updated_at: int
    tags: dict[str, str] = {}
    run_count: int = 0
    """How many runs it has, where that was asked for."""


class Forgotten(Answer, frozen=True, kw_only=True):
    """What went with a run or an experiment that was removed for good."""

    reference: str
    runs: int
    logged_models: int
    files: int
    forgotten_by: str
    forgotten_at: int
    reason: str

    @property
    def remark(self) -> str:
        """What went, and why."""
        return f"{self.runs} runs, {self.logged_models} logged models, {self.files} files: {self.reason}"


class RunInfo(Answer, frozen=True, kw_only=True):
    """What a run is, without what it told."""

    id: str
    name: str
    experiment: int
    state: RunState | Literal["scheduled"]
    started_by: str
    started_at: int
    ended_at: int | None
    artifact_location: str
    deleted_at: int | None


class TrackedRun(RunInfo, frozen=True, kw_only=True):
    """A run as lists show it.

    ``metrics``, ``params`` and ``tags`` are JSON arrays as they are kept, of objects with a key and a value; a metric's have
    its timestamp in milliseconds since 1970 and its step too. ``inputs`` and ``outputs`` are JSON objects: arrays of the
    datasets and models that it used, and of the models that it made.
    """

    metrics: msgspec.Raw
    params: msgspec.Raw
    tags: msgspec.Raw
    inputs: msgspec.Raw
    outputs: msgspec.Raw


class History(Answer, frozen=True, kw_only=True):
    """Every point of a metric of a run, as columns: by time, then step, then value."""

    run: str
    key: str
    steps: list[int]
    values: list[Number]
    times: list[int]


class ChartSeries(msgspec.Struct, frozen=True):
    """What a chart needs of a metric of a run: each point's step, value and time, by step."""

    run: str
    key: str
    points: list[tuple[int, float, int]]


class Chart(Answer, frozen=True, kw_only=True):
    """Metrics of runs, thinned so that no drawing of that width misses anything."""

    series: tuple[ChartSeries, ...]


class CurveLine(msgspec.Struct, frozen=True):
    """A curve of a metric of a run: parts by step, and what is not finite beside them.

    A part has its least and greatest step and time, how many finite values it has, and the least, greatest and mean of them.
    """

    run: str
    key: str
    parts: list[Part]
    words: list[Word]


class Curves(Answer, frozen=True, kw_only=True):
    """Curves of metrics of runs, folded so that a chart of any length is small."""

    curves: tuple[CurveLine, ...]


class MetricTotal(msgspec.Struct, frozen=True):
    """What a metric of a run was in all of its points; no least and no greatest value where none was finite."""

    run: str
    key: str
    point_count: int
    minimum: float | None
    maximum: float | None
    first_step: int
    last_step: int


class Totals(Answer, frozen=True, kw_only=True):
    """Of each metric of runs how many points it has, and between what they lie."""

    totals: tuple[MetricTotal, ...]


class Points(Answer, frozen=True, kw_only=True):
    """A part of the points of a metric, as columns and in the order in which they were logged, and how many there are."""

    run: str
    key: str
    point_count: int
    steps: list[int]
    values: list[Number]
    times: list[int]


class ComparedRun(msgspec.Struct, frozen=True):
    """A run among others: what it was told, what it measured, and what it was made with, part by part and by name."""

    id: str
    name: str
    state: RunState | Literal["scheduled"]
    started_by: str
    started_at: int
    ended_at: int | None
    params: dict[str, str]
    metrics: dict[str, Number]
    tags: dict[str, str]
    parts: dict[str, dict[str, str]]


class Compared(Answer, frozen=True, kw_only=True):
    """Runs side by side, in the order in which they were asked for."""

    runs: tuple[ComparedRun, ...]


class ArtifactLine(msgspec.Struct, frozen=True):
    """A file or a directory of a run or a logged model, in a list. A directory has no size."""

    path: str
    is_dir: bool
    size_bytes: int = 0


class ArtifactAnswer(Answer, frozen=True, kw_only=True):
    """A file of a run or a logged model. What is sealed stays as it is for ever."""

    subject: str
    path: str
    digest: Digest
    size_bytes: int
    at: int
    is_sealed: bool


class ModelMetric(msgspec.Struct, frozen=True):
    """The last value of a metric of a logged model, as one run measured it on one dataset; both may be nameless."""

    key: str
    value: Number
    timestamp: int
    step: int
    run: str
    dataset_name: str
    dataset_digest: str


class LoggedModelAnswer(Answer, frozen=True, kw_only=True):
    """A model that a program logged: a place for its files, and what is known of it."""

    id: str
    experiment: int
    name: str
    model_type: str
    status: Literal["PENDING", "READY", "FAILED", "UNSPECIFIED"]
    run: str | None
    artifact_location: str
    created_at: int
    updated_at: int
    params: dict[str, str]
    tags: dict[str, str]
    metrics: tuple[ModelMetric, ...]


class DatasetSummary(msgspec.Struct, frozen=True):
    """A dataset as runs of an experiment called it, and as what they used it; nothing where they did not say."""

    experiment: int
    name: str
    digest: str
    context: str
