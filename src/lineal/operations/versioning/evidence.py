"""Gather what a gate judges: a version, the champion, and how both answered the same held-out rows."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from lineal.checks import staleness
from lineal.checks.check import Check
from lineal.checks.evidence import Answers, Evidence
from lineal.checks.judges.budget import SIZE, Budget
from lineal.checks.judges.held_out_wear import HeldOutWear
from lineal.checks.judges.signature import Signature
from lineal.checks.policies.policy import Policy
from lineal.checks.statistics.answered import answered
from lineal.checks.statistics.paired import Pairs
from lineal.checks.statistics.samples import Truth, read_sample, read_truth
from lineal.checks.statistics.slices import AND, canonical
from lineal.formats import predictions
from lineal.formats.cards.facts import SectionState
from lineal.formats.markdown import time
from lineal.formats.signatures.trust import Judged
from lineal.objects.digest import Digest
from lineal.objects.errors import NotFound
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.objects.runs import Code, Runtime
from lineal.objects.scans import Scan
from lineal.objects.statements import Approval, CardEdit, Evaluation
from lineal.objects.versions import Card, Version
from lineal.operations.references import Row, dataset_reference, find_dataset, semantic, version_reference
from lineal.operations.statements import bump_of, newest_replay, said
from lineal.operations.versioning import programs, training
from lineal.operations.versioning.held_out import HeldOut
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.signed_versions import damage, judged, read_bytes
from lineal.storage.store import Store

CHAMPION_STAGE = "production"

_NAMES_MAX = 1_000
"""Of so many datasets the names are told; others are called by their digests."""


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


def evidence_for(
    store: Store, row: Row, champion: Row | None, policy: Policy, stage: str, checks: Sequence[Check], *, is_own: bool
) -> Evidence:
    """Return everything that ``checks`` may want to know of the version of ``row`` when it asks to move to ``stage``.

    Args:
        store: where.
        row: the version.
        champion: the version that it would replace.
        policy: says on which dataset versions are measured.
        stage: where it should stand.
        checks: those of the gate; what takes long is gathered only for those that look at it.
        is_own: whether the policy is the repository's own; the programs of another run in few places.
    """
    evidence = _known(store, row, champion, policy, stage)
    return add_data(store, row, evidence, stage, checks, is_own=is_own, slices=policy.evaluation.slices)


def _known(store: Store, row: Row, champion: Row | None, policy: Policy, stage: str) -> Evidence:
    """Return what is known without reading data."""
    version = version_of(store, row)
    held_out = _wanted_dataset(store, policy)
    evaluation = newest_evaluation(store, row, held_out)
    other = newest_evaluation(store, champion, evaluation.dataset) if champion and evaluation else None
    sections = section_states(store, row, version, evaluation)
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
        outside=tuple(each for _, each in said(store, row["digest"], OutsideEvaluation)),
        held_out=Digest(held_out) if held_out else None,
        approvals=tuple(each.by for each, about in said(store, row["digest"], Approval) if about.stage == stage),
        section_states={name: each.state for name, each in sections.items()},
        section_changes={name: each.changes for name, each in sections.items() if each.changes},
        bump=bump_of(store, row),
        signatures=_signatures(store, row, policy, stage),
        semantic=semantic(row),
        champion_semantic=semantic(champion) if champion else "",
        at=store.clock.now(),
        scan=scans[0][1] if scans else None,
        replay=newest_replay(store, row["digest"], champion["digest"]) if champion else None,
    )


def _signatures(store: Store, row: Row, policy: Policy, stage: str) -> tuple[Judged, ...]:
    """Return what each signature of a version is worth, where the gate asks: without, no library is needed."""
    if not any(isinstance(each, Signature) for each in policy.gate(stage)):
        return ()
    found = tuple(each for _, each in judged(store, row, policy.signing.trust()))
    if found and (wrong := damage(store, row)):
        return (Judged(state="bad", reason=wrong), *found)
    return found


def add_data(
    store: Store,
    row: Row,
    evidence: Evidence,
    stage: str,
    checks: Sequence[Check],
    *,
    is_own: bool,
    slices: Sequence[str],
) -> Evidence:
    """Return the evidence with what has to be read, counted or run for ``checks``."""
    evaluation = evidence.evaluation
    more: dict[str, object] = {
        "overlaps": training.overlaps(store, evidence.version, evaluation, checks),
        "repeats": training.repeats(store, evidence.version, checks),
        "ran": programs.run(store, row, stage, evidence, checks, is_own=is_own),
    }
    if evaluation and any(each.reads_rows for each in checks):
        more |= _rows(store, evaluation, evidence.champion_evaluation, _features(checks, slices))
    if any(each.reads_data for each in checks):
        more["training"] = training.training_data(store, evidence.version)
    if evaluation and any(isinstance(each, HeldOutWear) for each in checks):
        more["wear"] = training.wear(store, evaluation.dataset, evaluation.overall.row_count)
    if any(isinstance(each, Budget) and each.figure == SIZE for each in checks) and not evidence.version.source:
        more["size_bytes"] = sum(each.size_bytes for each in store.entries(evidence.version.weights))
    return structs.replace(evidence, **more)


def prepare(store: Store, row: Row, stage: str, policy: Policy, checks: Sequence[Check]) -> None:
    """Do what takes long before the transaction of a move: what is derived from data is kept, programs run once."""
    evidence = _known(store, row, champion_of(store, row), policy, stage)
    if evidence.signatures:
        read_bytes(store, row)
    training.overlaps(store, evidence.version, evidence.evaluation, checks)
    training.repeats(store, evidence.version, checks)
    if any(each.reads_data for each in checks):
        training.training_data(store, evidence.version)
    programs.prepare(store, row, stage, evidence, checks, is_own=True)


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


def _features(checks: Sequence[Check], slices: Sequence[str]) -> list[str]:
    """Return what makes subgroups: what the policy says, and what checks name."""
    named = list(slices)
    for each in checks:
        feature = getattr(each, "feature", "")
        named += [*getattr(each, "features", ()), *([feature] if feature else ())]
    return list(dict.fromkeys(map(canonical, named)))


def _rows(
    store: Store, candidate: Evaluation, champion: Evaluation | None, features: Sequence[str]
) -> dict[str, object]:
    """Return the held-out rows with the candidate's answers, and with both versions', as far as they were kept."""
    if not candidate.predictions:
        return {}
    # What a check names and the table lacks is the check's to tell.
    truth = read_truth(
        HeldOut(store, candidate.dataset).rows(),
        label=candidate.label,
        query=candidate.query,
        features=[*features, *dict.fromkeys(each.feature for each in candidate.slices)],
        edges=_edges(candidate),
        lenient=True,
    )
    answers = _answers(store, truth, candidate)
    found: dict[str, object] = {"answers": answers}
    if champion and champion.predictions and _question(candidate) == _question(champion):
        other = _answers(store, truth, champion, positive=candidate.positive)
        found["pairs"] = Pairs(truth, answers.sample, other.sample)
    return found


def _edges(evaluation: Evaluation) -> dict[str, tuple[float, ...]]:
    """Return where columns were cut; those of subgroups that were not are not cut now."""
    measured = {name: () for each in evaluation.slices for name in each.feature.split(AND)}
    return {**measured, **evaluation.edges}


def _question(evaluation: Evaluation) -> tuple[str, ...]:
    """Return what was asked: answers to another question cannot be compared."""
    return evaluation.dataset, evaluation.label, evaluation.task, evaluation.query


def _answers(store: Store, truth: Truth, evaluation: Evaluation, positive: str = "") -> Answers:
    assert evaluation.predictions  # noqa: S101 - _rows looked
    found = answered(predictions.decode_stream(store.blobs.open(evaluation.predictions)))
    sample = read_sample(truth, found, task=evaluation.task, positive=positive or evaluation.positive)
    return Answers(truth, sample)


def section_states(store: Store, row: Row, version: Version, evaluation: Evaluation | None) -> dict[str, SectionState]:
    """Return how each human section of a version's card stands: fresh, or what is wrong with it and why."""
    card = store.get_object(row["card"], Card) if row["card"] else Card()
    names = _names(store, card) if card.sections else {}
    return staleness.states(card, staleness.facts_of(version, evaluation), names, _said_by(store, row))


def _names(store: Store, card: Card) -> dict[str, str]:
    """Return the names of the datasets that the sections of a card were written about, and of those of now."""
    digests = {each.rpartition(": ")[2] for lines in card.known.values() for each in lines}
    rows = store.database.run(
        "SELECT digest, name, number FROM dataset ORDER BY created_at DESC, name, number DESC LIMIT :limit",
        limit=_NAMES_MAX,
    )
    return {each["digest"]: dataset_reference(each) for each in rows} if digests else {}


def _said_by(store: Store, row: Row) -> dict[str, str]:
    """Return who wrote or confirmed each section for the version of ``row``."""
    found: dict[str, str] = {}
    for statement, edit in reversed(said(store, row["digest"], CardEdit)):
        for name in edit.sections:
            verb = "Confirmed" if edit.is_confirmed else "Written"
            found[name] = f"{verb} by {statement.by}, {time(statement.at)}"
    return found
