"""Stages that not everybody may move versions to, and moves that happen only if nothing moved since somebody looked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict, Denied, Invalid, Refused
from lineal.operations.versioning import promotions, registered_models, registered_versions
from lineal.storage.store import Actor
from tests.unit.operations.tracked import made, registered, tracked

NO_GATES = "gate.production = []\n"
PROTECTED = NO_GATES + "[stage.production]\n"


@pytest.fixture
def churn(repository: LocalRepository) -> LocalRepository:
    """A repository with two versions of churn, that ada made."""
    made(repository, "churn")
    for _ in range(2):
        registered(repository, "churn", tracked(repository))
    return repository


def as_(repository: LocalRepository, name: str, role: str) -> LocalRepository:
    """Return the repository as somebody else uses it."""
    return repository.acting(Actor(name, role))  # type: ignore[arg-type]  # only roles are given


def test_a_stage_may_be_for_some_roles_only_both_ways(churn: LocalRepository, policy: Callable[[str], None]) -> None:
    policy(PROTECTED + 'role = "approver"')

    with pytest.raises(
        Denied, match="ben is writer there; moving versions of churn to or from production needs the role approver"
    ):
        promotions.promote(as_(churn, "ben", "writer"), "churn:#1", to="production")
    promotions.promote(as_(churn, "eve", "approver"), "churn:#1", to="production")
    with pytest.raises(Denied, match="to or from production"):
        promotions.promote(as_(churn, "ben", "writer"), "churn:#1", to="archived")
    with pytest.raises(Denied, match="to or from production"):
        registered_versions.transition(as_(churn, "ben", "writer"), "churn", 1, to="none")
    with pytest.raises(Denied, match="to or from production"):
        registered_versions.alias(as_(churn, "ben", "writer"), "churn", 2, alias="Production")
    with pytest.raises(Denied, match="to or from production"):
        registered_versions.delete(as_(churn, "ben", "writer"), "churn", 1)
    with pytest.raises(Denied, match="to or from production"):
        registered_models.delete(as_(churn, "ben", "writer"), "churn")
    stands = promotions.newest_in(churn.store, "churn", "production")
    assert stands is not None
    assert 1 == stands["number"]


def test_a_stage_may_be_for_some_people_only(churn: LocalRepository, policy: Callable[[str], None]) -> None:
    policy(PROTECTED + 'people = ["eve"]')

    with pytest.raises(Denied, match="ada is not among those who move versions to or from production"):
        promotions.promote(churn, "churn:#1", to="production")
    assert "production" == promotions.promote(as_(churn, "eve", "writer"), "churn:#1", to="production").stage


def test_a_stage_may_ask_for_another_before(churn: LocalRepository, policy: Callable[[str], None]) -> None:
    policy(PROTECTED + 'after = ["staging"]')

    with pytest.raises(Refused, match=r"never stood in staging, which production asks for"):
        promotions.promote(churn, "churn:#1", to="production")
    promotions.promote(churn, "churn:#1", to="staging")
    promotions.promote(churn, "churn:#1", to="archived")
    assert "production" == promotions.promote(churn, "churn:#1", to="production").stage


def test_two_people_may_be_asked_for(churn: LocalRepository, policy: Callable[[str], None]) -> None:
    policy(PROTECTED + "by_author = false")

    with pytest.raises(Refused, match=r"ada made churn:1\.0\.0, so somebody else must move it to production"):
        promotions.promote(churn, "churn:1.0.0", to="production")
    assert "production" == promotions.promote(as_(churn, "ben", "writer"), "churn:1.0.0", to="production").stage


def test_nobody_may_force_where_the_policy_says_so(churn: LocalRepository, policy: Callable[[str], None]) -> None:
    asked = '[[gate.production]]\ncheck = "approvals"\n[stage.production]\n'
    policy(asked + 'force = "nobody"')
    with pytest.raises(Denied, match="nobody may force a version into production"):
        promotions.promote(churn, "churn:#1", to="production", force=True, reason="we must")

    policy(asked + 'force = "admin"')
    with pytest.raises(Denied, match="eve is approver there; only admins may force"):
        promotions.promote(as_(churn, "eve", "approver"), "churn:#1", to="production", force=True, reason="we must")
    assert promotions.promote(churn, "churn:#1", to="production", force=True, reason="we must").forced_because


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[stage.prod]", "has no stage 'prod'"),
        ("[stage.production]\nrole = 'king'", "Invalid enum value 'king'"),
        ("[stage.production]\nafter = ['test']", "there is no stage 'test'"),
        ("[stage.production]\nroles = 'admin'", "has no option 'roles'"),
        ("stage.production = 1", "is no table"),
    ],
)
def test_a_wrong_policy_is_told_where(
    churn: LocalRepository, policy: Callable[[str], None], text: str, said: str
) -> None:
    policy(text)

    with pytest.raises(Invalid, match=said):
        promotions.promote(churn, "churn:#1", to="production")


def test_a_move_is_made_only_if_what_stands_there_is_what_somebody_saw(
    churn: LocalRepository, policy: Callable[[str], None]
) -> None:
    policy(NO_GATES)

    with pytest.raises(Conflict, match="production of churn has nothing, not churn:#2"):
        promotions.promote(churn, "churn:#1", to="production", expect="churn:#2")
    promotions.promote(churn, "churn:#1", to="production", expect="nothing")
    with pytest.raises(Conflict, match=r"production of churn has churn:1\.0\.0, not nothing"):
        promotions.promote(churn, "churn:#2", to="production", expect="nothing")
    moved = promotions.promote(churn, "churn:#2", to="production", expect="1.0.0")
    assert "churn:1.0.0" == moved.archived


def test_an_alias_is_moved_only_if_it_points_where_somebody_saw_it(churn: LocalRepository) -> None:
    promotions.alias(churn, "churn:#1", "canary", expect="nothing")

    with pytest.raises(Conflict, match=r"the alias canary of churn has churn:1\.0\.0, not churn:#2"):
        promotions.alias(churn, "churn:#1", "canary", expect="churn:#2")
    made(churn, "fraud")
    registered(churn, "fraud", tracked(churn))
    with pytest.raises(Invalid, match=r"fraud:1\.0\.0 is no version of churn"):
        promotions.alias(churn, "churn:#2", "canary", expect="fraud:1.0.0")
    assert ("canary",) == promotions.alias(churn, "churn:#2", "canary", expect="churn@canary").aliases
