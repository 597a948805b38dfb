"""What NVIDIA's GPUs are busy with, asked from the driver's own library (NVML) where it is."""

from __future__ import annotations

import ctypes
import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBRARY = "libnvidia-ml.so.1"
_WELL = 0
_CORE = 0
"""The sensor of temperatures that every GPU has."""


class _Utilization(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


@functools.cache
def _library() -> ctypes.CDLL | None:
    try:
        found = ctypes.CDLL(_LIBRARY)
        return found if found.nvmlInit_v2() == _WELL else None
    except (OSError, AttributeError):
        return None


@functools.cache
def _devices() -> tuple[ctypes.c_void_p, ...]:
    library, count = _library(), ctypes.c_uint()
    if library is None or library.nvmlDeviceGetCount_v2(ctypes.byref(count)) != _WELL:
        return ()
    found = []
    for number in range(count.value):
        device = ctypes.c_void_p()
        if library.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(device)) == _WELL:
            found.append(device)
    return tuple(found)


def gpu_values() -> dict[str, float]:
    """Return utilisation, memory, power and temperature of each GPU; nothing where there is none."""
    return {f"gpu_{number}/{name}": value for number, each in enumerate(_devices()) for name, value in _values(each)}


def _values(device: ctypes.c_void_p) -> Iterator[tuple[str, float]]:
    library = _library()
    if library is None:
        return
    busy, memory, number = _Utilization(), _Memory(), ctypes.c_uint()
    if library.nvmlDeviceGetUtilizationRates(device, ctypes.byref(busy)) == _WELL:
        yield "utilization_percent", busy.gpu
    if library.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) == _WELL:
        yield "memory_bytes", memory.used
    if library.nvmlDeviceGetPowerUsage(device, ctypes.byref(number)) == _WELL:
        yield "power_watts", number.value / 1_000
    if library.nvmlDeviceGetTemperature(device, _CORE, ctypes.byref(number)) == _WELL:
        yield "temperature_celsius", number.value
