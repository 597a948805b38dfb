"""A port that one server hands to the next without losing a request.

Both listen on it with SO_REUSEPORT. A filter on the group of sockets sends every new connection to the newer one as soon
as it listens (socket(7), SO_ATTACH_REUSEPORT_CBPF), so the older one has nothing left to lose when it stops. Where the
kernel has no such filter, both get new connections for the moment that both run.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys

_ATTACH_FILTER = 51
_RETURN_CONSTANT = 0x06
_QUEUE = 2048
_SECOND = 1
"""The second socket of the group, which is the newer; alone in the group, a socket gets everything all the same."""


def listen(host: str, port: int, *, shared: bool) -> socket.socket:
    """Return a socket that listens on ``host`` and ``port``; 0 takes a free one.

    What arrives before it is served waits in its queue.

    Args:
        host: an address of this machine.
        port: the port.
        shared: whether the next server may take it over while this one still runs.

    Raises:
        OSError: it is taken, or may not be used.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
        bound.listen(_QUEUE)
        if shared and sys.platform == "linux":
            # Only now: before it listens it is in no group, and the kernel would make one that conflicts with the other.
            _prefer_newer(bound)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)  # noqa: FBT003 - the standard library's way
    return bound


def _prefer_newer(bound: socket.socket) -> None:
    instruction = ctypes.create_string_buffer(struct.pack("=HBBI", _RETURN_CONSTANT, 0, 0, _SECOND))
    program = struct.pack("@HP", 1, ctypes.addressof(instruction))
    bound.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
