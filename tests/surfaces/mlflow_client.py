"""What MLflow's client sends to a registry, without the client."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import urllib3

HTTP = urllib3.PoolManager(retries=False)


class Client:
    """Sends requests as MLflow's client does.

    Args:
        url: the server.
        place: what stands before the version of the protocol.
    """

    def __init__(self, url: str, place: str = "/api") -> None:
        self.url = url
        self._at = f"{url}{place}/2.0/mlflow/"

    def ask(self, method: str, path: str, **fields: Any) -> tuple[int, Any]:
        """Return the status of an answer, and what it says."""
        url = self._at + path
        if method == "GET":
            url += "?" + urlencode(fields, doseq=True)
            answer = HTTP.request(method, url)
        else:
            body = json.dumps(fields).encode()
            answer = HTTP.request(method, url, body=body, headers={"Content-Type": "application/json"})
        return answer.status, json.loads(answer.data)

    def done(self, method: str, path: str, **fields: Any) -> Any:
        """Return what an answer says that must be a good one."""
        status, said = self.ask(method, path, **fields)
        assert status == 200, said
        return said

    def failed(self, method: str, path: str, **fields: Any) -> tuple[int, str, str]:
        """Return the status, code and text of an answer that must tell of an error."""
        status, said = self.ask(method, path, **fields)
        assert status >= 400, said
        if status in {400, 404}:
            assert (said["sqlstate"], bool(said["error_class"])) == ("KAM00", True)
        return status, said["error_code"], said["message"]
