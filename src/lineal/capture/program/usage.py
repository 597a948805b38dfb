"""What a run's processes and its machine are busy with, sampled from outside of the program every few seconds."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from lineal.capture.program.gpus import gpu_values
from lineal.capture.program.processes import PROC
from lineal.capture.program.ranks import Ranks
from lineal.capture.shim.lineal_shim.writing import encoded
from lineal.capture.told.points import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS_MIN = 2.0
"""The first sample comes after so long: a run that is over by then has none."""

_SAMPLES = 500
"""A sample every 500th part of the time so far, so that a week has no more than a few thousand."""


class _Process(NamedTuple):
    parent: int
    started: int
    cpu_ticks: int
    memory_pages: int


class Family:
    """The processes that descend from some, found anew at each look; one whose parent died stays in the family."""

    def __init__(self, programs: Callable[[], tuple[int, ...]]) -> None:
        self._programs = programs
        self._members: dict[int, int] = {}

    def look(self) -> dict[int, _Process]:
        """Return the living members by number."""
        alive = dict(_processes())
        own = os.getpid()
        found = {
            process for process, started in self._members.items() if process in alive and alive[process][1] == started
        }
        found |= set(self._programs()) & alive.keys()
        children: dict[int, list[int]] = {}
        for process, facts in alive.items():
            children.setdefault(facts.parent, []).append(process)
        waiting = list(found)
        while waiting:
            new = [each for each in children.get(waiting.pop(), ()) if each not in found and each != own]
            found.update(new)
            waiting += new
        self._members = {process: alive[process].started for process in found}
        return {process: alive[process] for process in found}


def _processes() -> Iterator[tuple[int, _Process]]:
    for each in os.listdir(PROC):
        if not each.isdecimal():
            continue
        try:
            with open(f"{PROC}/{each}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if fields and fields[0] not in b"ZX":
            cpu = int(fields[11]) + int(fields[12])
            yield int(each), _Process(int(fields[1]), int(fields[19]), cpu, int(fields[21]))


class Sampler:
    """A thread that writes samples into a run's spool, as metrics whose names begin with ``system/``.

    Args:
        spool: where.
        programs: returns the processes that, with all that descends from them, are the run.
    """

    def __init__(self, spool: Path, programs: Callable[[], tuple[int, ...]]) -> None:
        self._spool = spool
        self._family = Family(programs)
        self._ranks = Ranks(spool)
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lineal-usage", daemon=True)

    def start(self) -> None:
        """Begin, on a system that has /proc."""
        if PROC.joinpath("stat").exists():
            self._thread.start()

    def stop(self) -> None:
        """End; a sample that is being taken is finished."""
        self._has_ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        began = time.monotonic()
        try:
            before, at = _counters(self._family.look()), began
            while not self._has_ended.wait(max(SECONDS_MIN, (time.monotonic() - began) / _SAMPLES)):
                members, now = self._family.look(), time.monotonic()
                after = _counters(members)
                values = _values(members, before, after, now - at) | gpu_values()
                for rank, own in self._ranks.of(members).items():
                    counted = {each: value for each, value in after.items() if each[1] in own}
                    named = _values(own, before, counted, now - at)
                    values |= {f"{name}/rank_{rank}": value for name, value in named.items()}
                self._write(round(now - began), values)
                before, at = after, now
        except OSError:
            return  # the disk is full or the spool is gone: a chart of the machine is the last thing to miss

    def _write(self, step: int, values: dict[str, float]) -> None:
        named = {f"{SYSTEM}{name}": value for name, value in values.items()}
        line = f'{{"kind":"metric","at":{time.time_ns() // 1_000_000},"step":{step},"metrics":{encoded(named)}}}\n'
        with open(self._spool / "events-system.jsonl", "a", encoding="ascii") as file:
            file.write(line)


_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

Counters = dict[tuple[str, int], int]
"""Numbers that only grow, by what they count and whose they are: a process's, or 0 for the machine's."""


def _counters(members: dict[int, _Process]) -> Counters:
    found: Counters = {}
    for process, facts in members.items():
        found["cpu", process] = facts.cpu_ticks
        for name, value in _disk(process):
            found[name, process] = value
    for name, value in _network():
        found[name, 0] = value
    return found


def _disk(process: int) -> Iterator[tuple[str, int]]:
    try:
        with open(f"{PROC}/{process}/io", "rb") as file:
            fields = dict(line.split(b": ") for line in file)
        yield "disk_read_bytes_per_s", int(fields[b"read_bytes"])
        yield "disk_written_bytes_per_s", int(fields[b"write_bytes"])
    except (OSError, ValueError, KeyError):
        return  # gone meanwhile, or a system that does not count


def _network() -> Iterator[tuple[str, int]]:
    """Yield what went over all interfaces but the one to itself."""
    try:
        with open(f"{PROC}/net/dev", encoding="ascii") as file:
            lines = [line.partition(":") for line in file if ":" in line]
    except OSError:
        return
    counts = [rest.split() for name, _, rest in lines if name.strip() != "lo"]
    yield "network_received_bytes_per_s", sum(int(each[0]) for each in counts)
    yield "network_sent_bytes_per_s", sum(int(each[8]) for each in counts)


def _values(members: dict[int, _Process], before: Counters, after: Counters, seconds: float) -> dict[str, float]:
    grown: dict[str, int] = {}
    for (name, process), value in after.items():
        # A process that was not there before has done all of it since.
        grown[name] = grown.get(name, 0) + value - before.get((name, process), 0)
    values: dict[str, float] = {name: count / seconds for name, count in grown.items() if name != "cpu"}
    values["cpu_percent"] = 100 * grown.get("cpu", 0) / _TICKS / seconds
    values["memory_bytes"] = sum(each.memory_pages for each in members.values()) * _PAGE
    values["process_count"] = len(members)
    return values
