"""What it costs to let a model predict, measured in the very process that does.

Requests of one row are a few hundred at most, and two seconds at most: they are answered one after the other, without a
network, so that what is measured is the model's own part of a request. Rates of whole batches come from the work itself.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from lineal.objects.costs import Cost
from lineal.serving.loaders import Predictor
from lineal.serving.rows import typed

REQUESTS = 300
"""So many requests tell the 99th percentile, with three beyond it."""

REQUESTS_S = 2.0
WARM_UP = 10
"""The first answers of a process take longer: libraries load what they need then."""


class Measuring:
    """Measures this process while it predicts.

    Args:
        most_requests: how many requests of one row are tried; 0 to measure nothing that is not done anyway.
        most_s: how long they may take together.
    """

    def __init__(self, most_requests: int = REQUESTS, most_s: float = REQUESTS_S) -> None:
        self._most_requests = most_requests
        self._most_s = most_s
        self._singles_ms: list[float] = []
        self._batches: list[tuple[int, float]] = []
        self._load_ms = self._start_ms = 0.0

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Measure the loading of the model; at its end the process can answer."""
        began = time.perf_counter()
        yield
        self._load_ms = (time.perf_counter() - began) * 1000
        self._start_ms = _age_ms()

    def single_requests(self, predictor: Predictor, rows: Sequence[dict[str, Any]]) -> None:
        """Answer single rows, as requests bring them, each for itself."""
        if not self._most_requests:
            return
        end = time.perf_counter() + self._most_s
        found: list[float] = []
        for number in range(min(WARM_UP, len(rows)) + self._most_requests):
            began = time.perf_counter()
            place = number % len(rows)
            predictor.predict(typed([rows[place]], predictor.inputs, first=place + 1))
            ended = time.perf_counter()
            found.append((ended - began) * 1000)
            if ended > end:
                break
        # Where a single answer takes so long that there is no more, it is what is known.
        self._singles_ms = sorted(found[WARM_UP:] or found[-1:])

    @contextmanager
    def batch(self, row_count: int) -> Iterator[None]:
        """Measure a batch of the work itself."""
        began = time.perf_counter()
        yield
        self._batches.append((row_count, time.perf_counter() - began))

    def cost(self) -> Cost:
        """Return what was measured. The size of the version's files is not this process's to know."""
        rows, seconds = (sum(each) for each in zip(*self._batches, strict=True)) if self._batches else (0, 0.0)
        return Cost(
            latency_p50_ms=_percentile(self._singles_ms, 50),
            latency_p95_ms=_percentile(self._singles_ms, 95),
            latency_p99_ms=_percentile(self._singles_ms, 99),
            request_count=len(self._singles_ms),
            rows_per_second=round(rows / seconds, 1) if seconds else 0.0,
            start_ms=round(self._start_ms, 3),
            load_ms=round(self._load_ms, 3),
            memory_bytes=peak_bytes(),
            environment_bytes=environment_bytes(),
        )

    def write(self, path: Path) -> None:
        """Write what was measured to a file."""
        path.write_bytes(msgspec.json.encode(self.cost()))


def peak_bytes() -> int:
    """Return the most memory that this process ever held; 0 where the system does not say.

    The kernel's count of the process itself: that of ``getrusage`` begins with what its parent had.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def environment_bytes() -> int:
    """Return how many bytes the packages have that this process can import, as their installers recorded them."""
    total = 0
    for folder in dict.fromkeys(sys.path):
        for record in Path(folder).glob("*.dist-info/RECORD"):
            try:
                with record.open(encoding="utf-8", errors="replace", newline="") as file:
                    total += sum(int(row[2]) for row in csv.reader(file) if len(row) > 2 and row[2].isdigit())
            except (OSError, csv.Error):
                continue
    return total


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest of sorted values that so many percent do not exceed; 0 of none."""
    return round(ordered[-(-len(ordered) * percent // 100) - 1], 4) if ordered else 0.0


def _age_ms() -> float:
    """Return for how long this process has run; 0 where the system does not say (proc(5), /proc/pid/stat, starttime)."""
    try:
        after_name = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        began_s = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
        return (time.clock_gettime(time.CLOCK_BOOTTIME) - began_s) * 1000
    except (OSError, AttributeError, ValueError, IndexError):
        return 0.0
