"""How many answers of a version are others than those of the one before, on the same held-out rows."""

from __future__ import annotations

from lineal.checks.bump.changes import measured_changes
from lineal.checks.statistics.answered import answered
from lineal.checks.statistics.samples import read_sample, read_truth
from lineal.formats import predictions
from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError
from lineal.objects.replays import AnswerChanges, Replay
from lineal.objects.statements import Evaluation
from lineal.operations.references import Row
from lineal.operations.statements import make_statement, said
from lineal.operations.versioning.bumps import version_before
from lineal.operations.versioning.evidence import newest_evaluation
from lineal.operations.versioning.held_out import HeldOut
from lineal.storage.store import Store


def keep_changes(store: Store, row: Row, evaluation: Evaluation) -> None:
    """Say how many answers of an evaluation are others than those of the version before, if that answered the same rows."""
    previous = version_before(store, row)
    other = newest_evaluation(store, previous, evaluation.dataset) if previous else None
    if previous and other and (found := held_out_changes(store, previous["digest"], other, evaluation)):
        make_statement(store, row["digest"], found)


def held_out_changes(store: Store, against: Digest, before: Evaluation, now: Evaluation) -> AnswerChanges | None:
    """Return how many answers of two evaluations differ; None when they did not answer the same question, or not kept it."""
    if not before.predictions or not now.predictions:
        return None
    if (before.dataset, before.label, before.task, before.query) != (now.dataset, now.label, now.task, now.query):
        return None
    try:
        truth = read_truth(HeldOut(store, now.dataset).rows(), label=now.label, query=now.query)
        answers = (
            answered(predictions.decode_stream(store.blobs.open(each)))
            for each in (now.predictions, before.predictions)
        )
        new, old = (read_sample(truth, each, task=now.task, positive=now.positive) for each in answers)
    except LinealError:
        return None  # the rows or the answers were let go of
    return measured_changes(against, now.dataset, new, old)


def changes_known(store: Store, version: Digest, against: Digest) -> tuple[AnswerChanges, ...]:
    """Return what is known of how many answers changed since ``against``: on held-out rows, then on golden requests."""
    measured = next((each for _, each in said(store, version, AnswerChanges) if each.against == against), None)
    replays = (each.changes for _, each in said(store, version, Replay) if each.against == against)
    return tuple(each for each in (measured, next(replays, None)) if each)
