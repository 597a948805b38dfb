"""What a gate judges: everything that is known of a version when it asks to move, put together by the operation."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from lineal.checks.statistics.paired import Pairs
from lineal.checks.statistics.samples import Sample, Truth
from lineal.formats.signatures.trust import Judged
from lineal.objects.digest import Digest
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.objects.profiles import Profile
from lineal.objects.replays import Replay
from lineal.objects.runs import Code, Runtime
from lineal.objects.scans import Scan
from lineal.objects.statements import Bump, Evaluation, Outcome
from lineal.objects.versions import Version


class Answers(NamedTuple):
    """The held-out rows beside the candidate's answers to them."""

    truth: Truth
    sample: Sample


class TrainingData(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset version that the candidate was trained on.

    ``profile`` is that of its only table; where there is none, or more than one, ``gap`` says so. ``added_at`` is when it
    was added, ``read_at`` when its source was last seen to hold it.
    """

    name: str
    digest: Digest
    added_at: int
    read_at: int | None = None
    profile: Profile | None = None
    gap: str = ""


class Wear(NamedTuple):
    """How often the held-out rows were used: evaluations, and versions that were evaluated, of any model."""

    evaluations: int
    versions: int
    row_count: int


class Overlap(NamedTuple):
    """How many of so many rows were found in a dataset again; ``gap`` says why that could not be found out."""

    name: str
    found: int
    row_count: int
    gap: str = ""


class Ran(NamedTuple):
    """What came of a program of the user's: its outcome, its last words, and numbers that it gave."""

    outcome: Outcome
    said: str
    numbers: dict[str, float] = {}


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate, the champion that stands in the stage now, and what was learned of both.

    ``evaluation`` is the newest of the candidate on the policy's dataset, ``champion_evaluation`` that of the champion
    on the same dataset version; ``outside`` are results of other tools, the newest first, and ``held_out`` is the policy's
    dataset. ``answers`` are the candidate's to its rows, ``pairs`` those of both. ``approvals`` are
    the names of all who approved the candidate for this stage; ``author`` registered it. ``section_states`` comes from
    ``staleness``, as does ``section_changes``: what changed since a stale one was written. ``signatures`` is what each
    signature of the candidate is worth, gathered only for a gate that asks for some; ``scan`` is the newest of its files,
    ``replay`` the newest of the champion's golden requests.
    ``code`` and ``runtime`` are what the candidate's digests name, None where the store lacks them.
    ``semantic`` is the candidate's semantic version. ``size_bytes`` is that of its files. ``training`` is what it was
    trained on, ``wear`` how used the held-out rows are; ``overlaps``, ``repeats`` and ``ran`` are what single checks asked
    for, by their options. ``at`` is now, in milliseconds since 1970 UTC.
    """

    version: Version
    reference: str = ""
    author: str = ""
    code: Code | None = None
    runtime: Runtime | None = None
    evaluation: Evaluation | None = None
    champion: Version | None = None
    champion_reference: str = ""
    champion_evaluation: Evaluation | None = None
    outside: tuple[OutsideEvaluation, ...] = ()
    held_out: Digest | None = None
    answers: Answers | None = None
    pairs: Pairs | None = None
    approvals: tuple[str, ...] = ()
    section_states: dict[str, str] = {}
    section_changes: dict[str, tuple[str, ...]] = {}
    bump: Bump | None = None
    signatures: tuple[Judged, ...] = ()
    semantic: str = ""
    champion_semantic: str = ""
    size_bytes: int | None = None
    training: tuple[TrainingData, ...] = ()
    wear: Wear | None = None
    overlaps: dict[str, tuple[Overlap, ...]] = {}
    repeats: dict[str, tuple[Overlap, ...]] = {}
    ran: dict[str, Ran] = {}
    at: int = 0
    scan: Scan | None = None
    replay: Replay | None = None

    @property
    def name(self) -> str:
        """What sentences call the candidate."""
        return self.reference or "the candidate"

    @property
    def champion_name(self) -> str:
        """What sentences call the champion."""
        return self.champion_reference or "the champion"

    @property
    def is_champions_equal(self) -> bool:
        """Whether the candidate's weights are the champion's, byte for byte, so that it answers alike."""
        champion = self.champion
        return champion is not None and champion.weights == self.version.weights and not self.version.source
