"""Does what it was trained on have the columns that were agreed on? Names and dtypes."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence, TrainingData
from lineal.checks.training import Finding, judge_profiles
from lineal.checks.wording import listed
from lineal.objects.profiles import Profile
from lineal.objects.statements import Verdict


class DataSchema(Check, frozen=True, tag="data_schema"):
    """Passes when the training data has every column of ``columns``, with that dtype.

    Options:
        columns: a dtype for each column, as {age = "integer"}; an empty one takes any. lineal data show names them.
        only: whether other columns fail too.
        dataset: only the dataset of that name; by default each that was read.
    """

    reads_data: ClassVar[bool] = True

    columns: dict[str, str]
    only: bool = False
    dataset: str = ""

    def __post_init__(self) -> None:
        """Ask for a column."""
        if not self.columns:
            raise ValueError("name at least one column in columns")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare columns."""
        return judge_profiles(self, evidence, self.dataset, self._judged)

    def _judged(self, data: TrainingData, profile: Profile) -> Finding:
        known = {each.name: each.dtype for each in profile.columns}
        wrong = [f"no column {name}" for name in self.columns if name not in known]
        wrong += [
            f"{name} is {known[name]}, not {dtype}"
            for name, dtype in self.columns.items()
            if dtype and name in known and known[name] != dtype
        ]
        more = [name for name in known if name not in self.columns]
        wrong += [f"{listed(more)} too many"] if more and self.only else []
        numbers = {"columns": float(len(known)), "asked": float(len(self.columns)), "wrong": float(len(wrong))}
        if wrong:
            return "fail", f"{data.name} is not as agreed: {listed(wrong)}", numbers
        return "pass", f"{data.name} has the {len(self.columns)} columns that are asked for", numbers
