"""Facts about the interpreter that runs the program: version, packages, flags."""

from __future__ import annotations

import os
import sys


def packages(folders: list[str]) -> list[tuple[str, str]]:
    """Return name and version of each distribution in ``folders``; the first of a name counts."""
    found: dict[str, str] = {}
    for folder in folders:
        for name, version, _ in distributions(folder):
            found.setdefault(name, version)
    return sorted(found.items())


def distributions(folder: str) -> list[tuple[str, str, str]]:
    """Return name, version and metadata's path of each distribution in ``folder``.

    The names of directories tell; reading metadata is 50 times slower.
    """
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return []
    found: list[tuple[str, str, str]] = []
    for each in names:
        stem, dot, suffix = each.rpartition(".")
        name, dash, version = stem.partition("-")
        if dot and dash and suffix in {"dist-info", "egg-info"}:
            version = version.partition("-py")[0] if suffix == "egg-info" else version
            found.append((name, version, os.path.join(folder, each)))
    return found


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
        "folders": [each for each in sys.path if "-packages" in each or os.path.isdir(each)],
        "flags": {"hash_randomization": str(sys.flags.hash_randomization)},
    }
