"""Programs that a program started."""

from __future__ import annotations

from lineal.objects.canonical import Object


class Child(Object, frozen=True):
    """A program that a run's program started itself, as often as ``count`` says.

    ``command`` has its secrets masked. ``exit_status`` is negative for a signal, None when the program did not wait for it.
    ``taken`` are the streams, ``stdout`` and ``stderr``, that the program read itself: what was printed there is not in the run's output.
    """

    command: tuple[str, ...]
    exit_status: int | None = None
    taken: tuple[str, ...] = ()
    count: int = 1
