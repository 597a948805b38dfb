"""Types as msgspec needs them before several threads read values of them.

Msgspec looks at a type's fields when a value of it is read for the first time, and lets other threads run meanwhile. One that
reads such a value then meets fields without a type, which ends the whole process. So one thread after the other makes msgspec
look, at everything that a type consists of, before any reads.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

_prepared = set[Any]()
_lock = threading.RLock()
"""One for all types: those that are looked at by two threads may have a part in common."""


@overload
def prepared(kind: type[T]) -> type[T]: ...


@overload
def prepared(kind: Any) -> Any: ...


def prepared(kind: Any) -> Any:
    """Return ``kind``, which any thread may read values of from now on.

    Args:
        kind: what is given to a decoder or to ``msgspec.convert``.
    """
    if kind not in _prepared:
        with _lock:
            msgspec.json.Decoder(kind)
            _prepared.add(kind)
    return kind
