"""Is a metric good enough? Judged by its interval, not by its value: luck does not pass."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.outside import stated
from lineal.checks.statistics.groups import positive_of, rate_of
from lineal.checks.statistics.intervals import Interval, exact_share, rows_needed
from lineal.checks.statistics.metrics import metric_of
from lineal.checks.statistics.slices import canonical
from lineal.checks.wording import apart, figure, listed
from lineal.objects.statements import Evaluation, SliceResult, Verdict

_NAMED = re.compile(r"(?P<metric>[^\[\]]+)(?:\[(?P<feature>[^=\]]+)=(?P<value>.*)\])?")


class Measured(NamedTuple):
    """A metric as it was measured; without an interval where the run itself measured it. ``by`` is another tool."""

    value: float
    interval: Interval | None
    row_count: int
    by: str = ""


class MetricFloor(Check, frozen=True, tag="metric_floor"):
    """Passes when the whole 95 % interval of ``metric`` is on the right side of ``at_least`` or ``at_most``.

    ``metric`` may name a subgroup, as in ``recall[sex=Female]``. What another tool measured counts where its rows are known
    and its counts or errors tell how sure it is; of a task it is TASK/METRIC. A metric that only the run itself measured has
    no interval and is judged by its value.

    Options:
        metric: the metric; of a subgroup too, as recall[region=south].
        at_least: the bar for a metric that should be high.
        at_most: the bar for one that should be low; give one of the two.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        """Ask for exactly one bar."""
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give either at_least or at_most")
        if not math.isfinite(self.at_least if self.at_least is not None else self.at_most or 0.0):
            raise ValueError("the bar must be a number")

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare the interval with the bar."""
        found = measured(evidence, self.metric)
        if found is None and (doubtful := stated(evidence, self.metric)):
            return self.verdict("inconclusive", f"{self.metric} of {evidence.name} is not sure: {doubtful.doubt}")
        if found is None:
            known = sorted(
                {*(evidence.evaluation.overall.metrics if evidence.evaluation else ()), *evidence.version.metrics}
            )
            if thin := _thin(evidence.evaluation, self.metric):
                return self.verdict("inconclusive", thin)
            said = f"measured are {listed(known)}" if known else f"measure it: lineal evaluate {evidence.name}"
            return self.verdict("inconclusive", f"{self.metric} of {evidence.name} is not known; {said}")
        return self._compared(found)

    def _compared(self, found: Measured) -> Verdict:
        bar = self.at_least if self.at_least is not None else self.at_most
        assert bar is not None  # noqa: S101 - __post_init__ asked for one
        sign = 1 if self.at_least is not None else -1
        value, interval = found.value, found.interval or Interval(found.value, found.value)
        shown, bound = apart(value, bar)
        asked = f"{'at least' if sign > 0 else 'at most'} {bound}"
        worst, best = (interval.low, interval.high) if sign > 0 else (interval.high, interval.low)
        numbers = {"value": value, "low": interval.low, "high": interval.high, "bar": bar, "rows": found.row_count}
        said = f"{self.metric} is {shown} ({_certainty(found)})"
        if sign * worst >= sign * bar:
            return self.verdict("pass", f"{said}, {asked} as asked", **numbers)
        if sign * best < sign * bar:
            return self.verdict("fail", f"{said}, but {asked} is asked", **numbers)
        needed = rows_needed(
            found.row_count, abs(value - bar), abs(value - (worst if sign * value > sign * bar else best))
        )
        enough = f"; about {needed:,} rows would decide" if needed else ""
        reason = f"{said}, and {asked} is asked: too close to tell with {found.row_count:,} rows{enough}"
        return self.verdict("inconclusive", reason, rows_needed=needed, **numbers)


def measured(evidence: Evidence, name: str) -> Measured | None:
    """Return the metric ``name`` of the candidate, on the subgroup that it may name; None when it is not known."""
    if evidence.evaluation and (found := _evaluated(evidence.evaluation, name)):
        return found
    outside = stated(evidence, name)
    if outside and not outside.doubt and not isinstance(outside.value, str):
        return Measured(outside.value, outside.interval, outside.row_count, outside.source)
    value = evidence.version.metrics.get(name)
    return None if value is None or isinstance(value, str) else Measured(value, None, 0)


def _evaluated(evaluation: Evaluation, name: str) -> Measured | None:
    if not (parts := _NAMED.fullmatch(name)):
        return None
    result = _subgroup(evaluation, parts["feature"] or "", parts["value"] or "")
    value = result.metrics.get(parts["metric"]) if result else None
    if result is None or value is None or isinstance(value, str):
        return None
    return Measured(value, _interval(evaluation, result, parts["metric"]), result.query_count or result.row_count)


def _subgroup(evaluation: Evaluation, feature: str, value: str) -> SliceResult | None:
    """Return what was measured on a subgroup, or on all rows."""
    wanted = {(feature, value), (canonical(feature), value)}
    return next((r for r in (evaluation.overall, *evaluation.slices) if (r.feature, r.value) in wanted), None)


def _thin(evaluation: Evaluation | None, name: str) -> str:
    """Return that a subgroup is too small to be measured, where it is."""
    parts = _NAMED.fullmatch(name)
    found = _subgroup(evaluation, parts["feature"] or "", parts["value"] or "") if evaluation and parts else None
    if found is None or found.metrics or not parts or not parts["feature"]:
        return ""
    least = f"; {evaluation.minimum_rows:,} are asked for" if evaluation and evaluation.minimum_rows else ""
    return f"{parts['feature']}={parts['value']} has {found.row_count:,} rows, too few to be measured{least}"


def _interval(evaluation: Evaluation, result: SliceResult, metric: str) -> Interval | None:
    """Return the interval that decides: for a proportion the exact one of its counts, else the one that was measured."""
    known = metric_of(metric)
    if known and known.counted and result.counts:
        rate = rate_of(result, metric, positive_of(evaluation))
        return exact_share(rate.hits, rate.row_count)
    measured = result.intervals.get(metric)
    return Interval(*measured) if measured else None


def _certainty(found: Measured) -> str:
    if found.interval is None:
        return "as the run itself measured it"
    by = f", by {found.by}" if found.by else ""
    return f"95 % interval {figure(found.interval.low)} to {figure(found.interval.high)}, n={found.row_count:,}{by}"
