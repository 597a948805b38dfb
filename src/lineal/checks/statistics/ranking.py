"""How well a model orders the rows of each query: what is wanted should come first.

The unit is the query: a metric is its mean over queries, and its interval comes from how queries differ. Queries without
anything to find are left out, for no order of them is better than another. A row is relevant when its label is above
zero; only NDCG uses how much.

Rows with the same score have no order. Each metric is the mean over all orders of them, as it is of scikit-learn's
``ndcg_score``; average precision takes them as one step, as ``average_precision_score`` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from lineal.objects.errors import Invalid


class Tie(NamedTuple):
    """Rows of a query with the same score: at which place they begin, how many there are, and how many are relevant.

    ``gain`` is the sum of their labels.
    """

    start: int
    row_count: int
    relevant: int
    gain: float


class Ranked(NamedTuple):
    """The rows of a query, best score first, and all its labels from high to low."""

    ties: Sequence[Tie]
    ideal: Sequence[float]

    @property
    def relevant(self) -> int:
        """How many rows are relevant."""
        return sum(each.relevant for each in self.ties)


Figure = Callable[[Ranked, int], float]
"""A metric of one query at a cut-off; 0 is none."""


def ranked(queries: Sequence[str], labels: Sequence[float], scores: Sequence[float]) -> list[Ranked]:
    """Return the queries of a ranking that have something to find, in the order in which they first appear.

    Args:
        queries: to which each row belongs.
        labels: how relevant each row is; 0 is not.
        scores: by which the model ranks it.

    Raises:
        Invalid: a label is below zero.
    """
    if labels and min(labels) < 0:
        raise Invalid("a label is below zero, which is no relevance", hint="label rows from 0, not relevant, upwards")
    rows: dict[str, list[tuple[float, float]]] = {}
    for query, label, score in zip(queries, labels, scores, strict=True):
        rows.setdefault(query, []).append((score, label))
    return [_ranked(pairs) for pairs in rows.values() if any(label > 0 for _, label in pairs)]


def _ranked(pairs: Sequence[tuple[float, float]]) -> Ranked:
    ties, start = list[Tie](), 0
    for _, tied in groupby(sorted(pairs, key=lambda each: -each[0]), key=lambda each: each[0]):
        labels = [label for _, label in tied]
        ties.append(Tie(start, len(labels), sum(label > 0 for label in labels), math.fsum(labels)))
        start += len(labels)
    return Ranked(ties, sorted((label for _, label in pairs), reverse=True))


def ndcg(query: Ranked, cutoff: int) -> float:
    """Return the discounted gain over that of the best order; the gain is the label itself (Järvelin and Kekäläinen 2002)."""
    best = math.fsum(label * _discount(place) for place, label in enumerate(query.ideal[: cutoff or None]))
    found = math.fsum(tie.gain / tie.row_count * _discounts(tie.start, _end(tie, cutoff)) for tie in query.ties)
    return found / best


def average_precision(query: Ranked, _: int) -> float:
    """Return the mean, over relevant rows, of the precision down to each."""
    found, hits = 0.0, 0
    for tie in query.ties:
        hits += tie.relevant
        found += tie.relevant * hits / (tie.start + tie.row_count)
    return found / hits


def reciprocal_rank(query: Ranked, _: int) -> float:
    """Return one over the place of the first relevant row."""
    tie = next(each for each in query.ties if each.relevant)
    others, orders = tie.row_count - tie.relevant, math.comb(tie.row_count, tie.relevant)
    chances = ((place, math.comb(tie.row_count - place - 1, tie.relevant - 1) / orders) for place in range(others + 1))
    return math.fsum(chance / (tie.start + place + 1) for place, chance in chances)


def precision(query: Ranked, cutoff: int) -> float:
    """Return the share of relevant rows among the first; places that the query does not fill count as misses."""
    return _hits(query, cutoff) / cutoff


def recall(query: Ranked, cutoff: int) -> float:
    """Return the share of the relevant rows that are among the first."""
    return _hits(query, cutoff) / query.relevant


def hit_rate(query: Ranked, cutoff: int) -> float:
    """Return whether some relevant row is among the first."""
    missed = 1.0
    for tie in query.ties:
        within = _end(tie, cutoff) - tie.start
        if within <= 0:
            break
        missed *= math.comb(tie.row_count - tie.relevant, within) / math.comb(tie.row_count, within)
    return 1 - missed


AT: dict[str, Figure] = {"ndcg": ndcg, "precision": precision, "recall": recall, "hit_rate": hit_rate}
"""What is computed of the first rows only: ``ndcg@10``."""

WHOLE: dict[str, Figure] = {"map": average_precision, "mrr": reciprocal_rank}
"""What is computed of all rows of a query."""

CUTOFFS = (5, 10)
"""At which cut-offs a ranking is measured, where nobody says."""


def _hits(query: Ranked, cutoff: int) -> float:
    return math.fsum(each.relevant * max(_end(each, cutoff) - each.start, 0) / each.row_count for each in query.ties)


def _end(tie: Tie, cutoff: int) -> int:
    """Return where the part of a tie ends that is within the cut-off."""
    return max(tie.start, min(tie.start + tie.row_count, cutoff or tie.start + tie.row_count))


@lru_cache(maxsize=4096)
def _discount(place: int) -> float:
    return 1 / math.log2(place + 2)


def _discounts(start: int, end: int) -> float:
    return math.fsum(map(_discount, range(start, end)))
