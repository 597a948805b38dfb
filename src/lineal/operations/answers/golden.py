"""Answers about golden requests: which a version has, and how it answers those of another."""

from __future__ import annotations

import msgspec

from lineal.objects.replays import Golden, Replay
from lineal.operations.answers.answer import Answer


class GoldenLine(msgspec.Struct, frozen=True, kw_only=True):
    """A golden request and its answer: the exact bodies, which are cut where they are long.

    ``reason`` says why there is no ``answer``; ``again`` is the second one, where that was another.
    """

    path: str
    request: str
    origin: str
    labels: tuple[str, ...] = ()
    status: int = 0
    answer: str = ""
    reason: str = ""
    again: str = ""


class GoldenAnswers(Answer, frozen=True, kw_only=True, tag="golden"):
    """The golden requests of a version."""

    reference: str
    golden: Golden
    requests: tuple[GoldenLine, ...] = ()


class ReplayAnswer(Answer, frozen=True, kw_only=True):
    """How a version answers the golden requests of another, or its own again.

    ``notes`` say what else was noticed.
    """

    reference: str
    against: str
    replay: Replay
    notes: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """5 when they are not answered as before, 8 when nothing could be asked."""
        return {"equal": 0, "not done": 8}.get(self.replay.outcome, 5)

    @property
    def remark(self) -> str:
        """What came of it."""
        return f"against {self.against}: {self.replay.outcome}"
