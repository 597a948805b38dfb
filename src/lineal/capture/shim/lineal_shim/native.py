"""Native libraries that decide numbers or speed, as they say themselves: only what the program has loaded is asked."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_MAPS = "/proc/self/maps"


def native_libraries() -> dict[str, str]:
    """Return version, kind of processor and threads of the libraries that are loaded, by name."""
    found: dict[str, str] = {}
    for path in _loaded():
        name = os.path.basename(path)
        ask = next((ask for start, ask in _ASKED.items() if name.startswith(start)), None)
        library = _opened(path) if ask is not None else None
        for kind, said in ask(library).items() if ask is not None and library is not None else ():
            if said and said not in found.values():
                found[_free(kind, found)] = said
    return found | _of_torch()


def _loaded() -> list[str]:
    try:
        # address, rights, offset, device, number, path
        paths = {line.split(None, 5)[5] for line in _read(_MAPS).splitlines() if ".so" in line}
    except (OSError, IndexError):
        return []
    return sorted(each for each in paths if any(os.path.basename(each).startswith(start) for start in _ASKED))


def _read(path: str) -> str:
    """Return a file without Python's ``open``, which the program may have put something else in the place of."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        pieces = list(iter(lambda: os.read(descriptor, 1 << 16), b""))
    finally:
        os.close(descriptor)
    return os.fsdecode(b"".join(pieces))


def _opened(path: str) -> Any:
    import ctypes  # nobody pays for it whose program has none of these libraries

    try:
        return ctypes.CDLL(path, mode=os.RTLD_NOW | os.RTLD_NOLOAD)
    except OSError:
        return None


def _free(kind: str, found: dict[str, str]) -> str:
    number = 2
    name = kind
    while name in found:
        name, number = f"{kind}.{number}", number + 1
    return name


def _function(library: Any, *names: str) -> Any:
    return next((each for each in (getattr(library, name, None) for name in names) if each is not None), None)


def _text(library: Any, *names: str) -> str:
    import ctypes

    function = _function(library, *names)
    if function is None:
        return ""
    function.restype = ctypes.c_char_p
    said = function()
    return said.decode("utf-8", "replace").strip() if said else ""


def _threads(library: Any, *names: str) -> str:
    function = _function(library, *names)
    return f"{function()} threads" if function is not None else ""


def _version(library: Any, name: str) -> int:
    """Return a number that a function writes to where its argument points, or 0."""
    import ctypes

    function, value = _function(library, name), ctypes.c_int()
    return value.value if function is not None and function(ctypes.byref(value)) == 0 else 0


def _openblas(library: Any) -> dict[str, str]:
    # Builds that live beside each other in one process have names of their own.
    names = {
        part: [f"{start}openblas_get_{part}{end}" for start in ("", "scipy_") for end in ("", "64_", "_64")]
        for part in ("config", "num_threads")
    }
    said = (_text(library, *names["config"]), _threads(library, *names["num_threads"]))
    return {"openblas": ", ".join(each for each in said if each)}


def _mkl(library: Any) -> dict[str, str]:
    import ctypes

    text = ctypes.create_string_buffer(256)
    function = _function(library, "MKL_Get_Version_String", "mkl_get_version_string")
    if function is not None:
        function(text, len(text))
    said = (text.value.decode("utf-8", "replace").strip(), _threads(library, "MKL_Get_Max_Threads"))
    return {"mkl": ", ".join(each for each in said if each)}


def _blis(library: Any) -> dict[str, str]:
    said = (_text(library, "bli_info_get_version_str"), _threads(library, "bli_thread_get_num_threads"))
    return {"blis": ", ".join(each for each in said if each)}


def _openmp(library: Any) -> dict[str, str]:
    name = os.path.basename(library._name).partition(".")[0].partition("-")[0]
    return {name.removeprefix("lib"): _threads(library, "omp_get_max_threads")}


def _cuda(library: Any) -> dict[str, str]:
    versions = {"cuda": "cudaRuntimeGetVersion", "cuda driver": "cudaDriverGetVersion"}
    found = {name: _version(library, function) for name, function in versions.items()}
    return {name: f"{value // 1000}.{value % 1000 // 10}" for name, value in found.items() if value}


def _cudnn(library: Any) -> dict[str, str]:
    import ctypes

    function = _function(library, "cudnnGetVersion")
    if function is None:
        return {}
    function.restype = ctypes.c_size_t
    value = function()
    major = 10_000 if value >= 90_000 else 1_000
    return {"cudnn": f"{value // major}.{value % major // 100}.{value % 100}"}


def _nccl(library: Any) -> dict[str, str]:
    value = _version(library, "ncclGetVersion")
    return {"nccl": f"{value // 10_000}.{value % 10_000 // 100}.{value % 100}"} if value else {}


def _hip(library: Any) -> dict[str, str]:
    value = _version(library, "hipRuntimeGetVersion")
    return {"hip": f"{value // 10_000_000}.{value // 100_000 % 100}.{value % 100_000}"} if value else {}


_ASKED = {
    "libopenblas": _openblas,
    "libscipy_openblas": _openblas,
    "libmkl_rt": _mkl,
    "libblis": _blis,
    "libgomp": _openmp,
    "libiomp5": _openmp,
    "libomp": _openmp,
    "libcudart": _cuda,
    "libcudnn.": _cudnn,
    "libnccl": _nccl,
    "libamdhip64": _hip,
}
"""Who asks which library, by the beginning of its file's name."""


def _of_torch() -> dict[str, str]:
    """Return what only PyTorch knows of itself: it carries its libraries inside."""
    torch = sys.modules.get("torch")
    version = getattr(torch, "version", None)
    found = {
        name: str(getattr(version, of, None) or "") for name, of in (("torch cuda", "cuda"), ("torch rocm", "hip"))
    }
    capability = getattr(getattr(getattr(torch, "backends", None), "cpu", None), "get_cpu_capability", None)
    threads = getattr(torch, "get_num_threads", None)
    if capability is not None and threads is not None:
        found["torch"] = f"{capability()}, {threads()} threads"
    return {name: said for name, said in found.items() if said}


def devices() -> list[dict[str, object]]:
    """Return the GPUs that PyTorch has used; asking before it has would take seconds, and memory on each."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return []
    found = [cuda.get_device_properties(number) for number in range(cuda.device_count())]
    return [
        {"name": each.name, "memory_bytes": each.total_memory, "uuid": str(getattr(each, "uuid", ""))} for each in found
    ]
