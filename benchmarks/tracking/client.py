"""The client of both servers: requests on connections that stay open, as MLflow's own client sends them."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from typing import Any

API = "/api/2.0/mlflow"
_MEASURED_S = 15.0
_TIMES_MIN = 3


class Client:
    """One connection.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def raw(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Return what a request is answered with."""
        try:
            answer = self._sent(method, path, body)
        except ConnectionError:
            # A server hangs up on whoever has been silent for a while.
            self._connection.close()
            answer = self._sent(method, path, body)
        data = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return data

    def _sent(self, method: str, path: str, body: bytes | None) -> http.client.HTTPResponse:
        self._connection.request(method, path, body, {"Content-Type": "application/json"})
        return self._connection.getresponse()

    def post(self, path: str, **body: Any) -> Any:
        """Return what a POST is answered with, from its JSON."""
        return json.loads(self.raw("POST", API + path, json.dumps(body).encode()))

    def get(self, path: str) -> Any:
        """Return what a GET is answered with, from its JSON."""
        return json.loads(self.raw("GET", API + path))

    def begin(self, experiment: str, number: int) -> str:
        """Begin a run; return its id."""
        tags = [{"key": "mlflow.user", "value": "ana"}]
        made = self.post(
            "/runs/create",
            experiment_id=experiment,
            user_id="ana",
            start_time=1_700_000_000_000 + number,
            run_name=f"run {number}",
            tags=tags,
        )
        return str(made["run"]["info"]["run_id"])

    def end(self, run: str) -> None:
        """End a run."""
        self.post("/runs/update", run_id=run, status="FINISHED", end_time=1_800_000_000_000)


def batch(run: str, number: int, *, params: int = 10, metrics: int = 20, tags: int = 3) -> dict[str, Any]:
    """Return the body of a run's log-batch: values that differ from run to run, without a pattern that an index likes."""
    return {
        "run_id": run,
        "metrics": [
            {
                "key": f"m{key}",
                "value": (number * 7_919 + key * 104_729) % 10_007 / 10_007,
                "timestamp": 1_700_000_000_000 + number,
                "step": 0,
            }
            for key in range(metrics)
        ],
        "params": [{"key": f"p{key}", "value": str((number + key) % 10)} for key in range(params)],
        "tags": [{"key": f"t{key}", "value": f"v{(number + key) % 5}"} for key in range(tags)],
    }


def together(port: int, clients: int, times: int, work: Callable[[Client, int], None]) -> float:
    """Return the seconds that clients took together, each of which does the work so many times."""
    faults = list[BaseException]()

    def one(start: int) -> None:
        try:
            client = Client(port)
            for number in range(start, start + times):
                work(client, number)
        except BaseException as fault:  # noqa: BLE001 - told by whoever waits
            faults.append(fault)

    threads = [threading.Thread(target=one, args=(1_000_000 * place,)) for place in range(clients)]
    began = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if faults:
        raise faults[0]
    return time.perf_counter() - began


def median_ms(times: int, ask: Callable[[], object]) -> float:
    """Return the median of how long something takes, in milliseconds; the first times do not count.

    What takes seconds is asked less often.
    """
    until = time.perf_counter() + _MEASURED_S
    for _ in range(max(1, min(10, times // 5))):
        if time.perf_counter() < until:
            ask()
    found = list[float]()
    for _ in range(times):
        if len(found) >= _TIMES_MIN and time.perf_counter() > until:
            break
        began = time.perf_counter()
        ask()
        found.append(time.perf_counter() - began)
    return sorted(found)[len(found) // 2] * 1e3
