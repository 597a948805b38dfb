from __future__ import annotations

import numpy as np
import pytest

from lineal.checks.evidence import Evidence, Wear
from lineal.checks.judges.held_out_wear import HeldOutWear
from lineal.checks.statistics.intervals import optimism
from tests.unit.checks.evidence import version


def judged(check: HeldOutWear, versions: int) -> str:
    return check.judge(Evidence(version=version(), wear=Wear(versions * 2, versions, 1_000))).outcome


@pytest.mark.parametrize(("versions", "outcome"), [(1, "pass"), (9, "pass"), (10, "warn"), (11, "fail")])
def test_so_many_versions_may_look(versions: int, outcome: str) -> None:
    assert judged(HeldOutWear(versions_at_most=10), versions) == outcome


def test_the_worst_of_the_bars_decides() -> None:
    assert judged(HeldOutWear(versions_at_most=100, evaluations_at_most=10), 8) == "fail"
    assert judged(HeldOutWear(optimism_at_most=0.02), 50) == "fail"
    assert judged(HeldOutWear(optimism_at_most=0.05), 50) == "pass"


def test_the_best_of_many_coins_seems_no_better_than_is_told() -> None:
    chance = np.random.default_rng(2)
    best = chance.binomial(1_000, 0.5, size=(2_000, 40)).max(axis=1).mean() / 1_000

    assert 0.6 * optimism(40, 1_000) < best - 0.5 < optimism(40, 1_000)


def test_what_was_never_measured_is_not_known() -> None:
    assert HeldOutWear(versions_at_most=1).judge(Evidence(version=version())).outcome == "inconclusive"


def test_a_bar_must_be_given() -> None:
    with pytest.raises(ValueError, match="give versions_at_most"):
        HeldOutWear()
