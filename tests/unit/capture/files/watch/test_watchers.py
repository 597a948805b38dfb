"""Each way of watching, at work in this very machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lineal.capture.files.places import Ignored
from lineal.capture.files.watch import directories
from lineal.capture.files.watch.choose import Level, paths_in, roots_of, start_watching
from lineal.capture.files.watch.fanotify import Fanotify
from lineal.capture.files.watch.inotify import Inotify
from lineal.capture.files.watch.watcher import OVERFLOW, Root, Seen
from tests.unit.capture.files.watch.overflowing import overflowing


def shell(script: str, folder: Path) -> None:
    subprocess.run(("sh", "-c", script), cwd=folder, check=True, stdout=subprocess.DEVNULL)


def watched(script: str, folder: Path, level: Level) -> Seen:
    watcher = start_watching((Root(str(folder)),), Ignored(), levels=(level,))
    shell(script, folder)
    return watcher.stop()


KERNEL: tuple[Level, ...] = ("fanotify", "inotify")


@pytest.mark.parametrize("level", KERNEL)
def test_reads_and_writes_are_told_apart(level: Level, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "kept").write_text("1")

    seen = watched("cat a; echo 2 > b; echo 3 >> kept; : > empty; mv b c", tmp_path, level)

    assert (level, {str(tmp_path / "a")}) == (seen.level, set(seen.reads))
    assert {str(tmp_path / each) for each in ("kept", "empty", "c")} <= seen.writes
    assert {str(tmp_path / "b")} == seen.moved
    assert (False, ()) == (seen.overflowed, seen.gaps)


@pytest.mark.parametrize("level", KERNEL)
def test_files_in_directories_that_appear_are_not_missed(level: Level, tmp_path: Path) -> None:
    script = "for i in 1 2 3 4 5 6 7 8 9; do mkdir -p d$i/e/f; echo x > d$i/e/f/g; done"

    seen = watched(script, tmp_path, level)

    assert {str(tmp_path / f"d{i}/e/f/g") for i in range(1, 10)} == {each for each in seen.writes if each.endswith("g")}


@pytest.mark.parametrize("level", KERNEL)
def test_tools_folders_and_what_is_ignored_are_not_watched(level: Level, tmp_path: Path) -> None:
    for name in (".git", "node_modules", "own", "env"):
        (tmp_path / name).mkdir()
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "env" / "lib").mkdir()
    watcher = start_watching((Root(str(tmp_path)),), Ignored((tmp_path / "own",)), levels=(level,))
    shell("for d in .git node_modules own env/lib; do echo x > $d/y; done", tmp_path)

    assert frozenset() == watcher.stop().writes


def test_fanotify_leaves_out_strangers(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    watcher = Fanotify((Root(str(tmp_path)),), Ignored(), lambda _process: False)
    watcher.start()
    shell("cat a", tmp_path)

    assert {} == watcher.stop().reads


def test_fanotify_leaves_out_this_process(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    watcher = start_watching((Root(str(tmp_path)),), Ignored(), levels=("fanotify",))
    (tmp_path / "a").read_text()

    assert {} == watcher.stop().reads


@pytest.mark.parametrize("kind", [Fanotify, Inotify])
def test_an_overflow_is_noted(kind: type[Fanotify | Inotify], tmp_path: Path) -> None:
    roots, ignored = (Root(str(tmp_path)),), Ignored()
    watcher = Fanotify(roots, ignored, lambda _process: True) if kind is Fanotify else Inotify(roots, ignored)
    watcher.start()
    watcher.happened(None, "", OVERFLOW)

    seen = watcher.stop()

    assert (True, 1) == (seen.overflowed, len(seen.gaps))


def test_a_real_overflow_of_the_queue_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = overflowing(tmp_path, monkeypatch)
    watcher._drain()

    assert watcher.stop().overflowed


def test_what_is_too_much_for_one_level_is_left_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcde":
        (tmp_path / name).mkdir()
    monkeypatch.setattr(directories, "DIRECTORIES_MAX", 4)
    watcher = start_watching((Root(str(tmp_path)),), Ignored(), levels=("inotify",))
    monkeypatch.setattr(directories, "DIRECTORIES_MAX", 9)

    shell("for d in a b c d e; do echo > $d/x; done; mkdir new; echo > new/x", tmp_path)

    seen = watcher.stop()
    assert "inotify, arguments" == watcher.level
    assert {str(tmp_path / each / "x") for each in ("a", "b", "c", "d", "e", "new")} <= seen.writes
    assert 1 == len([each for each in seen.gaps if f"inotify could not watch {tmp_path}" in each])


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    (tmp_path / "out" / "back").symlink_to(tmp_path / "in")
    (tmp_path / "out" / "again").symlink_to(tmp_path / "out")
    watcher = start_watching((Root(str(tmp_path / "in")),), Ignored(), levels=("inotify",))
    shell("echo 1 > out/x", tmp_path)

    assert {str(tmp_path / "in" / "link" / "x")} == watcher.stop().writes


def test_the_next_way_is_taken_where_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        start_watching((Root(str(tmp_path / "missing")),), Ignored(), levels=("fanotify", "inotify"))

    watcher = start_watching((Root(str(tmp_path)),), Ignored(), levels=("arguments",))

    assert "arguments" == watcher.stop().level


def test_paths_are_found_in_arguments(tmp_path: Path) -> None:
    found = paths_in(("x", "/a", "b", "--c=d", "--f=/e", "-v"), tmp_path)

    assert ("/a", str(tmp_path / "b"), str(tmp_path / "d"), "/e") == found


def test_the_temporary_directory_is_never_watched_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared, project = tmp_path / "shared", tmp_path / "project"
    shared.mkdir(), project.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(shared))

    roots, _ = roots_of(project, project, ("x", str(shared / "a.csv"), str(shared / "b.csv"), "/etc/passwd"))

    assert (Root(str(project)), Root(str(shared), is_deep=False, names=frozenset({"a.csv", "b.csv"}))) == roots


def test_a_home_directory_is_not_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    roots, gaps = roots_of(tmp_path, tmp_path, ("x",))

    assert ((Root(str(tmp_path), is_deep=False),), 1) == (roots, len(gaps))
