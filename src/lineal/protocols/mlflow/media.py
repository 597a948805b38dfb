"""What a client is told of a file that it gets: its type by its name, and that a browser must not open it."""

from __future__ import annotations

import re
from email.utils import formatdate
from functools import cache
from mimetypes import MimeTypes
from urllib.parse import quote

from lineal.operations.answers.tracking import ArtifactAnswer

_TEXTS = frozenset(
    "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst mlmodel"
    " mlproject".split()
)
"""Endings, and whole names, of files that people read; none is run by a browser."""

_PLAIN = re.compile(r"[A-Za-z0-9!#$&+.^_`|~-]+")


def type_of(name: str) -> str:
    """Return the media type of a file."""
    if name.rpartition(".")[2].lower() in _TEXTS:
        return "text/plain"
    return _types().guess_type(name)[0] or "application/octet-stream"


@cache
def _types() -> MimeTypes:
    """Return Python's own types, not the system's, which differ from one machine to the next."""
    return MimeTypes()


def headers_of(found: ArtifactAnswer) -> dict[str, str]:
    """Return the headers of an answer that holds a file, but for its length."""
    name = found.path.rpartition("/")[2]
    shown = f"filename={name}" if _PLAIN.fullmatch(name) else f"filename*=UTF-8''{quote(name, safe='')}"
    return {
        "Content-Type": type_of(name),
        "Content-Disposition": f"attachment; {shown}",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": f'"{found.digest}"',
        "Last-Modified": formatdate(found.at / 1000, usegmt=True),
        # Another file may stand at the same path tomorrow.
        "Cache-Control": "no-cache",
    }
