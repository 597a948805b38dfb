"""How often each comparison decides wrongly, on simulated pairs whose truth is known and lies exactly on the bar.

There a pass is a false promotion and a fail a false refusal. Intervals are two-sided at 95 %, so each of the two may happen
in 2.5 % of the cases; tests of many subgroups in 5 % for all of them together.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from lineal.checks.check import Check
from lineal.checks.evaluation import Group, measure
from lineal.checks.evidence import Answers, Evidence
from lineal.checks.judges.better_than_champion import BetterThanChampion
from lineal.checks.judges.calibration import Calibration
from lineal.checks.judges.churn import Churn
from lineal.checks.judges.fairness_gap import FairnessGap
from lineal.checks.judges.fairness_ratio import FairnessRatio
from lineal.checks.judges.fairness_regression import FairnessRegression
from lineal.checks.judges.metric_floor import MetricFloor
from lineal.checks.judges.negative_flips import NegativeFlips
from lineal.checks.judges.not_worse_than_champion import NotWorseThanChampion
from lineal.checks.judges.slice_regression import SliceRegression
from lineal.checks.statistics.intervals import Interval, wilson
from lineal.checks.statistics.paired import Pairs
from lineal.checks.statistics.samples import Sample, Truth
from lineal.objects.digest import digest_of
from lineal.objects.statements import Evaluation
from lineal.objects.versions import Version

Generator = np.random.Generator

HALF = 0.025
"""What one side of an interval at 95 % may miss."""

_NAMES = np.array(["no", "yes"])


class Rate(NamedTuple):
    """How often a check decided wrongly: ``promoted`` and ``refused`` of ``count``, where each may be ``nominal``."""

    name: str
    count: int
    promoted: int
    refused: int
    nominal: tuple[float, float]

    def between(self, wrong: int) -> Interval:
        """Return the Monte-Carlo interval of a rate, at 95 %."""
        return wilson(wrong, self.count)

    @property
    def holds(self) -> bool:
        """Whether neither rate is above its nominal level by more than a fifth of it, beyond the luck of simulating."""
        rates = zip((self.promoted, self.refused), self.nominal, strict=True)
        return all(self.between(wrong).low <= 1.2 * nominal for wrong, nominal in rates)


class Case(NamedTuple):
    """A check whose bar is the truth of what ``draw`` simulates; ``nominal`` for promoting and for refusing wrongly."""

    name: str
    check: Check
    draw: Callable[[Generator], Evidence]
    nominal: tuple[float, float] = (HALF, HALF)


def measured(case: Case, count: int, seed: int) -> Rate:
    """Return how often a check decided wrongly in so many simulations."""
    chance = np.random.default_rng(seed)
    found = Counter(case.check.judge(case.draw(chance)).outcome for _ in range(count))
    return Rate(case.name, count, found["pass"] + found["warn"], found["fail"], case.nominal)


def cases() -> Iterator[Case]:
    """Yield every comparison."""
    for count in (50, 200, 1_000):
        yield from _sized(count, _flipping)
    for count in (100, 400):
        yield from _sized(count, _of_cells, _of_scores, _of_numbers)
    for count in (400, 2_000):
        yield from _sized(count, _of_groups, _calibrated)


def _sized(count: int, *makers: Callable[[int], Iterator[Case]]) -> Iterator[Case]:
    """Yield cases of so many rows."""
    for make in makers:
        for each in make(count):
            yield each._replace(name=f"{each.name}, {count:,} rows")


# --- versions that answer yes or no


def _version(name: str) -> Version:
    digest = digest_of(name.encode())
    return Version(weights=digest, main_file="m", run=digest, code=digest, runtime=digest)


_CANDIDATE, _CHAMPION = _version("candidate"), _version("champion")


def _evidence(truth: Truth, candidate: Sample, champion: Sample) -> Evidence:
    slices = tuple(
        measure("binary", candidate, Group(feature, value, places))
        for feature in truth.features
        for value, places in truth.groups(feature).items()
    )
    task = "binary" if candidate.actual else "regression"
    return Evidence(
        version=_CANDIDATE,
        champion=_CHAMPION,
        evaluation=Evaluation(
            dataset=_CANDIDATE.weights,
            task=task,  # type: ignore[arg-type]
            label="y",
            positive="yes",
            overall=measure(task, candidate),  # type: ignore[arg-type]
            slices=slices,
        ),
        answers=Answers(truth, candidate),
        pairs=Pairs(truth, candidate, champion),
    )


def _binary(actual: np.ndarray, candidate: np.ndarray, champion: np.ndarray, **features: np.ndarray) -> Evidence:
    names = [_NAMES[each.astype(int)].tolist() for each in (actual, candidate, champion)]
    truth = Truth("y", names[0], {name: each.astype(str).tolist() for name, each in features.items()})
    return _evidence(truth, *(Sample(names[0], each, "yes") for each in names[1:]))


def _answers(chance: Generator, count: int, fixed: float, broke: float, kept: float = 0.5) -> tuple[np.ndarray, ...]:
    """Return (actual, candidate, champion): shares of rows that only the candidate, only the champion, both have right."""
    actual = chance.random(count) < 0.4
    kind = chance.random(count)
    candidate_right = (kind < fixed) | (kind >= fixed + broke) & (kind < fixed + broke + kept)
    champion_right = (kind >= fixed) & (kind < fixed + broke + kept)
    return actual, actual == candidate_right, actual == champion_right


def _flipping(count: int) -> Iterator[Case]:
    def lost(chance: Generator) -> Evidence:
        return _binary(*_answers(chance, count, 0.06, 0.11))

    def gained(chance: Generator) -> Evidence:
        return _binary(*_answers(chance, count, 0.11, 0.06))

    def same(chance: Generator) -> Evidence:
        return _binary(*_answers(chance, count, 0.08, 0.08))

    def rare(chance: Generator) -> Evidence:
        return _binary(*_answers(chance, count, 0.005, 0.025, 0.9))

    for metric in ("accuracy", "recall"):
        yield Case(f"not_worse {metric}, 5 % lost", NotWorseThanChampion(metric=metric, margin=0.05), lost)
    yield Case("not_worse accuracy, 2 % lost of few flips", NotWorseThanChampion(metric="accuracy", margin=0.02), rare)
    yield Case("not_worse accuracy, margin 0", NotWorseThanChampion(metric="accuracy", margin=0.0), same)
    yield Case("better accuracy, by 5 %", BetterThanChampion(metric="accuracy", by=0.05), gained)
    yield Case("negative_flips", NegativeFlips(at_most=0.08), same)
    yield Case("churn", Churn(at_most=0.16), same)
    yield Case("metric_floor accuracy", MetricFloor(metric="accuracy", at_least=0.58), same)


# --- metrics that are computed from cells


_CELLS = {
    (1, 1, 1): 0.18,
    (1, 1, 0): 0.03,
    (1, 0, 1): 0.05,
    (1, 0, 0): 0.04,
    (0, 1, 1): 0.05,
    (0, 1, 0): 0.04,
    (0, 0, 1): 0.02,
}
"""Shares of (actual, candidate, champion); the rest is right by both."""


def _of_cells(count: int) -> Iterator[Case]:
    shares = _CELLS | {(0, 0, 0): 1 - sum(_CELLS.values())}
    keys, weights = np.array(list(shares)), np.array(list(shares.values()))

    def share(test: Callable[[np.ndarray], np.ndarray]) -> float:
        return float(weights[test(keys.T)].sum())

    def precision(side: int) -> float:
        return share(lambda k: (k[0] == 1) & (k[side] == 1)) / share(lambda k: k[side] == 1)

    def f1(side: int) -> float:
        hit = share(lambda k: (k[0] == 1) & (k[side] == 1))
        return 2 * hit / (share(lambda k: k[0] == 1) + share(lambda k: k[side] == 1))

    def draw(chance: Generator) -> Evidence:
        found = keys[chance.choice(len(keys), count, p=weights)].T
        return _binary(*(each == 1 for each in found))

    for name, true in (("precision", precision), ("f1", f1)):
        lost = true(2) - true(1)
        yield Case(f"not_worse {name}", NotWorseThanChampion(metric=name, margin=lost), draw)
        yield Case(f"metric_floor {name}", MetricFloor(metric=name, at_least=true(1)), draw)


# --- metrics that are computed from probabilities and numbers


def _area(distance: float) -> float:
    return math.erfc(-distance / 2) / 2


def _of_scores(count: int) -> Iterator[Case]:
    def draw(chance: Generator) -> Evidence:
        actual = chance.random(count) < 0.3
        common = chance.normal(size=count)
        said = [distance * actual + 0.8 * common + 0.6 * chance.normal(size=count) for distance in (1.2, 1.5)]
        names = _NAMES[actual.astype(int)].tolist()
        samples = []
        for each in said:
            scores = 1 / (1 + np.exp(-(each - 0.7)))
            losses = -np.log(np.where(actual, scores, 1 - scores))
            predicted = _NAMES[(scores > 0.5).astype(int)].tolist()
            samples.append(Sample(names, predicted, "yes", scores.tolist(), losses.tolist()))
        return _evidence(Truth("y", names, {}), *samples)

    margin = _area(1.5) - _area(1.2)
    yield Case("not_worse auc", NotWorseThanChampion(metric="auc", margin=margin), draw)
    yield Case("metric_floor auc", MetricFloor(metric="auc", at_least=_area(1.2)), draw)
    many = np.random.default_rng(1).normal(size=4_000_000)
    for metric, loss in (
        ("brier", lambda p, hit: (p - hit) ** 2),
        ("log_loss", lambda p, hit: -np.log(p if hit else 1 - p)),
    ):
        means = [
            0.3 * loss(1 / (1 + np.exp(-(many + distance - 0.7))), 1).mean()
            + 0.7 * loss(1 / (1 + np.exp(-(many - 0.7))), 0).mean()
            for distance in (1.2, 1.5)
        ]
        check = NotWorseThanChampion(metric=metric, margin=float(means[0] - means[1]))
        yield Case(f"not_worse {metric}", check, draw)


def _of_numbers(count: int) -> Iterator[Case]:
    def draw(chance: Generator) -> Evidence:
        actual, common = chance.normal(0, 2, count), chance.standard_t(6, count)
        errors = [scale * (0.8 * common + 0.6 * chance.standard_t(6, count)) for scale in (1.1, 1.0)]
        samples = [
            Sample(actual_numbers=actual.tolist(), predicted_numbers=(actual + each).tolist()) for each in errors
        ]
        return _evidence(Truth("y", list(map(str, actual.tolist())), {}), *samples)

    deviation = math.sqrt(6 / 4)
    many = np.random.default_rng(1)
    absolute = float(np.abs(0.8 * many.standard_t(6, 8_000_000) + 0.6 * many.standard_t(6, 8_000_000)).mean())
    for metric, margin in (
        ("rmse", 0.1 * deviation),
        ("mae", 0.1 * absolute),
        ("r2", (1.1**2 - 1) * deviation**2 / 4),
    ):
        yield Case(f"not_worse {metric}", NotWorseThanChampion(metric=metric, margin=margin), draw)


# --- groups


def _of_groups(count: int) -> Iterator[Case]:
    def lost(chance: Generator) -> Evidence:
        return _binary(*_answers(chance, count, 0.06, 0.11), group=chance.integers(0, 5, count))

    budget = {"features": ("group",), "metric": "accuracy", "margin": 0.05}
    # A value beyond the margin that may be luck is inconclusive, so only fails are wrong here; strict passes only on proof.
    yield Case("slice_regression, 5 groups", SliceRegression(**budget), lost, (1.0, 2 * HALF))
    yield Case("slice_regression strict, 5 groups", SliceRegression(**budget, strict=True), lost, (HALF, 2 * HALF))

    def unequal(chance: Generator, rates: tuple[float, ...], champion: tuple[float, ...]) -> Evidence:
        group = chance.integers(0, len(rates), count)
        chosen = chance.random(count)
        sides = [chosen < np.array(each)[group] for each in (rates, champion)]
        return _binary(chance.random(count) < 0.5, *sides, group=group)

    two, four = (0.4, 0.5), (0.4, 0.5, 0.45, 0.47)
    gap = {"metric": "selection_rate", "feature": "group"}
    for rates in (two, four):
        told = f"{len(rates)} groups"
        before = tuple(0.45 for _ in rates)
        draw = _with(unequal, rates, before)
        yield Case(f"fairness_gap, {told}", FairnessGap(**gap, at_most=0.1), draw)
        yield Case(f"fairness_ratio, {told}", FairnessRatio(feature="group", at_least=0.8), draw)
        narrower = _with(unequal, rates, tuple(0.45 + (each - 0.45) / 2 for each in rates))
        yield Case(f"fairness_regression, {told}", FairnessRegression(**gap, margin=0.05), narrower)


def _with(
    draw: Callable[[Generator, tuple[float, ...], tuple[float, ...]], Evidence], *rates: tuple[float, ...]
) -> Callable[[Generator], Evidence]:
    return lambda chance: draw(chance, *rates)


def _calibrated(count: int) -> Iterator[Case]:
    def draw(chance: Generator) -> Evidence:
        scores = chance.uniform(0.2, 0.8, count)
        names = _NAMES[(chance.random(count) < scores - 0.08).astype(int)].tolist()
        sample = Sample(names, names, "yes", scores.tolist())
        return Evidence(version=_CANDIDATE, answers=Answers(Truth("y", names, {}), sample))

    yield Case("calibration, error 0.08", Calibration(at_most=0.08), draw)
