"""Will users feel the change? How many answers become other ones."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.flips import changed
from lineal.checks.statistics.gains import unpaired
from lineal.checks.statistics.shares import judge_share
from lineal.checks.wording import check_share, figure
from lineal.objects.statements import Verdict


class Churn(Check, frozen=True, tag="churn"):
    """Passes when at most ``at_most`` of the rows get another answer than the champion's, right or wrong, beyond doubt.

    Clopper and Pearson's 95 % interval of the share is below the bar. Source: Milani Fard et al. 2016, NeurIPS (launch and iterate).

    Options:
        at_most: the largest share of other answers, from 0 to 1.
        tolerance: for numbers, by how much an answer may move and still be the same.
    """

    reads_rows: ClassVar[bool] = True

    at_most: float
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        check_share(self.at_most, "at_most")
        if not self.tolerance >= 0:
            raise ValueError(f"tolerance must be zero or more, not {self.tolerance}")

    def judge(self, evidence: Evidence) -> Verdict:
        """Count the answers that differ."""
        if evidence.champion is None:
            return self.verdict("pass", "no version stands there yet whose answers anybody knows")
        if evidence.pairs is None:
            return self.verdict("inconclusive", unpaired(evidence))
        candidate, champion = evidence.pairs.candidate, evidence.pairs.champion
        differ = changed(candidate, champion, tolerance=self.tolerance)
        said = f"{differ:,} of {candidate.row_count:,} answers are not those of {evidence.champion_name}"
        if evidence.is_champions_equal and not differ:
            return self.verdict("pass", f"{said}: the weights are the champion's", changed=0, rows=candidate.row_count)
        return judge_share(self, said, differ, candidate.row_count, self.at_most, f"at most {figure(self.at_most)}")
