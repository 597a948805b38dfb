"""Trees cut into nodes: the same entries always give the same nodes, and a small change touches few of them.

A node ends after a path whose CRC-32 says so. Nothing else is looked at, so an entry that is changed, added or removed
moves only the ends beside it; all other nodes keep their bytes and their digest. This is a prolly tree (Noms, 2016; the
cut by content is that of Muthitacharoen, Chen, Mazières: A Low-bandwidth Network File System, 2001).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice, pairwise
from operator import lt
from typing import NamedTuple, TypeVar
from zlib import crc32

from lineal.objects.canonical import canonical_bytes, decode
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Corrupt, Invalid, LinealError
from lineal.objects.files import Branch, Entry, Tree

WHOLE_MAX = 1_000
"""A tree of up to so many entries is one node."""

_NODE_MIN, _NODE_MAX = 8, 1_024
_LEVEL_BITS = 5
"""A node holds about 8 + 2⁵ children on each level: a file that changes has its whole node written anew."""

T = TypeVar("T")

_SORTED = "sort the paths; each stands there once, as a file or as a directory"
_UNFIT = re.compile(r"(?:^|/)\.{0,2}(?:/|$)|\0")

Read = Callable[[Digest], bytes]
"""Gives the bytes of a node, verified."""


class Node(NamedTuple):
    """A part of a tree, as it is stored."""

    digest: Digest
    tree: Tree
    body: bytes


def grow(entries: Iterable[Entry]) -> Iterator[Node]:
    """Yield the nodes of the tree that holds ``entries``, sorted by path: children first, the root last.

    Keeps one node and one line for each finished one in memory.

    Raises:
        Invalid: a path leaves the tree, one lies below another one, or they are not sorted by their bytes.
    """
    rest = iter(checked(entries))
    start = list(islice(rest, WHOLE_MAX + 1))
    if len(start) <= WHOLE_MAX:
        yield node_of(Tree(entries=tuple(start)))
        return
    branches = list[Branch]()
    for part in _cut(chain(start, rest), path_ends):
        node = node_of(Tree(entries=tuple(part)))
        branches.append(branch_of(node))
        yield node
    yield from above(branches)


def above(branches: list[Branch]) -> Iterator[Node]:
    """Yield the nodes over nodes of entries, the root last; nothing when there is one of those."""
    level = 1
    while len(branches) > 1:
        ends = _branch_ends(level)
        above = list[Branch]()
        for children in _cut(branches, ends):
            node = node_of(Tree(branches=tuple(children)))
            above.append(branch_of(node))
            yield node
        branches, level = above, level + 1


def node_of(tree: Tree) -> Node:
    """Return a part of a tree as it is stored."""
    body = canonical_bytes(tree)
    return Node(digest_of(body), tree, body)


def branch_of(node: Node) -> Branch:
    """Return the line of a node in the one above it."""
    tree = node.tree
    return Branch(digest=node.digest, first=tree.first, file_count=tree.file_count, size_bytes=tree.size_bytes)


def path_ends(entry: Entry) -> bool:
    """Tell whether a node of entries ends after this one."""
    return not crc32(entry.path.encode()) & ((1 << _LEVEL_BITS) - 1)


def _branch_ends(level: int) -> Callable[[Branch], bool]:
    """Return whether a branch ends a node ``level`` steps above the entries; each level looks at bits of its own."""
    shift = min(level, 5) * _LEVEL_BITS

    def ends(branch: Branch) -> bool:
        return not (crc32(branch.first.encode()) >> shift) & ((1 << _LEVEL_BITS) - 1)

    return ends


def _cut(children: Iterable[T], ends: Callable[[T], bool]) -> Iterator[list[T]]:
    part = list[T]()
    for each in children:
        part.append(each)
        if is_whole(part, ends):
            yield part
            part = []
    if part:
        yield part


def is_whole(part: list[T], ends: Callable[[T], bool]) -> bool:
    """Tell whether these are all children of a node."""
    return len(part) >= _NODE_MAX or (len(part) >= _NODE_MIN and ends(part[-1]))


def checked(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield ``entries`` as long as each may stand where it does. Raises Invalid."""
    order = _Order(Invalid, _SORTED)
    for each in entries:
        order.check(each.path)
        if not fits(each.path):
            raise Invalid(f"{each.path!r} cannot be a path in a tree", hint="write it relative, without '.' and '..'")
        yield each


class _Order:
    """Tells whether paths come in order, and whether one lies below another one, which is a file.

    Args:
        wrong: what is raised when not.
        hint: what to do then.
    """

    def __init__(self, wrong: type[LinealError], hint: str) -> None:
        self._wrong = wrong
        self._hint = hint
        self._before = ""
        self._begun = list[str]()  # each begins with the one before it, and so does whatever lies below it

    def check(self, path: str) -> None:
        """Take the next path."""
        begun = self._begun
        if path <= self._before:
            raise self._wrong(f"{path!r} comes after {self._before!r} in a tree", hint=self._hint)
        while begun and not path.startswith(begun[-1]):
            begun.pop()
        if begun and path[len(begun[-1])] == "/":
            raise self._wrong(f"{begun[-1]!r} is a file of a tree and a directory of {path!r}", hint=self._hint)
        begun.append(path)
        self._before = path

    def check_all(self, paths: Sequence[str]) -> None:
        """Take the paths of a node, which is sooner done than each by itself."""
        known = {*paths, *self._begun}
        is_sorted = all(map(lt, [self._before, *paths], paths))
        if not is_sorted or any(each in known for each in _folders_of(paths)):
            for each in paths:
                self.check(each)  # tells which it is
        elif paths:
            last = self._before = paths[-1]
            # Whatever stands between a path and one that begins with it begins with it too.
            self._begun = [each for each in accumulate(last) if each in known]


