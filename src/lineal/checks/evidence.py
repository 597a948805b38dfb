"""What a gate judges: everything that is known of a version when it asks to move, put together by the operation."""

from __future__ import annotations

import msgspec

from lineal.checks.paired import Pairs
from lineal.objects.runs import Code, Runtime
from lineal.objects.scans import Scan
from lineal.objects.statements import Bump, Evaluation
from lineal.objects.versions import Version


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate, the champion that stands in the stage now, and what was learned of both.

    ``evaluation`` is the newest of the candidate on the policy's dataset, ``champion_evaluation`` that of the champion
    on the same dataset version. ``pairs`` holds both versions' answers to its rows. ``approvals`` are the names of all
    who approved the candidate for this stage; ``author`` registered it. ``section_states`` comes from ``staleness``.
    ``scan`` is the newest of the candidate's files. ``code`` and ``runtime`` are what the candidate's digests name, None where the store lacks them.
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
    pairs: Pairs | None = None
    approvals: tuple[str, ...] = ()
    section_states: dict[str, str] = {}
    bump: Bump | None = None
    scan: Scan | None = None

    @property
    def name(self) -> str:
        """What sentences call the candidate."""
        return self.reference or "the candidate"

    @property
    def champion_name(self) -> str:
        """What sentences call the champion."""
        return self.champion_reference or "the champion"
