"""A file system in memory that does not tell capitals apart, as those of other systems do; served over /dev/fuse.

Only what the tests need of it (Linux, include/uapi/linux/fuse.h, protocol 7.31). Needs root, and a kernel with FUSE.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_IN = struct.Struct("<IIQQIIII")
_OUT = struct.Struct("<IiQ")
_BUFFER_BYTES = 1 << 20
_WRITE_BYTES = 128 << 10


class _Node:
    def __init__(self, number: int, mode: int) -> None:
        self.number = number
        self.mode = mode
        self.data = bytearray()
        self.names: dict[str, tuple[bytes, _Node]] = {}

    def attributes(self) -> bytes:
        size = len(self.data)
        owner = (1, 0, 0, 0, 4096, 0)
        return struct.pack("<QQQQQQIIIIIIIIII", self.number, size, -(-size // 512), 0, 0, 0, 0, 0, 0, self.mode, *owner)


def _text(data: bytes) -> bytes:
    return data.split(b"\0")[0]


def _key(name: bytes) -> str:
    return os.fsdecode(name).casefold()


class Folding:
    """The file system. Each method carries out one kind of request and returns its answer, or raises OSError."""

    def __init__(self) -> None:
        self._nodes = {1: _Node(1, stat.S_IFDIR | 0o755)}
        self._answers: dict[int, Callable[[int, bytes], bytes | None]] = {
            1: self.look_up,
            2: self.forget,
            3: lambda node, _: self._attributes(node),
            4: self.set_attributes,
            5: lambda node, _: bytes(self._nodes[node].data),
            6: self.link,
            9: lambda node, body: self.make(node, body[8:], stat.S_IFDIR | struct.unpack_from("<I", body)[0]),
            10: self.remove,
            11: self.remove,
            12: lambda node, body: self.rename(node, body[8:], *struct.unpack_from("<Q", body)),
            14: lambda *_: bytes(16),
            15: self.read,
            16: self.write,
            17: lambda *_: struct.pack(
                "<QQQQQIIII24x", 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4096, 255, 4096, 0
            ),
            18: lambda *_: b"",
            20: lambda *_: b"",
            25: lambda *_: b"",
            26: self.begin,
            27: lambda *_: bytes(16),
            28: self.list,
            29: lambda *_: b"",
            35: lambda node, body: self.make(node, body[16:], struct.unpack_from("<II", body)[1]) + bytes(16),
            42: self.forget,
            45: lambda node, body: self.rename(node, body[16:], *struct.unpack_from("<Q", body)),
        }

    def serve(self, descriptor: int) -> None:
        """Answer until the file system is unmounted."""
        while True:
            try:
                request = os.read(descriptor, _BUFFER_BYTES)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                continue
            _, kind, unique, node, *_ = _IN.unpack_from(request)
            try:
                answer = self._answers[kind](node, request[_IN.size :])
                failed = 0
            except KeyError:
                answer, failed = b"", errno.ENOSYS
            except OSError as error:
                answer, failed = b"", error.errno or errno.EIO
            if answer is not None:
                os.write(descriptor, _OUT.pack(_OUT.size + len(answer), -failed, unique) + answer)

    def begin(self, _: int, body: bytes) -> bytes:
        """Agree on a version of the protocol."""
        return struct.pack("<IIIIHHIIHHI28x", 7, 31, 0, 1 << 5, 16, 12, _WRITE_BYTES, 1, 0, 0, 0)

    def forget(self, _: int, body: bytes) -> None:
        """Nothing is forgotten, and nothing is answered."""

    def _attributes(self, node: int) -> bytes:
        return struct.pack("<QII", 0, 0, 0) + self._nodes[node].attributes()

    def _entry(self, node: _Node) -> bytes:
        # Nothing is to be remembered by the kernel, which would tell capitals apart.
        return struct.pack("<QQQQII", node.number, 0, 0, 0, 0, 0) + node.attributes()

    def look_up(self, node: int, body: bytes) -> bytes:
        """Find a name in a directory, however it is written."""
        found = self._nodes[node].names.get(_key(_text(body)))
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "")
        return self._entry(found[1])

    def make(self, node: int, body: bytes, mode: int) -> bytes:
        """Make a file or directory."""
        name, names = _text(body), self._nodes[node].names
        if _key(name) in names:
            raise FileExistsError(errno.EEXIST, "")
        made = _Node(len(self._nodes) + 1, mode)
        self._nodes[made.number] = made
        names[_key(name)] = name, made
        return self._entry(made)

    def link(self, node: int, body: bytes) -> bytes:
        """Make a symbolic link."""
        name, target, *_ = body.split(b"\0")
        answer = self.make(node, name, stat.S_IFLNK | 0o777)
        self._nodes[len(self._nodes)].data[:] = target
        return answer

    def remove(self, node: int, body: bytes) -> bytes:
        """Remove a file or an empty directory."""
        names = self._nodes[node].names
        if names[_key(_text(body))][1].names:
            raise OSError(errno.ENOTEMPTY, "")
        del names[_key(_text(body))]
        return b""

    def rename(self, node: int, body: bytes, target: int) -> bytes:
        """Move something over whatever has its new name."""
        old, new, *_ = body.split(b"\0")
        _, moved = self._nodes[node].names.pop(_key(old))
        self._nodes[target].names[_key(new)] = new, moved
        return b""

    def set_attributes(self, node: int, body: bytes) -> bytes:
        """Change the size or the mode; times are not kept."""
        valid, _, _, size = struct.unpack_from("<IIQQ", body)
        (mode,) = struct.unpack_from("<I", body, 68)
        found = self._nodes[node]
        if valid & 1:
            found.mode = mode
        if valid & 8:
            found.data[:] = found.data[:size].ljust(size, b"\0")
        return self._attributes(node)

    def read(self, node: int, body: bytes) -> bytes:
        """Read from a file."""
        _, offset, size = struct.unpack_from("<QQI", body)
        return bytes(self._nodes[node].data[offset : offset + size])

    def write(self, node: int, body: bytes) -> bytes:
        """Write into a file."""
        _, offset, size = struct.unpack_from("<QQI", body)
        data = self._nodes[node].data
        data[:] = data.ljust(offset, b"\0")
        data[offset : offset + size] = body[40 : 40 + size]
        return struct.pack("<II", size, 0)

    def list(self, node: int, body: bytes) -> bytes:
        """List a directory from an entry on."""
        _, offset, size = struct.unpack_from("<QQI", body)
        found = b""
        for number, (name, each) in enumerate(list(self._nodes[node].names.values())[offset:], offset + 1):
            entry = struct.pack("<QQII", each.number, number, len(name), each.mode >> 12) + name
            entry += bytes(-len(entry) % 8)
            if len(found) + len(entry) > size:
                break
            found += entry
        return found


@contextmanager
def mounted(directory: Path) -> Iterator[None]:
    """Mount one on ``directory`` while the block runs. Raises OSError where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={descriptor},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"lineal", os.fsencode(directory), b"fuse", 0, options):
        raise OSError(ctypes.get_errno(), "mount")
    server = os.fork()
    if not server:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        Folding().serve(descriptor)
        os._exit(0)
    os.close(descriptor)
    try:
        yield
    finally:
        libc.umount2(os.fsencode(directory), 2)
        os.waitpid(server, 0)
