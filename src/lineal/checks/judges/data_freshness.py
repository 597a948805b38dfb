"""Is what it was trained on recent enough? Its age in days."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence, TrainingData
from lineal.checks.training import Finding, columns, judge_each, profiled
from lineal.checks.wording import figure
from lineal.objects.profiles import Profile
from lineal.objects.statements import Verdict

_DAY_MS = 86_400_000


class DataFreshness(Check, frozen=True, tag="data_freshness"):
    """Passes when the training data is at most ``days_at_most`` days old.

    Its age is that of the newest time in ``column``; without a column, of when its source was last seen to hold it, or else
    of when it was added.

    Options:
        days_at_most: the oldest that it may be, in days.
        column: a column of times or dates.
        dataset: only the dataset of that name; by default each that was read.
    """

    reads_data: ClassVar[bool] = True

    days_at_most: float
    column: str = ""
    dataset: str = ""

    def __post_init__(self) -> None:
        """Refuse an age that nothing has."""
        if not self.days_at_most > 0:
            raise ValueError(f"days_at_most must be more than zero, not {self.days_at_most}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare with now."""
        return judge_each(self, evidence, self.dataset, lambda data: self._judged(data, evidence.at))

    def _judged(self, data: TrainingData, now: int) -> Finding:
        newest: float = data.added_at if data.read_at is None else data.read_at
        what = f"{data.name} was {'added' if data.read_at is None else 'last seen at its source'}"
        if self.column:
            profile = profiled(data)
            if not isinstance(profile, Profile):
                return profile
            _, found = next(columns(profile, (self.column,)))
            if found is None or not found.times:
                return "inconclusive", f"{data.name} has no column {self.column} of times", {}
            newest, what = found.times.maximum, f"the newest {self.column} of {data.name} is"
        days = (now - newest) / _DAY_MS
        said, numbers = f"{what} {figure(days, 1)} days ago", {"days": days, "days_at_most": self.days_at_most}
        if days > self.days_at_most:
            return "fail", f"{said}, but at most {figure(self.days_at_most, 1)} are allowed", numbers
        return "pass", f"{said}, at most {figure(self.days_at_most, 1)} as asked", numbers
