"""What a version costs, in words: the same on the command line, on cards and on pages."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.objects.costs import Cost

_UNITS = ("B", "kB", "MB", "GB", "TB")


def facts(cost: Cost) -> Iterator[tuple[str, str]]:
    """Yield what was measured, as names and sentences."""
    if cost.request_count:
        percentiles = (("p50", cost.latency_p50_ms), ("p95", cost.latency_p95_ms), ("p99", cost.latency_p99_ms))
        said = ", ".join(f"{name} {value:.3g} ms" for name, value in percentiles)
        yield "latency", f"{said} (one row, {cost.request_count:,} times)"
    if cost.rows_per_second:
        yield "throughput", f"{cost.rows_per_second:,.0f} rows a second in batches"
    if cost.load_ms:
        start = f", {cost.start_ms / 1000:.2f} s from the start of its process" if cost.start_ms else ""
        yield "loading", f"{cost.load_ms / 1000:.2f} s{start}"
    if cost.memory_bytes:
        yield "memory", f"{size(cost.memory_bytes)} at its peak"
    if cost.size_bytes:
        packages = f", {size(cost.environment_bytes)} of packages" if cost.environment_bytes else ""
        yield "size", f"{size(cost.size_bytes)} of files{packages}"


def size(size_bytes: int) -> str:
    """Return a number of bytes in decimal units."""
    value = float(size_bytes)
    for unit in _UNITS[:-1]:
        if value < 999.95:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} {_UNITS[-1]}"
