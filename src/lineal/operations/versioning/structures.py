"""What the files of a version say that it is: read once when it is registered, and kept as a statement about it."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

import msgspec

from lineal.formats.structures.files import BUFFER_BYTES, Files
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, NotFound
from lineal.objects.files import Entry
from lineal.objects.runs import ModelFacts
from lineal.objects.structures import Structure
from lineal.objects.versions import Version
from lineal.operations.statements import make_statement, said
from lineal.storage.blobs.seekable import open_seekable
from lineal.storage.store import Store

_KNOWN_MAX = 16
_FILES_MAX = 10_000
"""A directory of more files is not looked through."""


class _Known:
    """Structures of trees that were read lately: what one digest says never changes, whoever asks."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[Digest, str], Structure | None] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[Digest, str]) -> tuple[bool, Structure | None]:
        with self._lock:
            return key in self._found, self._found.get(key)

    def put(self, key: tuple[Digest, str], structure: Structure | None) -> None:
        with self._lock:
            self._found[key] = structure
            while len(self._found) > _KNOWN_MAX:
                self._found.popitem(last=False)


_known = _Known()


def structure_of_tree(store: Store, tree: Digest, main: str) -> Structure | None:
    """Return what the files of a tree say that they are; None when nothing is known of them, or they are not here.

    Only what describes a model is read; a file that contradicts itself is said to in the notes.

    Args:
        store: where.
        tree: the files.
        main: the one that a server loads.
    """
    is_known, structure = _known.get((tree, main))
    if is_known:
        return structure
    try:
        structure = _read(store, tree, main)
    except NotFound:
        return None  # it may be here later
    _known.put((tree, main), structure)
    return structure


def _read(store: Store, tree: Digest, main: str) -> Structure | None:
    entries: dict[str, Entry] = {}
    for each in store.entries(tree):
        if each.mode in {"file", "executable"}:
            entries[each.path] = each
        if len(entries) > _FILES_MAX:
            return Structure(notes=(f"it has more than {_FILES_MAX:,} files, which were not looked through",))
    sizes = {path: each.size_bytes for path, each in entries.items()}
    files = Files(sizes, lambda path: open_seekable(store.blobs, entries[path].digest, buffer_bytes=BUFFER_BYTES))
    try:
        # It brings a reader of every kind of file along, which a server needs when something is registered.
        from lineal.formats.structures.reading import read_structure  # noqa: PLC0415

        found = read_structure(files, main)
    except Corrupt as error:
        found = Structure(size_bytes=sum(sizes.values()), notes=(error.message,))
    return found if found.format or found.notes else None


def keep_structure(store: Store, digest: Digest, version: Version) -> None:
    """State what the files of a version say that it is, once; nothing where that is not known."""
    structure = None if structure_said(store, digest) else structure_of_tree(store, version.weights, version.main_file)
    if structure:
        make_statement(store, digest, structure)


def structure_said(store: Store, digest: Digest) -> Structure | None:
    """Return what was stated of a version's structure, if it was."""
    return next((structure for _, structure in said(store, digest, Structure)), None)


def completed(facts: ModelFacts, structure: Structure | None) -> ModelFacts:
    """Return what a framework said of a model, and for what it did not say, what its files do."""
    if structure is None:
        return facts
    read = ModelFacts(
        framework=structure.framework,
        framework_version=structure.framework_version,
        architecture=structure.architecture,
        inputs={name: field.dtype for name, field in structure.inputs.items()},
        outputs={name: field.dtype for name, field in structure.outputs.items()},
        classes=structure.classes,
    )
    # The version of another framework than the one that was told says nothing of this one.
    is_other = facts.framework not in {"", read.framework}
    fields = {each.name: getattr(read, each.name) for each in msgspec.structs.fields(ModelFacts)}
    missing = {name: value for name, value in fields.items() if value and not getattr(facts, name)}
    if is_other:
        missing.pop("framework_version", None)
    return msgspec.structs.replace(facts, **missing)
