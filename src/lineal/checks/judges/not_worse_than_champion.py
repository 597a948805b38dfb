"""Is the candidate at least as good as what stands there now? Both answer the same rows."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.gains import COMPARED, moved, needed, numbers, unpaired
from lineal.checks.statistics.paired import Change, change
from lineal.checks.wording import check_margin, check_metric, figure
from lineal.objects.statements import Verdict


class NotWorseThanChampion(Check, frozen=True, tag="not_worse_than_champion"):
    """A non-inferiority test: passes when even the low end of the 95 % interval loses no more than ``margin``.

    Both versions answered the same rows, so the interval is that of the paired difference: for proportions the more
    cautious of Tango's and Bonett and Price's, for the rest of Student's and Hall's (with DeLong's variance for the area
    under the curve). McNemar's exact p-value
    goes with it. "Not significantly worse" is not enough: few rows would then pass anything. The very weights of the
    champion pass.

    Options:
        metric: one that has a better and a worse.
        margin: how much may be lost, as 0.005.
    """

    reads_rows: ClassVar[bool] = True

    metric: str
    margin: float

    def __post_init__(self) -> None:
        """Refuse a metric that has no better and worse."""
        check_metric(self.metric, among=COMPARED)
        check_margin(self.margin)

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare both versions' answers to the same rows."""
        if evidence.champion is None:
            return self.verdict("pass", f"no version stands there yet that {evidence.name} could be worse than")
        if evidence.pairs is None:
            return self.verdict("inconclusive", unpaired(evidence))
        found = change(evidence.pairs, self.metric)
        if found is None:
            return self.verdict("inconclusive", f"{self.metric} cannot be computed on these rows for both versions")
        return self._compared(found, evidence)

    def _compared(self, found: Change, evidence: Evidence) -> Verdict:
        told = numbers(found)
        said = moved(found, self.metric, evidence.champion_name, f"margin {figure(self.margin)}")
        if evidence.is_champions_equal and found.gain == 0:
            return self.verdict("pass", f"{said}: the weights are the champion's", **told)
        if found.interval.low >= -self.margin:
            return self.verdict("pass", said, **told)
        if found.interval.high < -self.margin:
            return self.verdict("fail", f"{said}: it is worse by more than the margin", **told)
        rows, enough = needed(found, -self.margin)
        return self.verdict("inconclusive", f"{said}: too close to tell{enough}", rows_needed=rows, **told)
