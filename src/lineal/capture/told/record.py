"""What is gathered from events while they are read, and the value that comes of it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from lineal.capture.secrets import MASK, is_secret_name, mask
from lineal.capture.told.params import Params
from lineal.capture.told.trackers import Tracked, merged_series, put_params
from lineal.objects.canonical import Number, Scalar, number
from lineal.objects.runs import ModelFacts, Package, Point

_INTEGER_MAX = (1 << 63) - 1

Event = dict[str, Any]
"""One line of the spool: ``kind``, ``at`` (milliseconds since 1970 UTC), ``file`` (whose it is) and its own members."""


class SpoolRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a program's interpreters told. ``metrics`` are last values; ``models`` are by the file's absolute path."""

    params: dict[str, Scalar] = {}
    param_sources: dict[str, str] = {}
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
    tags: dict[str, str] = {}
    last_at: int = 0
    masked_secrets: int = 0
    gaps: tuple[str, ...] = ()


class Gathered:
    """What the events said so far, in the order of time. The takers of ``told/`` fill it."""

    def __init__(self) -> None:
        self.params = Params()
        self.outer: set[str] = set()
        self.series: list[Point] = []
        self.seeds: dict[str, int] = {}
        self.flags: dict[str, str] = {}
        self.models: dict[str, ModelFacts] = {}
        self.python: Event = {}
        self.is_program = False
        self.libraries: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.tracked = Tracked()
        self.gaps: dict[str, None] = {}
        self.last_at = 0
        self.masked_secrets = 0
        self.next_step: dict[str, int] = {}

    def record(self) -> SpoolRecord:
        """Return what was gathered."""
        packages = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in self.python.get("packages", ())}
        series = merged_series(self.series, self.tracked, at=self.last_at)
        put_params(self.params, self.tracked)
        return SpoolRecord(
            params=self.params.values(),
            param_sources=self.params.sources(),
            metrics={each.key: each.value for each in series},
            series=tuple(series),
            seeds=self.seeds,
            flags=self.flags,
            models=self.models,
            packages=tuple(Package(name=name, version=packages[name]) for name in sorted(packages)),
            python=self.python.get("version", ""),
            implementation=self.python.get("implementation", ""),
            executable=self.python.get("executable", ""),
            libraries=self.libraries,
            tags=self.tags,
            last_at=self.last_at,
            masked_secrets=self.masked_secrets,
            gaps=(*self.gaps, *self.params.gaps()),
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
