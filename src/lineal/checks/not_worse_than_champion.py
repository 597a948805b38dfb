"""Is the candidate at least as good as what stands there now? Both answer the same rows."""

from __future__ import annotations

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.figures import apart, check_margin, check_metric, figure
from lineal.checks.metrics import METRICS
from lineal.checks.paired import Change, change
from lineal.checks.statistics import rows_needed
from lineal.objects.statements import Verdict


class NotWorseThanChampion(Check, frozen=True, tag="not_worse_than_champion"):
    """A non-inferiority test: passes when even the low end of the 95 % interval loses no more than ``margin``.

    The interval is that of the paired difference (Tango for proportions, from influences for the rest); the exact
    McNemar p-value goes with it. "Not significantly worse" is not enough: few rows would then pass anything.
    """

    metric: str
    margin: float

    def __post_init__(self) -> None:
        """Refuse a metric that has no better and worse."""
        check_metric(self.metric, among=[name for name, metric in METRICS.items() if metric.better])
        check_margin(self.margin)

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare both versions' answers to the same rows."""
        if evidence.champion is None:
            return self.verdict("pass", f"no version stands there yet that {evidence.name} could be worse than")
        if evidence.pairs is None:
            return self.verdict(
                "inconclusive",
                f"{evidence.champion_name} and {evidence.name} have not both answered the same held-out rows;"
                " lineal evaluate each of them",
            )
        found = change(evidence.pairs, self.metric)
        if found is None:
            return self.verdict("inconclusive", f"{self.metric} cannot be computed on these rows for both versions")
        return self._compared(found, evidence.champion_name)

    def _compared(self, found: Change, champion: str) -> Verdict:
        numbers = _numbers(found)
        before, after = apart(found.champion, found.candidate)
        said = f"{self.metric} goes from {before} ({champion}) to {after}"
        if found.fixed is not None:
            said += f": {found.fixed:,} rows fixed, {found.broke:,} broken of {found.row_count:,}"
        bounds = f"95 % interval of the gain {figure(found.interval.low)} to {figure(found.interval.high)}"
        said += f" ({bounds}, margin {figure(self.margin)})"
        is_same = not (found.fixed or found.broke) and found.gain == 0 and found.error == 0
        if is_same or found.interval.low >= -self.margin:
            return self.verdict("pass", said, **numbers)
        if found.interval.high < -self.margin:
            return self.verdict("fail", f"{said}: it is worse by more than the margin", **numbers)
        reach = found.gain - found.interval.low if found.gain > -self.margin else found.interval.high - found.gain
        needed = rows_needed(found.row_count, abs(found.gain + self.margin), reach)
        enough = f"; about {needed:,} rows would decide" if needed else ""
        return self.verdict("inconclusive", f"{said}: too close to tell{enough}", rows_needed=needed, **numbers)


def _numbers(found: Change) -> dict[str, float]:
    flips = (
        {"fixed": found.fixed, "broke": found.broke or 0, "p": found.p_worse_than(0)} if found.fixed is not None else {}
    )
    return {
        "candidate": found.candidate,
        "champion": found.champion,
        "gain": found.gain,
        "low": found.interval.low,
        "high": found.interval.high,
        "rows": found.row_count,
        **{name: value for name, value in flips.items() if value is not None},
    }
