"""Verbs on the way to production: gate, promote, approve, alias."""

from __future__ import annotations

from contextlib import suppress

from lineal.checks.check import Check
from lineal.checks.gate import judge
from lineal.checks.policies.policy import Policy, parse_policy
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Invalid, LinealError, NotFound, Refused
from lineal.objects.reference import check_name
from lineal.objects.statements import Approval, GateReport, Verdict
from lineal.operations.answers.models import GateAnswer, Promotion, VersionAnswer
from lineal.operations.messages import hook_runs
from lineal.operations.messages.hook_runs import Move
from lineal.operations.messages.outbox import STAGE_NAMES, emit, tell_version
from lineal.operations.operation import operation
from lineal.operations.references import STAGES, Row, find_version, near, version_reference
from lineal.operations.statements import make_statement
from lineal.operations.versioning.evidence import champion_of, evidence_for, prepare
from lineal.operations.versioning.models import show_row
from lineal.operations.versioning.policies import policy_of
from lineal.operations.versioning.protection import check_expected, check_move
from lineal.storage.made_with import note_stage
from lineal.storage.store import Store

PRODUCTION = "production"


@operation("gate", effect="reads", about={"version": "version"})
def gate(store: Store, version: str, *, to: str = PRODUCTION, policy: str = "") -> GateAnswer:
    """Ask what the gate of a stage would say of a version, and move nothing.

    Args:
        version: the version.
        to: the stage.
        policy: the text of another policy than the repository's own, to try it.

    Raises:
        Invalid: the policy is none.
    """
    row = find_version(store, version)
    report, text = _report(store, row, _stage(to), text=policy or None)
    champion = champion_of(store, row)
    return GateAnswer(
        reference=version_reference(row),
        stage=to,
        outcome=report.outcome,
        verdicts=report.verdicts,
        champion=version_reference(champion) if champion else "",
        policy=digest_of(text.encode()),
    )


def _prepare(store: Store, version: str, *, to: str, force: bool, reason: str, **_: object) -> None:
    """Do before the transaction what the gate will need and takes long; what is wrong the verb itself tells."""
    with suppress(NotFound):
        row = find_version(store, version)
        prepare_gate(store, row, _stage(to))
        prepare_hooks(store, [Move(row, to, force, reason)])


def prepare_hooks(store: Store, moves: list[Move], *, more: bool = False) -> None:
    """Ask hooks about moves before the transaction; they hear of none that whoever asks may not make."""
    allowed = list[Move]()
    with suppress(LinealError):
        for move in moves:
            check_move(store, move.row, move.stage, force=move.force, reason=move.reason)
        allowed = moves
    hook_runs.prepare(store, allowed, more=more)


def prepare_gate(store: Store, row: Row, stage: str, *, by_default: bool = True) -> None:
    """Do before a transaction what the gate of a stage will need of the version of a row, and takes long."""
    policy, _ = policy_of(store)
    prepare(store, row, stage, policy, _checks(policy, stage, by_default=by_default))


@operation("promote", effect="writes", prepare=_prepare, about={"version": "version"})
def promote(
    store: Store, version: str, *, to: str, expect: str = "", force: bool = False, reason: str = ""
) -> Promotion:
    """Move a version to a stage, if the gate of that stage lets it pass.

    What the gate found stays with the version either way. What stood in production before is archived.

    Args:
        version: the version.
        to: staging, production or archived.
        expect: move it only if this version stands there now, or ``nothing`` does; as somebody saw it who decided.
        force: move it even if the gate refuses; needs a reason and the role of an approver, and shows for ever.
        reason: why.

    Raises:
        Refused: the gate or a hook said no; the message holds the reasons.
        Conflict: the version stands there already, something else does than was expected, or someone else moved it just now.
        Invalid: there is no such stage, or a forced move has no reason.
        Denied: the policy lets others move versions there, or a forced move by someone who is no approver.
    """
    row = find_version(store, version)
    check_expected(store, row["model"], expect, newest_in(store, row["model"], _stage(to)), to)
    return promoted(store, [row], to, force=force, reason=reason)[0]


