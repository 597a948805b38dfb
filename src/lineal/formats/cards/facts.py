"""Everything on a card that no person wrote, as values; every form of a card is made of these."""

from __future__ import annotations

import msgspec

from lineal.objects.canonical import Number, Scalar
from lineal.objects.digest import Digest
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.objects.runs import ModelFacts, Package
from lineal.objects.statements import Bump, Evaluation, Verdict


class _Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the facts."""


class FileFact(_Fact, frozen=True):
    """A file of the model."""

    path: str
    digest: Digest
    size_bytes: int


class DataFact(_Fact, frozen=True):
    """Something that the model learned from. ``reference`` is empty for a file that is in no dataset."""

    path: str
    digest: Digest
    reference: str = ""
    size_bytes: int = 0
    row_count: int | None = None
    columns: dict[str, str] = {}


class GateFact(_Fact, frozen=True):
    """What a gate said, and when."""

    stage: str
    outcome: str
    by: str
    at: int
    verdicts: tuple[Verdict, ...] = ()


class ApprovalFact(_Fact, frozen=True):
    """Who stood up for the version."""

    stage: str
    by: str
    at: int
    comment: str = ""


class DeploymentFact(_Fact, frozen=True):
    """Where the version runs, or ran."""

    reference: str
    environment: str
    target: str
    state: str
    endpoint: str
    started_at: int
    ended_at: int | None = None


class ReleaseFact(_Fact, frozen=True):
    """A version of the same model, and why it has its number."""

    reference: str
    at: int
    by: str
    stage: str
    level: str = ""
    findings: tuple[str, ...] = ()
    metrics: dict[str, Number] = {}


class CheckFact(_Fact, frozen=True):
    """What somebody or something found out about the version's bytes: a scan, a signature."""

    by: str
    at: int
    said: dict[str, Scalar] = {}


class NodeFact(_Fact, frozen=True):
    """A thing in the lineage. ``depth`` counts the steps from the version; upstream is positive."""

    key: str
    kind: str
    reference: str
    depth: int = 0


class EdgeFact(_Fact, frozen=True):
    """``child`` came from ``parent``."""

    child: str
    parent: str
    role: str = ""


class LineageFact(_Fact, frozen=True):
    """How the version came to be, and what came of it. ``left_out`` counts nodes that are not drawn."""

    nodes: tuple[NodeFact, ...] = ()
    edges: tuple[EdgeFact, ...] = ()
    left_out: int = 0


class OutsideFact(_Fact, frozen=True):
    """What another tool measured, who gave it and when; ``dataset`` is what it was bound to, empty for nothing."""

    found: OutsideEvaluation
    by: str
    at: int
    dataset: str = ""


class Labels(_Fact, frozen=True):
    """What a policy says of all cards: the license, languages and tags in the metadata."""

    license: str = ""
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class CardFacts(_Fact, frozen=True):
    """Everything on a card that no person wrote.

    ``title`` is the model's name; ``evaluation_dataset`` the reference of the rows that ``evaluation`` is about. Lines
    (``code``, ``runtime``, ``hardware``) are plain text, one fact each. ``base`` is the version whose weights
    the training began with; ``releases`` are all versions of the model, newest first. ``scan`` is None and
    ``signatures`` are empty where nobody scanned or signed.
    """

    title: str
    reference: str
    digest: str
    stage: str
    owner: str
    created_at: int
    aliases: tuple[str, ...] = ()
    labels: Labels = Labels()
    facts: ModelFacts = ModelFacts()
    files: tuple[FileFact, ...] = ()
    params: dict[str, Scalar] = {}
    run_metrics: dict[str, Number] = {}
    data: tuple[DataFact, ...] = ()
    evaluation: Evaluation | None = None
    evaluation_dataset: str = ""
    evaluated_at: int = 0
    evaluated_by: str = ""
    outside: tuple[OutsideFact, ...] = ()
    base: str = ""
    code: tuple[str, ...] = ()
    repository: str = ""
    runtime: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
    packages: tuple[Package, ...] = ()
    run: str = ""
    lineage: LineageFact = LineageFact()
    bump: Bump | None = None
    changes: tuple[str, ...] = ()
    releases: tuple[ReleaseFact, ...] = ()
    scan: CheckFact | None = None
    signatures: tuple[CheckFact, ...] = ()
    gates: tuple[GateFact, ...] = ()
    approvals: tuple[ApprovalFact, ...] = ()
    deployments: tuple[DeploymentFact, ...] = ()


class SectionState(_Fact, frozen=True):
    """How a section that a person writes stands.

    ``state`` is ``fresh``, ``stale``, ``missing``, ``placeholder`` or ``too short``; ``changes`` says of a stale one which
    fact changed, from what to what. ``said_by`` tells who wrote or confirmed it for this version.
    """

    state: str
    changes: tuple[str, ...] = ()
    said_by: str = ""

    @property
    def reason(self) -> str:
        """The state in words, with what changed."""
        if self.state != "stale":
            return self.state
        return "stale: " + ("; ".join(self.changes) or "what it speaks about has changed")


class Card(_Fact, frozen=True):
    """A whole card: the facts, what people wrote, how that stands, and the digest of what they wrote."""

    facts: CardFacts
    written: dict[str, str] = {}
    states: dict[str, SectionState] = {}
    profiles: tuple[str, ...] = ()
    base: str = ""
