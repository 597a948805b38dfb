"""Lets the names of MLflow's tests resolve where there is no DNS, in the processes that servers run in."""

from __future__ import annotations

import socket
from typing import Any

_PUBLIC = "93.184.216.34"
_known = socket.getaddrinfo


def _found(host: Any, *arguments: Any, **named: Any) -> Any:
    return _known(_PUBLIC if host in {"example.com", "new.com", "updated.com"} else host, *arguments, **named)


socket.getaddrinfo = _found
