"""Where spools are: in the repository, or where nobody keeps us from writing. Every command looks whether something waits there."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.objects.digest import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def places(own: Path | None, whose: str, variables: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the directories of spools of one repository, best first.

    Args:
        own: the repository's own directory of them, where it has one.
        whose: its path or address: what waits for one repository must not go to another.
        variables: the environment, which tells where the user's cache is, and temporary files.
    """
    name = digest_of(os.fsencode(whose)).removeprefix("sha256:")[:16]
    home = variables.get("HOME", "")
    cache = variables.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home else "")
    found = [own] if own is not None else []
    if cache:
        found.append(Path(cache, "lineal", "spool", name))
    return (*found, Path(_temporary(variables), f"lineal-{os.getuid()}", "spool", name))


def _temporary(variables: Mapping[str, str]) -> str:
    """Return the directory for temporary files: that of Python's ``tempfile``, which would bring a lot along, and write to it."""
    named = filter(None, (variables.get(each) for each in ("TMPDIR", "TEMP", "TMP")))
    usual = ("/tmp", "/var/tmp", "/usr/tmp")  # noqa: S108 - what is made there is checked to be nobody else's
    return next((os.path.abspath(each) for each in (*named, *usual) if os.access(each, os.W_OK | os.X_OK)), os.getcwd())


def make_place(place: Path) -> None:
    """Make a directory of spools that is nobody else's. Raises OSError."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The system's directory for temporary files is everybody's: what lies there under our name may be a trap.
    if any(each.is_symlink() or each.stat().st_uid not in {os.getuid(), 0} for each in (place, place.parent)):
        raise PermissionError(errno.EPERM, "it belongs to somebody else", str(place))
