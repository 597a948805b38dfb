"""File systems of their own: made in a file, mounted where nobody else sees them, and gone with the program that runs there."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

REFLINKS = (("mkfs.xfs", "-q", "-m", "reflink=1"), ("mkfs.btrfs", "-q"))
"""What makes file systems that can share blocks between files."""


def run_on_disk(command: Sequence[str], directory: Path, *, make: Sequence[Sequence[str]]) -> str | None:
    """Return what ``command`` prints where ``directory`` is a disk of its own; None where no such disk can be had here.

    Args:
        command: the program and its arguments.
        directory: an empty directory.
        make: programs that make the file system in a file, the first one that is there and works.
    """
    image = directory.with_name(f"{directory.name}.image")
    for maker in make:
        if os.geteuid() or not shutil.which(maker[0]):
            continue
        with image.open("wb") as file:
            file.truncate(400 << 20)
        subprocess.run([*maker, str(image)], check=True, capture_output=True)
        mount = shlex.join(("mount", "-o", "loop", str(image), str(directory)))
        script = f"({mount}) || exit 119; exec {shlex.join(command)}"
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False)
        image.unlink()
        if done.returncode != 119:
            assert (0, "") == (done.returncode, done.stderr)
            return done.stdout
    return None
