"""The spool: a directory per run, where its processes leave facts for the launcher, safe from crashes.

::

    start.json            who runs what since when, written before the program starts
    code.json             the code it started from
    events-<process>.jsonl  one event a line, from the program's interpreters
    stdout, stderr        what it printed
    reserve               room on the disk for the outcome, should the program fill it
    end.json              the whole outcome, when the launcher lived to see it
"""

from __future__ import annotations

import json
import os
import platform
import re
from typing import TYPE_CHECKING, Any

import msgspec

from lineal.capture.processes import is_alive, start_time
from lineal.capture.secrets import MASK, is_secret_name, mask
from lineal.objects.canonical import Number, Scalar, number
from lineal.objects.runs import ModelFacts, Package, Point

if TYPE_CHECKING:
    from pathlib import Path

_SEEDS_MAX = 8
_RESERVE_BYTES = 1 << 18
"""An outcome with a thousand files takes about that."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs what since when. ``process`` is the recorder, ``program`` the recorded program once it runs.

    Processes come with their start time (`processes.start_time`), ``started_at`` is in milliseconds since 1970 UTC.
    ``variables`` are the allowed ones.
    """

    run_id: str
    command: tuple[str, ...]
    directory: str
    started_at: int
    host: str = ""
    process: int = 0
    process_started: int = 0
    program: int = 0
    program_started: int = 0
    variables: dict[str, str] = {}
    masked_secrets: int = 0


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
    last_at: int = 0
    masked_secrets: int = 0
    gaps: tuple[str, ...] = ()


def start_path(spool: Path) -> Path:
    """Return where a spool says who it belongs to."""
    return spool / "start.json"


def write_start(spool: Path, start: Start) -> None:
    """Write ``start`` at once or not at all."""
    write_whole(start_path(spool), msgspec.json.encode(start))


def read_start(spool: Path) -> Start | None:
    """Return who ``spool`` belongs to, or None when it does not say."""
    try:
        return msgspec.json.decode(start_path(spool).read_bytes(), type=Start)
    except (OSError, msgspec.MsgspecError):
        return None


def reserve(spool: Path) -> None:
    """Keep room for the outcome. Raises OSError."""
    (spool / "reserve").write_bytes(bytes(_RESERVE_BYTES))


def write_last(path: Path, data: bytes) -> None:
    """Write a file of a spool as `write_whole`, in the room that was kept for it. Raises OSError."""
    (path.parent / "reserve").unlink(missing_ok=True)
    write_whole(path, data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader finds all of it or none."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)


def this_process() -> tuple[int, int]:
    """Return the number and start time of this process."""
    return os.getpid(), start_time(os.getpid())


def orphans(directory: Path) -> list[Path]:
    """Return the spools in ``directory`` whose recorder and program are dead, oldest first; no other hosts'."""
    found: list[tuple[int, Path]] = []
    for path in directory.iterdir() if directory.is_dir() else ():
        start = read_start(path)
        if start is None or start.host != platform.node():
            continue
        processes = ((start.process, start.process_started), (start.program, start.program_started))
        if not any(each and is_alive(each, started) for each, started in processes):
            found.append((start.started_at, path))
    return [path for _, path in sorted(found)]


def read(spool: Path) -> SpoolRecord:
    """Return what the events in ``spool`` say together. Lines that were cut off by a crash are left out and noted."""
    reader = _Reader()
    events: list[dict[str, Any]] = []
    for path in sorted(spool.glob("events-*.jsonl")):
        events += _events(path, reader.gaps)
    start = read_start(spool)
    program = f"events-{start.program}.jsonl" if start is not None else ""
    for event in sorted(events, key=lambda each: each["at"]):
        step = _READERS.get(event["kind"])
        reader.last_at = max(reader.last_at, event["at"])
        if step is not None:
            try:
                step(reader, event, event["file"] == program)
            except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError) as error:
                reader.gaps[f"an event of the kind {event['kind']} could not be understood: {error}"] = None
    return reader.record()


def _events(path: Path, gaps: dict[str, None]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    broken = 0
    with path.open("rb") as lines:
        for line in lines:
            try:
                event = json.loads(line)
                found.append({**event, "at": int(event["at"]), "kind": str(event["kind"]), "file": path.name})
            except (ValueError, KeyError, TypeError):
                broken += 1
    if broken:
        gaps[f"{broken} event{'s' if broken > 1 else ''} in {path.name} were cut off and are lost"] = None
    return found


class _Reader:
    """Gathers events in the order of time."""

    def __init__(self) -> None:
        self.params: dict[str, Scalar] = {}
        self.series: list[Point] = []
        self.seeds: dict[str, int] = {}
        self.flags: dict[str, str] = {}
        self.models: dict[str, ModelFacts] = {}
        self.python: dict[str, Any] = {}
        self.is_program = False
        self.libraries: dict[str, str] = {}
        self.gaps: dict[str, None] = {}
        self.last_at = 0
        self.masked_secrets = 0
        self._next_step: dict[str, int] = {}

    def take_python(self, event: dict[str, Any], is_program: bool) -> None:
        if not self.python or (is_program and not self.is_program):
            self.python, self.is_program = event, is_program
            self.flags |= event["flags"]

    def take_end(self, event: dict[str, Any], _is_program: bool) -> None:
        self.libraries |= event["libraries"]
        self.flags |= event["flags"]

    def take_params(self, event: dict[str, Any], _is_program: bool) -> None:
        for name, value in event["params"].items():
            self.params[str(name)] = self._kept(str(name), value)

    def take_metrics(self, event: dict[str, Any], _is_program: bool) -> None:
        for key, value in event["metrics"].items():
            if not isinstance(value, int | float):
                self.gaps[f"the metric {key} was logged with {value!r}, which is no number"] = None
                continue
            step = self._next_step.get(key, 0) if event["step"] is None else int(event["step"])
            self._next_step[key] = step + 1
            self.series.append(Point(key=key, step=step, value=number(float(value)), at=event["at"]))

    def take_seed(self, event: dict[str, Any], _is_program: bool) -> None:
        what, value = event["what"], int(event["value"])
        names = (what, *(f"{what}.{position}" for position in range(2, _SEEDS_MAX + 1)))
        if value not in [self.seeds.get(each) for each in names]:
            free = next((each for each in names if each not in self.seeds), None)
            self.seeds[free or names[-1]] = value

    def take_model(self, event: dict[str, Any], _is_program: bool) -> None:
        self.models[event["path"]] = msgspec.convert(event["facts"], ModelFacts)

    def take_gap(self, event: dict[str, Any], _is_program: bool) -> None:
        self.gaps[str(event["text"])] = None

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
            last_at=self.last_at,
            masked_secrets=self.masked_secrets,
            gaps=tuple(self.gaps),
        )

    def _kept(self, name: str, value: object) -> Scalar:
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


_READERS = {
    "python": _Reader.take_python,
    "end": _Reader.take_end,
    "param": _Reader.take_params,
    "metric": _Reader.take_metrics,
    "seed": _Reader.take_seed,
    "model": _Reader.take_model,
    "gap": _Reader.take_gap,
}
