"""Reads and hashes, or writes, small files for another process; or lists directories. It needs nothing but Python itself.

To list, a request is a path with a line feed behind it, in which one is written as NUL; the answer is its size as a
``SIZE``, and what ``listed`` returns, by marshal; None for what cannot be listed. To do the rest, a request is a
``HEAD``, the size and the mode of each file, and their paths with a NUL behind each; the answer is a ``FILE`` for each.
The bytes of the files lie in memory that both processes see, one behind the other. To unpack, they are read from a file
instead: where each begins in it, and its SHA-256, stand before the paths, of which that of the file is the first.
"""

from __future__ import annotations

import marshal
import os
import struct
import sys
import time

# Each import is time before the first answer.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

IS_LISTER = __name__ == "__main__" and sys.argv[2] == "list"
if not IS_LISTER:
    from hashlib import sha256
    from mmap import mmap

HEAD = struct.Struct("<IIQ")
"""How many files; how many bytes their paths have; where in the shared memory the first one lies."""

STAMP = struct.Struct("<qqqQq")
"""A file's size, times, inode and mode, as bytes: what is compared for every file, every time, is best in one piece."""

FILE = struct.Struct("<?40sq32s")
"""Whether it was done; the file's stamp and device; the SHA-256 of what was read."""

CHECKED = bytes(32)
"""Stands for the SHA-256 of what is known to be right: nothing has this one."""

SIZE = struct.Struct("<I")
"""How many bytes an answer has."""

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_WAIT = getattr(os, "RWF_NOWAIT", 0)
_BEGUN_MAX = 64
"""So many files are asked of the disk at once: one that is asked for one at a time is idle most of the time."""

_MORE = bytearray(1)
"""Where a byte goes that a file has more than it should: not to where the next file's lie, which may have been read already."""

_ROOM_BYTES = 1 << 20
_NOT_DONE = FILE.pack(False, b"", 0, b"")  # noqa: FBT003
"""Whoever asked does it themselves then, and tells what is wrong."""


def _begin(path: bytes, room: memoryview) -> tuple[int, int]:
    """Open a file and read it into ``room`` if no disk need be waited for; otherwise let the disk begin.

    Returns:
        A descriptor, -1 for what cannot be opened; and how many bytes were read, -1 where they must be waited for.
    """
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return -1, -1
    try:
        return descriptor, os.preadv(descriptor, [room[:-1], _MORE], 0, _NO_WAIT) if _NO_WAIT else -1
    except OSError:  # it is on the disk, or in a file system that cannot be asked
        _need(descriptor)
        return descriptor, -1


def _need(descriptor: int) -> None:
    """Let the disk begin to read a file."""
    try:  # noqa: SIM105 - an import is time before the first answer
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
    except OSError:
        pass  # it is read when it is waited for


def _finish(descriptor: int, count: int, room: memoryview) -> bytes:
    """Answer for a file that was begun; ``room`` has a byte more than it should."""
    if descriptor < 0:
        return _NOT_DONE
    try:
        if count != len(room) - 1:
            count = os.readv(descriptor, [room[:-1], _MORE])
        s = os.fstat(descriptor)
    except OSError:
        return _NOT_DONE
    finally:
        os.close(descriptor)
    return _file(s, sha256(room[:count]).digest()) if count == len(room) - 1 else _NOT_DONE


def _write(path: bytes, mode: int, room: memoryview) -> bytes:
    """Write ``room`` but for its last byte to a file, all or nothing."""
    temporary = os.path.dirname(path) + b"/" + os.fsencode(sys.argv[3]) + b"%d" % os.getpid()
    try:
        descriptor = os.open(temporary, _WRITE, mode)
        try:
            rest = room[:-1]
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except OSError:
        if os.path.lexists(temporary):
            os.unlink(temporary)
        raise
    return _file(os.lstat(path), b"")


def _create(path: bytes, mode: int, room: memoryview) -> bytes:
    """Write ``room`` but for its last byte to a file where there was none; who sees it early sees its beginning."""
    descriptor = os.open(path, _WRITE | os.O_EXCL, mode)
    try:
        rest = room[:-1]
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        return _file(os.fstat(descriptor), b"")
    except OSError:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def _file(s: os.stat_result, digest: bytes) -> bytes:
    stamp = STAMP.pack(s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino, s.st_mode)
    return FILE.pack(True, stamp, s.st_dev, digest)  # noqa: FBT003


