"""What is gathered from events while they are read, and the value that comes of it."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from lineal.capture.secrets import MASK, is_secret_name, mask
from lineal.capture.told import lines
from lineal.capture.told.points import SYSTEM, Counting
from lineal.objects.canonical import Number, Scalar, number
from lineal.objects.runs import ModelFacts, Package, RunState

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


class SpoolRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a program's interpreters told. ``metrics`` are last values; ``models`` are by the file's absolute path."""

    params: dict[str, Scalar] = {}
    metrics: dict[str, Number] = {}
    tags: dict[str, str] = {}
    about: About = About()
    media: tuple[Media, ...] = ()
    seeds: dict[str, int] = {}
    flags: dict[str, str] = {}
    models: dict[str, ModelFacts] = {}
    packages: tuple[Package, ...] = ()
    python: str = ""
    implementation: str = ""
    executable: str = ""
    libraries: dict[str, str] = {}
    first_at: int = 0
    last_at: int = 0
    masked_secrets: int = 0
    gaps: tuple[str, ...] = ()


class Gathered:
    """What the events said so far, in the order of time. The takers of ``told/`` fill it."""

    def __init__(self) -> None:
        self.params: dict[str, Scalar] = {}
        self.metrics: dict[str, Number] = {}
        self.tags: dict[str, str] = {}
        self.about: dict[str, Any] = {}
        self.media: dict[str, Media] = {}
        self.seeds: dict[str, int] = {}
        self.flags: dict[str, str] = {}
        self.models: dict[str, ModelFacts] = {}
        self.python: Event = {}
        self.is_program = False
        self.libraries: dict[str, str] = {}
        self.gaps: dict[str, None] = {}
        self.first_at = self.last_at = 0
        self.masked_secrets = 0
        self.counting = Counting()

    def record(self) -> SpoolRecord:
        """Return what was gathered."""
        packages = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in self.python.get("packages", ())}
        return SpoolRecord(
            params=self.params,
            metrics={key: value for key, value in self.metrics.items() if not key.startswith(SYSTEM)},
            tags=self.tags,
            about=msgspec.convert(self.about, About),
            media=tuple(self.media.values()),
            seeds=self.seeds,
            flags=self.flags,
            models=self.models,
            packages=tuple(Package(name=name, version=packages[name]) for name in sorted(packages)),
            python=self.python.get("version", ""),
            implementation=self.python.get("implementation", ""),
            executable=self.python.get("executable", ""),
            libraries=self.libraries,
            first_at=self.first_at,
            last_at=self.last_at,
            masked_secrets=self.masked_secrets,
            gaps=tuple(self.gaps),
        )

    def kept(self, name: str, value: object) -> Scalar:
        """Return ``value`` as a record keeps it: finite numbers as such, texts without secrets."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return number(value)
        if is_secret_name(name.rpartition(".")[2]) and value:
            self.masked_secrets += 1
            return MASK
        text, count = mask(str(value))
        self.masked_secrets += count
        return text
