"""Did groups come apart? The gap of the candidate less that of the champion, on the same rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar

from lineal.checks.check import Check
from lineal.checks.evidence import Evidence
from lineal.checks.statistics.gains import unpaired
from lineal.checks.statistics.groups import check_proportion, proportions
from lineal.checks.statistics.intervals import rows_needed
from lineal.checks.statistics.metrics import METRICS
from lineal.checks.statistics.paired import Pairs
from lineal.checks.statistics.resampling import Column, highest, lowest, ratio, resample
from lineal.checks.wording import apart, check_margin, figure, listed
from lineal.objects.statements import Verdict

CHAMPION, CANDIDATE = 0, 1

Cell = tuple[tuple[bool, bool], ...]
"""What a row is: for each proportion and each version, whether it counts there and whether it is a hit."""


class FairnessRegression(Check, frozen=True, tag="fairness_regression"):
    """Passes when the gap between groups of ``feature`` grew by no more than ``margin``, beyond doubt.

    The gap is the largest difference of any two groups' ``metric``. Both versions answered the same rows, which the
    bootstrap draws together; its 95 % interval is that of the difference of gaps. Groups with fewer than ``minimum_rows``
    rows are named but not judged, which is a warning.

    Options:
        metric: one that is a proportion, or equalized_odds.
        feature: the column; an intersection as "sex & race".
        margin: by how much the gap may grow.
        minimum_rows: the rows that carry the metric in a group for it to be judged.
    """

    reads_rows: ClassVar[bool] = True

    metric: str
    feature: str
    margin: float
    minimum_rows: int = 30

    def __post_init__(self) -> None:
        """Refuse a metric that is no proportion."""
        check_proportion(self.metric)
        check_margin(self.margin)

    def judge(self, evidence: Evidence) -> Verdict:
        """Compare both versions' gaps."""
        if evidence.champion is None:
            return self.verdict("pass", "no version stands there yet whose gap could be smaller")
        if evidence.pairs is None:
            return self.verdict("inconclusive", unpaired(evidence))
        if missing := evidence.pairs.truth.lacks([self.feature]):
            return self.verdict(
                "inconclusive", f"the held-out rows are not split by {listed(missing)}; add it to slices"
            )
        names = proportions(self.metric)
        groups = {
            value: Counter(cells(evidence.pairs, names, places))
            for value, places in evidence.pairs.truth.groups(self.feature).items()
        }
        large = {value: each for value, each in groups.items() if _carried(each) >= max(self.minimum_rows, 1)}
        small = [value for value in groups if value not in large]
        if len(large) < 2:
            return self.verdict("inconclusive", f"{self.feature} has no two groups with {self.minimum_rows} rows")
        remark = f"; not judged, as they have too few rows: {listed(small)}" if small else ""
        return self._judged(list(large.values()), evidence, remark)

    def _judged(self, groups: Sequence[Counter[Cell]], evidence: Evidence, remark: str) -> Verdict:
        keys = [(number, cell) for number, group in enumerate(groups) for cell in group]
        counts = [groups[number][cell] for number, cell in keys]
        row_count = sum(counts)

        def gap(columns: Sequence[Column], side: int) -> Column:
            return _gap(dict(zip(keys, columns, strict=True)), len(groups), side)

        found = resample(counts, lambda columns: gap(columns, CANDIDATE) - gap(columns, CHAMPION))
        if found is None:
            return self.verdict("inconclusive", f"{self.metric} cannot be computed in every group{remark}")
        plain = [float(each) for each in counts]
        was, now = apart(*(float(gap(plain, side)) for side in (CHAMPION, CANDIDATE)))
        bounds = f"95 % interval {figure(found.interval.low)} to {figure(found.interval.high)}"
        said = f"the gap in {self.metric} between groups of {self.feature} was {was} ({evidence.champion_name}) and is {now}"
        said += f": {figure(found.value)} more ({bounds}, margin {figure(self.margin)})"
        numbers = {"growth": found.value, "low": found.interval.low, "high": found.interval.high, "rows": row_count}
        if found.interval.high <= self.margin or evidence.is_champions_equal:
            return self.verdict("warn" if remark else "pass", said + remark, **numbers)
        if found.interval.low > self.margin:
            return self.verdict("fail", said + remark, **numbers)
        reach = found.interval.high - found.value if found.value < self.margin else found.value - found.interval.low
        needed = rows_needed(row_count, abs(found.value - self.margin), reach)
        enough = f"; about {needed:,} rows would decide" if needed else ""
        return self.verdict("inconclusive", f"{said}: too close to tell{enough}{remark}", rows_needed=needed, **numbers)


def cells(pairs: Pairs, metrics: Sequence[str], places: Sequence[int]) -> Iterator[Cell]:
    """Yield what each row at ``places`` is to ``metrics``, by the champion's answer and the candidate's."""
    known = [METRICS[name].counted for name in metrics]
    for row in places:
        yield tuple(
            (counted(side.actual[row], side.predicted[row], side.positive))
            for counted in known
            if counted
            for side in (pairs.champion, pairs.candidate)
        )


def _carried(group: Counter[Cell]) -> int:
    """Return how many rows carry the metric in a group, by the version and proportion that has fewest."""
    sides = range(len(next(iter(group))))
    return min(sum(count for cell, count in group.items() if cell[side][0]) for side in sides)


def _gap(columns: dict[tuple[int, Cell], Column], groups: int, side: int) -> Column:
    """Return the largest difference between groups of the proportions of one version."""
    width = len(next(iter(columns))[1])
    gaps = []
    for place in range(side, width, 2):
        rates = []
        for number in range(groups):
            inside = {cell: each for (group, cell), each in columns.items() if group == number and cell[place][0]}
            rates.append(ratio(sum(each for cell, each in inside.items() if cell[place][1]), sum(inside.values())))
        gaps.append(highest(rates) - lowest(rates))
    return highest(gaps)
