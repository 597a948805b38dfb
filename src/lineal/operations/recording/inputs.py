"""Verbs by which runs tell what they used and made: datasets as their program calls them, and logged models."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lineal.objects.digest import digest_of
from lineal.operations.answers.tracking import DatasetSummary
from lineal.operations.operation import operation
from lineal.operations.recording.run_rows import locked
from lineal.operations.recording.summaries import (
    Dataset,
    MadeModel,
    Summary,
    UsedDataset,
    read_inputs,
    read_outputs,
    read_tags,
    save_used,
)
from lineal.storage.store import Store

CONTEXT = "mlflow.data.context"
"""The tag by which programs say what a run used a dataset for."""


@operation("runs inputs", effect="records", internal=True, about={"run_id": "run id", "models": "read logged model"})
def add_inputs(
    store: Store, run_id: str, *, datasets: tuple[UsedDataset, ...] = (), models: tuple[str, ...] = ()
) -> None:
    """Keep what a run says that it used; what it said of the same dataset before stays.

    Args:
        run_id: which run.
        datasets: datasets, and what it says of each.
        models: the ids of logged models.

    Raises:
        NotFound: there is no such run.
        Invalid: it was deleted.
    """
    keep_inputs(store, run_id, locked(store, run_id)()["experiment"], datasets, models)


def keep_inputs(
    store: Store, run_id: str, experiment: int, datasets: Sequence[UsedDataset], models: Sequence[str]
) -> None:
    """Keep what a run of an experiment used, as ``runs inputs`` does."""
    rows = [_dataset(experiment, each.dataset) for each in datasets]
    store.database.many(
        "INSERT INTO named_dataset (id, experiment, name, digest, source_type, source, schema, profile)"
        " VALUES (:id, :experiment, :name, :digest, :source_type, :source, :schema, :profile)"
        " ON CONFLICT (id) DO NOTHING",
        sorted(rows, key=lambda row: str(row["id"])),
    )
    used = [
        {
            "kind": "dataset",
            "input": row["id"],
            "context": next((tag.value for tag in each.tags if tag.key == CONTEXT), ""),
            "tags": msgspec.json.encode(each.tags).decode(),
        }
        for row, each in zip(rows, datasets, strict=True)
    ]
    used += [{"kind": "model", "input": each, "context": "", "tags": "[]"} for each in models]
    first = _next(store, "run_input", run_id)
    store.database.many(
        "INSERT INTO run_input (run, kind, input, context, tags, position)"
        " VALUES (:run, :kind, :input, :context, :tags, :position) ON CONFLICT (run, kind, input) DO NOTHING",
        [{**each, "run": run_id, "position": first + place} for place, each in enumerate(used)],
    )
    save_used(store.database, run_id, "inputs", read_inputs(store.database, run_id))


@operation("runs outputs", effect="records", internal=True, about={"run_id": "run id"})
def add_outputs(store: Store, run_id: str, *, models: tuple[MadeModel, ...]) -> None:
    """Keep what a run says that it made.

    Args:
        run_id: which run.
        models: logged models, and at which step each was made.

    Raises:
        NotFound: there is no such run.
        Invalid: it was deleted.
    """
    locked(store, run_id)()
    keep_outputs(store, run_id, models)


def keep_outputs(store: Store, run_id: str, models: Sequence[MadeModel]) -> None:
    """Keep what a run made, as ``runs outputs`` does."""
    first = _next(store, "run_output", run_id)
    store.database.many(
        "INSERT INTO run_output (run, model, step, position) VALUES (:run, :model, :step, :position)"
        " ON CONFLICT (run, model, step) DO NOTHING",
        [
            {"run": run_id, "model": each.model_id, "step": each.step, "position": first + place}
            for place, each in enumerate(models)
        ],
    )
    save_used(store.database, run_id, "outputs", read_outputs(store.database, run_id))


@operation("runs append", effect="records", internal=True, about={"run_id": "run id"})
def append(store: Store, run_id: str, *, key: str, value: msgspec.Raw) -> None:
    """Put a value behind those in a tag that is a JSON array.

    Args:
        run_id: which run.
        key: the tag; one that is not there, or no array, begins anew.
        value: what is added, as JSON.

    Raises:
        NotFound: there is no such run.
        Invalid: it was deleted.
    """
    locked(store, run_id)()
    known = read_tags(store.database, run_id).get(key, "[]")
    try:
        items = msgspec.json.decode(known, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        items = []
    summary = Summary(store.database, run_id)
    summary.set_tags({key: msgspec.json.encode([*items, value]).decode()})
    summary.save()


@operation("experiment datasets", effect="reads", internal=True, about={"experiments": "experiment"})
def datasets_of(store: Store, *, experiments: tuple[int, ...], limit: int = 1_000) -> tuple[DatasetSummary, ...]:
    """List the datasets that runs of experiments used, once for each use that they had.

    Args:
        experiments: the numbers of the experiments.
        limit: at most so many.
    """
    if not experiments:
        return ()
    marks = ", ".join(f":e{place}" for place in range(len(experiments)))
    rows = store.database.run(
        "SELECT DISTINCT d.experiment, d.name, d.digest, i.context FROM named_dataset d"
        f" JOIN run_input i ON i.input = d.id AND i.kind = 'dataset' WHERE d.experiment IN ({marks})"
        " ORDER BY d.experiment, d.name, d.digest, i.context LIMIT :limit",
        limit=limit,
        **{f"e{place}": each for place, each in enumerate(experiments)},
    )
    return tuple(DatasetSummary(**row) for row in rows)


def _dataset(experiment: int, dataset: Dataset) -> dict[str, object]:
    # Known by what a program calls it: the same name and digest in one experiment are one dataset.
    name = msgspec.json.encode((experiment, dataset.name, dataset.digest))
    return {"id": digest_of(name), "experiment": experiment, **msgspec.structs.asdict(dataset)}


def _next(store: Store, table: str, run_id: str) -> int:
    rows = store.database.run(f"SELECT COALESCE(max(position), -1) AS last FROM {table} WHERE run = :run", run=run_id)
    return int(rows[0]["last"]) + 1
