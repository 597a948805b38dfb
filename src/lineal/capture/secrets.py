"""Mask secrets in text that is about to be kept: diffs, sources, arguments, remotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lineal.capture.places import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

MASK = "[masked]"

_WORD = r"(?:pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?key)?|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)"

# A shape is looked for only where one of its marks (lower case) is: most of megabytes of sources holds none.
# Only the group ``secret`` is replaced. Shapes are those that the issuers document for their tokens.
_SHAPES = tuple(
    (marks.split(), shape)
    for marks, shape in (
        (
            "-----begin",
            r"(?s)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?P<secret>(?!\n[+ -]?\[masked\]).+?)\n?[+ -]?-----END ",
        ),
        ("akia asia", r"\b(?P<secret>(?:AKIA|ASIA)[0-9A-Z]{16})\b"),
        (
            "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat-",
            r"\b(?P<secret>gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,})",
        ),
        ("sk-", r"(?<![\w-])(?P<secret>sk-(?=[\w-]*\d)[\w-]{20,})"),
        (
            "hf_ xox aiza pypi-",
            r"\b(?P<secret>hf_[A-Za-z0-9]{30,}|xox[abeprs]-[\w-]{10,}|AIza[\w-]{35}|pypi-[\w-]{40,})",
        ),
        ("eyj", r"\b(?P<secret>eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,})"),
        ("bearer basic", r"(?i)\b(?:bearer|basic)\s+(?P<secret>(?=[^\s\"']*\d)[\w.~+/-]{16,}=*)"),
        ("://", r"://[^\s/:@\"'{}$]*:(?P<secret>[^\s/@\"'{}$\[]+)@"),
        ("://", r"(?i)https?://(?P<secret>\w{20,})@"),
        # Addresses that Azure and Amazon signed.
        ("sig= signature=", r"(?i)[?&](?:sig|x-amz-signature)=(?P<secret>[^\s&\"'\\]{8,})"),
        # Quoted after any separator; bare only after "=" and with a digit, or `password=password` is hit.
        (
            "pass pwd secret key credential",
            rf"(?i){_WORD}\\*[\"']?\s*[=:]\s*\\*[\"'](?P<secret>[^\"'\s{{}}\[<\\]{{4,}})\\*[\"']",
        ),
        (
            "pass pwd secret key credential",
            rf"(?i){_WORD}=(?P<secret>(?=[^\s&;,]*\d)[^\s\"'&;,()\[\]{{}}\\]{{4,}})",
        ),
        # Tokenizers have many short "tokens", so these must be long and hold a digit.
        (
            "token",
            r"(?i)token\\*[\"']?\s*[=:]\s*\\*[\"']?(?P<secret>(?=[\w.~+/-]*\d)[\w~+/-]{16,})",
        ),
    )
)

_SECRET_NAME = rf"(?i)(?:.*[^a-z])?(?:{_WORD}|token)"


def mask(text: str) -> tuple[str, int]:
    """Return ``text`` with each well-known shape of a secret replaced, and how many there were. Lines stay lines."""
    count = 0
    lower = text.lower()
    for marks, shape in _SHAPES:
        if any(mark in lower for mark in marks):
            # Compiled when it is needed, and then kept by re: whoever writes to the journal waits for this module.
            text, found = re.subn(shape, _hide, text)
            count += found
    return text, count


def _hide(match: re.Match[str]) -> str:
    whole, offset = match.group(), match.start()
    start, end = match.start("secret") - offset, match.end("secret") - offset
    # A diff must keep its line count and the first column of each line, or it is no diff any more.
    hidden = re.sub(r"(?m)^([+ -]?)\S.*$", rf"\1{MASK}", whole[start:end]) if "\n" in whole else MASK
    return whole[:start] + hidden + whole[end:]


def is_secret_name(name: str) -> bool:
    """Tell whether a parameter or option called ``name`` holds a secret."""
    return re.fullmatch(_SECRET_NAME, name) is not None


def mask_bytes(data: bytes) -> tuple[bytes, int]:
    """Mask ``data`` as `mask` does; bytes that are no text come back byte for byte."""
    text, count = mask(data.decode("utf-8", "surrogateescape"))
    return (text.encode("utf-8", "surrogateescape"), count) if count else (data, 0)


def mask_command(command: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Return ``command`` with secrets masked, and how many: known shapes, and what follows ``--password``."""
    kept: list[str] = []
    count = 0
    previous_is_secret = False
    for each in command:
        name, equals, value = each.partition("=")
        is_option = name.startswith("-") and is_secret_name(name.lstrip("-"))
        if previous_is_secret and not each.startswith("-"):
            kept.append(MASK)
            count += 1
        elif is_option and equals and value:
            kept.append(f"{name}={MASK}")
            count += 1
        else:
            text, found = mask(each)
            kept.append(text)
            count += found
        previous_is_secret = is_option and not equals
    return tuple(map(readable, kept)), count
