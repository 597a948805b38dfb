"""Answers about runs and versions of models: what they are, and where they stand."""

from __future__ import annotations

from typing import Literal

from lineal.objects.canonical import Number, Scalar
from lineal.objects.digest import Digest
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.objects.runs import Code, ModelFacts, Run, RunState, Runtime
from lineal.objects.scans import Scan, ScanOutcome
from lineal.objects.statements import Evaluation, Outcome, Statement, Verdict
from lineal.objects.versions import Version
from lineal.operations.answers.answer import Answer
from lineal.operations.answers.tracking import ArtifactLine


class Related(Answer, frozen=True, kw_only=True):
    """A run, dataset, version or deployment near a run: ``steps`` above it when positive, below it when negative."""

    reference: str
    kind: str
    steps: int
    name: str = ""


class RelatedRun(Answer, frozen=True, kw_only=True):
    """Another run, and what it is to the one that was asked for.

    ``role`` is parent, resumes or forks, or, the other way round, child, resumed by or forked by. ``step``: up to there the
    two share their history; None for all of it, and for parents and children.
    """

    role: Literal["parent", "resumes", "forks", "child", "resumed by", "forked by"]
    reference: str
    name: str
    state: RunState | Literal["scheduled"]
    step: int | None = None


class RunAnswer(Answer, frozen=True, kw_only=True):
    """A run: how far it is and, once it ended, everything that was seen of it."""

    reference: str
    id: str
    name: str
    state: RunState | Literal["scheduled"]
    command: tuple[str, ...]
    started_by: str
    host: str
    started_at: int
    ended_at: int | None = None
    exit_status_of_program: int | None = None
    digest: Digest | None = None
    parent: str = ""
    """The id of the run within which it was started."""
    params: dict[str, Scalar] = {}
    metrics: dict[str, Number] = {}
    run: Run | None = None
    code: Code | None = None
    runtime: Runtime | None = None
    datasets: dict[str, tuple[str, ...]] = {}
    """The datasets that hold a file of the run, by the file's digest."""
    artifacts: tuple[ArtifactLine, ...] = ()
    """Files that its program logged, by path; the first thousand."""
    related: tuple[Related, ...] = ()
    notes: tuple[str, ...] = ()
    """What was found out about it afterwards, as sentences."""
    relations: tuple[RelatedRun, ...] = ()
    printed: dict[str, str] = {}
    """The last lines that its program printed, by ``stdout`` and ``stderr``."""


class VersionAnswer(Answer, frozen=True, kw_only=True):
    """A version of a model, where it stands, and what was learned of it."""

    reference: str
    model: str
    number: int
    semantic: str
    stage: str
    aliases: tuple[str, ...]
    digest: Digest
    version: Version
    facts: ModelFacts = ModelFacts()
    """What is known of the model: what its framework said when it was made, and for the rest what its files say."""
    run: str
    created_by: str
    created_at: int
    revision: int
    metrics: dict[str, Number] = {}
    statements: tuple[Statement, ...] = ()
    deployments: tuple[str, ...] = ()
    datasets: dict[str, str] = {}
    """The reference of each dataset that it was trained on, by its digest."""
    created: bool = False
    """Whether this call made it; registering the same run again gives the version it has."""
    card_conflicts: tuple[str, ...] = ()
    """Sections that both the project's file and the card before changed, so that the card stayed as it was."""


class VersionLine(Answer, frozen=True, kw_only=True):
    """A version in a list. ``metrics`` holds what the list is about."""

    reference: str
    model: str
    number: int
    semantic: str
    stage: str
    digest: Digest
    created_by: str
    created_at: int
    aliases: tuple[str, ...] = ()
    metrics: dict[str, Number] = {}
    scan: ScanOutcome | Literal[""] = ""
    """What the newest scan of its files said, where the list is about one model."""


class ScanAnswer(Answer, frozen=True, kw_only=True):
    """What files would do if somebody loaded them. ``reference`` is a version, a run or a path."""

    reference: str
    scan: Scan

    @property
    def exit_status(self) -> int:
        """5 when they are hostile and 7 when it cannot be told, as whoever promotes or reads them gets."""
        return {"hostile": 5, "unreadable": 7}.get(self.scan.outcome, 0)


class ModelAnswer(Answer, frozen=True, kw_only=True):
    """A model: its versions, newest first, and what stands where."""

    reference: str
    name: str
    created_by: str
    created_at: int
    version_count: int
    stages: dict[str, str]
    versions: tuple[VersionLine, ...] = ()


class CardAnswer(Answer, frozen=True, kw_only=True):
    """A model card in a form, and how each human section stands: fresh, stale, missing, placeholder or too short.

    ``changes`` says of stale ones what changed since they were written; ``written`` is what people wrote, as they wrote it,
    and ``card`` its digest, with which an edit begins. ``files`` belong beside the text, by path. ``conflicts`` are sections
    for which nothing was written, because somebody else changed the same lines; then ``merged`` is the whole, with both texts
    of those between marks.
    """

    reference: str
    format: str
    text: str
    media_type: str = ""
    files: dict[str, str] = {}
    sections: dict[str, str] = {}
    changes: dict[str, tuple[str, ...]] = {}
    written: dict[str, str] = {}
    card: str = ""
    conflicts: tuple[str, ...] = ()
    merged: dict[str, str] = {}

    @property
    def exit_status(self) -> int:
        """4 when somebody else was faster."""
        return 4 if self.conflicts else 0

    @property
    def remark(self) -> str:
        """That nothing was written, where it was not."""
        return f"nothing was written: conflicts in {', '.join(self.conflicts)}" if self.conflicts else ""


class Promotion(Answer, frozen=True, kw_only=True):
    """A version moved to a stage."""

    reference: str
    stage: str
    before: str
    archived: str = ""
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    forced_because: str = ""

    @property
    def remark(self) -> str:
        """From where to where, and that it was forced."""
        moved = f"{self.before} → {self.stage}, gate: {self.outcome}"
        return f"{moved}, FORCED because {self.forced_because}" if self.forced_because else moved


class GateAnswer(Answer, frozen=True, kw_only=True):
    """What the gate of a stage says of a version; ``policy`` is the digest of the policy that asked."""

    reference: str
    stage: str
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    champion: str = ""
    policy: str = ""

    @property
    def exit_status(self) -> int:
        """5 when the version may not pass, as a refused promotion exits."""
        return 5 if self.outcome in {"fail", "inconclusive"} else 0


class EvaluationAnswer(Answer, frozen=True, kw_only=True):
    """How a version did on a dataset. ``notes`` are sentences about what could not be measured."""

    reference: str
    dataset: str
    evaluation: Evaluation
    environment: str
    notes: tuple[str, ...] = ()


class OutsideEvaluationAnswer(Answer, frozen=True, kw_only=True):
    """What another tool measured of a version; ``dataset`` is the dataset version that it was bound to."""

    reference: str
    dataset: str
    evaluation: OutsideEvaluation


class DeploymentAnswer(Answer, frozen=True, kw_only=True):
    """What was asked to run somewhere, and what answers there."""

    reference: str
    id: str
    version: str
    model: str
    environment: str
    target: str
    state: str
    endpoint: str
    desired: Digest
    observed: Digest | None = None
    healthy: bool = False
    request_count: int = 0
    started_by: str
    started_at: int
    ended_at: int | None = None
    previous: str = ""
