"""Files that are hard to see: odd names, moving trees, links, mounts, and kernels that refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.capture.files.places import Ignored
from lineal.capture.files.watch.choose import Level, start_watching
from lineal.capture.files.watch.watcher import Root, Seen
from lineal.capture.launched import Launched
from tests.unit.capture.files.watch.overflowing import overflowing

Record = Callable[..., Launched]
Write = Callable[[str, str], Path]

KERNEL: tuple[Level, ...] = ("fanotify", "inotify")

NEEDS_ROOT = pytest.mark.usefixtures("as_root")

_WATCH = """
import json, subprocess, sys
from lineal.capture.files.places import Ignored
from lineal.capture.files.watch.choose import LEVELS, start_watching
from lineal.capture.files.watch.watcher import Root
folder, script, *levels = sys.argv[1:]
watcher = start_watching((Root(folder),), Ignored(), levels=levels or LEVELS)
subprocess.run(["sh", "-c", script], cwd=folder, stdout=subprocess.DEVNULL)
seen = watcher.stop()
print(json.dumps([watcher.level, sorted(seen.reads), sorted(seen.writes), seen.gaps]))
"""


def watched(script: str, folder: Path, level: Level) -> Seen:
    watcher = start_watching((Root(str(folder)),), Ignored(), levels=(level,))
    subprocess.run(("sh", "-c", script), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return watcher.stop()


def watched_behind(
    prefix: tuple[str, ...], script: str, folder: Path, *levels: Level
) -> tuple[str, set[str], set[str], str]:
    """Watch in a process of its own that ``prefix`` starts; return level, reads, writes and gaps."""
    done = subprocess.run(
        (*prefix, sys.executable, "-c", _WATCH, str(folder), script, *levels), capture_output=True, check=True
    )
    level, reads, writes, gaps = json.loads(done.stdout)
    names = [{os.path.relpath(each, folder) for each in paths} for paths in (reads, writes)]
    return level, names[0], names[1], " ".join(gaps)


@pytest.mark.parametrize("level", KERNEL)
def test_a_tree_that_is_made_anew_in_the_place_of_another_is_seen(level: Level, tmp_path: Path) -> None:
    (tmp_path / "out" / "a" / "b").mkdir(parents=True)
    again = "rm -rf out; mkdir -p out/a/b; echo 1 > out/a/b/"  # the numbers of the directories come round again

    seen = watched(f"{again}1; sleep 0.2; {again}2; sleep 0.2; echo 3 > out/a/b/3", tmp_path, level)

    assert {str(tmp_path / "out/a/b" / each) for each in "123"} <= seen.writes


@pytest.mark.parametrize("level", KERNEL)
def test_a_tree_that_is_moved_in_is_written_and_what_happens_in_it_seen(level: Level, tmp_path: Path) -> None:
    project, far = tmp_path / "project", tmp_path / "far"
    project.mkdir()
    (far / "deep").mkdir(parents=True)
    (far / "deep" / "data").write_text("1")

    seen = watched("mv ../far here; sleep 0.2; cat here/deep/data; echo 2 > here/deep/more", project, level)

    data = str(project / "here/deep/data")
    assert ({data, str(project / "here/deep/more")}, [data]) == (seen.writes, list(seen.reads))


@pytest.mark.parametrize("level", KERNEL)
def test_links_that_the_program_makes_lead_out_and_are_followed(level: Level, tmp_path: Path) -> None:
    project, far = tmp_path / "project", tmp_path / "far"
    project.mkdir(), far.mkdir()
    (far / "data").write_text("1")

    seen = watched(f"ln -s {far} data; sleep 0.2; cat data/data; echo 2 > data/out", project, level)

    assert (str(project / "data/data"), str(project / "data/out")) == (
        *seen.reads,
        *(seen.writes - {f"{project}/data"}),
    )


@pytest.mark.parametrize("level", KERNEL)
def test_a_file_that_takes_the_place_of_another_is_written(level: Level, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")

    seen = watched("echo 2 > b; mv b a", tmp_path, level)

    assert str(tmp_path / "a") in seen.writes
    assert str(tmp_path / "a") not in seen.reads


@pytest.mark.parametrize("level", ["fanotify", "inotify", "readers"])
def test_names_may_hold_any_bytes(level: Level, record: Record, write: Write, project: Path) -> None:
    names = [b"new\nline", b"not\xfftext", " ümläut ".encode()]
    for name in names:
        (project / os.fsdecode(name)).write_text("1")
    write("program.py", f"import os\nfor n in {names}:\n    open(n).read()\n    open(b'out ' + n, 'w').write('2')")

    launched = record("program.py", levels=(level,))

    shown = ["new\nline", "not\\xfftext", " ümläut "]
    assert (set(shown), {f"out {each}" for each in shown}) == (
        {each.path for each in launched.inputs},
        {each.path for each in launched.outputs},
    )


def test_a_file_on_standard_input_is_an_input(project: Path, spool: Path, variables: dict[str, str]) -> None:
    (project / "data").write_text("1")
    text = (
        "import sys\nfrom pathlib import Path\nfrom lineal.capture.launch import launch\n"
        f"launched = launch(['cat'], directory=Path('.'), spool=Path({str(spool)!r}), variables={variables!r}, run_id='R')\n"
        "print([each.path for each in launched.inputs])"
    )
    with (project / "data").open() as data:
        done = subprocess.run((sys.executable, "-c", text), cwd=project, stdin=data, capture_output=True, check=True)

    assert b"1['data']\n" == done.stdout


@NEEDS_ROOT
@pytest.mark.parametrize("level", KERNEL)
def test_other_file_systems_in_the_project_are_seen(level: Level, tmp_path: Path) -> None:
    project, far = tmp_path / "project", tmp_path / "far"
    for each in (project / "memory", project / "bound", far / "deep"):
        each.mkdir(parents=True)
    (far / "deep" / "data").write_text("1")
    mounts = 'mount -t tmpfs none $0/memory; mount --bind $0/../far $0/bound; echo 1 > $0/memory/data; exec "$@"'

    level_used, reads, writes, gaps = watched_behind(
        ("unshare", "--mount", "sh", "-c", mounts, str(project)),
        "cat memory/data bound/deep/data; echo 2 > memory/out; echo 2 > bound/deep/out",
        project,
        level,
    )

    assert (level, {"memory/data", "bound/deep/data"}, {"memory/out", "bound/deep/out"}, "") == (
        level_used,
        reads,
        writes,
        gaps,
    )


@NEEDS_ROOT
def test_a_directory_that_may_not_be_read_is_a_gap_and_the_others_are_seen(tmp_path: Path) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
    (tmp_path / "closed").chmod(0)

    level, _, writes, gaps = watched_behind(
        ("setpriv", "--inh-caps=-all", "--bounding-set=-all"), "echo 1 > open/a", tmp_path
    )

    assert ("fanotify", {"open/a"}) == (level, writes)
    assert f"{tmp_path}/closed could not be watched: Permission denied" in gaps


LIMITS = {
    "no fanotify": ("max_fanotify_groups=0", "inotify", set("abcdef"), ""),
    "few fanotify marks": ("max_fanotify_marks=4", "fanotify, inotify", set("abcdef"), "fanotify could not watch"),
    "few watches": ("max_fanotify_groups=0 max_inotify_watches=4", "inotify, readers", None, "inotify could not watch"),
    "none at all": ("max_fanotify_groups=0 max_inotify_instances=0", "readers", set(), "lets no program watch"),
}


@NEEDS_ROOT
@pytest.mark.parametrize("name", LIMITS)
def test_a_kernel_that_refuses_is_asked_in_the_next_way(name: str, tmp_path: Path) -> None:
    limits, level, reads, gap = LIMITS[name]
    for each in "abcdef":
        (tmp_path / each).mkdir()
        (tmp_path / each / "in").write_text("1")
    setting = 'for each in $0; do echo ${each#*=} > /proc/sys/user/${each%=*}; done; exec "$@"'

    found = watched_behind(
        ("unshare", "--user", "--map-root-user", "sh", "-c", setting, limits),
        "for d in a b c d e f; do cat $d/in; echo 2 > $d/out; done; mkdir new; echo 1 > new/out",
        tmp_path,
    )

    assert (level, {f"{each}/out" for each in "abcdef"} | {"new/out"}) == (found[0], found[2])
    assert reads is None or {f"{each}/in" for each in reads} == found[1]
    assert gap in found[3]
    assert bool(gap) == bool(found[3])


def test_what_an_overflow_hid_is_found_by_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = overflowing(tmp_path, monkeypatch)
    (tmp_path / "new" / "deep").mkdir(parents=True)
    (tmp_path / "new" / "deep" / "out").write_text("1")
    watcher._drain()

    seen = watcher.stop()

    assert (True, {str(tmp_path / "new/deep/out")}) == (seen.overflowed, seen.writes)
    assert "overflowed" in " ".join(seen.gaps)
