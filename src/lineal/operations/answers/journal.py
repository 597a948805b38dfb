"""Answers about the journal as a transparency log."""

from __future__ import annotations

from lineal.operations.answers.answer import Answer


class CheckpointAnswer(Answer, frozen=True, kw_only=True):
    """The journal at one moment: the ``note`` is what is kept outside. ``key`` checks its signature; empty for none."""

    origin: str
    size: int
    root: str
    note: str
    key: str = ""


class TileAnswer(Answer, frozen=True, kw_only=True):
    """The bytes of a tile of the log."""

    path: str
    data: bytes
