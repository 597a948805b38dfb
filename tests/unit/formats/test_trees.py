"""Trees cut into nodes: the same entries, the same nodes; a small change, few new ones."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats import tree_edits, trees
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, Invalid
from lineal.objects.files import Branch, Entry, Tree

Nodes = dict[Digest, bytes]


def entry(path: str, content: str = "") -> Entry:
    return Entry(path=path, digest=digest_of(content.encode()), size_bytes=len(content))


def grown(entries: list[Entry]) -> tuple[Digest, Nodes]:
    nodes = {node.digest: node.body for node in trees.grow(entries)}
    return [*nodes][-1], nodes


def reading(nodes: Nodes) -> tree_edits.ReadMany:
    """Return what gives the bytes of many nodes, in an order of its own."""
    return lambda digests: ((each, nodes[each]) for each in sorted(digests))


def many(count: int) -> list[Entry]:
    return [entry(f"{i // 500:03}/{i:06}.bin", f"{i}") for i in range(count)]


LARGE = many(12_000)


def test_a_small_tree_is_one_node_with_its_entries() -> None:
    root, nodes = grown(many(trees.WHOLE_MAX))

    assert [root] == [*nodes]
    assert trees.WHOLE_MAX == len(trees.read_node(root, nodes.__getitem__).entries)


def test_a_large_tree_gives_back_its_entries_in_order_and_knows_their_number_and_size() -> None:
    root, nodes = grown(LARGE)
    tree = trees.read_node(root, nodes.__getitem__)

    assert LARGE == list(trees.entries(root, nodes.__getitem__))
    assert len(LARGE) == tree.file_count
    assert sum(each.size_bytes for each in LARGE) == tree.size_bytes
    assert max(len(body) for body in nodes.values()) < 200_000


def test_one_changed_file_of_many_makes_one_new_node_on_each_level() -> None:
    root, nodes = grown(LARGE)
    changed = [*LARGE]
    changed[7_000] = entry(LARGE[7_000].path, "other")

    new = {node.digest for node in trees.grow(changed)} - nodes.keys()

    assert 3 == len(new)
    assert [*tree_edits.edit(root, [(changed[7_000].path, changed[7_000])], reading(nodes))][-1].digest in new


def test_a_file_more_or_less_moves_only_the_cuts_beside_it() -> None:
    _, nodes = grown(LARGE)
    without = LARGE[:4_321] + LARGE[4_322:]

    assert len({node.digest for node in trees.grow(without)} - nodes.keys()) <= 5


@given(st.data())
def test_an_edited_tree_is_the_tree_that_would_have_grown(data: st.DataObject) -> None:
    count = data.draw(st.sampled_from([0, 5, 990, 1_010, 1_500, 4_000]))
    before = LARGE[:count]
    root, nodes = grown(before)
    randomly = random.Random(data.draw(st.integers(0, 1 << 30)))
    paths = {each.path for each in randomly.sample(before, min(count, data.draw(st.integers(0, 40))))}
    changes: dict[str, Entry | None] = {path: randomly.choice([None, entry(path, "new")]) for path in paths}
    changes |= {path: entry(path, "added") for path in data.draw(st.sets(st.sampled_from(NEW), max_size=20))}
    if data.draw(st.booleans()) and before:
        start = randomly.randrange(count)
        changes |= {each.path: None for each in before[start : start + data.draw(st.integers(0, 1_500))]}
    after = sorted(
        [*(each for each in before if each.path not in changes), *(each for each in changes.values() if each)],
        key=lambda each: each.path,
    )

    edited = {node.digest: node.body for node in tree_edits.edit(root, sorted(changes.items()), reading(nodes))}

    assert grown(after)[0] == [*edited][-1]
    assert after == list(trees.entries([*edited][-1], {**nodes, **edited}.__getitem__))


NEW = [f"{i:03}/{name}" for i in (0, 1, 3, 9, 30) for name in ("!", "000250a", "new", "zz")] + ["", "a", "zz"][1:]


@given(st.integers(0, 1 << 30), st.sampled_from([10, 1_200, 5_000]))
def test_changes_between_two_trees_are_exactly_what_differs(seed: int, count: int) -> None:
    randomly = random.Random(seed)
    left = LARGE[:count]
    gone = set(randomly.sample(range(count), 5))
    right = [
        entry(each.path, "x") if randomly.random() < 0.001 else each for i, each in enumerate(left) if i not in gone
    ]
    right = sorted([*right, entry("000/added"), entry("zz")], key=lambda each: each.path)
    (a, a_nodes), (b, b_nodes) = grown(left), grown(right)
    old, new = {e.path: e for e in left}, {e.path: e for e in right}
    expected = [(old.get(p), new.get(p)) for p in sorted(old.keys() | new.keys()) if old.get(p) != new.get(p)]

    assert expected == list(trees.changes(a, b, {**a_nodes, **b_nodes}.__getitem__))


def test_parts_that_two_trees_share_are_not_read() -> None:
    root, nodes = grown(LARGE)
    changed = [*LARGE]
    changed[100] = entry(LARGE[100].path, "other")
    other, more = grown(changed)
    read = list[Digest]()

    def reading(digest: Digest) -> bytes:
        read.append(digest)
        return {**nodes, **more}[digest]

    assert 1 == len(list(trees.changes(root, other, reading)))
    assert len(read) < 10


@pytest.mark.parametrize("under", ["003", "003/001500.bin", "01", "024/", "999", "003/"])
def test_what_is_below_a_path_is_found_without_reading_the_rest(under: str) -> None:
    root, nodes = grown(LARGE)
    read = list[Digest]()

    def reading(digest: Digest) -> bytes:
        read.append(digest)
        return nodes[digest]

    expected = [each for each in LARGE if each.path == under or each.path.startswith(under + "/")]

    assert expected == list(trees.entries(root, reading, under=under))
    assert len(read) < 20


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\0b"])
def test_a_path_that_leads_elsewhere_cannot_be_in_a_tree(path: str) -> None:
    with pytest.raises(Invalid):
        list(trees.grow([entry(path)]))
    assert not trees.fits(path)


@pytest.mark.parametrize("path", ["...", "a..b", ".a", "a.", "..a/b", "a/...", "é", "a b", "a\nb", "\\"])
def test_a_path_that_looks_strange_is_still_a_path(path: str) -> None:
    assert [entry(path)] == list(trees.entries(*_read_from(grown([entry(path)]))))


def _read_from(found: tuple[Digest, Nodes]) -> tuple[Digest, trees.Read]:
    return found[0], found[1].__getitem__


@pytest.mark.parametrize("paths", [("b", "a"), ("a", "a")])
def test_entries_out_of_order_are_refused(paths: tuple[str, str]) -> None:
    with pytest.raises(Invalid, match="comes after"):
        list(trees.grow([entry(each) for each in paths]))


@pytest.mark.parametrize(
    "paths", ["a a/b", "a a! a!/x a-b", "a a! a-b a/b", "a a. a./b", "a/b a/b- a/b/c", "a a/b/c/d"]
)
def test_nothing_lies_below_a_file(paths: str) -> None:
    root, nodes = Tree(entries=tuple(entry(each) for each in paths.split())), dict[Digest, bytes]()
    body = trees.canonical_bytes(root)
    nodes[digest := digest_of(body)] = body

    with pytest.raises(Invalid, match="is a file of a tree and a directory of"):
        list(trees.grow(root.entries))
    with pytest.raises(Invalid, match="is a file of a tree and a directory of"):
        trees.check_node(root)
    with pytest.raises(Corrupt, match="is a file of a tree and a directory of"):
        list(trees.entries(digest, nodes.__getitem__))


@pytest.mark.parametrize("paths", ["a a! a-b ab/c", "a a. a.b/c ab", "a/b a/bc/d a/b0"])
def test_names_that_begin_alike_are_no_directories_of_each_other(paths: str) -> None:
    entries = sorted([entry(each) for each in paths.split()], key=lambda each: each.path)

    assert entries == list(trees.entries(*_read_from(grown(entries))))


@given(st.lists(st.text("ab/.-", min_size=1, max_size=5), max_size=12), st.booleans(), st.integers(1, 4))
def test_the_order_of_a_whole_node_is_that_of_each_of_its_paths(names: list[str], is_sorted: bool, step: int) -> None:
    paths = sorted(set(names)) if is_sorted else names
    one, other = (trees._Order(Invalid, "") for _ in range(2))

    assert _refused(lambda: [one.check(each) for each in paths]) == _refused(
        lambda: [other.check_all(paths[at : at + step]) for at in range(0, len(paths), step)]
    )


@given(st.lists(st.text("ab/.\0", max_size=4), max_size=6))
def test_paths_fit_together_if_each_does(paths: list[str]) -> None:
    assert all(map(trees.fits, paths)) == trees.fit(paths)


def _refused(check: Callable[[], object]) -> str:
    try:
        check()
    except Invalid as error:
        return error.message
    return ""


def test_a_node_with_unsorted_branches_or_with_both_is_refused() -> None:
    line = Branch(digest=digest_of(b""), first="a", file_count=1, size_bytes=0)

    with pytest.raises(Invalid, match="not sorted"):
        trees.check_node(Tree(branches=(line, line)))
    with pytest.raises(Invalid, match="not both"):
        trees.check_node(Tree(entries=(entry("a"),), branches=(line,)))


def test_a_tree_whose_parts_are_out_of_order_is_corrupt_when_it_is_read() -> None:
    _, left = grown([entry("b")])
    _, right = grown([entry("a")])
    branches = tuple(
        Branch(digest=digest, first=first, file_count=1, size_bytes=0)
        for first, digest in (("0", next(iter(left))), ("9", next(iter(right))))
    )
    root, nodes = digest_of(body := trees.canonical_bytes(Tree(branches=branches))), {**left, **right}

    with pytest.raises(Corrupt, match="'a' comes after 'b'"):
        list(trees.entries(root, {**nodes, root: body}.__getitem__))
