"""What a push must send: every pack that holds a blob of a tree, in whatever portions that is found out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.formats import pack
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import NotFound
from lineal.objects.files import NOTHING, Entry
from lineal.storage import trees
from lineal.storage.blobs.packed import PackedBlobs
from lineal.storage.clock import FixedClock
from lineal.storage.database.migrations import migrate
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.remotes import planning
from lineal.storage.remotes.planning import Plan, keys_of
from lineal.testing.contracts.blobs_together import bundled

FILES = [b"file number %d" % number for number in range(600)]


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[PackedBlobs]:
    """A store with a pack of the first 200 files, one of the next 200, and one of all others."""
    database = Sqlite(tmp_path / "database.sqlite")
    migrate(database, phase="pre")
    store = PackedBlobs(tmp_path / "blobs", tmp_path / "tmp", database, FixedClock())
    for start in (0, 200, 400):
        bundled(store, FILES[start : start + 200])
    yield store
    database.close()


@pytest.fixture(params=[(256, 2_048), (1,), (7, 7, 60)], ids=str)
def _portions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask in portions of these sizes, and of a hundred then."""
    monkeypatch.setattr(planning, "_FIRST_PORTIONS", request.param)
    monkeypatch.setattr(planning, "_ASKED_AT_ONCE", 100)


def put(blobs: PackedBlobs, numbers: list[int]) -> Digest:
    """Store the tree with these files, and one without bytes, in random order of their contents."""
    random.Random(3).shuffle(numbers)
    entries = [
        Entry(path=f"{place:04d}", digest=digest_of(FILES[number]), size_bytes=len(FILES[number]))
        for place, number in enumerate(numbers)
    ]
    return trees.put(blobs, [*entries, Entry(path="none", digest=NOTHING, size_bytes=0, mode="directory")])


def test_the_keys_of_a_tree_are_those_of_its_nodes_and_files(
    blobs: PackedBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lineal.formats.trees.WHOLE_MAX", 10)
    tree = put(blobs, list(range(600)))
    found = [each for some in keys_of(blobs, tree) for each in some]
    nodes = set(found) - {pack.raw(digest_of(each)) for each in FILES}

    assert len(FILES) + len(nodes) == len(set(found))
    assert len(nodes) > 1
    assert pack.raw(tree) in nodes
    assert {pack.cooked(each) for each in nodes} == blobs.has(map(pack.cooked, nodes))


@pytest.mark.usefixtures("_portions")
def test_a_plan_has_every_pack_that_is_needed_and_tells_of_each(blobs: PackedBlobs) -> None:
    tree, met = put(blobs, list(range(600))), list[Digest]()
    plan = Plan(blobs, tree, meet=lambda name, _: met.append(name))

    assert set(blobs.packs.list()) == set(plan.packs) == set(met)
    assert plan.packs == {each: blobs.packs.path(each).stat().st_size for each in plan.packs}


@pytest.mark.usefixtures("_portions")
def test_a_pack_that_is_not_needed_is_in_no_plan_and_one_that_hardly_is_is_packed_anew(blobs: PackedBlobs) -> None:
    before = set(blobs.packs.list())
    plan = Plan(blobs, put(blobs, [*range(200), *range(200, 210)]), meet=lambda *_: None)
    held = [each for name in plan.packs for each in blobs.packs.table(name).digests()]

    assert {digest_of(each) for each in FILES[:210]} <= set(held)
    assert not {digest_of(each) for each in FILES[210:]} & set(held)
    assert 1 == len(before & set(plan.packs))


@pytest.mark.usefixtures("_portions")
def test_a_plan_without_all_of_a_tree_is_refused(blobs: PackedBlobs) -> None:
    tree = put(blobs, list(range(600)))
    blobs.delete(digest_of(FILES[311]))

    assert set() == blobs.has([digest_of(FILES[311])])
    for name in blobs.packs.list():
        if blobs.packs.find(name, digest_of(FILES[311])):
            blobs.packs.forget(name)
            blobs.packs.path(name).unlink()
    with pytest.raises(NotFound):
        Plan(blobs, tree, meet=lambda *_: None)
