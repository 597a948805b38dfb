"""Who may move versions to and out of a stage: what the policy says of the stage itself, before any gate is asked."""

from __future__ import annotations

from lineal.checks.policies.policy import Policy
from lineal.checks.policies.tables import StagePolicy
from lineal.objects.errors import Conflict, Denied, Invalid, Refused
from lineal.operations.references import Row, find_version, semantic, version_reference
from lineal.operations.versioning.policies import policy_of
from lineal.storage.store import Store

NOTHING = "nothing"
"""What callers write where they expect that nothing stands."""


def check_move(store: Store, row: Row, stage: str, *, force: bool = False, reason: str = "") -> None:
    """Refuse a move that the policy's ``[stage.…]`` tables do not allow to whoever makes it.

    Both ends count: who may not move a version to production may not take it from there either. What a promotion
    displaces is no move of its own.

    Args:
        store: where, and as whom.
        row: the version, where it stands now.
        stage: where it should stand.
        force: whether the gate's word is to be overruled.
        reason: why.

    Raises:
        Denied: the actor's role is too small, or they are not among the people that are named.
        Refused: it did not stand in the stages before, its author may not move it there, or it is a pre-release and the
            stage takes releases only.
        Invalid: a forced move has no reason.
    """
    policy, _ = policy_of(store)
    for end in dict.fromkeys((row["stage"], stage)):
        _check_actor(store, row["model"], end, policy.stage(end))
    _check_way(store, row, stage, policy.stage(stage))
    if row["pre"] and not policy.admits_pre_releases(stage):
        raise Refused(
            f"{version_reference(row)} is a pre-release, and {stage} takes releases only",
            hint=f"lineal model release {version_reference(row)}, or pre_releases = true in [stage.{stage}] of the policy",
        )
    if force:
        _check_force(store, row["model"], stage, policy, reason)


def _check_actor(store: Store, model: str, stage: str, asked: StagePolicy) -> None:
    if not store.actor.may(asked.role, f"model:{model}"):
        role = store.actor.role_on(f"model:{model}")
        raise Denied(
            f"{store.actor.name} is {role} there; moving versions of {model} to or from {stage} needs the role {asked.role}",
            hint=f"ask one of them; [stage.{stage}] in the policy says so",
        )
    if asked.people and store.actor.name not in asked.people:
        raise Denied(
            f"{store.actor.name} is not among those who move versions to or from {stage}",
            hint=f"ask {' or '.join(asked.people)}; [stage.{stage}] in the policy names them",
        )


def _check_way(store: Store, row: Row, stage: str, asked: StagePolicy) -> None:
    reference = version_reference(row)
    if asked.after and row["stage"] not in asked.after:
        stood = {
            each["stage"]
            for each in store.database.run(
                "SELECT DISTINCT stage FROM stage_period WHERE model = :model AND number = :number",
                model=row["model"],
                number=row["number"],
            )
        }
        if missing := [each for each in asked.after if each not in stood]:
            raise Refused(
                f"{reference} never stood in {' and '.join(missing)}, which {stage} asks for",
                hint=f"lineal promote {reference} --to {missing[0]}",
            )
    if not asked.by_author and row["created_by"] == store.actor.name:
        raise Refused(
            f"{store.actor.name} made {reference}, so somebody else must move it to {stage}",
            hint=f"[stage.{stage}] in the policy asks for two people",
        )


def _check_force(store: Store, model: str, stage: str, policy: Policy, reason: str) -> None:
    if not reason.strip():
        raise Invalid("a forced move needs a reason", hint="--force --reason 'why the gate is wrong this time'")
    needed = policy.stage(stage).force
    if needed == "nobody":
        raise Denied(f"nobody may force a version into {stage}", hint=f"[stage.{stage}] in the policy says so")
    if not store.actor.may(needed, f"model:{model}"):
        role, several = store.actor.role_on(f"model:{model}"), "admins" if needed == "admin" else "approvers"
        raise Denied(f"{store.actor.name} is {role} there; only {several} may force", hint=f"ask one of the {several}")


def check_expected(store: Store, model: str, expected: str, found: Row | None, where: str) -> None:
    """Compare before a swap: see that what stands somewhere is what the caller thinks stands there.

    Args:
        store: where.
        model: the model.
        expected: a reference of a version, or ``nothing``; empty asks for nothing.
        found: the row of the version that stands there now.
        where: what that place is called.

    Raises:
        Conflict: something else stands there.
        Invalid: what is expected is a version of another model.
    """
    if not expected:
        return
    stands = version_reference(found) if found else NOTHING
    if expected == NOTHING:
        is_so = found is None
    else:
        wanted = find_version(store, expected if ":" in expected or "@" in expected else f"{model}:{expected}")
        if wanted["model"] != model:
            raise Invalid(f"{expected} is no version of {model}", hint=f"write {model}:{semantic(wanted)}")
        is_so = found is not None and found["number"] == wanted["number"]
    if not is_so:
        raise Conflict(
            f"{where} of {model} has {stands}, not {expected}",
            hint="somebody moved it since you looked; look again, then decide",
        )
