"""Verbs on the way to production: gate, promote, approve, alias."""

from __future__ import annotations

from lineal.checks.gate import judge
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Denied, Invalid, Refused
from lineal.objects.reference import check_name
from lineal.objects.statements import Approval, GateReport, Verdict
from lineal.operations.answers import GateAnswer, Promotion, VersionAnswer
from lineal.operations.evidence import champion_of, evidence_for
from lineal.operations.models import show_row
from lineal.operations.operation import operation
from lineal.operations.policies import policy_of
from lineal.operations.references import STAGES, Row, find_version, near, version_reference
from lineal.operations.statements import make_statement
from lineal.storage.store import ROLES, Store

PRODUCTION = "production"


@operation("gate", effect="reads")
def gate(store: Store, version: str, *, to: str = PRODUCTION) -> GateAnswer:
    """Ask what the gate of a stage would say of a version, and move nothing.

    Args:
        version: the version.
        to: the stage.
    """
    row = find_version(store, version)
    report, _ = _report(store, row, _stage(to))
    champion = champion_of(store, row)
    return GateAnswer(
        reference=version_reference(row),
        stage=to,
        outcome=report.outcome,
        verdicts=report.verdicts,
        champion=version_reference(champion) if champion else "",
    )


@operation("promote", effect="writes")
def promote(store: Store, version: str, *, to: str, force: bool = False, reason: str = "") -> Promotion:
    """Move a version to a stage, if the gate of that stage lets it pass.

    What the gate found stays with the version either way. What stood in production before is archived.

    Args:
        version: the version.
        to: staging, production or archived.
        force: move it even if the gate refuses; needs a reason and the role of an approver, and shows for ever.
        reason: why.

    Raises:
        Refused: the gate said no; the message holds the reasons.
        Conflict: the version stands there already, or someone else moved it just now.
        Invalid: there is no such stage, or a forced move has no reason.
        Denied: a forced move by someone who is no approver.
    """
    row = find_version(store, version)
    reference = version_reference(row)
    if row["stage"] == _stage(to):
        raise Conflict(f"{reference} stands in {to} already", hint=f"lineal show {reference} says since when")
    if force:
        _may_force(store, reason)
    report, policy = _report(store, row, to)
    # The report names its policy by digest, and someone will ask what it said.
    store.blobs.put(policy.encode())
    make_statement(store, row["digest"], report)
    if report.outcome in {"fail", "inconclusive"} and not force:
        raise Refused(
            f"{reference} may not stand in {to}:\n" + "\n".join(_reasons(report.verdicts)),
            hint="mend what failed, or --force --reason '…' as an approver",
        )
    return Promotion(
        reference=reference,
        stage=to,
        before=row["stage"],
        archived=move_stage(store, row, to),
        outcome=report.outcome,
        verdicts=report.verdicts,
        forced_because=reason if force else "",
    )


def _stage(name: str) -> str:
    if name not in STAGES:
        raise Invalid(f"there is no stage {name!r}", hint=near(name, STAGES, "stages: " + ", ".join(STAGES)))
    return name


def _may_force(store: Store, reason: str) -> None:
    if not reason.strip():
        raise Invalid("a forced move needs a reason", hint="--force --reason 'why the gate is wrong this time'")
    if ROLES.index(store.actor.role) < ROLES.index("approver"):
        raise Denied(f"{store.actor.name} is a {store.actor.role}; only approvers may force", hint="ask an approver")


def _report(store: Store, row: Row, stage: str) -> tuple[GateReport, str]:
    """Return what the gate of ``stage`` says of the version of ``row``, and the text of the policy that asked."""
    policy, text = policy_of(store)
    champion = champion_of(store, row)
    outcome, verdicts = judge(policy.gate(stage), evidence_for(store, row, champion, policy, stage))
    report = GateReport(
        stage=stage,
        outcome=outcome,
        verdicts=verdicts,
        policy=digest_of(text.encode()),
        champion=champion["digest"] if champion else None,
    )
    return report, text


def _reasons(verdicts: tuple[Verdict, ...]) -> list[str]:
    return [f"  {each.check}: {each.reason}" for each in verdicts if each.outcome in {"fail", "inconclusive"}]


def move_stage(store: Store, row: Row, stage: str) -> str:
    """Move the version of ``row`` to ``stage``; return the reference of what had to make room, if anything had.

    Raises:
        Conflict: someone else moved it since ``row`` was read.
    """
    archived = ""
    if stage == PRODUCTION:
        for each in store.database.run(
            "UPDATE version SET stage = 'archived', revision = revision + 1"
            " WHERE model = :model AND stage = :stage AND number <> :number RETURNING *",
            model=row["model"],
            stage=stage,
            number=row["number"],
        ):
            archived = version_reference(each)
    moved = store.database.run(
        "UPDATE version SET stage = :stage, revision = revision + 1"
        " WHERE model = :model AND number = :number AND revision = :revision RETURNING revision",
        stage=stage,
        model=row["model"],
        number=row["number"],
        revision=row["revision"],
    )
    if not moved:
        reference = version_reference(row)
        raise Conflict(f"{reference} was moved by someone else just now", hint=f"lineal log {reference}, then retry")
    return archived


@operation("approve", effect="writes", role="approver")
def approve(store: Store, version: str, *, stage: str = PRODUCTION, comment: str = "") -> VersionAnswer:
    """Stand up for a version before a stage; a gate may ask for approvals.

    Args:
        version: the version.
        stage: the stage it should move to.
        comment: why.
    """
    row = find_version(store, version)
    make_statement(store, row["digest"], Approval(stage=_stage(stage), comment=comment))
    return show_row(store, row)


@operation("alias", effect="writes")
def alias(store: Store, version: str, name: str) -> VersionAnswer:
    """Point a name of the model at a version; it moves when it pointed elsewhere.

    Args:
        version: the version.
        name: the alias, as in churn@name.
    """
    return point(store, find_version(store, version), name)


def point(store: Store, row: Row, name: str) -> VersionAnswer:
    """Point an alias at the version of a row. Raises Invalid when the name is that of a stage."""
    if check_name(name, "alias") in STAGES:
        raise Invalid(f"{name} is a stage, not an alias", hint=f"lineal promote {version_reference(row)} --to {name}")
    store.database.run(
        "INSERT INTO alias (model, alias, number, moved_by, moved_at, revision)"
        " VALUES (:model, :alias, :number, :by, :at, 1) ON CONFLICT (model, alias) DO UPDATE"
        " SET number = excluded.number, moved_by = excluded.moved_by, moved_at = excluded.moved_at,"
        " revision = alias.revision + 1",
        model=row["model"],
        alias=name,
        number=row["number"],
        by=store.actor.name,
        at=store.clock.now(),
    )
    return show_row(store, row)
