"""A real server of a repository, as a process, and a client that sends exactly what it is told."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple, Self

from lineal.client.connect import init


class Said(NamedTuple):
    """An answer: its status, its headers by their names in small letters, its bytes."""

    status: int
    headers: dict[str, str]
    data: bytes

    @property
    def text(self) -> str:
        """Its bytes as text."""
        return self.data.decode()


class Served:
    """A server of the repository in a directory.

    Args:
        place: the directory; a repository is made there when there is none.
        options: more of the command line.
        database: where the rows are, by default in a file.
        variables: more of the environment.
    """

    def __init__(self, place: Path, *options: str, database: str = "", variables: dict[str, str] | None = None) -> None:
        if not (place / ".lineal").exists():
            init(place, database=database or None).close()
        command = (sys.executable, "-m", "lineal", "--repository", str(place), "server", "--port", "0", *options)
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**os.environ, **(variables or {})}
        )
        assert self.process.stderr
        line = self.process.stderr.readline()
        found = re.search(r"(https?)://([^:/\s]+):(\d+)", line)
        assert found, line
        self.scheme, self.host, self.port = found[1], found[2], int(found[3])
        self._connection: http.client.HTTPConnection | None = None
        # Nobody reads what it says later, and it must not wait for a reader.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.scheme}://{self.host}:{self.port}"

    def ask(
        self, method: str, url: str, body: str | bytes | None = None, headers: dict[str, str] | None = None
    ) -> Said:
        """Send a request on the connection that stays open, and return the answer."""
        self._connection = self._connection or http.client.HTTPConnection(self.host, self.port, timeout=60)
        said = {"Content-Type": "application/json", **(headers or {})}
        self._connection.request(method, url, body.encode() if isinstance(body, str) else body, said)
        answer = self._connection.getresponse()
        return Said(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection:
            self._connection.close()
        self.process.terminate()
        self.process.wait(timeout=30)
