"""Runs. The code and runtime that they ran with are in modules of their own, and known here too."""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.objects.canonical import Number, Object, Scalar
from lineal.objects.children import Child
from lineal.objects.code import Code
from lineal.objects.context import Context
from lineal.objects.digest import Digest
from lineal.objects.files import Mode
from lineal.objects.places import Label, ObjectUse, QueryUse
from lineal.objects.runtime import Hardware, Package, Runtime

__all__ = [
    "IMPORTED",
    "Code",
    "FileUse",
    "Hardware",
    "ModelFacts",
    "Package",
    "Point",
    "Run",
    "RunState",
    "Runtime",
    "Seeds",
    "Training",
]

RunState = Literal["running", "finished", "failed", "killed", "lost"]
"""``lost``: the recorder itself died; the record holds what its spool kept."""


IMPORTED = "imported"
"""The capture level of a run that we did not see: another system told of it."""


class FileUse(Object, frozen=True):
    """A file that a run read or wrote. ``kept`` tells whether the store holds its bytes, ``label`` what it was."""

    path: str
    digest: Digest
    size_bytes: int
    mode: Mode = "file"
    changed_while_reading: bool = False
    kept: bool = True
    label: Label | None = None


class Seeds(Object, frozen=True):
    """Random seeds that a run set, by what they seeded, and the flags that decide determinism.

    ``states`` tells in which state generators were when the program began to use them: a digest, or the seed that a
    library starts with.
    """

    set: dict[str, int] = {}
    flags: dict[str, str] = {}
    states: dict[str, str] = {}


class ModelFacts(Object, frozen=True):
    """What a framework said of the model it trained, without reading the file.

    ``inputs`` and ``outputs`` map a column to its dtype; ``classes`` are a classifier's labels in order. ``role`` is
    ``checkpoint`` for a model that training saved on the way, at ``step``, and ``best`` for the one of them that the
    framework calls the best.
    """

    framework: str = ""
    framework_version: str = ""
    architecture: str = ""
    inputs: dict[str, str] = {}
    outputs: dict[str, str] = {}
    classes: tuple[str, ...] = ()
    role: str = ""
    step: int | None = None


class Training(Object, frozen=True):
    """The part of a distributed training that a run is: ``ranks`` of ``size`` processes.

    Runs with the same ``key`` that went on at the same time are parts of one; it is a digest of what the launcher told all
    of them, and empty where it told nothing.
    """

    key: str
    size: int
    ranks: tuple[int, ...]


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
    ``param_sources`` tells where parameters come from, by name. ``context`` what other
    systems around the run said. ``objects`` and ``queries``
    are what it read and wrote elsewhere, in the order of the first use. ``children`` are programs that it started itself.
    ``training`` says which part of a distributed one it is.

    ``parent``, ``resumes`` and ``forks`` are ids of runs: the one it is a part of, the one it goes on with after that
    ended, and the one whose history it shares, up to ``from_step`` where there is one.
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
    param_sources: dict[str, str] = {}
    parent: str = ""
    context: tuple[Context, ...] = ()
    objects: tuple[ObjectUse, ...] = ()
    queries: tuple[QueryUse, ...] = ()
    resumes: str = ""
    forks: str = ""
    from_step: int | None = None
    children: tuple[Child, ...] = ()
    training: Training | None = None
