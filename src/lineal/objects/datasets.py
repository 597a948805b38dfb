"""Dataset versions: immutable content under a name that moves."""

from __future__ import annotations

from lineal.objects.canonical import Object
from lineal.objects.digest import Digest


class Column(Object, frozen=True):
    """One column of a table. In a dataset version, ``dtype`` is ``integer``, ``float``, ``boolean`` or ``string``.

    Of tables that are told beside a version it may also be one of those that ``objects.profiles`` knows.
    """

    name: str
    dtype: str
    optional: bool = False


class DatasetVersion(Object, frozen=True, tag="dataset"):
    """The exact content of a dataset: a tree, and what a reader would like to know about it.

    The name is not part of it: the same content under two names is one dataset version. ``source`` is the digest of
    where it came from or stands. ``kept`` tells whether the store holds the content; where it does not, the tree holds
    the document of the source, and sizes and counts are those of the content.
    """

    tree: Digest
    size_bytes: int
    file_count: int
    columns: tuple[Column, ...] = ()
    row_count: int | None = None
    parents: tuple[Digest, ...] = ()
    source: Digest | None = None
    kept: bool = True
