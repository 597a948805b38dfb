"""Files of runs and logged models: named after their bytes, listed by level, and for ever the same once they are sealed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Denied, Invalid, LinealError, NotFound
from lineal.operations.recording import artifacts, logged_models
from lineal.storage.store import Actor
from tests.unit.operations.tracking import LOGGED, MODEL, begin, log_model, put, tracked

__all__ = ["tracked"]


def listed(repository: LocalRepository, subject: str, under: str = "") -> list[tuple[str, int | None]]:
    found = artifacts.list_artifacts(repository, subject, under=under)
    return [(each.path, None if each.is_dir else each.size_bytes) for each in found]


def everything(repository: LocalRepository, subject: str, under: str = "") -> list[str]:
    """Return every file, found level by level; no directory is without one."""
    found = list[str]()
    for path, size in listed(repository, subject, under):
        below = [path] if size is not None else everything(repository, subject, path)
        assert below
        found += below
    return sorted(found)


def test_one_level_of_a_directory_is_listed_by_path(tracked: LocalRepository):
    run = begin(tracked)
    for path in ("x.bin", "notes/n.txt", "notes/deep/down/m.txt", "d.json", "notes!"):
        put(tracked, run, path, path.encode())

    assert [("d.json", 6), ("notes", None), ("notes!", 6), ("x.bin", 5)] == listed(tracked, run)
    assert [("notes/deep", None), ("notes/n.txt", 11)] == listed(tracked, run, "notes")
    assert [("notes/deep/down/m.txt", 21)] == listed(tracked, run, "notes/deep/down")
    assert [] == listed(tracked, run, "notes/n.txt") == listed(tracked, run, "nowhere")
    assert [] == listed(tracked, begin(tracked))


def test_a_file_that_comes_again_takes_the_place_of_the_first(tracked: LocalRepository):
    run = begin(tracked)
    put(tracked, run, "a", b"first")
    put(tracked, run, "a", b"second")

    assert digest_of(b"second") == artifacts.show(tracked, run, "a").digest
    assert [("a", 6)] == listed(tracked, run)


WRONG: dict[str, tuple[str, type[LinealError], str]] = {
    "a run that is not here": ("01ARZ3NDEKTSV4RRFFQ69G5FAV", NotFound, "not found"),
    "a logged model that is not here": ("logged:m-" + "1" * 32, NotFound, "Logged model with ID 'm-1"),
    "no subject": ("x", NotFound, "not found"),
}


@pytest.mark.parametrize("name", WRONG)
def test_nothing_is_kept_for_nobody(name: str, tracked: LocalRepository):
    subject, kind, said = WRONG[name]
    for work in (lambda: put(tracked, subject, "a"), lambda: artifacts.check(tracked, subject, "a")):
        with pytest.raises(kind, match=said):
            work()


@pytest.mark.parametrize("path", ["", "/a", "a//b", "a/", "../a", "a/../b", ".", "a\0b", "x" * 2_001])
def test_a_path_that_leads_elsewhere_is_none(path: str, tracked: LocalRepository):
    with pytest.raises(Invalid, match="Invalid path"):
        put(tracked, begin(tracked), path)


def test_a_file_and_a_directory_never_have_one_name(tracked: LocalRepository):
    run = begin(tracked)
    put(tracked, run, "a/b/c")
    with pytest.raises(Invalid, match="'a/b' is a directory"):
        put(tracked, run, "a/b")
    with pytest.raises(Invalid, match="'a/b/c' is a file"):
        put(tracked, run, "a/b/c/d")

    assert ["a/b/c"] == everything(tracked, run)


def test_bytes_that_are_not_here_get_no_name(tracked: LocalRepository):
    run = begin(tracked)
    with pytest.raises(Conflict, match="went away"):
        artifacts.put(tracked, run, "a", digest=digest_of(b"elsewhere"), size_bytes=9)

    assert [] == listed(tracked, run)


def test_what_is_removed_goes_with_directories_that_are_left_empty(tracked: LocalRepository):
    run = begin(tracked)
    for path in ("a/b/c", "a/b/d", "a/bc", "e"):
        put(tracked, run, path)
    artifacts.remove(tracked, run, "a/b")
    assert ["a/bc", "e"] == everything(tracked, run)
    artifacts.remove(tracked, run, "a/bc")
    assert [("e", 4)] == listed(tracked, run)
    put(tracked, run, "a")
    artifacts.remove(tracked, run)

    assert [] == listed(tracked, run)
    with pytest.raises(NotFound, match="No such artifact: 'a'"):
        artifacts.remove(tracked, run, "a")
    assert ["artifacts remove"] * 3 == [each.operation for each in tracked.log() if "remove" in each.operation]


def test_a_tree_of_files_below_a_directory_has_paths_relative_to_it(tracked: LocalRepository):
    run = begin(tracked)
    for path in ("model/MLmodel", "model/data/w.bin", "model2", "other"):
        put(tracked, run, path, path.encode())

    def paths(under: str) -> list[str]:
        return [each.path for each in tracked.store.entries(artifacts.tree_of(tracked.store, run, under))]

    assert ["MLmodel", "data/w.bin"] == paths("model")
    assert ["model/MLmodel", "model/data/w.bin", "model2", "other"] == paths("")
    assert ["w.bin"] == paths("model/data/w.bin")
    assert () == tracked.verify().problems
    with pytest.raises(NotFound, match="No such artifact: 'mod'"):
        artifacts.tree_of(tracked.store, run, "mod")


def test_a_tree_of_very_many_files_is_kept_too(tracked: LocalRepository):
    run, store = begin(tracked), tracked.store
    digest = tracked.blobs.put(b"x")
    rows = [{"path": f"p/{number:05}", "run": run, "digest": digest} for number in range(2_500)]
    store.database.many(
        "INSERT INTO artifact (subject, path, parent, digest, size_bytes, at) VALUES (:run, :path, 'p', :digest, 1, 1)",
        rows,
    )

    assert 2_500 == sum(1 for _ in store.entries(artifacts.tree_of(store, run)))


SEALED: dict[str, Callable[[LocalRepository, str], object]] = {
    "replaced": lambda repository, run: put(repository, run, "model/MLmodel", b"other"),
    "added to": lambda repository, run: put(repository, run, "model/new/file"),
    "made a file": lambda repository, run: put(repository, run, "model"),
    "removed": lambda repository, run: artifacts.remove(repository, run, "model/MLmodel"),
    "removed with its directory": lambda repository, run: artifacts.remove(repository, run, "model"),
    "removed with everything": artifacts.remove,
}


@pytest.mark.parametrize("name", SEALED)
def test_what_is_sealed_cannot_be(name: str, tracked: LocalRepository):
    run = begin(tracked)
    put(tracked, run, "model/MLmodel")
    put(tracked, run, "model2")
    artifacts.seal(tracked.store, run, "model")
    artifacts.seal(tracked.store, run, "model")
    with pytest.raises(Conflict, match=r"cannot be changed"):
        SEALED[name](tracked, run)

    assert ["model/MLmodel", "model2"] == everything(tracked, run)
    assert artifacts.show(tracked, run, "model/MLmodel").is_sealed
    put(tracked, run, "model2", b"other")
    artifacts.remove(tracked, run, "model2")


def test_a_logged_model_is_sealed_once_it_is_ready(tracked: LocalRepository):
    log_model(tracked)
    put(tracked, LOGGED, "MLmodel")
    logged_models.finish(tracked, MODEL, status="FAILED")
    put(tracked, LOGGED, "MLmodel", b"again")
    logged_models.finish(tracked, MODEL, status="READY")
    logged_models.finish(tracked, MODEL, status="FAILED")
    for path in ("MLmodel", "new"):
        with pytest.raises(Conflict, match=r"cannot be changed"):
            put(tracked, LOGGED, path)


def test_a_reader_is_refused_before_any_byte_is_sent(tracked: LocalRepository):
    run = begin(tracked)
    reader = tracked.acting(Actor("bob", "reader"))
    for work in (lambda: artifacts.check(reader, run, "a"), lambda: artifacts.remove(reader, run)):
        with pytest.raises(Denied, match="writer"):
            work()


def test_of_two_writers_of_one_path_one_is_last_and_nothing_is_mixed(tracked: LocalRepository):
    run = begin(tracked)
    contents = [bytes([number]) * 100_000 for number in range(8)]
    threads = [threading.Thread(target=put, args=(tracked, run, "a/b", each)) for each in contents]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert tracked.blobs.get(artifacts.show(tracked, run, "a/b").digest) in contents
    assert ["a/b"] == everything(tracked, run)


def test_of_a_file_and_a_directory_that_come_at_once_one_is_refused(tracked: LocalRepository):
    run, told = begin(tracked), list[LinealError]()

    def work(path: str) -> None:
        try:
            put(tracked, run, path)
        except LinealError as error:
            told.append(error)

    for number in range(5):
        paths = (f"{number}/a", f"{number}")
        threads = [threading.Thread(target=work, args=(path,)) for path in paths]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    assert 5 == len(told)
    assert 5 == len(everything(tracked, run))


def test_collecting_loses_nothing_that_only_a_run_or_a_model_keeps(tracked: LocalRepository):
    run = begin(tracked)
    log_model(tracked)
    put(tracked, run, "a", b"of the run")
    put(tracked, LOGGED, "b", b"of the model")
    put(tracked, artifacts.SHARED, "c", b"of nobody")
    put(tracked, run, "d", b"replaced")
    put(tracked, run, "d", b"anew")
    went = tracked.gc(delete=True, grace_days=0)

    assert 1 == went.blobs
    kept = {digest_of(each) for each in (b"of the run", b"of the model", b"of nobody", b"anew")}
    assert kept == set(tracked.blobs.list())
    assert () == tracked.verify().problems


def test_a_file_whose_bytes_are_gone_is_told_with_whose_it_is(tracked: LocalRepository):
    run = begin(tracked)
    put(tracked, run, "notes/a.txt", b"x")
    tracked.blobs.delete(digest_of(b"x"))
    (problem,) = tracked.verify().problems

    assert ("the file notes/a.txt is missing", (f"run:{run}",)) == (problem.what, problem.used_by)


steps = st.lists(
    st.tuples(
        st.sampled_from(("put", "remove", "seal")),
        st.lists(st.sampled_from(("a", "b", "ab")), min_size=1, max_size=3).map("/".join),
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps)
def test_whatever_is_done_files_are_as_in_a_directory(tracked: LocalRepository, done: list[tuple[str, str]]):
    run, known, sealed = begin(tracked), set[str](), set[str]()
    for verb, path in done:
        within = {each for each in known if each == path or each.startswith(f"{path}/")}
        is_sealed = any(path == each or path.startswith(f"{each}/") for each in sealed)
        if verb == "seal":
            artifacts.seal(tracked.store, run, path)
            sealed.add(path)
        elif verb == "remove":
            holds = any(each == under or each.startswith(f"{under}/") for each in within for under in sealed)
            with suppress(NotFound, Conflict):
                artifacts.remove(tracked, run, path)
                assert not holds
                known -= within
        else:
            with suppress(Invalid, Conflict):
                put(tracked, run, path)
                assert not is_sealed
                assert not within - {path}
                assert not any(path.startswith(f"{each}/") for each in known)
                known.add(path)

    assert sorted(known) == everything(tracked, run)
