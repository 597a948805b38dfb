"""Does some group of people lose? A version that is better overall may be far worse for a few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.figures import apart, check_margin, check_metric, figure, listed
from lineal.checks.metrics import METRICS
from lineal.checks.paired import Change, Pairs, change
from lineal.checks.statistics import ALPHA, holm
from lineal.objects.statements import Outcome, Verdict


class Loss(NamedTuple):
    """What became of the metric in one subgroup, and how likely that is luck, given how many were looked at."""

    group: str
    change: Change
    p: float


class SliceRegression(Check, frozen=True, tag="slice_regression"):
    """Fails when a subgroup's metric fell by more than ``margin``, beyond luck.

    Each subgroup is a one-sided test on the rows that both versions answered, with Holm's correction over all of them.
    A loss beyond the margin that may be luck is inconclusive; in a subgroup with fewer than ``minimum_rows`` rows that
    carry the metric, a warning.
    """

    features: tuple[str, ...]
    metric: str
    margin: float = 0.0
    minimum_rows: int = 30

    def __post_init__(self) -> None:
        """Refuse a metric that has no better and worse."""
        check_metric(self.metric, among=[name for name, metric in METRICS.items() if metric.better])
        check_margin(self.margin)
        if not self.features:
            raise ValueError("name at least one column in features")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare both versions in every subgroup."""
        if evidence.champion is None:
            return self.verdict("pass", "no version stands there yet, so no group can lose anything")
        if evidence.pairs is None:
            return self.verdict(
                "inconclusive",
                f"{evidence.champion_name} and {evidence.name} have not both answered the same held-out rows;"
                " lineal evaluate each of them",
            )
        if missing := [name for name in self.features if name not in evidence.pairs.truth.features]:
            return self.verdict(
                "inconclusive", f"the held-out rows are not split by {listed(missing)}; add it to slices"
            )
        return self._judged(list(self._losses(evidence.pairs)))

    def _losses(self, pairs: Pairs) -> Iterator[Loss]:
        """Yield every subgroup's change, small ones with a p-value of 1: they are told, not tested."""
        found = [
            (f"{feature}={value}", each)
            for feature in self.features
            for value, places in pairs.truth.groups(feature).items()
            if (each := change(pairs, self.metric, places)) is not None
        ]
        large = [each for _, each in found if each.row_count >= self.minimum_rows]
        adjusted = iter(holm([each.p_worse_than(self.margin) for each in large]))
        for group, each in found:
            yield Loss(group, each, next(adjusted) if each.row_count >= self.minimum_rows else 1.0)

    def _judged(self, losses: Sequence[Loss]) -> Verdict:
        if not losses:
            return self.verdict("inconclusive", f"no subgroup of {listed(self.features)} has rows for {self.metric}")
        beyond = [each for each in losses if each.change.gain < -self.margin]
        proven = [each for each in beyond if each.p < ALPHA]
        unsure = [each for each in beyond if each.p >= ALPHA and each.change.row_count >= self.minimum_rows]
        few = [each for each in beyond if each.change.row_count < self.minimum_rows]
        kinds: tuple[tuple[Outcome, list[Loss], str], ...] = (
            ("fail", proven, ""),
            ("inconclusive", unsure, "; that may be luck, more rows would tell"),
            ("warn", few, f"; fewer than {self.minimum_rows} rows, too few to judge"),
        )
        for outcome, told, remark in kinds:
            if told:
                told.sort(key=lambda each: each.change.gain)
                reason = "; ".join(self._sentence(each) for each in told) + remark
                return self.verdict(outcome, reason, **self._numbers(told[0], len(losses)))
        worst = min(losses, key=lambda each: each.change.gain)
        groups = f"none of the {len(losses)} groups of {listed(self.features)}"
        reason = f"{groups} lost more than {figure(self.margin)}; the worst: {self._sentence(worst)}"
        return self.verdict("pass", reason, **self._numbers(worst, len(losses)))

    def _sentence(self, loss: Loss) -> str:
        found = loss.change
        before, after = apart(found.champion, found.candidate)
        moved = "fell" if found.candidate < found.champion else "rose"
        path = f"stayed at {after}" if before == after else f"{moved} from {before} to {after}"
        return f"{self.metric} for {loss.group} {path} (n={found.row_count:,}, margin {figure(self.margin)})"

    def _numbers(self, loss: Loss, groups: int) -> dict[str, float]:
        found = loss.change
        return {
            "candidate": found.candidate,
            "champion": found.champion,
            "gain": found.gain,
            "low": found.interval.low,
            "high": found.interval.high,
            "rows": found.row_count,
            "p_adjusted": loss.p,
            "groups": groups,
        }
