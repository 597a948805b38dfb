"""Keras, graphs, templates and schemas."""

from __future__ import annotations

import base64
import json
import marshal
from collections.abc import Iterator

from .archive_assembly import protobuf, zipped
from .making import Files, gguf, one, skops


def _code(marker: str) -> str:
    return base64.b64encode(marshal.dumps(compile(f"__import__('os').system('touch {marker}')", "x", "exec"))).decode()


def _keras(*layers: object) -> bytes:
    model = {"name": "s", "layers": list(layers)}
    config = {"module": "keras", "class_name": "Sequential", "config": model, "registered_name": "Sequential"}
    weights = b"\x89HDF\r\n\x1a\n" + bytes(64)
    return zipped({"metadata.json": b"{}", "config.json": json.dumps(config).encode(), "model.weights.h5": weights})


def _layer(module: str, name: str, config: object, registered: str | None = None) -> dict[str, object]:
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def keras(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield Keras' archives, and its files of old."""
    code = _code(marker)
    new = _layer("keras.layers", "Lambda", {"function": {"class_name": "__lambda__", "config": {"code": code}}})
    inner = _layer("os", "system", {"command": f"touch {marker}"}, "system")
    yield "keras, a lambda", one("model.keras", _keras(new))
    yield (
        "keras, a function of a module",
        one("model.keras", _keras(_layer("subprocess", "function", "run", "function"))),
    )
    yield "keras, a class of a module", one("model.keras", _keras(_layer("builtins", "dict", {"rate": inner})))
    fetch = _layer("keras.src.utils.file_utils", "function", "get_file", "function")
    yield "keras, a function that fetches", one("model.keras", _keras(fetch))
    words = _layer("keras.layers", "StringLookup", {"vocabulary": "/etc/passwd"})
    yield "keras, a vocabulary elsewhere", one("model.keras", _keras(words))
    yield "keras, a class of nobody's", one("model.keras", _keras(_layer("acme.layers", "Gate", {}, "Acme>Gate")))
    config = {"name": "lambda", "function": [code, None, None], "function_type": "lambda"}
    old = {"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Lambda", "config": config}]}}
    text = json.dumps(old).encode()
    yield "h5, a lambda", one("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(300) + text + bytes(60))
    yield "h5, a lambda in a broken text", one("model.h5", b"\x89HDF\r\n\x1a\n" + text[:-9] + bytes(60))


def _node(name: str, kind: str) -> tuple[int, bytes]:
    return 1, protobuf((1, name.encode()), (2, kind.encode()))


def saved_models(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield TensorFlow's graphs."""
    del marker
    for kind in ("ReadFile", "WriteFile", "PyFunc"):
        graph = protobuf(_node("x", "Placeholder"), _node("y", kind))
        yield f"savedmodel, {kind}", one("saved_model.pb", protobuf((1, 1), (2, protobuf((2, graph)))))
    body = protobuf((3, protobuf((1, b"n"), (2, b"WriteFile"))))
    graph = protobuf((2, protobuf((1, body))), _node("x", "Placeholder"))
    yield "savedmodel, in a function", one("saved_model.pb", protobuf((1, 1), (2, protobuf((2, graph)))))
    yield "a graph of old", one("frozen.pb", protobuf(_node("x", "Placeholder"), _node("y", "WriteFile")))


def _onnx(*fields: tuple[int, bytes | int]) -> Files:
    return one("model.onnx", protobuf((1, 8), (8, protobuf((2, 17))), (7, protobuf(*fields))))


def onnx(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield ONNX."""
    del marker
    place = protobuf((1, b"location"), (2, b"../../../etc/passwd"))
    outside = protobuf((8, b"w"), (2, 1), (13, place), (14, 1))
    run = protobuf((4, b"Run"), (7, b"acme.ops"))
    yield "onnx, data that lie outside", _onnx((1, protobuf((4, b"Add"))), (5, outside))
    yield "onnx, operators of nobody's", _onnx((1, run))
    branch = protobuf((1, b"then_branch"), (6, protobuf((1, run), (5, outside))))
    yield "onnx, in a branch", _onnx((1, protobuf((4, b"If"), (5, branch))))


def templates(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield templates of chats."""
    del marker
    loop = "{% for m in messages %}{{ m.content }}{% endfor %}{{ ''.__class__.__mro__[1].__subclasses__() }}"
    hidden = "{{ cycler|attr('\\x5f\\x5finit\\x5f\\x5f') }}"
    yield "gguf, a template", one("model.gguf", gguf({"tokenizer.chat_template": loop}))
    yield "gguf, a template that hides it", one("model.gguf", gguf({"tokenizer.chat_template": hidden}))
    yield "a template of a tokenizer's", one("tokenizer_config.json", json.dumps({"chat_template": loop}).encode())
    named = [{"name": "tool_use", "template": loop}]
    yield "a second template", one("tokenizer_config.json", json.dumps({"chat_template": named}).encode())
    yield "a template in a file", one("chat_template.jinja", b"{{ lipsum.__globals__['os'].popen('id') }}")


def schemas(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield skops."""
    del marker
    yield "skops, a function", one("model.skops", skops("posix", "system", "FunctionNode"))
    yield "skops, a class of nobody's", one("model.skops", skops("acme.models", "Model", "ObjectNode"))
    yield "skops, an operator", one("model.skops", skops("builtins", "eval", "OperatorFuncNode"))


PARTS = (keras, saved_models, onnx, templates, schemas)
"""What makes them."""
