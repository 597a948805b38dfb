"""Where a command runs: what was said for every command, and the streams it answers on."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from lineal.cli.globals import Globals
from lineal.objects.errors import LinealError

if TYPE_CHECKING:
    from lineal.cli.render.page import Page
    from lineal.client.connect import Repository

_WIDTH = 100
"""The width of lines where there is no terminal, in characters."""

_FOR_OTHERS_S = 2.0
"""So long `lineal run` delivers what others left behind before it ends."""

_TOLD_MAX = 5


class Context(NamedTuple):
    """Data goes to ``out``, talk to ``err``."""

    settings: Globals
    out: TextIO
    err: TextIO
    variables: Mapping[str, str]

    def connect(self) -> Repository:
        """Return the repository that is meant, with the runs delivered that a dead recorder left behind."""
        repository = self.find()
        self.deliver(repository)
        return repository

    def find(self) -> Repository:
        """Return the repository that is meant."""
        # It brings the database along, which help and completion need not wait for.
        from lineal.client.connect import connect  # noqa: PLC0415

        return connect(self.settings.repository or None, token=self.settings.token)

    def deliver(self, repository: Repository) -> None:
        """Deliver the runs that a dead recorder left behind."""
        from lineal.capture.spool_places import places  # noqa: PLC0415

        root = getattr(getattr(repository, "store", None), "root", None)
        if root is not None:
            waiting = places(root / "spool", str(root), self.variables)
            if not any(entries for each in waiting for entries in each.glob("*")):
                return
        # It brings the whole capture along, which few commands need.
        from lineal.capture.spool import await_recorders  # noqa: PLC0415
        from lineal.client.delivery import deliver_orphans, spools  # noqa: PLC0415

        try:
            if self.settings.program:
                found = deliver_orphans(repository, self.variables, seconds=_FOR_OTHERS_S)
            else:
                for place in filter(os.path.isdir, spools(repository, self.variables)):
                    await_recorders(place)
                found = deliver_orphans(repository, self.variables)
            for each in found[:_TOLD_MAX]:
                what = "was interrupted" if each.state == "lost" else "waited"
                self.talk(f"lineal: delivered {each.reference}, which {what}: {each.state}")
            if len(found) > _TOLD_MAX:
                self.talk(f"lineal: delivered {len(found) - _TOLD_MAX} more")
        except (LinealError, OSError) as error:
            self.talk(f"lineal: warning: a run that was interrupted could not be delivered: {error}")

    def talk(self, text: str) -> None:
        """Say something to the person, unless they want quiet."""
        if not self.settings.quiet:
            print(text, file=self.err, flush=True)

    def answer(self, value: Any) -> None:
        """Print an answer: as JSON, as references alone, or as people read it."""
        if self.settings.json:
            self.data(value)
            return
        from lineal.cli.render.answers import references, render  # noqa: PLC0415

        lines = references(value) if self.settings.quiet else render(value, self.page())
        self.out.writelines(f"{line}\n" for line in lines)

    def data(self, value: Any) -> None:
        """Print a value as JSON: what HTTP answers, spread out for a person who looks at it."""
        import msgspec  # noqa: PLC0415 - the top-level help does without it

        text = msgspec.json.encode(value)
        if self.out.isatty():
            text = msgspec.json.format(text)
        self.out.write(text.decode() + "\n")

    @property
    def width(self) -> int:
        """The width of lines in characters: ``COLUMNS``, the terminal's, or one that most places can show."""
        if (said := self.variables.get("COLUMNS", "")).isdecimal() and int(said):
            return int(said)
        try:
            return os.get_terminal_size(self.out.fileno()).columns or _WIDTH
        except (OSError, ValueError):  # no terminal, or not even a file
            return _WIDTH

    def page(self) -> Page:
        """Return what answers are written on."""
        from lineal.cli.render.page import Page  # noqa: PLC0415

        is_terminal = self.out.isatty()
        return Page(
            width=self.width,
            now=time.time_ns() // 1_000_000,
            is_coloured=is_terminal and not self.variables.get("NO_COLOR") and self.variables.get("TERM") != "dumb",
            is_cut=is_terminal,
        )


def environment() -> Mapping[str, str]:
    """Return the environment's variables."""
    return os.environ
