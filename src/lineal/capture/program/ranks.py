"""Which processes of a run are which rank of a distributed training, as their interpreters wrote at their start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from lineal.objects.prepared import prepared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LINE_BYTES_MAX = 4096


class _HasParent(Protocol):
    @property
    def parent(self) -> int: ...


Process = TypeVar("Process", bound=_HasParent)


class _Said(msgspec.Struct):
    kind: str
    rank: int = 0


class Ranks:
    """The ranks of a run.

    Args:
        spool: the run's, in which each interpreter has a file that begins with its rank, where it is one.
    """

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._known: dict[int, int] = {}
        self._files: set[str] = set()

    def of(self, members: Mapping[int, Process]) -> dict[int, dict[int, Process]]:
        """Return the processes of each rank among ``members``, with all that they started, by rank. Raises OSError."""
        self._look()
        found: dict[int, dict[int, Process]] = {}
        for process, facts in members.items() if self._known else ():
            up = process
            while up not in self._known and up in members:
                up = members[up].parent
            if up in self._known:
                found.setdefault(self._known[up], {})[process] = facts
        return found

    def _look(self) -> None:
        for file in self._spool.glob("events-*.jsonl"):
            process = file.stem.removeprefix("events-")
            if file.name in self._files or not process.isdecimal():
                continue
            with file.open("rb") as lines:
                line = lines.readline(_LINE_BYTES_MAX)
            if not line.endswith(b"\n"):
                continue  # it is being written
            self._files.add(file.name)
            try:
                said = msgspec.json.decode(line, type=prepared(_Said))
            except msgspec.MsgspecError:
                continue
            if said.kind == "rank":
                self._known[int(process)] = said.rank
