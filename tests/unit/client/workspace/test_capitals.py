"""Names that differ by capitals only: kept where the file system tells them apart, and refused where it does not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lineal.client.local import LocalRepository
from lineal.client.workspace.placing import Placing
from lineal.objects.digest import digest_of
from lineal.objects.files import Entry
from tests.unit.client.workspace.places import put, read
from tests.unit.storage.disks import run_on_disk
from tests.unit.storage.processes import command

TOP = Path(__file__).parents[4]

SCRIPT = f"""
sys.path.insert(0, {str(TOP)!r})
from contextlib import nullcontext
from lineal.client.connect import init
from tests.unit.client.workspace.places import put, read
from tests.unit.storage.folding import mounted
there, kind = here / "there", sys.argv[2]
there.mkdir(exist_ok=True)
try:
    disk = mounted(there) if kind == "fuse" else nullcontext()
    with disk, init(Path(sys.argv[3])) as repository:
        for files in ({{"Readme": b"1", "README": b"2"}}, {{"a/x": b"1", "A/y": b"2"}}, {{"a/b/c": b"1", "a/B": b"2"}}):
            told(lambda: put(repository, files, there / "top"))
            print(os.listdir(there / "top"))
        told(lambda: put(repository, {{".GIT/hooks/post-checkout": b"evil"}}, there / "top"))
        told(lambda: put(repository, {{".Git/config": b"evil"}}, there / "top"))
        files = {{"a/Name": b"1", "a/other": b"2", "A.txt": b"3"}}
        put(repository, files, there / "top")
        print(sorted(read(there / "top")) == sorted(files))
        (there / "top" / "A" / "NAME").write_bytes(b"mine")
        told(lambda: put(repository, {{"a/Name": b"4"}}, there / "top", before=files))
        put(repository, {{"a/name": b"5"}}, there / "top", before=files, force=True)
        print(sorted((path, data) for path, data in read(there / "top").items()))
except OSError:
    sys.exit(119)
"""
EXPECTED = """\
Conflict | TOP cannot hold both 'README' and 'Readme' | choose a directory on a file system that tells capitals apart
[]
Conflict | TOP cannot hold both 'A' and 'a' | choose a directory on a file system that tells capitals apart
[]
Conflict | TOP cannot hold both 'a/B' and 'a/b' | choose a directory on a file system that tells capitals apart
[]
Invalid | the path '.GIT/hooks/post-checkout' must not be written below TOP | this tree was not made by Lineal; do not trust it
Invalid | the path '.Git/config' must not be written below TOP | this tree was not made by Lineal; do not trust it
True
Conflict | in TOP there are files that would be written over: a/Name | lineal data add keeps them first; --force writes \
over them; or name another directory
[('a/name', b'5')]
"""


def run_where_capitals_are_folded(directory: Path, repository: Path) -> str | None:
    """Return what the script says on a file system that folds capitals; None where none can be had here."""
    vfat = run_on_disk(command(SCRIPT, directory, "disk", repository), directory, make=[("mkfs.vfat",)])
    if vfat is not None or os.geteuid() or not Path("/dev/fuse").exists():
        return vfat
    line = ["unshare", "--mount", *command(SCRIPT, directory, "fuse", repository)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode == 119:
        return None
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def test_names_that_collide_are_refused_where_they_would_and_nothing_is_written(
    small_disk: Path, tmp_path: Path, repository: LocalRepository
) -> None:
    said = run_where_capitals_are_folded(small_disk, tmp_path / "other")

    if said is not None:
        assert EXPECTED == said.replace(str(small_disk / "there" / "top"), "TOP")
    # Here, where they are two names, both are kept.
    both = {"Readme": b"1", "README": b"2", "a/x": b"1", "A/y": b"2"}
    put(repository, both, tmp_path / "here")
    assert both == read(tmp_path / "here")


@pytest.mark.parametrize("paths", [["A", "B", "a.txt"], ["a/b", "a/c", "b"], ["A/b", "A/c"]])
def test_names_that_do_not_collide_are_let_through_everywhere(paths: list[str], tmp_path: Path) -> None:
    entries = [Entry(path=each, digest=digest_of(b""), size_bytes=0) for each in paths]

    Placing(str(tmp_path)).check_cases(entries)
