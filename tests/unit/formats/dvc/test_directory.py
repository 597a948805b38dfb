"""Lists of directories, byte for byte."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.dvc import directory
from lineal.formats.dvc.directory import Member
from lineal.objects.errors import Invalid

GOLDEN = (
    b'[{"md5": "b1946ac92492d2347c6235b4d2611184", "relpath": "a.txt"}, {"md5": "d41d8cd98f00b204e9800998ecf8427e", '
    b'"relpath": "empty"}, {"md5": "9dd4e461268c8034f5c8564e155c67a6", "relpath": "sub/run.sh"}, '
    b'{"md5": "bda22c5eba546bb19f3c19593210d51e", "relpath": "\\u00e9 b.txt"}]'
)
MEMBERS = (
    Member("b1946ac92492d2347c6235b4d2611184", "a.txt"),
    Member("d41d8cd98f00b204e9800998ecf8427e", "empty"),
    Member("9dd4e461268c8034f5c8564e155c67a6", "sub/run.sh"),
    Member("bda22c5eba546bb19f3c19593210d51e", "é b.txt"),
)


def test_a_list_is_read_and_written_byte_for_byte() -> None:
    assert GOLDEN == directory.write(reversed(MEMBERS))
    assert MEMBERS == directory.parse(GOLDEN, "it")
    assert "100822b9cebd777d887220d4124c5b7a.dir" == directory.name_of(GOLDEN)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12)
PATHS = st.lists(NAMES.filter(lambda each: each not in {".", ".."}), min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(PATHS, st.text("0123456789abcdef", min_size=32, max_size=32), max_size=6))
def test_what_is_written_is_read_as_the_same(files: dict[str, str]) -> None:
    members = tuple(Member(md5, path) for path, md5 in sorted(files.items()))
    if any(other.startswith(path + "/") for path in files for other in files):
        return

    assert members == directory.parse(directory.write(members), "it")


def listed(*paths: str, md5: str = "0" * 32) -> bytes:
    return json.dumps([{"md5": md5, "relpath": path} for path in paths]).encode()


HOSTILE = {
    "a way up": (listed("../x"), "leads out"),
    "a way up in the middle": (listed("a/../../x"), "leads out"),
    "an absolute path": (listed("/etc/passwd"), "leads out"),
    "no path": (listed(""), "leads out"),
    "a place that is none": (listed("a/./b"), "leads out"),
    "a zero": (listed("a\0b"), "leads out"),
    "a path twice": (listed("a", "a"), "'a' twice"),
    "a file that is a directory": (listed("a", "a/b"), "as a file and as a directory"),
    "a directory in a directory": (listed("a", md5="0" * 32 + ".dir"), "no MD5 of a file"),
    "an md5 that is a path": (listed("a", md5="../" + "0" * 29), "no MD5 of a file"),
    "half a surrogate": (b'[{"md5": "%s", "relpath": "\\ud800"}]' % (b"0" * 32), "no list of files"),
    "no JSON": (b"\xff", "no list of files"),
    "no list": (b"{}", "no list of files"),
    "lists without end": (b"[" * 100_000, "no list of files"),
    "no members": (b'[{"md5": "x"}]', "no list of files"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_list_is_refused(name: str) -> None:
    data, message = HOSTILE[name]
    with pytest.raises(Invalid) as caught:
        directory.parse(data, "the list")

    assert caught.value.message.startswith("the list ")
    assert message in caught.value.message
    assert caught.value.hint
