"""A registry of OCI artifacts, the one that Docker distributes: open, and one that asks for a login."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.parts.part import INSTALLED, Part, answers, free_port, launch, wait_until

LOGIN = "ada", "a secret"
_LOGINS = "ada:$2b$05$abcdefghijklmnopqrstuuIAEipimVgSTxGS2VyWH9AhzRz3iJI3.\n"

_UNPACKED = INSTALLED / "registry" / "usr" / "bin" / "docker-registry"
_PROGRAM = shutil.which("docker-registry") or (str(_UNPACKED) if _UNPACKED.exists() else None)

_CONFIG = """version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {place}/blobs}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}", secret: "of the tests"}}
"""


def _start(place: Path) -> Mapping[str, Any]:
    return {
        "open": _serve(place / "open", ""),
        "closed": _serve(place / "closed", f"auth: {{htpasswd: {{realm: r, path: {place}/logins}}}}\n"),
    }


def _serve(place: Path, login: str) -> str:
    """Start a registry and return its host."""
    place.mkdir()
    (place.parent / "logins").write_text(_LOGINS)
    port = free_port()
    (place / "config.yml").write_text(_CONFIG.format(place=place, port=port) + login)
    server = launch(place.parent, str(_PROGRAM), "serve", place / "config.yml")
    wait_until(lambda: answers(f"http://127.0.0.1:{port}/v2/"), process=server)
    return f"127.0.0.1:{port}"


REGISTRY = Part("registry", [_PROGRAM], "make parts unpacks it on Debian", _start)
