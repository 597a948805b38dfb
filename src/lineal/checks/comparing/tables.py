"""In what two tables differ, column by column: a figure for how much, and a sentence for what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Literal, NamedTuple

import msgspec

from lineal.checks.drift import Distance, between_numbers, between_texts, chance_of_shares, shift
from lineal.formats.profiles import distinct_count
from lineal.formats.wording import MOMENTS, figure, percent, time_of
from lineal.objects.profiles import ColumnProfile, Distribution, Profile

Change = Literal["added", "removed", "retyped", "changed"]

_LISTED_MAX = 5
_DISTINCT_SHARE_MIN = 0.1
"""Two estimates of how many different values there are differ by less when nothing changed."""

_WORDS = ((0.25, "strongly"), (0.1, "clearly"), (0.03, "slightly"))
"""From so large a change on, it is called so."""


class ColumnChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changed in a column.

    ``size``, from 0 to 1, is about the share of values that would have to change to make one of the other; 1 when the
    column is new, gone or of another type. ``figures`` are what the sentence was made of.
    """

    name: str
    change: Change
    size: float
    sentence: str
    left_dtype: str = ""
    right_dtype: str = ""
    figures: dict[str, float] = {}
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()


class _Finding(NamedTuple):
    """One thing that changed in a column."""

    size: float
    phrase: str
    figures: dict[str, float] = {}
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()


def compare_tables(left: Profile, right: Profile) -> tuple[ColumnChange, ...]:
    """Return what changed, the largest change first; columns in which nothing did are left out."""
    before = {each.name: each for each in left.columns}
    after = {each.name: each for each in right.columns}
    found = [
        *(_gone(each) for name, each in before.items() if name not in after),
        *(_new(each) for name, each in after.items() if name not in before),
        *(_changed(before[name], each) for name, each in after.items() if name in before),
    ]
    return tuple(sorted((each for each in found if each), key=lambda each: -each.size))


def _gone(column: ColumnProfile) -> ColumnChange:
    return ColumnChange(
        name=column.name, change="removed", size=1.0, sentence="the column is gone", left_dtype=column.dtype
    )


def _new(column: ColumnProfile) -> ColumnChange:
    share = _missing_share(column)
    sentence = f"a new column, {column.dtype}" + (f", missing in {percent(share)}" if share else "")
    return ColumnChange(name=column.name, change="added", size=1.0, sentence=sentence, right_dtype=column.dtype)


def _changed(left: ColumnProfile, right: ColumnProfile) -> ColumnChange | None:
    found = [each for part in _PARTS for each in part(left, right)]
    if not found:
        return None
    size = max(each.size for each in found)
    word = next((word for least, word in _WORDS if size >= least), "hardly")
    is_retyped = "null" not in {left.dtype, right.dtype} and left.dtype != right.dtype
    phrases = "; ".join(each.phrase for each in found)
    return ColumnChange(
        name=left.name,
        change="retyped" if is_retyped else "changed",
        size=size,
        sentence=phrases if is_retyped else f"{word} changed: {phrases}",
        left_dtype=left.dtype,
        right_dtype=right.dtype,
        figures={name: value for each in found for name, value in each.figures.items()},
        appeared=tuple(text for each in found for text in each.appeared),
        vanished=tuple(text for each in found for text in each.vanished),
    )


def _dtype(left: ColumnProfile, right: ColumnProfile) -> Iterator[_Finding]:
    if left.dtype == right.dtype:
        return
    if "null" in {left.dtype, right.dtype}:
        yield _Finding(1.0, "was empty" if left.dtype == "null" else "is empty")
        return
    others = {kind: count for kind, count in right.kinds.items() if kind not in left.kinds and count}
    told = ", ".join(f"{count:,} {kind} value{'s' if count > 1 else ''}" for kind, count in others.items())
    yield _Finding(1.0, f"was {left.dtype}, is {right.dtype}" + (f" ({told})" if told else ""))


def _missing(left: ColumnProfile, right: ColumnProfile) -> Iterator[_Finding]:
    before, after = _missing_share(left), _missing_share(right)
    by_chance = chance_of_shares(left.missing, _size(left), right.missing, _size(right))
    if abs(after - before) > by_chance or bool(left.missing) != bool(right.missing):
        figures = {"missing_left": before, "missing_right": after}
        yield _Finding(abs(after - before), f"missing {percent(before)} → {percent(after)}", figures)


def _numbers(left: ColumnProfile, right: ColumnProfile) -> Iterator[_Finding]:
    return _distribution("numbers", left.numbers, right.numbers, figure)


def _times(left: ColumnProfile, right: ColumnProfile) -> Iterator[_Finding]:
    # Where only one of them holds moments, they cannot be compared as such.
    dtype = left.dtype if right.dtype in MOMENTS else right.dtype
    say = partial(time_of, dtype=dtype)
    return _distribution("times", left.times, right.times, say)


