"""Trees that somebody made to do harm: nothing is written, removed or read outside of the directory that was named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict, Corrupt, Invalid, LinealError
from tests.unit.client.workspace.places import EMPTY, Content, Files, Link, put, read, write

NOT_A_PATH = ["../out", "/out", "a/../../out", "..", "", "a//b", "a/", "./a", "a\0b", "."]
NOT_OURS = [".git", ".git/hooks/post-checkout", "a/.GIT/config", ".lineal/x", ".Lineal/repository.toml", "a/.git"]
NOT_OURS_WHERE_NAMES_ARE_TRIMMED = [".git./hooks/post-checkout", ".git /config", ".lineal. ./x"]


@pytest.mark.parametrize("content", [b"evil", Link("evil"), EMPTY])
@pytest.mark.parametrize("there", [{}, {"mine": b"kept"}])
def test_a_path_that_must_not_be_written_is_refused_and_nothing_else_is_written(
    content: Content, there: Files, repository: LocalRepository, tmp_path: Path
) -> None:
    here = write(tmp_path / "here", there)
    outside = others(tmp_path)
    for path in NOT_A_PATH + NOT_OURS + NOT_OURS_WHERE_NAMES_ARE_TRIMMED:
        with pytest.raises((Invalid, Corrupt)):
            put(repository, {"!": b"the first of the tree", path: content, "~": b"the last of it"}, here)

    assert there == read(here)
    assert outside == others(tmp_path)


LINKS = [Link("../outside"), Link("../outside/below"), Link(".."), Link("a/../../outside")]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("link/file", b"evil"),
        ("link/file", b"evil" * (1 << 18)),
        ("link/new/file", Link("evil")),
        ("link/sub/file", b"evil"),
        ("link/new/deep/empty", EMPTY),
    ],
)
def test_a_link_that_is_there_leads_no_file_out(
    link: Link, path: str, content: Content, repository: LocalRepository, tmp_path: Path
) -> None:
    write(tmp_path / "outside", {"kept": b"kept", "below/kept": b"kept", "sub": EMPTY})
    here = write(tmp_path / "here", {"link": link})
    before = others(tmp_path)
    with pytest.raises(Conflict, match="would be written over: link"):
        put(repository, {"a": b"fine", path: content}, here)
    assert before == others(tmp_path)
    assert {"link": link} == read(here)

    # Who forces it gives up the link, and never what it leads to.
    put(repository, {"a": b"fine", path: content}, here, force=True)
    assert before == others(tmp_path)
    assert {"a": b"fine", path: content} == read(here)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    ("path", "content"), [("link/file", b"evil"), ("link/new/file", b"evil" * (1 << 18)), ("link/sub", EMPTY)]
)
def test_a_tree_in_which_a_link_is_a_directory_too_writes_nothing(
    link: Link, path: str, content: Content, repository: LocalRepository, tmp_path: Path
) -> None:
    write(tmp_path / "outside", {"kept": b"kept", "below/kept": b"kept", "sub": EMPTY})
    before = others(tmp_path)
    with pytest.raises(Corrupt, match="'link' is a file of a tree and a directory of"):
        put(repository, {"link": link, "link!": b"between", path: content}, tmp_path / "here")
    put(repository, {"link": link}, tmp_path / "here")
    with pytest.raises(Corrupt, match="'link' is a file of a tree and a directory of"):
        put(repository, {"link": link, path: content}, tmp_path / "here", before={"link": link})

    assert before == others(tmp_path)
    assert {"link": link} == read(tmp_path / "here")


@pytest.mark.parametrize("target", ["../outside", "/etc/passwd"])
def test_a_link_to_elsewhere_is_kept_as_a_link_and_never_followed(
    target: str, repository: LocalRepository, tmp_path: Path
) -> None:
    files = {"link": Link(target), "other": b"x"}
    put(repository, files, tmp_path / "here")
    put(repository, {"link": b"a file now", "other": b"x"}, tmp_path / "here", before=files)

    assert {"link": b"a file now", "other": b"x"} == read(tmp_path / "here")


def test_files_behind_a_link_that_somebody_put_in_the_place_of_a_directory_are_not_removed(
    repository: LocalRepository, tmp_path: Path
) -> None:
    before = {"a/one": b"1", "a/sub/two": b"2", "b": b"b"}
    here = tmp_path / "here"
    put(repository, before, here)
    (here / "a").rename(tmp_path / "moved")
    (here / "a").symlink_to(tmp_path / "moved")
    put(repository, {"b": b"new"}, here, before=before)

    assert {"one": b"1", "sub/two": b"2"} == read(tmp_path / "moved")
    assert {"a": Link(str(tmp_path / "moved")), "b": b"new"} == read(here)


_PART = st.sampled_from(["..", ".", "a", "b", "/", ".git", "link", "\0", "", "link/.."])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paths=st.lists(st.lists(_PART, max_size=5).map("/".join), max_size=5),
    contents=st.lists(st.sampled_from([b"evil", EMPTY, Link(".."), Link("../.."), Link("a"), Link("/")]), max_size=5),
    there=st.booleans(),
)
def test_nothing_is_ever_written_outside(
    paths: list[str],
    contents: list[Content],
    there: bool,
    repository: LocalRepository,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    top = tmp_path_factory.mktemp("top")
    here = write(top / "x" / "here", {"link": Link("../..")} if there else {})
    for files in (dict(zip(paths, contents, strict=False)), {"link": Link("../.."), **dict.fromkeys(paths, b"evil")}):
        try:
            put(repository, files, here, force=True)
        except LinealError:
            continue

    assert ["here"] == [each.name for each in (top / "x").iterdir()]
    assert ["x"] == [each.name for each in top.iterdir()]


def others(top: Path) -> dict[str, Content]:
    """Return what is below ``top``, but for the repository and the directory that is written."""
    return {path: each for path, each in read(top).items() if not path.startswith(("project/.lineal/", "here"))}
