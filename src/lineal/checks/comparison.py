"""Everything in which two runs or versions differ, part by part, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from lineal.objects.canonical import Number, Scalar
from lineal.objects.digest import Digest
from lineal.objects.files import Entry
from lineal.objects.runs import Code, ModelFacts, Runtime, Seeds


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
        "seeds": {**{name: str(seed) for name, seed in side.seeds.set.items()}, **side.seeds.flags},
        "model": dict(_model(side.facts)),
        "packages": {each.name: each.version for each in runtime.packages},
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
            }
        )


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
            "memory": f"{hardware.memory_bytes / 2**30:.1f} GiB" if hardware.memory_bytes else "",
            "accelerators": ", ".join(hardware.accelerators),
        }
    )


def _set(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in texts.items() if text)


def _texts(values: Mapping[str, Scalar]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in values.items()
    }
