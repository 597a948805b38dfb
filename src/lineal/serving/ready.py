"""What a server says of itself, in a file, once it answers."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from lineal.objects.prepared import prepared


class Ready(msgspec.Struct, frozen=True):
    """A server's process, its port, and the port by which only this process answers."""

    port: int
    private_port: int
    pid: int


def write_ready(path: Path, ready: Ready) -> None:
    """Write ``ready`` to ``path``: whole, or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_bytes(msgspec.json.encode(ready))
    partial.replace(path)


def read_ready(path: Path) -> Ready | None:
    """Return what stands at ``path``, or None when nothing does yet."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=prepared(Ready))
    except FileNotFoundError:
        return None
