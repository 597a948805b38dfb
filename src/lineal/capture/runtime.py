"""Everything besides code and data that decides what a program computes: packages, interpreter, machine, variables."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.gaps import Gaps
from lineal.capture.secrets import mask
from lineal.capture.shim.lineal_shim import interpreter
from lineal.objects.runs import Hardware, Package, Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lineal.capture.told.record import SpoolRecord

VARIABLES = frozenset(
    "PYTHONHASHSEED PYTHONOPTIMIZE PYTHONUTF8 OMP_NUM_THREADS OMP_PROC_BIND OMP_SCHEDULE OMP_DYNAMIC MKL_NUM_THREADS "
    "MKL_CBWR MKL_DYNAMIC OPENBLAS_NUM_THREADS OPENBLAS_CORETYPE BLIS_NUM_THREADS NUMEXPR_NUM_THREADS "
    "VECLIB_MAXIMUM_THREADS LOKY_MAX_CPU_COUNT POLARS_MAX_THREADS TOKENIZERS_PARALLELISM CUDA_VISIBLE_DEVICES "
    "CUDA_LAUNCH_BLOCKING CUBLAS_WORKSPACE_CONFIG NVIDIA_TF32_OVERRIDE TORCH_ALLOW_TF32_CUBLAS_OVERRIDE "
    "PYTORCH_CUDA_ALLOC_CONF TF_DETERMINISTIC_OPS TF_CUDNN_DETERMINISTIC TF_ENABLE_ONEDNN_OPTS XLA_FLAGS "
    "JAX_ENABLE_X64 JAX_PLATFORMS KERAS_BACKEND LANG LC_ALL LC_NUMERIC TZ WORLD_SIZE RANK LOCAL_RANK".split()
)
"""Only these variables are ever recorded: each decides numbers or determinism, and none is a place for secrets."""

_LOCKS = re.compile(
    r"(uv|poetry|pdm|Pipfile|conda)\.lock|conda-lock\.ya?ml|pylock(\.[\w-]+)?\.toml|environment\.ya?ml"
    r"|requirements[\w.-]*\.(txt|lock)|renv\.lock|Manifest\.toml"
)


class RuntimeFound(msgspec.Struct, frozen=True, kw_only=True):
    """A runtime, the lock files that lie in the project by their path there, and what could not be found."""

    runtime: Runtime
    locks: dict[str, Path] = {}
    gaps: tuple[str, ...] = ()


def find_runtime(
    *, root: Path, directory: Path, python: Path | None, record: SpoolRecord, variables: Mapping[str, str]
) -> RuntimeFound:
    """Return what the program ran with.

    Args:
        root: the top of the project.
        directory: where the program ran.
        python: the interpreter on the command line, for when the program's interpreter told nothing; else None.
        record: what the program's interpreter told.
        variables: the program's environment variables; those in `VARIABLES` are kept.
    """
    gaps = Gaps()
    packages = record.packages
    if python is not None and not record.python:
        gaps.note(
            "runtime: the program's interpreter told nothing of itself, so its packages were read off its folders"
        )
        with gaps.guard("runtime: packages"):
            packages = _packages_beside(python)
    runtime = Runtime(
        python=record.python,
        implementation=record.implementation,
        platform=f"{platform.system()} {platform.release()}",
        libc=_libc(),
        packages=packages,
        variables={name: mask(variables[name])[0] for name in sorted(VARIABLES & variables.keys())},
        libraries=record.libraries,
    )
    with gaps.guard("runtime: hardware"):
        runtime = msgspec.structs.replace(runtime, hardware=_hardware())
    locks: dict[str, Path] = {}
    with gaps.guard("runtime: lock files"):
        for folder in dict.fromkeys((root, directory)):
            found = sorted(each for each in folder.iterdir() if _LOCKS.fullmatch(each.name) and each.is_file())
            locks |= {
                each.relative_to(root).as_posix() if each.is_relative_to(root) else str(each): each for each in found
            }
    return RuntimeFound(runtime=runtime, locks=locks, gaps=tuple(gaps))


def _packages_beside(python: Path) -> tuple[Package, ...]:
    folders = [str(each) for each in sorted(python.absolute().parent.parent.glob("lib/python3*/site-packages"))]
    found = dict(interpreter.packages(folders))
    return tuple(Package(name=re.sub(r"[-_.]+", "-", name).lower(), version=found[name]) for name in sorted(found))


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return ""


def _hardware() -> Hardware:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0
    return Hardware(
        machine=platform.machine(),
        processor=_field(Path("/proc/cpuinfo"), "model name"),
        core_count=cores,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        accelerators=tuple(
            _field(each, "Model") for each in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
        ),
    )


def _field(path: Path, name: str) -> str:
    """Return the first value called ``name`` in a file of ``name : value`` lines, or "" where there is none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(rf"(?m)^{re.escape(name)}\s*:\s*(.*)$", text)
    return found.group(1).strip() if found else ""
