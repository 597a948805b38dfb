from __future__ import annotations

import numpy as np
import pytest

from lineal.checks.evidence import Answers, Evidence
from lineal.checks.judges.calibration import Calibration
from lineal.checks.statistics.samples import Sample, Truth
from tests.unit.checks.evidence import version


def said(count: int, off: float, *, scores: bool = True) -> Evidence:
    chance = np.random.default_rng(7)
    told = chance.uniform(0.3, 0.9, count)
    actual = ["yes" if each else "no" for each in chance.random(count) < told - off]
    sample = Sample(actual, actual, "yes", told.tolist() if scores else None)
    return Evidence(version=version(), answers=Answers(Truth("y", actual, {}), sample))


@pytest.mark.parametrize(("off", "outcome"), [(0.0, "pass"), (0.1, "inconclusive"), (0.25, "fail")])
def test_the_interval_of_the_error_decides(off: float, outcome: str) -> None:
    verdict = Calibration(at_most=0.11).judge(said(1_500, off))

    assert verdict.outcome == outcome
    assert float(verdict.evidence["error"]) == pytest.approx(off, abs=0.04)
    assert {"plain", "reliability", "resolution", "uncertainty"} <= verdict.evidence.keys()


def test_few_rows_say_how_many_would_do() -> None:
    verdict = Calibration(at_most=0.1).judge(said(40, 0.0))

    assert (verdict.outcome, verdict.evidence["rows_needed"]) == ("inconclusive", 75)


def test_without_probabilities_or_answers_nothing_is_known() -> None:
    assert Calibration(at_most=0.1).judge(said(400, 0.0, scores=False)).outcome == "inconclusive"
    assert "lineal evaluate" in Calibration(at_most=0.1).judge(Evidence(version=version())).reason
