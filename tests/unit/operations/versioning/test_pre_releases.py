"""Pre-releases: counted, released as the same bytes, and never what somebody means who asks for the newest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict, Invalid, NotFound, Refused
from lineal.objects.runs import ModelFacts
from lineal.objects.statements import Approval, Bump
from lineal.operations.answers.models import VersionAnswer
from lineal.operations.references import find_version, version_reference
from tests.unit.operations.making import run

ONE = ModelFacts(framework="torch", inputs={"age": "int64"}, outputs={"left": "int64"})
TWO = ModelFacts(framework="torch", inputs={"age": "int64", "zip": "int64"}, outputs={"left": "int64"})
NO_GATES = "gate.production = []\n"


def made(repository: LocalRepository, data: bytes, facts: ModelFacts = ONE) -> str:
    return run(repository, writes={"m.pkl": data}, models={"m.pkl": facts}).reference


def register(repository: LocalRepository, data: bytes, pre: str = "", facts: ModelFacts = ONE) -> VersionAnswer:
    answer: VersionAnswer = repository.model.register(made(repository, data, facts), name="m", pre=pre)
    return answer


def bump(answer: VersionAnswer) -> Bump:
    found = (each.predicate for each in answer.statements if isinstance(each.predicate, Bump))
    return next(each for each in found if each.semantic == answer.semantic)


def test_pre_releases_are_counted_against_the_newest_release(either: LocalRepository) -> None:
    first = [register(either, each, "rc").semantic for each in (b"1", b"2")]
    register(either, b"3")
    then = [register(either, each, pre).semantic for each, pre in ((b"4", "rc"), (b"5", "beta"), (b"6", "rc"))]
    major = register(either, b"7", "rc", TWO).semantic

    assert ["1.0.0-rc.1", "1.0.0-rc.2"] == first
    assert ["1.1.0-rc.1", "1.1.0-beta.1", "1.1.0-rc.2"] == then
    assert "2.0.0-rc.1" == major


def test_it_says_what_changed_since_the_release_and_since_the_last_pre_release(repository: LocalRepository) -> None:
    register(repository, b"1")
    register(repository, b"2", "rc", TWO)
    told = repository.model.bump(made(repository, b"3", TWO), name="m")
    second = register(repository, b"3", "rc", TWO)

    assert ("2.0.0-rc.2", "major", "1.0.0") == (second.semantic, bump(second).level, bump(second).previous)
    assert any("zip" in each for each in bump(second).findings)
    assert "2.0.0-rc.1" == bump(second).pre_release == told.pre_release
    assert bump(second).since_pre_release == told.since_pre_release
    assert not any("zip" in each for each in bump(second).since_pre_release)
    assert bump(second).since_pre_release == repository.model.bump(second.reference).since_pre_release


def test_the_newest_is_a_release_unless_a_pre_release_is_asked_for(either: LocalRepository) -> None:
    register(either, b"1", "rc")
    with pytest.raises(NotFound, match="m has no release yet, only pre-releases") as caught:
        find_version(either.store, "m")
    assert "m:1.0.0-rc.1 (staging)" in caught.value.hint
    register(either, b"2")
    for number in range(11):
        register(either, f"x{number}".encode(), "rc")
    named = {
        asked: version_reference(find_version(either.store, asked))
        for asked in ("m", "m:1", "m:1.0.0-rc.1", "m:1.1.0-rc", "m@staging", "m:#1")
    }

    assert {
        "m": "m:1.0.0",
        "m:1": "m:1.0.0",
        "m:1.0.0-rc.1": "m:1.0.0-rc.1",
        "m:1.1.0-rc": "m:1.1.0-rc.11",
        "m@staging": "m:1.1.0-rc.11",
        "m:#1": "m:1.0.0-rc.1",
    } == named
    with pytest.raises(NotFound, match=r"there is no m:1\.1$"):
        find_version(either.store, "m:1.1")


def test_a_release_is_the_same_value_under_another_number_with_all_that_is_known_of_it(
    either: LocalRepository,
) -> None:
    register(either, b"1")
    candidate = register(either, b"2", "rc")
    either.model.describe(candidate.reference, "caveats", "Only for adults.")
    either.approve(candidate.reference)
    release = either.model.release(candidate.reference)
    again = either.model.release(candidate.reference)

    assert ("1.1.0", candidate.digest, 3, True) == (release.semantic, release.digest, release.number, release.created)
    assert (release.reference, False) == (again.reference, again.created)
    assert [Approval] == [type(each.predicate) for each in release.statements if isinstance(each.predicate, Approval)]
    assert "Only for adults." in either.model.card(release.reference).text
    assert ("1.1.0-rc.1", ()) == (bump(release).pre_release, bump(release).since_pre_release)
    assert bump(candidate).findings == bump(release).findings
    assert ["1.1.0-rc.1", "m:1.1.0"] == [
        either.show(candidate.reference).semantic,
        either.model.release("m").reference,  # a release stays what it is
    ]


def test_registering_the_run_of_a_pre_release_without_pre_releases_it(repository: LocalRepository) -> None:
    reference = made(repository, b"1")
    candidate = repository.model.register(reference, name="m", pre="rc")
    unchanged = repository.model.register(reference, name="m", pre="rc")
    release = repository.model.register(reference, name="m")
    after = repository.model.register(reference, name="m", pre="rc")

    assert ("m:1.0.0-rc.1", False) == (unchanged.reference, unchanged.created)
    assert ("m:1.0.0", candidate.digest) == (release.reference, release.digest)
    assert ("m:1.0.0", False) == (after.reference, after.created)


def test_a_number_is_released_once(repository: LocalRepository) -> None:
    for data in (b"1", b"2"):
        register(repository, data, "rc")
    repository.model.release("m:1.0.0-rc.2")
    with pytest.raises(Conflict, match=r"m:1\.0\.0 is another version; m:1\.0\.0-rc\.1 cannot become it"):
        repository.model.release("m:1.0.0-rc.1")
    repository.promote("m:1.0.0", to="archived")
    repository.model.remove("m:1.0.0", reason="wrong data")
    repository.promote("m:1.0.0-rc.2", to="archived")
    repository.model.remove("m:1.0.0-rc.2", reason="wrong data")

    with pytest.raises(Conflict, match="was removed, and its number is never used again"):
        repository.model.release("m:1.0.0-rc.1")
    with pytest.raises(NotFound, match=r"m:1\.0\.0-rc\.2 was removed by ada: wrong data"):
        repository.show("m:1.0.0-rc.2")
    assert "1.0.1-rc.1" == register(repository, b"3", "rc").semantic


@pytest.mark.parametrize("pre", ["rc.1", "rc+5", "r c", "1"])
def test_a_wrong_name_is_told(repository: LocalRepository, pre: str) -> None:
    with pytest.raises(Invalid, match="cannot name pre-releases"):
        register(repository, b"1", pre)


def test_production_takes_releases_only_unless_the_policy_says_so(
    repository: LocalRepository, policy: Callable[[str], None]
) -> None:
    policy(NO_GATES)
    register(repository, b"1", "rc")
    with pytest.raises(Refused, match="is a pre-release, and production takes releases only") as caught:
        repository.promote("m:1.0.0-rc.1", to="production", force=True, reason="now")
    assert "lineal model release m:1.0.0-rc.1" in caught.value.hint
    policy(NO_GATES + "stage.production.pre_releases = true")

    assert "production" == repository.promote("m:1.0.0-rc.1", to="production").stage
    policy(NO_GATES + "stage.staging.pre_releases = false")
    with pytest.raises(Refused, match="staging takes releases only"):
        repository.promote("m:1.0.0-rc.1", to="staging")


def test_searches_and_views_know_them_and_put_them_in_order(either: LocalRepository) -> None:
    register(either, b"0")
    for number in range(11):
        register(either, str(number).encode() * 2, "rc")
    either.model.release("m:1.1.0-rc.11")

    def found(query: str) -> list[str]:
        return [each.semantic for each in either.search(query, limit=100).versions]

    assert ["1.1.0-rc.1", "1.1.0-rc.2"] == found("version <= 1.1.0-rc.2 and version > 1.0.0 order by version asc")
    assert ["1.1.0", "1.0.0"] == found("pre_release = '' order by version desc")
    assert ["1.1.0"] == found("version = 1.1.0")
    assert ["1.1.0", "1.1.0-rc.11", "1.1.0-rc.10", "1.1.0-rc.9"] == found("version = 1.1 order by version desc")[:4]
    assert [["m:1.1.0-rc.1", "rc.1"]] == [
        list(row) for row in either.sql("select reference, pre_release from versions where number = 2").rows
    ]
    assert [] != either.log("m:1.1.0-rc.1")
