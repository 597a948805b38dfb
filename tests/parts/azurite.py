"""Azurite: Microsoft's own emulator of Azure Blob Storage."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import urllib.request
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

from tests.parts.part import INSTALLED, Part, answers, free_port, launch, wait_until

ACCOUNT = "linealtests"
KEY = base64.b64encode(b"a key of a server that lives as long as the tests").decode()

_PROGRAM = INSTALLED / "node_modules/azurite/dist/src/blob/main.js"
_VERSION = "2021-12-02"


class Azure:
    """A server.

    Args:
        endpoint: its address, with the account.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    @property
    def options(self) -> Mapping[str, str]:
        """What a container of it is opened with."""
        return {"endpoint": self.endpoint, "account": ACCOUNT, "account_key": KEY}

    def make(self) -> str:
        """Make an empty container and return its name."""
        name = f"test-{os.urandom(8).hex()}"
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _VERSION}
        # learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
        named = "".join(f"{header}:{value}\n" for header, value in headers.items())
        signed = "PUT" + "\n" * 12 + f"{named}/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
        digest = base64.b64encode(hmac.digest(base64.b64decode(KEY), signed.encode(), hashlib.sha256)).decode()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{digest}"
        request = urllib.request.Request(f"{self.endpoint}/{name}?restype=container", method="PUT", headers=headers)
        with urllib.request.urlopen(request):
            return name


def _start(place: Path) -> Mapping[str, Any]:
    port = free_port()
    options = ("--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence")
    quiet = ("--skipApiVersionCheck", "--disableTelemetry", "--silent")
    server = launch(place, "node", _PROGRAM, *options, *quiet, AZURITE_ACCOUNTS=f"{ACCOUNT}:{KEY}")
    wait_until(lambda: answers(f"http://127.0.0.1:{port}/{ACCOUNT}"), process=server)
    return {"endpoint": f"http://127.0.0.1:{port}/{ACCOUNT}"}


AZURITE = Part(
    "azurite",
    [shutil.which("node"), str(_PROGRAM) if _PROGRAM.is_file() else None],
    "make parts installs it where there is Node.js with npm",
    _start,
)
