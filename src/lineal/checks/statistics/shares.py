"""A verdict on a share of rows that should be small."""

from __future__ import annotations

from lineal.checks.check import Check
from lineal.checks.statistics.intervals import exact_share, rows_needed
from lineal.checks.wording import figure
from lineal.objects.statements import Verdict


def judge_share(
    check: Check, said: str, hits: int, count: int, at_most: float, asked: str, **numbers: float
) -> Verdict:
    """Return the verdict on ``hits`` of ``count`` rows: by Clopper and Pearson's interval, which must be on one side of ``at_most``.

    Args:
        check: whose verdict it is.
        said: the sentence so far.
        hits: the rows that should be few.
        count: all rows.
        at_most: the bar.
        asked: the bar in words.
        numbers: more of them.
    """
    low, high = exact_share(hits, count)
    share = hits / count if count else 0.0
    told = {"share": share, "low": low, "high": high, "at_most": at_most, "rows": count, "found": hits, **numbers}
    said += f": {figure(share)} (95 % interval {figure(low)} to {figure(high)})"
    if high <= at_most:
        return check.verdict("pass", f"{said}, {asked} as asked", **told)
    if low > at_most:
        return check.verdict("fail", f"{said}, but {asked} is asked", **told)
    needed = rows_needed(count, abs(share - at_most), high - share if share <= at_most else share - low)
    enough = f"; about {needed:,} rows would decide" if needed else ""
    return check.verdict(
        "inconclusive", f"{said}, and {asked} is asked: too close to tell{enough}", rows_needed=needed, **told
    )
