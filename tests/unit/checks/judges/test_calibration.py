from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from lineal.checks.evidence import Answers, Evidence
from lineal.checks.judges.calibration import Calibration
from lineal.checks.statistics.answered import answered
from lineal.checks.statistics.samples import Sample, Truth, read_sample, read_truth
from lineal.formats.predictions import Prediction
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


def several(count: int, temperature: float) -> Evidence:
    """Rows of three classes, drawn from probabilities that are said more or less surely than they are."""
    chance = np.random.default_rng(8)
    truly = chance.dirichlet([1.0, 1.0, 1.0], count)
    names = np.array(["a", "b", "c"])
    actual = [str(names[chance.choice(3, p=row)]) for row in truly]
    told = truly ** (1 / temperature)
    told /= told.sum(axis=1, keepdims=True)
    predictions = [Prediction(str(names[row.argmax()]), dict(zip("abc", map(float, row), strict=True))) for row in told]
    truth = read_truth([{"y": each} for each in actual], label="y")
    sample = read_sample(truth, answered(predictions), task="multiclass")
    return Evidence(version=version(), answers=Answers(truth, sample))


@pytest.mark.parametrize("classes", ["top", "each"])
@pytest.mark.parametrize(("temperature", "outcome"), [(1.0, "pass"), (0.25, "fail")])
def test_several_classes_are_judged_by_the_answer_or_by_each_of_them(
    classes: Literal["top", "each"], temperature: float, outcome: str
) -> None:
    verdict = Calibration(at_most=0.08, classes=classes).judge(several(3_000, temperature))

    assert verdict.outcome == outcome
    assert ("of each of 3 classes" if classes == "each" else "of the class that is answered") in verdict.reason
