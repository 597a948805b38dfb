"""How often each text is there, exactly while there are few, and the most frequent ones when there are many.

The summary of Misra and Gries 1982 (Finding repeated elements, Science of Computer Programming 2:143-152), merged as in
Agarwal, Cormode, Huang, Phillips, Wei and Yi 2012 (Mergeable summaries, PODS): counts are added, and when there are too
many, the largest of those that must go is taken off all. A count is then too small by at most ``error``, which never
exceeds a share of 1 / (limit + 1) of all texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from lineal.objects.profiles import Categories

TEXT_CHARACTERS_MAX = 80
"""A longer text is no category, and is not kept in a profile."""


def categories(counts: Mapping[str, int], limit: int) -> Categories | None:
    """Return the most frequent of texts that are counted; None for no texts.

    Args:
        counts: each text with how often it was there.
        limit: how many are kept.
    """
    return _reduced(counts, 0, limit) if counts else None


def merged(parts: Iterable[Categories | None], limit: int) -> Categories | None:
    """Return the texts of all ``parts`` together; None when there are none."""
    found = [each for each in parts if each]
    if not found:
        return None
    total: Counter[str] = Counter()
    for each in found:
        total.update(each.counts)
    return _reduced(total, sum(each.error for each in found), limit)


def _reduced(counts: Mapping[str, int], error: int, limit: int) -> Categories:
    off = surplus(counts.values(), limit)
    kept = {text: count - off for text, count in counts.items() if count > off}
    return Categories(counts=kept, error=error + off)


def surplus(counts: Iterable[int], limit: int) -> int:
    """Return what must be taken off all ``counts`` so that at most ``limit`` are left."""
    ordered = sorted(counts, reverse=True)
    return ordered[limit] if len(ordered) > limit else 0
