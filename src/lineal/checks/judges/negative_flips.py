"""Does it break what worked? Rows that the champion got right and the candidate gets wrong."""

from __future__ import annotations

from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.flips import flips
from lineal.checks.statistics.gains import unpaired
from lineal.checks.statistics.shares import judge_share
from lineal.checks.wording import check_share, figure
from lineal.objects.statements import Verdict


class NegativeFlips(Check, frozen=True, tag="negative_flips"):
    """Passes when at most ``at_most`` of the rows were right with the champion and are wrong now, beyond doubt.

    Users forgive an old mistake sooner than a new one. Clopper and Pearson's 95 % interval of the share is below the bar. Sources: Yan
    et al. 2021, CVPR (positive-congruent training); Bansal et al. 2019, AAAI (compatibility of updates).

    Options:
        at_most: the largest share of rows that break, from 0 to 1.
    """

    reads_rows: ClassVar[bool] = True

    at_most: float

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        check_share(self.at_most, "at_most")

    def judge(self, evidence: Evidence) -> Verdict:
        """Count the rows that break."""
        if evidence.champion is None:
            return self.verdict("pass", "no version stands there yet whose right answers could be lost")
        if evidence.pairs is None:
            return self.verdict("inconclusive", unpaired(evidence))
        candidate, champion = evidence.pairs.candidate, evidence.pairs.champion
        found = flips(candidate, champion)
        if found is None:
            return self.verdict(
                "inconclusive", "numbers are neither right nor wrong; churn with a tolerance counts them"
            )
        broke, fixed, kept = found
        row_count = candidate.row_count
        right = kept + broke
        said = f"{broke:,} of {row_count:,} rows were right with {evidence.champion_name} and are wrong now"
        said += f" ({fixed:,} are the other way; {figure(kept / right if right else 1.0)} of what was right stays so)"
        if evidence.is_champions_equal and not broke:
            return self.verdict("pass", f"{said}: the weights are the champion's", broke=0, rows=row_count)
        asked = f"at most {figure(self.at_most)}"
        return judge_share(self, said, broke, row_count, self.at_most, asked, fixed=fixed)
