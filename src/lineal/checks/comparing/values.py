"""Everything in which two runs or versions differ, part by part, for people to read."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Container, Iterator, Mapping
from typing import NamedTuple

import msgspec

from lineal.objects.canonical import Number, Scalar
from lineal.objects.code import Code, Submodule
from lineal.objects.digest import Digest
from lineal.objects.files import Entry
from lineal.objects.runs import ModelFacts, Seeds
from lineal.objects.runtime import Package, Runtime


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two: whatever is known of it. ``data`` and ``outputs`` map a path to its digest.

    ``read`` and ``written`` map the address of an object elsewhere to the state it was in, ``queries`` a text of SQL to what
    it gave; ``more`` are facts of a run that no part here speaks of, by name.
    """

    code: Code | None = None
    runtime: Runtime | None = None
    params: dict[str, Scalar] = {}
    metrics: dict[str, Number] = {}
    data: dict[str, Digest] = {}
    read: dict[str, str] = {}
    queries: dict[str, str] = {}
    seeds: Seeds = Seeds()
    facts: ModelFacts = ModelFacts()
    weights: tuple[Entry, ...] = ()
    command: tuple[str, ...] = ()
    outputs: dict[str, Digest] = {}
    written: dict[str, str] = {}
    more: dict[str, str] = {}


class Change(NamedTuple):
    """One thing that differs; empty on the side that has none. ``note`` says what kind of difference it is."""

    part: str
    name: str
    left: str
    right: str
    note: str = ""


def compare(left: Side, right: Side) -> tuple[Change, ...]:
    """Return what differs, part by part in the order in which people look for causes, and within a part by name."""
    before, after = parts_of(left), parts_of(right)
    return tuple(
        Change(part, name, one, other, _NOTES[part](one, other) if part in _NOTES and one and other else "")
        for part in before
        for name in sorted({*before[part], *after[part]})
        if (one := before[part].get(name, "")) != (other := after[part].get(name, ""))
        or (name in before[part]) != (name in after[part])
    )


def equal_parts(left: Side, right: Side) -> tuple[str, ...]:
    """Return the parts of which something is known, and which are the same on both sides."""
    before, after = parts_of(left), parts_of(right)
    return tuple(part for part, values in before.items() if values and values == after[part] and part != "more")


def parts_of(side: Side) -> dict[str, dict[str, str]]:
    """Return each part as names and texts; what is unset is left out."""
    runtime = side.runtime or Runtime()
    return {
        "data": {**side.data, **side.read},
        "queries": dict(side.queries),
        "code": dict(_code(side.code)),
        "command": {"command": shlex.join(side.command)} if side.command else {},
        "params": _texts(side.params),
        "seeds": {
            **{name: str(seed) for name, seed in side.seeds.set.items()},
            **side.seeds.flags,
            # What was seeded began anew there.
            **{f"start of {name}": state for name, state in side.seeds.states.items() if name not in side.seeds.set},
        },
        "model": dict(_model(side.facts)),
        "packages": {each.name: _package(each) for each in (*runtime.conda_packages, *runtime.packages)},
        "runtime": dict(_runtime(runtime)),
        "hardware": dict(_hardware(runtime)),
        "weights": {each.path: f"{each.digest} {each.mode}" for each in side.weights},
        "outputs": {**side.outputs, **side.written},
        "metrics": _texts(side.metrics),
        "more": side.more,
    }


def _code(code: Code | None) -> Iterator[tuple[str, str]]:
    if code:
        yield from _set(
            {
                "entry point": code.entry_point,
                "commit": code.commit,
                "branch": code.branch,
                "remote": code.remote,
                "changes since the commit": code.diff or "",
                "sources that Git does not know": code.untracked or "",
                **rest(code, CODE_TOLD),
                "modules from elsewhere": code.imported or "",
                "state": ", ".join(code.state),
                **{f"submodule {each.path}": _submodule(each) for each in code.submodules},
                **{f"notebook {each.path}": each.stripped or "" for each in code.notebooks},
                **{f"cells of {each.path}": each.cells or "" for each in code.notebooks},
            }
        )


def _submodule(submodule: Submodule) -> str:
    return " ".join(filter(None, (submodule.commit, submodule.diff, submodule.untracked)))


