"""Two ways of watching for one run: the better one where it works, the next for what it cannot take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lineal.capture.files.watch.watcher import Seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineal.capture.files.watch.watcher import Root, Sightings, Watcher
    from lineal.capture.told.record import FileTold

_NAMED_MAX = 3


class Joined:
    """Watches some directories in one way and the rest in another.

    Args:
        better: has started, and left a rest.
        other: has started for that rest.
    """

    def __init__(self, better: Watcher, other: Watcher) -> None:
        self._better = better
        self._other = other
        self._parts = (Seen(level=""), Seen(level=""))
        self.level = f"{better.level}, {other.level}"

    @property
    def sightings(self) -> Sightings | None:
        """What the better way saw so far."""
        return self._better.sightings

    @property
    def rest(self) -> tuple[Root, ...]:
        """What neither can watch."""
        return self._other.rest

    def start(self) -> None:
        """Both have started."""

    def stop(self) -> Seen:
        """Stop both, and return what either saw."""
        self._parts = (self._better.stop(), self._other.stop())
        return self._merged(*self._parts)

    def explained(self, _seen: Seen, told: Sequence[FileTold]) -> Seen:
        """Return what either saw, in the light of what interpreters ``told``."""
        better, other = self._parts
        return self._merged(self._better.explained(better, told), self._other.explained(other, told))

    def _merged(self, better: Seen, other: Seen) -> Seen:
        rest = [each.path for each in self._better.rest]
        named = ", ".join(rest[:_NAMED_MAX]) + (f" and {len(rest) - _NAMED_MAX} more" if rest[_NAMED_MAX:] else "")
        gap = f"files: {better.level} could not watch {named}; there, files were seen at the level {other.level} only"
        return msgspec.structs.replace(
            better,
            reads=other.reads | better.reads,
            writes=better.writes | other.writes,
            first=other.first | better.first,
            moved=better.moved | other.moved,
            overwritten=better.overwritten | other.overwritten,
            overflowed=better.overflowed or other.overflowed,
            gaps=(*better.gaps, gap, *other.gaps),
        )
