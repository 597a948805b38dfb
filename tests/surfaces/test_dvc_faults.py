"""The known faults of DVC, each shown with the real one, and what Lineal does in the same place."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.formats.dvc.digests import Name
from tests.parts.dvc import Dvc
from tests.surfaces.commands import SOURCES, answer, lineal
from tests.surfaces.dvc_repositories import (  # noqa: F401 - fixtures are used by their names
    FILES,
    content,
    dvc,
    empty,
    objects,
    remote_of,
    repo,
    taken,
    write,
)
from tests.unit.storage.dvc.making import TWINS, damage, md5

MODEL = b"a model of some bytes\n"
RSS_MAX_KIB = 150 << 10
LARGE_BYTES = 256 << 20


def kept(dvc: Dvc, repo: Path, *paths: str) -> None:  # noqa: F811
    """Have DVC keep and push paths."""
    dvc(repo, "add", "--quiet", *paths)
    dvc(repo, "push", "--quiet")


def at(place: Path, data: bytes) -> Path:
    """Return where a cache or remote has some bytes."""
    return place / Name(md5(data)).key


def test_f1_a_damaged_object_of_the_cache_is_not_used(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo, {"m.bin": MODEL})
    kept(dvc, repo, "m.bin")
    cached = at(repo / ".dvc/cache", MODEL)
    damage(cached)
    (repo / "m.bin").unlink()

    dvc(repo, "checkout", "m.bin.dvc")
    assert (repo / "m.bin").read_bytes().startswith(b"CORRUPT"), "DVC would have noticed"
    assert "up to date" in dvc(repo, "status")
    (repo / "m.bin").unlink()

    lineal(repo, "data", "add", "m.bin.dvc")
    assert {"m.bin": MODEL} == taken(repo, "m", repo.parent / "out")
    assert MODEL == cached.read_bytes(), "the cache was not healed"
    assert (repo / ".dvc/cache/quarantine" / md5(MODEL)).read_bytes().startswith(b"CORRUPT")


def test_f1_what_is_damaged_everywhere_is_refused(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo, {"m.bin": MODEL})
    kept(dvc, repo, "m.bin")
    for place in (repo / ".dvc/cache", remote_of(repo)):
        damage(at(place, MODEL))
    (repo / "m.bin").unlink()

    _, err = lineal(repo, "data", "add", "m.bin.dvc", status=7)

    assert f"m.bin of m.bin.dvc (md5:{md5(MODEL)}) is damaged" in err.replace(f"{repo}/", "")
    assert "hint: " in err
    assert [] == answer(repo, "data", "list")


def test_f2_a_remote_that_lacks_a_member_is_completed(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo / "d", FILES)
    kept(dvc, repo, "d")
    lineal(repo, "data", "add", "d")
    lost = at(remote_of(repo), b"x")
    lost.unlink()

    assert "Everything is up to date" in dvc(repo, "push"), "DVC would have noticed"
    assert "in sync" in dvc(repo, "status", "-c")
    assert not lost.exists()

    lineal(repo, "data", "add", "--dvc", "d")
    assert b"x" == lost.read_bytes()
    shutil.rmtree(repo / ".dvc/cache")
    shutil.rmtree(repo / "d")
    dvc(repo, "pull", "--quiet")
    assert FILES == content(repo / "d")


def test_f2_a_member_that_the_remote_lacks_is_looked_for_everywhere(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo / "d", FILES)
    lineal(repo, "data", "add", "--dvc", "d")
    for place in (repo / ".dvc/cache", remote_of(repo)):
        at(place, b"x").unlink()
    shutil.rmtree(repo / "d")
    dvc(repo, "pull", status=1)
    shutil.rmtree(repo / "d", ignore_errors=True)

    lineal(repo, "data", "add", "d.dvc", "--name", "again")

    assert FILES == taken(repo, "again", repo.parent / "out")


def test_f2b_a_remote_that_lacks_a_single_file_is_completed_by_both(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo, {"m.bin": MODEL})
    kept(dvc, repo, "m.bin")
    for repair in (("push",), ()):
        at(remote_of(repo), MODEL).unlink()
        if repair:
            dvc(repo, *repair)
        else:
            lineal(repo, "data", "add", "--dvc", "m.bin")
        assert MODEL == at(remote_of(repo), MODEL).read_bytes()


def test_f3_two_files_with_one_md5_stay_two(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    both = dict(zip(("a.bin", "b.bin"), TWINS, strict=True))
    write(repo / "d", both)
    lineal(repo, "data", "add", "d")
    _, err = lineal(repo, "data", "add", "--dvc", "d", status=4)
    assert f"two different files have the md5 {md5(TWINS[0])}" in err
    assert both == taken(repo, "d", repo.parent / "out")

    lineal(repo, "data", "add", "--dvc", "d/a.bin")
    _, err = lineal(repo, "data", "add", "--dvc", "d/b.bin", status=4)
    assert "two different files" in err
    assert not (repo / "d/b.bin.dvc").exists()

    dvc(repo, "add", "--quiet", "d/a.bin", "d/b.bin")
    for name in both:
        (repo / "d" / name).unlink()
    dvc(repo, "checkout", "--quiet")
    assert [TWINS[0]] * 2 == [(repo / "d" / name).read_bytes() for name in both], "DVC would have kept both"


def test_f4_f5_f6_modes_links_and_empty_directories_are_kept(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo / "d", {"x.sh": b"x", "t": b"t"})
    (repo / "d/x.sh").chmod(0o755)
    (repo / "d/l").symlink_to("x.sh")
    (repo / "d/empty").mkdir()
    lineal(repo, "data", "add", "d")
    _, err = lineal(repo, "data", "add", "--dvc", "d", status=2)
    assert "3 of 4 files cannot be kept by DVC as they are" in err
    assert "empty is an empty directory" in err
    assert "l is a symbolic link" in err
    assert "x.sh is executable" in err
    assert not (repo / "d.dvc").exists()

    dvc(repo, "add", "--quiet", "d")
    shutil.rmtree(repo / "d")
    dvc(repo, "checkout", "--quiet")
    assert not (repo / "d/x.sh").stat().st_mode & stat.S_IXUSR, "DVC would have kept the mode"
    assert not (repo / "d/l").is_symlink(), "DVC would have kept the link"
    assert not (repo / "d/empty").exists(), "DVC would have kept the directory"

    lineal(repo, "data", "get", "d", str(repo.parent / "out"))
    assert (repo.parent / "out/x.sh").stat().st_mode & stat.S_IXUSR
    assert Path("x.sh") == (repo.parent / "out/l").readlink()
    assert (repo.parent / "out/empty").is_dir()


def test_f7_a_large_file_takes_little_memory(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    with (repo / "m.bin").open("wb") as file:
        file.truncate(LARGE_BYTES)
    sizes = [peak_kib(repo, "data", "add", "--dvc", "m.bin")]
    other = repo.parent / "other"
    shutil.copytree(repo, other, ignore=shutil.ignore_patterns("m.bin", "cache", ".lineal"))
    lineal(other, "init")
    sizes.append(peak_kib(other, "data", "add", "m.bin.dvc"))

    assert max(sizes) <= RSS_MAX_KIB


def peak_kib(directory: Path, *line: str) -> int:
    """Return the most memory that ``lineal`` had; it is asked by a small program, since a child counts its parent too."""
    done = subprocess.run(
        (sys.executable, "-c", PEAK, sys.executable, "-m", "lineal", *line),
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return int(done.stderr.splitlines()[-1])


PEAK = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


def test_f8_nothing_of_anybody_is_deleted_and_what_was_is_sent_again(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    other = dvc.init(repo.parent / "other", remote_of(repo))
    write(other, {"theirs": b"theirs"})
    kept(dvc, other, "theirs")
    write(repo, {"ours": b"ours"})
    for data in (b"ours", b"ours, changed"):
        write(repo, {"ours": data})
        lineal(repo, "data", "add", "--dvc", "ours")
    assert sorted(map(md5, (b"theirs", b"ours", b"ours, changed"))) == objects(remote_of(repo))

    dvc(other, "gc", "--workspace", "--cloud", "--force")
    assert [md5(b"theirs")] == objects(remote_of(repo)), "DVC would have spared what others need"

    lineal(repo, "data", "add", "--dvc", "ours")
    assert sorted(map(md5, (b"theirs", b"ours, changed"))) == objects(remote_of(repo))


@pytest.mark.parametrize("verb", ["push", "status"])
def test_f9_a_list_is_no_proof_of_its_members(dvc: Dvc, repo: Path, verb: str) -> None:  # noqa: F811
    write(repo / "d", FILES)
    kept(dvc, repo, "d")
    for each in objects(remote_of(repo)):
        if not each.endswith(".dir"):
            (remote_of(repo) / Name(each).key).unlink()
    said = dvc(repo, verb, *(["-c"] if verb == "status" else []))
    assert "up to date" in said or "in sync" in said, "DVC would have looked"

    _, err = lineal(repo, "data", "add", "--dvc", "d")

    assert f"sent to file://{remote_of(repo)}: 4 objects" in err


def test_f10_an_object_is_not_believed_because_nobody_may_write_it(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo / "d", FILES)
    kept(dvc, repo, "d")
    shutil.rmtree(remote_of(repo))
    shutil.rmtree(repo / "d")
    damage(at(repo / ".dvc/cache", b"hello\n"))
    assert 0o444 == stat.S_IMODE(at(repo / ".dvc/cache", b"hello\n").stat().st_mode)

    dvc(repo, "checkout", "--quiet")
    assert b"CORRUP" == (repo / "d/a.txt").read_bytes(), "DVC would have looked"
    shutil.rmtree(repo / "d")

    _, err = lineal(repo, "data", "add", "d.dvc", status=7)

    assert "a.txt of d.dvc (md5:b1946ac92492d2347c6235b4d2611184) is damaged" in err
    assert "quarantine" in err


def test_f11_a_change_that_keeps_size_and_time_is_seen(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    path = repo / "t.csv"
    path.write_bytes(b"a,b\n1,2\n")
    dvc(repo, "add", "--quiet", "t.csv")
    lineal(repo, "data", "add", "t.csv")
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"a,b\n1,3\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (before.st_ino, before.st_size, before.st_mtime_ns) == (path.stat().st_ino, 8, path.stat().st_mtime_ns)

    assert "up to date" in dvc(repo, "status"), "DVC would have seen it"
    assert 2 == answer(repo, "data", "add", "t.csv")["number"]
