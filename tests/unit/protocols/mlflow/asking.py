"""Ask MLflow's endpoints without a server between: what is sent, and what comes back."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from lineal.client.local import LocalRepository
from lineal.protocols.mlflow import ENDPOINTS
from lineal.protocols.mlflow.dispatch import Dispatch


class Answer(NamedTuple):
    """The status, and what the JSON says."""

    status: int
    said: Any


class Client:
    """Asks a repository.

    Args:
        repository: which.
    """

    def __init__(self, repository: LocalRepository) -> None:
        self._dispatch = Dispatch(ENDPOINTS, lambda _: repository)

    def get(self, path: str, **query: Any) -> Answer:
        """Ask by GET, with a query; a list is given several times."""
        return self.send("GET", path, query=urlencode(query, doseq=True))

    def post(self, path: str, **body: Any) -> Answer:
        """Ask by POST, with a body in JSON."""
        return self.send("POST", path, body=json.dumps(body).encode())

    def send(self, method: str, path: str, *, query: str = "", body: bytes = b"", **headers: str) -> Answer:
        """Send anything; ``path`` is what stands behind ``/api/2.0/mlflow``, or a whole one."""
        return asyncio.run(self._answered(method, path, query, body, headers))

    def post_together(self, *asked: tuple[str, dict[str, Any]]) -> list[Answer]:
        """Ask several things at once by POST, each with a body in JSON."""

        async def ask() -> list[Answer]:
            bodies = [(path, json.dumps(body).encode()) for path, body in asked]
            return await asyncio.gather(*(self._answered("POST", path, "", body, {}) for path, body in bodies))

        return asyncio.run(ask())

    async def _answered(self, method: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> Answer:
        whole = path if path.startswith(("/api", "/ajax-api")) else f"/api/2.0/mlflow{path}"
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": whole, "query_string": query.encode(), "headers": given}
        sent = list[dict[str, Any]]()

        arriving = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            # Whoever asks stays until there is an answer.
            return arriving.pop() if arriving else await asyncio.get_running_loop().create_future()

        async def send(message: Any) -> None:
            sent.append(message)

        await self._dispatch(scope, receive, send)
        return Answer(sent[0]["status"], json.loads(b"".join(each.get("body", b"") for each in sent)))
