"""The rules of semantic versions as a table: what each is about, and the level that it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from lineal.objects.semantic import Level

LEVELS: tuple[Level, ...] = ("patch", "minor", "major")
"""From the lowest to the highest."""

_LISTED = 6


class Rule(NamedTuple):
    """A rule.

    Args:
        level: what it asks for.
        about: what it is about, for the table of rules.
        what: when it applies, in a sentence.
        equal: what it asks for where the weights are the same; by default ``level``.
        replayed: what it asks for where all golden requests are answered as before; by default ``level``.
    """

    level: Level
    about: str
    what: str
    equal: Level | None = None
    replayed: Level | None = None


RULES: dict[str, Rule] = {
    "input-added": Rule("major", "inputs", "callers must send an input that was not there"),
    "input-added-optional": Rule("minor", "inputs", "callers may send an input that was not there"),
    "input-removed": Rule("minor", "inputs", "an input is no longer read, and servers ignore what is sent"),
    "input-removed-strict": Rule("major", "inputs", "an input is no longer read, and servers refuse what they do not know"),
    "input-type-widened": Rule("minor", "inputs", "an input takes every value that it took, and more"),
    "input-type-narrowed": Rule("major", "inputs", "an input may refuse a value that it took, or lose digits of it"),
    "input-now-required": Rule("major", "inputs", "an input may no longer be left out"),
    "input-now-optional": Rule("minor", "inputs", "an input may be left out"),
    "input-shape-free": Rule("minor", "inputs", "a dimension of an input may have any size now"),
    "input-shape": Rule("major", "inputs", "an input has another shape"),
    "input-category-dropped": Rule("major", "inputs", "a category of an input is no longer known"),
    "input-category-added": Rule("minor", "inputs", "an input knows more categories"),
    "output-removed": Rule("major", "outputs", "an output is gone, or has another name"),
    "output-added": Rule("minor", "outputs", "there is one more output"),
    "output-type-narrowed": Rule("minor", "outputs", "every value of an output fits the type that it had"),
    "output-type": Rule("major", "outputs", "a value of an output may not fit the type that it had"),
    "output-now-optional": Rule("major", "outputs", "an output may be missing"),
    "output-now-required": Rule("minor", "outputs", "an output is never missing any more"),
    "output-shape": Rule("major", "outputs", "an output has another shape"),
    "output-labels": Rule("major", "outputs", "the labels, or their order, are others"),
    "framework-changed": Rule("major", "loading", "another framework loads it"),
    "loader-changed": Rule("major", "loading", "the file held its own classes and holds tensors alone, or the other way round: serving code must change"),
    "format-changed": Rule("minor", "loading", "it is kept in another format of the same framework", "patch", replayed="patch"),
    "framework-upgraded": Rule("minor", "loading", "the framework has another minor or major version"),
    "framework-patched": Rule("patch", "loading", "the framework has another patch version"),
    "python-changed": Rule("major", "loading", "Python has another minor version"),
    "package-upgraded": Rule("minor", "loading", "a package has another minor or major version, or is new or gone", replayed="patch"),
    "package-patched": Rule("patch", "loading", "a package has another patch version"),
    "device-needed": Rule("major", "loading", "what loads it needs a device that it did not need, such as a GPU"),
    "opset-raised": Rule("major", "loading", "a graph asks for a newer set of operators, or one that it did not use"),
    "opset-lowered": Rule("minor", "loading", "a graph asks for an older set of operators"),
    "architecture-changed": Rule("major", "architecture", "it is built of other classes"),
    "operators-changed": Rule("major", "architecture", "its graph has other operators"),
    "tensor-added": Rule("major", "architecture", "there are more tensors"),
    "tensor-removed": Rule("major", "architecture", "tensors are gone, or have other names"),
    "tensor-reshaped": Rule("major", "architecture", "tensors have other shapes"),
    "tensor-retyped": Rule("minor", "architecture", "tensors of the same shapes have other types"),
    "hyperparameters-changed": Rule("minor", "recipe", "what the model was constructed with is other", "patch"),
    "params-changed": Rule("minor", "recipe", "parameters of its run are other", "patch"),
    "data-changed": Rule("minor", "recipe", "it was trained on other data", "patch"),
    "metrics-changed": Rule("minor", "recipe", "its run measured other figures", "patch", replayed="patch"),
    "own-code-changed": Rule("minor", "recipe", "the model is of classes of the code beside it, and that code is other", replayed="patch"),
    "code-changed": Rule("patch", "recipe", "the code of its run is other"),
    "runtime-changed": Rule("patch", "recipe", "something else of what it ran with is other"),
    "main-file-changed": Rule("patch", "recipe", "its file has another name"),
    "card-changed": Rule("patch", "recipe", "its card is other"),
    "retrained": Rule("minor", "weights", "the weights are other", replayed="patch"),
    "weights-elsewhere": Rule("minor", "weights", "the weights are elsewhere, so that nobody knows their bytes"),
    "weights-same": Rule("patch", "weights", "the weights are the same bytes"),
    "weights-rewritten": Rule("patch", "weights", "every tensor is the same, in a file that was written anew"),
    "answers-changed": Rule("minor", "answers", "it answers otherwise on the same held-out rows"),
    "replay-equal": Rule("patch", "answers", "it answers every golden request of the version before as that did"),
    "replay-differs": Rule("minor", "answers", "it answers golden requests otherwise"),
    "replay-accepted": Rule("minor", "answers", "it answers golden requests that the version before refused"),
    "replay-unstable": Rule("minor", "answers", "the same request is answered otherwise each time, so nothing can be compared", "patch"),
    "replay-form": Rule("major", "answers", "answers to golden requests have another form: types, names, lengths, classes"),
    "replay-refused": Rule("major", "answers", "it refuses, or fails at, a golden request that the version before answered"),
    "replay-not-done": Rule("patch", "answers", "golden requests were not replayed, or none is answered, so that they prove nothing"),
}  # fmt: skip
"""Every rule by its id."""


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """What a repository thinks of the rules.

    Args:
        extra_inputs: whether servers ignore inputs that a model does not know, or refuse them.
        levels: the level of a rule, by its id, where it is another than the usual one.
    """

    extra_inputs: Literal["ignored", "refused"] = "ignored"
    levels: dict[str, Level] = {}

    def of(self, rule: str, *, is_equal: bool = False, is_replayed: bool = False) -> Level:
        """Return the level of a rule; ``is_equal``: the weights are the same, ``is_replayed``: the golden answers are."""
        usual = RULES[rule]
        return self.levels.get(rule) or (is_equal and usual.equal) or (is_replayed and usual.replayed) or usual.level


class Finding(NamedTuple):
    """One difference, and the level that it alone asks for.

    Args:
        level: what it asks for.
        sentence: what differs, for people.
        rule: the id of the rule that says so.
        where: an input, an output, a tensor, a parameter, a path; several are joined by commas.
    """

    level: Level
    sentence: str
    rule: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.level}: {self.sentence}"


class Seen(NamedTuple):
    """A difference before anybody said how much it matters.

    Args:
        rule: the id of its rule.
        sentence: what differs, for people.
        where: as in ``Finding``.
    """

    rule: str
    sentence: str
    where: str = ""


def listed(names: Iterable[str]) -> str:
    """Return names as a text, the first of them."""
    found = list(names)
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return ", ".join(found[:_LISTED]) + more


def are(names: list[str]) -> str:
    """Return the verb for one name or several."""
    return "is" if len(names) == 1 else "are"
