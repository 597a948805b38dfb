"""The verb that keeps what another tool measured of a version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lineal.formats.evaluations.formats import read_results
from lineal.formats.evaluations.given import FILES_MAX, Given
from lineal.formats.evaluations.results import Results
from lineal.objects.canonical import Number
from lineal.objects.errors import Conflict, Invalid
from lineal.objects.files import Entry
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.operations.answers.models import OutsideEvaluationAnswer
from lineal.operations.asking import lineage
from lineal.operations.operation import Upload, Uploadable, operation
from lineal.operations.recording.runs import write_metrics
from lineal.operations.references import dataset_reference, find_dataset, find_version, version_reference
from lineal.operations.statements import make_statement
from lineal.storage.store import Store


class _By(NamedTuple):
    """Who measured, as somebody said it."""

    tool: str
    version: str


@operation("evaluation add", effect="writes", about={"version": "version", "dataset": "read contents"})
def add(
    store: Store,
    version: str,
    path: Uploadable,
    *,
    dataset: str = "",
    tool: str = "",
    features: tuple[str, ...] = (),
) -> OutsideEvaluationAnswer:
    """Keep what another tool measured of a version, with its files; gates use what they can be sure of.

    Known are results of lm-evaluation-harness, MLflow, scikit-learn's classification_report, fairlearn's MetricFrame,
    Hugging Face evaluate and model-index, torchmetrics, and JSON with numbers by name. Nothing in them is executed.

    Args:
        version: the version.
        path: the file, or the directory, that the tool wrote.
        dataset: the dataset version that it was measured on; without one, gates do not decide by what names no task.
        tool: who measured, and its version, as "torchmetrics 1.9"; needed where the files do not say.
        features: the columns that make groups, in their order, where a frame does not name them.

    Raises:
        Invalid: no reader knows the files, they cannot be meant as they stand, or nobody says who measured.
        Unavailable: what reads one of them is not installed.
    """
    assert isinstance(path, Upload)  # noqa: S101 - the seam uploads every path
    row = find_version(store, version)
    bound = find_dataset(store, dataset) if dataset else None
    results = _read(store, path, features)
    by = _by(results, tool, path.name)
    evaluation = OutsideEvaluation(
        **{**results._asdict(), "tool": by.tool, "tool_version": by.version},
        tree=path.tree,
        dataset=bound["digest"] if bound else None,
    )
    statement = make_statement(store, row["digest"], evaluation)
    lineage.connect(store, statement, row["digest"], lineage.EVALUATES, trust="declared")
    if bound:
        lineage.connect(store, statement, bound["digest"], lineage.EVALUATED_ON, trust="declared")
    write_metrics(store, row["digest"], dict(_metrics(evaluation)))
    return OutsideEvaluationAnswer(
        reference=version_reference(row),
        dataset=dataset_reference(bound) if bound else "",
        evaluation=evaluation,
    )


def _read(store: Store, files: Upload, features: tuple[str, ...]) -> Results:
    if not store.database.run("SELECT digest FROM node WHERE digest = :tree", tree=files.tree):
        raise Conflict(f"{files.name!r} was let go of before it had a name", hint="add it again")
    entries: dict[str, Entry] = {}
    for each in store.entries(files.tree):
        if each.mode in {"file", "executable"}:
            entries[each.path] = each
        if len(entries) > FILES_MAX:
            break
    sizes = {path: each.size_bytes for path, each in entries.items()}
    given = Given(sizes, lambda path: store.blobs.get(entries[path].digest), name=files.name, features=features)
    return read_results(given)


def _by(results: Results, said: str, name: str) -> _By:
    """Return who measured: what somebody said goes before what the files say."""
    tool, _, version = said.strip().partition(" ")
    if tool:
        return _By(tool, version.strip() or (results.tool_version if tool == results.tool else ""))
    if not results.tool:
        raise Invalid(
            f"{name} holds numbers by name, and does not say who measured them", hint="--tool 'NAME VERSION' says it"
        )
    return _By(results.tool, results.tool_version)


def _metrics(evaluation: OutsideEvaluation) -> Iterator[tuple[str, Number]]:
    """Yield each metric by the name that search knows: ``mlflow/accuracy_score``, ``fairlearn/recall[sex=Female]``."""
    for result in evaluation.results:
        lead = "/".join(filter(None, (evaluation.tool, result.task)))
        group = f"[{result.feature}={result.value}]" if result.feature else ""
        for name, value in result.metrics.items():
            yield f"{lead}/{name}{group}", value
