"""The tables ``[[hook]]`` of a policy: programs that are told of acts, or asked before a move; and the one that records in Git."""

from __future__ import annotations

import re
import shlex
from fnmatch import fnmatchcase

import msgspec

from lineal.checks.policies.git import GitPolicy
from lineal.checks.policies.tables import STAGES
from lineal.formats.webhook_messages import EVENTS

MOVED = "model_version.stage_changed"
"""The one event that a hook can be asked about before it happens."""

GIT = "git"
"""What the hook is called that records moves in Git."""

TIMEOUT_MAX_S = 3_600.0
_GIT_S = 300.0
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_GIT_EVENTS = (MOVED, "model_version_alias.*", "model_version.created", "version.removed")


class HookPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program that is told of acts after they were done, or asked before a version moves.

    Args:
        name: what it is called.
        on: which events, as webhooks name them; ``*`` and ``?`` stand for what they stand for in names of files.
        run: the program and its arguments; as one text it is cut into words as a shell cuts them.
        shell: have the shell read the text.
        before: ask it before a move, which does not happen when its exit status is not 0.
        stages: only moves to these stages, and what is said of versions for them or in them.
        models: only models of these names; ``*`` and ``?`` as above.
        timeout_s: after so many seconds it is ended.
        environment: variables of the environment that it gets, beside the few that every program needs.
    """

    name: str
    on: tuple[str, ...] = ()
    run: str | tuple[str, ...]
    shell: bool = False
    before: bool = False
    stages: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    timeout_s: float = 60.0
    environment: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could never be run, or never be heard of."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name must be of small letters, digits and hyphens, not {self.name!r}")
        if not self.on and not self.before:
            raise ValueError("on must name what it is told of, such as model_version.stage_changed")
        if wrong := next((each for each in self.on if not any(fnmatchcase(name, each) for name in EVENTS)), ""):
            raise ValueError(f"on: there is no event {wrong!r}; there are {', '.join(EVENTS)}")
        if self.before and (other := next((each for each in EVENTS if self.hears(each) and each != MOVED), "")):
            raise ValueError(f"on: a hook can be asked before {MOVED} only, and this one also hears of {other}")
        if unknown := next((each for each in self.stages if each not in ("none", *STAGES)), ""):
            raise ValueError(f"stages: there is no stage {unknown!r}")
        if self.shell and not isinstance(self.run, str):
            raise ValueError("run must be one text where a shell reads it")
        if not self.command or not self.command[0]:
            raise ValueError("run must be a command")
        if not 0 < self.timeout_s <= TIMEOUT_MAX_S:
            raise ValueError(f"timeout_s must be more than zero and at most {TIMEOUT_MAX_S:g}, not {self.timeout_s}")
        if bad := next((each for each in self.environment if not _VARIABLE.fullmatch(each)), ""):
            raise ValueError(f"environment: {bad!r} is the name of no variable")

    @property
    def command(self) -> str | tuple[str, ...]:
        """What is run: one text for the shell, else the program and its arguments. Raises ValueError."""
        if isinstance(self.run, str):
            return self.run.strip() if self.shell else tuple(shlex.split(self.run))
        return self.run

    def wants(self, event: str, model: str, stage: str) -> bool:
        """Tell whether it hears of an event that is about a model, and a stage or none."""
        return (
            self.hears(event)
            and (not self.stages or stage in self.stages)
            and (not self.models or any(fnmatchcase(model, each) for each in self.models))
        )

    def hears(self, event: str) -> bool:
        """Tell whether it hears of an event at all."""
        return any(fnmatchcase(event, each) for each in self.on or (MOVED,))


def recording(git: GitPolicy) -> tuple[HookPolicy, ...]:
    """Return the hook that records moves in Git, where the policy has a branch for that."""
    if not git.branch:
        return ()
    return (HookPolicy(name=GIT, on=_GIT_EVENTS, run=("git",), timeout_s=_GIT_S),)
