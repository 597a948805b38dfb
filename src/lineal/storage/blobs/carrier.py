"""Copies packs for another process: hashing many small blobs in its threads, they would only wait for one another.

A request is a line: the descriptors of both files in the process that asks, the pack's name, and whether the copy is read
soon. The answer is a line for each piece that passed, with its size, and a last one: the pack's name, what is wrong with
it, or the number of the system's error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from io import FileIO
from typing import IO

from lineal.formats import pack
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt
from lineal.storage.blobs.passing import Rooms, copy_pack, new_rooms

PASSED, DONE, CORRUPT, FAILED, UNABLE = b"p", b"d", b"c", b"f", b"u"
"""How lines of an answer begin."""


def carry(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    asking, rooms = os.getppid(), new_rooms()

    def say(what: bytes, text: str) -> None:
        answers.write(what + text.encode("unicode_escape") + b"\n")
        answers.flush()

    for line in requests:
        source, target, name, cached = line.decode().split()
        try:
            ours = f"/proc/{asking}/fd"
            with FileIO(f"{ours}/{source}") as reading, FileIO(f"{ours}/{target}", "r+") as writing:
                copied = partial(_copied, reading, writing, pack.cooked(bytes.fromhex(name)))
                say(*copied(lambda more: say(PASSED, str(more)), is_cached=cached == "1", rooms=rooms))
        except OSError:
            say(UNABLE, "")


def carry_for_another_program() -> None:
    """Do that as a process that was started anew."""
    carry(sys.stdin.buffer, sys.stdout.buffer)


def _copied(
    source: FileIO, target: FileIO, name: Digest, passed: Callable[[int], None], *, is_cached: bool, rooms: Rooms
) -> tuple[bytes, str]:
    """Copy a pack; return how the answer ends."""
    try:
        table = pack.read_table(name, source, is_known=True)  # whoever asks has read it
        copy_pack(table, source.fileno(), target.fileno(), passed, cached=is_cached, rooms=rooms)
    except Corrupt as error:
        return CORRUPT, error.message
    except OSError as error:
        return FAILED, str(error.errno)
    return DONE, name
