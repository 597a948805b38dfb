"""Which semantic version the evidence asks for: gathered from two versions, and judged by the rules of the policy."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from lineal.checks import bump
from lineal.formats.tensors.formats import read_model
from lineal.formats.tensors.tensor import Contents
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, NotFound
from lineal.objects.runs import Runtime
from lineal.objects.statements import Bump
from lineal.objects.versions import Version
from lineal.operations.references import NEWEST_FIRST, RELEASES, Row, semantic
from lineal.operations.versioning import replays
from lineal.operations.versioning.evidence import newest_evaluation
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.policies import policy_of
from lineal.operations.versioning.structures import structure_of_tree
from lineal.storage.blobs.seekable import open_seekable
from lineal.storage.store import Store

COMPARED_BYTES_MAX = 8 << 30
"""So many bytes of tensors, of both versions together, are read to see whether they are the same."""

_KNOWN_MAX = 64

_Files = tuple[Digest, str]
"""The tree of a version's files, and its main one."""


def derived(store: Store, previous: Row | None, version: Version, row: Row | None = None) -> Bump:
    """Return the semantic version that follows from what differs from the version of the row before.

    Args:
        store: where.
        previous: the row of the version before; None for the first.
        version: the version.
        row: its row, where it is registered already.
    """
    if previous is None:
        return bump.derive(None, _subject(store, version))
    before = version_of(store, previous)
    evaluation = newest_evaluation(store, row) if row else None
    other = newest_evaluation(store, previous, evaluation.dataset) if evaluation else None
    return bump.derive(
        _subject(store, before)._replace(evaluation=other),
        _subject(store, version)._replace(evaluation=evaluation),
        previous_semantic=semantic(previous),
        is_rewritten=_is_rewritten(store, _files(before), _files(version)),
        replay=replays.known(store, version, previous),
        levels=policy_of(store)[0].semver,
    )


def version_before(store: Store, row: Row) -> Row | None:
    """Return the row of the release that a version followed when it was registered."""
    rows = store.database.run(
        f"SELECT * FROM version WHERE model = :model AND number < :number AND {RELEASES} ORDER BY {NEWEST_FIRST} LIMIT 1",
        model=row["model"],
        number=row["number"],
    )
    return rows[0] if rows else None


def prepared(store: Store, previous: Row | None, weights: Digest, main: str) -> None:
    """Read what ``derived`` asks of the files of a version and of the one before, so that it is known then.

    Args:
        store: where.
        previous: the row of the version before; None for the first.
        weights: the tree of the version's files.
        main: the one that a server loads.
    """
    structure_of_tree(store, weights, main)
    if previous:
        _is_rewritten(store, _files(version_of(store, previous)), (weights, main))


def _subject(store: Store, version: Version) -> bump.Subject:
    try:
        runtime = store.get_object(version.runtime, Runtime)
    except NotFound:
        runtime = None
    return bump.Subject(version, structure_of_tree(store, version.weights, version.main_file), runtime)


def _files(version: Version) -> _Files:
    return version.weights, version.main_file


class _Compared:
    """Whether files hold the same tensors, of those that were compared lately: two digests never say another thing."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[_Files, _Files], bool] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[_Files, _Files]) -> bool | None:
        with self._lock:
            return self._found.get(key)

    def put(self, key: tuple[_Files, _Files], is_same: bool) -> None:
        with self._lock:
            self._found[key] = is_same
            while len(self._found) > _KNOWN_MAX:
                self._found.popitem(last=False)


_compared = _Compared()


def _is_rewritten(store: Store, old: _Files, new: _Files) -> bool:
    """Tell whether the tensors of two versions are the same in other files."""
    if old[0] == new[0] or not bump.may_be_rewritten(structure_of_tree(store, *old), structure_of_tree(store, *new)):
        return False
    if (known := _compared.get((old, new))) is not None:
        return known
    try:
        left, right = _contents(store, *old), _contents(store, *new)
        is_same = bool(left and right and bump.same_tensors(left, right, most_bytes=COMPARED_BYTES_MAX))
    except NotFound:
        return False  # it may be here later
    except Corrupt:
        is_same = False
    _compared.put((old, new), is_same)
    return is_same


def _contents(store: Store, tree: Digest, main: str) -> Contents | None:
    """Return what is in the one file of a model; of several, one alone proves nothing."""
    entries = store.get_tree(tree).entries
    if len(entries) != 1 or entries[0].path != main:
        return None
    return read_model(open_seekable(store.blobs, entries[0].digest))
