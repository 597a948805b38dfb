"""Zip archives, read by what stands in them and not by what they claim.

Loaders differ in which of a zip's two lists they believe, in whether they look at checksums and flags, and in which
names they take for the same. So every member is read that either list leads to, whatever its checksum says.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from lineal.formats.scans.look import HELD_BYTES_MAX, MEMBERS_MAX, Look, Unreadable, size_of
from lineal.formats.scans.packed import inflated

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
_COMMENT_BYTES_MAX = 1 << 16
_WIDE = 0xFFFFFFFF
_METHODS = {0: "stored", 8: "deflated", 12: "bzip2", 14: "lzma"}


class Member(NamedTuple):
    """A member as one of the lists has it; ``data`` is where its bytes begin."""

    name: str
    flags: int
    method: int
    checksum: int
    packed_bytes: int
    size_bytes: int
    header: int
    data: int = 0
    mode: int = 0


class Archive(NamedTuple):
    """A zip archive: its members by name, and the file that they are in."""

    file: BinaryIO
    members: dict[str, Member]
    start: int


def opened(file: BinaryIO, look: Look) -> Archive:
    """Return the archive, and note in what its two lists contradict each other.

    Raises:
        Unreadable: it has no list of its members, or one that is broken.
    """
    end = _end(file)
    members: dict[str, Member] = {}
    spans: list[tuple[int, int]] = []
    for each in _central(file, end, look):
        local = _local(file, each.header)
        if local is None:
            look.note("archive-disagrees", each.name, "its list leads to where no member is", place=each.header)
            continue
        if local.name != each.name or local.method != each.method or (local.flags ^ each.flags) & 1:
            look.note(
                "archive-disagrees",
                each.name,
                f"one list calls it {local.name!r} ({_how(local)}), the other {each.name!r} ({_how(each)})",
                place=each.header,
            )
        if each.name in members:
            look.note("archive-disagrees", each.name, "two members have this name", place=each.header)
        key = each.name if each.name not in members else f"{each.name}#{len(members)}"
        members[key] = each._replace(data=local.data)
        spans.append((each.header, local.data + each.packed_bytes))
    for each in _hidden(file, sorted(spans), end):
        if len(members) >= MEMBERS_MAX:
            break
        look.note("archive-disagrees", each.name, "a member that the archive's list does not have", place=each.header)
        members.setdefault(f"{each.name}#hidden{each.header}", each)
    start = min((first for first, _ in spans), default=0)
    return Archive(file, members, start)


def _how(member: Member) -> str:
    return _METHODS.get(member.method, f"method {member.method}") + (", encrypted" if member.flags & 1 else "")


def data_of(archive: Archive, member: Member, look: Look) -> bytes:
    """Return the bytes of a member, whatever its checksum; note when that is wrong, or its size.

    Raises:
        Unreadable: it is encrypted, packed in a way that is not known, or too large.
    """
    if member.packed_bytes > HELD_BYTES_MAX:
        raise Unreadable(f"it has more than {HELD_BYTES_MAX >> 20} MiB")
    archive.file.seek(member.data)
    raw = archive.file.read(member.packed_bytes)
    if member.flags & 1:
        look.note("archive-disagrees", member.name, "it is marked as encrypted, which some loaders do not look at")
    if member.method not in {0, 8, 12}:
        raise Unreadable(f"it is packed by the method {member.method}, which is not known")
    if member.method == 0:
        look.budget.spend_bytes(len(raw))
        found = raw
    else:
        found = inflated(raw, look, method=member.method)
    if len(found) != member.size_bytes or zlib.crc32(found) != member.checksum:
        look.note("checksum", member.name, "its bytes are not those that the archive's checksum is of")
    return found


def _end(file: BinaryIO) -> int:
    """Return where the end record is."""
    size_bytes = size_of(file)
    start = max(0, size_bytes - _COMMENT_BYTES_MAX - 22)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < 22:
        raise Unreadable("it begins as a zip archive and has no list of its members")
    return start + at


def _central(file: BinaryIO, end: int, look: Look) -> Iterator[Member]:
    """Yield the members of the list at the archive's end, with places as they are in the file."""
    file.seek(end)
    record = file.read(22)
    count, list_bytes, start = _number(record, 10, 2), _number(record, 12, 4), _number(record, 16, 4)
    before = end - list_bytes
    file.seek(max(0, end - 20))
    locator = file.read(20)
    if locator[:4] == _LOCATOR64:
        file.seek(min(_number(locator, 8, 8), end))
        wide = file.read(56)
        if wide[:4] != _END64:
            file.seek(max(0, end - 76))
            wide = file.read(56)
        if wide[:4] == _END64:
            count, list_bytes, start = _number(wide, 32, 8), _number(wide, 40, 8), _number(wide, 48, 8)
            before = end - 76 - list_bytes
    shift = _shift(file, before, start)
    if shift:
        look.note("archive-disagrees", look.name, f"{shift:,} bytes stand before the archive", place=0)
    file.seek(max(0, start + shift))
    data = file.read(min(list_bytes, 1 << 28))
    at = found = 0
    while data[at : at + 4] == CENTRAL and found < MEMBERS_MAX:
        if at + 46 > len(data):
            raise Unreadable("the list of the zip archive's members breaks off")
        found += 1
        look.budget.spend_member()
        entry, at = _entry(data, at)
        yield entry._replace(header=entry.header + shift)
    if found != count:
        look.note("archive-disagrees", look.name, f"it claims {count:,} members and lists {found:,}")


