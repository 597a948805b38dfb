"""The machine: processor, memory, limits of the control group, accelerators."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from lineal.capture.runtime.accelerators import find_accelerators
from lineal.capture.runtime.kernel import field, text
from lineal.objects.runtime import Accelerator, Hardware

_FEATURES = re.compile(
    r"sse4_2|avx|avx2|avx_vnni|avx512\w*|amx_\w+|fma|f16c|asimd|asimdhp|asimddp|sve|sve2|bf16|i8mm|svebf16"
)
"""What numerical libraries choose their code by."""

_UNLIMITED = 1 << 60
"""Old control groups have a number near 2^63 in place of no limit."""


def hardware(devices: tuple[Accelerator, ...] = ()) -> Hardware:
    """Return the machine this runs on; ``devices`` are GPUs that the program saw, for when the driver tells nothing."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0
    found = find_accelerators(devices)
    cpu, memory = limits(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))
    return Hardware(
        machine=platform.machine(),
        processor=field(Path("/proc/cpuinfo"), "model name"),
        core_count=cores,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        accelerators=tuple(each.name for each in found.devices if each.is_usable),
        processor_features=_features(Path("/proc/cpuinfo")),
        devices=found.devices,
        driver=found.driver,
        looked_for_accelerators=found.looked,
        cpu_limit_millicores=cpu,
        memory_limit_bytes=memory,
    )


def _features(cpuinfo: Path) -> tuple[str, ...]:
    flags = (field(cpuinfo, "flags") or field(cpuinfo, "Features")).split()
    return tuple(sorted(each for each in flags if _FEATURES.fullmatch(each)))


def limits(membership: Path, groups: Path) -> tuple[int, int]:
    """Return how many thousandths of a core and how many bytes the control groups allow; 0 for no limit.

    Args:
        membership: the file that says in which groups a process is.
        groups: where they are mounted. Inside a container only a part of the path may be there.
    """
    cores: list[int] = []
    memory: list[int] = []
    for line in text(membership).splitlines():
        _, kinds, path = line.split(":", 2)
        inside = path.strip("/").split("/")
        for count in range(len(inside), -1, -1):
            below = "/".join(inside[:count])
            for kind in dict.fromkeys(("", *kinds.split(","))):
                folder = groups / kind / below
                cores += _quota(folder)
                memory += _bytes(text(folder / "memory.max")) + _bytes(text(folder / "memory.limit_in_bytes"))
    return min(cores, default=0), min(memory, default=0)


def _quota(folder: Path) -> list[int]:
    now = text(folder / "cpu.max").split()
    before = [text(folder / "cpu.cfs_quota_us"), text(folder / "cpu.cfs_period_us")]
    return [
        int(quota) * 1000 // int(period)
        for quota, *rest in (now or ["max"], before)
        for period in rest
        if quota.isdigit() and period.isdigit() and int(period)
    ]


def _bytes(text: str) -> list[int]:
    return [int(text)] if text.isdigit() and int(text) < _UNLIMITED else []
