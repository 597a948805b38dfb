"""The same work by the functions of the checks, on the same arrays."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from lineal.checks.statistics.intervals import exact_share, holm, mcnemar, newcombe, wilson
from lineal.checks.statistics.means import mean_of
from lineal.checks.statistics.metrics import METRICS
from lineal.checks.statistics.resampling import Column, Statistic, draws, highest, lowest, ratio, resample
from lineal.checks.statistics.samples import Sample

KINDS = ("accuracy", "recall", "false_positive_rate", "selection_rate", "precision")

CELLS = [("no", "no"), ("no", "yes"), ("yes", "no"), ("yes", "yes")]
"""What is (actual, predicted) in each of a group's cells."""


def bootstrap(data: dict[str, Any]) -> dict[str, Any]:
    """Time the bootstrap of cells: each metric by group and overall, and the difference and ratio of groups."""
    started = time.process_time()
    groups = int(data["group"].max()) + 1
    codes = data["group"] * 4 + data["actual"] * 2 + data["candidate"]
    counts = np.bincount(codes, minlength=4 * groups).tolist()
    gaps = {}
    for name in KINDS:
        statistics = _statistics(name, groups)
        found = [resample(counts, each, replicates=int(data["replicates"]), seed=1) for each in statistics]
        assert all(found)
        # Percentiles, as theirs are: BCa takes out the bias of a largest difference.
        drawn = draws(counts, statistics[-2], replicates=int(data["replicates"]), seed=1)
        gaps[name] = np.quantile(drawn, [0.025, 0.975]).tolist()
    return {"seconds": time.process_time() - started, "gap_intervals": gaps}


def _statistics(name: str, groups: int) -> list[Statistic]:
    """Return a metric in each group and overall, and at the end its difference and its ratio between groups."""

    def rate(columns: Sequence[Column], chosen: Sequence[int]) -> Column:
        counted = METRICS[name].counted
        assert counted
        kinds = [counted(y, p, "yes") for y, p in CELLS]
        cells = [(group * 4 + place, *kind) for group in chosen for place, kind in enumerate(kinds)]
        return ratio(
            sum(columns[cell] for cell, is_inside, is_hit in cells if is_inside and is_hit),
            sum(columns[cell] for cell, is_inside, _ in cells if is_inside),
        )

    def rates(columns: Sequence[Column]) -> list[Column]:
        return [rate(columns, [group]) for group in range(groups)]

    def of(chosen: Sequence[int]) -> Statistic:
        return lambda columns: rate(columns, chosen)

    return [
        *(of([group]) for group in range(groups)),
        of(range(groups)),
        lambda columns: highest(rates(columns)) - lowest(rates(columns)),
        lambda columns: ratio(lowest(rates(columns)), highest(rates(columns))),
    ]


def agreement(data: dict[str, Any]) -> dict[str, Any]:
    """Return the figures that the peers return."""
    actual, candidate, champion, group = (data[name] for name in ("actual", "candidate", "champion", "group"))
    right, was = candidate == actual, champion == actual
    fixed, broke = int((right & ~was).sum()), int((~right & was).sum())
    names = np.array(["no", "yes"])
    sample = Sample(names[actual].tolist(), names[candidate].tolist(), "yes", data["scores"].tolist())
    by_group = [(candidate[group == each] == 1) for each in range(int(group.max()) + 1)]
    chosen = [float(each.mean()) for each in by_group]
    first, second = by_group[:2]
    errors = data["candidate_errors"] ** 2 - data["champion_errors"] ** 2
    mean = mean_of(float(errors.mean()), (errors - errors.mean()).tolist(), len(errors))
    odds = [
        np.ptp([float(candidate[(group == each) & (actual == kind)].mean()) for each in range(len(by_group))])
        for kind in (0, 1)
    ]
    brier, area = (METRICS[name].estimate(sample) for name in ("brier", "auc"))
    assert brier
    assert area
    return {
        "McNemar, exact, two-sided (statsmodels)": min(1.0, 2 * min(mcnemar(fixed, broke), mcnemar(broke, fixed))),
        "Wilson (statsmodels)": list(wilson(int(right.sum()), len(right))),
        "Clopper-Pearson (statsmodels)": list(exact_share(int(right.sum()), len(right))),
        "Newcombe (statsmodels)": list(newcombe(int(first.sum()), len(first), int(second.sum()), len(second))),
        "Holm (statsmodels)": holm(data["p"].tolist()),
        "Student, paired (scipy)": list(mean._replace(slope=0.0).interval()),
        "Brier (scikit-learn)": brier.value,
        "AUC (scikit-learn)": area.value,
        "demographic parity difference (fairlearn)": max(chosen) - min(chosen),
        "demographic parity ratio (fairlearn)": min(chosen) / max(chosen),
        "equalized odds difference (fairlearn)": float(max(odds)),
    }


def arrays(count: int, groups: int, replicates: int, seed: int = 1) -> dict[str, Any]:
    """Return a made-up held-out set with both versions' answers."""
    chance = np.random.default_rng(seed)
    actual = (chance.random(count) < 0.4).astype(int)
    group = chance.integers(0, groups, count)
    scores = 1 / (1 + np.exp(-(1.5 * actual - 0.8 + 0.1 * group + chance.normal(size=count))))
    flipped = chance.random(count) < 0.004
    candidate = (scores > 0.5).astype(int)
    return {
        "actual": actual,
        "candidate": candidate,
        "champion": np.where(flipped, 1 - candidate, candidate),
        "group": group,
        "scores": scores,
        "p": chance.random(12) ** 3,
        "candidate_errors": chance.normal(0, 1.0, count),
        "champion_errors": chance.normal(0, 1.05, count),
        "replicates": np.array(replicates),
    }
