"""Do probabilities come true? The calibration error, without the bias that few rows give it."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.calibration_error import (
    BINS,
    CalibrationError,
    bins_of,
    calibration_error,
    class_wise,
    decompose,
    top_label,
)
from lineal.checks.statistics.intervals import rows_needed
from lineal.checks.statistics.samples import Sample
from lineal.checks.wording import check_share, figure
from lineal.objects.statements import Verdict

_ROWS_A_BIN = 5
"""With fewer rows a bin, what came true in it says nothing."""


class Found(NamedTuple):
    """A calibration error, what it is of, and what else is known of the probabilities."""

    error: CalibrationError
    what: str
    numbers: dict[str, float]


class Calibration(Check, frozen=True, tag="calibration"):
    """Passes when the calibration error is at most ``at_most``, beyond doubt.

    The error is the root mean squared difference between what probabilities say and what comes true, over bins of equal
    size, without the bias of few rows (Kumar et al. 2019); the whole 95 % interval must be below the bar. The plain error
    (ECE) that most tools show stands beside, and Brier's score with its parts: reliability, resolution and uncertainty.

    Where there are more than two classes, ``classes`` says what is looked at: the probability of the class that is answered
    (``top``, Guo et al. 2017), or those of all classes, of whose errors it is the root mean square (``each``, Kull et al. 2019).

    Options:
        at_most: the largest error, from 0 to 1.
        bins: how many bins there are at most.
        classes: top or each; for more than two classes.
    """

    reads_rows: ClassVar[bool] = True

    at_most: float
    bins: int = BINS
    classes: Literal["top", "each"] = "top"

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
        if sample.scores is None and not sample.confidences:
            return self.verdict("inconclusive", f"{evidence.name} gives no probabilities of classes")
        if sample.row_count < self.bins * _ROWS_A_BIN:
            asked = self.bins * _ROWS_A_BIN
            reason = f"{sample.row_count:,} rows are too few for {self.bins} bins; {asked:,} would do"
            return self.verdict("inconclusive", reason, rows=sample.row_count, rows_needed=asked)
        found = self._of_two(sample) if sample.scores is not None else self._of_several(sample)
        if found is None:
            return self.verdict("inconclusive", "there are too many classes to look at each; ask for the top one")
        return self._judged(found, sample.row_count)

    def _of_two(self, sample: Sample) -> Found:
        outcomes = [each == sample.positive for each in sample.actual]
        bins = bins_of(sample.scores or (), outcomes, self.bins)
        error, parts = calibration_error(bins), decompose(sample.scores or (), outcomes, bins)
        what = f", resolution {figure(parts.resolution)} of {figure(parts.uncertainty)}"
        return Found(error, what, {"bins": len(bins), **parts._asdict()})

    def _of_several(self, sample: Sample) -> Found | None:
        if self.classes == "top":
            hits = [a == p for a, p in zip(sample.actual, sample.predicted, strict=True)]
            return Found(top_label(sample.confidences, hits, count=self.bins), ", of the class that is answered", {})
        if not sample.chances:
            return None
        error = class_wise(sample.chances, sample.actual, count=self.bins)
        return Found(error, f", of each of {len(sample.chances)} classes", {"classes": len(sample.chances)})

    def _judged(self, found: Found, row_count: int) -> Verdict:
        error, (low, high) = found.error, found.error.interval
        numbers = {
            "error": error.value,
            "low": low,
            "high": high,
            "at_most": self.at_most,
            "rows": row_count,
            "plain": error.plain,
            **found.numbers,
        }
        said = f"the calibration error is {figure(error.value)} (95 % interval {figure(low)} to {figure(high)},"
        said += f" n={row_count:,}, plain ECE {figure(error.plain)}{found.what})"
        if high <= self.at_most:
            return self.verdict("pass", f"{said}, at most {figure(self.at_most)} as asked", **numbers)
        if low > self.at_most:
            return self.verdict("fail", f"{said}, but at most {figure(self.at_most)} is asked", **numbers)
        # What is not told is its square: that is what shrinks with the square root of the rows.
        bar, value = self.at_most**2, error.value**2
        needed = rows_needed(row_count, abs(value - bar), high**2 - value if value <= bar else value - low**2)
        enough = f"; about {needed:,} rows would decide" if needed else ""
        reason = f"{said}, and at most {figure(self.at_most)} is asked: too close to tell{enough}"
        return self.verdict("inconclusive", reason, rows_needed=needed, **numbers)
