"""``.dvc`` files, byte for byte."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.dvc import pointer
from lineal.formats.dvc.pointer import Member, Out
from lineal.objects.errors import Invalid

MD5 = "20f35e630daf44dbfa4c3f68f5399d8c"
OTHER = "b026324c6904b2a9cb4b88d6d61c81d1"

GOLDEN = {
    "a directory": (
        Out(path="d", md5="100822b9cebd777d887220d4124c5b7a.dir", size_bytes=14, file_count=4, hash="md5"),
        b"outs:\n- md5: 100822b9cebd777d887220d4124c5b7a.dir\n  size: 14\n  nfiles: 4\n  hash: md5\n  path: d\n",
    ),
    "a file": (
        Out(path="m.bin", md5=MD5, size_bytes=5, hash="md5"),
        b"outs:\n- md5: 20f35e630daf44dbfa4c3f68f5399d8c\n  size: 5\n  hash: md5\n  path: m.bin\n",
    ),
    "an executable": (
        Out(path="run.sh", md5=OTHER, size_bytes=2, is_executable=True, hash="md5"),
        b"outs:\n- md5: b026324c6904b2a9cb4b88d6d61c81d1\n  size: 2\n  isexec: true\n  hash: md5\n  path: run.sh\n",
    ),
    "what DVC 2 wrote": (
        Out(path="old.csv", md5=MD5, size_bytes=0),
        b"outs:\n- md5: 20f35e630daf44dbfa4c3f68f5399d8c\n  size: 0\n  path: old.csv\n",
    ),
    "names that YAML would misread": (
        Out(path="it's: 1e3", md5="0" * 32, hash="md5"),
        b"outs:\n- md5: '00000000000000000000000000000000'\n  hash: md5\n  path: \"it's: 1e3\"\n",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_pointers_are_written_and_read_byte_for_byte(name: str) -> None:
    out, data = GOLDEN[name]

    assert data == pointer.write(out)
    assert (out,) == pointer.parse(data, "it.dvc").outs


PATHS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), min_size=1, max_size=60)
MD5S = st.text("0123456789abcdef", min_size=32, max_size=32)
MEMBERS = st.builds(
    Member,
    relpath=PATHS,
    md5=MD5S,
    size_bytes=st.none() | st.integers(0, 1 << 50),
    is_executable=st.booleans(),
    cloud=st.dictionaries(PATHS, st.dictionaries(PATHS, PATHS, max_size=2), max_size=1),
)
OUTS = st.builds(
    Out,
    path=PATHS,
    md5=MD5S | MD5S.map(lambda each: each + ".dir"),
    size_bytes=st.none() | st.integers(0, 1 << 60),
    file_count=st.none() | st.integers(0, 1 << 40),
    is_executable=st.booleans(),
    hash=st.sampled_from(["", "md5"]),
)


@given(
    OUTS
    | st.builds(
        lambda out, files: msgspec.structs.replace(out, md5="", size_bytes=None, file_count=None, files=tuple(files)),
        OUTS,
        st.lists(MEMBERS, max_size=3),
    )
)
def test_what_is_written_is_read_as_the_same(out: Out) -> None:
    assert (out,) == pointer.parse(pointer.write(out), "it.dvc").outs


CHANGED = Out(path="m.bin", md5=OTHER, size_bytes=2, hash="md5")


def test_a_rewritten_pointer_keeps_what_people_wrote() -> None:
    before = b"# ask ada\nouts:\n  - md5: %s # the third\n    size: 5\n    hash: md5\n    path:   m.bin\n    meta: {on: 2024-01-01}\ndesc: raw\n"

    after = pointer.rewrite(before % MD5.encode(), CHANGED, "m.bin.dvc")

    assert (before % OTHER.encode()).replace(b"size: 5", b"size: 2") == after


def test_a_rewritten_pointer_of_dvc_2_gets_its_hash_last() -> None:
    before = b"outs:\n- md5: %s\n  size: 5\n  path: m.bin\n  desc: raw\n" % MD5.encode()
    after = b"outs:\n- md5: %s\n  size: 2\n  path: m.bin\n  desc: raw\n  hash: md5\n" % OTHER.encode()

    assert after == pointer.rewrite(before, CHANGED, "m.bin.dvc")


def test_a_rewritten_pointer_says_no_more_what_a_cloud_knew_of_other_bytes() -> None:
    before = (
        b"outs:\n- md5: %s\n  size: 5\n  cloud:\n    r:\n      etag: e\n      version_id: v\n  hash: md5\n  path: m.bin\n"
        b"  labels:\n  - raw\n" % MD5.encode()
    )
    after = b"outs:\n- md5: %s\n  size: 2\n  hash: md5\n  path: m.bin\n  labels:\n  - raw\n" % OTHER.encode()

    assert after == pointer.rewrite(before, CHANGED, "m.bin.dvc")
    assert before == pointer.rewrite(before, msgspec.structs.replace(CHANGED, md5=MD5, size_bytes=5), "m.bin.dvc")


def test_members_that_are_as_before_keep_what_a_cloud_knows_of_them() -> None:
    cloud = {"r": {"version_id": "v1"}}
    same, changed = Member(relpath="a", md5=MD5, size_bytes=1, cloud=cloud), Member(relpath="b", md5=MD5, cloud=cloud)
    before = Out(path="d", hash="md5", files=(same, changed))
    told = Out(path="d", hash="md5", files=(Member(relpath="a", md5=MD5, size_bytes=1), Member(relpath="b", md5=OTHER)))

    after = pointer.parse(pointer.rewrite(pointer.write(before), told, "d.dvc"), "d.dvc").outs[0]

    assert after.files == (same, Member(relpath="b", md5=OTHER))


def test_a_file_that_became_a_directory_is_told_so() -> None:
    data = pointer.rewrite(
        pointer.write(GOLDEN["an executable"][0]),
        Out(path="run.sh", md5=MD5 + ".dir", size_bytes=3, file_count=1, hash="md5"),
        "it",
    )

    assert b"outs:\n- md5: %s.dir\n  size: 3\n  hash: md5\n  path: run.sh\n  nfiles: 1\n" % MD5.encode() == data


@given(OUTS, OUTS)
def test_what_is_rewritten_says_what_was_asked(old: Out, new: Out) -> None:
    new = msgspec.structs.replace(new, path=old.path)

    assert (new,) == pointer.parse(pointer.rewrite(pointer.write(old), new, "it.dvc"), "it.dvc").outs


def test_an_import_keeps_its_source() -> None:
    data = (
        b"md5: 0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d\nfrozen: true\ndeps:\n- path: data\n  repo:\n    url: https://example.org/r\n"
        b"    rev_lock: abc\nouts:\n- md5: %s\n  size: 5\n  hash: md5\n  path: data\n" % MD5.encode()
    )
    found = pointer.parse(data, "data.dvc")

    assert found.frozen
    assert "https://example.org/r" == found.deps[0]["repo"]["url"]


def test_an_md5_of_digits_alone_needs_no_quotes() -> None:
    digits = "01234567890123456789012345678901"

    assert digits == pointer.parse(b"outs:\n- md5: %s\n  path: a\n" % digits.encode(), "a.dvc").outs[0].md5


HOSTILE = {
    "no dictionary": b"- a",
    "no list": b"outs: 5",
    "nothing": b"",
    "an entry that is a word": b"outs: [a]",
    "a path out of nothing": b"outs:\n- md5: " + MD5.encode(),
    "a path that is a number": b"outs:\n- path: 5\n  md5: " + MD5.encode(),
    "an md5 that is a path": b"outs:\n- path: a\n  md5: ../../../etc/passwd",
    "an md5 that is a list": b"outs:\n- path: a\n  md5: [1]",
    "a size below nothing": b"outs:\n- path: a\n  size: -1",
    "a size of words": b"outs:\n- path: a\n  size: many",
    "members that are none": b"outs:\n- path: a\n  files: [1]",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_pointer_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match=r"^it\.dvc") as caught:
        pointer.parse(HOSTILE[name], "it.dvc")

    assert caught.value.hint
