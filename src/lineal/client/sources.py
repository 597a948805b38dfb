"""Sources from where the user stands: pinned, checked and fetched with the user's own rights and network."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from lineal import operations as o
from lineal.client.workspace.placing import Placing
from lineal.client.workspace.ways import Ways
from lineal.objects.canonical import Scalar
from lineal.objects.digest import Digest, Hasher
from lineal.objects.errors import Conflict, Denied, Invalid, NotFound
from lineal.objects.files import Entry
from lineal.objects.reference import check_name
from lineal.objects.sources import QuerySource, Source
from lineal.operations.answers.data import DatasetAnswer, SourceCheck
from lineal.operations.answers.files import Placed
from lineal.operations.operation import Handle, Upload
from lineal.storage import trees
from lineal.storage.blobs.reading import file_pieces, write_whole
from lineal.storage.progress import Progress
from lineal.storage.sources.addresses import scheme_of
from lineal.storage.sources.connections import parse_connections
from lineal.storage.sources.registry import QUERY, connector, connector_of
from lineal.storage.sources.source import (
    Asked,
    Pinned,
    Read,
    SourceFile,
    Surroundings,
    hash_only,
    read_pieces,
    side_by_side,
)
from lineal.storage.store import Store

SETTINGS_FILE = "lineal.toml"

_WRITTEN_AT_ONCE = 8
_SHOWN_MAX = 5
_NAMED_BY_THEMSELVES = frozenset(("delta", "iceberg"))
"""Whose states are immutable by their own account: a digest of their rows would add nothing."""


class Referred(NamedTuple):
    """A dataset version that refers to its source, and what whoever asked should know."""

    answer: DatasetAnswer
    notes: tuple[str, ...]


def refer(
    handle: Handle,
    ways: Ways,
    uri: str,
    *,
    name: str = "",
    at: str = "",
    digest: bool = False,
    copy: bool = False,
    message: str = "",
) -> Referred:
    """Add what stands at an address as the next version of a dataset. Raises what a connector raises, and Invalid."""
    scheme = scheme_of(uri)
    if digest and scheme in _NAMED_BY_THEMSELVES:
        raise Invalid(f"{scheme}:// names its states itself; --digest adds nothing", hint="--copy keeps the content")
    if name:
        check_name(name, "dataset")  # before anything large is read
    ways.progress.begin(f"refer to {scheme}://")
    read = _reading(ways, copy=copy) if digest or copy else None
    pinned = connector(scheme, _surroundings(handle, ways)).pin(Asked(uri, at), read)
    return _record(handle, ways, pinned, name=name or _name(pinned.name), copy=copy, message=message)


def ask(
    handle: Handle,
    ways: Ways,
    connection: str,
    sql: str,
    *,
    name: str,
    params: Mapping[str, Scalar],
    copy: bool = False,
    message: str = "",
) -> Referred:
    """Add the result of a query as the next version of a dataset. Raises what a connector raises, and Invalid."""
    check_name(name, "dataset")
    ways.progress.begin(f"query {connection}")
    asked = Asked(connection, sql=sql, params=params)
    pinned = connector(QUERY, _surroundings(handle, ways)).pin(asked, _reading(ways, copy=copy))
    return _record(handle, ways, pinned, name=name, copy=copy, message=message)


def _reading(ways: Ways, *, copy: bool) -> Read:
    """Return what is done with the bytes of a source: kept, or only hashed."""
    take: Read = ways.blobs.put_stream if copy else hash_only
    return lambda pieces: take(_counted(pieces, ways.progress))


def _record(handle: Handle, ways: Ways, pinned: Pinned, *, name: str, copy: bool, message: str) -> Referred:
    """Write down what was pinned: bytes first, then the name."""
    content = None
    if copy:
        entries = (msgspec.structs.replace(e, path=_path(e.path, pinned.source, name)) for e in pinned.entries)
        content = Upload(_keep(ways, tuple(entries)), name)
    if pinned.listing:
        ways.blobs.put_stream((pinned.listing,))
    answer = o.sources.reference(
        handle,
        pinned.source,
        name=name,
        read_at=pinned.read_at,
        snapshot=pinned.snapshot,
        content=content,
        message=message,
    )
    return Referred(answer, pinned.notes)


def _keep(ways: Ways, entries: tuple[Entry, ...]) -> Digest:
    tree = trees.put(ways.blobs, entries)
    ways.keep_tree(tree)
    return tree


def check_source(handle: Handle, ways: Ways, name: str) -> SourceCheck:
    """Return whether the source of a dataset version is still what it was. Raises what a connector raises, Invalid."""
    answer = _show(handle, name)
    if answer.source is None:
        known = "its source is not known here" if answer.dataset.source else "it was added from files"
        raise Invalid(f"{answer.reference} has no source: {known}", hint="lineal data status compares files")
    ways.progress.begin(f"check {answer.reference}")
    found = connector_of(answer.source, _surroundings(handle, ways)).check(answer.source)
    return SourceCheck(
        reference=answer.reference, place=answer.source.place, state=found.state, sentence=found.sentence
    )


def fetch_source(handle: Handle, ways: Ways, name: str, directory: Path, *, under: str, force: bool) -> Placed:
    """Write the files of a dataset version whose content stands at its source, each verified and all or nothing.

    Raises:
        Conflict: the source is not what it was, or files are in the way.
        NotFound: the source is gone.
        Corrupt: it gave other bytes.
    """
    answer = _show(handle, name)
    source = answer.source
    if source is None:
        raise NotFound(f"the source of {answer.reference} is not here", hint="lineal verify tells what else is missing")
    placing = Placing(str(directory.absolute()))
    files = [
        each._replace(path=_path(each.path, source, answer.name))
        for each in connector_of(source, _surroundings(handle, ways)).files(source)
    ]
    files = [each for each in files if not under or each.path == under or each.path.startswith(f"{under}/")]
    wanted = list(_wanted(placing, files, force=force))
    ways.progress.expect(len(wanted), sum(each.size_bytes or 0 for each in wanted))
    write = partial(_write, placing, source, ways.progress)
    digests = list(side_by_side(write, wanted, at_once=_WRITTEN_AT_ONCE))
    _tell(handle, answer.reference, digests)
    return Placed(
        reference=answer.reference,
        tree=answer.dataset.tree,
        path=str(directory),
        written=len(wanted),
        removed=0,
        kept=len(files) - len(wanted),
    )


def _wanted(placing: Placing, files: list[SourceFile], *, force: bool) -> Iterator[SourceFile]:
    """Yield the files that have to be written: those that are there by digest, as after an interruption, need not be.

    Raises:
        Conflict: others are in the way. Nothing was touched.
    """
    foreign = list[str]()
    for each in files:
        placing.check(each.path)
        place = placing.at(each.path)
        if os.path.lexists(place):
            if each.digest and Path(place).is_file() and hash_only(file_pieces(place))[0] == each.digest:
                continue
            foreign.append(each.path)
        yield each
    if foreign and not force:
        more = f" and {len(foreign) - _SHOWN_MAX} more" if len(foreign) > _SHOWN_MAX else ""
        raise Conflict(
            f"in {placing.root} {', '.join(foreign[:_SHOWN_MAX])}{more} would be written over",
            hint="--force writes over them; or name another directory",
        )


def _write(placing: Placing, source: Source, progress: Progress, file: SourceFile) -> Digest:
    """Write one file, and return its digest."""
    hasher = Hasher()

    def pieces() -> Iterator[bytes]:
        for piece in _counted(read_pieces(file, source), progress):
            hasher.update(piece)
            yield piece

    placing.make_folder(file.path)
    place = Path(placing.at(file.path))
    write_whole(pieces(), place, place.parent)
    progress.advance(1, 0)
    return hasher.digest


def _tell(handle: Handle, reference: str, digests: list[Digest]) -> None:
    """Tell the repository which files these were, so that what reads them is known to read the dataset."""
    try:
        o.sources.fetched(handle, reference, files=tuple(digests[: o.sources.FILES_MAX]))
    except Denied:
        return  # who may only read may have the files too


def _show(handle: Handle, name: str) -> DatasetAnswer:
    return o.datasets.show(handle, name)


def _path(path: str, source: Source, name: str) -> str:
    """Return what a file of a source is called: the result of a query after its dataset."""
    return f"{name.rpartition('/')[2]}.csv" if isinstance(source, QuerySource) else path


def _name(said: str) -> str:
    """Return a dataset's name for what a source is called."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", said).strip("._-")[:64]
    if not name:
        raise Invalid("the address gives the dataset no name", hint="--name NAME")
    return name


def _counted(pieces: Iterable[bytes], progress: Progress) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        progress.advance(0, len(piece))


def _surroundings(handle: Handle, ways: Ways) -> Surroundings:
    """Return what connectors may use: the project's connections, and the environment of whoever asks."""
    directory = project_of(handle)
    path = directory / SETTINGS_FILE
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}", hint="mend the file; it must be UTF-8 text") from None
    blob: Callable[[Digest], Iterable[bytes]] = ways.blobs.open
    return Surroundings(directory, os.environ, parse_connections(text), blob)


def project_of(handle: Handle) -> Path:
    """Return the directory of the project: that of the repository, or of the nearest ``lineal.toml`` upwards."""
    store: Store | None = getattr(handle, "store", None)  # a repository behind a URL has none
    if store and store.root:
        return store.root.parent
    here = Path.cwd()
    return next((each for each in (here, *here.parents) if (each / SETTINGS_FILE).is_file()), here)
