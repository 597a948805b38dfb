"""What the server measures of itself, in Prometheus' format at ``/metrics``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from lineal.formats import prometheus


class Measures:
    """Counts operations and their time; told by ``perform``."""

    def __init__(self) -> None:
        self._operations = prometheus.Counter("lineal_operations_total", "Operations, by how they ended.")
        self._seconds = prometheus.Histogram("lineal_operation_seconds", "How long operations took.")

    def observe(self, words: str, ended: str, seconds: float) -> None:
        """Count one operation."""
        self._operations.add(operation=words, ended=ended)
        self._seconds.observe(seconds, operation=words)

    async def page(self, _: Request) -> Response:
        """Answer with all measures."""
        return Response(prometheus.page(self._operations, self._seconds), media_type=prometheus.CONTENT_TYPE)
