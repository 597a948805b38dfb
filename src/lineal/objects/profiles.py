"""Profiles: what the values of a table are like, column by column, in a few kilobytes that can be merged.

A profile is derived from bytes and could be made again, so no dataset version holds one: it is bound to what it is of
by a row. How its parts are counted and merged is in ``lineal.formats.sketches``.
"""

from __future__ import annotations

from lineal.objects.canonical import Number, Object
from lineal.objects.digest import Digest


class Distribution(Object, frozen=True):
    """How numbers are distributed. Infinite ones are not among them.

    ``squares`` is the sum of the squared differences from the mean. ``values`` are ascending; each stands for as many
    numbers near it as its weight says. Taking them for the numbers themselves puts any value's rank wrong by at most
    ``error`` numbers; without an error they are every distinct number there is, and how often.
    """

    count: int
    minimum: float
    maximum: float
    mean: Number
    squares: Number
    values: tuple[float, ...]
    weights: tuple[int, ...]
    error: int = 0


class Categories(Object, frozen=True):
    """How often each text was there; the most frequent ones, and each of them at most ``error`` times more often."""

    counts: dict[str, int] = {}
    error: int = 0


class ColumnProfile(Object, frozen=True):
    """What one column, or one leaf of a nested column, holds.

    ``kinds`` counts the values by what each is by itself. ``numbers`` are integers and floats; ``times`` milliseconds
    since 1970 UTC (of dates and timestamps) or milliseconds (of times of day and durations); ``lengths`` those of texts
    in characters, of bytes, and of lists and maps in items. ``texts`` counts texts of up to 80 characters, and ``true``
    and ``false``; ``untold`` counts longer texts. ``distinct`` holds the registers that estimate how many different
    values there are, one sign each; it is empty when the other parts tell them all.
    """

    name: str
    dtype: str
    missing: int = 0
    infinite: int = 0
    kinds: dict[str, int] = {}
    numbers: Distribution | None = None
    times: Distribution | None = None
    lengths: Distribution | None = None
    texts: Categories | None = None
    untold: int = 0
    distinct: str = ""


class Profile(Object, frozen=True, tag="profile"):
    """What a table, or a part of one, holds. Profiles of parts merge into that of the whole."""

    row_count: int
    columns: tuple[ColumnProfile, ...] = ()


class RowDigests(Object, frozen=True, tag="row-digests"):
    """The rows of a table by some of its columns: ``digests`` is a blob of eight bytes a row, sorted as bytes are."""

    digests: Digest
    row_count: int
    columns: tuple[str, ...]


class Table(Object, frozen=True):
    """Files of a dataset that have the same columns: one table, in parts. ``name`` is a path, or a pattern of paths.

    ``partitions`` are the columns that stand in the paths (``year=2024/``) rather than in the files.
    """

    name: str
    format: str
    file_count: int
    size_bytes: int
    profile: Digest
    partitions: tuple[str, ...] = ()


class Tables(Object, frozen=True, tag="tables"):
    """The tables among the files of a tree, and a sentence for each that looked like one and cannot be read."""

    tables: tuple[Table, ...] = ()
    gaps: tuple[str, ...] = ()
