"""What is noted beside files that a store shares with the workspace: small files, each written whole or not at all.

None of them need be safe on the disk. Without its note, or with an older one, a file is hashed before anything is said of it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from lineal.objects.chains import Chain
from lineal.objects.digest import Digest, is_digest
from lineal.objects.prepared import prepared

_NOTE, _EDITED, _CHAIN = ".note", ".edited", ".chain"

Stamp = tuple[int, int, int, int, int]
"""Device, inode, size, modification and change time (both ns): what changes when somebody does anything to a file."""


class Note(msgspec.Struct, frozen=True):
    """What is noted of a blob: where in the workspace its file was put, and the file's stamp when it was certainly right.

    ``boot`` is the run of the machine in which that was: a power cut can leave what was written shortly before and lose its time.
    It is empty when the file was not certainly on the disk; then only the place counts.
    """

    place: str
    stamp: Stamp
    boot: str


@cache
def boot() -> str:
    """Return what this run of the machine is called; nothing where no system tells."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


class Notes:
    """The notes of one store.

    Args:
        directory: where the files are.
        scratch: where a note is written before it has its name; on the same file system.
    """

    def __init__(self, directory: Path, scratch: Path) -> None:
        self._directory = directory
        self._scratch = scratch

    def read(self, digest: Digest) -> Note | None:
        """Return what is noted of a blob, if anything is."""
        with suppress(OSError, msgspec.MsgspecError):
            return _decode(self._path(digest, _NOTE).read_bytes())
        return None

    def is_of(self, digest: Digest, stamp: Stamp) -> bool:
        """Tell whether a file with this stamp is noted as right."""
        note = self.read(digest)
        return note is not None and note.boot != "" and (note.stamp, note.boot) == (stamp, boot())

    def place(self, digest: Digest) -> str:
        """Return where in the workspace a blob's file is, or was when it was edited; nothing where nobody knows."""
        with suppress(OSError):
            return self._path(digest, _EDITED).read_text(encoding="utf-8", errors="replace")
        note = self.read(digest)
        return note.place if note else ""

    def write(self, digest: Digest, place: str, stamp: Stamp, *, is_certain: bool = True) -> None:
        """Note where a file is, and that it is right if that is certain. Raises OSError."""
        note = Note(place, stamp, boot() if is_certain else "")
        self._write(self._path(digest, _NOTE), msgspec.json.encode(note))
        self._path(digest, _EDITED).unlink(missing_ok=True)

    def write_chain(self, digest: Digest, chain: Chain | None) -> None:
        """Keep the states that the SHA-256 of a file goes through, if they are known. Raises OSError."""
        if chain:
            self._write(self._path(digest, _CHAIN), msgspec.json.encode(chain))

    def chain(self, digest: Digest) -> Chain | None:
        """Return those states, if they are known."""
        with suppress(OSError, msgspec.MsgspecError):
            return _decode_chain(self._path(digest, _CHAIN).read_bytes())
        return None

    def write_edited(self, digest: Digest) -> None:
        """Note that a blob went because its file was edited. Raises OSError."""
        self._write(self._path(digest, _EDITED), self.place(digest).encode(errors="replace"))
        self._path(digest, _NOTE).unlink(missing_ok=True)

    def is_edited(self, digest: Digest) -> bool:
        """Tell whether a blob went because its file was edited."""
        return is_digest(digest) and self._path(digest, _EDITED).exists()

    def edited(self) -> list[Digest]:
        """Return every blob that went like this, in order."""
        with suppress(OSError):
            names = (each.removesuffix(_EDITED) for each in os.listdir(self._directory) if each.endswith(_EDITED))  # noqa: PTH208 - only names are asked for
            return sorted(Digest(digest) for each in names if is_digest(digest := f"sha256:{each}"))
        return []

    def forget(self, digest: Digest) -> None:
        """Let go of what is noted of a blob. Raises OSError."""
        for suffix in (_NOTE, _EDITED, _CHAIN):
            self._path(digest, suffix).unlink(missing_ok=True)

    def _path(self, digest: Digest, suffix: str) -> Path:
        return self._directory / f"{digest.removeprefix('sha256:')}{suffix}"

    def _write(self, path: Path, data: bytes) -> None:
        temporary = self._scratch / f"note.{os.getpid()}.{os.urandom(8).hex()}"
        try:
            self._scratch.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


_decode = msgspec.json.Decoder(prepared(Note)).decode
_decode_chain = msgspec.json.Decoder(prepared(Chain)).decode
