"""Lineal and the real DVC read what the other wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.parts.dvc import Dvc
from tests.surfaces.commands import answer, lineal
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

NAMES = ["plain.csv", "it's: 1e3", "no", "é ü 日本.txt", " lead", "#x", "- dash", "[1]", "12", "a b *?.bin"]


def test_dvc_pulls_what_lineal_published(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo / "data/d", FILES)
    (repo / "run.sh").write_bytes(b"x\n")
    (repo / "run.sh").chmod(0o755)
    for number, path in enumerate(("data/d", "run.sh")):
        lineal(repo, "data", "add", "--dvc", path, "--name", f"n{number}")
    assert "up to date" in dvc(repo, "status")
    assert "in sync" in dvc(repo, "status", "-c")
    dvc.commit(repo, "data")

    clone = repo.parent / "clone"
    dvc.git(repo.parent, "clone", "--quiet", "repo", "clone")
    dvc(clone, "pull", "--quiet")

    assert FILES == content(clone / "data/d")
    assert (clone / "run.sh").stat().st_mode & 0o100
    assert "up to date" in dvc(clone, "status")
    dvc(clone, "add", "--quiet", "data/d", "run.sh")
    assert "" == dvc.git(clone, "status", "--porcelain")


def test_pointers_are_those_of_dvc_whatever_a_file_is_called(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo, {name: name.encode() for name in NAMES})
    for number, name in enumerate(NAMES):
        lineal(repo, "data", "add", "--dvc", "--name", f"n{number}", "--", name)
    ours = {name: (repo / f"{name}.dvc").read_bytes() for name in NAMES}
    ignored = (repo / ".gitignore").read_bytes()
    for each in (*ours, ".gitignore"):
        (repo / each).with_name(each + (".dvc" if each in ours else "")).unlink()

    dvc(repo, "add", "--quiet", "--", *NAMES)

    assert ours == {name: (repo / f"{name}.dvc").read_bytes() for name in NAMES}
    assert sorted(ignored.splitlines()) == sorted((repo / ".gitignore").read_bytes().splitlines())


def test_a_changed_pointer_is_rewritten_as_dvc_does(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    said = (
        "# ask ada\nouts:\n- md5: %s\n  size: 5\n  hash: md5\n  path: m.bin\n  desc: raw\nmeta:\n  since: 2024-01-01\n"
    )
    (repo / "m.bin").write_bytes(b"other")
    (repo / "m.bin.dvc").write_text(said % ("a" * 32))
    lineal(repo, "data", "add", "--dvc", "m.bin")
    ours = (repo / "m.bin.dvc").read_bytes()
    (repo / "m.bin.dvc").write_text(said % ("a" * 32))

    dvc(repo, "add", "--quiet", "m.bin")

    assert ours == (repo / "m.bin.dvc").read_bytes()
    assert b"# ask ada" in ours


def test_a_pointer_of_dvc_2_is_renewed_as_dvc_does(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    said = f"outs:\n- md5: {'a' * 32}\n  size: 5\n  path: m.bin\n"
    (repo / "m.bin").write_bytes(b"other")
    (repo / "m.bin.dvc").write_text(said)
    lineal(repo, "data", "add", "--dvc", "m.bin")
    ours = (repo / "m.bin.dvc").read_bytes()
    (repo / "m.bin.dvc").write_text(said)

    dvc(repo, "add", "--quiet", "m.bin")

    assert ours == (repo / "m.bin.dvc").read_bytes()


@pytest.mark.parametrize("place", ["cache", "remote"])
def test_lineal_takes_what_dvc_keeps(dvc: Dvc, repo: Path, place: str) -> None:  # noqa: F811
    write(repo / "data/d", FILES)
    dvc(repo, "add", "--quiet", "data/d")
    dvc(repo, "push", "--quiet")
    shutil.rmtree(repo / "data/d")
    shutil.rmtree(repo / ".dvc/cache" if place == "remote" else remote_of(repo))
    remote_of(repo).mkdir(exist_ok=True)

    lineal(repo, "data", "add", "data/d.dvc")
    assert FILES == taken(repo, "d", repo.parent / "out")
    lineal(repo, "data", "add", "data/d/sub", "--name", "part")
    assert {"x": b"x"} == taken(repo, "part", repo.parent / "part")
    lineal(repo, "data", "add", "data/d/a.txt")
    assert {"a.txt": b"hello\n"} == taken(repo, "a", repo.parent / "a")


def test_what_came_from_dvc_is_the_same_dataset_version(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo / "d", FILES)
    plain = answer(repo, "data", "add", "d", "--name", "plain")
    dvc(repo, "add", "--quiet", "d")
    shutil.rmtree(repo / "d")

    assert plain["digest"] == answer(repo, "data", "add", "d.dvc", "--name", "kept")["digest"]


def test_what_a_stage_wrote_is_found_in_its_lock(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo, {"src/in.txt": b"1\n"})
    dvc(repo, "stage", "add", "-q", "-n", "make", "-w", "src", "-d", "in.txt", "-o", "out.txt", "cp in.txt out.txt")
    dvc(repo, "repro", "--quiet")
    (repo / "src/out.txt").unlink()

    lineal(repo, "data", "add", "src/out.txt")
    assert {"out.txt": b"1\n"} == taken(repo, "out", repo.parent / "out")
    (repo / "src/out.txt").write_bytes(b"2\n")
    _, err = lineal(repo, "data", "add", "--dvc", "src/out.txt", status=2)
    assert "is made by a stage of" in err
    assert "dvc.lock" in err


def test_nothing_is_sent_that_is_there(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo / "d", FILES)
    dvc(repo, "add", "--quiet", "d")
    dvc(repo, "push", "--quiet")
    before, pointer = objects(remote_of(repo)), (repo / "d.dvc").read_bytes()

    _, err = lineal(repo, "data", "add", "--dvc", "d")

    assert 2 == err.count("nothing, all is there")
    assert before == objects(remote_of(repo))
    assert pointer == (repo / "d.dvc").read_bytes()


def test_dvc_and_lineal_take_turns(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo / "d", FILES)
    lineal(repo, "data", "add", "--dvc", "d")
    (repo / "d/new").write_bytes(b"new\n")
    dvc(repo, "add", "--quiet", "d")
    dvc(repo, "push", "--quiet")
    (repo / "d/new").write_bytes(b"newer\n")
    lineal(repo, "data", "add", "--dvc", "d")
    shutil.rmtree(repo / ".dvc/cache")
    shutil.rmtree(repo / "d")

    dvc(repo, "pull", "--quiet")

    assert FILES | {"new": b"newer\n"} == content(repo / "d")


def test_a_remote_of_dvc_2_is_read(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    text, other = b"a\r\nb\r\n", b"\0\r\n" * 9
    names = {"cd445dc11c4e85de83c6d9aa1d0bd1d9": text, "": other}
    names = {hashed(text.replace(b"\r\n", b"\n")): text, hashed(other): other}
    listed = json.dumps([{"md5": name, "relpath": f"f{at}"} for at, name in enumerate(names)], sort_keys=True).encode()
    for name, data in {**names, hashed(listed) + ".dir": listed}.items():
        write(remote_of(repo), {f"{name[:2]}/{name[2:]}": data})
    (repo / "d.dvc").write_text(f"outs:\n- md5: {hashed(listed)}.dir\n  size: 24\n  nfiles: 2\n  path: d\n")

    lineal(repo, "data", "add", "d.dvc")
    dvc(repo, "pull", "--quiet")

    assert {"f0": text, "f1": other} == taken(repo, "d", repo.parent / "out") == content(repo / "d")


def hashed(data: bytes) -> str:
    """Return the MD5 of bytes."""
    import hashlib

    return hashlib.md5(data).hexdigest()


def test_what_git_knows_is_not_given_to_dvc(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo / "d", FILES)
    dvc.commit(repo, "data in Git")
    _, err = lineal(repo, "data", "add", "--dvc", "d", status=4)

    assert "d is in Git, and DVC keeps only what is not\nhint: git rm -r --cached d" in err
    assert not (repo / "d.dvc").exists()


def test_what_dvc_passes_over_is_left_out(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo, {".dvcignore": b"*.log\n!kept.log\ncache/\n", "data/.dvcignore": b"/d/sub/own\n"})
    write(repo / "data/d", {**FILES, "a.log": b"1", "kept.log": b"2", "cache/deep/x": b"3", "sub/own": b"4"})
    _, err = lineal(repo, "data", "add", "--dvc", "data/d")

    assert "left out 3 files that .dvcignore names: a.log, cache/deep/x, sub/own" in err
    assert "up to date" in dvc(repo, "status")
    ours = (repo / "data/d.dvc").read_bytes()
    (repo / "data/d.dvc").unlink()
    dvc(repo, "add", "--quiet", "data/d")
    assert ours == (repo / "data/d.dvc").read_bytes()
    assert {**FILES, "kept.log": b"2"} == taken(repo, "d", repo.parent / "out")
    assert "data:d@1, unchanged" in lineal(repo, "data", "status", "data/d")[0]
    (repo / "data/d/b.log").write_bytes(b"5")
    assert "1" == answer(repo, "data", "add", "--dvc", "data/d")["reference"][-1]


def test_what_dvc_would_not_look_at_is_refused(dvc: Dvc, repo: Path) -> None:  # noqa: F811
    write(repo, {".dvcignore": b"*.log\n", "x.log": b"x", "logs/only.log": b"x", "d/.dvcignore": b"y\n"})
    for path, said in (("x.log", "passed over by DVC"), ("logs", "passed over by DVC"), ("d", "does not allow")):
        assert said in lineal(repo, "data", "add", "--dvc", path, status=2)[1]
        assert not (repo / f"{path}.dvc").exists()


def test_without_dvc_around_it_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"t.csv": b"a\n1\n", "t.csv.dvc": b"outs: []\n"})
    lineal(tmp_path, "init")

    assert "there is nothing at x" in lineal(tmp_path, "data", "add", "--dvc", "x", status=3)[1]
    assert "is in no DVC repository\nhint: dvc init" in lineal(tmp_path, "data", "add", "--dvc", "t.csv", status=3)[1]
    assert "is in no DVC repository" in lineal(tmp_path, "data", "add", "t.csv.dvc", status=3)[1]
