"""Verbs of sources: a dataset version whose content stands elsewhere.

Whoever asks reaches the source, with their own rights and network; the repository writes down what they saw. So a
server never asks an address that somebody sent it.
"""

from __future__ import annotations

import msgspec

from lineal.formats import listing
from lineal.objects.canonical import canonical_bytes, object_digest
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.files import Entry, Tree
from lineal.objects.sources import DeltaSource, IcebergSource, ObjectSource, PrefixSource, QuerySource, Source
from lineal.objects.statements import Sighting
from lineal.operations.answers.data import DatasetAnswer
from lineal.operations.asking import lineage
from lineal.operations.data.datasets import add_version, answer_of, described
from lineal.operations.operation import Upload, operation
from lineal.operations.references import find_dataset
from lineal.operations.statements import make_statement
from lineal.storage.sources.addresses import parse, public, scheme_of
from lineal.storage.store import Store

SOURCE_FILE, LISTING_FILE = "source.json", "objects.jsonl"
"""What the tree of a dataset version holds whose content is not kept."""

FILES_MAX = 10_000
"""Of larger datasets, so many files are tied to what reads them; the rest is not worth a row each."""


@operation("data reference", effect="writes", internal=True, about={})
def reference(
    store: Store,
    source: Source,
    *,
    name: str,
    read_at: int,
    snapshot: str = "",
    content: Upload | None = None,
    message: str = "",
) -> DatasetAnswer:
    """Add what a source holds as the next version of a dataset, without its content or with a copy of it.

    A source that is what it was keeps the dataset's version, and another sighting is written down.

    Args:
        source: where it is, and which state of it.
        name: the dataset's name.
        read_at: when the source was read, in milliseconds since 1970 UTC.
        snapshot: what the source calls its state then.
        content: the files of a copy; without them the version only refers to the source.
        message: why this version came to be.

    Raises:
        Invalid: the source holds a password or a signature, or nothing can have that name.
        NotFound: the list of a prefix is not in the store.
    """
    _check(store, source)
    value = _kept(store, source, content.tree) if content else _referred(store, source)
    answer = add_version(store, name, msgspec.structs.replace(value, source=store.put_object(source)), message)
    seen = Sighting(read_at=read_at, snapshot=snapshot)
    make_statement(store, answer.digest, seen)
    lineage.connect_source(store, answer.digest, source)
    if not answer.dataset.kept:
        lineage.connect_files(store, answer.digest, _digests(store, source))
    return msgspec.structs.replace(answer, seen=seen)


@operation("data fetched", effect="writes", internal=True, about={"name": "contents"})
def fetched(store: Store, name: str, *, files: tuple[Digest, ...]) -> DatasetAnswer:
    """Write down which files were fetched from the source of a dataset version: whatever read them, read the dataset.

    Args:
        name: the dataset version.
        files: the digests of the files; of more than 10,000 the first.
    """
    row = find_dataset(store, name)
    lineage.connect_files(store, row["digest"], files[:FILES_MAX])
    return answer_of(store, row)


def _check(store: Store, source: Source) -> None:
    """Refuse a source that says who asks, and one whose list the store does not hold."""
    uri = getattr(source, "uri", "")
    if scheme_of(uri) in {"http", "https"} and public(uri) != uri:
        raise Invalid(f"{public(uri)} came with a password or a signature", hint="send the address without it")
    if scheme_of(uri) and scheme_of(uri) not in {"http", "https"}:
        parse(uri)
    if isinstance(source, PrefixSource) and not store.blobs.has((source.objects,)):
        raise NotFound(f"the store does not hold the list {source.objects}", hint="send it to /api/v1/blobs first")


def _referred(store: Store, source: Source) -> DatasetVersion:
    """Return the dataset version of content that stands elsewhere: its tree holds the document of the source."""
    body = canonical_bytes(source)
    store.blobs.put(body)
    entries = [Entry(path=SOURCE_FILE, digest=object_digest(source), size_bytes=len(body))]
    if isinstance(source, PrefixSource):
        size_bytes = store.blobs.size(source.objects)
        entries.insert(0, Entry(path=LISTING_FILE, digest=source.objects, size_bytes=size_bytes))
    tree = store.put_tree(Tree(entries=tuple(entries)))
    return _with_columns(
        DatasetVersion(tree=tree, size_bytes=source.size_bytes, file_count=_file_count(source), kept=False), source
    )


def _kept(store: Store, source: Source, digest: Digest) -> DatasetVersion:
    """Return the dataset version of a copy."""
    value = described(store, digest)
    if not value.file_count:
        raise Invalid(f"{source.place} holds no file", hint="there is nothing to copy")
    return _with_columns(value, source)


def _with_columns(value: DatasetVersion, source: Source) -> DatasetVersion:
    if not isinstance(source, DeltaSource | IcebergSource | QuerySource):
        return value
    return msgspec.structs.replace(value, columns=source.columns, row_count=source.row_count)


def _file_count(source: Source) -> int:
    if isinstance(source, PrefixSource):
        return source.object_count
    return source.file_count if isinstance(source, DeltaSource | IcebergSource) else 1


def _digests(store: Store, source: Source) -> tuple[Digest, ...]:
    """Return the digests of the files of a source, as far as somebody has read them."""
    if isinstance(source, ObjectSource | QuerySource):
        return (source.digest,) if source.digest else ()
    if isinstance(source, PrefixSource):
        listed = listing.decode_lines(store.blobs.open(source.objects))
        return tuple(each.digest for each in listed if each.digest)[:FILES_MAX]
    return ()
