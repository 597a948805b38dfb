"""YAML front matter, written so that any text survives: block mappings, and scalars as YAML reads JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

# YAML 1.2 section 5.1: what is not printable must be escaped; JSON leaves some of it as it is.
_NOT_PRINTABLE = re.compile("[\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\u0085\u2028\u2029]")
_PLAIN_KEY = re.compile(r"[a-z][a-z0-9_-]*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def render(content: Mapping[str, object]) -> str:
    """Return ``content`` between the lines ``---``. Values are text, numbers, booleans, lists and mappings of those."""
    return "\n".join(("---", *_mapping(content, ""), "---", ""))


def items(found: Sequence[Mapping[str, object]]) -> str:
    """Return a list of mappings as a document of its own."""
    return "\n".join((*(line for each in found for line in _item(each, "")), ""))


def _mapping(content: Mapping[str, object], indent: str) -> Iterator[str]:
    for key, value in content.items():
        yield from _entry(f"{indent}{_key(key)}:", value, indent + "  ")


def _entry(head: str, value: object, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, indent)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        yield head
        for each in value:
            yield from _item(each, indent)
    else:
        yield f"{head} {_scalar(value)}"


def _item(value: object, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        first, *rest = _mapping(value, indent + "  ")
        yield f"{indent}- {first.strip()}"
        yield from rest
    else:
        yield f"{indent}- {_scalar(value)}"


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and key not in _WORDS else _scalar(key)


def _scalar(value: object) -> str:
    # ensure_ascii would write surrogate pairs, which YAML does not join again.
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_PRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
