"""The values of a column, counted in whole arrays: the same as ``tally`` finds one by one, by NumPy and Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineal.formats.profiles import Limits, dtype_of
from lineal.formats.sketches import arrays, distinct
from lineal.formats.sketches.categories import TEXT_CHARACTERS_MAX, categories
from lineal.formats.tables.buffers import mask, to_numpy
from lineal.formats.tables.tally import EXACT_MAX, Tally, completed
from lineal.objects.profiles import Categories, ColumnProfile, Distribution

Array = Any
Counted = tuple[Array, Array]
"""Different values, and how often each was there."""


class ArrayTally:
    """Values by what they are. ``rest`` takes those that come one by one; of kinds and of what is missing, all."""

    def __init__(self) -> None:
        self.rest = Tally()
        self.integers: list[Counted] = []
        self.floats: list[Counted] = []
        self.times: list[Counted] = []
        self.lengths: list[Counted] = []
        self.texts: list[Counted] = []

    def take_integers(self, values: Array, counts: Array) -> None:
        """Take different int64 values."""
        self.rest.kinds["integer"] += int(counts.sum())
        self.integers.append((values, counts))

    def take_floats(self, values: Array, counts: Array, kind: str = "float") -> None:
        """Take different float64 values; those that are no number are missing."""
        is_number, is_finite = ~np.isnan(values), np.isfinite(values)
        self.rest.missing += int(counts[~is_number].sum())
        self.rest.infinite += int(counts[is_number & ~is_finite].sum())
        if count := int(counts[is_number].sum()):
            self.rest.kinds[kind] += count
        self.floats.append((values[is_finite] + 0.0, counts[is_finite]))

    def take_times(self, values_ms: Array, counts: Array, kind: str) -> None:
        """Take different times in milliseconds."""
        self.rest.kinds[kind] += int(counts.sum())
        self.times.append((values_ms, counts))

    def take_texts(self, values: Array, counts: Array) -> None:
        """Take different texts, as an Arrow array."""
        self.rest.kinds["string"] += int(counts.sum())
        self.texts.append((values, counts))
        self.lengths.append((_lengths(values).astype(np.float64), counts))

    def take_sized(self, lengths: Array, kind: str) -> None:
        """Take values of which only the length is told."""
        self.rest.kinds[kind] += len(lengths)
        self.lengths.append(arrays.counted(lengths.astype(np.float64)))

    def profile(self, name: str, limits: Limits, dtype: str = "") -> ColumnProfile:
        """Return the profile of the values, as a column called ``name``.

        Args:
            name: what it is called.
            limits: how much is kept.
            dtype: what the column says of itself; by default what its values say.
        """
        rest = self.rest
        whole = [(values.astype(np.float64), counts) for values, counts in self.integers]
        texts, untold = self._categories(limits.texts)
        found = ColumnProfile(
            name=name,
            dtype=dtype or dtype_of(rest.kinds),
            missing=rest.missing,
            infinite=rest.infinite,
            kinds={kind: count for kind, count in rest.kinds.items() if count},
            numbers=_distribution([*whole, *self.floats, _array(rest.integers), _array(rest.floats)], limits.points),
            times=_distribution([*self.times, _array(rest.times)], limits.points),
            lengths=_distribution([*self.lengths, _array(rest.lengths)], limits.points),
            texts=texts,
            untold=untold,
        )
        is_coarse = any(not -EXACT_MAX < each < EXACT_MAX for each in (*self._extremes(), *rest.integers))
        return completed(found, lambda: distinct.union(self._registers()), is_coarse=is_coarse)

    def _extremes(self) -> Iterator[int]:
        for values, _ in self.integers:
            if len(values):
                yield from (int(values.min()), int(values.max()))

    def _categories(self, limit: int) -> tuple[Categories | None, int]:
        """Return the most frequent texts, and how many are too long for one. Only what is kept becomes a Python text."""
        rest = {text: count for text, count in self.rest.texts.items() if len(text) <= TEXT_CHARACTERS_MAX}
        untold = self.rest.texts.total() - sum(rest.values())
        told: list[Counted] = []
        for values, counts in self.texts:
            is_short = _lengths(values) <= TEXT_CHARACTERS_MAX
            untold += int(counts[~is_short].sum())
            told.append((values.filter(mask(is_short)), counts[is_short]) if not is_short.all() else (values, counts))
        all_counts = np.concatenate([np.fromiter(rest.values(), np.int64, len(rest)), *(counts for _, counts in told)])
        # One more than is kept: the next count must come off all of them.
        floor = int(np.partition(all_counts, -limit - 1)[-limit - 1]) if len(all_counts) > limit else 0
        found = dict(chain(rest.items(), *(_at_least(each, floor) for each in told)))
        if floor:
            found = {text: count - floor for text, count in found.items() if count > floor}
            return Categories(counts=found, error=floor), untold
        return categories(found, limit), untold

    def _registers(self) -> Iterator[bytes]:
        for values, _ in self.integers:
            yield arrays.registers(arrays.hashes_of_integers(values))
        for values, _ in chain(self.floats, self.times):
            yield arrays.registers(arrays.hashes_of_floats(values))
        for values, _ in self.texts:
            yield from _text_registers(values)
        rest = self.rest
        if rest.integers or rest.floats or rest.times or rest.texts:
            yield rest.registers()


def _lengths(values: Array) -> Array:
    return to_numpy(pc.utf8_length(values), np.int32)


def _text_registers(values: Array) -> Iterator[bytes]:
    values = pc.cast(values, pa.large_binary())
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int64)[values.offset : values.offset + len(values) + 1]
    starts, sizes = bounds[:-1], np.diff(bounds)
    is_short = sizes <= distinct.SHORT_BYTES_MAX
    flat = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    yield arrays.registers(arrays.hashes_of_texts(flat, starts[is_short], sizes[is_short]))
    if not is_short.all():
        yield distinct.registers(
            map(distinct.of_text, values.filter(mask(~is_short)).cast(pa.large_string()).to_pylist())
        )


def _at_least(found: Counted, floor: int) -> Iterable[tuple[str, int]]:
    values, counts = found
    is_kept = counts > floor
    return zip(values.filter(mask(is_kept)).to_pylist(), counts[is_kept].tolist(), strict=True)


def _array(counts: dict[Any, int]) -> Counted:
    return np.fromiter(counts, np.float64, len(counts)), np.fromiter(counts.values(), np.int64, len(counts))


def _distribution(parts: list[Counted], limit: int) -> Distribution | None:
    used = [each for each in parts if len(each[0])]
    if not used:
        return None
    values, counts = (np.concatenate(each) for each in zip(*used, strict=True))
    return arrays.distribution(*arrays.counted(values, counts), limit)
