"""The verb that measures a version on a held-out dataset, overall and by subgroup."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from lineal.checks.evaluation import evaluate as measure
from lineal.executors.local import run_program
from lineal.formats import predictions as lines
from lineal.formats.tables import delimited
from lineal.objects.canonical import Number
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.statements import Evaluation, SliceResult
from lineal.operations.answers import EvaluationAnswer
from lineal.operations.asking import lineage
from lineal.operations.operation import operation
from lineal.operations.recording.runs import write_metrics
from lineal.operations.references import Row, dataset_reference, find_dataset, find_version, version_reference
from lineal.operations.statements import make_statement
from lineal.operations.versioning.changes import keep_changes
from lineal.operations.versioning.policies import policy_of
from lineal.operations.versioning.releases import environment_of, workplace, write_version
from lineal.storage.store import Store

TIMEOUT_S = 3600
"""A batch prediction that takes longer is stopped; a larger evaluation belongs on another executor."""


@operation("evaluate", effect="acts", about={"version": "version", "dataset": "read contents"})
def evaluate(
    store: Store,
    version: str,
    *,
    dataset: str = "",
    label: str = "",
    positive: str = "",
    slices: tuple[str, ...] = (),
) -> EvaluationAnswer:
    """Measure a version on a held-out dataset: overall, and on every subgroup of the rows.

    The version predicts in its own environment, from its exact bytes. What is not given comes from [evaluation] in
    lineal.toml.

    Args:
        version: the version.
        dataset: the held-out dataset; a table with a header.
        label: the column that holds the truth.
        positive: the label that counts as positive, for a question with two answers.
        slices: the columns whose values make the subgroups.

    Raises:
        Invalid: no dataset or label is named, or the dataset is no such table.
        Unavailable: the version's environment cannot be had, or the version cannot predict.
    """
    row = find_version(store, version)
    policy = policy_of(store)[0].evaluation
    where = dataset or policy.dataset
    label = label or policy.label
    if not where or not label:
        raise Invalid(
            f"no {'label' if where else 'held-out dataset'} is named",
            hint="--dataset data:NAME --label COLUMN, or [evaluation] in lineal.toml",
        )
    held_out = find_dataset(store, where)
    file = _table(store, held_out)
    started = time.monotonic()
    environment, predictions = _predict(store, row, file)
    task, overall, found = measure(
        delimited.rows(store.blobs.open(file)),
        lines.decode(predictions),
        label=label,
        positive=positive or policy.positive,
        slices=tuple(slices or policy.slices),
    )
    evaluation = Evaluation(
        dataset=held_out["digest"],
        task=task,
        label=label,
        overall=overall,
        slices=found,
        positive=positive or policy.positive,
        predictions=store.blobs.put(predictions),
        duration_ms=round((time.monotonic() - started) * 1000),
    )
    _keep(store, row, evaluation)
    return EvaluationAnswer(
        reference=version_reference(row),
        dataset=dataset_reference(held_out),
        evaluation=evaluation,
        environment=environment,
    )


def _table(store: Store, row: Row) -> Digest:
    """Return the digest of the one file of a dataset. Raises Invalid when it has more, or is no table."""
    dataset = store.get_object(row["digest"], DatasetVersion)
    if not dataset.kept:
        raise Invalid(
            f"the content of {dataset_reference(row)} is not here: it stands at its source",
            hint="add it again with --copy: what versions are measured on has to stay",
        )
    if dataset.file_count != 1 or not dataset.columns:
        raise Invalid(
            f"{dataset_reference(row)} is no single table with a header", hint="add the held-out rows as one CSV file"
        )
    return store.get_tree(dataset.tree).entries[0].digest


def _predict(store: Store, row: Row, file: Digest) -> tuple[str, bytes]:
    """Return what the environment was, and the version's predictions for each row of the table ``file``."""
    environment = environment_of(store, row)
    with workplace(store) as directory:
        write_version(store, row, directory)
        store.blobs.fetch_to(file, directory / "input.csv")
        run_program(
            environment,
            ("-m", "lineal.serving", "predict", str(directory), "input.csv", "predictions.jsonl"),
            directory=directory,
            timeout_s=TIMEOUT_S,
            log_path=directory / "log",
        )
        return environment.description, Path(directory / "predictions.jsonl").read_bytes()


def _keep(store: Store, row: Row, evaluation: Evaluation) -> None:
    with store.writing():
        statement = make_statement(store, row["digest"], evaluation)
        lineage.connect(store, statement, row["digest"], lineage.EVALUATES)
        lineage.connect(store, statement, evaluation.dataset, lineage.EVALUATED_ON)
        write_metrics(store, row["digest"], dict(_metrics(evaluation)))
        keep_changes(store, row, evaluation)


def _metrics(evaluation: Evaluation) -> Iterator[tuple[str, Number]]:
    """Yield each metric by the name that search knows: ``recall``, ``recall[sex=Female]``."""
    for result in (evaluation.overall, *evaluation.slices):
        for name, value in result.metrics.items():
            yield name + _slice_name(result), value


def _slice_name(result: SliceResult) -> str:
    return f"[{result.feature}={result.value}]" if result.feature else ""
