"""Places of parts in the file that they will be: each is written where it belongs, so that nothing is copied at the end.

An upload gets such a file with its first part, whose size becomes that of every place; a part that fits in no place, or
comes a second time, is kept by itself (`parts.py`). Servers that share a disk agree by files that only one of them can
make. What keeps bytes whole that were given a name:

- a place is written by whoever made its claim, and a claim goes only when that failed, or after the file itself went;
- a claim is empty until the last byte is written, and tells the part's tag from then on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from lineal.storage.blobs import reading
from lineal.storage.direct import Appending

_PLAN = re.compile(r"([0-9a-f]{16}) ([1-9][0-9]{0,17})\n")
_ROOM_BYTES = 2 << 20
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Whole(NamedTuple):
    """The file that the parts of an upload are written into: its own name, where it is, and the size of each place."""

    name: str
    path: Path
    place_bytes: int

    def start(self, number: int) -> int:
        """Return where the place of a part begins."""
        return (number - 1) * self.place_bytes


class Place:
    """The place of one part, which is this one's to write; it counts once the block ended without an error.

    Args:
        whole: the file.
        number: which part it is.
        claim: what keeps others away from the place; new.

    Raises:
        OSError: somebody has claimed it, or the file is gone.
    """

    def __init__(self, whole: Whole, number: int, claim: Path) -> None:
        self.whole = whole
        self.number = number
        self.tag = ""
        self._claim = claim
        self._marking = os.open(claim, _NEW, 0o600)
        try:
            # Opened once it is claimed: whoever removes an upload removes the file before the claims.
            self._descriptor = os.open(whole.path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            self._give_up()
            raise
        self._file = Appending(self._descriptor, at=whole.start(number), room_bytes=_ROOM_BYTES)

    def write(self, piece: bytes) -> None:
        """Append ``piece`` to the part. Raises Unavailable."""
        with reading.guarded(self.whole.path):
            self._file.write(piece)

    def finish(self, tag: str) -> None:
        """Write what waits, and tell that the part with this tag is here. Raises Unavailable."""
        with reading.guarded(self.whole.path):
            # What is marked must be there after a power cut too: bytes that are missing here leave no gap that shows.
            if not self._file.finish():
                os.fdatasync(self._descriptor)
            os.write(self._marking, tag.encode())
        self.tag = tag

    def _give_up(self) -> None:
        os.close(self._marking)
        if not self.tag:
            with suppress(OSError):
                self._claim.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.discard()
        os.close(self._descriptor)
        self._give_up()


class Places:
    """The places of one upload.

    Args:
        scratch: the directory where its files are.
        upload: its id.
    """

    def __init__(self, scratch: Path, upload: str) -> None:
        self._scratch = scratch
        self._stem = f"upload.{upload}"

    def claim(self, number: int, size_bytes: int) -> Place | None:
        """Return the place of a part, or None when it has none: it is too large, or somebody wrote there."""
        try:
            whole = self.whole() or self._begin(size_bytes)
            if not whole or size_bytes > whole.place_bytes:
                return None
            return Place(whole, number, self._claim(whole, number))
        except OSError:  # a disk that is full says so once more where the part is kept by itself
            return None

    def whole(self) -> Whole | None:
        """Return the file, if there is one."""
        try:
            found = _PLAN.fullmatch(self._plan.read_text("ascii"))
        except (OSError, ValueError):
            return None
        return Whole(found[1], self._whole(found[1]), int(found[2])) if found else None

    def _begin(self, size_bytes: int) -> Whole | None:
        """Make the file, or find the one of whoever was sooner. Raises OSError."""
        name = os.urandom(8).hex()
        whole, plan = self._whole(name), self._scratch / f"{self._stem}.coming.{name}"
        self._scratch.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(whole, _NEW, 0o600))
            plan.write_text(f"{name} {size_bytes}\n", "ascii")
            self._plan.hardlink_to(plan)  # appears with all it says, and only if there is none
        except OSError:
            whole.unlink(missing_ok=True)
        finally:
            plan.unlink(missing_ok=True)
        return self.whole()

    def has(self, whole: Whole, number: int, tag: str) -> bool:
        """Tell whether the part with this tag lies in its place."""
        try:
            return self._claim(whole, number).read_text("ascii") == tag
        except (OSError, ValueError):
            return False

    def filled(self, tags: Sequence[str], sizes: Sequence[int]) -> Whole | None:
        """Return the file when it is made of exactly the parts with these tags; None when some of them lie elsewhere.

        Args:
            tags: those of the parts, the first one first.
            sizes: how large each of them is.
        """
        if not (whole := self.whole()) or {*sizes[:-1]} - {whole.place_bytes}:
            return None
        if not all(self.has(whole, number, tag) for number, tag in enumerate(tags, 1)):
            return None
        try:
            # It is longer where a part that was larger failed in the last place.
            return whole if whole.path.stat().st_size <= sum(sizes) else None
        except OSError:
            return None

    @property
    def _plan(self) -> Path:
        return self._scratch / f"{self._stem}.plan"

    def _claim(self, whole: Whole, number: int) -> Path:
        return self._scratch / f"{self._stem}.place.{whole.name}.{number}"

    def _whole(self, name: str) -> Path:
        return self._scratch / f"{self._stem}.whole.{name}"
