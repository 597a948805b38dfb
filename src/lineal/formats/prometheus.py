"""Measures in Prometheus' text format 0.0.4."""

from __future__ import annotations

import math
import re
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the buckets of a duration, in seconds."""

_ESCAPED = re.compile(r"\\(.)")
_MEANING = {"n": "\n"}

Labels = tuple[tuple[str, str], ...]


class Counter:
    """A number that only grows, one for each set of labels.

    Args:
        name: ends with ``_total``.
        help: one sentence.
    """

    def __init__(self, name: str, help: str) -> None:  # noqa: A002 - the format's own word
        self.name = name
        self.help = help
        self._values: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def add(self, amount: float = 1, **labels: str) -> None:
        """Add ``amount`` to the number with these labels."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            self._values[key] = self._values.get(key, 0) + amount

    def lines(self) -> Iterator[str]:
        """Yield the lines of this measure."""
        yield from _head(self.name, self.help, "counter")
        with self._lock:
            values = dict(self._values)
        for labels, value in values.items():
            yield f"{self.name}{_labels(labels)} {_number(value)}"


class Gauge:
    """A number that goes up and down, one for each set of labels.

    Args:
        name: what is measured, with its unit at the end where it has one.
        help: one sentence.
    """

    def __init__(self, name: str, help: str) -> None:  # noqa: A002 - the format's own word
        self.name = name
        self.help = help
        self._values: dict[Labels, float] = {}

    def set(self, value: float, **labels: str) -> None:
        """Say what it is now."""
        self._values[tuple(sorted(labels.items()))] = value

    def lines(self) -> Iterator[str]:
        """Yield the lines of this measure."""
        yield from _head(self.name, self.help, "gauge")
        for labels, value in dict(self._values).items():
            yield f"{self.name}{_labels(labels)} {_number(value)}"


class Histogram:
    """How often a duration fell below each of ``BUCKETS_S``, for each set of labels.

    Args:
        name: ends with its unit, ``_seconds``.
        help: one sentence.
    """

    def __init__(self, name: str, help: str) -> None:  # noqa: A002 - the format's own word
        self.name = name
        self.help = help
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def observe(self, seconds: float, **labels: str) -> None:
        """Count one duration."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(BUCKETS_S) + 1))
            counts[bisect_left(BUCKETS_S, seconds)] += 1
            self._sums[key] = self._sums.get(key, 0.0) + seconds

    def include(self, counted: Sequence[int], seconds: float, **labels: str) -> None:
        """Add durations that were counted elsewhere: how many fell between each of ``BUCKETS_S``, and their sum."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(BUCKETS_S) + 1))
            self._counts[key] = [had + more for had, more in zip(counts, counted, strict=True)]
            self._sums[key] = self._sums.get(key, 0.0) + seconds

    def lines(self) -> Iterator[str]:
        """Yield the lines of this measure."""
        yield from _head(self.name, self.help, "histogram")
        with self._lock:
            found = [(labels, list(counts), self._sums[labels]) for labels, counts in self._counts.items()]
        for labels, counts, total in found:
            below = 0
            for end, count in zip((*map(_number, BUCKETS_S), "+Inf"), counts, strict=True):
                below += count
                yield f"{self.name}_bucket{_labels((*labels, ('le', end)))} {below}"
            yield f"{self.name}_sum{_labels(labels)} {_number(total)}"
            yield f"{self.name}_count{_labels(labels)} {below}"


def page(*measures: Counter | Gauge | Histogram) -> str:
    """Return the text of ``measures``."""
    return "".join(f"{line}\n" for each in measures for line in each.lines())


def read(text: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    """Yield the samples of a page that ``page`` wrote: name, labels, value."""
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            head, _, value = line.rpartition(" ")
            name, _, inside = head.partition("{")
            yield name, dict(_pairs(inside.removesuffix("}"))), float(value)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    while text:
        key, _, rest = text.partition('="')
        end = 0
        while rest[end] != '"':
            end += 2 if rest[end] == "\\" else 1
        yield key.lstrip(","), _ESCAPED.sub(lambda found: _MEANING.get(found[1], found[1]), rest[:end])
        text = rest[end + 1 :]


def _head(name: str, help_text: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} " + help_text.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# TYPE {name} {kind}"


def _labels(labels: Labels) -> str:
    inside = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels)
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{value:+}".title()
    return str(int(value)) if value == int(value) else repr(value)
