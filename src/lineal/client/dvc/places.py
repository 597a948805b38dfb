"""Find the DVC repository around a path, with all the configuration that ``dvc`` itself would read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lineal.objects.errors import NotFound
from lineal.storage.dvc import project
from lineal.storage.dvc.buckets import open_bucket
from lineal.storage.dvc.project import Project


def find_project(path: Path, variables: Mapping[str, str] = os.environ) -> Project | None:
    """Return the DVC repository around ``path``, or None.

    Args:
        path: a file or directory; it need not exist.
        variables: the environment's, which say where the user's and the system's configuration are.
    """
    return project.find(path, open_bucket, beside=_beside(variables))


def need_project(path: Path, variables: Mapping[str, str] = os.environ) -> Project:
    """Return the DVC repository around ``path``. Raises NotFound when there is none."""
    found = find_project(path, variables)
    if found is None:
        raise NotFound(f"{path} is in no DVC repository", hint="dvc init makes one")
    return found


def _beside(variables: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the user's and the system's files of configuration."""
    home = variables.get("XDG_CONFIG_HOME") or str(Path(variables.get("HOME", "/")) / ".config")
    user = variables.get("DVC_GLOBAL_CONFIG_DIR") or f"{home}/dvc"
    system = (
        variables.get("DVC_SYSTEM_CONFIG_DIR") or f"{variables.get('XDG_CONFIG_DIRS', '/etc/xdg').split(':')[0]}/dvc"
    )
    return Path(user) / "config", Path(system) / "config"
