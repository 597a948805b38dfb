from __future__ import annotations

from lineal.checks.judges.better_than_champion import BetterThanChampion
from tests.unit.checks.evidence import evidence, people, version


def outcome(**groups: tuple[int, int, int, int]) -> str:
    return BetterThanChampion(metric="recall", by=0.01).judge(evidence(people(**groups))).outcome


def test_what_is_better_beyond_luck_passes() -> None:
    verdict = BetterThanChampion(metric="recall", by=0.01).judge(evidence(people(all=(600, 90, 30, 280))))

    assert verdict.outcome == "pass"
    assert "90 rows fixed, 30 broken of 1,000" in verdict.reason
    assert "more than 0.01 is asked" in verdict.reason


def test_what_may_be_luck_is_inconclusive_and_says_how_many_rows_would_decide() -> None:
    verdict = BetterThanChampion(metric="recall").judge(evidence(people(all=(60, 6, 4, 30))))

    assert (verdict.outcome, "rows would decide" in verdict.reason) == ("inconclusive", True)
    assert float(verdict.evidence["rows_needed"]) > 100


def test_what_is_no_better_fails() -> None:
    assert outcome(all=(600, 40, 60, 300)) == "fail"


def test_the_champions_weights_are_never_better() -> None:
    same = evidence(people(all=(6, 0, 0, 4)), champion=version())

    assert BetterThanChampion(metric="recall").judge(same).outcome == "fail"


def test_where_nothing_stands_anything_is_better() -> None:
    alone = evidence(people(all=(6, 0, 0, 4)), is_first=True)

    assert BetterThanChampion(metric="recall").judge(alone).outcome == "pass"
