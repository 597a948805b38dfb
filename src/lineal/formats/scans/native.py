"""Programs of the machine, by how they begin."""

from __future__ import annotations

_SIGNS = {
    b"\x7fELF": "a program or library of Linux's (ELF)",
    b"\xfe\xed\xfa\xce": "a program or library of macOS's (Mach-O)",
    b"\xfe\xed\xfa\xcf": "a program or library of macOS's (Mach-O)",
    b"\xce\xfa\xed\xfe": "a program or library of macOS's (Mach-O)",
    b"\xcf\xfa\xed\xfe": "a program or library of macOS's (Mach-O)",
    b"!<arch>\n": "a library of object files",
    b"\0asm": "a program of WebAssembly's",
}


def native(head: bytes) -> str:
    """Return what a file that begins so is, empty when it is no program."""
    if head[:2] == b"MZ" and len(head) >= 64:
        place = int.from_bytes(head[60:64], "little")
        if place + 4 > len(head) or head[place : place + 2] in {b"PE", b"NE", b"LE"}:
            return "a program or library of Windows' (PE)"
    if head[:4] in {b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"} and len(head) >= 8:
        return "a program of macOS's or Java's" if int.from_bytes(head[4:8], "big") < 100 else ""
    if head[2:4] == b"\r\n" and 3390 <= int.from_bytes(head[:2], "little") < 4200 and head[4:8] in _PYC_FLAGS:
        return "compiled Python"
    return next((what for sign, what in _SIGNS.items() if head.startswith(sign)), "")


_PYC_FLAGS = {b"\0\0\0\0", b"\1\0\0\0", b"\3\0\0\0"}
