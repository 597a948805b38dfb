"""The cutting of trees and the bytes of packs, written a second time from docs/reference/format.md alone.

Nothing but the standard library is used. When this and the product disagree, either the page or the product is wrong.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any

WHOLE_MAX, NODE_MIN, NODE_MAX = 1_000, 8, 1_024

Value = dict[str, Any]


def specified_nodes(entries: Sequence[Value]) -> list[bytes]:
    """Return the canonical bytes of every node of a tree, the root last.

    Args:
        entries: as they stand in the JSON, sorted by path.
    """
    if len(entries) <= WHOLE_MAX:
        return [_canonical({"entries": entries} if entries else {})]
    nodes = [{"entries": part} for part in _cut(entries, lambda each: _bits(each["path"], 0))]
    found, level = [_canonical(each) for each in nodes], 1
    while len(nodes) > 1:
        shift = 5 * min(level, 5)
        branches = [_branch(each) for each in nodes]
        nodes = [{"branches": part} for part in _cut(branches, lambda each, shift=shift: _bits(each["first"], shift))]
        found += [_canonical(each) for each in nodes]
        level += 1
    return found


def _bits(path: str, shift: int) -> int:
    return (zlib.crc32(path.encode()) >> shift) % 32


def _cut(children: Sequence[Value], bits: Callable[[Value], int]) -> list[list[Value]]:
    parts: list[list[Value]] = [[]]
    for each in children:
        if len(parts[-1]) == NODE_MAX or (len(parts[-1]) >= NODE_MIN and bits(parts[-1][-1]) == 0):
            parts.append([])
        parts[-1].append(each)
    return parts


def _branch(node: Value) -> Value:
    children = node.get("entries") or node["branches"]
    return {
        "digest": _digest(_canonical(node)),
        "first": children[0].get("path") or children[0]["first"],
        "file_count": sum(each.get("file_count", 1) for each in children),
        "size_bytes": sum(each["size_bytes"] for each in children),
    }


def _canonical(node: Value) -> bytes:
    return json.dumps(node | {"type": "tree"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def specified_pack(blobs: Sequence[bytes]) -> tuple[str, bytes]:
    """Return the name and the bytes of the pack in which ``blobs`` lie in this order."""
    records, start = [], 0
    for each in blobs:
        records.append(hashlib.sha256(each).digest() + start.to_bytes(8, "big") + len(each).to_bytes(8, "big"))
        start += len(each)
    table = b"lineal pack 1\n" + b"".join(sorted(records))
    return _digest(table), b"".join(blobs) + table + len(table).to_bytes(8, "big") + b"LINEALPK"
