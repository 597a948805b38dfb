"""Histories in PostgreSQL, files in S3, and a repository behind a server: the same comes of all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.remote import RemoteRepository
from lineal.objects.ulid import ulid_of
from lineal.operations.recording import tracking
from tests.surfaces.conftest import served
from tests.unit.client.mlflow.test_importing import LOSS, brought, counted, loss
from tests.unit.storage.mlflow.databases import RUN, insert, make


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalRepository]:
    with init(tmp_path / "here") as found:
        yield found


def moved(path: Path, url: str) -> None:
    """Put a database from a file into PostgreSQL."""
    with sqlite3.connect(path) as there, psycopg.connect(url, autocommit=True) as here:
        tables = there.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        for name, sql in tables:
            here.execute(sql.replace("BOOLEAN DEFAULT 0", "BOOLEAN DEFAULT FALSE").replace("FLOAT", "DOUBLE PRECISION"))
            found = there.execute(f"SELECT * FROM {name}")
            columns = [each[0] for each in found.description]
            marks = ", ".join("%s::int::boolean" if each == "is_nan" else "%s" for each in columns)
            for row in found.fetchall():
                here.execute(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", row)
    there.close()


@pytest.mark.parametrize("generation", [1, 3])
def test_postgresql_tells_what_a_file_tells(
    local: LocalRepository, postgres_url: str, tmp_path: Path, generation: int
) -> None:
    path = make(tmp_path / "there", generation)
    moved(path, postgres_url)
    found = brought(local, postgres_url)
    again = brought(local, path)

    assert () == found.left_out
    assert LOSS == loss(local)
    assert 0 == again.new
    assert counted(found) == counted(again)
    assert found.address.startswith("postgresql://")
    assert "?" not in found.address


def test_files_are_found_in_a_bucket(local: LocalRepository, s3: Any, tmp_path: Path) -> None:
    path = make(tmp_path / "there", 3)
    bucket = s3.bucket(keeps=False)
    root = tmp_path / "there" / "mlruns"
    for each in (each for each in root.rglob("*") if each.is_file()):
        s3.client.put_object(Bucket=bucket, Key=f"kept/{each.relative_to(root)}", Body=each.read_bytes())
    root.rename(tmp_path / "gone")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE runs SET artifact_uri = 'mlflow-artifacts:/7/' || run_uuid || '/artifacts'")
        known = f"s3://{bucket}/kept/7/models/' || model_id || '/artifacts"
        database.execute(f"UPDATE logged_models SET artifact_location = '{known}'")
    found = brought(local, path, artifacts=f"s3://{bucket}/kept")

    assert () == found.left_out
    assert {"files": 3, "versions": 3}.items() <= counted(found).items()


def test_a_repository_behind_a_server_takes_it_too(local: LocalRepository, tmp_path: Path) -> None:
    path = make(tmp_path / "there", 3)
    with served(local) as url, RemoteRepository(url) as remote:
        found = brought(remote, path)  # type: ignore[arg-type]  # it has the same methods
        again = brought(remote, path)  # type: ignore[arg-type]

    assert ((), 0) == (found.left_out, again.new)
    assert 3 == counted(found)["versions"]
    assert LOSS == loss(local)


def test_a_series_of_many_points_comes_in_parts(
    local: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "there", 1)
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('long', ?, ?, ?, ?, 0)",
            ((step * 0.5, 1_000 + step // 3, RUN, step) for step in range(5_000)),
        )
        last = {"key": "long", "value": 2499.5, "timestamp": 2_666, "step": 4_999, "is_nan": 0, "run_uuid": RUN}
        insert(database, "latest_metrics", **last)
    monkeypatch.setattr("lineal.storage.mlflow.tables.POINTS_MAX", 700)
    monkeypatch.setattr("lineal.client.mlflow.importing.POINTS_MAX", 700)
    found = brought(local, path)
    history = tracking.history(local, ulid_of(RUN), key="long")

    assert 5_006 == counted(found)["points of metrics"]
    assert list(range(5_000)) == history.steps
    assert [step * 0.5 for step in range(5_000)] == history.values
