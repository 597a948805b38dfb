"""Databases as MLflow 1, 2 and 3 make them: the tables and columns that each had, and one small history in them.

That these are the real ones is shown with the real MLflow in ``tests/surfaces/test_mlflow_import.py``.
"""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

RUN, DELETED, MODEL = "a" * 32, "b" * 32, "m-" + "c" * 32
AT = 1_700_000_000_000
LARGEST = 1.7976931348623157e308

_ONE = """
CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name TEXT, artifact_location TEXT, lifecycle_stage TEXT);
CREATE TABLE experiment_tags (key TEXT, value TEXT, experiment_id INTEGER);
CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, name TEXT, source_type TEXT, source_name TEXT, entry_point_name TEXT,
    user_id TEXT, status TEXT, start_time BIGINT, end_time BIGINT, source_version TEXT, lifecycle_stage TEXT,
    artifact_uri TEXT, experiment_id INTEGER);
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT, step BIGINT DEFAULT 0,
    is_nan BOOLEAN DEFAULT 0);
CREATE TABLE latest_metrics (key TEXT, value FLOAT, timestamp BIGINT, step BIGINT, is_nan BOOLEAN, run_uuid TEXT);
CREATE TABLE registered_models (name TEXT PRIMARY KEY, creation_time BIGINT, last_updated_time BIGINT, description TEXT);
CREATE TABLE registered_model_tags (key TEXT, value TEXT, name TEXT);
CREATE TABLE model_versions (name TEXT, version INTEGER, creation_time BIGINT, last_updated_time BIGINT,
    description TEXT, user_id TEXT, current_stage TEXT, source TEXT, run_id TEXT, status TEXT, status_message TEXT,
    run_link TEXT);
CREATE TABLE model_version_tags (key TEXT, value TEXT, name TEXT, version INTEGER);
"""
_TWO = """
ALTER TABLE experiments ADD COLUMN creation_time BIGINT;
ALTER TABLE experiments ADD COLUMN last_update_time BIGINT;
ALTER TABLE runs ADD COLUMN deleted_time BIGINT;
ALTER TABLE model_versions ADD COLUMN storage_location TEXT;
CREATE TABLE registered_model_aliases (alias TEXT, version INTEGER, name TEXT);
CREATE TABLE datasets (dataset_uuid TEXT, experiment_id INTEGER, name TEXT, digest TEXT, dataset_source_type TEXT,
    dataset_source TEXT, dataset_schema TEXT, dataset_profile TEXT);
CREATE TABLE inputs (input_uuid TEXT, source_type TEXT, source_id TEXT, destination_type TEXT, destination_id TEXT);
CREATE TABLE input_tags (input_uuid TEXT, name TEXT, value TEXT);
"""
_THREE = """
ALTER TABLE experiments ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';
ALTER TABLE registered_models ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';
ALTER TABLE registered_model_tags ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';
ALTER TABLE registered_model_aliases ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';
ALTER TABLE model_versions ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';
ALTER TABLE model_version_tags ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';
ALTER TABLE inputs ADD COLUMN step BIGINT NOT NULL DEFAULT 0;
CREATE TABLE logged_models (model_id TEXT, experiment_id INTEGER, name TEXT, artifact_location TEXT,
    creation_timestamp_ms BIGINT, last_updated_timestamp_ms BIGINT, status INTEGER, lifecycle_stage TEXT,
    model_type TEXT, source_run_id TEXT, status_message TEXT);
CREATE TABLE logged_model_metrics (model_id TEXT, metric_name TEXT, metric_timestamp_ms BIGINT, metric_step BIGINT,
    metric_value FLOAT, experiment_id INTEGER, run_id TEXT, dataset_uuid TEXT, dataset_name TEXT, dataset_digest TEXT);
CREATE TABLE logged_model_params (model_id TEXT, experiment_id INTEGER, param_key TEXT, param_value TEXT);
CREATE TABLE logged_model_tags (model_id TEXT, experiment_id INTEGER, tag_key TEXT, tag_value TEXT);
"""


