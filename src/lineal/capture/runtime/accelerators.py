"""GPUs and their like: as their driver describes them, else as the program, the kernel or the bus knows them."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lineal.capture.runtime.kernel import field, text
from lineal.objects.runtime import Accelerator

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME_BYTES = 96

_ACCELERATORS = ("0302", "0380", "1200")
"""Classes of devices on the bus: those that compute, or draw without a screen."""

_SCREENS = "0300"
_VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}
_OF_GRAPHICS = ("0x10de", "0x1002")
"""Makers whose devices for screens compute as well; servers draw with others, which do not."""


class Accelerators(NamedTuple):
    """What was found, the version of the driver, and where it was looked."""

    devices: tuple[Accelerator, ...]
    driver: str
    looked: tuple[str, ...]


def find_accelerators(of_program: tuple[Accelerator, ...] = (), system: Path = Path("/")) -> Accelerators:
    """Return the accelerators of this machine. No process is started, and no library of theirs is asked without a driver.

    Args:
        of_program: those that the program used, for when the driver tells nothing.
        system: the top of the file system.
    """
    driver, devices = "", tuple[Accelerator, ...]()
    looked = [each for each in ("/proc", "/sys/bus/pci", "/sys/class/drm") if (system / each[1:]).is_dir()]
    # A library may be there without a driver; in Windows' Linux another device stands for it.
    if any((system / "dev" / each).exists() for each in ("nvidiactl", "dxg")):
        looked.append("NVML")
        with suppress(AttributeError):  # a library older than what is asked
            driver, devices = _of_nvidia()
    found = devices or tuple(_of_amd(system)) or of_program or tuple(_of_kernel(system)) or tuple(_on_bus(system))
    modules = (text(system / "sys/module" / each / "version") for each in ("nvidia", "amdgpu"))
    return Accelerators(found, driver or next(filter(None, modules), ""), tuple(sorted(looked)))


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _of_nvidia() -> tuple[str, tuple[Accelerator, ...]]:
    """Return the driver's version and the GPUs, asked of NVIDIA's management library; nothing where there is none."""
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


def _of_amd(system: Path) -> Iterator[Accelerator]:
    """Yield the GPUs that AMD's driver lists."""
    for card in sorted((system / "sys/class/drm").glob("card*/device/mem_info_vram_total")):
        about = card.parent
        name = text(about / "product_name") or f"AMD {text(about / 'device')}"
        yield Accelerator(name=name, memory_bytes=int(text(card) or 0), uuid=text(about / "unique_id"))


def _of_kernel(system: Path) -> Iterator[Accelerator]:
    """Yield what NVIDIA's module in the kernel lists; a container sees that too, but may have none of the devices."""
    for each in sorted((system / "proc/driver/nvidia/gpus").glob("*/information")):
        is_usable = (system / f"dev/nvidia{field(each, 'Device Minor')}").exists()
        yield Accelerator(name=field(each, "Model"), uuid=field(each, "GPU UUID"), is_usable=is_usable)


def _on_bus(system: Path) -> Iterator[Accelerator]:
    """Yield what is on the bus and offered by no driver that we know."""
    for each in sorted((system / "sys/bus/pci/devices").glob("*")):
        kind, vendor = text(each / "class")[2:6], text(each / "vendor")
        if kind in _ACCELERATORS or (kind == _SCREENS and vendor in _OF_GRAPHICS):
            yield Accelerator(name=f"{_VENDORS.get(vendor, vendor)} {text(each / 'device')}", is_usable=False)
