"""Trees cut into nodes: the same entries always give the same nodes, and a small change touches few of them.

A node ends after a path whose CRC-32 says so. Nothing else is looked at, so an entry that is changed, added or removed
moves only the ends beside it; all other nodes keep their bytes and their digest. This is a prolly tree (Noms, 2016; the
cut by content is that of Muthitacharoen, Chen, Mazières: A Low-bandwidth Network File System, 2001).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise
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

_UNFIT = re.compile(r"(?:^|/)\.{0,2}(?:/|$)|\0")

Read = Callable[[Digest], bytes]
"""Gives the bytes of a node, verified."""

ReadMany = Callable[[Collection[Digest]], Iterable[tuple[Digest, bytes]]]
"""Gives the bytes of nodes, verified, in any order."""

_READ_AT_ONCE = 200


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
    rest = iter(_checked(entries))
    start = list(islice(rest, WHOLE_MAX + 1))
    if len(start) <= WHOLE_MAX:
        yield _node(Tree(entries=tuple(start)))
        return
    branches = list[Branch]()
    for part in _cut(chain(start, rest), _path_ends):
        node = _node(Tree(entries=tuple(part)))
        branches.append(_branch(node))
        yield node
    yield from _above(branches)


def _above(branches: list[Branch]) -> Iterator[Node]:
    """Yield the nodes over nodes of entries, the root last; nothing when there is one of those."""
    level = 1
    while len(branches) > 1:
        ends = _branch_ends(level)
        above = list[Branch]()
        for children in _cut(branches, ends):
            node = _node(Tree(branches=tuple(children)))
            above.append(_branch(node))
            yield node
        branches, level = above, level + 1


def edit(root: Digest, changes: Sequence[tuple[str, Entry | None]], read: ReadMany) -> Iterator[Node]:
    """Yield the nodes of a changed tree that ``grow`` would give, the root last, without reading what did not change.

    Nodes that the tree had before may be among them.

    Args:
        root: the tree before.
        changes: paths in order, with their new entries; None for those that go.
        read: gives the bytes of nodes.

    Raises:
        Invalid: a path leaves the tree, or the changes are not sorted.
    """
    nodes = _Nodes(read)
    lines = _lines(root, nodes)
    count = sum(each.file_count for each in lines) + sum(each is not None for _, each in changes)
    if len(lines) == 1 or count <= WHOLE_MAX + len(changes):
        yield from grow(_merged(entries(root, nodes.body), changes))
        return
    nodes.expect(_touched(lines, changes))
    branches, waiting = list[Branch](), deque(changes)
    ends = [*(each.first for each in lines[1:]), ""]
    rest = deque(zip(lines, ends, strict=True))
    while rest:
        line, end = rest[0]
        if not waiting or (end and waiting[0][0] >= end):
            branches.append(line)
            rest.popleft()
            continue
        for node in _cut_anew(rest, waiting, nodes):
            branches.append(_branch(node))
            yield node
    yield from _above(branches)


def _touched(lines: list[Branch], changes: Iterable[tuple[str, Entry | None]]) -> Iterable[Digest]:
    """Return the nodes of entries that changes fall into, in order."""
    firsts = [each.first for each in lines]
    return dict.fromkeys(lines[max(0, bisect_right(firsts, path) - 1)].digest for path, _ in changes)


class _Nodes:
    """Reads nodes, those that will be asked for next along with the one that is: many cost little more than one."""

    def __init__(self, read: ReadMany) -> None:
        self._read = read
        self._expected = deque[Digest]()
        self._known = dict[Digest, Tree]()

    def expect(self, digests: Iterable[Digest]) -> None:
        """Say which nodes will be asked for, in order."""
        self._expected = deque(digests)

    def __call__(self, digest: Digest) -> Tree:
        """Return one node; it is forgotten then. Raises Corrupt, and what reading raises."""
        if digest not in self._known:
            ahead = (self._expected.popleft() for _ in range(min(_READ_AT_ONCE, len(self._expected))))
            self._known |= {each: decode(body, Tree) for each, body in self._read({digest, *ahead})}
        return self._known.pop(digest)

    def body(self, digest: Digest) -> bytes:
        """Return the bytes of one node."""
        return next(body for _, body in self._read((digest,)))


def _cut_anew(
    rest: deque[tuple[Branch, str]], waiting: deque[tuple[str, Entry | None]], nodes: _Nodes
) -> Iterator[Node]:
    """Yield the nodes from a changed one on, until a cut falls where there was one: from there all is as before."""
    part = list[Entry]()
    while rest:
        line, end = rest.popleft()
        here = list[tuple[str, Entry | None]]()
        while waiting and (not end or waiting[0][0] < end):
            here.append(waiting.popleft())
        before = nodes(line.digest).entries
        if not part and (replaced := _replaced(before, here)):
            yield _node(Tree(entries=replaced))
            return
        for each in _checked(_merged(before, here)):
            part.append(each)
            if _is_whole(part, _path_ends):
                yield _node(Tree(entries=tuple(part)))
                part = []
        if not part:
            return
    yield _node(Tree(entries=tuple(part)))


def _replaced(before: tuple[Entry, ...], changes: list[tuple[str, Entry | None]]) -> tuple[Entry, ...]:
    """Return the entries of a node of which others take the place of some, under the same paths; else nothing.

    The cuts depend on the paths alone, so the node ends where it did.
    """
    new = dict(changes)
    found = tuple(new.pop(each.path, each) for each in before)
    return () if new or None in found else tuple(each for each in found if each)


def _lines(root: Digest, nodes: _Nodes) -> list[Branch]:
    """Return the nodes of entries of a tree as branches, in order: all lie on the same level."""
    first = nodes(root)
    level = [_branch(Node(root, first, b""))]
    while first.branches:
        level = [*first.branches, *chain.from_iterable(nodes(each.digest).branches for each in level[1:])]
        first = nodes(level[0].digest)
        nodes.expect(each.digest for each in level[1:])
    return level


def _merged(entries: Iterable[Entry], changes: Iterable[tuple[str, Entry | None]]) -> Iterator[Entry]:
    """Yield ``entries`` with ``changes`` in them, both in order."""
    waiting = deque(changes)
    for each in entries:
        while waiting and waiting[0][0] < each.path:
            yield from (new for new in (waiting.popleft()[1],) if new)
        if waiting and waiting[0][0] == each.path:
            yield from (new for new in (waiting.popleft()[1],) if new)
        else:
            yield each
    yield from (new for _, new in waiting if new)


def _node(tree: Tree) -> Node:
    body = canonical_bytes(tree)
    return Node(digest_of(body), tree, body)


def _branch(node: Node) -> Branch:
    tree = node.tree
    return Branch(digest=node.digest, first=tree.first, file_count=tree.file_count, size_bytes=tree.size_bytes)


def _path_ends(entry: Entry) -> bool:
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
        if _is_whole(part, ends):
            yield part
            part = []
    if part:
        yield part


def _is_whole(part: list[T], ends: Callable[[T], bool]) -> bool:
    return len(part) >= _NODE_MAX or (len(part) >= _NODE_MIN and ends(part[-1]))


def _checked(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield ``entries`` as long as each may stand where it does. Raises Invalid."""
    order = _Order(Invalid, "sort the paths; each stands there once, as a file or as a directory")
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


def fits(path: str) -> bool:
    """Tell whether ``path`` can be one of a tree."""
    return not _UNFIT.search(path)


def check_node(tree: Tree) -> None:
    """Refuse a node that could not be a part of a tree. Raises Invalid."""
    if tree.entries and tree.branches:
        raise Invalid("a tree has entries or branches, not both", hint="cut it as the format says")
    deque(_checked(tree.entries), maxlen=0)
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
        for each in node.entries:
            order.check(each.path)
            if not under or each.path == under or each.path.startswith(under + "/"):
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
