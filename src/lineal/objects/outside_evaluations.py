"""What a tool outside of Lineal measured of a version, as its files say."""

from __future__ import annotations

from lineal.objects.canonical import Number, Object
from lineal.objects.digest import Digest


class OutsideResult(Object, frozen=True):
    """Metrics on some rows: all of a ``task``, or those where ``feature`` equals ``value``; by the names that the tool gave.

    ``intervals`` and ``standard_errors`` are the tool's own. ``shares`` has the metrics that are a number of rows out of
    so many, as ``[rows, of]``: what the file's own counts say, and what an exact interval needs.
    """

    metrics: dict[str, Number]
    task: str = ""
    feature: str = ""
    value: str = ""
    row_count: int | None = None
    intervals: dict[str, tuple[float, float]] = {}
    standard_errors: dict[str, float] = {}
    shares: dict[str, tuple[int, int]] = {}


class OutsideEvaluation(Object, frozen=True, tag="outside-evaluation"):
    """How a version did, by the word of another tool.

    ``format`` is the reader that knew its files, which are kept as ``tree``. ``model`` is what the files call what they
    measured. ``dataset`` is the dataset version that somebody bound it to; ``dataset_said`` what the files say of the
    rows. ``facts`` are what else they say, ``notes`` sentences about what was not taken over.
    """

    format: str
    tool: str
    tree: Digest
    results: tuple[OutsideResult, ...]
    tool_version: str = ""
    model: str = ""
    dataset: Digest | None = None
    dataset_said: str = ""
    facts: dict[str, str] = {}
    notes: tuple[str, ...] = ()
