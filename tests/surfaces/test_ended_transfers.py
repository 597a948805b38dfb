"""A push that was ended, in order or not: what it leaves in a remote, who waits for it, and how that goes away."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict
from lineal.storage.buckets.keys import is_unfinished
from tests.parts.ssh import Ssh
from tests.surfaces.commands import start
from tests.surfaces.filled import fill


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """An empty directory to send to."""
    (tmp_path / "remote").mkdir()
    return tmp_path / "remote"


@pytest.fixture
def here(tmp_path: Path, remote: Path) -> Iterator[LocalRepository]:
    """A repository with a dataset and a remote."""
    (tmp_path / "here").mkdir()
    with init(tmp_path / "here") as repository:
        repository.remote.add("backup", str(remote))
        repository.data.add(fill(tmp_path / "here" / "images"))
        yield repository


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_push_that_is_asked_to_end_leaves_no_sign_of_being_at_work(
    number: signal.Signals, here: LocalRepository, remote: Path, tmp_path: Path
) -> None:
    (tmp_path / "here" / "images" / "huge").write_bytes(os.urandom(96 << 20))
    here.data.add(tmp_path / "here" / "images")
    process = start(tmp_path / "here", "data", "push", "data:images")
    while process.poll() is None and not list(remote.glob("writing/*.json")):
        time.sleep(0.001)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)

    assert (130, "") == (process.returncode, out), err
    assert [] == list(remote.glob("writing/*"))
    here.gc(remote="backup")


def test_what_a_killed_push_left_half_written_is_let_go_of(here: LocalRepository, remote: Path) -> None:
    here.data.push(("data:images",))
    left, young = (remote / "packs" / f"~{number}.{'0' * 16}" for number in (1, 2))
    others = remote / "packs" / "~mine"
    for each in (left, young, others):
        each.write_bytes(b"half")
    os.utime(left, (0, 0))

    assert (1, 4) == (here.gc(remote="backup").temporary, here.gc(remote="backup").size_bytes)
    assert left.exists()
    assert 1 == here.gc(remote="backup", delete=True).temporary
    assert [False, True, True] == [each.exists() for each in (left, young, others)]


def test_what_a_killed_push_left_half_written_on_another_machine_is_let_go_of(
    here: LocalRepository, ssh: Ssh, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    options = tuple(f"{name}={value}" for name, value in ssh.options.items())
    here.remote.add("far", f"ssh://{ssh.address}{there}", option=options)
    here.data.push(to="far")
    (there / "blobs" / "mine").mkdir(parents=True)
    others = [there / "blobs" / "mine" / "~mine", there / "~1.0", there / "notes"]
    for each in others:
        each.write_bytes(b"theirs")
        os.utime(each, (0, 0))
    (tmp_path / "here" / "images" / "huge").write_bytes(os.urandom(96 << 20))
    here.data.add(tmp_path / "here" / "images")
    process = start(tmp_path / "here", "data", "push", "data:images", "--to", "far")
    while process.poll() is None and not any(each.stat().st_size > 1 << 20 for each in half_written(there / "blobs")):
        time.sleep(0.001)
    process.kill()
    process.communicate(timeout=60)
    left = half_written(there)
    for each in there.glob("writing/*"):
        each.unlink()

    assert left
    assert 0 == here.gc(remote="far", delete=True).temporary, "it may be that of somebody at work"

    for each in left:
        os.utime(each, (0, 0))
    size_bytes = sum(each.stat().st_size for each in left)

    assert (len(left), size_bytes) == (here.gc(remote="far").temporary, here.gc(remote="far").size_bytes)
    assert half_written(there) == left
    assert len(left) == here.gc(remote="far", delete=True).temporary
    assert half_written(there) == []
    assert [True] * 3 == [each.exists() for each in others]
    here.data.push(("data:images",), to="far")
    assert () == here.verify(remote="far").problems


def half_written(remote: Path) -> list[Path]:
    """Return the files of programs that write to a remote, or wrote to it when they were killed."""
    return sorted(each for each in remote.rglob("~*") if is_unfinished(each.name))


def test_nothing_is_left_of_a_pack_that_was_copied_before_it_was_certain(
    here: LocalRepository, remote: Path, tmp_path: Path
) -> None:
    top = tmp_path / "here" / "images"
    for path in sorted(top.rglob("*.bin"))[20:]:
        path.unlink()
    here.data.add(top)
    (before,) = (each.name for each in (tmp_path / "here" / ".lineal" / "blobs" / "packs").rglob("*") if each.is_file())
    here.data.push(("data:images@2",))  # of the only pack, most is of no use
    sent = [each for each in (remote / "packs").rglob("*") if each.is_file()]

    assert 1 == len(sent)
    assert not sent[0].name.endswith(before)
    assert () == here.verify(remote="backup").problems


@pytest.mark.parametrize("sign", ["writing", "collecting"])
def test_a_sign_of_who_was_killed_is_named_with_what_to_do(sign: str, here: LocalRepository, remote: Path) -> None:
    from lineal.operations.data.stores import remote_of

    here.data.push(("data:images",))
    killed = getattr(remote_of(here.store, "backup"), sign)("bob")
    killed.__enter__()
    with pytest.raises(Conflict, match=r"bob .* since 20.* UTC") as told:
        here.gc(remote="backup") if sign == "writing" else here.data.push(("data:images",))
    place = told.value.hint.partition("delete file://")[2].partition(", which counts until")[0]

    assert remote / sign == Path(place).parent
    Path(place).unlink()
    here.gc(remote="backup")
    here.data.push(("data:images",))
