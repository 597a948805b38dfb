"""Clients that log to servers that stop or die: they note what was acknowledged, and nothing else."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
from collections.abc import Sequence

from tests.surfaces.serving import Served


class Logging:
    """Logs points of one run, the next one as soon as the one before was answered.

    Args:
        servers: where to, in turns; one that is gone is left out.
        run: the run.
        key: the metric, which nobody else logs.
    """

    def __init__(self, servers: Sequence[Served], run: str, key: str, *, headers: dict[str, str] | None = None) -> None:
        self.acknowledged: list[int] = []
        self.problems: list[int] = []
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._log, args=(list(servers), run, key))
        self._thread.start()

    def stop(self) -> None:
        """End, at the latest after the answer that is under way."""
        self._stopping.set()
        self._thread.join()

    def _log(self, servers: list[Served], run: str, key: str) -> None:
        connections = [http.client.HTTPConnection(each.host, each.port, timeout=30) for each in servers]
        for step in itertools.count():
            if self._stopping.is_set() or not connections:
                break
            connection = connections[step % len(connections)]
            point = {"run_id": run, "key": key, "value": step, "step": step, "timestamp": step}
            try:
                connection.request("POST", "/api/2.0/mlflow/runs/log-metric", json.dumps(point), self._headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                connections.remove(connection)
                continue
            (self.acknowledged if answer.status == 200 else self.problems).append(
                step if answer.status == 200 else answer.status
            )
        for each in connections:
            each.close()
