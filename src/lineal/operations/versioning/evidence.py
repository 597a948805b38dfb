"""Gather what a gate judges: a version, the champion, and how both answered the same held-out rows."""

from __future__ import annotations

from lineal.checks import staleness
from lineal.checks.evidence import Evidence
from lineal.checks.paired import Pairs, pair
from lineal.checks.policy import Policy
from lineal.formats import predictions
from lineal.formats.tables import delimited
from lineal.objects.datasets import DatasetVersion
from lineal.objects.errors import NotFound
from lineal.objects.runs import Code, Runtime
from lineal.objects.scans import Scan
from lineal.objects.statements import Approval, Bump, Evaluation
from lineal.objects.versions import Card, Version
from lineal.operations.references import Row, find_dataset, version_reference
from lineal.operations.statements import said
from lineal.operations.versioning.models import version_of
from lineal.storage.store import Store

CHAMPION_STAGE = "production"


def champion_of(store: Store, row: Row) -> Row | None:
    """Return the version that the one of ``row`` would replace in production, if there is another."""
    rows = store.database.run(
        "SELECT * FROM version WHERE model = :model AND stage = :stage AND number <> :number"
        " ORDER BY number DESC LIMIT 1",
        model=row["model"],
        stage=CHAMPION_STAGE,
        number=row["number"],
    )
    return rows[0] if rows else None


def evidence_for(store: Store, row: Row, champion: Row | None, policy: Policy, stage: str) -> Evidence:
    """Return everything that is known of the version of ``row`` when it asks to move to ``stage``."""
    version = version_of(store, row)
    evaluation = newest_evaluation(store, row, _wanted_dataset(store, policy))
    other = newest_evaluation(store, champion, evaluation.dataset) if champion and evaluation else None
    bumps = said(store, row["digest"], Bump)
    scans = said(store, row["digest"], Scan)
    return Evidence(
        version=version,
        reference=version_reference(row),
        author=row["created_by"],
        code=store.get_object(version.code, Code),
        runtime=store.get_object(version.runtime, Runtime),
        evaluation=evaluation,
        champion=version_of(store, champion) if champion else None,
        champion_reference=version_reference(champion) if champion else "",
        champion_evaluation=other,
        pairs=_pairs(store, evaluation, other, policy.evaluation.slices) if evaluation and other else None,
        approvals=tuple(each.by for each, about in said(store, row["digest"], Approval) if about.stage == stage),
        section_states=section_states(store, row, version, evaluation),
        bump=bumps[0][1] if bumps else None,
        scan=scans[0][1] if scans else None,
    )


def _wanted_dataset(store: Store, policy: Policy) -> str:
    """Return the digest of the policy's held-out dataset, or nothing where it names none that is here."""
    if not policy.evaluation.dataset:
        return ""
    try:
        return str(find_dataset(store, policy.evaluation.dataset)["digest"])
    except NotFound:
        return ""


def newest_evaluation(store: Store, row: Row, dataset: str = "") -> Evaluation | None:
    """Return the newest evaluation of the version of ``row``, on ``dataset`` when it is given."""
    found = (each for _, each in said(store, row["digest"], Evaluation) if not dataset or each.dataset == dataset)
    return next(found, None)


def _pairs(store: Store, candidate: Evaluation, champion: Evaluation, features: tuple[str, ...]) -> Pairs | None:
    """Return both versions' answers to the same rows, where both were kept for the same question."""
    same = (candidate.dataset, candidate.label, candidate.task) == (champion.dataset, champion.label, champion.task)
    if not same or not candidate.predictions or not champion.predictions:
        return None
    tree = store.get_tree(store.get_object(candidate.dataset, DatasetVersion).tree)
    measured = dict.fromkeys((*features, *(each.feature for each in candidate.slices)))
    return pair(
        delimited.rows(store.blobs.open(tree.entries[0].digest)),
        predictions.decode(store.blobs.get(candidate.predictions)),
        predictions.decode(store.blobs.get(champion.predictions)),
        task=candidate.task,
        label=candidate.label,
        positive=candidate.positive,
        slices=tuple(measured),
    )


def section_states(store: Store, row: Row, version: Version, evaluation: Evaluation | None) -> dict[str, str]:
    """Return whether each human section of a version's card is fresh, stale or missing."""
    card = store.get_object(row["card"], Card) if row["card"] else Card()
    return staleness.states(card, staleness.fact_digests(version, evaluation))
