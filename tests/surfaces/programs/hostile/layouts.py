"""Directories and files of other kinds."""

from __future__ import annotations

import json
import marshal
import struct
from collections.abc import Iterator

from .making import Files, one, safe, system
from .pickle_assembly import pickled


def safetensors(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield directories and files of other kinds."""
    evil = pickled(system(marker))
    f32 = {"dtype": "F32", "shape": [2]}
    yield (
        "safetensors, one over the other",
        one("model.safetensors", safe({"a": {**f32, "data_offsets": [0, 8]}, "b": {**f32, "data_offsets": [4, 12]}})),
    )
    yield "safetensors, behind the end", one("model.safetensors", safe({"a": {**f32, "data_offsets": [4096, 4104]}}))
    yield (
        "safetensors, bytes of nobody's",
        one("model.safetensors", safe({"a": {**f32, "data_offsets": [0, 8]}}, 8) + evil),
    )
    yield "safetensors, in truth a pickle", one("model.safetensors", evil)
    yield "a pickle called a text", one("vocab.txt", evil)
    yield (
        "a pickle of protocol 0 called a text",
        one("labels.txt", b"cposix\nsystem\n(S'touch " + marker.encode() + b"'\ntR."),
    )
    yield "a pickle called a picture", one("preview.png", evil)
    yield (
        "mlflow, a loader",
        {"MLmodel": b"flavors:\n  python_function:\n    loader_module: acme_loader\n", "data/model.txt": b"x"},
    )
    yield "mlflow, a loader of Python's", {"MLmodel": b"flavors:\n  python_function:\n    loader_module: os\n"}
    yield (
        "mlflow, code",
        {
            "MLmodel": b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    code: code\n",
            "code/helper.py": b"import os\n",
        },
    )
    yield "requirements from elsewhere", {"requirements.txt": b"numpy==2.0\nacme @ git+https://example.org/acme\n"}
    yield "another index", {"requirements.txt": b"--extra-index-url https://example.org/simple\nnumpy\n"}
    yield "a conda file from elsewhere", {"conda.yaml": b"dependencies:\n- pip:\n  - https://example.org/acme.whl\n"}


def directories(marker: str) -> Iterator[tuple[str, Files]]:
    """Yield directories and files of other kinds."""
    yield (
        "hugging face, remote code",
        {
            "config.json": json.dumps({"auto_map": {"AutoModel": "modeling.Net"}}).encode(),
            "modeling.py": b"class Net: pass\n",
        },
    )
    yield (
        "hugging face, weights elsewhere",
        {"model.safetensors.index.json": json.dumps({"weight_map": {"a": "../../other/model.bin"}}).encode()},
    )
    yield "a source that runs", {"setup.py": f"import subprocess as s\ns.run(['touch', {marker!r}])\n".encode()}
    yield "a source that evaluates", {"tokenizer.py": b"import base64\nexec(base64.b64decode('cGFzcw=='))\n"}
    yield "a script", {"install.sh": f"#!/bin/sh\ntouch {marker}\n".encode()}
    yield "a library of the machine's", {"ops.so": b"\x7fELF\x02\x01\x01" + bytes(100)}
    yield "a program called a model", {"model.pt": b"\x7fELF\x02\x01\x01" + bytes(100)}
    yield "a program of Windows'", {"run.exe": b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(60)}
    yield "a program of macOS'", {"lib.dylib": b"\xcf\xfa\xed\xfe" + bytes(100)}
    yield "compiled Python", {"model.pyc": b"\xa7\x0d\r\n" + bytes(12) + marshal.dumps(compile("1", "x", "exec"))}
    token = "hf_" + "a1B2" * 9
    yield "a secret", {"config.json": json.dumps({"token": token}).encode()}
    yield "a model that is noise", one("model.pkl", bytes(range(256)))
    yield "a link that leads out", {"weights.bin": b"\0symlink ../../../../etc/passwd"}


PARTS = (
    safetensors,
    directories,
)
"""What makes them."""