def make(place: Path, generation: int) -> Path:
    """Make a database of MLflow ``generation`` in ``place``, with artifacts beside it, and return its path."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / "mlflow.db"
    with sqlite3.connect(path) as database:
        for script in (_ONE, _TWO, _THREE)[:generation]:
            database.executescript(script)
        _tell(database, place, generation)
    database.close()
    root = place / "mlruns" / "7" / RUN / "artifacts" / "model"
    root.mkdir(parents=True, exist_ok=True)
    (root / "MLmodel").write_text("flavors:\n  python_function:\n    data: model.pkl\n")
    (root / "model.pkl").write_bytes(b"weights")
    if generation >= 3:
        logged = place / "mlruns" / "7" / "models" / MODEL / "artifacts"
        logged.mkdir(parents=True, exist_ok=True)
        (logged / "net.bin").write_bytes(b"net")
    return path


def insert(database: sqlite3.Connection, table: str, **values: object) -> None:
    """Insert one row."""
    marks = ", ".join("?" for _ in values)
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def point(database: sqlite3.Connection, run: str, value: float, step: int, at: int, *, key: str = "loss") -> None:
    """Insert a point of a metric; NaN as MLflow keeps it."""
    is_nan = math.isnan(value)
    known = {"key": key, "value": 0.0 if is_nan else value, "timestamp": at, "run_uuid": run, "step": step}
    insert(database, "metrics", **known, is_nan=is_nan)


def _tell(database: sqlite3.Connection, place: Path, generation: int) -> None:
    times = {"creation_time": AT, "last_update_time": AT + 1} if generation >= 2 else {}
    for number, name, stage in ((0, "Default", "active"), (7, "churn", "active"), (8, "gone", "deleted")):
        location = f"{place}/mlruns/{number}"
        known = {"experiment_id": number, "name": name, "artifact_location": location, "lifecycle_stage": stage}
        insert(database, "experiments", **known, **times)
    insert(database, "experiment_tags", key="team", value="a", experiment_id=7)
    for run, stage, ended in ((RUN, "active", AT + 9), (DELETED, "deleted", None)):
        known = {"run_uuid": run, "name": "train", "user_id": "ada", "start_time": AT, "end_time": ended}
        known |= {"status": "FINISHED" if ended else "RUNNING", "lifecycle_stage": stage, "experiment_id": 7}
        known |= {"deleted_time": AT + 20} if generation >= 2 and stage == "deleted" else {}
        insert(database, "runs", **known, artifact_uri=f"{place}/mlruns/7/{run}/artifacts")
    insert(database, "params", key="lr", value="0.1", run_uuid=RUN)
    for run in (RUN, DELETED):
        insert(database, "tags", key="mlflow.runName", value="train", run_uuid=run)
    points = ((1.0, 0), (0.5, 1), (float("nan"), 2), (LARGEST, 3), (-LARGEST, 3), (0.4, 1))
    for place_, (value, step) in enumerate(points):
        point(database, RUN, value, step, AT + place_)
    last = {"key": "loss", "value": LARGEST, "timestamp": AT + 3, "step": 3, "is_nan": False, "run_uuid": RUN}
    insert(database, "latest_metrics", **last | {"value": -LARGEST, "timestamp": AT + 4})
    _tell_registry(database, place, generation)
    if generation >= 2:
        _tell_inputs(database)
    if generation >= 3:
        _tell_models(database, place)


def _tell_registry(database: sqlite3.Connection, place: Path, generation: int) -> None:
    insert(database, "registered_models", name="clf", creation_time=AT, last_updated_time=AT + 50, description="d")
    insert(database, "registered_model_tags", key="k", value="v", name="clf")
    for number, stage in ((1, "Production"), (2, "Deleted_Internal"), (3, "None")):
        known = {"name": "clf", "version": number, "creation_time": AT + number, "last_updated_time": AT + 40}
        source = f"{place}/mlruns/7/{RUN}/artifacts/model"
        known |= {"current_stage": stage, "source": source, "run_id": RUN, "status": "READY", "user_id": "ada"}
        insert(database, "model_versions", **known, description=f"number {number}")
    insert(database, "model_version_tags", key="x", value="y", name="clf", version=1)
    if generation >= 2:
        insert(database, "registered_model_aliases", alias="champion", version=3, name="clf")


def _tell_inputs(database: sqlite3.Connection) -> None:
    known = {"dataset_uuid": "d1", "experiment_id": 7, "name": "adult", "digest": "2981", "dataset_source_type": "code"}
    insert(database, "datasets", **known, dataset_source="{}", dataset_schema=None, dataset_profile=None)
    used = {"input_uuid": "i1", "source_type": "DATASET", "source_id": "d1", "destination_type": "RUN"}
    insert(database, "inputs", **used, destination_id=RUN)
    insert(database, "input_tags", input_uuid="i1", name="mlflow.data.context", value="training")


def _tell_models(database: sqlite3.Connection, place: Path) -> None:
    known = {"model_id": MODEL, "experiment_id": 7, "name": "net", "status": 2, "lifecycle_stage": "active"}
    known |= {"creation_timestamp_ms": AT, "last_updated_timestamp_ms": AT + 5, "model_type": "clf"}
    location = f"{place}/mlruns/7/models/{MODEL}/artifacts"
    insert(database, "logged_models", **known, source_run_id=RUN, artifact_location=location)
    insert(database, "logged_model_params", model_id=MODEL, experiment_id=7, param_key="p", param_value="1")
    insert(database, "logged_model_tags", model_id=MODEL, experiment_id=7, tag_key="t", tag_value="u")
    point(database, RUN, 0.75, 1, AT, key="auc")
    last = {"key": "auc", "value": 0.75, "timestamp": AT, "step": 1, "is_nan": False, "run_uuid": RUN}
    insert(database, "latest_metrics", **last)
    measured = {"model_id": MODEL, "metric_name": "auc", "metric_timestamp_ms": AT, "metric_step": 1, "run_id": RUN}
    insert(database, "logged_model_metrics", **measured, metric_value=0.75, experiment_id=7)
    made = {"input_uuid": "o1", "source_type": "RUN_OUTPUT", "source_id": RUN, "destination_type": "MODEL_OUTPUT"}
    insert(database, "inputs", **made, destination_id=MODEL, step=4)
    version = {"name": "clf", "version": 4, "creation_time": AT + 4, "last_updated_time": AT + 41, "run_id": RUN}
    version |= {"current_stage": "None", "status": "READY", "storage_location": location}
    insert(database, "model_versions", **version, source=f"models:/{MODEL}")
