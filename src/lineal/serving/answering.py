"""What every route needs: the version, its loaded model, and the measures of this process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.concurrency import run_in_threadpool

from lineal.formats import prometheus
from lineal.formats.predictions import Prediction
from lineal.serving.loaders import Predictor
from lineal.serving.release import Release
from lineal.serving.rows import typed


class Answering:
    """A version that answers.

    Args:
        release: the version.
        predictor: its loaded model.
    """

    def __init__(self, release: Release, predictor: Predictor) -> None:
        self.release = release
        self.inputs = predictor.inputs
        self._predictor = predictor
        self._requests = prometheus.Counter("lineal_requests_total", "Requests for predictions, by HTTP status.")
        self._rows = prometheus.Counter("lineal_rows_total", "Rows that were answered.")
        self._seconds = prometheus.Histogram("lineal_request_seconds", "How long a request for predictions took.")

    async def predictions(self, rows: Iterable[Any]) -> list[Prediction]:
        """Return what the model says of ``rows``, each an object of values by column.

        Raises:
            Invalid: a row is not what the model takes.
        """
        answers = await run_in_threadpool(lambda: self._predictor.predict(typed(rows, self.inputs)))
        self._rows.add(len(answers), version=self.release.digest)
        return answers

    def count(self, status: int, seconds: float) -> None:
        """Count a request for predictions that was answered."""
        self._requests.add(status=str(status), version=self.release.digest)
        self._seconds.observe(seconds, version=self.release.digest)

    def measures(self) -> str:
        """Return the measures of this process, as Prometheus reads them."""
        return prometheus.page(self._requests, self._rows, self._seconds)
