"""The tables among the files of a tree, each profiled once: by unit, by file, by tree.

A profile is no part of a dataset version's identity: it is bound to the digest of what it was derived from. So a version
is the same whether Arrow was installed where it was added or not, and a better profile needs no new version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from lineal.formats.profiles import Merging, merged
from lineal.formats.tables.formats import format_of, has_arrays, reader_of
from lineal.formats.tables.grouping import Group, group_of, name_of, partition_columns, partitions
from lineal.formats.tables.measuring import measure_unit
from lineal.formats.tables.table import Reader, Unit, part_key
from lineal.objects.canonical import canonical_bytes
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, NotFound, Unavailable
from lineal.objects.files import Entry
from lineal.objects.profiles import Profile, Table, Tables
from lineal.operations.data.derived import keep, known
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.store import Store

_QUICK_BYTES, _QUICK_BYTES_WITHOUT_ARRAYS = 256 << 20, 16 << 20
_KEPT_FROM_BYTES = 1 << 20
"""The profile of a smaller file is not kept by itself: it would be about as large as the file."""

_KEPT_BYTES_MIN = 8
"""The profile of a part that has not so many times its bytes is not kept either."""

_TABLES_MAX = 32

NOT_YET = "are not profiled yet"
"""How a note ends about what takes too long to be done unasked."""


def quick_bytes() -> int:
    """Return how many new bytes are profiled where somebody waits who did not ask for it: about ten seconds' worth."""
    return _QUICK_BYTES if has_arrays() else _QUICK_BYTES_WITHOUT_ARRAYS


class Found(NamedTuple):
    """The tables of a tree, the profile of each by its name, and what could not be looked at here and now."""

    tables: Tables
    profiles: dict[str, Profile]
    notes: tuple[str, ...] = ()


class Enough(Exception):
    """As many bytes were profiled as should be."""


def entries(store: Store, tree: Digest) -> Iterator[Entry]:
    """Yield the files of a tree, in the order of their paths."""
    return (each for each in store.entries(tree) if each.mode != "directory")


def tables_of(store: Store, tree: Digest, *, most_bytes: int | None = None) -> Found:
    """Return the tables among the files of a tree; what nobody profiled before is profiled now.

    Args:
        store: where they are.
        tree: the tree.
        most_bytes: stop after so many bytes that are new; what was done is kept. None for all.
    """
    subject = part_key("tree", tree.encode(), ())
    if (tables := known(store, subject, Tables)) and (profiles := _kept_profiles(store, tables)) is not None:
        return Found(tables, profiles)
    gathering = _Gathering(Profiling(store, most_bytes))
    chosen = [(each, format_of(each.path)) for each in entries(store, tree) if each.mode != "symlink"]
    try:
        if len(chosen) == 1 and not chosen[0][1]:
            gathering.take_unnamed(chosen[0][0])
        for entry, format_name in chosen:
            if format_name:
                gathering.take(entry, format_name)
    except Enough:
        size_bytes = sum(entry.size_bytes for entry, format_name in chosen if format_name)
        return Found(Tables(), {}, (f"its tables, {size_bytes / 1e6:,.0f} MB, {NOT_YET}",))
    return gathering.found(subject)


def table_of(store: Store, entry: Entry, *, most_bytes: int | None = None) -> Found:
    """Return the table that a single file is, as `tables_of` does for a tree; none when it is no table."""
    subject = part_key("single file", entry.digest.encode(), (entry.path.encode(),))
    if (tables := known(store, subject, Tables)) and (profiles := _kept_profiles(store, tables)) is not None:
        return Found(tables, profiles)
    gathering = _Gathering(Profiling(store, most_bytes))
    try:
        if format_name := format_of(entry.path):
            gathering.take(entry, format_name)
    except Enough:
        return Found(Tables(), {}, (f"{entry.path}, {entry.size_bytes / 1e6:,.0f} MB, is not profiled yet",))
    return gathering.found(subject)


def _kept_profiles(store: Store, tables: Tables) -> dict[str, Profile] | None:
    try:
        return {each.name: store.get_object(each.profile, Profile) for each in tables.tables}
    except NotFound:
        return None  # they were removed, as may be


