"""The values of a column, counted: from here on it is no matter from which format they came."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain

from lineal.formats.profiles import Limits, dtype_of, tells_all, with_registers
from lineal.formats.sketches import distinct
from lineal.formats.sketches.categories import TEXT_CHARACTERS_MAX, categories
from lineal.formats.sketches.distributions import distribution
from lineal.objects.profiles import ColumnProfile

EXACT_MAX = 1 << 53
"""From here on floats lie farther apart than whole numbers do."""

_HUGE = 1 << 1023


class Tally:
    """Values by what they are, each with how often it was there."""

    def __init__(self) -> None:
        self.missing = 0
        self.infinite = 0
        self.kinds: Counter[str] = Counter()
        self.integers: Counter[int] = Counter()
        self.floats: Counter[float] = Counter()
        self.times: Counter[float] = Counter()
        self.lengths: Counter[float] = Counter()
        self.texts: Counter[str] = Counter()

    def take_integer(self, value: int, count: int) -> None:
        """Take a whole number; one that no float can hold is as good as infinite."""
        self.kinds["integer"] += count
        if -_HUGE < value < _HUGE:
            self.integers[value] += count
        else:
            self.infinite += count

    def take_float(self, value: float, count: int) -> None:
        """Take another number; one that is none is missing."""
        if math.isnan(value):
            self.missing += count
            return
        self.kinds["float"] += count
        if math.isinf(value):
            self.infinite += count
        else:
            self.floats[value + 0.0] += count  # -0.0 is 0.0

    def take_boolean(self, value: object, count: int) -> None:
        """Take a truth value."""
        self.kinds["boolean"] += count
        self.texts[str(value).lower()] += count

    def take_time(self, value_ms: float, count: int, kind: str) -> None:
        """Take a date or a timestamp, in milliseconds since 1970 UTC."""
        self.kinds[kind] += count
        self.times[value_ms] += count

    def take_text(self, value: str, count: int) -> None:
        """Take a text."""
        self.kinds["string"] += count
        self.texts[value] += count
        self.lengths[float(len(value))] += count

    def take_sized(self, length: int, count: int, kind: str) -> None:
        """Take a value of which only the length is told."""
        self.kinds[kind] += count
        self.lengths[float(length)] += count

    def profile(self, name: str, limits: Limits) -> ColumnProfile:
        """Return the profile of the values, as a column called ``name``."""
        told = {text: count for text, count in self.texts.items() if len(text) <= TEXT_CHARACTERS_MAX}
        numbers = self.floats.copy()
        for value, count in self.integers.items():
            numbers[float(value)] += count
        found = ColumnProfile(
            name=name,
            dtype=dtype_of(self.kinds),
            missing=self.missing,
            infinite=self.infinite,
            kinds=dict(self.kinds),
            numbers=distribution(numbers, limits.points),
            times=distribution(self.times, limits.points),
            lengths=distribution(self.lengths, limits.points),
            texts=categories(told, limits.texts),
            untold=self.texts.total() - sum(told.values()),
        )
        is_coarse = any(not -EXACT_MAX < each < EXACT_MAX for each in self.integers)
        return completed(found, self.registers, is_coarse=is_coarse)

    def registers(self) -> bytes:
        """Return the registers of all values."""
        return distinct.registers(self._hashes())

    def _hashes(self) -> Iterator[int]:
        yield from map(distinct.of_number, chain(self.integers, self.floats, self.times))
        yield from map(distinct.of_text, self.texts)


def completed(found: ColumnProfile, registers: Callable[[], bytes], *, is_coarse: bool) -> ColumnProfile:
    """Return a profile with the registers of its values, when its other parts do not tell all of them.

    Args:
        found: the profile.
        registers: makes the registers, when they are needed.
        is_coarse: some of its numbers are too large for floats to tell them apart.
    """
    return with_registers(found, registers()) if is_coarse or not tells_all(found) else found
