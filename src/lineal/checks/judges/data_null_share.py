"""Is too much missing in what it was trained on? The share of each column."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence, TrainingData
from lineal.checks.training import Finding, columns, judge_profiles
from lineal.checks.wording import check_share, figure, listed
from lineal.objects.profiles import Profile
from lineal.objects.statements import Verdict


class DataNullShare(Check, frozen=True, tag="data_null_share"):
    """Passes when at most ``at_most`` of the values of each column of the training data are missing.

    Options:
        at_most: the largest share, from 0 to 1.
        columns: the columns; by default all.
        dataset: only the dataset of that name; by default each that was read.
    """

    reads_data: ClassVar[bool] = True

    at_most: float
    columns: tuple[str, ...] = ()
    dataset: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        check_share(self.at_most, "at_most")

    def judge(self, evidence: Evidence) -> Verdict:
        """Count what is missing."""
        return judge_profiles(self, evidence, self.dataset, self._judged)

    def _judged(self, data: TrainingData, profile: Profile) -> Finding:
        found = list(columns(profile, self.columns))
        if absent := [name for name, column in found if column is None]:
            return "fail", f"{data.name} has no column {listed(absent)}", {}
        shares = {name: column.missing / max(profile.row_count, 1) for name, column in found if column}
        worst = max(shares, key=shares.__getitem__, default="")
        numbers = {"share": shares.get(worst, 0.0), "at_most": self.at_most, "rows": float(profile.row_count)}
        if over := [f"{name} ({figure(each)})" for name, each in shares.items() if each > self.at_most]:
            return "fail", f"in {data.name} more than {figure(self.at_most)} is missing of {listed(over)}", numbers
        return "pass", f"in {data.name} at most {figure(numbers['share'])} of a column is missing, as asked", numbers
