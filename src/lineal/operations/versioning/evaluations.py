"""The verb that measures a version on a held-out dataset, overall and by subgroup."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from lineal.checks.evaluation import Measured, measure_all
from lineal.checks.policies.tables import EvaluationPolicy
from lineal.checks.statistics.samples import Truth, read_truth
from lineal.executors.choosing import DEFAULT, executor_of
from lineal.formats import predictions as lines
from lineal.objects.canonical import Number
from lineal.objects.costs import Cost
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.statements import Evaluation, SliceResult
from lineal.operations.answers.models import EvaluationAnswer
from lineal.operations.asking import lineage
from lineal.operations.operation import operation
from lineal.operations.recording.runs import write_metrics
from lineal.operations.references import Row, dataset_reference, find_dataset, find_version, version_reference
from lineal.operations.statements import make_statement
from lineal.operations.versioning import functions, predicting
from lineal.operations.versioning.changes import keep_changes
from lineal.operations.versioning.held_out import HeldOut
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.policies import policy_of
from lineal.operations.versioning.releases import workplace
from lineal.storage.store import Store


@operation("evaluate", effect="acts", about={"version": "version", "dataset": "read contents"})
def evaluate(  # noqa: PLR0913 - every option is one of the command
    store: Store,
    version: str,
    *,
    dataset: str = "",
    label: str = "",
    positive: str = "",
    query: str = "",
    slices: tuple[str, ...] = (),
    minimum_rows: int = 0,
    cutoffs: tuple[str, ...] = (),
    metrics: tuple[str, ...] = (),
    function: str = "",
    replicates: int = 0,
    timeout_s: float = 0.0,
    executor: str = "",
    without_costs: bool = False,
) -> EvaluationAnswer:
    """Measure a version on a held-out dataset: overall, and on every subgroup of the rows.

    The version predicts in its own environment, from its exact bytes. What is not given comes from [evaluation] in
    lineal.toml.

    Args:
        version: the version.
        dataset: the held-out dataset; a table with a header.
        label: the column that holds the truth.
        positive: the label that counts as positive, for a question with two answers.
        query: the column that groups rows into queries, for a model that ranks.
        slices: what makes the subgroups; a column, ranges of one as age:30:50 or age:q4, an intersection as sex*race.
        minimum_rows: a subgroup with fewer rows is named but not measured.
        cutoffs: how many of the first rows of a ranking count, as 5 and 10.
        metrics: your own functions that measure, as module:function of the project.
        function: your own function that answers in place of the model, as module:function.
        replicates: how often rows are drawn anew for the intervals of your own metrics.
        timeout_s: how long your own functions may take together.
        executor: where the version predicts.
        without_costs: do not measure time and memory.

    Raises:
        Invalid: no dataset or label is named, the dataset is no such table, or a function of yours failed.
        Unavailable: the version's environment cannot be had, or the version cannot predict.
        Refused: functions of yours do not run here.
    """
    row = find_version(store, version)
    policy = policy_of(store)[0].evaluation
    asked = policy.with_options(
        dataset=dataset,
        label=label,
        positive=positive,
        query=query,
        slices=slices,
        minimum_rows=minimum_rows,
        cutoffs=tuple(map(_cutoff, cutoffs)),
        metrics=metrics,
        function=function,
        replicates=replicates,
        timeout_s=timeout_s,
        executor=executor,
        costs=policy.costs and not without_costs,
    )
    functions.check(store, (*asked.metrics, asked.function), own=(*policy.metrics, policy.function))
    return _evaluated(store, row, asked)


def _cutoff(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise Invalid(f"the cut-off {text!r} is no whole number above zero", hint="write --cutoffs 5,10")
    return int(text)


def _evaluated(store: Store, row: Row, asked: EvaluationPolicy) -> EvaluationAnswer:
    if not asked.dataset or not (asked.label or asked.function):
        raise Invalid(
            f"no {'label' if asked.dataset else 'held-out dataset'} is named",
            hint="--dataset data:NAME --label COLUMN, or [evaluation] in lineal.toml",
        )
    executor_of(asked.executor)
    found = find_dataset(store, asked.dataset)
    held_out = HeldOut(store, found["digest"], dataset_reference(found))
    if not asked.query and not asked.function and predicting.is_ranker(store, row):
        raise Invalid(
            f"{version_reference(row)} ranks the rows of a query, and no column says which belong together",
            hint="--query COLUMN, or query in [evaluation] of lineal.toml",
        )
    # Before the model predicts: what is wrong with the table is known at once.
    truth = _truth(held_out, asked) if asked.label else None
    started = time.monotonic()
    with workplace(store) as directory:
        given = predicting.predict(store, row, held_out, asked, directory)
        evaluation, notes = _measured(store, truth, held_out, given, asked, directory)
    evaluation = structs.replace(
        evaluation,
        dataset=found["digest"],
        duration_ms=round((time.monotonic() - started) * 1000),
        executor="" if asked.executor == DEFAULT else asked.executor,
        cost=_cost(store, row, given.cost) if asked.costs else None,
    )
    _keep(store, row, evaluation)
    return EvaluationAnswer(
        reference=version_reference(row),
        dataset=held_out.reference,
        evaluation=evaluation,
        environment=given.environment,
        notes=notes,
    )


def _truth(held_out: HeldOut, asked: EvaluationPolicy) -> Truth:
    return read_truth(held_out.rows(), label=asked.label, features=asked.slices, query=asked.query)


def _measured(
    store: Store,
    truth: Truth | None,
    held_out: HeldOut,
    given: predicting.Predicted,
    asked: EvaluationPolicy,
    directory: Path,
) -> tuple[Evaluation, tuple[str, ...]]:
    """Return what was measured, and what the user should know besides."""
    if given.numbers:
        overall = SliceResult(row_count=given.row_count, metrics=dict(given.numbers))
        return _evaluation(held_out, "other", asked, (overall,)), ()
    if truth is None:
        raise Invalid(
            f"{asked.function} gave answers, and no label says which are right",
            hint="--label COLUMN, or let it return numbers by name",
        )
    predictions = store.blobs.put_file(given.path)[0]
    measured = measure_all(
        truth,
        lines.decode_stream(store.blobs.open(predictions)),
        positive=asked.positive,
        cutoffs=asked.cutoffs,
        minimum_rows=asked.minimum_rows,
    )
    measured, notes = functions.measure(store, measured, held_out, asked, directory)
    found = _evaluation(held_out, measured.task, asked, measured.results, truth, predictions)
    return found, (*notes, *_small(measured, asked.minimum_rows))


def _evaluation(
    held_out: HeldOut,
    task: str,
    asked: EvaluationPolicy,
    results: tuple[SliceResult, ...],
    truth: Truth | None = None,
    predictions: Digest | None = None,
) -> Evaluation:
    return Evaluation(
        dataset=held_out.digest,
        task=task,  # type: ignore[arg-type]
        label=asked.label if truth else "",
        overall=results[0],
        slices=results[1:],
        positive=asked.positive if truth else "",
        predictions=predictions,
        query=asked.query if truth else "",
        edges=dict(truth.edges) if truth else {},
        minimum_rows=asked.minimum_rows if results[1:] else 0,
        functions=asked.metrics if truth else (),
        function=asked.function,
        replicates=asked.replicates if truth and asked.metrics else 0,
    )


def _small(measured: Measured, minimum_rows: int) -> Iterator[str]:
    """Yield a sentence about the subgroups that were too small to be measured."""
    small = [each for each in measured.results if not each.metrics]
    if small:
        named = ", ".join(f"{each.feature}={each.value} ({each.row_count:,})" for each in small[:5])
        more = f" and {len(small) - 5:,} more" if len(small) > 5 else ""
        yield f"fewer than {minimum_rows:,} rows, so not measured: {named}{more}"


def _cost(store: Store, row: Row, cost: Cost) -> Cost:
    version = version_of(store, row)
    return structs.replace(cost, size_bytes=sum(each.size_bytes for each in store.entries(version.weights)))


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
