"""Is the candidate better than what stands there now, beyond luck? Both answer the same rows."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.gains import COMPARED, moved, needed, numbers, unpaired
from lineal.checks.statistics.paired import change
from lineal.checks.wording import check_margin, check_metric, figure
from lineal.objects.statements import Verdict


class BetterThanChampion(Check, frozen=True, tag="better_than_champion"):
    """A superiority test: passes when even the low end of the 95 % interval gains more than ``by``.

    The interval is the one of ``not_worse_than_champion``. For moves that cost something, so that they are worth it.

    Options:
        metric: one that has a better and a worse.
        by: how much must be gained; by default anything above nothing.
    """

    reads_rows: ClassVar[bool] = True

    metric: str
    by: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a metric that has no better and worse."""
        check_metric(self.metric, among=COMPARED)
        check_margin(self.by)

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare both versions' answers to the same rows."""
        if evidence.champion is None:
            return self.verdict("pass", f"no version stands there yet that {evidence.name} would have to better")
        if evidence.pairs is None:
            return self.verdict("inconclusive", unpaired(evidence))
        found = change(evidence.pairs, self.metric)
        if found is None:
            return self.verdict("inconclusive", f"{self.metric} cannot be computed on these rows for both versions")
        told = numbers(found)
        said = moved(found, self.metric, evidence.champion_name, f"more than {figure(self.by)} is asked")
        if found.interval.low > self.by:
            return self.verdict("pass", said, **told)
        if found.interval.high <= self.by or evidence.is_champions_equal:
            return self.verdict("fail", f"{said}: it is not better by that", **told)
        rows, enough = needed(found, self.by)
        return self.verdict("inconclusive", f"{said}: too close to tell{enough}", rows_needed=rows, **told)
