"""A client of MLflow's protocol that sends what MLflow's own sends, and nothing more."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

HTTP = urllib3.PoolManager(retries=False)

_JSON = {"Content-Type": "application/json"}


class Client:
    """Speaks to a server.

    Args:
        url: its address.
        place: what stands before the version of the protocol.
        headers: sent with every request.
    """

    def __init__(self, url: str, place: str = "/api", **headers: str) -> None:
        self.url = url
        self._at = f"{url}{place}/2.0/"
        self._headers = headers

    def ask(self, method: str, path: str, body: object = None, /, **headers: str) -> Any:
        """Return the whole answer; ``path`` is what stands behind ``/api/2.0/``."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        url = path if path.startswith("http") else self._at + path
        return HTTP.request(method, url, body=data, headers={**self._headers, **headers})

    def said(self, method: str, path: str, body: object = None, /, **fields: Any) -> Any:
        """Return what a good answer says; ``fields`` are a body, or the query of a GET."""
        answer = self._asked(method, path, body, fields)
        assert (200, "application/json") == (answer.status, answer.headers["Content-Type"]), answer.data
        return json.loads(answer.data)

    def refused(self, method: str, path: str, body: object = None, /, **fields: Any) -> tuple[int, str, str]:
        """Return the status, the code and the message of a bad answer."""
        answer = self._asked(method, path, body, fields)
        said = json.loads(answer.data)
        assert answer.status >= 400, said
        if answer.status in {400, 404}:
            assert ("KAM00", True) == (said["sqlstate"], bool(said["error_class"]))
        return answer.status, said["error_code"], said["message"]

    def _asked(self, method: str, path: str, body: object, fields: dict[str, Any]) -> Any:
        if method == "GET" and fields:
            return self.ask(method, f"{path}?{urlencode(fields, doseq=True)}")
        return self.ask(method, path, fields or body, **_JSON)

    def experiment(self, name: str = "x", **known: Any) -> str:
        """Make an experiment and return its id."""
        return str(self.said("POST", "mlflow/experiments/create", {"name": name, **known})["experiment_id"])

    def run(self, experiment: str) -> str:
        """Begin a run and return its id."""
        asked = {"experiment_id": experiment, "start_time": 1}
        return str(self.said("POST", "mlflow/runs/create", asked)["run"]["info"]["run_id"])

    def model(self, experiment: str, **known: Any) -> str:
        """Begin a logged model and return its id."""
        asked = {"experiment_id": experiment, **known}
        return str(self.said("POST", "mlflow/logged-models", asked)["model"]["info"]["model_id"])

    def put(self, place: str, data: bytes) -> int:
        """Send a file to a place of the proxy and return the status of the answer."""
        return int(self.ask("PUT", f"mlflow-artifacts/artifacts/{quote(place)}", data).status)

    def get(self, place: str) -> bytes:
        """Return the bytes of a file of the proxy."""
        answer = self.ask("GET", f"mlflow-artifacts/artifacts/{quote(place)}")
        assert 200 == answer.status, answer.data
        return bytes(answer.data)

    def files(self, place: str) -> Any:
        """Return what is listed of a directory of the proxy."""
        return self.said("GET", f"mlflow-artifacts/artifacts?path={quote(place, safe='')}")
