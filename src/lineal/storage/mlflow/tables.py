"""MLflow's databases, of MLflow 1 to 3: what tables and columns are there decides what is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

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
from lineal.objects.errors import Invalid, LinealError
from lineal.objects.runs import Point
from lineal.storage.database.database import Database, Row
from lineal.storage.mlflow.places import Places
from lineal.storage.mlflow.source import POINTS_MAX, Found

_RUNS_AT_ONCE = 200
_DATASETS = (
    "SELECT i.destination_id AS run, i.input_uuid AS input, d.* FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id"
    " WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id IN ({marks})"
    " ORDER BY i.destination_id, i.input_uuid"
)
_MODELS = (
    "SELECT source_id AS run, source_type AS kind, destination_id AS model, {step} AS step FROM inputs"
    " WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id IN ({marks}) ORDER BY source_id, destination_id"
)
_POINTS = "SELECT run_uuid, key, {step} AS step, value, {is_nan} AS is_nan, timestamp FROM metrics"
_ORDER = "ORDER BY run_uuid, key, timestamp, {step}, value, {is_nan}"
_DELETED = "Deleted_Internal"
"""The stage of a version that was deleted: its row stays."""


class Tables:
    """Reads a database.

    Args:
        database: it, opened for reading only.
        address: what people call it, without secrets.
        base: what relative paths in it are relative to.
        moved: where artifacts are now, when they are not where it says.

    Raises:
        Invalid: it is no database of MLflow's.
    """

    def __init__(self, database: Database, address: str, base: Path, moved: str = "") -> None:
        self.address = address
        self.problems: list[str] = []
        self._database = database
        self._places = Places(base, moved)
        self._columns: dict[str, frozenset[str]] = {}
        if not self._has("runs", "run_uuid") or not self._has("experiments", "experiment_id"):
            raise Invalid(f"{address} is no database of MLflow's", hint="name the file or the address that MLflow uses")
        self._step = "step" if self._has("metrics", "step") else "0"
        self._is_nan = "is_nan" if self._has("metrics", "is_nan") else "0"

    def _has(self, table: str, column: str = "") -> bool:
        if table not in self._columns:
            try:
                asked = "information_schema.columns WHERE table_name = :table"
                if self._database.dialect == "sqlite":
                    asked = "pragma_table_info(:table)"
                named = "name" if self._database.dialect == "sqlite" else "column_name AS name"
                rows = self._database.run(f"SELECT {named} FROM {asked}", table=table)
            except LinealError as error:
                raise type(error)(f"{self.address}: {error.message}", hint=error.hint) from None
            self._columns[table] = frozenset(row["name"] for row in rows)
        return column in self._columns[table] if column else bool(self._columns[table])

    def _named(self, table: str) -> str:
        """Return SQL for a name that is one of a kind: outside the default workspace, with its workspace."""
        if not self._has(table, "workspace"):
            return "name"
        return "CASE WHEN workspace IN ('', 'default') THEN name ELSE workspace || '.' || name END"

    def experiments(self) -> Iterator[ExperimentRecord]:
        """Yield every experiment."""
        tags = self._pairs("experiment_tags", "experiment_id")
        for row in self._database.run(
            f"SELECT e.*, {self._named('experiments')} AS shown FROM experiments e ORDER BY experiment_id"
        ):
            yield ExperimentRecord(
                id=str(row["experiment_id"]),
                name=row["shown"],
                is_deleted=row["lifecycle_stage"] == "deleted",
                artifact_location=row["artifact_location"] or "",
                created_at=row.get("creation_time") or 0,
                updated_at=row.get("last_update_time") or 0,
                tags=tags[row["experiment_id"]],
            )

    def runs(self, experiment: ExperimentRecord) -> Iterator[RunRecord]:
        """Yield the runs of an experiment."""
        last = ""
        while rows := self._database.run(
            "SELECT * FROM runs WHERE experiment_id = :experiment AND run_uuid > :last ORDER BY run_uuid LIMIT :limit",
            experiment=int(experiment.id),
            last=last,
            limit=_RUNS_AT_ONCE,
        ):
            last = rows[-1]["run_uuid"]
            yield from self._told(rows, experiment)

    def _told(self, rows: Sequence[Row], experiment: ExperimentRecord) -> Iterator[RunRecord]:
        ids = [row["run_uuid"] for row in rows]
        params, tags = self._pairs("params", "run_uuid", ids), self._pairs("tags", "run_uuid", ids)
        counts, metrics = self._counts(ids), self._latest(ids)
        datasets, models = self._datasets(ids), self._models(ids)
        for row in rows:
            run = row["run_uuid"]
            is_deleted = row["lifecycle_stage"] == "deleted"
            yield RunRecord(
                id=run,
                experiment=experiment.id,
                name=row.get("name") or tags[run].get(records.RUN_NAME, ""),
                user=row["user_id"] or "",
                state=records.run_state(row["status"]),
                started_at=row["start_time"] or 0,
                ended_at=row["end_time"],
                deleted_at=row.get("deleted_time") or experiment.updated_at if is_deleted else None,
                artifact_uri=row["artifact_uri"] or "",
                params=params[run],
                tags=tags[run],
                metrics=tuple(metrics[run]),
                datasets=tuple(datasets[run]),
                models_used=tuple(each["model"] for each in models[run] if each["kind"] == "RUN_INPUT"),
                models_made=tuple(
                    (each["model"], each["step"]) for each in models[run] if each["kind"] == "RUN_OUTPUT"
                ),
                point_count=counts.get(run, 0),
            )

    def _counts(self, ids: Sequence[str]) -> dict[str, int]:
        rows = self._among(
            "SELECT run_uuid, count(*) AS points FROM metrics WHERE run_uuid IN ({marks}) GROUP BY run_uuid", ids
        )
        return {row["run_uuid"]: row["points"] for row in rows}

    def _latest(self, ids: Sequence[str]) -> dict[str, list[Point]]:
        """Return the last points of runs; before MLflow noted them, there are none to be read without all others."""
        found = defaultdict[str, list[Point]](list)
        table = "latest_metrics" if self._has("latest_metrics") else "metrics"
        columns = f"run_uuid, key, {self._step} AS step, value, {self._is_nan} AS is_nan, timestamp"
        last: dict[tuple[str, str], tuple[int, int, float, Point]] = {}
        for row in self._among(f"SELECT {columns} FROM {table} WHERE run_uuid IN ({{marks}})", ids):
            value = value_of(row["value"], is_nan=row["is_nan"])
            point = Point(key=row["key"], step=row["step"], value=value, at=row["timestamp"])
            order = (point.step, point.at, 0.0 if value == "NaN" else float(value), point)
            if (row["run_uuid"], row["key"]) not in last or last[row["run_uuid"], row["key"]][:3] <= order[:3]:
                last[row["run_uuid"], row["key"]] = order
        for (run, _), (*_, point) in sorted(last.items(), key=lambda each: each[0]):
            found[run].append(point)
        return found

    def _datasets(self, ids: Sequence[str]) -> dict[str, list[DatasetRecord]]:
        found = defaultdict[str, list[DatasetRecord]](list)
        if not self._has("inputs") or not self._has("datasets"):
            return found
        rows = self._among(_DATASETS, ids)
        tags = self._pairs("input_tags", "input_uuid", [row["input"] for row in rows], key="name")
        for row in rows:
            found[row["run"]].append(
                DatasetRecord(
                    name=row["name"],
                    digest=row["digest"],
                    source_type=row["dataset_source_type"] or "",
                    source=row["dataset_source"] or "",
                    schema=row["dataset_schema"],
                    profile=row["dataset_profile"],
                    tags=tags[row["input"]],
                )
            )
        return found

    def _models(self, ids: Sequence[str]) -> dict[str, list[Row]]:
        found = defaultdict[str, list[Row]](list)
        if self._has("inputs"):
            step = "step" if self._has("inputs", "step") else "0"
            for row in self._among(_MODELS.replace("{step}", step), ids):
                found[row["run"]].append(row)
        return found

    def curves(self, runs: Sequence[RunRecord]) -> Iterator[Curve]:
        """Yield every point of runs."""
        few: list[str] = []
        waiting = 0
        for run in runs:
            count = run.point_count or 0
            if count > POINTS_MAX:
                yield from self._long(run)
            elif count:
                few.append(run.id)
                waiting += count
            if waiting >= POINTS_MAX or len(few) >= _RUNS_AT_ONCE:
                yield from self._short(few)
                few, waiting = [], 0
        yield from self._short(few)

    def _short(self, ids: Sequence[str]) -> Iterator[Curve]:
        sql = f"{_POINTS} WHERE run_uuid IN ({{marks}}) {_ORDER}"
        yield from _curves(self._among(self._filled(sql), ids))

    def _long(self, run: RunRecord) -> Iterator[Curve]:
        for each in run.metrics:
            start = 0
            while rows := self._database.run(
                self._filled(f"{_POINTS} WHERE run_uuid = :run AND key = :key {_ORDER} LIMIT :limit OFFSET :start"),
                run=run.id,
                key=each.key,
                limit=POINTS_MAX,
                start=start,
            ):
                start += len(rows)
                yield from _curves(rows)

    def _filled(self, sql: str) -> str:
        return sql.replace("{step}", self._step).replace("{is_nan}", self._is_nan)

    def logged_models(self, experiment: ExperimentRecord) -> Iterator[LoggedModelRecord]:
        """Yield the logged models of an experiment."""
        if not self._has("logged_models"):
            return
        rows = self._database.run(
            "SELECT * FROM logged_models WHERE experiment_id = :experiment AND lifecycle_stage <> 'deleted' ORDER BY model_id",
            experiment=int(experiment.id),
        )
        for start in range(0, len(rows), _RUNS_AT_ONCE):
            part = rows[start : start + _RUNS_AT_ONCE]
            ids = [row["model_id"] for row in part]
            params = self._pairs("logged_model_params", "model_id", ids, key="param_key", value="param_value")
            tags = self._pairs("logged_model_tags", "model_id", ids, key="tag_key", value="tag_value")
            metrics = defaultdict[str, list[Measured]](list)
            for row in self._among("SELECT * FROM logged_model_metrics WHERE model_id IN ({marks})", ids):
                metrics[row["model_id"]].append(_measured(row))
            for row in part:
                yield LoggedModelRecord(
                    id=row["model_id"],
                    experiment=experiment.id,
                    name=row["name"] or "",
                    model_type=row["model_type"] or "",
                    status=records.model_status(row["status"]),
                    run=row["source_run_id"] or "",
                    artifact_uri=row["artifact_location"] or "",
                    created_at=row["creation_timestamp_ms"] or 0,
                    updated_at=row["last_updated_timestamp_ms"] or 0,
                    params=params[row["model_id"]],
                    tags=tags[row["model_id"]],
                    metrics=tuple(metrics[row["model_id"]]),
                )

    def registered_models(self) -> Iterator[ModelRecord]:
        """Yield the registered models."""
        if not self._has("registered_models"):
            return
        name = self._named("registered_models")
        tags = self._of_models("registered_model_tags", "key", "value")
        aliases = self._of_models("registered_model_aliases", "alias", "version")
        for row in self._database.run(f"SELECT r.*, {name} AS shown FROM registered_models r ORDER BY shown"):
            yield ModelRecord(
                name=row["shown"],
                description=row["description"] or "",
                created_at=row["creation_time"] or 0,
                updated_at=row["last_updated_time"] or 0,
                tags=tags[row["shown"]],
                aliases={alias: int(version) for alias, version in aliases[row["shown"]].items()},
            )

    def versions(self, model: ModelRecord) -> Iterator[VersionRecord]:
        """Yield the versions of a registered model, by number."""
        name = self._named("model_versions")
        tags = defaultdict[int, dict[str, str]](dict)
        if self._has("model_version_tags"):
            tagged = self._named("model_version_tags")
            for row in self._database.run(f"SELECT * FROM model_version_tags WHERE {tagged} = :name", name=model.name):
                tags[row["version"]][row["key"]] = row["value"] or ""
        for row in self._database.run(
            f"SELECT * FROM model_versions WHERE {name} = :name AND current_stage <> :deleted ORDER BY version",
            name=model.name,
            deleted=_DELETED,
        ):
            yield VersionRecord(
                model=model.name,
                number=row["version"],
                description=row["description"] or "",
                user=row["user_id"] or "",
                stage=records.stage(row["current_stage"]),
                source=row["source"] or "",
                place=row.get("storage_location") or row["source"] or "",
                run=row["run_id"] or "",
                run_link=row.get("run_link") or "",
                status=records.version_status(row["status"]),
                status_message=row["status_message"] or "",
                created_at=row["creation_time"] or 0,
                updated_at=row["last_updated_time"] or 0,
                tags=tags[row["version"]],
            )

    def files(self, owner: RunRecord | LoggedModelRecord | VersionRecord) -> Iterator[Found]:
        """Yield the files of a run, a logged model or a version. Raises NotFound."""
        return self._places.files(owner.place if isinstance(owner, VersionRecord) else owner.artifact_uri)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _among(self, sql: str, ids: Sequence[str]) -> list[Row]:
        """Ask for rows of some runs or models; ``{marks}`` stands for their ids."""
        if not ids:
            return []
        marks = ", ".join(f":v{place}" for place in range(len(ids)))
        return self._database.run(
            sql.replace("{marks}", marks), **{f"v{place}": each for place, each in enumerate(ids)}
        )

    def _pairs(
        self, table: str, owner: str, ids: Sequence[str] | None = None, *, key: str = "key", value: str = "value"
    ) -> dict[Any, dict[str, str]]:
        """Return params or tags by whose they are; those of all where no ids are given."""
        found = defaultdict[Any, dict[str, str]](dict)
        if self._has(table):
            sql = f"SELECT {owner} AS owner, {key} AS key, {value} AS value FROM {table}"
            rows = self._database.run(sql) if ids is None else self._among(f"{sql} WHERE {owner} IN ({{marks}})", ids)
            for row in rows:
                found[row["owner"]][row["key"]] = row["value"] or ""
        return found

    def _of_models(self, table: str, key: str, value: str) -> dict[str, dict[str, str]]:
        found = defaultdict[str, dict[str, str]](dict)
        if self._has(table):
            sql = f"SELECT {self._named(table)} AS shown, {key} AS key, {value} AS value FROM {table}"
            for row in self._database.run(sql):
                found[row["shown"]][row["key"]] = str(row["value"] or "")
        return found


def _curves(rows: Iterable[Row]) -> Iterator[Curve]:
    """Yield the points of rows that are sorted by run and metric."""
    columns: dict[tuple[str, str], tuple[list[int], list[Number], list[int]]] = defaultdict(lambda: ([], [], []))
    for row in rows:
        steps, values, times = columns[row["run_uuid"], row["key"]]
        steps.append(row["step"])
        values.append(value_of(row["value"], is_nan=row["is_nan"]))
        times.append(row["timestamp"])
    for (run, key), (steps, values, times) in columns.items():
        yield Curve(run=run, key=key, steps=steps, values=values, times=times)


def _measured(row: Row) -> Measured:
    return Measured(
        key=row["metric_name"],
        value=value_of(row["metric_value"]),
        step=row["metric_step"] or 0,
        at=row["metric_timestamp_ms"],
        run=row["run_id"],
        dataset_name=row["dataset_name"] or "",
        dataset_digest=row["dataset_digest"] or "",
    )
