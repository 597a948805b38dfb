"""The verb that says which semantic version a version, or a run that is none yet, should have, and why."""

from __future__ import annotations

import msgspec

from lineal.checks.bump.rules import RULES
from lineal.objects.errors import Invalid
from lineal.objects.reference import check_name
from lineal.objects.replays import AnswerChanges
from lineal.objects.statements import Bump
from lineal.objects.versions import Version
from lineal.operations.answers.bumps import BumpAnswer, BumpFinding
from lineal.operations.operation import operation
from lineal.operations.references import Row, find_any, find_version, semantic, version_reference
from lineal.operations.statements import bump_of
from lineal.operations.versioning.bumps import derived, version_before
from lineal.operations.versioning.changes import changes_known, held_out_changes
from lineal.operations.versioning.evidence import newest_evaluation
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.numbers import last_pre_release, newest
from lineal.operations.versioning.registration import finished, model_files, version_from
from lineal.storage.store import Store


@operation("model bump", effect="reads", about={"reference": "reference", "against": "reference", "name": "read model"})
def propose(store: Store, reference: str, *, against: str = "", name: str = "", file: str = "") -> BumpAnswer:
    """Say which semantic version the evidence asks for, rule by rule: release notes of a version, or of a run before it is one.

    Args:
        reference: a version, or a run that may become one.
        against: the version to compare it with; by default the one before it, or the newest of the model.
        name: the model that the run would become a version of.
        file: which output of the run is the model, as in model register.

    Raises:
        Invalid: it is neither, or a run without the name of a model.
        NotFound: the run wrote no model.
    """
    kind, _ = find_any(store, reference)
    other = find_version(store, against) if against else None
    if kind == "run":
        return _of_run(store, reference, name or (other["model"] if other else ""), file, other)
    if kind not in {"model", "alias", "version"}:
        raise Invalid(f"{reference} is a {kind}, not a version", hint="write churn:2.3.1, churn@production or run:ID")
    row = find_version(store, reference)
    previous = other or version_before(store, row)
    stated = bump_of(store, row)
    answer = _answer(version_reference(row), previous, derived(store, previous, version_of(store, row), row))
    answer = msgspec.structs.replace(answer, changes=_changes(store, row, previous))
    return _with_given(answer, semantic(row), stated)


def _of_run(store: Store, reference: str, name: str, file: str, other: Row | None) -> BumpAnswer:
    if not name:
        raise Invalid(f"{reference} is no version of a model yet", hint=f"lineal model bump {reference} --name MODEL")
    check_name(name, "model")
    run = finished(store, reference)
    main, tree, facts = model_files(run, file)
    previous = other or newest(store, name)
    version: Version = version_from(store, run, (main, store.put_tree(tree), facts), previous)
    found = derived(store, previous, version)
    if last := last_pre_release(store, name):
        since = derived(store, last, version).findings
        found = msgspec.structs.replace(found, pre_release=semantic(last), since_pre_release=since)
    return _answer(f"run:{run.id}", previous, found)


def _answer(reference: str, previous: Row | None, found: Bump) -> BumpAnswer:
    findings = [
        BumpFinding(
            level=sentence.partition(": ")[0],
            what=sentence.partition(": ")[2],
            rule=cause.rule,
            where=cause.where,
            about=RULES[cause.rule].about,
        )
        for sentence, cause in zip(found.findings, found.causes, strict=False)
    ]
    return BumpAnswer(
        reference=reference,
        against=version_reference(previous) if previous else "",
        semantic=found.semantic,
        level=found.level,
        findings=tuple(findings),
        pre_release=found.pre_release,
        since_pre_release=found.since_pre_release,
    )


def _with_given(answer: BumpAnswer, given: str, stated: Bump | None) -> BumpAnswer:
    """Return an answer about a version that is registered, with the number that it has."""
    return msgspec.structs.replace(
        answer,
        given=given,
        overridden_because=stated.overridden_because if stated else "",
        pre_release=stated.pre_release if stated else "",
        since_pre_release=stated.since_pre_release if stated else (),
    )


def _changes(store: Store, row: Row, previous: Row | None) -> tuple[AnswerChanges, ...]:
    """Return how many answers are others than before; what nobody looked at yet is counted now."""
    if previous is None:
        return ()
    known = changes_known(store, row["digest"], previous["digest"])
    now = newest_evaluation(store, row)
    before = newest_evaluation(store, previous, now.dataset) if now else None
    if any(each.dataset for each in known) or not now or not before:
        return known
    found = held_out_changes(store, previous["digest"], before, now)
    return (found, *known) if found else known
