"""Golden requests: what a version is asked so that the next one can be held against its answers, and what came of that."""

from __future__ import annotations

from typing import Literal

from lineal.objects.canonical import Number, Object
from lineal.objects.digest import Digest

ReplayOutcome = Literal["equal", "differing", "unstable", "reformed", "refused", "not done"]
"""``unstable``: the same request gets other answers; ``reformed``: answers are of another form; ``refused``: no answer any more."""


class Golden(Object, frozen=True, tag="golden"):
    """The golden requests of a version, and its own answers to them.

    ``requests`` and ``answers`` are blobs of JSON lines, in the same order; no ``answers``: it was not asked yet, and ``gaps``
    says why. ``origins`` counts the requests by where they are from: ``sampled`` from ``dataset``, ``example`` of the model,
    ``given`` by somebody; ``inherited`` of them are of versions before. ``unstable`` were answered otherwise the second time,
    ``unanswered`` not at all or by an error.
    """

    requests: Digest
    request_count: int
    answers: Digest | None = None
    origins: dict[str, int] = {}
    inherited: int = 0
    unstable: int = 0
    unanswered: int = 0
    dataset: str = ""
    environment: str = ""
    gaps: tuple[str, ...] = ()


class AnswerChanges(Object, frozen=True, tag="answer-changes"):
    """How many answers of a version are others than those of ``against``, to the same rows of ``dataset``, or of golden requests.

    ``changed`` of ``row_count`` rows; of the ``labelled`` ones ``broke`` were right before and are wrong now, ``fixed`` the
    other way. Each ``…_interval`` is the 95 % interval of the share.
    """

    against: Digest
    row_count: int
    changed: int
    changed_interval: tuple[float, float]
    dataset: Digest | None = None
    labelled: int = 0
    broke: int = 0
    broke_interval: tuple[float, float] = (0.0, 1.0)
    fixed: int = 0
    fixed_interval: tuple[float, float] = (0.0, 1.0)


class ReplayExample(Object, frozen=True):
    """The first request that was not answered as before: its place, from 1, itself and both answers; long ones are cut."""

    place: int
    request: str
    before: str
    after: str


class Replay(Object, frozen=True, tag="replay"):
    """How a version answered the golden requests of ``against``, in its own environment.

    Of ``request_count`` requests ``equal`` got the same answer, ``exact`` of them digit by digit; ``differing`` other values,
    ``reformed`` an answer of another form, ``refused`` none any more, ``accepted`` one for the first time. ``unstable`` were
    answered otherwise the second time by one of both. ``tolerance`` is the relative difference that floats may have.
    ``reason`` says why nothing was replayed.
    """

    against: Digest
    outcome: ReplayOutcome
    request_count: int = 0
    equal: int = 0
    exact: int = 0
    differing: int = 0
    reformed: int = 0
    refused: int = 0
    accepted: int = 0
    unstable: int = 0
    tolerance: float = 0.0
    largest_difference: Number = 0.0
    example: ReplayExample | None = None
    requests: Digest | None = None
    before: Digest | None = None
    after: Digest | None = None
    changes: AnswerChanges | None = None
    environment: str = ""
    reason: str = ""
