"""What is gathered from events while they are read, and the value that comes of it."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from lineal.capture.secrets import MASK, is_secret_name, mask
from lineal.capture.told import lines
from lineal.capture.told.children import counted
from lineal.capture.told.gathering import Elsewhere
from lineal.capture.told.params import Params
from lineal.capture.told.points import SYSTEM, Counting
from lineal.capture.told.ranks import Ranks
from lineal.capture.told.trackers import Tracked, Values, put_params
from lineal.objects.canonical import Number, Scalar, number
from lineal.objects.children import Child
from lineal.objects.places import Label, ObjectUse, QueryUse
from lineal.objects.prepared import prepared
from lineal.objects.runs import ModelFacts, Package, RunState, Training
from lineal.objects.runtime import Accelerator

_INTEGER_MAX = (1 << 63) - 1

Event = lines.Event
"""One line of the spool, with the name of its file."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a program said its run is: a name, and references to the runs that it is a part or continuation of.

    ``state`` is what the program said of its end; empty when it said nothing.
    """

    name: str = ""
    parent: str = ""
    resumes: str = ""
    forks: str = ""
    from_step: int | None = None
    state: RunState | Literal[""] = ""


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A table, picture or other value that is no number: ``path`` is where its bytes are, relative to the spool."""

    key: str
    step: int
    what: str
    path: str
    at: int


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a tracker was handed: ``path`` is where its bytes are, relative to the spool.

    With a ``stamp`` (time of change, size, inode) it is an absolute path, and the bytes are its only in that state.
    """

    name: str
    path: str
    stamp: tuple[int, int, int] | None = None


class Cell(msgspec.Struct, frozen=True):
    """A cell of a notebook that ran: in which interpreter (by its file of events), its number, id, text and error.

    ``is_injected``: it holds parameters that who ran the notebook put into it.
    """

    kernel: str
    number: int
    id: str
    source: str
    error: str = ""
    is_injected: bool = False


class FileTold(msgspec.Struct, frozen=True):
    """A file that an interpreter opened: for ``r``eading, ``w``riting, both (``u``); or ``t``, ``text`` that may name some.

    ``path`` is absolute; of a text the directory that its names are relative to. ``stamp``: time, size and inode before.
    """

    purpose: str
    path: str
    text: str = ""
    stamp: tuple[int, int, int] | None = None


class SpoolRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a program's interpreters told.

    ``metrics`` are last values; ``models`` and ``labels`` are by the file's absolute path. ``folders`` are those that the
    interpreter looks for modules in. ``modules`` are the files of what was imported and is neither Python's nor installed, by
    name; None when no interpreter came to its end. ``cells`` are in the order they ran, their secrets masked. ``peers`` are
    the connections that interpreters made themselves, as address and port; ``has_native_reads`` tells that native code was
    asked to read from an address, so that it made some of its own. ``doubled`` are metrics of trackers that were seen anyway,
    ``summary`` values that a tracker was told of the whole run.
    """

    params: dict[str, Scalar] = {}
    param_sources: dict[str, str] = {}
    metrics: dict[str, Number] = {}
    tags: dict[str, str] = {}
    about: About = About()
    media: tuple[Media, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    seeds: dict[str, int] = {}
    states: dict[str, str] = {}
    flags: dict[str, str] = {}
    models: dict[str, ModelFacts] = {}
    packages: tuple[Package, ...] = ()
    python: str = ""
    implementation: str = ""
    executable: str = ""
    build: str = ""
    folders: tuple[str, ...] = ()
    prefix: str = ""
    libraries: dict[str, str] = {}
    devices: tuple[Accelerator, ...] = ()
    modules: dict[str, str] | None = None
    cells: tuple[Cell, ...] = ()
    doubled: frozenset[str] = frozenset()
    summary: dict[str, Number] = {}
    first_at: int = 0
    files: tuple[FileTold, ...] = ()
    last_at: int = 0
    masked_secrets: int = 0
    gaps: tuple[str, ...] = ()
    objects: tuple[ObjectUse, ...] = ()
    queries: tuple[QueryUse, ...] = ()
    labels: dict[str, Label] = {}
    peers: frozenset[str] = frozenset()
    has_native_reads: bool = False
    children: tuple[Child, ...] = ()
    training: Training | None = None


class Gathered:
    """What the events said so far, in the order of time. The takers of ``told/`` fill it."""

    def __init__(self) -> None:
        self.params = Params()
        self.outer: set[str] = set()
        self.metrics: dict[str, Number] = {}
        self.values = Values()
        self.about: dict[str, Any] = {}
        self.media: dict[str, Media] = {}
        self.artifacts: dict[str, Artifact] = {}
        self.seeds: dict[str, int] = {}
        self.states: dict[str, str] = {}
        self.flags: dict[str, str] = {}
        self.models: dict[str, ModelFacts] = {}
        self.python: Event = {}
        self.is_program = False
        self.libraries: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.tracked = Tracked()
        self.devices: tuple[Accelerator, ...] = ()
        self.modules: dict[str, str] | None = None
        self.cells: list[Cell] = []
        self.injected: set[str] = set()
        self.pythons: dict[str, Event] = {}
        self.files: list[FileTold] = []
        self.gaps: dict[str, None] = {}
        self.first_at = self.last_at = 0
        self.masked_secrets = 0
        self.counting = Counting()
        self.ranks = Ranks()
        self.elsewhere = Elsewhere()
        self.children: dict[str, Child] = {}

    def record(self) -> SpoolRecord:
        """Return what was gathered."""
        # The kernel of a notebook is the program; what started it only passes messages.
        python = self.pythons.get(self.cells[0].kernel, self.python) if self.cells else self.python
        packages = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in python.get("packages", ())}
        put_params(self.params, self.tracked)
        children = counted(self.children, self.gaps)
        doubled = self.tracked.doubles(self.values)
        metrics = self.metrics | {key: each for key, each in self.tracked.metrics.items() if key not in doubled}
        summary = self.tracked.told_in_the_end(metrics)
        metrics |= summary
        return SpoolRecord(
            params=self.params.values(),
            param_sources=self.params.sources(),
            metrics={key: value for key, value in metrics.items() if not key.startswith(SYSTEM)},
            tags=self.tags,
            about=msgspec.convert(self.about, prepared(About)),
            media=tuple(self.media.values()),
            artifacts=tuple(self.artifacts.values()),
            seeds=self.seeds,
            states=self.states,
            flags=self.flags,
            models=self.models,
            packages=tuple(Package(name=name, version=packages[name]) for name in sorted(packages)),
            python=python.get("version", ""),
            implementation=python.get("implementation", ""),
            executable=python.get("executable", ""),
            build=python.get("build", ""),
            folders=tuple(python.get("folders", ())),
            prefix=python.get("prefix", ""),
            libraries=self.libraries,
            devices=self.devices,
            modules=self.modules,
            cells=tuple(self.cells),
            doubled=doubled,
            summary=summary,
            first_at=self.first_at,
            files=tuple(self.files),
            last_at=self.last_at,
            masked_secrets=self.masked_secrets,
            gaps=(*self.gaps, *self.params.gaps(), *self.elsewhere.gaps(), *self.ranks.gaps()),
            objects=tuple(self.elsewhere.objects),
            queries=tuple(self.elsewhere.queries.values()),
            labels=self.elsewhere.labels,
            peers=frozenset(self.elsewhere.addresses),
            has_native_reads=self.elsewhere.has_native_reads,
            children=children,
            training=self.ranks.training(),
        )

    def kept(self, name: str, value: object) -> Scalar:
        """Return ``value`` as a record keeps it: finite numbers as such, texts without secrets."""
        if value is None or isinstance(value, bool):
            return value
        is_number = isinstance(value, int | float)
        # A number may be a PIN, but hardly a token: tokenizers count theirs.
        parts = [each for each in name.split(".") if is_secret_name(each)]
        if value and any(not (is_number and each.lower().endswith("token")) for each in parts):
            self.masked_secrets += 1
            return MASK
        if isinstance(value, int) and abs(value) <= _INTEGER_MAX:
            return value
        if isinstance(value, float):
            return number(value)
        text, count = mask(str(value))
        self.masked_secrets += count
        return text
