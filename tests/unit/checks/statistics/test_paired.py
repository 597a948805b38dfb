from __future__ import annotations

import numpy as np
import pytest

from lineal.checks.statistics.paired import Pairs, change, pair
from lineal.checks.statistics.samples import Task
from lineal.formats.predictions import Prediction


def both(count: int = 400, *, task: Task = "binary") -> tuple[Pairs, list[dict[str, str]]]:
    """Two versions' answers to the same rows; the candidate reads the truth through less noise."""
    generator = np.random.default_rng(7)
    truth = generator.normal(0, 1, count)
    rows = [{"y": repr(float(each)) if task == "regression" else ("yes" if each > 0 else "no")} for each in truth]

    def answered(noise: float) -> list[Prediction]:
        seen = truth + generator.normal(0, noise, count)
        if task == "regression":
            return [Prediction(float(each)) for each in seen]
        chances = 1 / (1 + np.exp(-seen))
        return [Prediction("yes" if c > 0.5 else "no", {"yes": float(c), "no": float(1 - c)}) for c in chances]

    found = pair(
        rows, answered(0.6), answered(0.9), task=task, label="y", positive="" if task == "regression" else "yes"
    )
    return found, rows


@pytest.mark.parametrize(
    ("task", "name"),
    [
        *(("binary", name) for name in ("accuracy", "precision", "recall", "f1", "auc", "log_loss", "brier")),
        ("binary", "false_positive_rate"),
        *(("regression", name) for name in ("rmse", "mae", "r2")),
    ],
)
def test_the_interval_of_the_gain_agrees_with_the_paired_bootstrap(task: Task, name: str) -> None:
    pairs, rows = both(task=task)
    generator = np.random.default_rng(8)
    draws = (generator.integers(0, len(rows), len(rows)).tolist() for _ in range(400))
    gains = [found.gain for places in draws if (found := change(pairs, name, places))]
    low, high = np.quantile(gains, [0.025, 0.975])

    found = change(pairs, name)

    assert found
    assert found.gain > 0  # more is better, whichever way the metric counts
    assert found.interval == pytest.approx((low, high), abs=0.2 * (high - low))


def test_fixed_and_broken_rows_are_told_apart() -> None:
    rows = [{"y": "yes"}] * 4 + [{"y": "no"}] * 3
    new = [Prediction(each) for each in ("yes", "yes", "no", "no", "no", "yes", "no")]
    old = [Prediction(each) for each in ("yes", "no", "yes", "no", "yes", "no", "no")]
    pairs = pair(rows, new, old, task="binary", label="y", positive="yes")

    flips = {
        name: (f.fixed, f.broke, f.row_count)
        for name in ("accuracy", "recall", "false_positive_rate")
        if (f := change(pairs, name))
    }

    assert flips == {"accuracy": (2, 2, 7), "recall": (1, 1, 4), "false_positive_rate": (1, 1, 3)}


def test_versions_that_name_classes_otherwise_are_compared_by_what_they_mean() -> None:
    rows = [{"y": "1"}, {"y": "0"}, {"y": "1"}]
    pairs = pair(
        rows,
        [Prediction("1"), Prediction("0"), Prediction("1")],
        [Prediction(1.0), Prediction(0.0), Prediction(0.0)],
        task="binary",
        label="y",
        positive="1",
    )

    found = change(pairs, "accuracy")

    assert found
    assert (found.fixed, found.broke) == (1, 0)


def test_equal_answers_are_never_proof_of_a_loss() -> None:
    pairs, _ = both()
    same = pairs._replace(champion=pairs.candidate)

    for name in ("accuracy", "auc", "f1"):
        found = change(same, name)

        assert found
        assert (found.gain, found.p_worse_than(0), found.p_worse_than(0.01) > 0.5) == (0, 1.0, True)


def test_a_metric_that_the_rows_cannot_give_has_no_change() -> None:
    pairs, rows = both()

    assert change(pairs, "recall", [place for place, row in enumerate(rows) if row["y"] == "no"]) is None