def _shift(file: BinaryIO, before: int, start: int) -> int:
    """Return how many bytes stand before the archive: loaders find its list by its size, or by its place."""
    for place, shift in ((before, before - start), (start, 0)):
        if place >= 0:
            file.seek(place)
            if file.read(4) in {CENTRAL, END, _END64}:
                return max(0, shift)
    raise Unreadable("the list of the zip archive's members is not where it says")


def _entry(data: bytes, at: int) -> tuple[Member, int]:
    name_bytes, extra_bytes, comment_bytes = (_number(data, at + place, 2) for place in (28, 30, 32))
    name = data[at + 46 : at + 46 + name_bytes]
    extra = data[at + 46 + name_bytes : at + 46 + name_bytes + extra_bytes]
    size_bytes, packed_bytes, header = _wide(extra, [_number(data, at + place, 4) for place in (24, 20, 42)])
    made_on, outer = data[at + 5], _number(data, at + 38, 4)
    member = Member(
        name.decode("utf-8", "replace"),
        _number(data, at + 8, 2),
        _number(data, at + 10, 2),
        _number(data, at + 16, 4),
        packed_bytes,
        size_bytes,
        header,
        mode=outer >> 16 if made_on == 3 else 0,
    )
    return member, at + 46 + name_bytes + extra_bytes + comment_bytes


def _wide(extra: bytes, values: list[int]) -> list[int]:
    """Return sizes and places, from the extra field where they need eight bytes."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = _number(extra, at, 2), _number(extra, at + 2, 2)
        if kind == 1:
            place = at + 4
            for index, value in enumerate(values):
                if value == _WIDE and place + 8 <= len(extra):
                    values[index] = _number(extra, place, 8)
                    place += 8
        at += 4 + size
    return values


def _local(file: BinaryIO, place: int) -> Member | None:
    file.seek(place)
    head = file.read(30)
    if head[:4] != LOCAL or len(head) < 30:
        return None
    name_bytes, extra_bytes = _number(head, 26, 2), _number(head, 28, 2)
    name = file.read(name_bytes).decode("utf-8", "replace")
    size_bytes, packed_bytes = _wide(file.read(extra_bytes), [_number(head, 22, 4), _number(head, 18, 4)])
    return Member(
        name,
        _number(head, 6, 2),
        _number(head, 8, 2),
        _number(head, 14, 4),
        packed_bytes,
        size_bytes,
        place,
        place + 30 + name_bytes + extra_bytes,
    )


def _hidden(file: BinaryIO, spans: list[tuple[int, int]], end: int) -> Iterator[Member]:
    """Yield members in the gaps between those that the list has."""
    gaps, at = [], 0
    for first, last in spans:
        if first > at:
            gaps.append((at, first))
        at = max(at, last)
    gaps.append((at, end))
    for first, last in gaps:
        file.seek(first)
        gap = file.read(min(last - first, 64 << 20))
        found = gap.find(LOCAL)
        while found >= 0:
            if member := _local(file, first + found):
                room = max(0, end - member.data)
                size = min(member.packed_bytes, room) if member.packed_bytes else room
                yield member._replace(packed_bytes=size)
            found = gap.find(LOCAL, found + 4)


def _number(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width], "little")
