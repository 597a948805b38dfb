"""The machine: processor, memory, limits of the control group, GPUs as their driver describes them."""

from __future__ import annotations

import ctypes
import os
import platform
import re
from pathlib import Path

from lineal.objects.runtime import Accelerator, Hardware

_FEATURES = re.compile(
    r"sse4_2|avx|avx2|avx_vnni|avx512\w*|amx_\w+|fma|f16c|asimd|asimdhp|asimddp|sve|sve2|bf16|i8mm|svebf16"
)
"""What numerical libraries choose their code by."""

_NAME_BYTES = 96
_UNLIMITED = 1 << 60
"""Old control groups have a number near 2^63 in place of no limit."""


def hardware(devices: tuple[Accelerator, ...] = ()) -> Hardware:
    """Return the machine this runs on; ``devices`` are GPUs that the program saw, for when the driver tells nothing."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0
    driver, told = _of_nvidia()
    told = told or _of_amd() or devices
    cpu, memory = limits(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))
    models = (field(each, "Model") for each in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")))
    return Hardware(
        machine=platform.machine(),
        processor=field(Path("/proc/cpuinfo"), "model name"),
        core_count=cores,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        accelerators=tuple(each.name for each in told) or tuple(models),
        processor_features=_features(Path("/proc/cpuinfo")),
        devices=told,
        driver=driver or _file(Path("/sys/module/nvidia/version")) or _file(Path("/sys/module/amdgpu/version")),
        cpu_limit_millicores=cpu,
        memory_limit_bytes=memory,
    )


def field(path: Path, name: str) -> str:
    """Return the first value called ``name`` in a file of ``name : value`` lines, or "" where there is none."""
    found = re.search(rf"(?m)^{re.escape(name)}\s*:\s*(.*)$", _file(path))
    return found.group(1).strip() if found else ""


def _file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


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
    for line in _file(membership).splitlines():
        _, kinds, path = line.split(":", 2)
        inside = path.strip("/").split("/")
        for count in range(len(inside), -1, -1):
            below = "/".join(inside[:count])
            for kind in dict.fromkeys(("", *kinds.split(","))):
                folder = groups / kind / below
                cores += _quota(folder)
                memory += _bytes(_file(folder / "memory.max")) + _bytes(_file(folder / "memory.limit_in_bytes"))
    return min(cores, default=0), min(memory, default=0)


def _quota(folder: Path) -> list[int]:
    now = _file(folder / "cpu.max").split()
    before = [_file(folder / "cpu.cfs_quota_us"), _file(folder / "cpu.cfs_period_us")]
    return [
        int(quota) * 1000 // int(period)
        for quota, *rest in (now or ["max"], before)
        for period in rest
        if quota.isdigit() and period.isdigit() and int(period)
    ]


def _bytes(text: str) -> list[int]:
    return [int(text)] if text.isdigit() and int(text) < _UNLIMITED else []


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _of_nvidia() -> tuple[str, tuple[Accelerator, ...]]:
    """Return the driver's version and the GPUs, asked of NVIDIA's management library; nothing where there is none."""
    if not os.path.exists("/dev/nvidiactl"):
        return "", ()  # a library may be there without a driver
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return "", ()
    if nvml.nvmlInit_v2():
        return "", ()
    try:
        text, count = ctypes.create_string_buffer(_NAME_BYTES), ctypes.c_uint()
        driver = "" if nvml.nvmlSystemGetDriverVersion(text, _NAME_BYTES) else text.value.decode()
        found = () if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) else range(count.value)
        return driver, tuple(each for each in (_device(nvml, number) for number in found) if each)
    finally:
        nvml.nvmlShutdown()


def _device(nvml: ctypes.CDLL, number: int) -> Accelerator | None:
    handle, memory = ctypes.c_void_p(), _Memory()
    if nvml.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(handle)):
        return None
    name, uuid = ctypes.create_string_buffer(_NAME_BYTES), ctypes.create_string_buffer(_NAME_BYTES)
    nvml.nvmlDeviceGetName(handle, name, _NAME_BYTES)
    nvml.nvmlDeviceGetUUID(handle, uuid, _NAME_BYTES)
    nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory))
    return Accelerator(name=name.value.decode(), memory_bytes=memory.total, uuid=uuid.value.decode())


def _of_amd() -> tuple[Accelerator, ...]:
    """Return the GPUs that AMD's driver lists."""
    found = []
    for card in sorted(Path("/sys/class/drm").glob("card*/device/mem_info_vram_total")):
        about = card.parent
        name = _file(about / "product_name") or f"AMD {_file(about / 'device')}"
        found.append(Accelerator(name=name, memory_bytes=int(_file(card) or 0), uuid=_file(about / "unique_id")))
    return tuple(found)
