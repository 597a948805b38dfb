"""Several versions move together or not at all, now or at a time that was planned."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Denied, Invalid, NotFound, Refused
from lineal.operations.people import accounts
from lineal.operations.references import find_version
from lineal.operations.versioning import moves, promotions
from lineal.storage.store import Actor
from tests.unit.operations.tracked import made, registered, tracked

NO_GATES = "gate.production = []\n"
APPROVED = '[[gate.production]]\ncheck = "approvals"\n'
AT = "2023-11-14T23:00"
"""Less than an hour after the fixed clock begins."""

HOUR_MS = 3_600_000


@pytest.fixture
def two(repository: LocalRepository) -> LocalRepository:
    """A repository with a version of churn and one of fraud."""
    for model in ("churn", "fraud"):
        made(repository, model)
        registered(repository, model, tracked(repository))
    return repository


def stages(repository: LocalRepository) -> list[str]:
    return [find_version(repository.store, each)["stage"] for each in ("churn", "fraud")]


def later(repository: LocalRepository) -> None:
    """Let an hour pass."""
    repository.store.clock.at += HOUR_MS  # type: ignore[attr-defined]  # the clock of a test


def test_versions_move_together(two: LocalRepository, policy: Callable[[str], None]) -> None:
    policy(NO_GATES)

    moved = moves.make(two, ("churn", "fraud"), to="production")

    assert ["churn:1.0.0", "fraud:1.0.0"] == [each.reference for each in moved.promotions]
    assert ["production", "production"] == stages(two)


def test_if_one_may_not_pass_none_moves(two: LocalRepository, policy: Callable[[str], None]) -> None:
    policy(APPROVED)
    promotions.approve(two.acting(Actor("eve", "approver")), "churn")

    with pytest.raises(Refused, match=r"fraud:1\.0\.0 may not stand in production"):
        moves.make(two, ("churn", "fraud"), to="production")
    assert ["none", "none"] == stages(two)


@pytest.mark.parametrize(
    ("versions", "to", "said"),
    [
        (("churn", "churn:#1"), "production", "two of them are versions of churn"),
        ((), "production", "1 to 100 versions, not 0"),
        (("churn",), "prod", "there is no stage 'prod'"),
    ],
)
def test_a_move_that_cannot_be_is_told(two: LocalRepository, versions: tuple[str, ...], to: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        moves.make(two, versions, to=to)


def test_a_planned_move_is_made_when_it_is_due(two: LocalRepository, policy: Callable[[str], None]) -> None:
    policy(NO_GATES)
    planned = moves.plan(two, ("churn", "fraud"), to="production", at=AT, reason="the campaign begins")

    assert (planned,) == moves.list_moves(two)
    assert () == moves.due(two)
    later(two)
    assert ["made"] == [each.state for each in moves.due(two)]
    assert ["production", "production"] == stages(two)
    assert () == moves.list_moves(two)
    assert ["made"] == [each.state for each in moves.list_moves(two, all=True)]


def test_the_gate_is_asked_when_it_is_due_and_a_refusal_moves_nothing(
    two: LocalRepository, policy: Callable[[str], None]
) -> None:
    policy(NO_GATES)
    moves.plan(two, ("churn", "fraud"), to="production", at=AT)
    policy(APPROVED)
    later(two)

    (refused,) = moves.due(two)

    assert "refused" == refused.state
    assert "approved by nobody else" in refused.detail
    assert ["none", "none"] == stages(two)


def test_a_planned_move_is_made_with_the_role_that_its_planner_has_then(
    two: LocalRepository, policy: Callable[[str], None]
) -> None:
    policy(NO_GATES)
    accounts.create(two, "ben", role="writer")
    moves.plan(two.acting(Actor("ben", "writer")), ("churn",), to="production", at=AT)
    accounts.set_role(two, "ben", "reader")
    later(two)

    (refused,) = moves.due(two)

    assert "ben, who planned it, may not move versions of churn any more" == refused.detail
    assert "none" == stages(two)[0]


def test_who_may_not_move_may_not_plan(two: LocalRepository, policy: Callable[[str], None]) -> None:
    policy(NO_GATES + '[stage.production]\nrole = "admin"')

    with pytest.raises(Denied, match="needs the role admin"):
        moves.plan(two.acting(Actor("ben", "writer")), ("churn",), to="production", at=AT)


def test_a_planned_move_can_be_cancelled(two: LocalRepository) -> None:
    planned = moves.plan(two, ("churn",), to="staging", at=AT)

    assert "by ada" == moves.cancel(two, planned.reference).detail
    later(two)
    assert () == moves.due(two)
    with pytest.raises(NotFound, match="is planned"):
        moves.cancel(two, planned.id)


@pytest.mark.parametrize(("at", "said"), [("soon", "'soon' is no time"), ("2020-01-01", "2020-01-01 is over")])
def test_a_time_must_be_one_to_come(two: LocalRepository, at: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        moves.plan(two, ("churn",), to="staging", at=at)
