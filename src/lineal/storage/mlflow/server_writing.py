"""Write to a server that speaks MLflow's protocol. It gives runs and logged models ids of its own; tags say which is which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from lineal.formats.mlflow import records
from lineal.formats.mlflow.records import (
    RUN_STATUSES,
    Curve,
    DatasetRecord,
    ExperimentRecord,
    LoggedModelRecord,
    ModelRecord,
    RunRecord,
    VersionRecord,
)
from lineal.objects.errors import Exists, Invalid, NotFound
from lineal.storage.mlflow.api import Api
from lineal.storage.mlflow.servers import Server
from lineal.storage.mlflow.source import Found, Source
from lineal.storage.mlflow.target import MARK

T = TypeVar("T")

_RUN, _MODEL, _VERSION, _STATE = MARK + "run", MARK + "model", MARK + "version", MARK + "state"
_METRICS, _OTHERS = 1_000, 100
"""So much goes in one request."""

_PARENT = "mlflow.parentRunId"
_STAGES = {"none": "None", "staging": "Staging", "production": "Production", "archived": "Archived"}
_STATUSES = {"PENDING": 1, "READY": "LOGGED_MODEL_READY", "FAILED": "LOGGED_MODEL_UPLOAD_FAILED"}
_OF_RUN = re.compile(r"(?P<run>[0-9a-f]{32})/artifacts(?P<rest>/.+)?$")
_OF_MODEL = re.compile(r"models/(?P<model>m-[0-9a-f]{32})/artifacts$")


class _There:
    """A run or a logged model as it is there: its id, where its files go, and in which state it came."""

    def __init__(self, owner: str, root: str, state: str) -> None:
        self.id = owner
        self.root = root
        self.state = state


class ServerTarget:
    """Writes to a server.

    Args:
        api: the server.
    """

    def __init__(self, api: Api) -> None:
        self.address = api.url
        self._api = api
        self._server = Server(api)
        self._experiments: dict[str, str] = {}
        self._runs: dict[str, _There] = {}
        self._models: dict[str, _There] = {}
        self._made: dict[str, list[Any]] = {}

    def experiment(self, told: ExperimentRecord) -> None:
        """Make an experiment, or take the one that has its name; one that is deleted there comes back meanwhile."""
        try:
            found = self._api.get("mlflow/experiments/get-by-name", experiment_name=told.name)["experiment"]
            number = str(found["experiment_id"])
            if found.get("lifecycle_stage") == "deleted":
                self._post("experiments/restore", experiment_id=number)
        except NotFound:
            number = str(self._post("experiments/create", name=told.name)["experiment_id"])
        self._experiments[told.id] = number
        for key, value in told.tags.items():
            self._post("experiments/set-experiment-tag", experiment_id=number, key=key, value=value)
        here = ExperimentRecord(id=number, name=told.name)
        for run in self._server.runs(here):
            if ours := run.tags.get(_RUN):
                self._runs[ours] = _There(run.id, run.artifact_uri, run.tags.get(_STATE, ""))
        for model in self._server.logged_models(here):
            if ours := model.tags.get(_MODEL):
                self._models[ours] = _There(model.id, model.artifact_uri, model.tags.get(_STATE, ""))

    def begin_run(self, told: RunRecord, state: str) -> bool:
        """Make a run that will be filled; tell whether it still has to be."""
        if told.id not in self._runs:
            made = self._post(
                "runs/create",
                experiment_id=self._experiments[told.experiment],
                user_id=told.user,
                run_name=told.name,
                start_time=told.started_at,
                tags=_pairs({_RUN: told.id}),
            )["run"]["info"]
            self._runs[told.id] = _There(made.get("run_id") or made["run_uuid"], made["artifact_uri"], "")
        return self._runs[told.id].state != state

    def begin_model(self, told: LoggedModelRecord, state: str) -> bool:
        """Make a logged model that will be filled; tell whether it still has to be."""
        if told.id not in self._models:
            run = self._runs.get(told.run)
            made = self._post(
                "logged-models",
                experiment_id=self._experiments[told.experiment],
                name=told.name,
                model_type=told.model_type,
                source_run_id=run.id if run else None,
                params=_pairs(told.params),
                tags=_pairs({**told.tags, _MODEL: told.id}),
            )["model"]["info"]
            self._models[told.id] = _There(made["model_id"], made["artifact_uri"], "")
        return self._models[told.id].state != state

    def run(self, told: RunRecord, curves: Iterable[Curve], files: Iterable[Found], state: str) -> None:
        """Fill a run that was begun. Raises Invalid when its files have no place there."""
        there = self._runs[told.id]
        if there.state:
            self._post("runs/restore", run_id=there.id)
        log = partial(self._post, "runs/log-batch", run_id=there.id)
        tags = {key: value for key, value in told.tags.items() if key != records.RUN_NAME}
        if (parent := self._runs.get(tags.get(_PARENT, ""))) is not None:
            tags[_PARENT] = parent.id
        for params in _parts(_pairs(told.params), _OTHERS):
            log(params=params)
        for part in _parts(_pairs(tags), _OTHERS):
            log(tags=part)
        for metrics in _batches(curves):
            log(metrics=metrics)
        if told.datasets or told.models_used:
            datasets = [_dataset(each) for each in told.datasets]
            models = [{"model_id": self._models[each].id} for each in told.models_used if each in self._models]
            self._post("runs/log-inputs", run_id=there.id, datasets=datasets, models=models)
        made = [(self._models[each].id, step) for each, step in told.models_made if each in self._models]
        if made:
            self._post(
                "runs/outputs", run_id=there.id, models=[{"model_id": each, "step": step} for each, step in made]
            )
        self._put(there.root, files)
        self._made[told.id] = [told, state]

    def _close(self, told: RunRecord, state: str) -> None:
        """Say how a run ended, once its models are there too, for afterwards nothing can be added to one that is deleted."""
        there = self._runs[told.id]
        self._post("runs/set-tag", run_id=there.id, key=_STATE, value=state)
        self._post("runs/update", run_id=there.id, status=RUN_STATUSES[told.state], end_time=told.ended_at)
        if told.deleted_at is not None:
            self._post("runs/delete", run_id=there.id)

    def model(self, told: LoggedModelRecord, files: Iterable[Found], state: str) -> None:
        """Fill a logged model that was begun. Raises Invalid when its files have no place there."""
        there = self._models[told.id]
        if not there.state:
            self._put(there.root, files)
        for each in told.metrics:
            if run := self._runs.get(each.run):
                measured = {"key": each.key, "value": each.value, "timestamp": each.at, "step": each.step}
                dataset = {"dataset_name": each.dataset_name, "dataset_digest": each.dataset_digest}
                known = {**measured, "model_id": there.id, **(dataset if each.dataset_name else {})}
                self._post("runs/log-batch", run_id=run.id, metrics=[known])
        at = f"logged-models/{there.id}"
        if told.status in {"READY", "FAILED"}:
            self._api.send(f"mlflow/{at}", method="PATCH", model_id=there.id, status=_STATUSES[told.status])
        self._api.send(f"mlflow/{at}/tags", method="PATCH", model_id=there.id, tags=_pairs({_STATE: state}))

    def end_experiment(self, told: ExperimentRecord) -> None:
        """Say how its runs ended, and delete it where it is deleted."""
        for run, state in self._made.values():
            self._close(run, state)
        self._made.clear()
        if told.is_deleted:
            self._post("experiments/delete", experiment_id=self._experiments[told.id])

    def registered(self, told: ModelRecord) -> None:
        """Make a registered model, or say of it what is known."""
        try:
            known = {"description": told.description, "tags": _pairs(told.tags)}
            self._post("registered-models/create", name=told.name, **known)
        except Exists:
            for key, value in told.tags.items():
                self._post("registered-models/set-tag", name=told.name, key=key, value=value)

    def version(self, told: VersionRecord, files: Iterable[Found]) -> None:
        """Make a version, or say of it what is known.

        Raises:
            Invalid: the server gave it another number, or its files have no place there.
        """
        known = {each.tags.get(_VERSION): each for each in self._server.versions(ModelRecord(name=told.model))}
        found = known.get(str(told.number))
        number = found.number if found else self._create(told, files)
        if not found or found.stage != told.stage:
            self._post(
                "model-versions/transition-stage",
                name=told.model,
                version=str(number),
                stage=_STAGES[told.stage],
                archive_existing_versions=False,
            )
        if number != told.number:
            raise Invalid(f"it is version {number} there, for a server counts versions itself")

    def alias(self, model: str, alias: str, number: int) -> None:
        """Point an alias at the version that has a number here."""
        known = {each.tags.get(_VERSION): each.number for each in self._server.versions(ModelRecord(name=model))}
        if str(number) in known:
            version = str(known[str(number)])
            self._post("registered-models/alias", name=model, alias=alias, version=version)

    def _create(self, told: VersionRecord, files: Iterable[Found]) -> int:
        source, run, model = told.place, self._runs.get(told.run), ""
        if (found := _OF_MODEL.search(told.place)) and (there := self._models.get(found["model"])):
            source, model = f"models:/{there.id}", there.id
        elif (found := _OF_RUN.search(told.place)) and (there := self._runs.get(found["run"])):
            source, run = there.root + (found["rest"] or ""), there
        elif told.place.startswith("version:") and run:
            source = f"{run.root}/lineal/{told.model}/{told.number}"
            self._put(source, files)
        made = self._post(
            "model-versions/create",
            name=told.model,
            source=source,
            run_id=run.id if run else "",
            run_link=told.run_link,
            description=told.description,
            tags=_pairs({**told.tags, _VERSION: str(told.number)}),
            **({"model_id": model} if model else {}),
        )
        return int(made["model_version"]["version"])

    def _put(self, root: str, files: Iterable[Found]) -> None:
        parts = urlsplit(root)
        for each in files:
            if parts.scheme != "mlflow-artifacts":
                raise Invalid(f"{root} is not behind the server", hint="start it with --serve-artifacts")
            path = f"{unquote(parts.path).strip('/')}/{each.path}"
            self._api.put(path, each.pieces() if each.pieces else (), each.size_bytes)

    def _post(self, path: str, /, **fields: Any) -> Any:
        return self._api.send(f"mlflow/{path}", **{key: value for key, value in fields.items() if value is not None})

    def source(self) -> Source:
        """Return the same server to be read."""
        return self._server


def _pairs(texts: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in texts.items()]


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _batches(curves: Iterable[Curve]) -> Iterator[list[dict[str, Any]]]:
    waiting: list[dict[str, Any]] = []
    for each in curves:
        for step, value, at in zip(each.steps, each.values, each.times, strict=True):
            waiting.append({"key": each.key, "value": value, "timestamp": at, "step": step})
            if len(waiting) == _METRICS:
                yield waiting
                waiting = []
    if waiting:
        yield waiting


def _dataset(told: DatasetRecord) -> dict[str, Any]:
    names = ("name", "digest", "source_type", "source", "schema", "profile")
    said = {name: value for name in names if (value := getattr(told, name)) is not None}
    return {"dataset": said, "tags": _pairs(told.tags)}
