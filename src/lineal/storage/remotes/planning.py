"""Which files of a store the bytes of a tree are in: what there is to send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import islice

from lineal.formats import pack
from lineal.objects.canonical import decode
from lineal.objects.digest import Digest
from lineal.objects.files import Recipe, Tree
from lineal.storage.blobs import reading
from lineal.storage.blobs.blobs import SMALL_BYTES
from lineal.storage.blobs.packed import PackedBlobs

_ASKED_AT_ONCE = 50_000
_NODES_AT_ONCE = 200
_FIRST_PORTIONS = (256, 2_048, 8_192)
_FIRST_NODES = (4, 32)
"""What is asked first is little: whoever sends packs need not wait for the rest of the answers."""

_FEW = 64
_WORTH = 0.5
"""A pack of which less than this share is needed is not sent as it is: what is needed of it is packed anew."""


class Plan:
    """What must be sent of a store so that a tree is elsewhere: packs and blobs, each with its size, and recipes.

    Args:
        blobs: the store.
        tree: the tree.
        meet: is told of each pack, and its size, once it is likely to be needed: there is much more to find out until
            all of them are certain.

    Raises:
        NotFound: the store does not hold all of it.
    """

    def __init__(self, blobs: PackedBlobs, tree: Digest, *, meet: Callable[[Digest, int], None]) -> None:
        self._meet = meet
        self._store = blobs
        self._tree = tree
        self._look(avoid=frozenset())
        sparse = self._sparse()
        if anew := [*self._loose, *self._only_in(sparse)]:
            # Small files of their own would be as many requests; packed once, they are found packed the next time.
            with blobs.bundle(few=0) as bundle:
                for digest, data in blobs.get_many(dict.fromkeys(anew)):
                    bundle.put(digest, data)
        if sparse or anew:
            self._look(avoid=sparse)

    @property
    def size_bytes(self) -> int:
        """The size of everything that must be there."""
        return sum(self.packs.values()) + sum(self.blobs.values())

    def _look(self, *, avoid: AbstractSet[Digest]) -> None:
        self.packs: dict[Digest, int] = {}
        self.blobs: dict[Digest, int] = {}
        self.recipes: dict[Digest, Recipe] = {}
        self._loose: dict[Digest, None] = {}
        self._needed: dict[Digest, int] = {}
        for asked in _portions(keys_of(self._store, self._tree)):
            parts = self._sort(asked, avoid)
            self._sort(set(pack.raws(parts)), avoid)

    def _sort(self, keys: set[bytes], avoid: AbstractSet[Digest]) -> set[Digest]:
        """Note where each blob is, given by its SHA-256; return the blobs that their recipes need."""
        left = set(map(pack.cooked, self._apart(keys, avoid)))
        left -= self._in_packs(left, avoid)
        own = self._store.files.has(left)
        shared = self._store.shared.has(left - own)
        for digest in own | shared:
            size = (self._store.shared if digest in shared else self._store.files).size(digest)
            if size < SMALL_BYTES:
                self._loose[digest] = None
            else:
                self.blobs[digest] = size
        parts = set[Digest]()
        for digest in left - own - shared:
            recipe = self._store.recipes.get(digest)
            if recipe is None and avoid and self._in_packs({digest}, frozenset()):
                continue  # what was packed anew went away again: a pack that is hardly worth it does
            if recipe is None:
                raise reading.missing(digest)
            self.recipes[digest] = recipe
            parts.update(each.blob for each in recipe.parts)
        return parts

    def _in_packs(self, digests: set[Digest], avoid: AbstractSet[Digest]) -> set[Digest]:
        """Note which of ``digests`` are in packs, and return those."""
        found = set[Digest]()
        for name, places in self._store.packs.holders(digests):
            # Every pack counts what it has of them: one that only repeats what others hold is worth as much as they.
            self._needed[name] = self._needed.get(name, 0) + sum(each.size_bytes for each in places)
            if name not in avoid and (new := {each.digest for each in places} - found):
                self._take(name)
                found |= new
        return found

    def _apart(self, left: set[bytes], avoid: AbstractSet[Digest]) -> set[bytes]:
        """Note which of many SHA-256 are in packs of others of them, for neighbours came together; return the others."""
        while left:
            if not (found := self._store.packs.locate((pack.cooked(next(iter(left))),), avoid=avoid)):
                break
            ((name, _),) = found.values()
            table = self._store.packs.table(name)
            both = table.common(left)
            self._needed[name] = self._needed.get(name, 0) + table.size_of(both)
            self._take(name)
            left -= both
            if len(both) < _FEW:
                break  # they are everywhere: the rows tell that faster
        return left

    def _take(self, name: Digest) -> None:
        if name not in self.packs:
            self.packs[name] = self._store.packs.table(name).size_bytes
            self._meet(name, self.packs[name])

    def _sparse(self) -> set[Digest]:
        return {name for name, size in self._needed.items() if size < _WORTH * self._store.packs.table(name).data_bytes}

    def _only_in(self, sparse: set[Digest]) -> Iterator[Digest]:
        """Yield every blob that is needed and in no pack but those."""
        for keys in _portions(keys_of(self._store, self._tree)) if sparse else ():
            asked = set(map(pack.cooked, keys))
            asked -= self._store.packs.locate(asked, avoid=sparse).keys()
            yield from self._store.packs.locate(asked)


def _portions(some: Iterable[list[bytes]]) -> Iterator[set[bytes]]:
    """Yield as many at once that each is hardly ever in two portions; the first ones soon."""
    counts = iter(_FIRST_PORTIONS)
    asked, before, count = set[bytes](), set[bytes](), next(counts)
    for each in some:
        asked.update(each)
        if len(asked) >= count:
            asked -= before
            before = before | asked if count < _ASKED_AT_ONCE else set()
            yield asked
            asked, count = set(), next(counts, _ASKED_AT_ONCE)
    asked -= before
    yield asked


def keys_of(blobs: PackedBlobs, tree: Digest) -> Iterator[list[bytes]]:
    """Yield the SHA-256 of each node and every file of a tree, a node's at a time; some more than once.

    Raises:
        NotFound: a node is not here.
        Corrupt: one is no node.
    """
    level = [tree]
    while level:
        below = list[Digest]()
        rest, sizes = iter(dict.fromkeys(level)), iter(_FIRST_NODES)
        while asked := list(islice(rest, next(sizes, _NODES_AT_ONCE))):
            for digest, body in blobs.get_many(asked):
                node = decode(body, Tree)
                below += (each.digest for each in node.branches)
                yield pack.raws([digest, *[each.digest for each in node.entries if each.mode != "directory"]])
        level = below
