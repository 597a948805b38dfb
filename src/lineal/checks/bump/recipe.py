"""What went into a version: weights, data, parameters, code, packages; and what was measured of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lineal.checks.bump.rules import Seen, listed
from lineal.objects.digest import short
from lineal.objects.runs import Runtime
from lineal.objects.statements import Evaluation
from lineal.objects.structures import Structure
from lineal.objects.versions import Version

_TOOLS = frozenset({"pip", "setuptools", "wheel", "uv"})
"""What installs packages is no part of what a model runs with."""


_OF_GPUS = ("apex", "causal-conv1d", "cudf-cu", "cuml-cu", "cupy-", "flash-attn", "mamba-ssm", "tensorrt")
"""How distributions are called that do nothing without a GPU. Those of CUDA itself come with a PyTorch that runs without one."""


def weights_seen(old: Version, new: Version, *, is_rewritten: bool, is_replayed: bool = False) -> Iterator[Seen]:
    """Yield what is known of the weights: exactly one difference, or sameness.

    Args:
        old: the version before.
        new: the version.
        is_rewritten: whether every tensor of both was read and is the same.
        is_replayed: whether all golden requests are answered as before.
    """
    change = f"{short(old.weights)} → {short(new.weights)}"
    if old.source or new.source:
        yield Seen("weights-elsewhere", f"{_elsewhere(old, new)}, so answers may differ")
    elif old.weights == new.weights:
        yield Seen(
            "weights-same", f"the weights are the same bytes ({short(new.weights)}), so every answer is the same"
        )
    elif is_rewritten:
        sentence = f"every tensor is the same in files that were written anew ({change}), so every answer is the same"
        yield Seen("weights-rewritten", sentence, new.main_file)
    else:
        then = "which answer all golden requests alike" if is_replayed else "so answers may differ"
        yield Seen("retrained", f"other weights ({change}), {then}", new.main_file)


def _elsewhere(old: Version, new: Version) -> str:
    """Say what is known of weights that are not here."""
    if old.source == new.source:
        return f"the weights are at {new.source}, as before, but nobody knows which bytes were there"
    return f"the weights are at {new.source or 'hand'} and were at {old.source or 'hand'}"


def recipe_seen(old: Version, new: Version) -> Iterator[Seen]:
    """Yield what differs in what went into it."""
    if data := dict(_data(old, new)):
        yield Seen("data-changed", f"trained on other data: {listed(data.values())}", ", ".join(data))
    if params := list(changed(old.params, new.params)):
        yield Seen("params-changed", f"other parameters: {listed(params)}", _where(old.params, new.params))
    if metrics := list(changed(old.metrics, new.metrics)):
        yield Seen("metrics-changed", f"its own metrics: {listed(metrics)}", _where(old.metrics, new.metrics))
    if old.code != new.code:
        yield Seen("code-changed", f"other code ({short(old.code)} → {short(new.code)})")
    if old.main_file != new.main_file:
        yield Seen("main-file-changed", f"the model's file was {old.main_file} and is {new.main_file}", new.main_file)
    if old.card != new.card:
        yield Seen("card-changed", "another card")


def own_code_seen(old: Version, new: Version, structure: Structure | None) -> Iterator[Seen]:
    """Yield whether code of its own, which the model's classes are in, changed: that may answer otherwise."""
    if structure is None or old.code == new.code:
        return
    classes = [line.rpartition(": ")[2].strip() for line in structure.architecture.splitlines()]
    if own := sorted({each for each in classes if each.startswith("__main__.")}):
        sentence = f"it is built of {listed(own)}, and the code beside it is other, so answers may differ"
        yield Seen("own-code-changed", sentence, ", ".join(own))


def runtime_seen(old: Version, new: Version, before: Runtime | None, after: Runtime | None) -> Iterator[Seen]:
    """Yield what differs in what it ran with.

    Args:
        old: the version before.
        new: the version.
        before: the runtime of the version before, where that is known.
        after: the runtime of the version, where that is known.
    """
    if old.runtime == new.runtime:
        return
    found = list(_runtime(before, after)) if before and after else []
    yield from found or [Seen("runtime-changed", f"another runtime ({short(old.runtime)} → {short(new.runtime)})")]


def _runtime(before: Runtime, after: Runtime) -> Iterator[Seen]:
    if before.python and after.python and before.python.split(".")[:2] != after.python.split(".")[:2]:
        yield Seen("python-changed", f"Python {before.python} became {after.python}", "python")
    had = {each.name for each in before.packages}
    if needs := sorted(each.name for each in after.packages if each.name.startswith(_OF_GPUS) and each.name not in had):
        yield Seen("device-needed", f"it runs with {listed(needs)}, which needs a GPU", ", ".join(needs))
    left, right = ({each.name: each.version for each in side.packages if each.name not in _TOOLS} for side in (before, after))  # fmt: skip
    patched = [name for name in left if name in right and left[name] != right[name] and _release(left[name]) == _release(right[name])]  # fmt: skip
    other = [name for name in sorted({*left, *right}) if left.get(name) != right.get(name) and name not in patched]
    for rule, names in (("package-upgraded", other), ("package-patched", patched)):
        if names:
            said = (f"{name} {left.get(name, 'absent')} → {right.get(name, 'absent')}" for name in names)
            yield Seen(rule, f"it ran with other packages: {listed(said)}", ", ".join(names))


def _release(version: str) -> list[str]:
    return version.split(".")[:2]


def _data(old: Version, new: Version) -> Iterator[tuple[str, str]]:
    before = {each.path: each.dataset or each.digest for each in old.data}
    after = {each.path: each.dataset or each.digest for each in new.data}
    for path in sorted({*before, *after}):
        if path not in after:
            yield path, f"{path} is gone"
        elif path not in before:
            yield path, f"{path} is new ({short(after[path])})"
        elif before[path] != after[path]:
            yield path, f"{path} {short(before[path])} → {short(after[path])}"


def measured_seen(old: Evaluation | None, new: Evaluation | None) -> Iterator[Seen]:
    """Yield what differs in what was measured of both on the same rows."""
    if not old or not new or old.dataset != new.dataset:
        return
    if said := list(changed(old.overall.metrics, new.overall.metrics)):
        where = _where(old.overall.metrics, new.overall.metrics)
        yield Seen("answers-changed", f"it answers otherwise on the held-out rows: {listed(said)}", where)


def changed(old: Mapping[str, object], new: Mapping[str, object], unset: object = "unset") -> Iterator[str]:
    """Yield each name whose values differ, with both."""
    for name in sorted({*old, *new}):
        if (before := old.get(name, unset)) != (after := new.get(name, unset)):
            yield f"{name} {_shown(before)} → {_shown(after)}"


def _where(old: Mapping[str, object], new: Mapping[str, object]) -> str:
    return ", ".join(sorted(name for name in {*old, *new} if old.get(name, "unset") != new.get(name, "unset")))


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
