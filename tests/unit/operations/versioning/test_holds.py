"""What must be kept can't be removed, and what is removed leaves its record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict, Denied, Invalid, NotFound, Refused
from lineal.operations.references import find_version
from lineal.operations.versioning import holds, promotions, registered_models
from lineal.storage.store import Actor
from tests.unit.operations.tracked import made, registered, tracked

NO_GATES = "gate.production = []\n"
DAY_MS = 86_400_000


def versions(repository: LocalRepository, count: int = 2) -> LocalRepository:
    """Give the repository versions of churn that stand nowhere."""
    made(repository, "churn")
    for _ in range(count):
        registered(repository, "churn", tracked(repository))
    return repository


def test_a_version_is_removed_and_leaves_its_record(either: LocalRepository) -> None:
    versions(either)
    digest = find_version(either.store, "churn:#2")["digest"]

    gone = holds.remove(either, "churn:#2", reason="its data had to be deleted")

    assert (digest, 2, "ada") == (gone.digest, gone.number, gone.removed_by)
    assert not either.store.database.run("SELECT 1 FROM object WHERE digest = :digest", digest=digest)
    with pytest.raises(NotFound, match=r"churn:1\.0\.1 was removed by ada: its data had to be deleted"):
        either.show("churn:1.0.1")
    with pytest.raises(NotFound, match="churn:#2 was removed by ada"):
        either.show("churn:#2")
    assert f"removed {digest}: its data had to be deleted" == either.log(limit=1)[0].detail
    assert not either.verify().problems


def test_neither_number_nor_semantic_version_is_ever_used_again(either: LocalRepository) -> None:
    versions(either)
    holds.remove(either, "churn:#2", reason="wrong")

    again = registered(either, "churn", tracked(either))

    assert (3, "churn:1.0.2") == (again.number, again.reference)


def test_what_stands_somewhere_is_not_removed(repository: LocalRepository) -> None:
    versions(repository)
    promotions.promote(repository, "churn:#1", to="staging")
    with pytest.raises(Conflict, match=r"churn:1\.0\.0 stands in staging"):
        holds.remove(repository, "churn:#1", reason="x")
    promotions.alias(repository, "churn:#2", "canary")
    with pytest.raises(Conflict, match=r"churn@canary leads to churn:1\.0\.1"):
        holds.remove(repository, "churn:#2", reason="x")
    with pytest.raises(Invalid, match="needs a reason"):
        holds.remove(repository, "churn:#2", reason=" ")


def test_what_ever_stood_in_production_is_held_until_it_is_released(
    repository: LocalRepository, policy: Callable[[str], None]
) -> None:
    versions(repository)
    policy(NO_GATES)
    for stage in ("production", "archived"):
        promotions.promote(repository, "churn:#1", to=stage)

    with pytest.raises(
        Refused, match=r"churn:1\.0\.0 is held: it stood in production \(production hold production/churn/1"
    ):
        holds.remove(repository, "churn:#1", reason="x")
    released = holds.release(repository, "churn:#1", reason="the law allows it now")
    assert [("production", "ada", "the law allows it now")] == [
        (each.kind, each.released_by, each.released_because) for each in released
    ]
    assert () == holds.list_holds(repository, "churn:#1")
    assert released == holds.list_holds(repository, "churn:#1", all=True)
    holds.remove(repository, "churn:#1", reason="x")


def test_coming_to_production_again_holds_again(repository: LocalRepository, policy: Callable[[str], None]) -> None:
    versions(repository)
    policy(NO_GATES)
    for _ in range(2):
        promotions.promote(repository, "churn:#1", to="production")
        promotions.promote(repository, "churn:#1", to="archived")
        assert 1 == len(holds.list_holds(repository, "churn:#1"))
        holds.release(repository, "churn:#1", reason="x")
        repository.store.clock.at += 1_000  # type: ignore[attr-defined]  # the clock of a test
    assert 2 == len(holds.list_holds(repository, "churn:#1", all=True))


def test_a_person_places_holds_and_an_administrator_releases_them(repository: LocalRepository) -> None:
    versions(repository)
    eve = repository.acting(Actor("eve", "approver"))
    first = holds.place(eve, "churn:#1", reason="case 17")
    second = holds.place(eve, "churn:#1", reason="case 18")

    with pytest.raises(Refused, match=r"case 17 .*; .*case 18|case 18 .*; .*case 17"):
        holds.remove(repository, "churn:#1", reason="x")
    with pytest.raises(Denied):
        holds.release(eve, "churn:#1", reason="over")
    holds.release(repository, "churn:#1", reason="over", hold=first.id)
    assert [second.id] == [each.id for each in holds.list_holds(repository)]
    with pytest.raises(NotFound, match=r"nothing holds churn:1\.0\.1"):
        holds.release(repository, "churn:#2", reason="over")


def test_the_policy_keeps_versions_for_a_time(repository: LocalRepository, policy: Callable[[str], None]) -> None:
    versions(repository)
    policy("[retention]\nversion_days = 90")

    with pytest.raises(Refused, match="is kept for 90 days after it was made: 90 more"):
        holds.remove(repository, "churn:#1", reason="x")
    repository.store.clock.at += 90 * DAY_MS  # type: ignore[attr-defined]  # the clock of a test
    holds.remove(repository, "churn:#1", reason="x")
    with pytest.raises(Invalid, match="days must be 0 or more"):
        policy("[retention]\nversion_days = -1") or holds.remove(repository, "churn:#2", reason="x")


def test_holds_follow_a_model_that_is_renamed(repository: LocalRepository) -> None:
    versions(repository)
    holds.place(repository, "churn:#1", reason="case 17")
    registered_models.rename(repository, "churn", new_name="leaving")

    assert ["leaving:1.0.0"] == [each.reference for each in holds.list_holds(repository)]
