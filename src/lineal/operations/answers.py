"""What operations answer: values put together for a reader. Each carries the reference by which to ask for it again."""

from __future__ import annotations

from typing import Literal

import msgspec

from lineal.objects.canonical import Number, Scalar
from lineal.objects.datasets import DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.runs import Code, Run, RunState, Runtime
from lineal.objects.sources import Source
from lineal.objects.statements import Evaluation, Outcome, Sighting, Statement, Verdict
from lineal.objects.versions import Version


def _tag(name: str) -> str:
    return name.removesuffix("Answer").lower()


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=_tag):
    """The answer of an operation. Its ``type`` in JSON tells which."""

    @property
    def exit_status(self) -> int:
        """What a command that prints this answer exits with."""
        return 0

    @property
    def remark(self) -> str:
        """What the journal should say of the act beside its request."""
        return ""


class RunAnswer(Answer, frozen=True, kw_only=True):
    """A run: how far it is and, once it ended, everything that was seen of it."""

    reference: str
    id: str
    name: str
    state: RunState
    command: tuple[str, ...]
    started_by: str
    host: str
    started_at: int
    ended_at: int | None = None
    exit_status_of_program: int | None = None
    digest: Digest | None = None
    params: dict[str, Scalar] = {}
    metrics: dict[str, Number] = {}
    run: Run | None = None
    code: Code | None = None
    runtime: Runtime | None = None


class DatasetAnswer(Answer, frozen=True, kw_only=True):
    """A version of a dataset."""

    reference: str
    name: str
    number: int
    digest: Digest
    dataset: DatasetVersion
    added_by: str
    created_at: int
    message: str = ""
    created: bool = False
    """Whether this call made it; an unchanged dataset keeps its version."""
    read_by: tuple[str, ...] = ()
    """Runs that read it."""
    written_by: tuple[str, ...] = ()
    """Runs that wrote what is in it."""
    origin_of: tuple[str, ...] = ()
    """Model versions that came from it, however far back."""
    source: Source | None = None
    """Where its content came from, or stands when the store does not hold it."""
    seen: Sighting | None = None
    """When the source was last seen to hold it."""


class SourceCheck(Answer, frozen=True, kw_only=True):
    """Whether the source of a dataset version is still what it was."""

    reference: str
    place: str
    state: Literal["unchanged", "superseded", "changed", "gone"]
    sentence: str

    @property
    def exit_status(self) -> int:
        """4 when it changed and 3 when it is gone, as whoever then wants its content gets."""
        return {"changed": 4, "gone": 3}.get(self.state, 0)


class Contents(Answer, frozen=True, kw_only=True):
    """The files of a dataset version, a model version or a run: their tree, and how much is in it."""

    reference: str
    tree: Digest
    file_count: int
    size_bytes: int
    kept: bool = True
    """Whether the store holds them; otherwise they stand at the source of the dataset version."""


class FileLine(Answer, frozen=True, kw_only=True):
    """One file of a tree."""

    path: str
    digest: Digest
    size_bytes: int
    mode: str


class Placed(Answer, frozen=True, kw_only=True):
    """Files that were put in place."""

    reference: str
    tree: Digest
    path: str
    written: int
    removed: int
    kept: int


class Transfer(Answer, frozen=True, kw_only=True):
    """Bytes that went to a remote or came from one. ``files`` and ``size_bytes`` are what was moved; the rest was there."""

    reference: str
    remote: str
    files: int
    size_bytes: int
    present: int = 0


class Changes(Answer, frozen=True, kw_only=True):
    """What differs between a place in the workspace and the tree that was last added from it, or put there."""

    path: str
    tree: Digest
    reference: str = ""
    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.modified or self.removed)


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


class ModelAnswer(Answer, frozen=True, kw_only=True):
    """A model: its versions, newest first, and what stands where."""

    reference: str
    name: str
    created_by: str
    created_at: int
    version_count: int
    stages: dict[str, str]
    versions: tuple[VersionLine, ...] = ()


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
    """What the gate of a stage says of a version."""

    reference: str
    stage: str
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    champion: str = ""

    @property
    def exit_status(self) -> int:
        """5 when the version may not pass, as a refused promotion exits."""
        return 5 if self.outcome in {"fail", "inconclusive"} else 0


