"""What the model is built of: its framework, its classes, its tensors and operators, what it was constructed with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lineal.checks.bump.recipe import changed
from lineal.checks.bump.rules import Seen, listed
from lineal.objects.runs import ModelFacts
from lineal.objects.structures import DEVICES, Structure, TensorInfo

_FRAMEWORKS = {"scikit-learn": "sklearn", "pytorch": "torch"}
"""What a framework is called where that is not its module's name."""

_COUNTED = re.compile(r": \d+ (?:rounds|trees)$")
"""How much a model learned is no part of how it is built."""


def framework_seen(old: ModelFacts, new: ModelFacts) -> Iterator[Seen]:
    """Yield what differs in the framework, which loads the model."""
    before, after = _framework(old), _framework(new)
    if before and after and before != after:
        sentence = f"the framework was {old.framework} and is {new.framework}; a server loads it otherwise"
        yield Seen("framework-changed", sentence, new.framework)
    elif old.framework_version != new.framework_version and old.framework_version and new.framework_version:
        # scikit-learn 1.4 does not promise to load what 1.3 wrote; a fix release does.
        is_patch = old.framework_version.split(".")[:2] == new.framework_version.split(".")[:2]
        rule = "framework-patched" if is_patch else "framework-upgraded"
        sentence = f"{new.framework} {old.framework_version} became {new.framework_version}"
        yield Seen(rule, sentence, new.framework)


def _framework(facts: ModelFacts) -> str:
    return _FRAMEWORKS.get(facts.framework, facts.framework)


def described_seen(old: ModelFacts, new: ModelFacts) -> Iterator[Seen]:
    """Yield what differs in what frameworks said of the architecture, where the files say nothing of it."""
    before, after = (_COUNTED.sub("", each.architecture) for each in (old, new))
    if before and after and before != after:
        yield Seen("architecture-changed", *_gave_way(before, after))


def structure_seen(old: Structure, new: Structure) -> Iterator[Seen]:
    """Yield what differs between what the files of two versions say that they are."""
    yield from _loading(old, new)
    if old.fingerprint and new.fingerprint and old.fingerprint != new.fingerprint and _framework_of(old, new):
        yield from _architecture(old, new)
    if params := list(changed(old.params, new.params)):
        where = ", ".join(sorted(name for name in {*old.params, *new.params} if _differ(old.params, new.params, name)))
        yield Seen("hyperparameters-changed", f"the model was constructed otherwise: {listed(params)}", where)


def is_bare(structure: Structure) -> bool:
    """Tell whether files hold tensors alone, so that whoever loads them must build the model."""
    return bool(structure.tensors) and not structure.architecture and not structure.operators


def _loading(old: Structure, new: Structure) -> Iterator[Seen]:
    if not old.format or not new.format:
        return
    if is_bare(old) != is_bare(new) and _framework_of(old, new):
        held, holds = ("its classes", "tensors alone") if is_bare(new) else ("tensors alone", "its classes")
        yield Seen("loader-changed", f"its files held {held} and hold {holds}; what loads it must change", new.format)
    if (devices := new.facts.get(DEVICES, "")) and DEVICES not in old.facts:
        sentence = f"its tensors were saved on {devices}, so what loads them needs one, or must say where to put them"
        yield Seen("device-needed", sentence, devices)
    if old.format != new.format:
        yield Seen("format-changed", f"it was kept as {old.format} and is kept as {new.format}", new.format)
    raised = [each for each in new.opsets if new.opsets[each] > old.opsets.get(each, 0)]
    lowered = [each for each in new.opsets if new.opsets[each] < old.opsets.get(each, 0)]
    for rule, names in (("opset-raised", raised), ("opset-lowered", lowered)):
        if old.opsets and names:
            said = (f"{each or 'ai.onnx'} {old.opsets.get(each, 'unused')} → {new.opsets[each]}" for each in names)
            yield Seen(rule, f"the graph's operators are of other sets: {listed(said)}", ", ".join(names))


def _framework_of(old: Structure, new: Structure) -> bool:
    """Tell whether two structures are of one framework: of two, nothing can be compared."""
    return old.framework == new.framework or not old.framework or not new.framework


def _architecture(old: Structure, new: Structure) -> Iterator[Seen]:
    if is_bare(old) != is_bare(new):
        return
    if old.architecture != new.architecture:
        yield Seen("architecture-changed", *_gave_way(old.architecture, new.architecture))
        if old.tensor_count and new.tensor_count and old.operators == new.operators and _is_network(old, new):
            yield from _tensors(old.tensors, new.tensors)
        return
    found = [*_operators(old, new)]
    if _is_network(old, new):
        found += _tensors(old.tensors, new.tensors)
    yield from found or [Seen("architecture-changed", "the model is built otherwise: its fingerprint is another")]


def _is_network(old: Structure, new: Structure) -> bool:
    """Tell whether tensors are parts of the architecture: what estimators and trees learned has the shape of the data."""
    return not {old.format, new.format} & {"joblib", "pickle", "skops", "pmml", "xgboost", "lightgbm", "catboost"}


def _operators(old: Structure, new: Structure) -> Iterator[Seen]:
    if old.operators != new.operators:
        said = changed(old.operators, new.operators, unset=0)
        where = ", ".join(sorted(each for each in {*old.operators, *new.operators} if _differ(old.operators, new.operators, each)))  # fmt: skip
        yield Seen("operators-changed", f"the graph has other operators: {listed(said)}", where)


def _tensors(old: Iterable[TensorInfo], new: Iterable[TensorInfo]) -> Iterator[Seen]:
    before, after = ({each.name: each for each in side} for side in (old, new))
    both = [name for name in after if name in before]
    reshaped = [name for name in both if before[name].shape != after[name].shape]
    retyped = [name for name in both if before[name].dtype != after[name].dtype]
    for rule, names, what in (
        ("tensor-removed", [name for name in before if name not in after], "are gone"),
        ("tensor-added", [name for name in after if name not in before], "are new"),
    ):
        if names:
            yield Seen(rule, f"tensors {what}: {listed(names)}", ", ".join(names))
    if reshaped:
        said = (f"{name} {_size(before[name])} → {_size(after[name])}" for name in reshaped)
        yield Seen("tensor-reshaped", f"tensors have other shapes: {listed(said)}", ", ".join(reshaped))
    if retyped:
        said = (f"{name} {before[name].dtype} → {after[name].dtype}" for name in retyped)
        yield Seen("tensor-retyped", f"tensors have other types: {listed(said)}", ", ".join(retyped))


def _size(tensor: TensorInfo) -> str:
    return "×".join(map(str, tensor.shape)) or "scalar"


def _gave_way(before: str, after: str) -> tuple[str, str]:
    removed, added = _lines(before, after), _lines(after, before)
    detail = f": {listed(removed) or 'nothing'} gave way to {listed(added) or 'nothing'}" if removed or added else ""
    return f"the model is built otherwise{detail}", ", ".join(added or removed)


def _lines(text: str, other: str) -> list[str]:
    known = {line.strip() for line in other.splitlines()}
    return [line.strip() for line in text.splitlines() if line.strip() not in known]


def _differ(old: Mapping[str, object], new: Mapping[str, object], name: str) -> bool:
    return old.get(name, _UNSET) != new.get(name, _UNSET)


_UNSET = object()