def _folders_of(paths: Iterable[str]) -> set[str]:
    """Return every directory that some of ``paths`` lie in."""
    new = {each.rpartition("/")[0] for each in paths}
    found = set[str]()
    while new := new - found - {""}:
        found |= new
        new = {each.rpartition("/")[0] for each in new}
    return found


def fits(path: str) -> bool:
    """Tell whether ``path`` can be one of a tree."""
    return not _UNFIT.search(path)


def fit(paths: Sequence[str]) -> bool:
    """Tell whether all of ``paths`` can be some of a tree."""
    return not paths or fits("/".join(paths))


def check_node(tree: Tree) -> None:
    """Refuse a node that could not be a part of a tree. Raises Invalid."""
    if tree.entries and tree.branches:
        raise Invalid("a tree has entries or branches, not both", hint="cut it as the format says")
    paths = [each.path for each in tree.entries]
    _Order(Invalid, _SORTED).check_all(paths)
    if not fit(paths):
        deque(checked(tree.entries), maxlen=0)  # tells which it is
    firsts = [each.first for each in tree.branches]
    if any(left >= right for left, right in pairwise(firsts)):
        raise Invalid("the branches of a tree are not sorted", hint="sort them by their first paths")


def read_node(digest: Digest, read: Read) -> Tree:
    """Return one node. Raises Corrupt when its bytes are no tree, and what ``read`` raises."""
    return decode(read(digest), Tree)


def entries(root: Digest, read: Read, *, under: str = "") -> Iterator[Entry]:
    """Yield the entries of a tree in the order of their paths, one node at a time.

    Args:
        root: the tree.
        read: gives the bytes of a node.
        under: only this path and what is below it; what lies elsewhere is not read.

    Raises:
        Corrupt: a part of it is no tree, its paths are not in order, or one lies below another one.
    """
    order = _Order(Corrupt, f"restore the tree {root} from a copy")
    for node in _leaves(root, read, under):
        order.check_all([each.path for each in node.entries])
        if not under:
            yield from node.entries
            continue
        for each in node.entries:
            if each.path == under or each.path.startswith(under + "/"):
                yield each


def _leaves(root: Digest, read: Read, under: str) -> Iterator[Tree]:
    waiting = [root]
    while waiting:
        tree = read_node(waiting.pop(), read)
        if tree.branches:
            ends = [*(each.first for each in tree.branches[1:]), ""]
            chosen = [b.digest for b, end in zip(tree.branches, ends, strict=True) if _overlaps(b.first, end, under)]
            waiting += reversed(chosen)
        else:
            yield tree


def _overlaps(first: str, end: str, under: str) -> bool:
    """Tell whether paths from ``first`` up to ``end`` (open when empty) can be ``under`` or below it."""
    # "0" follows "/": what is below a directory lies between them.
    return not under or ((not end or under < end) and first < under + "0")


def changes(left: Digest, right: Digest, read: Read) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Yield each path that differs between two trees as its entries left and right, None where there is none.

    Parts that both trees have are not read.

    Raises:
        Corrupt: a part of one is no tree, its paths are not in order, or one lies below another one.
    """
    if left == right:
        return
    orders = [_Order(Corrupt, f"restore the tree {root} from a copy") for root in (left, right)]
    ours, theirs = _Cursor(left, read), _Cursor(right, read)
    while ours.here or theirs.here:
        if ours.here and theirs.here and ours.skip(theirs):
            continue
        pair = _beside(ours.entry(), theirs.entry())
        for cursor, order, each in zip((ours, theirs), orders, pair, strict=True):
            if each:
                order.check(each.path)
                cursor.step()
        if pair[0] != pair[1]:
            yield pair


def side_by_side(left: Iterable[Entry], right: Iterable[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Yield each path of two trees as its entries left and right, None where there is none."""
    ours, theirs = iter(left), iter(right)
    mine, other = next(ours, None), next(theirs, None)
    while mine or other:
        pair = _beside(mine, other)
        yield pair
        mine = next(ours, None) if pair[0] else mine
        other = next(theirs, None) if pair[1] else other


def _beside(left: Entry | None, right: Entry | None) -> tuple[Entry | None, Entry | None]:
    """Return of two entries the one whose path comes first; both when it is the same."""
    if left is None or right is None or left.path == right.path:
        return left, right
    return (left, None) if left.path < right.path else (None, right)


class _Cursor:
    """A place in a tree: the entries and unread parts that are still to come, the next one last."""

    def __init__(self, root: Digest, read: Read) -> None:
        self._read = read
        self.here: list[Entry | Branch] = []
        self._enter(root)

    def _enter(self, digest: Digest) -> None:
        tree = read_node(digest, self._read)
        self.here += reversed(tree.entries or tree.branches)

    def skip(self, other: _Cursor) -> bool:
        """Step over a part that comes next in both; open the larger of two that differ."""
        mine, theirs = self.here[-1], other.here[-1]
        if isinstance(mine, Branch) and isinstance(theirs, Branch):
            if mine.digest == theirs.digest:
                self.step()
                other.step()
            elif mine.first < theirs.first or (mine.first == theirs.first and mine.file_count >= theirs.file_count):
                self._open()
            else:
                other._open()
            return True
        return False

    def entry(self) -> Entry | None:
        """Return the next entry, opening the parts that lead to it."""
        while self.here and isinstance(self.here[-1], Branch):
            self._open()
        found = self.here[-1] if self.here else None
        return found if isinstance(found, Entry) else None

    def step(self) -> None:
        """Go past what comes next."""
        self.here.pop()

    def _open(self) -> None:
        found = self.here.pop()
        self._enter(Digest(found.digest))
