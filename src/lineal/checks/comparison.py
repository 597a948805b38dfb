"""Everything in which two runs or versions differ, part by part, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from lineal.objects.canonical import Number, Scalar
from lineal.objects.code import Code, Submodule
from lineal.objects.digest import Digest
from lineal.objects.files import Entry
from lineal.objects.runs import ModelFacts, Seeds
from lineal.objects.runtime import Package, Runtime


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two: whatever is known of it. ``data`` maps a path that was read to its digest."""

    code: Code | None = None
    runtime: Runtime | None = None
    params: dict[str, Scalar] = {}
    metrics: dict[str, Number] = {}
    data: dict[str, Digest] = {}
    seeds: Seeds = Seeds()
    facts: ModelFacts = ModelFacts()
    weights: tuple[Entry, ...] = ()


class Change(NamedTuple):
    """One thing that differs; empty on the side that has none."""

    part: str
    name: str
    left: str
    right: str


def compare(left: Side, right: Side) -> tuple[Change, ...]:
    """Return what differs: data, code, params, seeds, model, packages, runtime, hardware, weights, metrics; by name."""
    before, after = _parts(left), _parts(right)
    return tuple(
        Change(part, name, before[part].get(name, ""), after[part].get(name, ""))
        for part in before
        for name in sorted({*before[part], *after[part]})
        if before[part].get(name) != after[part].get(name)
    )


def _parts(side: Side) -> dict[str, dict[str, str]]:
    """Return each part as names and texts; what is unset is left out."""
    runtime = side.runtime or Runtime()
    return {
        "data": dict(side.data),
        "code": dict(_code(side.code)),
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
        "metrics": _texts(side.metrics),
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
            "driver": hardware.driver,
            "limit of cores": f"{hardware.cpu_limit_millicores / 1000:g}" if hardware.cpu_limit_millicores else "",
            "limit of memory": _gibibytes(hardware.memory_limit_bytes),
        }
    )


def _gibibytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.1f} GiB" if size_bytes else ""


def _set(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in texts.items() if text)


def _texts(values: Mapping[str, Scalar]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in values.items()
    }
