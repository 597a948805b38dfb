"""YAML as DVC reads and writes it: version 1.2, plain values only, within limits.

PyYAML knows YAML 1.1, where ``no`` is false and ``1e3`` a text, so only its parser and its emitter are used; what a word
means is decided here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from lineal.objects.errors import Invalid

BYTES_MAX = 64 << 20
DEPTH_MAX = 64
VALUES_MAX = 5_000_000
"""A longer, deeper or larger text than these is refused; aliases count as often as they are used."""

_SPACE = "tag:yaml.org,2002:"
_RESOLVERS = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+", "-+0123456789"),
    (
        "float",
        r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("merge", "<<", "<"),
    ("value", "=", "="),
    (
        "timestamp",
        r"\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?",
        "0123456789",
    ),
)
"""What a plain word means when it has one of these shapes and begins with one of these letters; else it is a text."""

_SHAPES = tuple((tag, re.compile(f"(?:{shape})", re.ASCII), first) for tag, shape, first in _RESOLVERS)
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNDERSTOOD = frozenset(_SPACE + tag for tag in ("str", "null", "bool", "int", "float", "map", "seq"))


def load(data: bytes | str, what: str) -> Any:
    """Return the value of a YAML text: dictionaries, lists, texts, numbers, booleans and None.

    Args:
        data: the text, in UTF-8.
        what: what it is, for the message of an error.

    Raises:
        Invalid: it is no YAML, or more than the limits allow.
    """
    if len(data) > BYTES_MAX:
        raise Invalid(f"{what} is larger than {BYTES_MAX >> 20} MiB", hint="DVC writes no such file; check where it is")
    try:
        return _Builder(what).build(yaml.parse(_text(data, what), Loader=LOADER))
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise Invalid(f"{what} is no YAML: {said}", hint="mend the file, or take it from Git again") from None


def _text(data: bytes | str, what: str) -> str:
    try:
        return data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise Invalid(f"{what} is no UTF-8: {error}", hint="save it as UTF-8") from None


_MERGE = object()
"""The key ``<<`` without quotes."""


class _Open(NamedTuple):
    """A list or dictionary whose end has not come; the key of a dictionary's next value is the last of ``keys``."""

    value: list[Any] | dict[Any, Any]
    keys: list[Any]
    anchor: str | None
    before: int


