"""How many answers of a version are others than those of the one before, and for better or worse: release notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from lineal.checks.comparing.answers import Tolerance, compare, floats
from lineal.checks.statistics.answered import answered
from lineal.checks.statistics.flips import changed, flips
from lineal.checks.statistics.intervals import exact_share
from lineal.checks.statistics.samples import Sample, Truth, read_sample
from lineal.checks.wording import figure
from lineal.formats.golden import GoldenAnswer, GoldenRequest
from lineal.formats.predictions import Prediction
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid
from lineal.objects.replays import AnswerChanges


def golden_changes(
    requests: Sequence[GoldenRequest],
    before: Sequence[GoldenAnswer],
    after: Sequence[GoldenAnswer],
    against: Digest,
    tolerance: Tolerance,
) -> AnswerChanges | None:
    """Return how many rows of golden requests are answered otherwise; of those whose true answer is known, how many broke and were fixed."""
    rows = [each for three in zip(requests, before, after, strict=True) for each in _rows(*three)]
    if not rows:
        return None
    differ = sum(compare(old, new, tolerance).kind in {"differing", "reformed"} for _, old, new in rows)
    known = [each for each in rows if each[0] and not isinstance(each[1], float)]
    return answer_changes(against, len(rows), differ, _sides(known))


def _rows(request: GoldenRequest, first: GoldenAnswer, second: GoldenAnswer) -> Iterator[tuple[str, Any, Any]]:
    """Yield the true answer of each row of a request, where it is known, and both predictions, where both are there."""
    old, new = _predictions(first), _predictions(second)
    if len(old) == len(new):
        labels = request.labels if len(request.labels) == len(old) else ("",) * len(old)
        yield from zip(labels, old, new, strict=True)


def _predictions(found: GoldenAnswer) -> list[Any]:
    if not found.is_answer or not found.body:
        return []
    try:
        body = msgspec.json.decode(found.body)
    except (msgspec.MsgspecError, RecursionError):
        return []
    said = body.get("predictions") if isinstance(body, dict) else None
    return said if isinstance(said, list) else []


def _sides(known: Sequence[tuple[str, Any, Any]]) -> tuple[Sample, Sample] | None:
    """Return the answers before and now to the rows whose true answer is known."""
    try:
        truth = Truth("label", [label for label, _, _ in known], {})
        old, new = (answered(Prediction(each[side]) for each in known) for side in (1, 2))
        if not known:
            return None
        return tuple(read_sample(truth, each, task="multiclass") for each in (new, old))  # type: ignore[return-value]
    except (Invalid, TypeError):
        return None


def answer_changes(
    against: Digest,
    row_count: int,
    differ: int,
    sides: tuple[Sample, Sample] | None,
    dataset: Digest | None = None,
) -> AnswerChanges:
    """Return how many answers are others, with intervals.

    Args:
        against: the version before.
        row_count: how many rows both answered.
        differ: how many of them otherwise.
        sides: the answers now and before to those whose true answer is known.
        dataset: where the rows are from; None for golden requests.
    """
    found = flips(*sides) if sides else None
    labelled = sides[0].row_count if sides and found else 0
    broke, fixed = (found.broke, found.fixed) if found else (0, 0)
    return AnswerChanges(
        against=against,
        row_count=row_count,
        changed=differ,
        changed_interval=_interval(differ, row_count),
        dataset=dataset,
        labelled=labelled,
        broke=broke,
        broke_interval=_interval(broke, labelled),
        fixed=fixed,
        fixed_interval=_interval(fixed, labelled),
    )


def _interval(hits: int, count: int) -> tuple[float, float]:
    low, high = exact_share(hits, count)
    return low, high


def measured_changes(against: Digest, dataset: Digest, now: Sample, before: Sample) -> AnswerChanges:
    """Return how many answers to the rows of a held-out dataset are others; numbers by more than the usual tolerance."""
    if now.predicted:
        return answer_changes(against, now.row_count, changed(now, before), (now, before), dataset)
    pairs = zip(now.predicted_numbers, before.predicted_numbers, strict=True)
    differ = sum(floats(float(a), float(b), Tolerance()).kind == "differing" for a, b in pairs)
    return answer_changes(against, now.row_count, differ, None, dataset)


def changes_said(found: AnswerChanges) -> str:
    """Return how many answers are others as a sentence of release notes."""
    share, low, high = (
        figure(each * 100) for each in (_share(found.changed, found.row_count), *found.changed_interval)
    )
    said = f"{share} % of {found.row_count:,} answers change (95 % interval {low} to {high})"
    if not found.labelled:
        return said
    worse, better = (figure(_share(each, found.labelled) * 100) for each in (found.broke, found.fixed))
    low, high = (figure(each * 100) for each in found.broke_interval)
    return f"{said}; {worse} % for the worse (right before, wrong now; {low} to {high}), {better} % for the better"


def _share(hits: int, count: int) -> float:
    return hits / count if count else 0.0
