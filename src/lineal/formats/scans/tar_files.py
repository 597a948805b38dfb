"""Tar archives: every member, and the paths and links that leave the directory they are unpacked in."""

from __future__ import annotations

import tarfile
from typing import BinaryIO

from lineal.formats.scans.look import HELD_BYTES_MAX, Look, Unreadable
from lineal.formats.scans.paths import leaves

_OLD_TORCH = {"pickle", "storages", "tensors"}


def is_tar(head: bytes) -> bool:
    """Tell whether a file that begins so is a tar archive."""
    if head[257:262] == b"ustar":
        return True
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "replace")
    except tarfile.TarError:
        return False
    return True


def read_tar(file: BinaryIO, look: Look) -> str:
    """Look into every member. Raises Unreadable when the archive is broken."""
    file.seek(0)
    names: set[str] = set()
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            while member := archive.next():
                look.budget.spend_member()
                names.add(member.name.rpartition("/")[2])
                _member(archive, member, look)
    except (tarfile.TarError, OSError, ValueError, EOFError, OverflowError) as error:
        raise Unreadable(f"its tar archive cannot be read ({error})") from None
    return "torch, tar" if names >= _OLD_TORCH else "tar"


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, look: Look) -> None:
    if leaves(member.name):
        look.note("path-escapes", member.name, "where it would be unpacked")
    if (member.issym() or member.islnk()) and leaves(member.linkname, member.name if member.issym() else ""):
        look.note("path-escapes", member.name, f"a link to {member.linkname}")
    if member.ischr() or member.isblk() or member.isfifo():
        look.note("path-escapes", member.name, "a device")
    if not member.isreg():
        return
    look.budget.spend_bytes(member.size)
    if member.size > HELD_BYTES_MAX:
        raise Unreadable(f"its member {member.name} has more than {HELD_BYTES_MAX >> 20} MiB")
    if data := archive.extractfile(member):
        look.enter(member.name, data.read())
