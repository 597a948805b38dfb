"""What it costs to let a version predict, as it was measured where it predicted."""

from __future__ import annotations

from lineal.objects.canonical import Object


class Cost(Object, frozen=True):
    """Time, memory and bytes. Zero: it was not measured.

    ``latency_p50_ms``, ``latency_p95_ms`` and ``latency_p99_ms`` are those of ``request_count`` requests of a single row;
    ``rows_per_second`` is the rate of whole batches. ``start_ms`` is the time from the start of the process until it could
    answer, ``load_ms`` that of the loading alone. ``memory_bytes`` is the peak of that process. ``size_bytes`` is that of the
    version's files, ``environment_bytes`` that of the packages in its environment.
    """

    latency_p50_ms: float = 0.0
    latency_p95_ms: float = 0.0
    latency_p99_ms: float = 0.0
    request_count: int = 0
    rows_per_second: float = 0.0
    start_ms: float = 0.0
    load_ms: float = 0.0
    memory_bytes: int = 0
    size_bytes: int = 0
    environment_bytes: int = 0
