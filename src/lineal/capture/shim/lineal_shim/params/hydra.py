"""Record the configuration that Hydra composed for a program, and how it was overridden."""

from __future__ import annotations

import re
import sys

from ..guarding import alike, also, quietly
from ..writing import gap
from .flat import flattened
from .telling import COMMAND_LINE, tell

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_REFERENCE = re.compile(r"\$\{(\.*)([\w./-]+)\}")
_STEPS_MAX = 10


def watch_jobs(hydra_config: Any) -> None:
    """Record the configuration of each job; ``hydra_config`` is ``hydra.core.hydra_config``."""
    original = hydra_config.HydraConfig.set_config

    def set_config(self: Any, cfg: Any) -> Any:
        result = original(self, cfg)
        quietly(_note_job, cfg)
        return result

    hydra_config.HydraConfig.set_config = alike(set_config, original)


def watch_compose(compose: Any) -> None:
    """Record what programs compose themselves."""
    also(compose, "compose", lambda result, _arguments, _named: _note(container(result)))


def watch_omegaconf(omegaconf: Any) -> None:
    """Record what a program takes from its command line with ``OmegaConf.from_cli``."""
    original = omegaconf.OmegaConf.from_cli

    def from_cli(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        quietly(lambda: tell("omegaconf", resolved(container(result)), COMMAND_LINE))
        return result

    omegaconf.OmegaConf.from_cli = staticmethod(alike(from_cli, original))


def _note_job(config: Any) -> None:
    whole = container(config)
    ours = whole.pop("hydra", None) or {}
    if "MULTIRUN" in str(ours.get("mode")):
        if not ours.get("job", {}).get("override_dirname") and str(ours.get("job", {}).get("num", "???")) == "???":
            return  # what a sweep starts from; its jobs follow
        gap("hydra: a sweep ran its jobs in one program; the parameters are those of its last job")
    overrides = (ours.get("overrides") or {}).get("task") or []
    choices = (ours.get("runtime") or {}).get("choices") or {}
    said = {"overrides": overrides} if overrides else {}
    chosen = {group: name for group, name in choices.items() if not str(group).startswith("hydra/")}
    _note(whole, **{"hydra": {**said, "choices": chosen}})


def _note(whole: dict[str, Any], **more: object) -> None:
    found = dict(resolved(whole))
    found.update(flattened(more))
    tell("hydra", found.items(), COMMAND_LINE)


def container(config: Any) -> dict[str, Any]:
    """Return a configuration of OmegaConf as dictionaries, references as they are written."""
    # Resolving would call resolvers of the program's own, which may count or read the environment.
    found = sys.modules["omegaconf"].OmegaConf.to_container(config, resolve=False, enum_to_str=True)
    return found if isinstance(found, dict) else {}


def resolved(values: object) -> Iterator[tuple[str, object]]:
    """Yield the flat names of nested ``values``; texts that refer to another name have its value, others stay."""
    flat = dict(flattened(values))
    for name, value in flat.items():
        yield name, _resolved(flat, name, value, _STEPS_MAX)


def _resolved(flat: dict[str, object], name: str, value: object, steps: int) -> object:
    if not isinstance(value, str) or "${" not in value or not steps:
        return value

    def target(match: re.Match[str]) -> str:
        dots, path = match.groups()
        above = name.split(".")[: -len(dots)] if dots else []
        return ".".join([*above, path])

    whole = _REFERENCE.fullmatch(value)
    if whole is not None:
        other = target(whole)
        return _resolved(flat, other, flat[other], steps - 1) if other in flat else value

    def put(match: re.Match[str]) -> str:
        other = target(match)
        return str(_resolved(flat, other, flat[other], steps - 1)) if other in flat else match.group()

    return _REFERENCE.sub(put, value)