class _Builder:
    """Builds the value of a text from its events, without recursion."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self._root: list[Any] = []

    def build(self, events: Iterator[Any]) -> Any:
        """Return the value; None for an empty text."""
        for event in events:
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self._scalar(event)
            elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
                self._begin(event, {} if kind == "MappingStartEvent" else [])
            elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
                self._end()
            elif kind == "AliasEvent":
                self._alias(event.anchor)
            elif kind == "DocumentStartEvent" and self._root:
                raise self._wrong("holds more than one document")
        return self._root[0] if self._root else None

    def _scalar(self, event: Any) -> None:
        self._check_tag(event.tag)
        is_text = not event.implicit[0] or event.tag == _SPACE + "str"
        value = event.value if is_text and event.tag in {None, "!", _SPACE + "str"} else meaning(event.value)
        is_merge = event.value == "<<" and event.implicit[0] and self._awaits_key
        self._add(_MERGE if is_merge else value, event.anchor, 1)

    @property
    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and not self._open[-1].keys

    def _begin(self, event: Any, value: list[Any] | dict[Any, Any]) -> None:
        self._check_tag(event.tag)
        if len(self._open) >= DEPTH_MAX:
            raise self._wrong(f"is nested more than {DEPTH_MAX} deep")
        self._open.append(_Open(value, [], event.anchor, self._count))

    def _end(self) -> None:
        done = self._open.pop()
        if isinstance(done.value, dict) and _MERGE in done.value:
            self._merge(done.value)
        self._add(done.value, done.anchor, 1, inside=self._count - done.before)

    def _alias(self, anchor: str) -> None:
        if anchor not in self._anchors:
            raise self._wrong(f"repeats *{anchor}, which stands nowhere before it")
        value, size = self._anchors[anchor]
        self._add(value, None, size)

    def _add(self, value: Any, anchor: str | None, size: int, *, inside: int = 0) -> None:
        """Put a value where it belongs; ``inside`` of it was counted already."""
        self._count += size
        if self._count > VALUES_MAX:
            raise self._wrong(f"holds more than {VALUES_MAX:,} values")
        if anchor:
            self._anchors[anchor] = (value, size + inside)
        if not self._open:
            self._root.append(value)
        elif isinstance(into := self._open[-1].value, list):
            into.append(value)
        elif keys := self._open[-1].keys:
            into[keys.pop()] = value
        else:
            self._check_key(value, into)
            keys.append(value)

    def _check_key(self, key: Any, into: dict[Any, Any]) -> None:
        if isinstance(key, list | dict):
            raise self._wrong("has a key that is no word")
        if key in into:
            raise self._wrong(f"has the key {key!r} twice")

    def _merge(self, value: dict[Any, Any]) -> None:
        """Carry out ``<<``: what stands there is put below what the dictionary says itself."""
        sources = value.pop(_MERGE)
        for source in sources if isinstance(sources, list) else [sources]:
            if not isinstance(source, dict):
                raise self._wrong("has a << that names no dictionary")
            for key, each in source.items():
                value.setdefault(key, each)

    def _check_tag(self, tag: str | None) -> None:
        if tag not in {None, "!"} and tag not in _UNDERSTOOD:
            raise self._wrong(f"asks for a {tag}, which we do not make")

    def _wrong(self, said: str) -> Invalid:
        return Invalid(f"{self._what} {said}", hint="DVC writes no such file; do not trust it")


def meaning(word: str) -> Any:
    """Return what a plain word of YAML 1.2 means; dates stay text."""
    tag = next((tag for tag, shape, first in _SHAPES if (word[:1] or "\0") in first and shape.fullmatch(word)), "str")
    try:
        return _MEANINGS[tag](word)
    except ValueError:
        return word  # "0o9", or more digits than a number may have


def _whole(word: str) -> int:
    plain = word.replace("_", "").lower()
    return int(plain, 0 if re.match(r"[-+]?0[box]", plain) else 10)


def _decimal(word: str) -> float:
    return float(word.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


_MEANINGS: dict[str, Any] = {
    "null": lambda _: None,
    "bool": lambda word: word.lower() == "true",
    "int": _whole,
    "float": _decimal,
    "merge": str,
    "value": str,
    "timestamp": str,
    "str": str,
}


_NOT_SINGLE = re.compile("['\n\x85\u2028\u2029]")
"""What goes into double quotes: readers take the last three for a line break or not, as they like."""


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
    """Writes as ruamel.yaml does, which DVC uses: YAML 1.2, and double quotes around what holds a single one."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def choose_scalar_style(self) -> str:
        """Return the quotes of the scalar at hand."""
        style: str = super().choose_scalar_style()
        return '"' if style == "'" and not self.event.style and _NOT_SINGLE.search(self.event.value) else style

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value out wherever it stands."""
        return True


for _tag, _shape, _first in _RESOLVERS:
    _letters = [each.replace("\0", "") for each in _first]
    _Dumper.add_implicit_resolver(_SPACE + _tag, re.compile(f"(?:{_shape})$", re.ASCII), _letters)
_Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar(_SPACE + "null", ""))
_Dumper.add_representer(
    float,
    lambda dumper, value: dumper.represent_scalar(
        _SPACE + "float",
        repr(value) if math.isfinite(value) else repr(value).replace("inf", ".inf").replace("nan", ".nan"),
    ),
)


def dump(value: Any) -> bytes:
    """Return the YAML text of a value, keys in their order."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False)
    return text.encode()
