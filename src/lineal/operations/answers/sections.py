"""Answers cut into sections for people to read: each surface writes them in its own way, and none forgets a field."""

from __future__ import annotations

from typing import NamedTuple

from lineal.objects.digest import Digest


class Size(NamedTuple):
    """A number of bytes."""

    size_bytes: int


class Sha(NamedTuple):
    """A digest, which readers see the beginning of."""

    digest: Digest


class Link(NamedTuple):
    """What a reference names; its text is the reference, unless there is a better one."""

    reference: str
    text: str = ""


class Measured(NamedTuple):
    """A measured number, or the word for what is none."""

    value: float | str


Cell = str | Size | Sha | Link | Measured


class Section(NamedTuple):
    """A part of an answer.

    Args:
        title: what it is about.
        rows: each as many cells as ``header`` has names; without a header, a name and what it is.
        header: the names of the columns.
        remark: how many there are, or the like.
        tone: ``doubtful`` for what a reader should be careful about.
        is_long: whether readers want it folded.
        is_list: whether its rows are short and many, and may stand one behind the other.
    """

    title: str
    rows: tuple[tuple[Cell, ...], ...]
    header: tuple[str, ...] = ()
    remark: str = ""
    tone: str = ""
    is_long: bool = False
    is_list: bool = False
