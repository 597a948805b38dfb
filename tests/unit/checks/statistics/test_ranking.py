"""Rankings, against scikit-learn, and against every order of tied rows where it has no such metric."""

from __future__ import annotations

import math
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, label_ranking_average_precision_score, ndcg_score

from lineal.checks.evaluation import measure_all
from lineal.checks.statistics import ranking
from lineal.checks.statistics.metrics import METRICS, metric_of
from lineal.checks.statistics.paired import change, pair
from lineal.checks.statistics.samples import read_truth
from lineal.checks.wording import check_metric
from lineal.formats.predictions import Prediction
from lineal.objects.errors import Invalid

Query = list[tuple[int, float]]
"""The label and the score of each row."""

queries = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0])), min_size=2, max_size=6).filter(
    lambda query: any(label for label, _ in query)
)


def ranked(query: Query) -> ranking.Ranked:
    (found,) = ranking.ranked(["q"] * len(query), [float(label) for label, _ in query], [score for _, score in query])
    return found


def orders(query: Query) -> list[list[int]]:
    """Return the labels in every order that the scores allow."""
    found = [
        [label for label, _ in order]
        for order in permutations(query)
        if all(one[1] >= other[1] for one, other in pairwise(order))
    ]
    assert found
    return found


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


@given(queries, st.integers(1, 7))
def test_ndcg_is_scikit_learns_with_ties(query: Query, cutoff: int) -> None:
    labels, scores = [[label for label, _ in query]], [[score for _, score in query]]

    assert ranking.ndcg(ranked(query), cutoff) == pytest.approx(ndcg_score(labels, scores, k=cutoff))
    assert ranking.ndcg(ranked(query), 0) == pytest.approx(ndcg_score(labels, scores))


@given(queries)
def test_average_precision_is_scikit_learns_with_ties(query: Query) -> None:
    relevant, scores = [label > 0 for label, _ in query], [score for _, score in query]
    found = ranking.average_precision(ranked(query), 0)

    assert found == pytest.approx(average_precision_score(relevant, scores))
    assert found == pytest.approx(label_ranking_average_precision_score([relevant], [scores]))


@given(queries, st.integers(1, 7))
def test_the_others_are_the_mean_over_every_order_of_tied_rows(query: Query, cutoff: int) -> None:
    found, relevant = ranked(query), sum(label > 0 for label, _ in query)
    every = orders(query)
    hits = [sum(label > 0 for label in each[:cutoff]) for each in every]

    assert ranking.precision(found, cutoff) == pytest.approx(mean([each / cutoff for each in hits]))
    assert ranking.recall(found, cutoff) == pytest.approx(mean([each / relevant for each in hits]))
    assert ranking.hit_rate(found, cutoff) == pytest.approx(mean([float(each > 0) for each in hits]))
    first = [1 / (next(place for place, label in enumerate(each) if label) + 1) for each in every]
    assert ranking.reciprocal_rank(found, 0) == pytest.approx(mean(first))


def shop(count: int = 150, *, off: float = 0.0, seed: int = 5) -> tuple[list[dict[str, str]], list[Prediction]]:
    """Return rows of searches in two shops; scores tell the relevance, worse in the south by ``off``."""
    chance = np.random.default_rng(seed)
    rows, answers = [], []
    for number in range(count):
        place = "south" if number % 3 == 0 else "north"
        for _ in range(int(chance.integers(3, 12))):
            label = int(chance.choice([0, 0, 0, 1, 2]))
            noise = chance.normal(0, 1 + (off if place == "south" else 0.0))
            rows.append({"search": f"s{number}", "shop": place, "relevance": str(label)})
            answers.append(Prediction(round(float(label + noise), 1)))
    return rows, answers


def measured(rows: list[dict[str, str]], answers: list[Prediction], **options: object):
    truth = read_truth(rows, label="relevance", query="search", features=["shop"])
    return measure_all(truth, answers, **options)


def test_a_ranking_is_measured_by_queries_overall_and_in_every_slice() -> None:
    rows, answers = shop()
    found = measured(rows, answers, cutoffs=(3, 10))
    each = [by_query(rows, answers, place) for place in (None, "north", "south")]

    assert (found.task, len(found.results)) == ("ranking", 3)
    assert list(found.results[0].metrics) == [
        *(f"{name}@{cutoff}" for name in ("ndcg", "precision", "recall", "hit_rate") for cutoff in (3, 10)),
        "map",
        "mrr",
    ]
    for result, grouped in zip(found.results, each, strict=True):
        with_some = [query for query in grouped if any(label for label, _ in query)]
        expected = [ndcg_score([[a for a, _ in q]], [[s for _, s in q]], k=10) for q in with_some if len(q) > 1]

        assert result.query_count == len(with_some) < len(grouped)
        assert result.metrics["ndcg@10"] == pytest.approx(np.mean(expected))
        low, high = result.intervals["ndcg@10"]
        draws = np.random.default_rng(1).choice(expected, (2_000, len(expected))).mean(axis=1)
        assert (low, high) == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])), abs=0.02)


def by_query(rows: list[dict[str, str]], answers: list[Prediction], place: str | None) -> list[Query]:
    found: dict[str, Query] = {}
    for row, answer in zip(rows, answers, strict=True):
        if place in {None, row["shop"]}:
            found.setdefault(row["search"], []).append((int(row["relevance"]), float(answer.prediction)))
    return list(found.values())


def test_rows_of_a_query_need_not_stand_together() -> None:
    rows, answers = shop(40)
    order = np.random.default_rng(0).permutation(len(rows))
    mixed = measured([rows[place] for place in order], [answers[place] for place in order])

    assert mixed.results[0].metrics == pytest.approx(measured(rows, answers).results[0].metrics)


def test_a_classifier_ranks_by_the_probability_of_its_positive_class() -> None:
    rows, answers = shop(40)
    chances = [1 / (1 + math.exp(-float(each.prediction))) for each in answers]
    classified = [Prediction(int(each > 0.5), {"0": 1 - each, "1": each}) for each in chances]

    assert measured(rows, classified).results[0].metrics["map"] == measured(rows, answers).results[0].metrics["map"]


def test_two_versions_are_paired_by_query() -> None:
    rows, worse = shop(off=3.0)
    better = shop()[1]
    pairs = pair(rows, worse, better, task="ranking", label="relevance", query="search", slices=["shop"])
    south = change(pairs, "ndcg@20", pairs.truth.groups("shop")["south"])
    north = change(pairs, "mrr", pairs.truth.groups("shop")["north"])

    assert south is not None
    assert north is not None
    assert south.interval.high < 0 < south.row_count < 51  # queries, not rows
    assert south.p_worse_than(0.0) < 0.001


def test_a_cut_off_that_is_in_no_table_is_a_metric_too() -> None:
    check_metric("ndcg@25", among=METRICS)
    with pytest.raises(ValueError, match="ndcg@x"):
        check_metric("ndcg@x", among=METRICS)

    assert metric_of("ndcg@0") is metric_of("map@5") is None


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["0", "0"], "no query has a relevant row"), (["1", "-1"], "below zero"), (["1", "much"], "no number")],
)
def test_labels_that_rank_nothing_are_refused(labels: list[str], message: str) -> None:
    rows = [{"search": "s", "shop": "north", "relevance": each} for each in labels]

    with pytest.raises(Invalid, match=message):
        measured(rows, [Prediction(0.5)] * 2)
