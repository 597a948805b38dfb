"""What is gathered from events while they are read, and the value that comes of it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from lineal.capture.secrets import MASK, is_secret_name, mask
from lineal.objects.canonical import Number, Scalar, number
from lineal.objects.runs import ModelFacts, Package, Point

Event = dict[str, Any]
"""One line of the spool: ``kind``, ``at`` (milliseconds since 1970 UTC), ``file`` (whose it is) and its own members."""


class FileTold(msgspec.Struct, frozen=True):
    """A file that an interpreter opened: for ``r``eading, ``w``riting, both (``u``); or ``t``, ``text`` that may name some.

    ``path`` is absolute; of a text the directory that its names are relative to. ``stamp``: time, size and inode before.
    """

    purpose: str
    path: str
    text: str = ""
    stamp: tuple[int, int, int] | None = None


class SpoolRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a program's interpreters told. ``metrics`` are last values; ``models`` are by the file's absolute path."""

    params: dict[str, Scalar] = {}
    metrics: dict[str, Number] = {}
    series: tuple[Point, ...] = ()
    seeds: dict[str, int] = {}
    flags: dict[str, str] = {}
    models: dict[str, ModelFacts] = {}
    packages: tuple[Package, ...] = ()
    python: str = ""
    implementation: str = ""
    executable: str = ""
    libraries: dict[str, str] = {}
    files: tuple[FileTold, ...] = ()
    last_at: int = 0
    masked_secrets: int = 0
    gaps: tuple[str, ...] = ()


class Gathered:
    """What the events said so far, in the order of time. The takers of ``told/`` fill it."""

    def __init__(self) -> None:
        self.params: dict[str, Scalar] = {}
        self.series: list[Point] = []
        self.seeds: dict[str, int] = {}
        self.flags: dict[str, str] = {}
        self.models: dict[str, ModelFacts] = {}
        self.python: Event = {}
        self.is_program = False
        self.libraries: dict[str, str] = {}
        self.files: list[FileTold] = []
        self.gaps: dict[str, None] = {}
        self.last_at = 0
        self.masked_secrets = 0
        self.next_step: dict[str, int] = {}

    def record(self) -> SpoolRecord:
        """Return what was gathered."""
        packages = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in self.python.get("packages", ())}
        return SpoolRecord(
            params=self.params,
            metrics={each.key: each.value for each in self.series},
            series=tuple(self.series),
            seeds=self.seeds,
            flags=self.flags,
            models=self.models,
            packages=tuple(Package(name=name, version=packages[name]) for name in sorted(packages)),
            python=self.python.get("version", ""),
            implementation=self.python.get("implementation", ""),
            executable=self.python.get("executable", ""),
            libraries=self.libraries,
            files=tuple(self.files),
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
