"""Archives and messages put together by hand, sound ones and those that contradict themselves."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping


def zipped(members: Mapping[str, bytes], *, method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def central_name(archive: bytes, old: bytes, new: bytes) -> bytes:
    """Call a member something else in the list at the end, and leave it as it is where it stands."""
    at = archive.find(b"PK\x01\x02")
    return archive[:at] + archive[at:].replace(old, new, 1)


def with_hidden_member(archive: bytes, name: str, content: bytes) -> bytes:
    """Put a member before the list at the end, which does not have it."""
    raw = name.encode()
    sizes = struct.pack("<III", zlib.crc32(content), len(content), len(content))
    member = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0" + sizes + struct.pack("<HH", len(raw), 0) + raw + content
    at, end = archive.find(b"PK\x01\x02"), archive.rfind(b"PK\x05\x06")
    place = struct.unpack("<I", archive[end + 16 : end + 20])[0] + len(member)
    return archive[:at] + member + archive[at : end + 16] + struct.pack("<I", place) + archive[end + 20 :]


def protobuf(*fields: tuple[int, bytes | int]) -> bytes:
    """Return a message."""
    made = b""
    for number, value in fields:
        if isinstance(value, int):
            made += varint(number << 3) + varint(value)
        else:
            made += varint(number << 3 | 2) + varint(len(value)) + value
    return made


def varint(value: int) -> bytes:
    """Return a number as messages have it."""
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def lz4_frame(content: bytes) -> bytes:
    """Return a frame of LZ4 with one block of literals, as compressors write what they cannot make smaller."""
    rest = len(content) - 15
    block = bytes([0xF0]) + b"\xff" * (rest // 255) + bytes([rest % 255]) + content
    return b"\x04\x22M\x18\x60\x40\x82" + struct.pack("<I", len(block)) + block + bytes(4)


def seven_zip(members: Mapping[str, bytes]) -> bytes:
    """Return a 7z archive of LZMA2, all members in one stream."""
    stream = b"".join(members.values())
    packed = lzma.compress(stream, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}])
    names = b"\0" + b"".join(each.encode("utf-16-le") + b"\0\0" for each in members)
    sizes = b"".join(number(len(each)) for each in list(members.values())[:-1])
    header = b"\x01\x04\x06" + number(0) + number(1) + b"\x09" + number(len(packed)) + b"\0"
    header += b"\x07\x0b" + number(1) + b"\0" + number(1) + b"\x21\x21\x01\x10" + b"\x0c" + number(len(stream)) + b"\0"
    header += b"\x08\x0d" + number(len(members)) + (b"\x09" + sizes if sizes else b"") + b"\0\0"
    header += b"\x05" + number(len(members)) + b"\x11" + number(len(names)) + names + b"\0\0"
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\x04" + struct.pack("<I", zlib.crc32(start)) + start + packed + header


def number(value: int) -> bytes:
    """Return a number as 7z has it."""
    if value < 0x80:
        return bytes([value])
    if value < 0x4000:
        return bytes([0x80 | value >> 8, value & 255])
    return b"\xf0" + struct.pack("<I", value) if value < 1 << 32 else b"\xff" + struct.pack("<Q", value)
