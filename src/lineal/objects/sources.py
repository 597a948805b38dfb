"""Sources: where the content of a dataset version stands when the store only refers to it, and which state is meant.

A source holds what names the content and nothing about when it was looked at: looked at again, an unchanged source is
the same value. When it was seen is a statement, a ``Sighting``.
"""

from __future__ import annotations

import msgspec

from lineal.objects.canonical import Object, Scalar, decode
from lineal.objects.datasets import Column
from lineal.objects.digest import Digest, short
from lineal.objects.errors import Corrupt, Unsupported
from lineal.objects.prepared import prepared


class Sighting(Object, frozen=True, tag="sighting"):
    """The source of a dataset version was read, and held exactly that content.

    ``read_at`` is the time by the source's own clock where it has one; ``snapshot`` is what it calls its state then.
    """

    read_at: int
    snapshot: str = ""


class ObjectSource(Object, frozen=True, tag="object-source"):
    """One object behind an address: in S3, Google Cloud Storage, Azure, or on a web server.

    ``version`` is the store's own id of these bytes and ``etag`` its word for their state; ``modified_at`` is kept only
    where it has neither. ``digest`` is there when somebody read the bytes. ``endpoint`` tells which server is meant when
    the address alone does not.
    """

    uri: str
    size_bytes: int
    version: str = ""
    etag: str = ""
    modified_at: int | None = None
    digest: Digest | None = None
    endpoint: str = ""

    @property
    def place(self) -> str:
        """Where it is, as people write it."""
        return self.uri

    @property
    def state(self) -> str:
        """Which state of the place is meant, as people write it."""
        named = f"version {self.version}" if self.version else f"ETag {self.etag}" if self.etag else ""
        return ", ".join(each for each in (named, short(self.digest or "")) if each)


class ListedObject(Object, frozen=True):
    """One line of the list of a ``PrefixSource``: an object by its key below the prefix."""

    key: str
    size_bytes: int
    version: str = ""
    etag: str = ""
    digest: Digest | None = None


class PrefixSource(Object, frozen=True, tag="prefix-source"):
    """Every object below an address. ``objects`` is the digest of their list, one ``ListedObject`` a line."""

    uri: str
    objects: Digest
    object_count: int
    size_bytes: int
    endpoint: str = ""

    @property
    def place(self) -> str:
        """Where it is, as people write it."""
        return self.uri

    @property
    def state(self) -> str:
        """Which state of the place is meant, as people write it."""
        return f"the list {short(self.objects)} of objects"


class DeltaSource(Object, frozen=True, tag="delta-source"):
    """One version of a Delta table. ``table`` is the table's own id; ``types`` are its words for the columns' types."""

    uri: str
    table: str
    version: int
    file_count: int
    size_bytes: int
    row_count: int | None = None
    columns: tuple[Column, ...] = ()
    types: tuple[str, ...] = ()
    endpoint: str = ""

    @property
    def place(self) -> str:
        """Where it is, as people write it."""
        return f"delta://{self.uri}"

    @property
    def state(self) -> str:
        """Which state of the place is meant, as people write it."""
        return f"version {self.version}"


class IcebergSource(Object, frozen=True, tag="iceberg-source"):
    """One snapshot of an Iceberg table. ``uuid`` is the table's own id, ``metadata`` where the snapshot is described."""

    catalog: str
    table: str
    uuid: str
    snapshot: int
    metadata: str
    file_count: int
    size_bytes: int
    row_count: int | None = None
    columns: tuple[Column, ...] = ()
    types: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it is, as people write it."""
        return f"iceberg://{self.catalog}/{self.table}"

    @property
    def state(self) -> str:
        """Which state of the place is meant, as people write it."""
        return f"snapshot {self.snapshot}"


class QuerySource(Object, frozen=True, tag="query-source"):
    """The result of a query. ``connection`` is a name in ``lineal.toml``; no address and no password is kept.

    ``digest`` and ``size_bytes`` are those of the result as a table, in the order in which the rows came; ``row_set`` is
    the same for every order.
    """

    connection: str
    dialect: str
    sql: str
    digest: Digest
    row_set: str
    row_count: int
    size_bytes: int
    params: dict[str, Scalar] = {}
    columns: tuple[Column, ...] = ()
    types: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it is, as people write it."""
        return f"a query on {self.connection}"

    @property
    def state(self) -> str:
        """Which state of the place is meant, as people write it."""
        return f"the result {short(self.digest)}"


Source = ObjectSource | PrefixSource | DeltaSource | IcebergSource | QuerySource

SOURCES: dict[str, type[Source]] = {
    str(each.__struct_config__.tag): each
    for each in (ObjectSource, PrefixSource, DeltaSource, IcebergSource, QuerySource)
}
"""Every kind of source by its tag."""


class _Tagged(msgspec.Struct, frozen=True):
    """What every source begins with."""

    type: str


def decode_source(data: bytes) -> Source:
    """Return the source that ``data`` stands for. Raises Corrupt, Unsupported."""
    try:
        tag = msgspec.json.decode(data, type=prepared(_Tagged)).type
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"these bytes are no source: {error}", hint="restore them from a copy") from None
    if tag not in SOURCES:
        raise Unsupported(f"{tag!r} is no kind of source that this Lineal knows", hint="upgrade Lineal")
    return decode(data, SOURCES[tag])
