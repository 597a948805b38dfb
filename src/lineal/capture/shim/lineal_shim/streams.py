"""A rank of a distributed training gets pipes of its own to the process that passes on what the program prints.

So its output can be told from that of the others, though it goes where it would go without. Only a pipe of ours is changed for
another one; whatever fails, the stream stays as it is.
"""

from __future__ import annotations

import os
import socket

STREAMS = "LINEAL_STREAMS"
"""The variable that says where to ask, and which pipes are ours: ``name stdout=inode stderr=inode``."""

_WAITS_S = 2.0


def separate(rank: int) -> None:
    """Change the standard streams that are pipes of ours. Raises OSError."""
    address, *told = os.environ[STREAMS].split()
    ours = {int(inode): name for name, inode in (each.split("=") for each in told)}
    found: dict[int, list[int]] = {}
    for descriptor in (1, 2):
        try:
            found.setdefault(os.fstat(descriptor).st_ino, []).append(descriptor)
        except OSError:
            continue  # it is closed
    for inode, descriptors in found.items():
        if inode in ours:
            _change(f"\0{address}", f"{ours[inode]}-{rank}", descriptors)


def _change(address: str, name: str, descriptors: list[int]) -> None:
    source, end = os.pipe()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as talk:
            talk.settimeout(_WAITS_S)
            talk.connect(address)
            socket.send_fds(talk, [name.encode("ascii")], [source])
            if talk.recv(1) == b"k":
                for each in descriptors:
                    os.dup2(end, each)
    finally:
        os.close(source)
        os.close(end)
