"""Answers about models and versions as a registry shows them, and about who is told of what happens to them."""

from __future__ import annotations

from typing import Literal

from lineal.objects.digest import Digest
from lineal.objects.secret import Secret
from lineal.operations.answers.answer import Answer
from lineal.operations.answers.models import Promotion


class RegisteredVersion(Answer, frozen=True, kw_only=True):
    """A version of a model as a registry shows it: where it stands, where its files are, and what is said of it.

    ``run`` is the id of the run that made it, empty where nobody named one; ``location`` is where programs find its files.
    """

    reference: str
    model: str
    number: int
    semantic: str
    stage: str
    digest: Digest
    description: str
    source: str
    location: str
    run: str
    run_link: str
    logged_model: str
    status: Literal["pending", "ready", "failed"]
    status_message: str
    created_by: str
    created_at: int
    updated_at: int
    tags: dict[str, str] = {}
    aliases: tuple[str, ...] = ()


class RegisteredModel(Answer, frozen=True, kw_only=True):
    """A model as a registry shows it. ``latest`` holds the newest version of each stage that has one."""

    reference: str
    name: str
    description: str
    created_by: str
    created_at: int
    updated_at: int
    tags: dict[str, str] = {}
    aliases: dict[str, int] = {}
    latest: tuple[RegisteredVersion, ...] = ()


class WebhookAnswer(Answer, frozen=True, kw_only=True):
    """An address that wants to hear of acts. Its secret is never shown; ``is_signed`` tells whether it has one."""

    reference: str
    id: str
    name: str
    description: str
    url: str
    events: tuple[str, ...]
    state: Literal["active", "disabled"]
    format: str = "mlflow"
    is_signed: bool
    created_by: str
    created_at: int
    updated_at: int


class WebhookTest(Answer, frozen=True, kw_only=True):
    """What came of a message that was sent to try a webhook."""

    reference: str
    success: bool
    status: int | None = None
    body: str = ""
    problem: str = ""


class NewSecretAnswer(Answer, frozen=True, kw_only=True):
    """The new secret of a webhook, where one was made: told this once. The one before signs too until ``previous_until``."""

    reference: str
    id: str
    secret: Secret
    previous_until: int


class HookAnswer(Answer, frozen=True, kw_only=True):
    """A program that the policy names for acts: ``waiting`` counts what it is still to be told, ``dead`` what nobody tells it."""

    reference: str
    name: str
    on: tuple[str, ...]
    run: str
    before: bool
    stages: tuple[str, ...]
    models: tuple[str, ...]
    timeout_s: float
    runs_here: bool
    waiting: int
    dead: int


class RecordLine(Answer, frozen=True, kw_only=True):
    """The file of a model in Git: ``written`` by a commit, the ``same`` as before, or ``wished`` where it asks for a move."""

    reference: str
    model: str
    state: str
    commit: str = ""


class Wish(Answer, frozen=True, kw_only=True):
    """What a commit asks for: a version in a stage, or at an alias; no version where an alias is to go.

    ``state`` is ``wanted``, then ``made`` or ``refused``, or ``conflict`` where something else moved meanwhile. ``expect`` is
    what must still stand there.
    """

    reference: str
    model: str
    version: str
    kind: str
    name: str
    expect: str
    state: str
    detail: str


class DeliveryLine(Answer, frozen=True, kw_only=True):
    """A message to a webhook: ``waiting``, ``sending``, ``delivered``, or ``dead`` when nobody tries any more."""

    id: str
    webhook: str
    event: str
    state: str
    attempt_count: int
    due_at: int | None
    status: int | None
    problem: str
    created_at: int
    ended_at: int | None


class HoldAnswer(Answer, frozen=True, kw_only=True):
    """What keeps a version, whose reference it has, from being removed."""

    reference: str
    id: str
    kind: str
    reason: str
    placed_by: str
    placed_at: int
    released_by: str = ""
    released_at: int | None = None
    released_because: str = ""


class RemovedVersion(Answer, frozen=True, kw_only=True):
    """What is left of a version that was removed."""

    reference: str
    digest: str
    number: int
    removed_by: str
    removed_at: int
    reason: str

    @property
    def remark(self) -> str:
        """Which value it was, and why it went."""
        return f"removed {self.digest}: {self.reason}"


class PlannedMove(Answer, frozen=True, kw_only=True):
    """Versions that are to move to a stage at a time, all of them or none; or what came of that."""

    reference: str
    id: str
    versions: tuple[str, ...]
    stage: str
    due_at: int
    force: bool
    reason: str
    planned_by: str
    planned_at: int
    state: str
    detail: str = ""
    ended_at: int | None = None


class Moves(Answer, frozen=True, kw_only=True):
    """Versions that moved together."""

    reference: str
    promotions: tuple[Promotion, ...]