def promoted(store: Store, rows: list[Row], to: str, *, force: bool, reason: str) -> tuple[Promotion, ...]:
    """Move the versions of some rows to a stage, as ``promote`` does: all gates are asked before anything moves."""
    for row in rows:
        if row["stage"] == to:
            reference = version_reference(row)
            raise Conflict(f"{reference} stands in {to} already", hint=f"lineal show {reference} says since when")
        check_move(store, row, to, force=force, reason=reason)
    reports = [pass_gate(store, row, to, force=force) for row in rows]
    hook_runs.ask(store, [Move(row, to, force, reason) for row in rows])
    return tuple(
        Promotion(
            reference=version_reference(row),
            stage=to,
            before=row["stage"],
            archived=move_stage(store, row, to, alone=to == PRODUCTION),
            outcome=report.outcome,
            verdicts=report.verdicts,
            forced_because=reason if force else "",
        )
        for row, report in zip(rows, reports, strict=True)
    )


def _stage(name: str) -> str:
    if name not in STAGES:
        raise Invalid(f"there is no stage {name!r}", hint=near(name, STAGES, "stages: " + ", ".join(STAGES)))
    return name


def newest_in(store: Store, model: str, stage: str) -> Row | None:
    """Return the row of the newest version of a model that stands in a stage, if one does."""
    rows = store.database.run(
        "SELECT * FROM version WHERE model = :model AND stage = :stage ORDER BY number DESC LIMIT 1",
        model=model,
        stage=stage,
    )
    return rows[0] if rows else None


def pass_gate(store: Store, row: Row, stage: str, *, force: bool = False, by_default: bool = True) -> GateReport:
    """Have the gate of a stage judge the version of a row, and keep what it said with the version.

    Args:
        store: where.
        row: the version.
        stage: where it should stand.
        force: let it pass whatever the gate says.
        by_default: whether the gate that holds where the policy says nothing of the stage holds here too.

    Raises:
        Refused: the gate said no; the message holds the reasons.
    """
    report, policy = _report(store, row, stage, by_default=by_default)
    # The report names its policy by digest, and someone will ask what it said.
    store.blobs.put(policy.encode())
    make_statement(store, row["digest"], report)
    said = [{"check": each.check, "outcome": each.outcome, "reason": each.reason} for each in report.verdicts]
    tell_version(store, "gate.judged", row, stage=stage, outcome=report.outcome, forced=force, verdicts=said)
    if report.outcome in {"fail", "inconclusive"} and not force:
        raise Refused(
            f"{version_reference(row)} may not stand in {stage}:\n" + "\n".join(_reasons(report.verdicts)),
            hint="mend what failed, or --force --reason '…' as an approver",
        )
    return report


def _checks(policy: Policy, stage: str, *, by_default: bool) -> tuple[Check, ...]:
    return policy.gate(stage) if by_default or stage in policy.asked else ()


def _report(
    store: Store, row: Row, stage: str, *, by_default: bool = True, text: str | None = None
) -> tuple[GateReport, str]:
    """Return what the gate of ``stage`` says of the version of ``row``, and the text of the policy that asked.

    ``text`` is that of another policy than the repository's own.
    """
    is_own = text is None
    policy, text = policy_of(store) if text is None else (parse_policy(text), text)
    champion = champion_of(store, row)
    checks = _checks(policy, stage, by_default=by_default)
    outcome, verdicts = judge(checks, evidence_for(store, row, champion, policy, stage, checks, is_own=is_own))
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


def move_stage(store: Store, row: Row, stage: str, *, alone: bool) -> str:
    """Move the version of ``row`` to ``stage``; return the reference of what had to make room, if anything had.

    Args:
        store: where.
        row: the version, as it was when somebody decided to move it.
        stage: where to.
        alone: archive what stands there.

    Raises:
        Conflict: someone else moved it since ``row`` was read.
    """
    archived, at = "", store.clock.now()
    if alone:
        for each in store.database.run(
            "UPDATE version SET stage = 'archived', revision = revision + 1, updated_at = :at"
            " WHERE model = :model AND stage = :stage AND number <> :number RETURNING *",
            model=row["model"],
            stage=stage,
            number=row["number"],
            at=at,
        ):
            archived = version_reference(each)
            note_stage(store.database, each, at)
            _tell_moved(store, each, stage)
    moved = store.database.run(
        "UPDATE version SET stage = :stage, revision = revision + 1, updated_at = :at"
        " WHERE model = :model AND number = :number AND revision = :revision RETURNING *",
        stage=stage,
        model=row["model"],
        number=row["number"],
        revision=row["revision"],
        at=at,
    )
    if not moved:
        reference = version_reference(row)
        raise Conflict(f"{reference} was moved by someone else just now", hint=f"lineal log {reference}, then retry")
    store.database.run("UPDATE model SET updated_at = :at WHERE name = :model", model=row["model"], at=at)
    _follow(store, moved[0])
    if row["stage"] != stage:
        note_stage(store.database, moved[0], at)
        _tell_moved(store, moved[0], row["stage"])
    return archived


