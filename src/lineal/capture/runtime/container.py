"""The container around a program, as far as one can tell from the inside, and where the machine stands in the world."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.objects.runtime import Container

if TYPE_CHECKING:
    from collections.abc import Mapping

_IMAGES = ("CI_JOB_IMAGE", "FLYTE_INTERNAL_IMAGE", "JUPYTER_IMAGE_SPEC", "JUPYTER_IMAGE", "CONTAINER_IMAGE")
"""Variables in which those who start containers tell the image."""

_ID = re.compile(r"(?:containers/|docker-|docker/|libpod-|cri-containerd-|crio-|/)([0-9a-f]{64})")


def find_container(variables: Mapping[str, str], system: Path = Path("/")) -> Container:
    """Return the container around this process; an empty one where there is none.

    Args:
        variables: the program's environment.
        system: the top of the file system.
    """
    about = _file(system / "run/.containerenv")
    groups, mounts = _file(system / "proc/self/cgroup"), _file(system / "proc/self/mountinfo")
    kinds = {
        "kubernetes": "KUBERNETES_SERVICE_HOST" in variables or "/kubepods" in groups,
        "podman": (system / "run/.containerenv").exists() or "libpod-" in groups,
        "docker": (system / ".dockerenv").exists() or "/docker" in groups,
        "lxc": "/lxc/" in groups or variables.get("container") == "lxc",
        "apptainer": "APPTAINER_CONTAINER" in variables or "SINGULARITY_CONTAINER" in variables,
    }
    kind = next((kind for kind, holds in kinds.items() if holds), "")
    if not kind:
        return Container()
    # The files that a container gets for its name and addresses are mounted from a folder called after its id.
    inside = [line for line in mounts.splitlines() if "/etc/host" in line or "/etc/resolv.conf" in line]
    found = _ID.search(groups) or _ID.search("\n".join(inside))
    images = (variables.get(each, "") for each in _IMAGES)
    named = variables.get("APPTAINER_CONTAINER") or variables.get("SINGULARITY_CONTAINER") or ""
    return Container(
        kind=kind,
        id=_said(about, "id") or (found.group(1) if found else ""),
        image=_said(about, "image") or next(filter(None, images), "") or os.path.basename(named),
        image_id=_said(about, "imageid"),
    )


def system_name() -> str:
    """Return the name of the operating system's distribution."""
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return " ".join(filter(None, platform.mac_ver()[:1]))


def time_zone(variables: Mapping[str, str], system: Path = Path("/")) -> str:
    """Return the time zone of programs with these variables, such as ``Europe/Berlin``."""
    if "TZ" in variables:
        return variables["TZ"].removeprefix(":") or "UTC"
    try:
        _, _, zone = os.readlink(system / "etc/localtime").partition("/zoneinfo/")
    except OSError:
        zone = ""
    return zone or _file(system / "etc/timezone") or "UTC"


def locale_name(variables: Mapping[str, str]) -> str:
    """Return the locale of programs with these variables, by which they write numbers and sort."""
    return next((variables[each] for each in ("LC_ALL", "LC_CTYPE", "LANG") if variables.get(each)), "C")


def _said(about: str, name: str) -> str:
    found = re.search(rf'(?m)^{name}="(.*)"$', about)
    return found.group(1) if found else ""


def _file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
