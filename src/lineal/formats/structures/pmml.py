"""PMML: a model in XML, of which the dictionary of the data and the kind of the model are read."""

from __future__ import annotations

from typing import BinaryIO
from xml.parsers import expat

from lineal.formats.structures.found import ITEMS_MAX, Found, text
from lineal.formats.tensors.tensor import corrupt
from lineal.objects.structures import Field

READ_BYTES_MAX = 16 << 20
_DTYPES = {"double": "float64", "float": "float32", "integer": "int64", "boolean": "bool", "string": "string"}
_TARGETS = {"target", "predicted"}
_PIECE_BYTES = 1 << 16


def is_pmml(head: bytes) -> bool:
    """Tell whether a file that begins so is one."""
    return b"<PMML" in head and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read(file: BinaryIO) -> Found:
    """Return what a model is. Raises Corrupt."""
    found = Found("pmml", "pmml", is_learned_shape=True)
    reader = _Reader(found)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    file.seek(0)
    left = READ_BYTES_MAX
    try:
        while left > 0 and not reader.is_done and (data := file.read(_PIECE_BYTES)):
            left -= len(data)
            parser.Parse(data)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise corrupt(f"it is no XML ({error})") from None
    found.inputs = {name: each for name, each in reader.fields.items() if name not in reader.targets}
    found.outputs = {name: each for name, each in reader.fields.items() if name in reader.targets}
    found.classes = next((each.categories for each in found.outputs.values()), ())
    return found


def _refuse(*_: object) -> None:
    raise corrupt("it declares a document type or entities, which no model needs")


class _Reader:
    def __init__(self, found: Found) -> None:
        self.found = found
        self.fields: dict[str, Field] = {}
        self.targets: set[str] = set()
        self.is_done = False
        self._last = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "PMML":
            self.found.facts["version"] = text(attributes.get("version", ""))
        elif name == "Application":
            self.found.facts["application"] = text(
                f"{attributes.get('name', '')} {attributes.get('version', '')}".strip()
            )
        elif name == "DataField" and len(self.fields) <= ITEMS_MAX:
            self._last = text(attributes.get("name", ""))
            dtype = attributes.get("dataType", "")
            self.fields[self._last] = Field(dtype=_DTYPES.get(dtype, text(dtype)))
        elif name == "Value" and self._last in self.fields and not self.found.lines:
            field = self.fields[self._last]
            if len(field.categories) < 100:
                value = text(attributes.get("value", ""))
                self.fields[self._last] = Field(dtype=field.dtype, categories=(*field.categories, value))
        elif name == "MiningField" and attributes.get("usageType") in _TARGETS and len(self.targets) < ITEMS_MAX:
            self.targets.add(text(attributes.get("name", "")))
        elif name.endswith("Model") and not self.found.lines:
            self.found.lines = [text(name)]
        elif name in {"Node", "RegressionTable", "Segment", "NeuralLayer"}:
            self.is_done = True  # what follows was learned
