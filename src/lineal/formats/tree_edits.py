"""Change a tree: the nodes that growing it anew would give, without reading what did not change."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain

from lineal.formats.trees import (
    WHOLE_MAX,
    Node,
    above,
    branch_of,
    checked,
    entries,
    grow,
    is_whole,
    node_of,
    path_ends,
)
from lineal.objects.canonical import decode
from lineal.objects.digest import Digest
from lineal.objects.files import Branch, Entry, Tree

ReadMany = Callable[[Collection[Digest]], Iterable[tuple[Digest, bytes]]]
"""Gives the bytes of nodes, verified, in any order."""

_READ_AT_ONCE = 200


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
            branches.append(branch_of(node))
            yield node
    yield from above(branches)


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
            yield node_of(Tree(entries=replaced))
            return
        for each in checked(_merged(before, here)):
            part.append(each)
            if is_whole(part, path_ends):
                yield node_of(Tree(entries=tuple(part)))
                part = []
        if not part:
            return
    yield node_of(Tree(entries=tuple(part)))


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
    level = [branch_of(Node(root, first, b""))]
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
