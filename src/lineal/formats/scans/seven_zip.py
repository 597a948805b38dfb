"""7z archives, as far as people pack models with them: stored, LZMA, LZMA2, bzip2 and deflate, one method at a time."""

from __future__ import annotations

import lzma
from typing import Any, BinaryIO, NamedTuple

from lineal.formats.scans.look import HELD_BYTES_MAX, MEMBERS_MAX, Look, Unreadable, size_of
from lineal.formats.scans.packed import MEMORY_BYTES_MAX, inflated

MAGIC = b"7z\xbc\xaf\x27\x1c"
_HEADER_BYTES_MAX = 64 << 20


class _Folder(NamedTuple):
    coders: tuple[tuple[bytes, bytes], ...]
    """Method and properties of each, from what is unpacked to what is packed."""

    is_reversed: bool


class _Streams(NamedTuple):
    start: int
    packed: list[int]
    folders: list[_Folder]
    sizes: list[int]
    parts: list[list[int]]


class _Reader:
    """Reads the numbers of a header, in the order in which they stand."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def bite(self, size_bytes: int) -> bytes:
        found = self._data[self._at : self._at + size_bytes]
        if len(found) != size_bytes or size_bytes < 0:
            raise Unreadable("the header of its 7z archive breaks off")
        self._at += size_bytes
        return found

    def byte(self) -> int:
        return self.bite(1)[0]

    def number(self) -> int:
        first, mask, value = self.byte(), 0x80, 0
        for place in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << (8 * place)
            value |= self.byte() << (8 * place)
            mask >>= 1
        return value

    def count(self) -> int:
        found = self.number()
        if found > MEMBERS_MAX:
            raise Unreadable("the header of its 7z archive claims far too much")
        return found

    def bits(self, count: int) -> list[bool]:
        if self.byte():
            return [True] * count
        data = self.bite((count + 7) // 8)
        return [bool(data[place // 8] & 0x80 >> place % 8) for place in range(count)]

    def sums(self, count: int) -> None:
        self.bite(4 * sum(self.bits(count)))

    def expect(self, *kinds: int) -> int:
        found = self.byte()
        if found not in kinds:
            raise Unreadable(f"the header of its 7z archive has a part {found} that is not known there")
        return found


def read_seven_zip(file: BinaryIO, look: Look) -> str:
    """Look into every member. Raises Unreadable when the archive is broken, or packed in a way that is not known."""
    file.seek(0)
    head = file.read(32)
    start, size = int.from_bytes(head[12:20], "little"), int.from_bytes(head[20:28], "little")
    if 32 + start + size > size_of(file) or size > _HEADER_BYTES_MAX:
        raise Unreadable("its 7z archive breaks off")
    file.seek(32 + start)
    header = _Reader(file.read(size))
    kind = header.expect(1, 0x17)
    for _ in range(4):
        if kind == 1:
            break
        streams = _streams(header)
        header = _Reader(_folders(file, streams, look)[0])
        kind = header.expect(1, 0x17)
    _members(file, header, look)
    return "7z"


def _members(file: BinaryIO, header: _Reader, look: Look) -> None:
    streams = None
    kind = header.expect(0, 2, 3, 4, 5)
    if kind in {2, 3}:
        raise Unreadable("its 7z archive has additional parts, which are not known")
    if kind == 4:
        streams = _streams(header)
        kind = header.expect(0, 5)
    names = _names(header) if kind == 5 else []
    if streams is None:
        return
    at = 0
    for data, parts in zip(_folders(file, streams, look), streams.parts, strict=True):
        place = 0
        for size in parts:
            look.budget.spend_member()
            name = names[at] if at < len(names) else f"member {at}"
            look.enter(name, data[place : place + size])
            place += size
            at += 1


def _names(header: _Reader) -> list[str]:
    """Return the names of the files that have bytes."""
    count = header.count()
    names: list[str] = []
    empty = [False] * count
    while kind := header.number():
        data = _Reader(header.bite(header.number()))
        if kind == 0x11:
            data.byte()
            text = bytes(data.bite(len(data._data) - 1)).decode("utf-16-le", "replace")  # noqa: SLF001
            names = text.split("\0")[:count]
        elif kind == 0x0E:
            bits = data._data  # noqa: SLF001
            empty = [place // 8 < len(bits) and bool(bits[place // 8] & 0x80 >> place % 8) for place in range(count)]
    return [name for name, is_empty in zip(names, empty, strict=False) if not is_empty]


def _streams(header: _Reader) -> _Streams:
    start, packed, folders, sizes = 0, list[int](), list[_Folder](), list[int]()
    parts: list[list[int]] = []
    has_sums = False
    while kind := header.expect(0, 6, 7, 8):
        if kind == 6:
            start, count = header.number(), header.count()
            while part := header.expect(0, 9, 10):
                if part == 9:
                    packed = [header.number() for _ in range(count)]
                else:
                    header.sums(count)
        elif kind == 7:
            folders, sizes, has_sums = _coders(header)
            parts = [[each] for each in sizes]
        else:
            parts = _substreams(header, sizes, has_sums=has_sums)
    if not len(packed) == len(folders) == len(sizes) == len(parts):
        raise Unreadable("the parts of its 7z archive do not fit each other")
    return _Streams(start, packed, folders, sizes, parts)


def _coders(header: _Reader) -> tuple[list[_Folder], list[int], bool]:
    header.expect(0x0B)
    count = header.count()
    if header.byte():
        raise Unreadable("its 7z archive keeps its header elsewhere")
    folders = [_folder(header) for _ in range(count)]
    header.expect(0x0C)
    # One size a coder; that of what is unpacked at last is the one that counts.
    sizes = [[header.number() for _ in each.coders][-1 if each.is_reversed else 0] for each in folders]
    has_sums = header.expect(0, 10) == 10
    if has_sums:
        header.sums(count)
        header.expect(0)
    return folders, sizes, has_sums


def _folder(header: _Reader) -> _Folder:
    count = header.number()
    if not 1 <= count <= 4:
        raise Unreadable(f"a part of its 7z archive is packed by {count} methods, which cannot be")
    coders = []
    for _ in range(count):
        flags = header.byte()
        method = header.bite(flags & 15)
        if flags & 0x10:
            raise Unreadable("a part of its 7z archive has several streams")
        coders.append((method, header.bite(header.number()) if flags & 0x20 else b""))
    bound = [(header.number(), header.number()) for _ in range(count - 1)]
    forwards = [(place, place + 1) for place in range(count - 1)]
    if bound not in (forwards, [(after, before) for before, after in forwards]):
        raise Unreadable("the methods that a part of its 7z archive is packed by do not follow each other")
    is_reversed = bound != forwards
    return _Folder(tuple(reversed(coders) if is_reversed else coders), is_reversed)


def _substreams(header: _Reader, sizes: list[int], *, has_sums: bool) -> list[list[int]]:
    counts = [1] * len(sizes)
    kind = header.expect(0, 9, 10, 13)
    if kind == 13:
        counts = [header.count() for _ in sizes]
        kind = header.expect(0, 9, 10)
    parts: list[list[int]] = []
    for size, count in zip(sizes, counts, strict=True):
        given = [header.number() for _ in range(count - 1)] if kind == 9 else []
        parts.append([*given, max(0, size - sum(given))] if count else [])
    if kind == 9:
        kind = header.expect(0, 10)
    if kind == 10:
        header.sums(sum(count for count in counts if count != 1 or not has_sums))
        header.expect(0)
    return parts


def _folders(file: BinaryIO, streams: _Streams, look: Look) -> list[bytes]:
    found: list[bytes] = []
    place = 32 + streams.start
    for packed, folder, size in zip(streams.packed, streams.folders, streams.sizes, strict=True):
        if packed > HELD_BYTES_MAX or size > HELD_BYTES_MAX:
            raise Unreadable(f"a part of its 7z archive has more than {HELD_BYTES_MAX >> 20} MiB")
        file.seek(place)
        found.append(_unpacked(folder, file.read(packed), size, look))
        place += packed
    return found


def _unpacked(folder: _Folder, data: bytes, size: int, look: Look) -> bytes:
    method = folder.coders[0][0]
    if method == b"\x00":
        look.budget.spend_bytes(len(data))
        return data
    if method in {b"\x04\x01\x08", b"\x04\x02\x02"}:
        return inflated(data, look, method=8 if method[1] == 1 else 12)
    try:
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[_filter(*each) for each in folder.coders])
        found = unpacker.decompress(data, size)
    except (lzma.LZMAError, ValueError, OverflowError, MemoryError) as error:
        raise Unreadable(f"a part of its 7z archive cannot be unpacked ({error})") from None
    look.budget.spend_bytes(len(found))
    if len(found) != size:
        raise Unreadable("a part of its 7z archive breaks off")
    return found


def _filter(method: bytes, properties: bytes) -> dict[str, Any]:
    if method == b"\x03\x01\x01" and len(properties) == 5:
        first, window = properties[0], int.from_bytes(properties[1:], "little")
        if first >= 225 or window > MEMORY_BYTES_MAX:
            raise Unreadable("a part of its 7z archive is packed in a way that cannot be")
        settings = {"lc": first % 9, "lp": first // 9 % 5, "pb": first // 45}
        return {"id": lzma.FILTER_LZMA1, "dict_size": max(window, 4096), **settings}
    if method == b"\x21" and len(properties) == 1 and properties[0] < 40:
        bits = properties[0]
        return {"id": lzma.FILTER_LZMA2, "dict_size": min((2 | bits & 1) << (bits // 2 + 11), MEMORY_BYTES_MAX)}
    if method == b"\x03\x03\x01\x03":
        return {"id": lzma.FILTER_X86}
    if method == b"\x03" and len(properties) == 1:
        return {"id": lzma.FILTER_DELTA, "dist": properties[0] + 1}
    raise Unreadable(f"a part of its 7z archive is packed by the method {method.hex()}, which is not known")
