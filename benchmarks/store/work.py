"""One set of data in a repository of each system, and every contest about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import NamedTuple

from benchmarks.store.files import copy, generate, hash_whole, remove, require_equal, scan
from benchmarks.store.measure import Failed, Outcome, Usage, contest
from benchmarks.store.remotes import Remotes
from benchmarks.store.systems import KINDS, LIMIT, OURS, Project


class Data(NamedTuple):
    """What is generated, and what it is called in the project."""

    kind: str
    size: int
    file: str


class Work:
    """The contests about one set of data. Each is held once, and leaves the repositories that later ones need.

    Args:
        home: a folder of its own, on the disk that is measured.
        data: what is added.
        remotes: where it is pushed.
        times: turns of each contest.
        systems: who takes part, by name.
    """

    def __init__(
        self, home: Path, data: Data, remotes: Remotes, *, times: int, systems: tuple[str, ...] = tuple(KINDS)
    ) -> None:
        self.data = data
        self.remotes = remotes
        self._home = home
        self._times = times
        self._systems = systems
        self._projects = dict[str, Project]()
        self._source = home / "source"
        generate(data.kind, self._source, data.size)

    def outcome(self, contest_: str) -> Outcome:
        """Return the outcome of a contest, held now if it was not yet."""
        return getattr(self, contest_)

    @cached_property
    def adds(self) -> Outcome:
        """Add the data to a fresh repository; the last one of each system stays."""

        def add(name: str, turn: int) -> Usage:
            home = self._home / f"{name}-{turn}"
            self._let_go(self._home / f"{name}-{turn - 1}")
            project = KINDS[name](home, self.data.file)
            copy(self._source, project.path)
            usage = project.add()
            self._projects[name] = project
            return usage

        if self.data.kind == "file":
            return self._contest(add, lambda: hash_whole(self._source))
        copies = count()
        return self._contest(add, lambda: self._copy(next(copies)))

    @cached_property
    def statuses(self) -> Outcome:
        """Ask for changes where nothing changed."""
        return self._contest(lambda name, _: self._project(name).status(), self._scan)

    @cached_property
    def readds(self) -> Outcome:
        """Add again after 100 files changed: the versions after the first."""

        def add(name: str, turn: int) -> Usage:
            project = self._project(name)
            generate(self.data.kind, project.path, self.data.size, version=turn + 2)
            return project.add()

        return self._contest(add, self._scan)

    @cached_property
    def pushes(self) -> Outcome:
        """Push everything to a remote that is empty."""

        def push(name: str, turn: int) -> Usage:
            project = self._project(name)
            project.connect(f"r{turn}", self.remotes.at(f"{name}-{turn}"))
            return project.push()

        return self._contest(push, lambda: self.remotes.put(self._source))

    @cached_property
    def pulls(self) -> Outcome:
        """Pull everything into a fresh repository, and see that it is what was pushed."""
        pushed = self.pushes

        def pull(name: str, turn: int) -> Usage:
            if name in pushed.faults:
                raise Failed(f"nothing was pushed: {pushed.faults[name]}")
            colleague = self._project(name).colleague(self._home / f"{name}-pull-{turn}")
            usage = colleague.pull()
            require_equal(self._project(name).path, colleague.pulled())
            self._let_go(self._home / f"{name}-pull-{turn}")
            return usage

        return self._contest(pull, self.remotes.get)

    @cached_property
    def checkouts(self) -> Outcome:
        """Go back to the version before the newest, where 100 files are others, then forth; in the end, all have the same."""
        _ = self.readds
        outcome = self._contest(lambda name, turn: self._project(name).check_out(self._times + turn % 2), self._scan)
        if not outcome.faults:
            try:
                require_equal(*(self._project(name).path for name in KINDS))
            except Failed as fault:
                outcome.faults[OURS] = str(fault)
        return outcome

    def _contest(self, work: Callable[[str, int], Usage], limit: Callable[[], Usage]) -> Outcome:
        contenders = {name: self._contender(work, name) for name in self._systems}
        return contest({**contenders, LIMIT: lambda _: limit()}, times=self._times)

    @staticmethod
    def _contender(work: Callable[[str, int], Usage], name: str) -> Callable[[int], Usage]:
        return lambda turn: work(name, turn)

    def _copy(self, turn: int) -> Usage:
        self._let_go(self._home / f"copy-{turn - 1}")
        return copy(self._source, self._home / f"copy-{turn}")

    def _let_go(self, path: Path) -> None:
        """Remove what is not needed any more; but many files only once all is measured.

        For minutes after many were deleted, ext4 is several times slower to make new ones: whoever comes next would pay.
        """
        if self.data.kind == "file":
            remove(path)

    def _project(self, name: str) -> Project:
        added = self.adds
        if name in added.faults:
            raise Failed(f"nothing was added: {added.faults[name]}")
        return self._projects[name]

    def _scan(self) -> Usage:
        return scan(self._source)