def _tell_moved(store: Store, row: Row, before: str) -> None:
    data = {
        "name": row["model"],
        "version": str(row["number"]),
        "from_stage": STAGE_NAMES[before],
        "to_stage": STAGE_NAMES[row["stage"]],
    }
    emit(store, "model_version.stage_changed", data, row)


def _follow(store: Store, row: Row) -> None:
    """Let aliases that are called as a stage stand on versions of that stage only, whoever moves those."""
    names = {f"s{place}": each for place, each in enumerate(STAGES)}
    store.database.run(
        "UPDATE alias SET number = :number WHERE model = :model AND lower(alias) = :production AND lower(alias) = :stage",
        model=row["model"],
        number=row["number"],
        stage=row["stage"],
        production=PRODUCTION,
    )
    store.database.run(
        f"DELETE FROM alias WHERE model = :model AND lower(alias) IN ({', '.join(f':{each}' for each in names)})"
        " AND lower(alias) <> (SELECT v.stage FROM version v WHERE v.model = alias.model AND v.number = alias.number)",
        model=row["model"],
        **names,
    )


@operation("approve", effect="writes", role="approver", about={"version": "version"})
def approve(store: Store, version: str, *, stage: str = PRODUCTION, comment: str = "") -> VersionAnswer:
    """Stand up for a version before a stage; a gate may ask for approvals.

    Args:
        version: the version.
        stage: the stage it should move to.
        comment: why.
    """
    row = find_version(store, version)
    make_statement(store, row["digest"], Approval(stage=_stage(stage), comment=comment))
    tell_version(store, "version.approved", row, stage=stage, comment=comment)
    return show_row(store, row)


@operation("alias", effect="writes", about={"version": "version"})
def alias(store: Store, version: str, name: str, *, expect: str = "") -> VersionAnswer:
    """Point a name of the model at a version; it moves when it pointed elsewhere.

    Args:
        version: the version.
        name: the alias, as in churn@name.
        expect: move it only if it points at this version now, or ``nothing`` has it.

    Raises:
        Conflict: it points elsewhere than was expected.
    """
    return point(store, find_version(store, version), name, expect=expect)


def point(store: Store, row: Row, name: str, *, expect: str = "", by: str = "", at: int | None = None) -> VersionAnswer:
    """Point an alias at the version of a row. Raises Invalid when the name is that of a stage; Conflict as ``alias``."""
    if check_name(name, "alias") in STAGES:
        raise Invalid(f"{name} is a stage, not an alias", hint=f"lineal promote {version_reference(row)} --to {name}")
    if expect:
        found = store.database.run(
            "SELECT v.* FROM alias a JOIN version v ON v.model = a.model AND v.number = a.number"
            " WHERE a.model = :model AND a.alias = :name",
            model=row["model"],
            name=name,
        )
        check_expected(store, row["model"], expect, found[0] if found else None, f"the alias {name}")
    set_alias(store, row, name, by=by, at=at)
    return show_row(store, row)


def set_alias(store: Store, row: Row, name: str, *, by: str = "", at: int | None = None) -> None:
    """Point a name at the version of a row; ``by`` and ``at`` say who did so and when, by default whoever acts, now."""
    store.database.run(
        "INSERT INTO alias (model, alias, number, moved_by, moved_at, revision)"
        " VALUES (:model, :alias, :number, :by, :at, 1) ON CONFLICT (model, alias) DO UPDATE"
        " SET number = excluded.number, moved_by = excluded.moved_by, moved_at = excluded.moved_at,"
        " revision = alias.revision + 1",
        model=row["model"],
        alias=name,
        number=row["number"],
        by=by or store.actor.name,
        at=store.clock.now() if at is None else at,
    )
    told = {"name": row["model"], "alias": name, "version": str(row["number"])}
    emit(store, "model_version_alias.created", told, row)
