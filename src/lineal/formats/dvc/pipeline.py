"""``dvc.yaml``: the stages of a pipeline as people write them, and the artifacts that have a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from lineal.formats.dvc import yaml12
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared

_HINT = "dvc stage list says what DVC makes of it"


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What a stage should do. Paths may hold ``${…}``, which DVC fills in."""

    cmd: str | tuple[str, ...] = ""
    wdir: str = "."
    desc: str = ""
    metrics: tuple[str, ...] = ()


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """A file that has a name; what GTO's tags speak of."""

    path: str
    type: str = ""
    desc: str = ""
    labels: tuple[str, ...] = ()
    meta: dict[str, Any] = {}


class Pipeline(msgspec.Struct, frozen=True, kw_only=True):
    """A ``dvc.yaml``. ``metrics`` are files beside those of the stages."""

    stages: dict[str, Stage] = {}
    artifacts: dict[str, Artifact] = {}
    metrics: tuple[str, ...] = ()

    def stage_of(self, name: str) -> Stage:
        """Return the stage that a lock calls ``name``: one of many stands behind an ``@``."""
        return self.stages.get(name) or self.stages.get(name.partition("@")[0]) or Stage()


def parse(data: bytes, what: str) -> Pipeline:
    """Return what a ``dvc.yaml`` says of stages and artifacts; what only DVC needs is passed over.

    Args:
        data: its bytes.
        what: its name, for the message of an error.

    Raises:
        Invalid: it is no pipeline of DVC.
    """
    value = yaml12.load(data, what) or {}
    if not isinstance(value, dict):
        raise Invalid(f"{what} is no pipeline of DVC", hint=_HINT)
    stages = _named(value.get("stages"), what)
    try:
        return msgspec.convert(
            {
                "stages": {name: _stage(each, what) for name, each in stages.items()},
                "artifacts": _named(value.get("artifacts"), what),
                "metrics": list(_paths(value.get("metrics"), what)),
            },
            prepared(Pipeline),
        )
    except msgspec.ValidationError as error:
        raise Invalid(f"{what} is not understood: {error}", hint=_HINT) from None


def _named(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value or {}, dict):
        raise Invalid(f"{what} is not understood: {value!r} has no names", hint=_HINT)
    return {str(name): each for name, each in (value or {}).items()}


def _stage(value: Any, what: str) -> dict[str, Any]:
    """Return what we read of a stage; that of many (``foreach``, ``matrix``) is what each of them does."""
    inner = value.get("do", value) if isinstance(value, dict) else value
    if not isinstance(inner, dict):
        raise Invalid(f"{what} is not understood: {value!r} is no stage", hint=_HINT)
    said = {name: inner[name] for name in ("cmd", "wdir", "desc") if inner.get(name) is not None}
    return {**said, "metrics": list(_paths(inner.get("metrics"), what))}


def _paths(value: Any, what: str) -> Iterator[str]:
    """Yield the paths of a list in which each stands alone or with its options."""
    for each in value or ():
        paths = list(each) if isinstance(each, dict) else [each]
        if not all(isinstance(path, str) for path in paths):
            raise Invalid(f"{what} is not understood: {each!r} is no path", hint=_HINT)
        yield from paths


def fits(template: str, path: str) -> bool:
    """Tell whether ``path`` can be what DVC makes of ``template``, whatever it fills in."""
    parts = re.split(r"\$\{[^}]*\}", template)
    return re.fullmatch(".+".join(re.escape(each) for each in parts), path) is not None
