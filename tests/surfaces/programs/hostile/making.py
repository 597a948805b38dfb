"""What the makers of hostile files share."""

from __future__ import annotations

import json
import struct

from .archive_assembly import zipped
from .pickle_assembly import call, named, text

Files = dict[str, bytes]
"""A directory of files by their paths."""


def one(name: str, content: bytes) -> Files:
    """Return a directory of one file."""
    return {name: content}


def system(marker: str) -> bytes:
    """Push what touches the marker."""
    return call(named("posix", "system"), text(f"touch {marker}"))


def gguf(facts: dict[str, str]) -> bytes:
    """Return a GGUF file of texts."""
    made = b"GGUF" + struct.pack("<IQQ", 3, 0, len(facts))
    for key, value in facts.items():
        made += struct.pack("<Q", len(key)) + key.encode() + struct.pack("<IQ", 8, len(value.encode())) + value.encode()
    return made


def skops(module: str, name: str, loader: str) -> bytes:
    """Return an archive of skops' with one node."""
    content = {"module_path": module, "function": name} if loader == "FunctionNode" else {}
    schema = {
        "__class__": name,
        "__module__": module,
        "__loader__": loader,
        "content": content,
        "protocol": 2,
        "_skops_version": "0.11",
    }
    return zipped({"schema.json": json.dumps(schema).encode()})


def safe(header: object, size_bytes: int = 16) -> bytes:
    """Return a safetensors file."""
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + bytes(size_bytes)
