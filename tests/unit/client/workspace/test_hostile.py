"""Trees that somebody made to do harm: nothing is written, removed or read outside of the directory that was named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.client.local import LocalRepository
from lineal.objects.errors import Corrupt, Invalid, LinealError
from tests.unit.client.workspace.places import EMPTY, Content, Files, Link, put, read, write

NOT_A_PATH = ["../out", "/out", "a/../../out", "..", "", "a//b", "a/", "./a", "a\0b", "."]
NOT_OURS = [".git", ".git/hooks/post-checkout", "a/.GIT/config", ".lineal/x", ".Lineal/repository.toml", "a/.git"]
NOT_OURS_WHERE_NAMES_ARE_TRIMMED = [".git./hooks/post-checkout", ".git /config", ".lineal. ./x"]


@pytest.mark.parametrize("path", NOT_A_PATH + NOT_OURS + NOT_OURS_WHERE_NAMES_ARE_TRIMMED)
@pytest.mark.parametrize("content", [b"evil", Link("evil"), EMPTY])
@pytest.mark.parametrize("there", [{}, {"mine": b"kept"}])
def test_a_path_that_must_not_be_written_is_refused_and_nothing_else_is_written(
    path: str, content: Content, there: Files, repository: LocalRepository, tmp_path: Path
) -> None:
    here = write(tmp_path / "here", there)
    outside = read(tmp_path)
    with pytest.raises(Invalid, match="must not be written"):
        put(repository, {path: content, "~": b"the last of the tree"}, here)

    assert there == read(here)
    assert outside.keys() == read(tmp_path).keys()


OUT = {"../outside": "up", "/": "root"}
LINKS = [Link("../outside"), Link("../outside/below"), Link(".."), Link("a/../../outside")]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("path", ["link/file", "link/new/file", "link/sub/file", "link/new/deep/empty"])
@pytest.mark.parametrize("content", [b"evil", EMPTY, Link("evil"), b"evil" * (1 << 18)])
def test_a_link_that_is_there_leads_no_file_out(
    link: Link, path: str, content: Content, repository: LocalRepository, tmp_path: Path
) -> None:
    write(tmp_path / "outside", {"kept": b"kept", "below/kept": b"kept", "sub": EMPTY})
    here = write(tmp_path / "here", {"link": link})
    before = read(tmp_path)
    for force in (False, True):
        with pytest.raises(LinealError, match="link out of"):
            put(repository, {"a": b"fine", path: content}, here, force=force)
        # The repository itself has grown.
        assert _but_for_the_repository(before) == _but_for_the_repository(read(tmp_path))


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("path", ["link/file", "link/new/file", "link/sub/file"])
@pytest.mark.parametrize("content", [b"evil", EMPTY, b"evil" * (1 << 18)])
def test_a_tree_in_which_a_link_is_a_directory_too_writes_nothing(
    link: Link, path: str, content: Content, repository: LocalRepository, tmp_path: Path
) -> None:
    write(tmp_path / "outside", {"kept": b"kept", "below/kept": b"kept", "sub": EMPTY})
    before = read(tmp_path)
    with pytest.raises((Corrupt, Invalid)):
        put(repository, {"link": link, "link!": b"between", path: content}, tmp_path / "here")

    after = {each: content for each, content in read(tmp_path).items() if not each.startswith("here")}
    assert _but_for_the_repository(before) == _but_for_the_repository(after)


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
    with pytest.raises(LinealError, match="link out of"):
        put(repository, {"b": b"new"}, here, before=before)

    assert {"one": b"1", "sub/two": b"2"} == read(tmp_path / "moved")
    assert b"b" == (here / "b").read_bytes()


def test_a_link_within_the_directory_may_be_used(repository: LocalRepository, tmp_path: Path) -> None:
    here = write(tmp_path / "here", {"images": Link("store/2024"), "store/2024": EMPTY})
    put(repository, {"images/one": b"1"}, here)

    assert {"images": Link("store/2024"), "store/2024/one": b"1"} == read(here)


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


def _but_for_the_repository(files: Files) -> dict[str, Content]:
    return {path: each for path, each in files.items() if not path.startswith("project/.lineal")}