class Profiling:
    """Profiles of files, unit by unit; those that are known are not made again.

    Args:
        store: where files and profiles are.
        most_bytes: how many new bytes may be profiled; None for any number.
    """

    def __init__(self, store: Store, most_bytes: int | None) -> None:
        self.store = store
        self._left_bytes = most_bytes

    def file(self, entry: Entry, reader: Reader) -> Profile:
        """Return the profile of a file. Raises Invalid when it is no table, and Enough."""
        subject = part_key(f"{reader.name} file", entry.digest.encode(), ())
        if found := known(self.store, subject, Profile):
            return found
        found = merged(self._unit(each) for each in reader.units(BlobSource(self.store.blobs, entry)))
        if entry.size_bytes >= _KEPT_FROM_BYTES:
            keep(self.store, subject, found)
        return found

    def _unit(self, unit: Unit) -> Profile:
        if found := known(self.store, unit.key, Profile):
            return found
        if self._left_bytes is not None:
            if unit.size_bytes > self._left_bytes:
                raise Enough
            self._left_bytes -= unit.size_bytes
        found = measure_unit(unit)
        if unit.size_bytes >= max(_KEPT_FROM_BYTES, _KEPT_BYTES_MIN * len(canonical_bytes(found))):
            keep(self.store, unit.key, found)
        return found


class BlobSource:
    """A file of a store, as readers of tables want it."""

    def __init__(self, blobs: BlobStore, entry: Entry) -> None:
        self._blobs = blobs
        self._digest = entry.digest
        self.size_bytes = entry.size_bytes

    def pieces(self) -> Iterator[bytes]:
        """Yield all bytes; at their end it is known that they are the right ones. Raises NotFound, Corrupt."""
        return self._blobs.open(self._digest)

    def read(self, start: int, size_bytes: int) -> bytes:
        """Return the bytes from ``start`` on, ``size_bytes`` at most. Raises NotFound."""
        return b"".join(self._blobs.open(self._digest, start=start, size=size_bytes))


class _Part:
    """The files of one table so far."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.size_bytes = 0
        self.merging = Merging()
        self.partitions: dict[str, Counter[str]] = {}

    def take(self, entry: Entry, profile: Profile) -> None:
        """Take one more file."""
        self.paths.append(entry.path)
        self.size_bytes += entry.size_bytes
        self.merging.add(profile)
        for name, value in partitions(entry.path).items():
            self.partitions.setdefault(name, Counter())[value] += profile.row_count

    def profile(self) -> Profile:
        """Return the profile of the table, with the columns that stand in paths."""
        found = self.merging.profile()
        names = {each.name for each in found.columns}
        more = partition_columns({name: texts for name, texts in self.partitions.items() if name not in names})
        return Profile(row_count=found.row_count, columns=(*found.columns, *more))


class _Gathering:
    """Tables, file by file."""

    def __init__(self, profiling: Profiling) -> None:
        self._profiling = profiling
        self._parts: dict[Group, _Part] = {}
        self._gaps: list[str] = []
        self._notes: dict[str, None] = {}

    def take(self, entry: Entry, format_name: str) -> None:
        """Take a file whose name is that of a table. Raises Enough."""
        try:
            reader = reader_of(format_name)
        except Unavailable as error:
            self._notes[f"{error.message}: {error.hint}"] = None
            return
        try:
            profile = self._profiling.file(entry, reader)
        except Invalid as error:
            self._gaps.append(f"{entry.path} is no table: {error.message}")
            return
        self._parts.setdefault(group_of(entry.path, format_name, profile), _Part()).take(entry, profile)

    def take_unnamed(self, entry: Entry) -> None:
        """Take a single file that may be a table of text although its name does not say so. Raises Enough."""
        try:
            profile = self._profiling.file(entry, reader_of("csv"))
        except Invalid:
            return
        if is_table(profile):
            self._parts.setdefault(group_of(entry.path, "csv", profile), _Part()).take(entry, profile)

    def found(self, subject: Digest) -> Found:
        """Return the tables, and keep them when nothing hindered us."""
        store = self._profiling.store
        tables: list[Table] = []
        profiles: dict[str, Profile] = {}
        for group, part in list(self._parts.items())[:_TABLES_MAX]:
            name = name_of(part.paths)
            name = name if name not in profiles else f"{name} #{len(profiles) + 1}"
            profile = profiles[name] = part.profile()
            tables.append(
                Table(
                    name=name,
                    format=group.format,
                    file_count=len(part.paths),
                    size_bytes=part.size_bytes,
                    profile=keep(store, part_key("table", subject.encode(), (name.encode(),)), profile),
                    partitions=tuple(part.partitions),
                )
            )
        if (more := len(self._parts) - _TABLES_MAX) > 0:
            self._gaps.append(f"{more} more tables with other columns were not looked at")
        found = Tables(tables=tuple(tables), gaps=tuple(self._gaps))
        if not self._notes:
            keep(store, subject, found)
        return Found(found, profiles, tuple(self._notes))


def is_table(profile: Profile) -> bool:
    """Tell whether delimited text is a table: one column of words is prose as often as it is one."""
    columns = profile.columns
    return bool(profile.row_count) and (len(columns) > 1 or columns[0].dtype in {"integer", "float", "boolean"})
