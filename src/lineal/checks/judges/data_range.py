"""Do the numbers that it was trained on lie where they must? The smallest and the largest."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence, TrainingData
from lineal.checks.training import Finding, columns, judge_profiles
from lineal.checks.wording import figure
from lineal.objects.profiles import Profile
from lineal.objects.statements import Verdict


class DataRange(Check, frozen=True, tag="data_range"):
    """Passes when every number of a column of the training data lies between ``at_least`` and ``at_most``.

    Smallest and largest are exact, however large the table. Infinite numbers fail.

    Options:
        column: the column.
        at_least: the smallest that is allowed.
        at_most: the largest that is allowed.
        dataset: only the dataset of that name; by default each that was read.
    """

    reads_data: ClassVar[bool] = True

    column: str
    at_least: float | None = None
    at_most: float | None = None
    dataset: str = ""

    def __post_init__(self) -> None:
        """Ask for a bar."""
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least or at_most, or both")

    def judge(self, evidence: Evidence) -> Verdict:
        """Look at both ends."""
        return judge_profiles(self, evidence, self.dataset, self._judged)

    def _judged(self, data: TrainingData, profile: Profile) -> Finding:
        _, found = next(columns(profile, (self.column,)))
        if found is None or not found.numbers:
            return "fail", f"{data.name} has no column {self.column} of numbers", {}
        low, high = found.numbers.minimum, found.numbers.maximum
        numbers = {"minimum": low, "maximum": high, "infinite": float(found.infinite)}
        said = f"{self.column} of {data.name} goes from {figure(low)} to {figure(high)}"
        if found.infinite:
            return "fail", f"{said}, and {found.infinite:,} are infinite", numbers
        if self.at_least is not None and not low >= self.at_least:
            return "fail", f"{said}, but at least {figure(self.at_least)} is asked", numbers
        if self.at_most is not None and not high <= self.at_most:
            return "fail", f"{said}, but at most {figure(self.at_most)} is asked", numbers
        return "pass", f"{said}, as asked", numbers
