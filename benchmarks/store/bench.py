"""Everything measured, group by group: a group shares one set of data, which is gone before the next begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks.store import judging, table
from benchmarks.store.dedup import Stored
from benchmarks.store.files import remove
from benchmarks.store.measure import Outcome, cold
from benchmarks.store.remotes import Directories, Remotes, object_store
from benchmarks.store.rows import Row
from benchmarks.store.systems import KINDS, OURS
from benchmarks.store.work import Data, Work

Named = TypeVar("Named", table.Trial, table.Deduplication)


class Bench(NamedTuple):
    """What is asked for.

    With ``quick``, starting the programs takes most of the time, so that the goal is only to beat DVC.
    """

    home: Path
    sizes: table.Sizes
    quick: bool = False
    only: frozenset[str] = frozenset()

    def rows(self) -> Iterator[Row]:
        """Measure what the store must show."""
        if trials := self._asked(table.TREE):
            yield from self._race(trials, Data("tree", self.sizes.files, "data"))
        if trials := self._asked(table.FILE):
            yield from self._race(trials, Data("file", self.sizes.file_bytes, "data.bin"))
        if trials := self._asked(table.S3):
            with object_store(self.home / "s3") as bucket:
                yield from self._race(trials, Data("tree", self.sizes.s3_files, "data"), bucket)
        for trial in self._asked(table.VERSIONS):
            with self._folder() as home:
                first = self.sizes.first_version_bytes[trial.row]
                stored = Stored(home, trial.row, first, versions=self.sizes.versions)
                yield judging.small(trial, stored, quick=self.quick)

    def scale_rows(self) -> Iterator[Row]:
        """Measure how cost grows with the number of files; once each, as so much work has little noise.

        A million files do not stay in the system's cache from one command to the next, so no size may.
        """
        fewer = dict[str, Outcome]()
        for files in self.sizes.scale:
            systems = tuple(KINDS) if files <= table.PEER_FILES_MAX else (OURS,)
            with self._folder() as home, cold():
                data = Data("crumbs", files, "data")
                work = Work(home, data, Directories(home / "remotes"), times=1, systems=systems)
                for trial in table.SCALE:
                    outcome = work.outcome(trial.contest)
                    yield judging.grown(trial, work, outcome, fewer.get(trial.row))
                    fewer[trial.row] = outcome

    def _race(self, trials: tuple[table.Trial, ...], data: Data, remotes: Remotes | None = None) -> Iterator[Row]:
        with self._folder() as home:
            work = Work(home, data, remotes or Directories(home / "remotes"), times=self.sizes.times)
            for trial in trials:
                yield judging.fast(trial, work, work.outcome(trial.contest), quick=self.quick)

    def _asked(self, trials: tuple[Named, ...]) -> tuple[Named, ...]:
        return tuple(each for each in trials if not self.only or each.row in self.only)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        home = self.home / "work"
        home.mkdir()
        yield home
        remove(home)
