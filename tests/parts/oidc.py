"""oidc-provider: a certified provider of identities, as a process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.parts.part import INSTALLED, Part, answers, free_port, launch, wait_until

GROUPS = {"grace": ["ml-admins", "staff"], "ada": ["data-science"], "eve": ["staff"]}
"""Who is in which group there; everybody logs in with any password."""

CLIENT_SECRET = "a secret with: signs & more"

_PROGRAM = Path(__file__).with_name("oidc_provider.mjs")
_MODULES = INSTALLED / "node_modules"


def _start(place: Path) -> Mapping[str, Any]:
    port = free_port()
    server = launch(place, "node", _PROGRAM, _MODULES, str(port), GROUPS=json.dumps(GROUPS))
    wait_until(lambda: answers(f"http://127.0.0.1:{port}/.well-known/openid-configuration"), process=server)
    return {"issuer": f"http://127.0.0.1:{port}"}


OIDC = Part(
    "oidc-provider",
    [shutil.which("node"), str(_PROGRAM) if (_MODULES / "oidc-provider").is_dir() else None],
    "make parts installs it where there is Node.js with npm",
    _start,
)
