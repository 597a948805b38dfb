"""Write an ``mlruns`` folder, as MLflow's own programs read it. Ids, times and numbers are those that are here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
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
)
from lineal.formats.trees import fits
from lineal.objects.canonical import Number
from lineal.objects.errors import Exists, Invalid
from lineal.storage.mlflow.folders import META, MODELS, TRASH, Folders
from lineal.storage.mlflow.source import Found, Source

_MARK = ".lineal-exported"
"""The file by which an export knows what it wrote, and in which state; empty until all of it is there."""

_LOCAL = 4
_RUN_NUMBERS = {"running": 1, "scheduled": 2, "finished": 3, "failed": 4, "killed": 5}
_MODEL_NUMBERS = {"UNSPECIFIED": 0, "PENDING": 1, "READY": 2, "FAILED": 3}
_VERSION_STATUSES = {"ready": "READY", "pending": "PENDING_REGISTRATION", "failed": "FAILED_REGISTRATION"}
_STAGES = {"none": "None", "staging": "Staging", "production": "Production", "archived": "Archived"}
_WORDS: dict[Number, str] = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}
_OF_RUN = re.compile(r"(?P<run>[0-9a-f]{32})/artifacts(?P<rest>/.+)?$")
_OF_MODEL = re.compile(r"models/(?P<model>m-[0-9a-f]{32})/artifacts$")


class FolderTarget:
    """Writes a folder.

    Args:
        root: the folder, which need not be there.
    """

    def __init__(self, root: Path) -> None:
        self.address = str(root)
        self._root = root.absolute()
        self._root.mkdir(parents=True, exist_ok=True)
        (self._root / TRASH).mkdir(exist_ok=True)
        self._there = {each.name: each for each in Folders(self._root).experiments()}
        self._experiments: dict[str, Path] = {}
        self._owned: dict[str, Path] = {}

    def experiment(self, told: ExperimentRecord) -> None:
        """Make an experiment, or take the one that has its name."""
        if known := self._there.get(told.name):
            top = self._root / TRASH if known.is_deleted else self._root
            self._experiments[told.id] = top / known.id
            return
        top = self._root / TRASH if told.is_deleted else self._root
        folder = top / told.id
        if (self._root / told.id / META).exists() or (self._root / TRASH / told.id / META).exists():
            folder = top / str(int(hashlib.sha256(told.name.encode()).hexdigest(), 16) % 10**18)
        _texts(folder / "tags", told.tags)
        said = {
            "artifact_location": (self._root / folder.name).as_uri(),
            "creation_time": told.created_at,
            "experiment_id": folder.name,
            "last_update_time": told.updated_at,
            "lifecycle_stage": "deleted" if told.is_deleted else "active",
            "name": told.name,
        }
        _meta(folder, said)
        self._experiments[told.id] = folder

    def begin_run(self, told: RunRecord, state: str) -> bool:
        """Make a run that will be filled; tell whether it still has to be. Raises Exists."""
        return self._begin(told.id, self._experiments[told.experiment] / told.id, state)

    def begin_model(self, told: LoggedModelRecord, state: str) -> bool:
        """Make a logged model that will be filled; tell whether it still has to be. Raises Exists."""
        return self._begin(told.id, self._experiments[told.experiment] / MODELS / told.id, state)

    def _begin(self, owner: str, folder: Path, state: str) -> bool:
        mark = folder / _MARK
        self._owned[owner] = folder
        if not mark.is_file():
            if (folder / META).is_file():
                raise Exists(f"{folder} is there, and no export wrote it", hint="export into another folder")
            folder.mkdir(parents=True, exist_ok=True)
            mark.touch()
        return mark.read_text(encoding="utf-8") != state

    def run(self, told: RunRecord, curves: Iterable[Curve], files: Iterable[Found], state: str) -> None:
        """Fill a run that was begun. Raises Invalid for a name that no file can have."""
        folder = self._owned[told.id]
        for name in ("metrics", "params", "tags", "artifacts"):
            (folder / name).mkdir(exist_ok=True)
        _points(folder / "metrics", curves)
        _texts(folder / "params", told.params)
        _texts(folder / "tags", {records.RUN_NAME: told.name, **told.tags} if told.name else told.tags)
        self._links(folder, told)
        _copy(folder / "artifacts", files)
        said: dict[str, Any] = {
            "artifact_uri": self._uri(folder),
            "end_time": told.ended_at,
            "entry_point_name": "",
            "experiment_id": folder.parent.name,
            "lifecycle_stage": "active" if told.deleted_at is None else "deleted",
            "run_id": told.id,
            "run_name": told.name,
            "run_uuid": told.id,
            "source_name": "",
            "source_type": _LOCAL,
            "source_version": "",
            "start_time": told.started_at,
            "status": _RUN_NUMBERS[told.state],
            "tags": [],
            "user_id": told.user,
        }
        _meta(
            folder, said if told.deleted_at is not None else {key: said[key] for key in said if key != "deleted_time"}
        )
        (folder / _MARK).write_text(state, encoding="utf-8")

    def _uri(self, folder: Path) -> str:
        """Return the address of the artifacts of a folder, which stays the same in the trash."""
        inside = [each for each in folder.relative_to(self._root).parts if each != TRASH]
        return self._root.joinpath(*inside, "artifacts").as_uri()

    def _links(self, folder: Path, told: RunRecord) -> None:
        for dataset in told.datasets:
            name = _digest(dataset.name + dataset.digest)
            _meta(folder.parent / "datasets" / name, _dataset(dataset))
            self._link(folder / "inputs", _digest(name + told.id), "DATASET", "RUN", name, tags=dataset.tags)
        for model in told.models_used:
            self._link(folder / "inputs", _digest(model + told.id), "MODEL", "RUN", model)
        for model, step in told.models_made:
            self._link(folder / "outputs", model, "RUN_OUTPUT", "MODEL_OUTPUT", model, step=step)

    def _link(self, folder: Path, name: str, source: str, destination: str, linked: str, **known: Any) -> None:
        said = {"source_type": source, "source_id": linked, "destination_type": destination, "destination_id": linked}
        _meta(folder / name, {**said, "tags": {}, **known})

    def model(self, told: LoggedModelRecord, files: Iterable[Found], state: str) -> None:
        """Fill a logged model that was begun."""
        folder = self._owned[told.id]
        for name in ("metrics", "params", "tags", "artifacts"):
            (folder / name).mkdir(exist_ok=True)
        _texts(folder / "params", told.params)
        _texts(folder / "tags", told.tags)
        lines: dict[str, list[str]] = {}
        for each in told.metrics:
            lines.setdefault(each.key, []).append(_line(each))
        _texts(folder / "metrics", {key: "".join(each) for key, each in lines.items()})
        _copy(folder / "artifacts", files)
        said = {
            "artifact_location": self._uri(folder),
            "creation_timestamp": told.created_at,
            "experiment_id": folder.parent.parent.name,
            "last_updated_timestamp": told.updated_at,
            "model_id": told.id,
            "model_type": told.model_type,
            "name": told.name,
            "source_run_id": told.run or None,
            "status": _MODEL_NUMBERS[told.status],
            "status_message": None,
        }
        _meta(folder, said)
        (folder / _MARK).write_text(state, encoding="utf-8")

    def end_experiment(self, told: ExperimentRecord) -> None:
        """Nothing is left to be done: what is deleted is in the trash from the beginning."""

    def version(self, told: VersionRecord, files: Iterable[Found]) -> None:
        """Make a version, or say of it what is known. Raises Exists for one that no export wrote."""
        folder = self._model(told.model) / f"version-{told.number}"
        self._begin("", folder, "")
        place = self._place(told, folder, files)
        _texts(folder / "tags", told.tags)
        said = {
            "creation_timestamp": told.created_at,
            "current_stage": _STAGES[told.stage],
            "description": told.description or None,
            "last_updated_timestamp": told.updated_at,
            "model_id": told.logged_model or None,
            "name": told.model,
            "run_id": told.run or None,
            "run_link": told.run_link or None,
            "source": told.source if told.source.startswith(("models:", "runs:")) else place,
            "status": _VERSION_STATUSES[told.status],
            "status_message": told.status_message or None,
            "storage_location": place,
            "user_id": told.user or None,
            "version": told.number,
        }
        _meta(folder, said)

    def _place(self, told: VersionRecord, folder: Path, files: Iterable[Found]) -> str:
        """Return where the files of a version are in this folder."""
        if (found := _OF_MODEL.search(told.place)) and (owner := self._owned.get(found["model"])):
            return self._uri(owner)
        if (found := _OF_RUN.search(told.place)) and (owner := self._owned.get(found["run"])):
            return self._uri(owner) + (found["rest"] or "")
        if told.place.startswith("version:"):
            _copy(folder / "artifacts", files)
            return (folder / "artifacts").as_uri()
        return told.place

    def registered(self, told: ModelRecord) -> None:
        """Make a registered model, or say of it what is known. Raises Exists for one that no export wrote."""
        folder = self._model(told.name)
        self._begin("", folder, "")
        aliases = {alias: str(number) for alias, number in told.aliases.items()}
        _texts(folder / "tags", told.tags)
        _texts(folder / "aliases", aliases)
        said = {
            "aliases": aliases,
            "creation_timestamp": told.created_at,
            "description": told.description or None,
            "last_updated_timestamp": told.updated_at,
            "name": told.name,
        }
        _meta(folder, said)

    def alias(self, model: str, alias: str, number: int) -> None:
        """Nothing is left to be done: a model has its aliases from the beginning."""

    def _model(self, name: str) -> Path:
        if not fits(name) or "/" in name:
            raise Invalid(f"MLflow has no models that are called {name!r}", hint="rename it without '/'")
        return self._root / MODELS / name

    def source(self) -> Source:
        """Return the same folder to be read."""
        return Folders(self._root)


def _texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts, each into a file that is called like its key. Raises Invalid."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, text in texts.items():
        path = folder / _checked(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(text)


def _points(folder: Path, curves: Iterable[Curve]) -> None:
    """Write points, each in a line: time, value and step."""
    begun = set[str]()
    for each in curves:
        path = folder / _checked(each.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if each.key in begun else "w", encoding="utf-8") as file:
            file.writelines(
                f"{at} {_WORDS.get(value, value)} {step}\n"
                for step, value, at in zip(each.steps, each.values, each.times, strict=True)
            )
        begun.add(each.key)


def _line(measured: Measured) -> str:
    value = _WORDS.get(measured.value, measured.value)
    dataset = f" {measured.dataset_name} {measured.dataset_digest}" if measured.dataset_name else ""
    return f"{measured.at} {value} {measured.step} {measured.run}{dataset}\n"


def _copy(folder: Path, files: Iterable[Found]) -> None:
    for each in files:
        path = folder / _checked(each.path)
        if path.is_file() and path.stat().st_size == each.size_bytes:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as file:
            for piece in _pieces(each):
                file.write(piece)
        part.replace(path)


def _pieces(found: Found) -> Iterator[bytes]:
    if found.pieces:
        yield from found.pieces()
    elif found.local:
        yield found.local.read_bytes()


def _checked(path: str) -> str:
    if not fits(path):
        raise Invalid(f"no file of MLflow's can be called {path!r}", hint="it stays here")
    return path


def _meta(folder: Path, said: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{META}.part"
    part.write_text(yaml.safe_dump(dict(said), default_flow_style=False, allow_unicode=True), encoding="utf-8")
    part.replace(folder / META)


def _dataset(told: DatasetRecord) -> dict[str, Any]:
    return {name: getattr(told, name) for name in ("name", "digest", "source_type", "source", "schema", "profile")}


def _digest(text: str) -> str:
    """Return the name that MLflow gives to a folder of a dataset or an input."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
