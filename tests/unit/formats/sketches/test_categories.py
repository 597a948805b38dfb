"""Categories: exact while they are few, and never wrong by more than they say."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.sketches import categories
from lineal.objects.profiles import Categories

LIMIT = 4
TEXTS = st.lists(st.sampled_from("aaaabbbcdefgh"), max_size=60)


def made(texts: list[str]) -> Categories:
    return categories.categories(Counter(texts), LIMIT) or Categories()


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_parts_make_the_whole_within_the_error(parts: list[list[str]]) -> None:
    true = Counter(text for part in parts for text in part)
    found = categories.merged([categories.categories(Counter(part), LIMIT) for part in parts], LIMIT) or Categories()

    assert len(found.counts) <= LIMIT
    assert found.error <= true.total() / (LIMIT + 1)
    assert all(0 <= count - found.counts.get(text, 0) <= found.error for text, count in true.items())
    if len(true) <= LIMIT:
        assert (true, 0) == (found.counts, found.error)
        assert found == made([text for part in parts for text in part])


def test_all_different_texts_leave_none() -> None:
    assert made(list("abcdefgh")) == Categories(counts={}, error=1)
    assert categories.categories({}, LIMIT) is None
