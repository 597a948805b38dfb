"""The processes of a distributed training that told something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineal.capture.shim.lineal_shim.ranks import place, shared
from lineal.objects.digest import digest_of
from lineal.objects.runs import Training

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Ranks:
    """Which of them told what, while events are read.

    Attributes:
        size: how many there are, on all machines.
        shared: what says that processes are of one training.
        ended: the files of those that came to their end.
    """

    def __init__(self) -> None:
        self.size = 0
        self.shared = ""
        self.ended: set[str] = set()
        self._files: dict[int, set[str]] = {}

    def add(self, rank: int, file: str) -> None:
        """Take note of a process of ``rank``; a launcher may have started it again."""
        self._files.setdefault(rank, set()).add(file)

    def training(self) -> Training | None:
        """Return the part of the training that was seen, if any."""
        return training_of(self.shared, self.size, tuple(sorted(self._files))) if self._files else None

    def gaps(self) -> Iterator[str]:
        """Yield what is not known of those that were killed."""
        for rank, files in sorted(self._files.items()):
            if not files & self.ended:
                yield f"rank {rank} of {self.size} was stopped before its end, so what it would have told then is not known"


def outer_training(variables: Mapping[str, str]) -> Training | None:
    """Return the part that a recorder sees which a launcher started itself, once for each rank."""
    rank, size = place(variables)
    return training_of(shared(variables), size, (rank,)) if size > 1 else None


def training_of(shared: str, size: int, ranks: tuple[int, ...]) -> Training:
    """Return a part of a training, whose addresses nobody need know."""
    return Training(key=digest_of(f"{size} {shared}".encode()) if shared else "", size=size, ranks=ranks)
