"""Objects as scikit-learn builds them: what they were constructed with, what they learned, what is in them.

Attributes that end in ``_`` are learned; those that begin with it are its own; all others are parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from lineal.formats.structures.found import ITEMS_MAX, LINES_MAX, Found, text
from lineal.formats.structures.instances import attributes_of, class_of, is_instance, listed, plain
from lineal.objects.canonical import Scalar
from lineal.objects.structures import Field

DEPTH_MAX = 32

FRAMEWORKS = {"sklearn": "scikit-learn"}
"""What the distribution of a module is called, where that differs."""

_VERSIONS = ("_sklearn_version", "_lineal_version", "__version__")
_CONSTRUCTED = 5
"""So many values of a list among the parameters are kept."""


class Estimators:
    """Walks from an estimator to those in it.

    Args:
        file: where the bytes of arrays are.
        found: gets what is found.
    """

    def __init__(self, file: BinaryIO, found: Found) -> None:
        self._file = file
        self._found = found
        self._seen: set[int] = set()

    def read(self, root: Any) -> None:
        """Write down an estimator and everything that it was constructed with."""
        self._visit("", "", root, 0)
        self._found.is_learned_shape = True
        self._found.inputs = dict(self._inputs(root))
        self._found.classes = tuple(text(each) for each in self._learned(root, "classes_"))

    def _visit(self, label: str, prefix: str, value: Any, depth: int) -> None:
        if id(value) in self._seen or depth > DEPTH_MAX or len(self._found.lines) > LINES_MAX:
            return
        self._seen.add(id(value))
        name = class_of(value)
        self._found.lines.append("  " * depth + (f"{label}: {name}" if label else name))
        attributes = attributes_of(value)
        for each in _VERSIONS:
            if isinstance(version := attributes.get(each), str) and not self._found.framework_version:
                self._found.framework_version = text(version)
        for attribute, each in attributes.items():
            if attribute.startswith("_") or attribute.endswith("_"):
                continue
            self._parameter(prefix + attribute, attribute, prefix, each, depth)

    def _parameter(self, name: str, label: str, prefix: str, value: Any, depth: int) -> None:
        params = self._found.params
        is_plain, said = plain(self._file, value)
        if is_plain and len(params) <= ITEMS_MAX:
            params[name] = said
        elif is_instance(value):
            self._visit(label, f"{name}__", value, depth + 1)
        elif isinstance(value, list | tuple):
            parts = list(_named(value))
            for part, each in parts:
                self._visit(part, f"{prefix}{part}__", each, depth + 1)
            if not parts and len(params) <= ITEMS_MAX:
                params[name] = _listed(listed(self._file, value), len(value))

    def _inputs(self, root: Any) -> Iterator[tuple[str, Field]]:
        names = self._learned(root, "feature_names_in_")
        if names:
            yield from ((text(each), Field()) for each in names)
        elif isinstance(count := self._said(root, "n_features_in_"), int) and 0 < count < 1 << 32:
            yield "X", Field(shape=(-1, count))

    def _learned(self, root: Any, attribute: str) -> tuple[Any, ...]:
        return next(
            (said for each in self._chain(root, attribute) if (said := listed(self._file, each.get(attribute)))), ()
        )

    def _said(self, root: Any, attribute: str) -> Scalar:
        found = (plain(self._file, each[attribute]) for each in self._chain(root, attribute) if attribute in each)
        return next((said for is_plain, said in found if is_plain), None)

    def _chain(self, root: Any, attribute: str) -> Iterator[Mapping[str, Any]]:
        """Yield the attributes of what speaks for an estimator: the first step for inputs, the last for classes."""
        for _ in range(DEPTH_MAX):
            attributes = attributes_of(root)
            yield attributes
            steps = attributes.get("steps")
            parts = [each for _, each in _named(steps)] if isinstance(steps, list | tuple) else []
            parts = (
                parts
                or [
                    attributes[each]
                    for each in ("best_estimator_", "estimator_", "estimator", "regressor_")
                    if is_instance(attributes.get(each))
                ][:1]
            )
            if not parts:
                return
            root = parts[-1 if attribute == "classes_" else 0]


def _named(values: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a composed estimator: pairs of a name and an estimator, perhaps with columns."""
    for place, each in enumerate(values[:ITEMS_MAX]):
        if isinstance(each, tuple) and len(each) in {2, 3} and isinstance(each[0], str) and is_instance(each[1]):
            yield each[0], each[1]
        elif is_instance(each):
            yield str(place), each


def _listed(values: tuple[Any, ...], count: int) -> str:
    shown = ", ".join(text(each) for each in values[:_CONSTRUCTED])
    if not values and count:
        return f"{count:,} values"
    return f"[{shown}{f', … {len(values):,} values' if len(values) > _CONSTRUCTED else ''}]"