def listed(place: str) -> tuple[int, int, dict[str, bytes], list[str]]:
    """Return when a directory was listed, its device (-1 without files), each file's stamp by its name, and the folders.

    Raises:
        OSError: it may not be read.
    """
    at, device, below, as_stamp = time.time_ns(), -1, [], STAMP.pack
    stamps: dict[str, bytes] = {}
    with os.scandir(place) as entries:
        for each in entries:
            if each.is_dir(follow_symlinks=False):
                below.append(each.name)
                continue
            try:
                s = each.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone since the directory was read
            # Written out: this is done for every file, every time.
            stamps[each.name] = as_stamp(s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino, s.st_mode)
            device = s.st_dev
    return at, device, stamps, below


def list_places() -> None:
    """Answer requests to list until there are no more."""
    answers = sys.stdout.buffer
    for line in sys.stdin.buffer:
        try:
            answer = marshal.dumps(listed(os.fsdecode(line[:-1].replace(b"\0", b"\n"))))
        except OSError:
            answer = marshal.dumps(None)
        answers.write(SIZE.pack(len(answer)) + answer)
        answers.flush()


_DO = {"write": _write, "create": _create}
_UNPACK = {"unpack": _write, "unpack new": _create}


def read_files(shared: memoryview) -> None:
    """Answer requests to read until there are no more."""
    for files in _asked(shared):
        begun = [_begin(path, room) for path, _, room in files[:_BEGUN_MAX]]
        for number, (_, _, room) in enumerate(files):
            if (later := number + _BEGUN_MAX) < len(files):
                begun.append(_begin(files[later][0], files[later][2]))
            sys.stdout.buffer.write(_finish(*begun[number], room))
        sys.stdout.buffer.flush()


def write_files(shared: memoryview) -> None:
    """Answer requests to write until there are no more."""
    do = _DO[sys.argv[2]]
    for files in _asked(shared):
        for each in files:
            try:
                answer = do(*each)
            except OSError:
                answer = _NOT_DONE
            sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


def _asked(shared: memoryview) -> Iterator[list[tuple[bytes, int, memoryview]]]:
    """Yield what each request is about: every file's path, its mode, and its bytes with one more behind them."""
    requests = sys.stdin.buffer
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        count, path_bytes, at = HEAD.unpack(head)
        numbers = struct.unpack(f"<{2 * count}I", requests.read(8 * count))
        files = []
        for size, mode, path in zip(numbers[:count], numbers[count:], requests.read(path_bytes).split(b"\0")):  # noqa: B905 - behind the last NUL is nothing
            files.append((path, mode, shared[at : at + size + 1]))
            at += size
        yield files


def unpack_files() -> None:
    """Answer requests to write parts of a file as files until there are no more."""
    do = _UNPACK[sys.argv[2]]
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        count, path_bytes, _ = HEAD.unpack(head)
        numbers = struct.unpack(f"<{2 * count}I{count}Q", requests.read(16 * count))
        digests = requests.read(32 * count)
        source, *paths = requests.read(path_bytes).split(b"\0")
        sizes, modes, starts = numbers[:count], numbers[count : 2 * count], numbers[2 * count :]
        answers.write(b"".join(_unpacked(do, source, zip(paths, sizes, modes, starts, _each(digests)))))  # noqa: B905
        answers.flush()


def _each(digests: bytes) -> list[bytes]:
    return [digests[at : at + 32] for at in range(0, len(digests), 32)]


def _unpacked(
    do: Callable[[bytes, int, memoryview], bytes], source: bytes, files: Iterable[tuple[bytes, int, int, int, bytes]]
) -> Iterator[bytes]:
    """Write parts of a file, each once it was found to be what it should be."""
    room = memoryview(bytearray(_ROOM_BYTES))
    try:
        descriptor = os.open(source, _READ)
    except OSError:
        yield from (_NOT_DONE for _ in files)
        return
    try:
        for path, size, mode, start, digest in files:
            if size >= len(room):
                room = memoryview(bytearray(size + 1))
            try:
                is_whole = os.preadv(descriptor, [room[:size]], start) == size
                is_right = is_whole and (digest == CHECKED or sha256(room[:size]).digest() == digest)
                yield do(path, mode, room[: size + 1]) if is_right else _NOT_DONE
            except OSError:
                yield _NOT_DONE
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    if IS_LISTER:
        list_places()
    elif sys.argv[2] in _UNPACK:
        unpack_files()
    else:
        (read_files if sys.argv[2] == "read" else write_files)(memoryview(mmap(int(sys.argv[1]), 0)))
