"""Golden requests that two versions answered: what is the same, what differs, and what that means for callers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from lineal.checks.bump.changes import golden_changes
from lineal.checks.bump.rules import Seen
from lineal.checks.comparing.answers import Compared, Tolerance, compare
from lineal.checks.wording import figure
from lineal.formats.golden import GoldenAnswer, GoldenRequest
from lineal.objects.canonical import NOT_FINITE, number
from lineal.objects.digest import Digest
from lineal.objects.replays import Replay, ReplayExample, ReplayOutcome

_SHOWN = 200


def replayed(
    requests: Sequence[GoldenRequest],
    before: Sequence[GoldenAnswer],
    after: Sequence[GoldenAnswer],
    *,
    against: Digest,
    tolerance: Tolerance,
) -> Replay:
    """Return how a version answered the golden requests of another.

    Args:
        requests: what both were asked.
        before: the answers of the other, in their order.
        after: the version's own.
        against: the other.
        tolerance: by how much floats may differ.
    """
    counting = _Counting(tolerance)
    for each in zip(requests, before, after, strict=True):
        counting.take(*each)
    counts = counting.counts
    is_answered = any(old.is_answer or new.is_answer for old, new in zip(before, after, strict=True))
    found = Replay(
        against=against,
        outcome=_outcome(counts) if is_answered else "not done",
        reason="none of them is answered" if requests and not is_answered else "",
        request_count=len(requests),
        tolerance=tolerance.relative,
        largest_difference=number(counting.largest),
        example=counting.example,
        changes=golden_changes(requests, before, after, against, tolerance),
    )
    return msgspec.structs.replace(found, **counts)


class _Counting:
    """Counts requests by what became of their answers, and keeps the first that is told."""

    def __init__(self, tolerance: Tolerance) -> None:
        names = ("equal", "exact", "differing", "reformed", "refused", "accepted", "unstable")
        self.counts = dict.fromkeys(names, 0)
        self.largest = 0.0
        self.example: ReplayExample | None = None
        self._rank = len(_RANKS)
        self._tolerance = tolerance
        self._place = 0

    def take(self, request: GoldenRequest, old: GoldenAnswer, new: GoldenAnswer) -> None:
        """Take a request with both answers."""
        name, found = self._named(old, new)
        self._place += 1
        self.counts[name] += 1
        if name == "equal":
            self.counts["exact"] += found.kind == "same"
        self.largest = max(self.largest, found.difference)
        rank = _RANKS.index(name) if name in _RANKS else len(_RANKS)
        if rank < self._rank:
            self._rank = rank
            self.example = ReplayExample(
                place=self._place, request=_short(request.body), before=_told(old), after=_told(new)
            )

    def _named(self, old: GoldenAnswer, new: GoldenAnswer) -> tuple[str, Compared]:
        if not old.is_answer or not new.is_answer:
            name = "equal" if old.is_answer == new.is_answer else "refused" if old.is_answer else "accepted"
            return name, Compared("same")
        if not (self._is_stable(old) and self._is_stable(new)):
            return "unstable", Compared("same")
        found = _bodies(old, new, self._tolerance)
        return ("equal" if found.kind in {"same", "close"} else found.kind), found

    def _is_stable(self, found: GoldenAnswer) -> bool:
        """Tell whether the second answer was the first one, digit by digit or nearly."""
        if not found.again:
            return True
        again = GoldenAnswer(found.status, found.again)
        return _bodies(found, again, self._tolerance).kind in {"same", "close"}


_RANKS = ("refused", "reformed", "unstable", "differing", "accepted")
"""Of which an example is shown, the one that matters most first."""


def is_unstable(found: GoldenAnswer, tolerance: Tolerance) -> bool:
    """Tell whether a request was answered otherwise the second time."""
    return not _Counting(tolerance)._is_stable(found)  # noqa: SLF001 - its own


def _bodies(old: GoldenAnswer, new: GoldenAnswer, tolerance: Tolerance) -> Compared:
    if old.digest or new.digest:
        return Compared("same" if old.digest == new.digest else "differing")
    if old.body == new.body:
        return Compared("same")
    try:
        left, right = (msgspec.json.decode(each.body) for each in (old, new))
    except (msgspec.MsgspecError, RecursionError):
        return Compared("differing")
    return compare(left, right, tolerance)


def _outcome(counts: Mapping[str, int]) -> ReplayOutcome:
    worst = next((name for name in _OUTCOMES if counts[name]), None)
    return worst or ("differing" if counts["accepted"] else "equal")


_OUTCOMES: tuple[ReplayOutcome, ...] = ("refused", "reformed", "unstable", "differing")
"""Where some answers depend on chance, others that differ may do so too."""


def _told(found: GoldenAnswer) -> str:
    if not found.status or found.digest:
        return found.reason
    return _short(found.body) if found.is_answer else _short(f"status {found.status}: {found.body}")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def replay_seen(replay: Replay | None) -> Iterator[Seen]:
    """Yield what replaying the golden requests of the version before showed."""
    if replay is None:
        return
    count = f"{replay.request_count:,}"
    if replay.outcome == "not done":
        yield Seen("replay-not-done", f"golden requests prove nothing: {replay.reason or 'there are none'}")
        return
    for rule, hits, what in (
        ("replay-refused", replay.refused, "that were answered are answered no more"),
        ("replay-form", replay.reformed, "have answers of another form"),
        ("replay-differs", replay.differing, f"have other answers{_size(replay)}"),
        ("replay-unstable", replay.unstable, "are answered otherwise each time, so that nothing can be compared"),
        ("replay-accepted", replay.accepted, "that were refused are answered"),
    ):
        if hits:
            where = f"request {replay.example.place}" if replay.example and rule == _first_rule(replay) else ""
            yield Seen(rule, f"{hits:,} of {count} golden requests {what}{_flipped(replay, rule)}", where)
    if replay.outcome == "equal":
        how = "digit by digit" if replay.exact == replay.equal else f"within {replay.tolerance:g} of each number"
        yield Seen("replay-equal", f"all {count} golden requests are answered as before, {how}")


def _first_rule(replay: Replay) -> str:
    names = {"refused": "replay-refused", "reformed": "replay-form", "unstable": "replay-unstable"}
    return names.get(replay.outcome, "replay-differs" if replay.differing else "replay-accepted")


def _size(replay: Replay) -> str:
    if replay.largest_difference in (0.0, *NOT_FINITE):
        return ""
    return f", numbers by up to {figure(float(replay.largest_difference) * 100)} %"


def _flipped(replay: Replay, rule: str) -> str:
    found = replay.changes
    if rule != "replay-differs" or found is None or not found.labelled:
        return ""
    flips = f"{found.broke:,} right before and wrong now, {found.fixed:,} the other way"
    return f"; of {found.row_count:,} rows {found.changed:,} predictions changed ({flips})"
