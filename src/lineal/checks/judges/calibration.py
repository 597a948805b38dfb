"""Do probabilities come true? The calibration error, without the bias that few rows give it."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.calibration_error import BINS, bins_of, calibration_error, decompose
from lineal.checks.statistics.intervals import rows_needed
from lineal.checks.wording import check_share, figure
from lineal.objects.statements import Verdict

_ROWS_A_BIN = 5
"""With fewer rows a bin, what came true in it says nothing."""


class Calibration(Check, frozen=True, tag="calibration"):
    """Passes when the calibration error is at most ``at_most``, beyond doubt.

    The error is the root mean squared difference between what probabilities say and what comes true, over bins of equal
    size, without the bias of few rows (Kumar et al. 2019); the whole 95 % interval must be below the bar. The plain error
    (ECE) that most tools show stands beside, and Brier's score with its parts: reliability, resolution and uncertainty.

    Options:
        at_most: the largest error, from 0 to 1.
        bins: how many bins there are at most.
    """

    reads_rows: ClassVar[bool] = True

    at_most: float
    bins: int = BINS

    def __post_init__(self) -> None:
        """Refuse a bar that is no share, and a single bin."""
        check_share(self.at_most, "at_most")
        if self.bins < 2:
            raise ValueError(f"bins must be at least 2, not {self.bins}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare probabilities and outcomes, bin by bin."""
        if evidence.answers is None:
            return self.verdict(
                "inconclusive", f"there are no answers of {evidence.name}; lineal evaluate {evidence.name}"
            )
        sample = evidence.answers.sample
        if sample.scores is None:
            return self.verdict("inconclusive", f"{evidence.name} gives no probabilities of two classes")
        if sample.row_count < self.bins * _ROWS_A_BIN:
            asked = self.bins * _ROWS_A_BIN
            reason = f"{sample.row_count:,} rows are too few for {self.bins} bins; {asked:,} would do"
            return self.verdict("inconclusive", reason, rows=sample.row_count, rows_needed=asked)
        outcomes = [each == sample.positive for each in sample.actual]
        bins = bins_of(sample.scores, outcomes, self.bins)
        error, parts = calibration_error(bins), decompose(sample.scores, outcomes, bins)
        low, high = error.interval
        numbers = {
            "error": error.value,
            "low": low,
            "high": high,
            "at_most": self.at_most,
            "rows": sample.row_count,
            "bins": len(bins),
            "plain": error.plain,
            **parts._asdict(),
        }
        said = f"the calibration error is {figure(error.value)} (95 % interval {figure(low)} to {figure(high)},"
        said += f" n={sample.row_count:,}, plain ECE {figure(error.plain)}, resolution {figure(parts.resolution)}"
        said += f" of {figure(parts.uncertainty)})"
        if high <= self.at_most:
            return self.verdict("pass", f"{said}, at most {figure(self.at_most)} as asked", **numbers)
        if low > self.at_most:
            return self.verdict("fail", f"{said}, but at most {figure(self.at_most)} is asked", **numbers)
        # What is not told is its square: that is what shrinks with the square root of the rows.
        bar, value = self.at_most**2, error.value**2
        needed = rows_needed(sample.row_count, abs(value - bar), high**2 - value if value <= bar else value - low**2)
        enough = f"; about {needed:,} rows would decide" if needed else ""
        reason = f"{said}, and at most {figure(self.at_most)} is asked: too close to tell{enough}"
        return self.verdict("inconclusive", reason, rows_needed=needed, **numbers)