class EvaluationAnswer(Answer, frozen=True, kw_only=True):
    """How a version did on a dataset."""

    reference: str
    dataset: str
    evaluation: Evaluation
    environment: str


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


class Difference(Answer, frozen=True, kw_only=True):
    """One thing that differs. Absent on a side: empty there."""

    part: str
    name: str
    left: str = ""
    right: str = ""


class Diff(Answer, frozen=True, kw_only=True):
    """Everything in which two versions or two runs differ."""

    left: str
    right: str
    same: bool
    differences: tuple[Difference, ...] = ()
    code_diff: str = ""


class Node(Answer, frozen=True, kw_only=True):
    """A thing in the lineage. ``depth`` counts the steps from where the question began; upstream is positive."""

    digest: str
    kind: str
    reference: str
    depth: int


class Edge(Answer, frozen=True, kw_only=True):
    """``child`` came from ``parent``; ``trust`` is verified, declared or inferred."""

    child: str
    parent: str
    role: str
    trust: str
    detail: str = ""


class Lineage(Answer, frozen=True, kw_only=True):
    """The graph around a thing, from raw data to deployments."""

    reference: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool = False


class Found(Answer, frozen=True, kw_only=True):
    """What a search found: versions or runs, best first."""

    query: str
    versions: tuple[VersionLine, ...] = ()
    runs: tuple[RunAnswer, ...] = ()
    note: str = ""


class LogLine(Answer, frozen=True, kw_only=True):
    """One act."""

    sequence: int
    at: int
    by: str
    operation: str
    subject: str
    outcome: str
    request: str
    detail: str
    digest: Digest


class Problem(Answer, frozen=True, kw_only=True):
    """Something in the repository that is not what it was."""

    what: str
    where: str
    used_by: tuple[str, ...] = ()


class Verification(Answer, frozen=True, kw_only=True):
    """What was checked, and everything that was wrong."""

    objects: int
    blobs: int
    size_bytes: int
    journal_entries: int
    problems: tuple[Problem, ...] = ()

    @property
    def exit_status(self) -> int:
        """7, as everything that found corrupt bytes."""
        return 7 if self.problems else 0


class Collection(Answer, frozen=True, kw_only=True):
    """Bytes that nothing names: what went, or, unless ``deleted``, what would go."""

    where: str
    deleted: bool
    packs: int
    blobs: int
    size_bytes: int
    recipes: int = 0
    temporary: int = 0
    purged_bytes: int = 0
    """What the quarantine gave up for good."""


class Repair(Answer, frozen=True, kw_only=True):
    """What was mended, and what is still wrong."""

    mended: tuple[str, ...] = ()
    indexed_packs: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def exit_status(self) -> int:
        """7, as everything that found corrupt bytes."""
        return 7 if self.problems else 0


class Finding(Answer, frozen=True, kw_only=True):
    """What was found by trying one thing. ``kind`` is here, needed, enforced or speed; ``answer`` yes, no or unknown."""

    kind: str
    name: str
    answer: str
    meaning: str
    detail: str = ""
    is_needed: bool
    """Whether Lineal cannot do without it."""


class Diagnosis(Answer, frozen=True, kw_only=True):
    """What was found of a repository and, where one was named, of the remote at ``reference``."""

    reference: str
    findings: tuple[Finding, ...]

    @property
    def exit_status(self) -> int:
        """8 when something that is needed cannot be had."""
        return 8 if any(each.is_needed and each.answer == "no" for each in self.findings) else 0


class RemoteAnswer(Answer, frozen=True, kw_only=True):
    """A place that holds copies of bytes."""

    reference: str
    name: str
    url: str
    options: dict[str, str]
    is_default: bool
    added_by: str
    created_at: int


class CardAnswer(Answer, frozen=True, kw_only=True):
    """A model card as Markdown, and the state of each human section: fresh, stale or missing."""

    reference: str
    markdown: str
    sections: dict[str, str] = {}
