"""Does some group of people lose? A version that is better overall may be far worse for a few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.gains import COMPARED, needed, unpaired
from lineal.checks.statistics.intervals import ALPHA, holm
from lineal.checks.statistics.paired import Change, Pairs, change
from lineal.checks.wording import apart, check_margin, check_metric, figure, listed
from lineal.objects.statements import Outcome, Verdict


class Loss(NamedTuple):
    """What became of the metric in one subgroup, and how likely that is luck, given how many were looked at."""

    group: str
    change: Change
    margin: float
    p: float = 1.0


class Look(NamedTuple):
    """All subgroups: those that are tested, those with too few rows for it, and those where the metric has no value."""

    tested: tuple[Loss, ...]
    small: tuple[Loss, ...]
    without: tuple[str, ...]


class SliceRegression(Check, frozen=True, tag="slice_regression"):
    """Fails when a subgroup's metric fell by more than ``margin``, beyond luck.

    Each subgroup is a one-sided test on the rows that both versions answered, with Holm's correction over all of them.
    A loss beyond the margin that may be luck is inconclusive; in a subgroup with fewer than ``minimum_rows`` rows that
    carry the metric, a warning. Subgroups that are too small, or have no such row at all, are named. With ``strict`` each
    subgroup must show, by its own 95 % interval, that it lost no more: what is too small to show that is inconclusive.

    Options:
        features: the columns, as ["region", "sex"]; an intersection as "sex & region".
        metric: one that has a better and a worse.
        margin: how much may be lost in each subgroup.
        margins: another margin for single subgroups, as {"region=south" = 0.01}.
        minimum_rows: the rows that carry the metric in a subgroup for it to be tested.
        strict: whether every subgroup must show that it lost nothing.
    """

    reads_rows: ClassVar[bool] = True

    features: tuple[str, ...]
    metric: str
    margin: float = 0.0
    margins: dict[str, float] = {}
    minimum_rows: int = 30
    strict: bool = False

    def __post_init__(self) -> None:
        """Refuse a metric that has no better and worse."""
        check_metric(self.metric, among=COMPARED)
        for each in (self.margin, *self.margins.values()):
            check_margin(each)
        if not self.features:
            raise ValueError("name at least one column in features")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare both versions in every subgroup."""
        if evidence.champion is None:
            return self.verdict("pass", "no version stands there yet, so no group can lose anything")
        if evidence.pairs is None:
            return self.verdict("inconclusive", unpaired(evidence))
        if missing := evidence.pairs.truth.lacks(self.features):
            return self.verdict(
                "inconclusive", f"the held-out rows are not split by {listed(missing)}; add it to slices"
            )
        look = self._look(evidence.pairs)
        if not look.tested and not look.small:
            return self.verdict("inconclusive", f"no subgroup of {listed(self.features)} has rows for {self.metric}")
        if self.strict and not evidence.is_champions_equal:
            return self._shown(look)
        return self._judged(look)

    def _look(self, pairs: Pairs) -> Look:
        found, without = list[Loss](), list[str]()
        for feature in self.features:
            for value, places in pairs.truth.groups(feature).items():
                group = f"{feature}={value}"
                each = change(pairs, self.metric, places)
                if each is None:
                    without.append(group)
                else:
                    found.append(Loss(group, each, self.margins.get(group, self.margin)))
        large = [each for each in found if each.change.row_count >= self.minimum_rows]
        adjusted = holm([each.change.p_worse_than(each.margin) for each in large])
        tested = tuple(each._replace(p=p) for each, p in zip(large, adjusted, strict=True))
        return Look(tested, tuple(each for each in found if each not in large), tuple(without))

    def _judged(self, look: Look) -> Verdict:
        losses = (*look.tested, *look.small)
        beyond = [each for each in look.tested if each.change.gain < -each.margin]
        few = f"; fewer than {self.minimum_rows} rows, too few to judge"
        kinds: tuple[tuple[Outcome, Sequence[Loss], str], ...] = (
            ("fail", [each for each in beyond if each.p < ALPHA], ""),
            ("inconclusive", [each for each in beyond if each.p >= ALPHA], "; that may be luck, more rows would tell"),
            ("warn", [each for each in look.small if each.change.gain < -each.margin], few),
        )
        for outcome, told, remark in kinds:
            if told:
                ordered = sorted(told, key=lambda each: each.change.gain)
                reason = "; ".join(self._sentence(each) for each in ordered) + remark
                return self.verdict(outcome, reason, **self._numbers(ordered[0], look))
        worst = min(losses, key=lambda each: each.change.gain)
        groups = f"none of the {len(losses)} groups of {listed(self.features)}"
        reason = f"{groups} lost more than {figure(worst.margin)}; the worst: {self._sentence(worst)}"
        return self.verdict("pass", reason + self._untested(look), **self._numbers(worst, look))

    def _shown(self, look: Look) -> Verdict:
        """Return the verdict where every subgroup must show that it lost no more than its margin."""
        losses = (*look.tested, *look.small)
        worst = min(losses, key=lambda each: each.change.interval.low + each.margin)
        numbers = self._numbers(worst, look)
        if proven := [each for each in look.tested if each.p < ALPHA and each.change.gain < -each.margin]:
            reason = "; ".join(self._sentence(each) for each in sorted(proven, key=lambda each: each.change.gain))
            return self.verdict("fail", reason, **numbers)
        if open_ := [each for each in losses if each.change.interval.low < -each.margin]:
            rows, enough = needed(worst.change, -worst.margin)
            said = f"{len(open_)} of {len(losses)} groups do not show that they lost no more; the worst:"
            reason = f"{said} {self._sentence(worst)}{enough} in it{self._untested(look)}"
            return self.verdict("inconclusive", reason, rows_needed=rows, **numbers)
        if look.without:
            return self.verdict("inconclusive", self._untested(look).removeprefix("; "), **numbers)
        reason = f"all {len(losses)} groups of {listed(self.features)} show that they lost no more; the nearest to it:"
        return self.verdict("pass", f"{reason} {self._sentence(worst)}", **numbers)

    def _untested(self, look: Look) -> str:
        """Name the subgroups of which nothing could be shown."""
        small = listed(f"{each.group} (n={each.change.row_count:,})" for each in look.small)
        said = f"; fewer than {self.minimum_rows} rows, not tested: {small}" if look.small else ""
        return said + (f"; no rows for {self.metric}: {listed(look.without)}" if look.without else "")

    def _sentence(self, loss: Loss) -> str:
        found = loss.change
        before, after = apart(found.champion, found.candidate)
        moved = "fell" if found.candidate < found.champion else "rose"
        path = f"stayed at {after}" if before == after else f"{moved} from {before} to {after}"
        return f"{self.metric} for {loss.group} {path} (n={found.row_count:,}, margin {figure(loss.margin)})"

    def _numbers(self, loss: Loss, look: Look) -> dict[str, float]:
        found = loss.change
        return {
            "candidate": found.candidate,
            "champion": found.champion,
            "gain": found.gain,
            "low": found.interval.low,
            "high": found.interval.high,
            "rows": found.row_count,
            "p_adjusted": loss.p,
            "groups": len(look.tested) + len(look.small),
            "groups_tested": len(look.tested),
            "groups_without_rows": len(look.without),
        }