def _package(package: Package) -> str:
    """Return version and origin of a package; its files say nothing new unless they were changed by hand."""
    said = (package.version, package.commit, "with changes" if package.is_changed else "")
    return " ".join(filter(None, said))


def _model(facts: ModelFacts) -> Iterator[tuple[str, str]]:
    yield from _set(
        {
            "framework": f"{facts.framework} {facts.framework_version}".strip(),
            "architecture": facts.architecture,
            "classes": ", ".join(facts.classes),
            **{f"input {name}": dtype or "any" for name, dtype in facts.inputs.items()},
            **{f"output {name}": dtype or "any" for name, dtype in facts.outputs.items()},
        }
    )


def _runtime(runtime: Runtime) -> Iterator[tuple[str, str]]:
    yield from _set(
        {
            "python": runtime.python,
            "implementation": runtime.implementation,
            "platform": runtime.platform,
            "libc": runtime.libc,
            "build": runtime.build,
            "system": runtime.system,
            "locale": runtime.locale,
            "time zone": runtime.time_zone,
            "container": runtime.container.image_id or runtime.container.image or runtime.container.kind,
            **{f"variable {name}": value for name, value in runtime.variables.items()},
            **{f"library {name}": value for name, value in runtime.libraries.items()},
            **{f"lock {name}": digest for name, digest in runtime.locks.items()},
            **rest(runtime, RUNTIME_TOLD),
        }
    )


def _hardware(runtime: Runtime) -> Iterator[tuple[str, str]]:
    hardware = runtime.hardware
    yield from _set(
        {
            "machine": hardware.machine,
            "processor": hardware.processor,
            "cores": str(hardware.core_count or ""),
            "memory": _gibibytes(hardware.memory_bytes),
            "features": ", ".join(hardware.processor_features),
            "accelerators": ", ".join(hardware.accelerators),
            **rest(hardware, HARDWARE_TOLD),
            "driver": hardware.driver,
            "limit of cores": f"{hardware.cpu_limit_millicores / 1000:g}" if hardware.cpu_limit_millicores else "",
            "limit of memory": _gibibytes(hardware.memory_limit_bytes),
        }
    )


CODE_TOLD = {
    "entry_point", "commit", "branch", "remote", "diff", "untracked", "masked_secrets", "imported", "state", "submodules",
    "notebooks",
}  # fmt: skip
RUNTIME_TOLD = {
    "python", "implementation", "platform", "libc", "packages", "locks", "hardware", "variables", "libraries",
    "conda_packages", "packages_before", "lock_checks", "container",
}  # fmt: skip
HARDWARE_TOLD = {
    "machine", "processor", "core_count", "memory_bytes", "accelerators", "processor_features", "driver",
    "cpu_limit_millicores", "memory_limit_bytes", "looked_for_accelerators",
}  # fmt: skip
"""Fields that have words of their own, here and where a run is shown."""


def rest(value: msgspec.Struct, told: Container[str]) -> dict[str, str]:
    """Return the fields of a value that are not in ``told``, as texts by name; those that are not set are left out.

    So a field that is new is compared and shown before anybody writes words for it.
    """
    found = {}
    for each in msgspec.structs.fields(value):
        held = getattr(value, each.name)
        if each.name not in told and held != each.default and held not in ("", (), {}, None):
            plain = msgspec.to_builtins(held)
            name = each.name.replace("_", " ")
            found[name] = plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()
    return found


def _of_versions(left: str, right: str) -> str:
    """Tell which way a package went."""
    one, other = ([int(part) for part in re.findall(r"\d+", each)] for each in (left, right))
    return "upgraded" if one < other else "downgraded" if one > other else "another build"


def _of_numbers(left: str, right: str) -> str:
    """Tell by how much a number changed, and that in relation to what it was."""
    try:
        was, now = float(left), float(right)
    except ValueError:
        return ""
    if not (math.isfinite(was) and math.isfinite(now)):
        return ""
    relative = f" ({(now - was) / abs(was):+.2%})" if was else ""
    return f"{now - was:+.6g}{relative}"


_NOTES: dict[str, Callable[[str, str], str]] = {
    "packages": _of_versions,
    "params": _of_numbers,
    "metrics": _of_numbers,
}
"""What more can be said of two values of a part."""


def _gibibytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.1f} GiB" if size_bytes else ""


def _set(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in texts.items() if text)


def _texts(values: Mapping[str, Scalar]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in values.items()
    }
