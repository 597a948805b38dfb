"""Everything besides code and data that decides what a program computes: packages, interpreter, machine, variables."""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lineal.capture.gaps import Gaps
from lineal.capture.runtime.container import find_container, locale_name, system_name, time_zone
from lineal.capture.runtime.distributions import Described, conda_packages, described, packages_in
from lineal.capture.runtime.locks import check_locks, find_locks
from lineal.capture.runtime.machine import hardware
from lineal.capture.secrets import mask
from lineal.objects.runtime import Container, Hardware, Package, Runtime

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


class RuntimeFound(msgspec.Struct, frozen=True, kw_only=True):
    """A runtime, the lock files that lie in the project by their path there, and what could not be found."""

    runtime: Runtime
    locks: dict[str, Path] = {}
    gaps: tuple[str, ...] = ()


class Memory(msgspec.Struct):
    """What was found already: the machine stays what it is, and packages as long as nobody installs others."""

    hardware: Hardware | None = None
    container: Container | None = None
    system: str = ""
    packages: Described = {}


def find_runtime(
    *,
    root: Path,
    directory: Path,
    python: Path | None,
    record: SpoolRecord,
    variables: Mapping[str, str],
    memory: Memory,
    is_over: bool = True,
) -> RuntimeFound:
    """Return what the program ran with.

    Args:
        root: the top of the project.
        directory: where the program ran.
        python: the interpreter on the command line, for when the program's interpreter told nothing; else None.
        record: what the program's interpreter told.
        variables: the program's environment variables; those in `VARIABLES` are kept.
        memory: what was found already; what is found now is added.
        is_over: whether the program ended just now, so that what is installed is what it left.
    """
    gaps = Gaps()
    found = _installed(python, record, _cache(variables), memory.packages, gaps, is_over=is_over)
    memory.system = memory.system or system_name()
    runtime = Runtime(
        python=record.python,
        implementation=record.implementation,
        build=record.build,
        platform=f"{platform.system()} {platform.release()}",
        libc=_libc(),
        system=memory.system,
        locale=locale_name(variables),
        time_zone=time_zone(variables),
        packages=found.packages,
        conda_packages=found.of_conda,
        packages_before=found.before,
        variables={name: mask(variables[name])[0] for name in sorted(VARIABLES & variables.keys())},
        libraries=record.libraries,
    )
    with gaps.guard("runtime: hardware"):
        if memory.hardware is None or record.devices:
            memory.hardware = hardware(record.devices)
        runtime = msgspec.structs.replace(runtime, hardware=memory.hardware)
    with gaps.guard("runtime: container"):
        memory.container = memory.container or find_container(variables)
        runtime = msgspec.structs.replace(runtime, container=memory.container)
    locks: dict[str, Path] = {}
    with gaps.guard("runtime: lock files"):
        locks = find_locks(root, directory)
        runtime = msgspec.structs.replace(runtime, lock_checks=check_locks(locks, found.packages, found.of_conda))
    return RuntimeFound(runtime=runtime, locks=locks, gaps=tuple(gaps))


class _Installed(NamedTuple):
    packages: tuple[Package, ...]
    of_conda: tuple[Package, ...] = ()
    before: dict[str, str] = {}


def _installed(
    python: Path | None, record: SpoolRecord, cache: Path, described_before: Described, gaps: Gaps, *, is_over: bool
) -> _Installed:
    """Return what is installed for the program's interpreter, as it told or as its folders tell."""
    folders, prefix = list(record.folders), record.prefix
    if python is not None and not record.python:
        gaps.note(
            "runtime: the program's interpreter told nothing of itself, so its packages were read off its folders"
        )
        prefix = str(python.absolute().parent.parent)
        folders = [str(each) for each in sorted(Path(prefix).glob("lib/python3*/site-packages"))]
    packages = record.packages
    with gaps.guard("runtime: packages"):
        lying = packages_in(folders)
        before: dict[str, str] = {}
        if is_over and lying:
            before = _changes(packages, lying) if record.python else {}
            packages = tuple(Package(name=name, version=lying[name][0]) for name in sorted(lying))
        of_conda = conda_packages(prefix) if prefix else ()
        return _Installed(tuple(described(packages, lying, cache, described_before)), of_conda, before)
    return _Installed(packages)


def _changes(packages: Iterable[Package], installed: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return packages whose version is not what it was at the program's start, with what it was."""
    start = {each.name: each.version for each in packages}
    now = {name: version for name, (version, _) in installed.items()}
    return {name: start.get(name, "") for name in sorted({*start, *now}) if start.get(name) != now.get(name)}


def _cache(variables: Mapping[str, str]) -> Path:
    """Return the file that remembers digests between runs."""
    cache = variables.get("XDG_CACHE_HOME") or str(Path(variables.get("HOME", tempfile.gettempdir())) / ".cache")
    return Path(cache) / "lineal" / "records.json"


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return ""
