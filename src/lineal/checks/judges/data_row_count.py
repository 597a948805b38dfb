"""Was it trained on enough rows, and not on far too many? The rows of each dataset."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence, TrainingData
from lineal.checks.training import Finding, judge_profiles
from lineal.objects.profiles import Profile
from lineal.objects.statements import Verdict


class DataRowCount(Check, frozen=True, tag="data_row_count"):
    """Passes when the training data has as many rows as are asked for.

    Options:
        at_least: the fewest rows.
        at_most: the most rows.
        dataset: only the dataset of that name; by default each that was read.
    """

    reads_data: ClassVar[bool] = True

    at_least: int | None = None
    at_most: int | None = None
    dataset: str = ""

    def __post_init__(self) -> None:
        """Ask for a bar."""
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least or at_most, or both")

    def judge(self, evidence: Evidence) -> Verdict:
        """Count."""
        return judge_profiles(self, evidence, self.dataset, self._judged)

    def _judged(self, data: TrainingData, profile: Profile) -> Finding:
        rows, numbers = profile.row_count, {"rows": float(profile.row_count)}
        said = f"{data.name} has {rows:,} rows"
        if self.at_least is not None and rows < self.at_least:
            return "fail", f"{said}, but at least {self.at_least:,} are asked", numbers
        if self.at_most is not None and rows > self.at_most:
            return "fail", f"{said}, but at most {self.at_most:,} are asked", numbers
        return "pass", f"{said}, as asked", numbers
