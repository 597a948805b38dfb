"""Verbs of models: list them, look at their versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from lineal.objects.canonical import Number
from lineal.objects.scans import Scan, ScanOutcome
from lineal.objects.versions import Version
from lineal.operations.answers.models import ModelAnswer, VersionAnswer, VersionLine
from lineal.operations.operation import operation
from lineal.operations.recording.runs import read_metrics
from lineal.operations.references import NO_STAGE, Row, check_model, dataset_reference, semantic, version_reference
from lineal.operations.statements import said, statements_about
from lineal.operations.versioning.structures import completed, structure_said
from lineal.storage.store import Store


@operation("model list", effect="reads", about={})
def list_models(store: Store) -> tuple[ModelAnswer, ...]:
    """List the models and what stands in production and staging of each."""
    rows = store.database.run("SELECT * FROM model WHERE renamed_to = '' ORDER BY name")
    return tuple(_model(store, row, versions=()) for row in rows)


@operation("model show", effect="reads", about={"name": "model"})
def show(store: Store, name: str) -> ModelAnswer:
    """Show a model and all its versions, newest first.

    Args:
        name: the model.
    """
    return show_model(store, check_model(store, name))


def show_model(store: Store, row: Row) -> ModelAnswer:
    """Return everything about the model of a row."""
    rows = store.database.run("SELECT * FROM version WHERE model = :name ORDER BY number DESC", name=row["name"])
    lines = (msgspec.structs.replace(version_line(store, each), scan=scan_outcome(store, each)) for each in rows)
    return _model(store, row, versions=tuple(lines))


def scan_outcome(store: Store, row: Row) -> ScanOutcome | Literal[""]:
    """Return what the newest scan of a version's files said; empty when there was none."""
    return next((each.outcome for _, each in said(store, row["digest"], Scan)), "")


def _model(store: Store, row: Row, versions: tuple[VersionLine, ...]) -> ModelAnswer:
    standing = newest_by_stage(store, (row["name"],), (NO_STAGE, "staging", "production"))
    count = store.database.run("SELECT count(*) AS count FROM version WHERE model = :name", name=row["name"])
    return ModelAnswer(
        reference=row["name"],
        name=row["name"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        version_count=count[0]["count"],
        stages={each["stage"]: version_reference(each) for each in standing},
        versions=versions,
    )


def newest_by_stage(store: Store, names: Sequence[str], stages: Sequence[str]) -> list[Row]:
    """Return the row of the newest version in each stage of each model, one look into an index for each."""
    models = ", ".join(f":n{place}" for place in range(len(names)))
    # PostgreSQL would not know what type a mark alone has.
    wanted = " UNION ALL ".join(f"SELECT CAST(:s{place} AS TEXT) AS stage" for place in range(len(stages)))
    return store.database.run(
        # SQLite keeps the order of a CROSS JOIN, and would look for a maximum among all; the first of an order it finds.
        f"SELECT v.* FROM model m CROSS JOIN ({wanted}) s CROSS JOIN version v WHERE v.model = m.name AND v.number = ("
        " SELECT x.number FROM version x WHERE x.model = m.name AND x.stage = s.stage AND x.deleted_at IS NULL"
        f" ORDER BY x.number DESC LIMIT 1) AND m.name IN ({models}) ORDER BY v.model, v.number",
        **{f"n{place}": name for place, name in enumerate(names)},
        **{f"s{place}": stage for place, stage in enumerate(stages)},
    )


def version_line(store: Store, row: Row, *, metrics: dict[str, Number] | None = None) -> VersionLine:
    """Return the row of a version as a list shows it, with those ``metrics``, or all of the overall ones."""
    if metrics is None:
        metrics = {name: value for name, value in read_metrics(store, row["digest"]).items() if "[" not in name}
    return VersionLine(
        reference=version_reference(row),
        model=row["model"],
        number=row["number"],
        semantic=semantic(row),
        stage=row["stage"],
        digest=row["digest"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        aliases=version_aliases(store, row),
        metrics=metrics,
    )


def version_aliases(store: Store, row: Row) -> tuple[str, ...]:
    """Return the aliases of the version of a row, in order."""
    rows = store.database.run(
        "SELECT alias FROM alias WHERE model = :model AND number = :number ORDER BY alias",
        model=row["model"],
        number=row["number"],
    )
    return tuple(each["alias"] for each in rows)


def version_of(store: Store, row: Row) -> Version:
    """Return the version that a row points at."""
    return store.get_object(row["digest"], Version)


def show_row(store: Store, row: Row, *, created: bool = False) -> VersionAnswer:
    """Return everything that is known of the version of a row."""
    version = version_of(store, row)
    run = store.database.run("SELECT id FROM run WHERE id = :run", run=row["run"])
    deployments = store.database.run(
        "SELECT id FROM deployment WHERE model = :model AND number = :number ORDER BY id DESC LIMIT 50",
        model=row["model"],
        number=row["number"],
    )
    return VersionAnswer(
        reference=version_reference(row),
        model=row["model"],
        number=row["number"],
        semantic=semantic(row),
        stage=row["stage"],
        aliases=version_aliases(store, row),
        digest=row["digest"],
        version=version,
        facts=completed(version.facts, structure_said(store, row["digest"])),
        run=f"run:{run[0]['id']}" if run else "",
        created_by=row["created_by"],
        created_at=row["created_at"],
        revision=row["revision"],
        metrics=read_metrics(store, row["digest"]),
        statements=statements_about(store, row["digest"]),
        deployments=tuple(f"deployment:{each['id']}" for each in deployments),
        datasets={each.dataset: dataset_name(store, each.dataset) for each in version.data if each.dataset},
        created=created,
    )


def dataset_name(store: Store, digest: str) -> str:
    """Return the first name that a dataset version had; the same content may have got others later."""
    rows = store.database.run(
        "SELECT * FROM dataset WHERE digest = :digest ORDER BY created_at, name, number LIMIT 1", digest=digest
    )
    return dataset_reference(rows[0])
