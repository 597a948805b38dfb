"""Statements: what was learned about a digest after it was made."""

from __future__ import annotations

from typing import Literal

from lineal.objects.canonical import Number, Object
from lineal.objects.costs import Cost
from lineal.objects.digest import Digest
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.objects.replays import AnswerChanges, Golden, Replay
from lineal.objects.scans import Scan
from lineal.objects.structures import Structure

Outcome = Literal["pass", "warn", "fail", "inconclusive"]


class SliceResult(Object, frozen=True):
    """Metrics on one subgroup of the rows: ``feature`` equals ``value``. Both empty: all rows.

    ``counts`` is the confusion matrix as ``actual/predicted`` → rows; ``intervals`` are 95 % confidence intervals.
    ``feature`` and ``value`` of an intersection have `` & `` between their parts. Rows that were too few to be measured have
    no metrics. ``query_count``: of a ranking, the queries with something to find.
    """

    row_count: int
    metrics: dict[str, Number]
    feature: str = ""
    value: str = ""
    intervals: dict[str, tuple[float, float]] = {}
    counts: dict[str, int] = {}
    query_count: int = 0


class Evaluation(Object, frozen=True, tag="evaluation"):
    """How a version did on a dataset: overall, and on every subgroup of ``slices``.

    ``predictions`` is the digest of a JSON-lines blob, one row each, in the dataset's order: what paired tests need.
    ``query`` is the column that groups the rows of a ranking. ``edges`` are where columns of numbers were cut into ranges.
    ``functions`` are the user's own that measured, ``function`` the one that took the whole version; its numbers alone are
    the task ``other``. ``replicates`` is how often rows were drawn anew for the intervals of those.
    """

    dataset: Digest
    task: Literal["binary", "multiclass", "regression", "ranking", "other"]
    label: str
    overall: SliceResult
    slices: tuple[SliceResult, ...] = ()
    positive: str = ""
    predictions: Digest | None = None
    duration_ms: int = 0
    query: str = ""
    edges: dict[str, tuple[float, ...]] = {}
    minimum_rows: int = 0
    functions: tuple[str, ...] = ()
    function: str = ""
    replicates: int = 0
    executor: str = ""
    cost: Cost | None = None


class Verdict(Object, frozen=True):
    """What one check of a gate concluded, and why. ``evidence`` holds the numbers behind the sentence."""

    check: str
    outcome: Outcome
    reason: str
    evidence: dict[str, Number] = {}


class GateReport(Object, frozen=True, tag="gate"):
    """The answer of a gate: one verdict per check, in the policy's order."""

    stage: str
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    policy: Digest
    champion: Digest | None = None


class Approval(Object, frozen=True, tag="approval"):
    """A person stood up for a version before a stage."""

    stage: str
    comment: str = ""


class Cause(Object, frozen=True):
    """By which rule something was found, and where: an input, a tensor, a parameter, a path; several by commas."""

    rule: str
    where: str = ""


class Bump(Object, frozen=True, tag="bump"):
    """Why a version got its semantic version: the level, and each finding as ``level: sentence``.

    ``causes`` has the rule of each finding, in the same order; statements from before there were rules have none.
    ``pre_release`` is the pre-release before it, if there was one since the release, and ``since_pre_release`` what changed
    since that; nothing where it became the release.
    """

    semantic: str
    level: Literal["first", "major", "minor", "patch"]
    findings: tuple[str, ...]
    previous: str = ""
    overridden_because: str = ""
    causes: tuple[Cause, ...] = ()
    pre_release: str = ""
    since_pre_release: tuple[str, ...] = ()


class CardEdit(Object, frozen=True, tag="card-edit"):
    """A person wrote a new text for the human sections of a version's card, or read them again and ``is_confirmed`` them.

    ``sections`` are the ids of those that were written or confirmed.
    """

    card: Digest
    sections: tuple[str, ...] = ()
    is_confirmed: bool = False


class Observation(Object, frozen=True, tag="observation"):
    """What answered where a version was deployed."""

    deployment: str
    observed: Digest | None
    healthy: bool
    request_count: int = 0


class Sighting(Object, frozen=True, tag="sighting"):
    """The source of a dataset version was read, and held exactly that content.

    ``read_at`` is the time by the source's own clock where it has one; ``snapshot`` is what it calls its state then.
    """

    read_at: int
    snapshot: str = ""


class Signature(Object, frozen=True, tag="signature"):
    """Somebody signed the files of a version. ``bundle`` is the blob that holds the signature, ``key`` what it names."""

    bundle: Digest
    key: str = ""


Predicate = (
    Evaluation
    | GateReport
    | Approval
    | Bump
    | CardEdit
    | Observation
    | Sighting
    | Signature
    | Structure
    | Scan
    | OutsideEvaluation
    | Golden
    | Replay
    | AnswerChanges
)


class Statement(Object, frozen=True, tag="statement"):
    """An immutable sentence about a digest: who said what, and when."""

    subject: Digest
    predicate: Predicate
    by: str
    at: int
