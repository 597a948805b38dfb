"""MLflow's folders: ``mlruns``, with a directory for each experiment, run and model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from lineal.formats.mlflow import records
from lineal.formats.mlflow.records import (
    Curve,
    DatasetRecord,
    ExperimentRecord,
    LoggedModelRecord,
    Measured,
    ModelRecord,
    RunRecord,
    VersionRecord,
    value_of,
)
from lineal.objects.canonical import Number
from lineal.objects.runs import Point
from lineal.storage.mlflow.places import Places
from lineal.storage.mlflow.source import POINTS_MAX, Found

META = "meta.yaml"
TRASH, MODELS = ".trash", "models"
_NO_RUNS = frozenset({"tags", "datasets", "traces", MODELS})
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Folders:
    """Reads an ``mlruns`` folder.

    Args:
        root: the folder.
        moved: where artifacts are now, when they are not where it says.
    """

    def __init__(self, root: Path, moved: str = "") -> None:
        self.address = str(root)
        self.problems: list[str] = []
        self._root = root
        self._places = Places(root.parent, moved)
        self._owned: dict[str, Path] = {}

    def experiments(self) -> Iterator[ExperimentRecord]:
        """Yield every experiment, those in the trash too."""
        for folder in (*_folders(self._root), *_folders(self._root / TRASH)):
            if folder.name in {MODELS, TRASH} or (said := self._meta(folder)) is None:
                continue
            yield ExperimentRecord(
                id=str(said.get("experiment_id", folder.name)),
                name=str(said["name"]),
                is_deleted=folder.parent.name == TRASH or said.get("lifecycle_stage") == "deleted",
                artifact_location=str(said.get("artifact_location") or ""),
                created_at=said.get("creation_time") or 0,
                updated_at=said.get("last_update_time") or 0,
                tags=_texts(folder / "tags"),
            )

    def runs(self, experiment: ExperimentRecord) -> Iterator[RunRecord]:
        """Yield the runs of an experiment."""
        for folder in _folders(self._of(experiment.id)):
            if folder.name not in _NO_RUNS and (said := self._meta(folder)) is not None:
                yield self._run(folder, said, experiment)

    def _run(self, folder: Path, said: dict[str, Any], experiment: ExperimentRecord) -> RunRecord:
        tags = _texts(folder / "tags")
        points = [(key, _points(path)) for key, path in _named(folder / "metrics")]
        is_deleted = said.get("lifecycle_stage") == "deleted"
        self._owned[folder.name] = folder / "artifacts"
        return RunRecord(
            id=str(said.get("run_id") or said.get("run_uuid") or folder.name),
            experiment=experiment.id,
            name=said.get("run_name") or tags.get(records.RUN_NAME) or said.get("name") or "",
            user=said.get("user_id") or "",
            state=records.run_state(said.get("status")),
            started_at=said.get("start_time") or 0,
            ended_at=said.get("end_time"),
            deleted_at=said.get("deleted_time") or experiment.updated_at if is_deleted else None,
            artifact_uri=said.get("artifact_uri") or "",
            params=_texts(folder / "params"),
            tags=tags,
            metrics=tuple(_last(key, found) for key, found in points if found),
            datasets=tuple(self._datasets(folder)),
            models_used=tuple(_used_models(folder / "inputs")),
            models_made=tuple(_made_models(folder / "outputs")),
            # The same in all is one point.
            point_count=sum(len(set(found)) for _, found in points),
        )

    def _datasets(self, folder: Path) -> Iterator[DatasetRecord]:
        for each in _folders(folder / "inputs"):
            said = self._meta(each)
            if said and said.get("source_type") == "DATASET":
                dataset = self._meta(folder.parent / "datasets" / str(said["source_id"]))
                if dataset:
                    yield DatasetRecord(
                        name=str(dataset["name"]),
                        digest=str(dataset["digest"]),
                        source_type=dataset.get("source_type") or "",
                        source=dataset.get("source") or "",
                        schema=dataset.get("schema"),
                        profile=dataset.get("profile"),
                        tags={key: str(value) for key, value in (said.get("tags") or {}).items()},
                    )

    def curves(self, runs: Sequence[RunRecord]) -> Iterator[Curve]:
        """Yield every point of runs."""
        for run in runs:
            for key, path in _named(self._of(run.experiment) / run.id / "metrics"):
                points = _points(path)
                for start in range(0, len(points), POINTS_MAX):
                    steps, values, times = map(list, zip(*points[start : start + POINTS_MAX], strict=True))
                    yield Curve(run=run.id, key=key, steps=steps, values=values, times=times)

    def logged_models(self, experiment: ExperimentRecord) -> Iterator[LoggedModelRecord]:
        """Yield the logged models of an experiment."""
        for folder in _folders(self._of(experiment.id) / MODELS):
            said = self._meta(folder)
            if said is None or said.get("lifecycle_stage") == "deleted":
                continue
            self._owned[folder.name] = folder / "artifacts"
            yield LoggedModelRecord(
                id=str(said["model_id"]),
                experiment=experiment.id,
                name=str(said.get("name") or ""),
                model_type=said.get("model_type") or "",
                status=records.model_status(said.get("status")),
                run=said.get("source_run_id") or "",
                artifact_uri=said.get("artifact_location") or "",
                created_at=said.get("creation_timestamp") or 0,
                updated_at=said.get("last_updated_timestamp") or 0,
                params=_texts(folder / "params"),
                tags=_texts(folder / "tags"),
                metrics=tuple(_measured(folder / "metrics")),
            )

    def registered_models(self) -> Iterator[ModelRecord]:
        """Yield the registered models."""
        for folder in _folders(self._root / MODELS):
            if (said := self._meta(folder)) is not None:
                yield ModelRecord(
                    name=str(said["name"]),
                    description=said.get("description") or "",
                    created_at=said.get("creation_timestamp") or 0,
                    updated_at=said.get("last_updated_timestamp") or 0,
                    tags=_texts(folder / "tags"),
                    aliases={key: int(value) for key, value in _texts(folder / "aliases").items()},
                )

    def versions(self, model: ModelRecord) -> Iterator[VersionRecord]:
        """Yield the versions of a registered model, by number."""
        folders = (each for each in _folders(self._root / MODELS / model.name) if each.name.startswith("version-"))
        for folder in sorted(folders, key=lambda each: int(each.name.removeprefix("version-"))):
            said = self._meta(folder)
            if said is None or said.get("current_stage") == "Deleted_Internal":
                continue
            yield VersionRecord(
                model=model.name,
                number=int(said["version"]),
                description=said.get("description") or "",
                user=said.get("user_id") or "",
                stage=records.stage(said.get("current_stage")),
                source=said.get("source") or "",
                place=said.get("storage_location") or said.get("source") or "",
                run=said.get("run_id") or "",
                run_link=said.get("run_link") or "",
                logged_model=said.get("model_id") or "",
                status=records.version_status(said.get("status")),
                status_message=said.get("status_message") or "",
                created_at=said.get("creation_timestamp") or 0,
                updated_at=said.get("last_updated_timestamp") or 0,
                tags=_texts(folder / "tags"),
            )

    def files(self, owner: RunRecord | LoggedModelRecord | VersionRecord) -> Iterator[Found]:
        """Yield the files of a run, a logged model or a version. Raises NotFound."""
        if isinstance(owner, VersionRecord):
            return self._places.files(owner.place)
        # A folder that was moved has its files with it, and still says where they were.
        beside = self._owned.get(owner.id)
        return self._places.files(str(beside.absolute()) if beside and beside.is_dir() else owner.artifact_uri)

    def close(self) -> None:
        """Nothing is held."""

    def _of(self, experiment: str) -> Path:
        folder = self._root / experiment
        return folder if folder.is_dir() else self._root / TRASH / experiment

    def _meta(self, folder: Path) -> dict[str, Any] | None:
        path = folder / META
        try:
            found = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both are safe loaders
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            self.problems.append(f"{path} cannot be read: {str(error).splitlines()[0]}")
            return None
        return found if isinstance(found, dict) else {}


def _folders(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []


def _named(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files below a folder by their path, which is the key of what stands in them."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _texts(folder: Path) -> dict[str, str]:
    return {key: path.read_text(encoding="utf-8", errors="replace") for key, path in _named(folder)}


def _points(path: Path) -> list[tuple[int, Number, int]]:
    """Return the points of a file: time, value and step in each line; the oldest ones know no step."""
    rows = (line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [(int(row[2]) if len(row) > 2 else 0, value_of(row[1]), int(row[0])) for row in rows]


def _last(key: str, points: list[tuple[int, Number, int]]) -> Point:
    step, value, at = max(points, key=lambda each: (each[0], each[2], 0.0 if each[1] == "NaN" else float(each[1])))
    return Point(key=key, step=step, value=value, at=at)


def _measured(folder: Path) -> Iterator[Measured]:
    for key, path in _named(folder):
        for line in path.read_text(encoding="utf-8").splitlines():
            at, value, step, run, *dataset = line.split(" ")
            *name, digest = dataset or [""]
            yield Measured(
                key=key,
                value=value_of(value),
                step=int(step),
                at=int(at),
                run=run,
                dataset_name=" ".join(name),
                dataset_digest=digest,
            )


def _used_models(folder: Path) -> Iterator[str]:
    return (str(said["source_id"]) for said in _links(folder) if said.get("source_type") == "MODEL")


def _made_models(folder: Path) -> Iterator[tuple[str, int]]:
    for said in _links(folder):
        if said.get("destination_type") == "MODEL_OUTPUT":
            yield str(said["destination_id"]), int(said.get("step") or 0)


def _links(folder: Path) -> Iterator[dict[str, Any]]:
    for each in _folders(folder):
        if (path := each / META).is_file():
            yield yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}  # noqa: S506 - as above
