"""skops: a zip of a JSON that describes Python objects, and of arrays as NumPy saves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zipfile import ZipFile

from lineal.formats.structures.estimators import FRAMEWORKS
from lineal.formats.structures.found import ITEMS_MAX, LINES_MAX, Found, info, text
from lineal.formats.structures.instances import numbers
from lineal.formats.structures.readable import as_dict, as_list, as_text, json_of
from lineal.formats.tensors.numpy_files import member_array
from lineal.formats.tensors.tensor import Tensor, corrupt
from lineal.formats.tensors.zips import within
from lineal.objects.canonical import Scalar
from lineal.objects.errors import Corrupt
from lineal.objects.structures import Field

SCHEMA = "schema.json"
DEPTH_MAX = 32
_JSON_BYTES_MAX = 64 << 20


def read(archive: ZipFile) -> Found:
    """Return what is in a file. Raises Corrupt."""
    if archive.getinfo(SCHEMA).file_size > _JSON_BYTES_MAX:
        raise corrupt(f"its {SCHEMA} has {archive.getinfo(SCHEMA).file_size:,} bytes")
    with within(archive, SCHEMA) as member:
        root = as_dict(json_of(member.read(_JSON_BYTES_MAX), f"its {SCHEMA}"))
    found = Found("skops", is_learned_shape=True)
    found.facts = {name.strip("_"): as_text(root.get(name)) for name in ("_skops_version", "protocol") if name in root}
    reader = _Reader(archive, found)
    reader.visit("", "", root, 0)
    module = as_text(root.get("__module__")).partition(".")[0]
    found.framework = FRAMEWORKS.get(module, module)
    found.inputs = dict(reader.inputs(root))
    found.classes = tuple(text(each) for each in reader.learned(root, "classes_"))
    return found


class _Reader:
    def __init__(self, archive: ZipFile, found: Found) -> None:
        self._archive = archive
        self._found = found
        self._names = set(archive.namelist())

    def visit(self, label: str, prefix: str, node: Mapping[str, Any], depth: int) -> None:
        """Write down an object and those that it was constructed with."""
        lines = self._found.lines
        if depth > DEPTH_MAX or len(lines) > LINES_MAX:
            return
        lines.append("  " * depth + (f"{label}: {_class(node)}" if label else _class(node)))
        for name, each in _attributes(node).items():
            if name == "_sklearn_version":
                self._found.framework_version = self._found.framework_version or text(_plain(each)[1])
            if name.endswith("_") and not name.startswith("_") and (array := self._array(each)):
                self._found.tensors.append(info(f"{prefix}{name}", array.dtype, array.shape))
            if name.startswith("_") or name.endswith("_"):
                continue
            is_plain, said = _plain(each)
            if is_plain and len(self._found.params) <= ITEMS_MAX:
                self._found.params[prefix + name] = said
            elif _attributes(each):
                self.visit(name, f"{prefix}{name}__", as_dict(each), depth + 1)
            else:
                for part, inner in _named(each):
                    self.visit(part, f"{prefix}{part}__", inner, depth + 1)

    def inputs(self, root: Mapping[str, Any]) -> Iterator[tuple[str, Field]]:
        """Yield what the estimator was trained with."""
        names = self.learned(root, "feature_names_in_")
        for each in _chain(root, last=False):
            is_plain, count = _plain(_attributes(each).get("n_features_in_"))
            if not names and is_plain and type(count) is int and 0 < count < 1 << 32:
                yield "X", Field(shape=(-1, count))
                return
        yield from ((text(each), Field()) for each in names)

    def learned(self, root: Mapping[str, Any], attribute: str) -> tuple[Any, ...]:
        """Return the values of a small array that was learned."""
        for each in _chain(root, last=attribute == "classes_"):
            node = as_dict(_attributes(each).get(attribute))
            if array := self._array(node):
                return tuple(numbers(array))
            listed = as_dict(node.get("content")).get("content") or node.get("content")
            if values := [_plain(one)[1] for one in as_list(listed) if _plain(one)[0]]:
                return tuple(values[:ITEMS_MAX])
        return ()

    def _array(self, node: Any) -> Tensor | None:
        name = as_text(as_dict(node).get("file"))
        if not name.endswith(".npy") or name not in self._names:
            return None
        return member_array(self._archive, name)


def _class(node: Mapping[str, Any]) -> str:
    return f"{as_text(node.get('__module__'))}.{as_text(node.get('__class__'))}"


def _attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of an object."""
    outer = as_dict(node)
    if as_text(outer.get("__loader__")) != "ObjectNode":
        return {}
    content = as_dict(outer.get("content"))
    return as_dict(content.get("content"))


def _plain(node: Any) -> tuple[bool, Scalar]:
    outer = as_dict(node)
    loader = as_text(outer.get("__loader__"))
    if loader == "JsonNode":
        try:
            said = json_of(as_text(outer.get("content")).encode(), "a value in it")
        except (Corrupt, UnicodeEncodeError):
            return False, None
        return isinstance(said, str | int | float | bool | None), said if isinstance(said, str | int | float) else None
    return (True, _class(outer)) if loader in {"TypeNode", "FunctionNode"} else (False, None)


def _named(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the parts of a composed estimator: pairs of a name and an estimator."""
    for place, each in enumerate(as_list(as_dict(node).get("content"))[:ITEMS_MAX]):
        if _attributes(each):
            yield str(place), each
            continue
        pair = as_list(as_dict(each).get("content"))
        if len(pair) in {2, 3} and _attributes(pair[1]):
            yield text(_plain(pair[0])[1]), pair[1]


def _chain(root: Mapping[str, Any], *, last: bool) -> Iterator[Mapping[str, Any]]:
    node = root
    for _ in range(DEPTH_MAX):
        yield node
        attributes = _attributes(node)
        parts = [each for _, each in _named(attributes.get("steps"))] or [
            attributes[each]
            for each in ("best_estimator_", "estimator_", "estimator")
            if _attributes(attributes.get(each))
        ][:1]
        if not parts:
            return
        node = parts[-1 if last else 0]