def _lengths(left: ColumnProfile, right: ColumnProfile) -> Iterator[_Finding]:
    if left.texts and right.texts and left.texts.counts and right.texts.counts:
        return iter(())  # whose frequencies are told already
    return _distribution("lengths", left.lengths, right.lengths, figure)


def _distribution(
    what: str, left: Distribution | None, right: Distribution | None, say: Callable[[float], str]
) -> Iterator[_Finding]:
    if not left or not right:
        return
    distance = between_numbers(left, right)
    subject = "" if what in {"numbers", "times"} else "length "
    if distance.is_told:
        moved = shift(left, right)
        phrase = (
            f"{subject}mean {say(float(left.mean))} → {say(float(right.mean))} ({moved:+.2f} sd), {_moved(distance)}"
        )
        yield _Finding(distance.size, phrase, {**_figures(what, distance), f"{what}_mean_shift_sd": moved})
    if (left.minimum, left.maximum) != (right.minimum, right.maximum):
        ranges = [f"{say(each.minimum)} to {say(each.maximum)}" for each in (left, right)]
        yield _Finding(0.0, f"{subject}range {ranges[0]} → {ranges[1]}")


def _texts(left: ColumnProfile, right: ColumnProfile) -> Iterator[_Finding]:
    if not left.texts or not right.texts or not (left.texts.counts or right.texts.counts):
        return
    counts = _told(left), _told(right)
    distance = between_texts(left.texts, right.texts, *counts)
    if distance.is_told:
        yield _Finding(distance.size, _moved(distance), _figures("texts", distance))
    for word, one, other, total in (("new", right, left, counts[1]), ("gone", left, right, counts[0])):
        if texts := _only(one, other):
            told = ", ".join(f"{text!r} ({percent(count / total)})" for text, count in texts[:_LISTED_MAX])
            more = f" and {len(texts) - _LISTED_MAX} more" if len(texts) > _LISTED_MAX else ""
            names = tuple(text for text, _ in texts)
            yield _Finding(
                sum(count for _, count in texts) / total,
                f"{word}: {told}{more}",
                appeared=names if word == "new" else (),
                vanished=names if word == "gone" else (),
            )


def _only(one: ColumnProfile, other: ColumnProfile) -> Sequence[tuple[str, int]]:
    """Return the texts that only one side has, the most frequent first.

    Where not all texts of the other side are told, it may still have some of them, but less than a tenth as often.
    """
    if not one.texts or not other.texts:
        return ()
    share_max = other.texts.error / max(1, _told(other))
    found = ((text, count) for text, count in one.texts.counts.items() if text not in other.texts.counts)
    sure = ((text, count) for text, count in found if share_max <= count / max(1, _told(one)) / 10)
    return sorted(sure, key=lambda each: (-each[1], each[0]))


def _told(column: ColumnProfile) -> int:
    return column.kinds.get("string", 0) + column.kinds.get("boolean", 0) - column.untold


def _distinct(left: ColumnProfile, right: ColumnProfile) -> Iterator[_Finding]:
    before, after = distinct_count(left), distinct_count(right)
    is_exact = not left.distinct and not right.distinct
    if _only(left, right) or _only(right, left):
        return  # that is told already
    # Of a table that grew, a column of names or measurements has more different ones: that tells nothing.
    shares = [found / max(1, _size(each)) for found, each in ((before, left), (after, right))]
    if before == after or (not is_exact and (_is_near(before, after) or _is_near(*shares))):
        return
    figures = {"distinct_left": float(before), "distinct_right": float(after)}
    yield _Finding(0.0, f"{'' if is_exact else 'about '}{before:,} → {after:,} different values", figures)


def _is_near(before: float, after: float) -> bool:
    return abs(after - before) <= _DISTINCT_SHARE_MIN * max(before, after)


def _infinite(left: ColumnProfile, right: ColumnProfile) -> Iterator[_Finding]:
    if left.infinite != right.infinite:
        yield _Finding(0.0, f"{left.infinite:,} → {right.infinite:,} infinite values")


_PARTS: tuple[Callable[[ColumnProfile, ColumnProfile], Iterator[_Finding]], ...] = (
    _dtype,
    _missing,
    _numbers,
    _times,
    _texts,
    _lengths,
    _distinct,
    _infinite,
)


def _size(column: ColumnProfile) -> int:
    return column.missing + sum(column.kinds.values())


def _missing_share(column: ColumnProfile) -> float:
    return column.missing / max(1, _size(column))


def _figures(what: str, distance: Distance) -> dict[str, float]:
    return {f"{what}_moved": distance.size, f"{what}_stability_index": distance.stability}


def _moved(distance: Distance) -> str:
    return f"{percent(distance.size)} of the values moved"
