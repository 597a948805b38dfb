"""The canonical bytes, written a second time from docs/reference/format.md alone, with nothing but the standard library.

When this and the product disagree, either the page or the product is wrong.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec

from lineal.objects.canonical import Object

_PLAIN_FROM, _PLAIN_BELOW = Decimal("1e-5"), Decimal("1e16")


def specified_bytes(value: Object) -> bytes:
    """Return the bytes that the page asks for."""
    return _text(_fields(value)).encode()


def _fields(value: msgspec.Struct) -> dict[str, Any]:
    found = {
        field.name: getattr(value, field.name)
        for field in msgspec.structs.fields(value)
        if field.required or getattr(value, field.name) != _default(field)
    }
    config = value.__struct_config__
    return found | ({config.tag_field: config.tag} if config.tag_field else {})


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default is not msgspec.NODEFAULT else field.default_factory()


def _text(value: Any) -> str:
    if isinstance(value, msgspec.Struct):
        return _text(_fields(value))
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda item: item[0].encode())
        return "{" + ",".join(f"{_text(name)}:{_text(item)}" for name, item in members) + "}"
    if isinstance(value, tuple):
        return "[" + ",".join(_text(item) for item in value) + "]"
    if isinstance(value, float):
        return _float(value)
    return json.dumps(value, ensure_ascii=False)


def _float(value: float) -> str:
    """Spell a float: the fewest digits that read back as it; plain from 1e-5 to below 1e16."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    written = "".join(map(str, digits))
    minus = "-" if sign else ""
    if value == 0:
        return minus + "0.0"
    if _PLAIN_FROM <= abs(Decimal(repr(value))) < _PLAIN_BELOW:
        plain = f"{Decimal(repr(value)).normalize():f}"
        return plain if "." in plain else plain + ".0"
    point = "." + written[1:] if len(written) > 1 else ""
    return f"{minus}{written[0]}{point}e{exponent + len(written) - 1}"
