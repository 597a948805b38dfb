"""Real models, trained here, laid out as releases; and a real server process for one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from lineal.objects.digest import digest_of
from lineal.objects.files import Entry
from lineal.objects.runs import ModelFacts
from lineal.serving.ready import Ready, read_ready
from lineal.serving.release import Release, write_release

JOBS = ["nurse", "baker", None]
TABLE = pd.DataFrame(
    {
        "age": [20 + (7 * row) % 51 for row in range(120)],
        "hours": [10.5 + (11 * row) % 47 for row in range(120)],
        "job": [JOBS[row % 3] for row in range(120)],
    }
)
"""Whole numbers, numbers and words, and places where nothing stands."""

RICH = ["yes" if age + hours > 80 else "no" for age, hours in zip(TABLE["age"], TABLE["hours"], strict=True)]


def train(strength: float = 1.0) -> Any:
    """Return a pipeline that was fitted on ``TABLE``."""
    encoder = make_column_transformer((OneHotEncoder(), ["job"]), remainder="passthrough")
    return make_pipeline(encoder, LogisticRegression(C=strength, max_iter=2_000)).fit(TABLE, RICH)


def make_release(directory: Path, model: Any, *, name: str = "rich", semantic: str = "1.0.0") -> Release:
    """Write ``model`` and its description into ``directory``."""
    path = directory / "model" / "model.joblib"
    path.parent.mkdir(parents=True)
    joblib.dump(model, path)
    weights = path.read_bytes()
    release = Release(
        digest=digest_of(f"{name}:{semantic}".encode() + weights),
        model=name,
        semantic=semantic,
        main_file=path.name,
        facts=ModelFacts(
            framework="sklearn",
            inputs={column: str(dtype) for column, dtype in TABLE.dtypes.items()},
            outputs={"rich": "str"},
            classes=("no", "yes"),
        ),
        files=(Entry(path=path.name, digest=digest_of(weights), size_bytes=len(weights)),),
    )
    write_release(directory, release)
    return release


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of ``table`` as JSON has them."""
    return list(json.loads(table.to_json(orient="records", double_precision=15)))


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any


class Server(NamedTuple):
    """A server process, and what it said of itself."""

    process: subprocess.Popen[bytes]
    ready: Ready

    def ask(
        self, path: str, body: Any = None, *, kind: str = "application/json", method: str = "", private: bool = False
    ) -> Answer:
        """Send a request and return the answer; JSON is decoded."""
        connection = HTTPConnection("127.0.0.1", self.ready.private_port if private else self.ready.port, timeout=30)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method or ("GET" if data is None else "POST"), path, data, {"Content-Type": kind})
        response = connection.getresponse()
        found = response.read()
        connection.close()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, json.loads(found) if "json" in headers["content-type"] else found)


@contextmanager
def serving(directory: Path, *, port: int = 0) -> Iterator[Server]:
    """Run a server for the release in ``directory`` while the block runs."""
    path = directory / "ready.json"
    path.unlink(missing_ok=True)
    command = (sys.executable, "-m", "lineal.serving", "serve", str(directory))
    process = subprocess.Popen((*command, "--port", str(port), "--ready-file", str(path)))
    try:
        while (ready := read_ready(path)) is None:
            assert process.poll() is None, "the server ended"
            time.sleep(0.02)
        yield Server(process, ready)
    finally:
        process.terminate()
        process.wait(20)
