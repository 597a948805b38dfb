"""The semantic version that the evidence asks for: what differs from the version before, and how much it matters.

Major: a caller or the serving side may break. Minor: other weights may answer otherwise. Patch: the weights are the
same bytes, so every answer is the same. The level is the highest of the findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from lineal.objects.digest import short
from lineal.objects.runs import ModelFacts
from lineal.objects.semantic import FIRST, Level, parse_semantic
from lineal.objects.statements import Bump, Evaluation
from lineal.objects.versions import Version

_ORDER: tuple[Level, ...] = ("patch", "minor", "major")
_LISTED = 6

WIDENS = frozenset(
    (narrow, wide)
    for chain in (
        ("int8", "int16", "int32", "int64"),
        ("uint8", "uint16", "uint32", "uint64"),
        ("uint8", "int16"),
        ("uint16", "int32"),
        ("uint32", "int64"),
        ("float16", "float32", "float64"),
        ("int8", "float16"),
        ("int16", "float32"),
        ("int32", "float64"),
        ("uint16", "float32"),
        ("uint32", "float64"),
    )
    for place, narrow in enumerate(chain)
    for wide in chain[place + 1 :]
)
"""Dtypes that hold every value of another: (narrow, wide). int64 → float64 is not here, as it loses digits."""


_TEXT = dict.fromkeys(("object", "str", "string", "string[python]", "string[pyarrow]"), "text")
"""pandas has had several names for a column of text; callers send the same."""


class Finding(NamedTuple):
    """One difference, and the level that it alone asks for."""

    level: Level
    sentence: str

    def __str__(self) -> str:
        return f"{self.level}: {self.sentence}"


def derive(
    previous: Version | None,
    current: Version,
    *,
    previous_semantic: str = "",
    evaluation: Evaluation | None = None,
    previous_evaluation: Evaluation | None = None,
) -> Bump:
    """Return the semantic version of ``current``, with every finding behind it.

    Args:
        previous: the version it follows; None for the first.
        current: the new version.
        previous_semantic: the semantic version of ``previous``.
        evaluation: of the new version, when there is one already.
        previous_evaluation: of ``previous`` on the same dataset.

    Raises:
        Invalid: ``previous_semantic`` is no semantic version.
    """
    if previous is None:
        return Bump(semantic=str(FIRST), level="first", findings=("first: the first version of this model",))
    found = [
        *schema_findings(previous.facts, current.facts),
        *_framework(previous.facts, current.facts),
        *_weights(previous, current),
        *_recipe(previous, current),
        *_measured(previous_evaluation, evaluation),
    ] or [Finding("patch", "nothing that is recorded differs")]
    level = max((each.level for each in found), key=_ORDER.index)
    found.sort(key=lambda each: -_ORDER.index(each.level))
    return Bump(
        semantic=str(parse_semantic(previous_semantic).bumped(level)),
        level=level,
        findings=tuple(str(each) for each in found),
        previous=previous_semantic,
    )


def schema_findings(old: ModelFacts, new: ModelFacts) -> tuple[Finding, ...]:
    """Return what callers would notice of the inputs and outputs; major where they break."""
    return (*_inputs(old, new), *_outputs(old, new))


def _inputs(old: ModelFacts, new: ModelFacts) -> Iterator[Finding]:
    """Yield what differs in what callers must send, which may only become less."""
    if not old.inputs or not new.inputs:
        return
    if added := [name for name in new.inputs if name not in old.inputs]:
        yield Finding("major", f"callers must now send {_listed(added)}")
    if removed := [name for name in old.inputs if name not in new.inputs]:
        yield Finding("minor", f"{_listed(removed)} {_be(removed)} no longer read; a server ignores what is sent")
    for name, before, after in _retyped(old.inputs, new.inputs):
        level: Level = "minor" if (before, after) in WIDENS else "major"
        how = "takes more than before" if level == "minor" else "may refuse what it took before"
        yield Finding(level, f"the input {name} was {before} and is {after}, so it {how}")


def _outputs(old: ModelFacts, new: ModelFacts) -> Iterator[Finding]:
    """Yield what differs in what callers get, which may only become more exact."""
    if old.classes and new.classes and old.classes != new.classes:
        yield Finding("major", f"the classes were {_listed(old.classes)} and are {_listed(new.classes)}")
    if not old.outputs or not new.outputs:
        return
    if removed := [name for name in old.outputs if name not in new.outputs]:
        yield Finding("major", f"{_listed(removed)} {_be(removed)} no longer answered")
    if added := [name for name in new.outputs if name not in old.outputs]:
        yield Finding("minor", f"{_listed(added)} {_be(added)} answered as well")
    for name, before, after in _retyped(old.outputs, new.outputs):
        level: Level = "minor" if (after, before) in WIDENS else "major"
        yield Finding(level, f"the output {name} was {before} and is {after}")


def _framework(old: ModelFacts, new: ModelFacts) -> Iterator[Finding]:
    if old.framework and new.framework and old.framework != new.framework:
        yield Finding("major", f"the framework was {old.framework} and is {new.framework}; a server loads it otherwise")
    elif old.framework_version != new.framework_version and old.framework_version and new.framework_version:
        yield Finding(*_upgrade(new.framework, old.framework_version, new.framework_version))
    if old.architecture and new.architecture and old.architecture != new.architecture:
        removed, added = _lines(old.architecture, new.architecture), _lines(new.architecture, old.architecture)
        detail = (
            f": {_listed(removed) or 'nothing'} gave way to {_listed(added) or 'nothing'}" if removed or added else ""
        )
        yield Finding("minor", f"the model is built otherwise{detail}")


def _upgrade(framework: str, before: str, after: str) -> tuple[Level, str]:
    # scikit-learn 1.4 does not promise to load what 1.3 wrote; a fix release does.
    level: Level = "patch" if before.split(".")[:2] == after.split(".")[:2] else "minor"
    return level, f"{framework} {before} became {after}"


def _weights(old: Version, new: Version) -> Iterator[Finding]:
    if old.source or new.source:
        yield Finding("minor", f"{_elsewhere(old, new)}, so answers may differ")
    elif old.weights == new.weights:
        yield Finding("patch", f"the weights are the same bytes ({short(new.weights)}), so every answer is the same")
    else:
        yield Finding("minor", f"other weights ({short(old.weights)} → {short(new.weights)}), so answers may differ")


def _elsewhere(old: Version, new: Version) -> str:
    """Say what is known of weights that are not here."""
    if old.source == new.source:
        return f"the weights are at {new.source}, as before, but nobody knows which bytes were there"
    return f"the weights are at {new.source or 'hand'} and were at {old.source or 'hand'}"


def _recipe(old: Version, new: Version) -> Iterator[Finding]:
    """Yield what differs in what went into it: minor at most, and a patch when the weights stayed the same."""
    level: Level = "patch" if old.weights == new.weights and not new.source else "minor"
    if data := list(_data(old, new)):
        yield Finding(level, f"trained on other data: {_listed(data)}")
    if params := list(_changed(old.params, new.params)):
        yield Finding(level, f"other parameters: {_listed(params)}")
    if metrics := list(_changed(old.metrics, new.metrics)):
        yield Finding(level, f"its own metrics: {_listed(metrics)}")
    if old.code != new.code:
        yield Finding("patch", f"other code ({short(old.code)} → {short(new.code)})")
    if old.runtime != new.runtime:
        yield Finding("patch", f"another runtime ({short(old.runtime)} → {short(new.runtime)})")
    if old.main_file != new.main_file:
        yield Finding("patch", f"the model's file was {old.main_file} and is {new.main_file}")
    if old.card != new.card:
        yield Finding("patch", "another card")


def _data(old: Version, new: Version) -> Iterator[str]:
    before = {each.path: each.dataset or each.digest for each in old.data}
    after = {each.path: each.dataset or each.digest for each in new.data}
    for path in sorted({*before, *after}):
        if path not in after:
            yield f"{path} is gone"
        elif path not in before:
            yield f"{path} is new ({short(after[path])})"
        elif before[path] != after[path]:
            yield f"{path} {short(before[path])} → {short(after[path])}"


def _measured(old: Evaluation | None, new: Evaluation | None) -> Iterator[Finding]:
    if not old or not new or old.dataset != new.dataset:
        return
    if changed := list(_changed(old.overall.metrics, new.overall.metrics)):
        yield Finding("minor", f"it answers otherwise on the held-out rows: {_listed(changed)}")


def _changed(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if (before := old.get(name, "unset")) != (after := new.get(name, "unset")):
            yield f"{name} {_shown(before)} → {_shown(after)}"


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _retyped(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(old.keys() & new.keys()):
        before, after = _TEXT.get(old[name], old[name]), _TEXT.get(new[name], new[name])
        if before and after and before != after:
            yield name, before, after


def _lines(text: str, other: str) -> list[str]:
    known = {line.strip() for line in other.splitlines()}
    return [line.strip() for line in text.splitlines() if line.strip() not in known]


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return ", ".join(found[:_LISTED]) + more


def _be(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
