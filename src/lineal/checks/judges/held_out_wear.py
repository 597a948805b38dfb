"""Are the held-out rows worn out? Whoever looks often enough finds a version that was lucky on them."""

from __future__ import annotations

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.intervals import optimism
from lineal.checks.wording import figure
from lineal.objects.statements import Verdict


class HeldOutWear(Check, frozen=True, tag="held_out_wear"):
    """Passes while the held-out rows were used by few versions; then it is time for new ones.

    Counted are all evaluations on the digest of the dataset, of every model. The best of k versions on n rows may well seem
    better than it is by the square root of ln k / 2 n (Boucheron et al. 2013; Dwork et al. 2015), which is told and may be
    bounded. Near the bar (nine tenths of it) it is a warning.

    Options:
        versions_at_most: how many versions may have been evaluated on them.
        evaluations_at_most: how many evaluations there may have been.
        optimism_at_most: by how much the best may seem better than it is, as 0.01.
    """

    versions_at_most: int | None = None
    evaluations_at_most: int | None = None
    optimism_at_most: float | None = None

    def __post_init__(self) -> None:
        """Ask for at least one bar."""
        bars = (self.versions_at_most, self.evaluations_at_most, self.optimism_at_most)
        if all(each is None for each in bars):
            raise ValueError("give versions_at_most, evaluations_at_most or optimism_at_most")
        if any(each is not None and not each > 0 for each in bars):
            raise ValueError("what is allowed must be more than zero")

    def judge(self, evidence: Evidence) -> Verdict:
        """Count the looks."""
        wear = evidence.wear
        if wear is None:
            return self.verdict("inconclusive", f"{evidence.name} is not measured; lineal evaluate {evidence.name}")
        seems = optimism(wear.versions, wear.row_count)
        numbers = {
            "versions": wear.versions,
            "evaluations": wear.evaluations,
            "optimism": seems,
            "rows": wear.row_count,
        }
        said = (
            f"{wear.versions:,} versions were evaluated {wear.evaluations:,} times on these {wear.row_count:,} rows, so"
        )
        said += f" the best may seem better than it is by {figure(seems)}"
        bars = (
            (float(wear.versions), self.versions_at_most),
            (float(wear.evaluations), self.evaluations_at_most),
            (seems, self.optimism_at_most),
        )
        used = max(value / bar for value, bar in bars if bar is not None)
        if used > 1:
            return self.verdict("fail", f"{said}; hold out new rows", **numbers)
        if used > 0.9:
            return self.verdict("warn", f"{said}; they are nearly worn out", **numbers)
        return self.verdict("pass", said, **numbers)
