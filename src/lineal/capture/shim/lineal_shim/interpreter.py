"""Facts about the interpreter that runs the program: version, packages, flags, and at the end its native libraries."""

from __future__ import annotations

import os
import sys


def packages(folders: list[str]) -> list[tuple[str, str]]:
    """Return name and version of each distribution in ``folders``, by directory names: metadata is 50 times slower."""
    found: dict[str, str] = {}
    for folder in folders:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for each in names:
            stem, dot, suffix = each.rpartition(".")
            name, dash, version = stem.partition("-")
            if dot and dash and suffix in {"dist-info", "egg-info"}:
                found.setdefault(name, version.partition("-py")[0] if suffix == "egg-info" else version)
    return sorted(found.items())


def facts() -> dict[str, object]:
    """Return what is known when the interpreter starts."""
    return {
        "version": sys.version.partition(" ")[0],
        "build": sys.version,
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "prefix": sys.prefix,
        "arguments": list(getattr(sys, "orig_argv", [])),
        "packages": packages(sys.path),
        "flags": {"hash_randomization": str(sys.flags.hash_randomization)},
    }


def libraries() -> dict[str, str]:
    """Return the native libraries that decide numbers, asking only modules that the program loaded itself."""
    found: dict[str, str] = {}
    pools = sys.modules.get("threadpoolctl")
    for each in pools.threadpool_info() if pools is not None else ():
        name = str(each.get("internal_api") or each.get("prefix"))
        parts = (
            each.get("version"),
            each.get("threading_layer"),
            each.get("architecture"),
            f"{each.get('num_threads')} threads",
        )
        found[name] = " ".join(str(part) for part in parts if part)
    torch = sys.modules.get("torch")
    cuda = getattr(getattr(torch, "version", None), "cuda", None)
    if cuda:
        found["cuda"] = str(cuda)
    return found


def determinism() -> dict[str, str]:
    """Return the switches of frameworks that decide whether the same code gives the same numbers."""
    torch = sys.modules.get("torch")
    cudnn = getattr(getattr(torch, "backends", None), "cudnn", None)
    if torch is None or cudnn is None:
        return {}
    return {
        "torch.deterministic_algorithms": str(torch.are_deterministic_algorithms_enabled()),
        "torch.cudnn.deterministic": str(cudnn.deterministic),
        "torch.cudnn.benchmark": str(cudnn.benchmark),
    }
