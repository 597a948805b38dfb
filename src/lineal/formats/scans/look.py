"""A look into files: the traces that were found, and how much may still be read."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from lineal.objects.errors import Corrupt

DEPTH_MAX = 8
"""Archives within archives, pickles within pickles: what is deeper is unreadable."""

UNPACKED_BYTES_MAX = 4 << 30
"""So much is unpacked of one file, all members together."""

HELD_BYTES_MAX = 1 << 30
"""So much of one member is in memory at once."""

STEPS_MAX = 20_000_000
"""So many opcodes of pickles are read in one file."""

TRACES_MAX = 20_000
MEMBERS_MAX = 200_000

_SAID_CHARACTERS_MAX = 300

SURPRISES: tuple[type[Exception], ...] = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What no format should raise; fuzzing empties this, so that it finds those that do."""


class Trace(NamedTuple):
    """One thing that a file would do, or that is wrong with it.

    Args:
        kind: a row of the table of rules, or ``import`` and ``call`` for names of Python's.
        what: the name, the path or the part.
        said: with what: constant arguments, or the reason.
        member: where inside the file, as ``archive/data.pkl``; empty for the file itself.
        place: at which byte of that.
    """

    kind: str
    what: str
    said: str = ""
    member: str = ""
    place: int = 0


class Unreadable(Exception):
    """What is read contradicts itself, or is far too much."""


class Budget:
    """How much may still be read of a file; shared by all that is inside of it."""

    def __init__(self) -> None:
        self.steps = STEPS_MAX
        self.unpacked_bytes = UNPACKED_BYTES_MAX
        self.members = MEMBERS_MAX

    def spend_bytes(self, size_bytes: int) -> None:
        """Count bytes that were unpacked. Raises Unreadable."""
        self.unpacked_bytes -= size_bytes
        if self.unpacked_bytes < 0:
            raise Unreadable(f"it unpacks to more than {UNPACKED_BYTES_MAX >> 30} GiB")

    def spend_member(self) -> None:
        """Count a member. Raises Unreadable."""
        self.members -= 1
        if self.members < 0:
            raise Unreadable(f"it holds more than {MEMBERS_MAX:,} members")


class Look:
    """A look into one file, or into a member of one.

    Args:
        name: the last part of its path.
        open_inside: looks into bytes by what they are; formats call it for their members.
        budget: what may still be read.
        member: the path inside the file.
        depth: how many files it is inside of.
        traces: where to note; shared by all that is inside.
    """

    def __init__(
        self,
        name: str,
        open_inside: Callable[[Look, BinaryIO], str],
        *,
        budget: Budget | None = None,
        member: str = "",
        depth: int = 0,
        traces: dict[Trace, None] | None = None,
    ) -> None:
        self.name = name
        self.member = member
        self.depth = depth
        self.budget = budget or Budget()
        self.traces: dict[Trace, None] = {} if traces is None else traces
        self._open_inside = open_inside

    def note(self, kind: str, what: str, said: str = "", *, place: int = 0) -> None:
        """Note a trace. Raises Unreadable when there are far too many."""
        if len(self.traces) >= TRACES_MAX:
            raise Unreadable(f"more than {TRACES_MAX:,} things were found in it")
        self.traces[Trace(kind, shortened(what), shortened(said), self.member, place)] = None

    def inside(self, name: str) -> Look:
        """Return the look into a member. Raises Unreadable when it is too deep."""
        if self.depth >= DEPTH_MAX:
            raise Unreadable(f"files are nested more than {DEPTH_MAX} deep in it")
        member = f"{self.member}!{name}" if self.member else name
        return Look(
            name.rpartition("/")[2],
            self._open_inside,
            budget=self.budget,
            member=member,
            depth=self.depth + 1,
            traces=self.traces,
        )

    def enter(self, name: str, data: bytes | BinaryIO) -> str:
        """Look into a member by what it is, and return its format; what is wrong with it is noted there."""
        inner = self.inside(name)
        return inner.guard(lambda: self._open_inside(inner, io.BytesIO(data) if isinstance(data, bytes) else data))

    def guard(self, read: Callable[[], str]) -> str:
        """Return what reading returns; note that it is unreadable when it is."""
        try:
            return read()
        except (Unreadable, Corrupt) as error:
            said = error.message if isinstance(error, Corrupt) else str(error)
            self.traces[Trace("unreadable", self.name, shortened(said), self.member)] = None
        except SURPRISES as error:
            # A fault of ours on a file of a stranger's must not keep anybody from being told that it is odd.
            said = f"it cannot be followed ({type(error).__name__})"
            self.traces[Trace("unreadable", self.name, said, self.member)] = None
        return "unreadable"


def shortened(text: str) -> str:
    """Return a text as it is told: short, and of signs that can be printed."""
    plain = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text[:_SAID_CHARACTERS_MAX])
    return plain + ("…" if len(text) > _SAID_CHARACTERS_MAX else "")


def size_of(file: BinaryIO) -> int:
    """Return the size of a file in bytes."""
    return file.seek(0, 2)


def head_of(file: BinaryIO, size_bytes: int = 512) -> bytes:
    """Return the beginning of a file."""
    file.seek(0)
    return file.read(size_bytes)


def whole(file: BinaryIO, most_bytes: int = HELD_BYTES_MAX) -> bytes:
    """Return all of a file. Raises Unreadable when it is too large to be held."""
    if size_of(file) > most_bytes:
        raise Unreadable(f"it has more than {most_bytes >> 20} MiB")
    file.seek(0)
    return file.read(most_bytes)
