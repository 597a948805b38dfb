"""moto: an S3 in Python that honours the conditions Ceph's gateway does not. It checks no signatures."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.parts.part import Part, answers, free_port, launch, wait_until


def _start(place: Path) -> Mapping[str, Any]:
    port = free_port()
    program = Path(sys.executable).with_name("moto_server")
    server = launch(place, sys.executable, program, "-H", "127.0.0.1", "-p", str(port))
    wait_until(lambda: answers(f"http://127.0.0.1:{port}"), process=server)
    return {"endpoint": f"http://127.0.0.1:{port}"}


MOTO = Part("moto", [importlib.util.find_spec("moto") and "moto"], "make install brings it", _start)
