"""Templates of chats, which are small programs in Jinja: whoever renders one without a sandbox runs what is in it."""

from __future__ import annotations

import re

from lineal.formats.scans.look import Look

_BLOCK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_TEXT_BYTES_MAX = 1 << 20
_DANGEROUS = (
    (re.compile(r"__\w+__"), "reaches into Python's objects"),
    (re.compile(r"\\x5f|\\u005f|\\137|\\N\{LOW", re.IGNORECASE), "spells an underscore so that nobody sees it"),
    (re.compile(r"\|\s*attr\s*\("), "reaches attributes by a computed name"),
    (
        re.compile(
            r"\|\s*(?:map|select|reject|selectattr|rejectattr|groupby|sort|sum|unique)\s*\(\s*(?:attribute\s*=\s*)?['\"][^'\"]*__"
        ),
        "reaches attributes by name",
    ),
    (
        re.compile(r"['\"]_{1,2}['\"]\s*[~+%]|[~+]\s*['\"]_{1,2}['\"]|['\"]_['\"]\s*\*"),
        "puts a name together out of underscores",
    ),
    (
        re.compile(r"\b(?:lipsum|cycler|joiner|self|config|request|url_for|get_flashed_messages|g)\s*\.\s*_"),
        "reaches what Jinja brings",
    ),
    (
        re.compile(
            r"\b(?:popen|subprocess|os\s*\.\s*system|importlib|builtins|globals\s*\(|eval\s*\(|exec\s*\(|mro\s*\()"
        ),
        "calls Python",
    ),
    (re.compile(r"\{%-?\s*(?:include|import|from|extends)\b"), "loads another template"),
)


def read_template(text: str, look: Look, what: str) -> None:
    """Note what a template does that no chat needs.

    Args:
        text: the template.
        look: where to note.
        what: what it is called.
    """
    for block in _BLOCK.finditer(text[:_TEXT_BYTES_MAX]):
        for pattern, why in _DANGEROUS:
            if pattern.search(block[0]):
                look.note("template", what, f"{why}: {block[0][:160]}", place=block.start())
