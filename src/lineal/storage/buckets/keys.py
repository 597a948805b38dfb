"""Keys: which texts may be one, so that none ever leaves its bucket, whatever holds it."""

from __future__ import annotations

import os
import re

from lineal.objects.errors import Invalid

_BYTES_MAX = 900
"""Object stores allow 1,024 bytes; the rest is left for a prefix of the bucket's."""

_UNFINISHED = r"~(\d+\.)?[0-9a-f]{16}"  # compiled when it is needed, and then kept by re
_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,255}")


def is_key(text: str) -> bool:
    """Tell whether ``text`` may be a key: relative, of ASCII letters, digits, ``._-`` and ``/``, without ``..``."""
    return len(text) <= _BYTES_MAX and all(map(is_segment, text.split("/")))


def is_segment(text: str) -> bool:
    """Tell whether ``text`` may stand between two slashes of a key."""
    return bool(_SEGMENT.fullmatch(text)) and text not in {".", ".."}


def check_key(key: str) -> str:
    """Return ``key``. Raises Invalid when it is none."""
    if not is_key(key):
        raise Invalid(
            f"{key!r} cannot be a key of a bucket", hint="use ASCII letters, digits, '.', '_', '-' and '/' between them"
        )
    return key


def unfinished() -> str:
    """Return a name for a file that is still written. No key holds a tilde, so what a crash leaves is never taken for one."""
    return f"~{os.getpid()}.{os.urandom(8).hex()}"


def is_unfinished(name: str) -> bool:
    """Tell whether a file is called as those are that are still written, or were when somebody crashed."""
    return bool(re.fullmatch(_UNFINISHED, name))
