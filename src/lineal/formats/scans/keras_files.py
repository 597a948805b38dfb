"""Keras models: the configuration names the classes and functions that loading imports, and may hold marshalled code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from lineal.formats.scans.look import HELD_BYTES_MAX, Look, Unreadable, size_of, whole
from lineal.formats.scans.paths import leaves

HDF5 = b"\x89HDF\r\n\x1a\n"
_CONFIG = re.compile(rb'\{\s*"(?:class_name|module|config|name|registered_name|layers)"\s*:')
_LAMBDA = re.compile(rb'"class_name"\s*:\s*"(?:[^"]*>)?(?:Lambda|__lambda__)"')
_DEPTH_MAX = 200
_PIECE_BYTES = 64 << 20


def read_hdf5(file: BinaryIO, look: Look) -> str:
    """Note what the configurations of models in an HDF5 file would import and run.

    They are looked for as texts anywhere in the file: attributes are never compressed.
    """
    size_bytes = size_of(file)
    if size_bytes > HELD_BYTES_MAX:
        raise Unreadable(f"it has more than {HELD_BYTES_MAX >> 20} MiB")
    data = whole(file)
    decoder = json.JSONDecoder()
    at, count = 0, 0
    read: list[tuple[int, int]] = []
    while found := _CONFIG.search(data, at):
        text = data[found.start() : found.start() + _PIECE_BYTES].split(b"\0", 1)[0].decode("utf-8", "replace")
        at = found.end()
        try:
            config, length = decoder.raw_decode(text)
        except (json.JSONDecodeError, RecursionError):
            continue
        walk_config(config, look)
        count += 1
        at = found.start() + len(text[:length].encode("utf-8", "replace"))
        read.append((found.start(), at))
    for found in _LAMBDA.finditer(data):
        if not any(first <= found.start() < last for first, last in read):
            look.note("keras-code", "Lambda", "in a configuration that cannot be read whole", place=found.start())
    return "hdf5, keras" if count else "hdf5"


def read_config(data: bytes, look: Look) -> None:
    """Note what the ``config.json`` of a ``.keras`` archive would import and run. Raises Unreadable."""
    try:
        config = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"its configuration is no JSON ({error})") from None
    walk_config(config, look)


def walk_config(config: Any, look: Look) -> None:
    """Note what a configuration of Keras's names. Raises Unreadable when it is nested too deep."""
    for each in _objects(config):
        _object(each, look)


def _objects(config: Any) -> Iterator[dict[str, Any]]:
    waiting = [(config, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEPTH_MAX:
            raise Unreadable("its configuration is nested too deep")
        if isinstance(value, dict):
            yield value
            waiting += [(each, depth + 1) for each in value.values()]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]


def _object(value: dict[str, Any], look: Look) -> None:
    kind, module = value.get("class_name"), value.get("module")
    config = value.get("config")
    if isinstance(kind, str) and "config" in value:
        _class(kind, module, config, value, look)
    inner = config if isinstance(config, dict) else value
    if isinstance(found := inner.get("vocabulary"), str) and found:
        look.note("keras-file", found, "a vocabulary that loading reads from this path")
    for key in ("filepath", "file_path", "model_path"):
        if isinstance(found := inner.get(key), str) and (leaves(found) or kind == "TFSMLayer"):
            look.note("keras-file", found, f"the {key} of {kind}")


def _class(kind: str, module: Any, config: Any, value: dict[str, Any], look: Look) -> None:
    name = kind.rpartition(">")[2]
    if name == "__lambda__":
        look.note("keras-code", "a lambda", "its code is marshalled into the configuration")
    elif name == "Lambda":
        _lambda(config, look)
    elif name == "function":
        target = config if isinstance(config, str) else str(value.get("registered_name") or "")
        look.note("keras-function", f"{module}.{target}" if isinstance(module, str) else target)
    elif name in {"TFOpLambda", "SlicingOpLambda", "TFSMLayer"}:
        called = config.get("function") if isinstance(config, dict) else None
        look.note("keras-function" if called else "keras-file", str(called or name))
    elif isinstance(module, str):
        look.note("keras-class", f"{module}.{name}")
    elif ">" in kind or value.get("registered_name") not in {None, kind}:
        look.note("keras-custom", str(value.get("registered_name") or kind))


def _lambda(config: Any, look: Look) -> None:
    function = config.get("function") if isinstance(config, dict) else None
    said = config.get("function_type") if isinstance(config, dict) else None
    is_code = isinstance(function, list) or said == "lambda"
    if is_code:
        look.note("keras-code", "Lambda", "its code is marshalled into the configuration")
    elif isinstance(function, dict):
        # Its own entry is met later; __lambda__ there is the code.
        look.note(
            "keras-lambda",
            "Lambda",
            str(function.get("config", ""))[:80] if function.get("class_name") == "function" else "",
        )
    else:
        look.note("keras-lambda", "Lambda", str(function)[:80])
