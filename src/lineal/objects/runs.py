"""Runs, and the code and runtime they ran with."""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.objects.canonical import Number, Object, Scalar
from lineal.objects.digest import Digest
from lineal.objects.files import Mode

RunState = Literal["running", "finished", "failed", "killed", "lost"]
"""``lost``: the recorder itself died; the record holds what its spool kept."""


IMPORTED = "imported"
"""The capture level of a run that we did not see: another system told of it."""


class Code(Object, frozen=True, tag="code"):
    """The code of a run: a commit, what was changed since, and what Git did not know.

    ``diff`` and ``untracked`` are digests of the diff's text and of a tree of untracked sources.
    """

    entry_point: str = ""
    commit: str = ""
    branch: str = ""
    remote: str = ""
    diff: Digest | None = None
    untracked: Digest | None = None
    masked_secrets: int = 0


class Package(Object, frozen=True):
    """An installed distribution."""

    name: str
    version: str


class Hardware(Object, frozen=True):
    """The machine a run ran on."""

    machine: str = ""
    processor: str = ""
    core_count: int = 0
    memory_bytes: int = 0
    accelerators: tuple[str, ...] = ()


class Runtime(Object, frozen=True, tag="runtime"):
    """Packages, interpreter, hardware and everything else that decides what the same code computes."""

    python: str = ""
    implementation: str = ""
    platform: str = ""
    libc: str = ""
    packages: tuple[Package, ...] = ()
    locks: dict[str, Digest] = {}
    hardware: Hardware = Hardware()
    variables: dict[str, str] = {}
    libraries: dict[str, str] = {}


class FileUse(Object, frozen=True):
    """A file that a run read or wrote. ``kept`` tells whether the store holds its bytes."""

    path: str
    digest: Digest
    size_bytes: int
    mode: Mode = "file"
    changed_while_reading: bool = False
    kept: bool = True


class Seeds(Object, frozen=True):
    """Random seeds that a run set, by what they seeded, and the flags that decide determinism."""

    set: dict[str, int] = {}
    flags: dict[str, str] = {}


class ModelFacts(Object, frozen=True):
    """What a framework said of the model it trained, without reading the file.

    ``inputs`` and ``outputs`` map a column to its dtype; ``classes`` are a classifier's labels in order.
    """

    framework: str = ""
    framework_version: str = ""
    architecture: str = ""
    inputs: dict[str, str] = {}
    outputs: dict[str, str] = {}
    classes: tuple[str, ...] = ()


class Point(msgspec.Struct, frozen=True):
    """A value of a metric at a step, and when it was logged. No object holds points: there are millions of them."""

    key: str
    step: int
    value: Number
    at: int


class Run(Object, frozen=True, tag="run"):
    """One execution of a program, as it was seen. Written once, when it ended.

    ``capture_level`` says how files were seen (``fanotify``, ``inotify``, ``readers``, ``arguments``, or ``imported`` where
    another system told of them); ``gaps`` lists in plain words what could not be seen. ``exit_status`` is negative for the signal
    that ended the program. ``tags`` are what a program said of it that is neither a parameter nor a metric.
    """

    id: str
    name: str
    command: tuple[str, ...]
    directory: str
    state: RunState
    started_at: int
    ended_at: int
    exit_status: int | None
    code: Digest
    runtime: Digest
    user: str = ""
    host: str = ""
    inputs: tuple[FileUse, ...] = ()
    outputs: tuple[FileUse, ...] = ()
    intermediates: tuple[FileUse, ...] = ()
    params: dict[str, Scalar] = {}
    metrics: dict[str, Number] = {}
    seeds: Seeds = Seeds()
    models: dict[str, ModelFacts] = {}
    stdout: Digest | None = None
    stderr: Digest | None = None
    capture_level: str = ""
    gaps: tuple[str, ...] = ()
    tags: dict[str, str] = {}
