"""Trees and packs are what docs/reference/format.md says: a second implementation, made from the page, agrees."""

from __future__ import annotations

import random
import re
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats import pack, trees
from lineal.objects.digest import digest_of
from lineal.objects.files import Entry
from tests.unit.formats.specified import specified_nodes, specified_pack

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "format.md").read_text(encoding="utf-8")


@given(
    seed=st.integers(0, 1 << 30),
    count=st.sampled_from([0, 1, 16, 999, 1_000, 1_001, 1_025, 3_000, 20_000]),
    width=st.integers(1, 6),
)
def test_a_tree_is_cut_as_the_page_says(seed: int, count: int, width: int) -> None:
    randomly = random.Random(seed)
    letters = "abcdefghij.-_ \u00e9\u2603\U0001f600"
    paths = {"/".join("".join(randomly.choices(letters, k=width)) + "x" for _ in range(2)) for _ in range(count)}
    modes = randomly.choices(["file", "executable", "symlink"], k=len(paths))
    entries = [
        Entry(path=path, digest=digest_of(path.encode()), size_bytes=randomly.randrange(1 << 40), mode=mode)
        for path, mode in zip(sorted(paths), modes, strict=True)
    ]
    values = [
        {"path": each.path, "digest": each.digest, "size_bytes": each.size_bytes}
        | ({} if each.mode == "file" else {"mode": each.mode})
        for each in entries
    ]

    assert [node.body for node in trees.grow(entries)] == specified_nodes(values)


def test_a_node_without_a_cut_ends_when_it_is_full() -> None:
    paths = [path for path in (f"{number:06}" for number in range(6_000)) if crc32(path.encode()) % 32]
    entries = [Entry(path=path, digest=digest_of(b""), size_bytes=0) for path in paths[:3_000]]
    nodes = [node.tree for node in trees.grow(entries)]

    assert [1_024, 1_024, 952] == [len(each.entries) for each in nodes[:-1]]
    assert [3, 3_000] == [len(nodes[-1].branches), nodes[-1].file_count]


@given(st.lists(st.binary(max_size=40), max_size=30, unique=True))
def test_a_pack_has_the_bytes_and_the_name_that_the_page_gives_it(blobs: list[bytes]) -> None:
    places, start = [], 0
    for each in blobs:
        places.append(pack.Place(digest_of(each), start, len(each)))
        start += len(each)
    table = pack.table_of(places)

    assert (table.name, b"".join(blobs) + pack.ending(table)) == specified_pack(blobs)


def test_the_pack_on_the_page_is_that_of_its_two_blobs() -> None:
    found = re.search(r"^```pack\n([0-9a-f\n]+)\n(sha256:[0-9a-f]{64})\n```$", PAGE, re.MULTILINE)

    assert found
    assert specified_pack([b"a", b"b"]) == (found[2], bytes.fromhex(found[1]))


@pytest.mark.parametrize("number", [trees.WHOLE_MAX, 1_024, 8])
def test_the_page_names_the_numbers_of_the_rule(number: int) -> None:
    assert f"{number:,}" in PAGE.partition("\n## Trees\n")[2].partition("\n## ")[0]
