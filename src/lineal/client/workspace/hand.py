"""Reads and hashes small files for another process. Started as a script, it needs nothing but Python itself.

A request is a ``HEAD``, the size of each file, and their paths with a NUL behind each. The bytes of the files go into
memory that both processes see, one behind the other; the answer is a ``FILE`` for each.
"""

import os
import signal
import struct
import sys
from hashlib import sha256
from mmap import mmap

HEAD = struct.Struct("<IIQ")
"""How many files; how many bytes their paths have; where in the shared memory the first one goes."""

FILE = struct.Struct("<?5q32s")
"""Whether a file was read and has the size that was told; its size, times, inode and mode; its SHA-256."""

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_NOT_READ = FILE.pack(*[0] * 6, b"")


def _read(path: bytes, room: memoryview) -> bytes:
    """Read one file into ``room``, which has a byte more than the file should."""
    try:
        descriptor = os.open(path, _FLAGS)
        try:
            count = os.readv(descriptor, [room])
            s = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return _NOT_READ  # whoever asked looks for themselves, and tells why
    digest = sha256(room[:count]).digest()
    return FILE.pack(count == len(room) - 1, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino, s.st_mode, digest)


def main(shared: memoryview) -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        count, path_bytes, at = HEAD.unpack(head)
        sizes = struct.unpack(f"<{count}I", requests.read(4 * count))
        paths = requests.read(path_bytes).split(b"\0")
        answer = []
        for size, path in zip(sizes, paths):  # noqa: B905 - behind the last NUL is nothing
            answer.append(_read(path, shared[at : at + size + 1]))
            at += size
        answers.write(b"".join(answer))
        answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks decides what an interrupt means
    main(memoryview(mmap(int(sys.argv[1]), 0)))
