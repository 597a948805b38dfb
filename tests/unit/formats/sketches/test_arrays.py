"""Arrays give the very numbers that Python gives, to the last bit."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from lineal.formats.sketches import arrays, distinct, distributions

FLOATS = st.one_of(
    st.lists(st.floats(allow_nan=False, allow_infinity=False)),
    st.lists(st.integers(-50, 50).map(lambda each: each / 8), max_size=200),
)
WORDS = arrays_of.arrays(np.uint64, st.integers(0, 200))


@given(FLOATS, st.sampled_from((32, 64)))
def test_distributions_are_equal(values: list[float], limit: int) -> None:
    values = [each + 0.0 for each in values]
    found = arrays.distribution(*arrays.counted(np.array(values, np.float64)), limit)

    assert found == distributions.distribution(Counter(values), limit)


@given(FLOATS)
def test_counts_of_values_add_up(values: list[float]) -> None:
    twice = np.array(values * 2, np.float64)
    found = arrays.counted(np.array(values, np.float64), np.full(len(values), 2, np.int64))

    assert [each.tolist() for each in found] == [each.tolist() for each in arrays.counted(twice)]


@given(FLOATS)
def test_floats_have_the_same_hashes(values: list[float]) -> None:
    found = arrays.hashes_of_floats(np.array(values, np.float64)).tolist()

    assert found == [distinct.of_number(each) for each in values]


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integers_have_the_same_hashes(values: list[int]) -> None:
    found = arrays.hashes_of_integers(np.array(values, np.int64)).tolist()

    assert found == [distinct.of_number(each) for each in values]


@given(st.lists(st.text(max_size=20)))
def test_texts_have_the_same_hashes(values: list[str]) -> None:
    values = [each for each in values if len(each.encode("utf-8", "surrogatepass")) <= distinct.SHORT_BYTES_MAX]
    encoded = [each.encode("utf-8", "surrogatepass") for each in values]
    sizes = np.array([len(each) for each in encoded], np.int64)
    starts = np.cumsum(sizes) - sizes
    found = arrays.hashes_of_texts(np.frombuffer(b"".join(encoded), np.uint8), starts, sizes).tolist()

    assert found == [distinct.of_text(each) for each in values]


@given(WORDS)
@example(np.array([0, 1, 2, 2**54 - 1, 2**54, 2**53 - 1, 2**64 - 1], np.uint64))
def test_registers_are_equal(hashes: np.ndarray) -> None:
    assert arrays.registers(hashes) == distinct.registers(hashes.tolist())
