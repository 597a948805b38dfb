"""``dvc.lock``: what each stage of a pipeline read, with which parameters, and what it wrote."""

from __future__ import annotations

from typing import Any

import msgspec

from lineal.formats.dvc import yaml12
from lineal.formats.dvc.pointer import Out, out_of
from lineal.objects.errors import Invalid, Unsupported
from lineal.objects.prepared import prepared

SCHEMA = "2.0"


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a stage. ``params`` are values by key, by the file they came from."""

    cmd: str | tuple[str, ...]
    deps: tuple[Out, ...] = ()
    params: dict[str, dict[str, Any]] = {}
    outs: tuple[Out, ...] = ()

    @property
    def commands(self) -> tuple[str, ...]:
        """What was run, one command after the other."""
        return (self.cmd,) if isinstance(self.cmd, str) else self.cmd


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A ``dvc.lock``: stages by name. ``datasets`` is kept as it stands."""

    stages: dict[str, Stage] = {}
    datasets: Any = None


def parse(data: bytes, what: str) -> Lock:
    """Return what a ``dvc.lock`` says; one of DVC 1, without a schema, too.

    Args:
        data: its bytes.
        what: its name, for the message of an error.

    Raises:
        Invalid: it is no lock of DVC.
        Unsupported: a newer DVC wrote it.
    """
    value = yaml12.load(data, what) or {"schema": SCHEMA}
    if not isinstance(value, dict):
        raise Invalid(f"{what} is no lock of DVC", hint="dvc repro writes one")
    schema = value.get("schema")
    if schema is not None and str(schema) != SCHEMA:
        raise Unsupported(f"{what} has schema {schema}; we know {SCHEMA}", hint="upgrade Lineal")
    stages = (value if schema is None else value.get("stages")) or {}
    if not isinstance(stages, dict):
        raise Invalid(f"{what} is no lock of DVC: its stages have no names", hint="dvc repro writes one")
    return Lock(
        stages={str(name): _stage(each, f"the stage {name} of {what}") for name, each in stages.items()},
        datasets=value.get("datasets") if schema is not None else None,
    )


def _stage(value: Any, what: str) -> Stage:
    if not isinstance(value, dict):
        raise Invalid(f"{what} is not understood: {value!r} is no stage", hint="dvc repro writes the file again")
    listed = {name: value.get(name) or [] for name in ("deps", "outs")}
    if not all(isinstance(each, list) for each in listed.values()):
        raise Invalid(f"{what} is not understood: its deps or outs are no list", hint="dvc repro writes the file again")
    said = {name: [out_of(item, what) for item in each] for name, each in listed.items()}
    try:
        return msgspec.convert({**value, **said, "params": value.get("params") or {}}, prepared(Stage))
    except msgspec.ValidationError as error:
        raise Invalid(f"{what} is not understood: {error}", hint="dvc repro writes the file again") from None


def write(lock: Lock) -> bytes:
    """Return the bytes of a lock, byte for byte what DVC writes."""
    stages = {name: _said(each) for name, each in lock.stages.items()}
    datasets = {} if lock.datasets is None else {"datasets": lock.datasets}
    return yaml12.dump({"schema": SCHEMA, **({"stages": stages} if stages else {}), **datasets})


def _said(stage: Stage) -> dict[str, Any]:
    cmd = stage.cmd if isinstance(stage.cmd, str) else list(stage.cmd)
    said = {
        "deps": [_item(each) for each in stage.deps],
        "params": stage.params,
        "outs": [_item(each) for each in stage.outs],
    }
    return {"cmd": cmd, **{name: each for name, each in said.items() if each}}


def _item(out: Out) -> dict[str, Any]:
    said = {
        "path": out.path,
        "hash": out.hash,
        "md5": out.md5,
        "size": out.size_bytes,
        "nfiles": out.file_count,
        "isexec": out.is_executable,
        "cloud": out.cloud,
    }
    return {name: each for name, each in said.items() if each or (each == 0 and each is not False)}
