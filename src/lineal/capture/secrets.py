"""Mask secrets in text that is about to be kept: diffs, sources, arguments, remotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MASK = "[masked]"

_WORD = r"(?:pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?key)?|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)"

_KIND = r"(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?"

# A shape is looked for only where one of its marks (lower case) is: most of megabytes of sources holds none.
# Only the group ``secret`` is replaced; the group ``random`` only where it looks like no word.
# Shapes are those that the issuers document for their tokens.
_SHAPES = tuple(
    (marks.split(), shape)
    for marks, shape in (
        (
            "-----begin",
            rf"(?s)-----BEGIN {_KIND}-----(?P<secret>(?!\n[+ -]?\[masked\]).+?)\n?[+ -]?-----END ",
        ),
        ("age-secret-key-", r"\b(?P<secret>AGE-SECRET-KEY-1[0-9A-Z]{50,})"),
        ("akia asia abia acca", r"\b(?P<secret>A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16})\b"),
        ("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"\b(?P<secret>gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})"),
        (
            "glpat- gldt- glrt- glptt- glcbt- glsoat- glft- glsa_ glc_",
            r"\b(?P<secret>gl(?:pat|dt|rt|ptt|cbt|soat|ft)-[\w.-]{20,}|gl(?:sa|c)_[\w=-]{30,})",
        ),
        ("sk- r8_ gsk_ pcsk_", r"(?<![\w-])(?P<secret>(?:sk-|r8_|gsk_|pcsk_)(?=[\w-]*\d)[\w-]{20,})"),
        (
            "hf_ xox xapp- npm_ pypi-",
            r"\b(?P<secret>hf_[A-Za-z0-9]{30,}|xox[abeprs]-[\w-]{10,}|xapp-\d-[\w-]{20,}|npm_\w{36}|pypi-[\w-]{40,})",
        ),
        (
            "dop_v1_ shpat_ dapi hvs.",
            r"\b(?P<secret>dop_v1_[0-9a-f]{64}|shpat_[0-9a-f]{32}|dapi[0-9a-f]{32}|hvs\.[\w-]{24,})",
        ),
        ("aiza ya29. gocspx-", r"\b(?P<secret>AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})"),
        ("hooks.slack.com/", r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[\w/-]{20,})"),
        ("/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/(?P<secret>[\w-]{30,})"),
        ("k_live_ k_test_ whsec_", r"\b(?P<secret>[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[\w+/=]{24,})"),
        ("sg.", r"\b(?P<secret>SG\.[\w-]{20,24}\.[\w-]{40,46})\b"),
        ("eyj", r"\b(?P<secret>eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,})"),
        # What Microsoft Entra gives to applications, and keys of Azure's accounts.
        ("q~", r"(?<![\w~.-])(?P<secret>[\w~.-]{3}\dQ~[\w~.-]{31,34})(?![\w~.-])"),
        ("accountkey= sharedaccesskey=", r"(?i)(?:Account|SharedAccess)Key=(?P<secret>[\w+/]{20,}={0,2})"),
        ("bearer", r"(?i)\bbearer\s+(?P<secret>(?=[^\s\"']*\d)[\w.~+/-]{16,}=*)"),
        (
            "basic",
            r"(?i)authorization\\*[\"']?\s*[:=]\s*\\*[\"']?basic\s+(?P<secret>[\w.~+/-]{8,}=*)",
        ),
        ("curl", r"\bcurl\s[^\n]{0,200}?(?:-u|--user)[ =]\s{0,4}[\"']?[^\s:\"']{1,100}:(?P<secret>[^\s\"'\[]{3,})"),
        ("://", r"://[^\s/:@\"'{}$]*:(?P<secret>[^\s/@\"'{}$\[]+)@"),
        ("://", r"(?i)https?://(?P<secret>\w{20,})@"),
        # Addresses that Azure and Amazon signed.
        ("sig= signature=", r"(?i)[?&](?:sig|x-amz-signature)=(?P<secret>[^\s&\"'\\\[]{8,})"),
        # Connection strings of databases: `Server=h;Pwd=x;` and `host=h password=x`.
        ("pwd= password=", r"(?i);\s*(?:pwd|password)=(?P<secret>[^\s;\"'{}$\[]{3,})"),
        ("password=", r"(?i)\bhost=\S{1,200}(?: \w{1,20}=\S{1,100}){0,6} password=(?P<secret>[^\s\"'{}$\[]{3,})"),
        # Kaggle's file.
        ('"username"', r"\"username\"\s*:\s*\"[^\"]{1,100}\"\s*,\s*\"key\"\s*:\s*\"(?P<secret>[0-9a-f]{32})\""),
        # Quoted after any separator; bare only after "=" and with a digit, or `password=password` is hit.
        (
            "pass pwd secret key credential",
            rf"(?i){_WORD}\\*[\"']?\s*[=:]\s*\\*[\"'](?P<secret>[^\"'\s{{}}\[<\\]{{4,}})\\*[\"']",
        ),
        (
            "pass pwd secret key credential",
            rf"(?i){_WORD}=(?P<secret>(?=[^\s&;,]*\d)[^\s\"'&;,()\[\]{{}}\\]{{4,}})",
        ),
        # Bare with blanks around the sign, as in files of settings: only what nobody would choose as a name.
        (
            "secret key",
            r"(?i)(?:secret|api|access|auth|private|account)[_-]?(?:access[_-]?)?key\s*[=:]\s*(?P<random>[\w+/=~.-]{20,})",
        ),
        # Tokenizers have many short "tokens", so these must be long and look like no word.
        ("token", r"(?i)token\\*[\"']?\s*[=:]\s*\\*[\"']?(?P<random>[\w~+/-]{16,})"),
    )
)

_MARKS = tuple(dict.fromkeys(mark for marks, _ in _SHAPES for mark in marks))

_SECRET_NAME = rf"(?i)(?:.*[^a-z])?(?:{_WORD}|token)"


def mask(text: str) -> tuple[str, int]:
    """Return ``text`` with each well-known shape of a secret replaced, and how many there were. Lines stay lines."""
    hidden: list[None] = []

    def hide(match: re.Match[str]) -> str:
        is_sure = "secret" in match.re.groupindex
        if not is_sure and not _is_random(match["random"]):
            return match.group()
        hidden.append(None)
        return _hidden(match, "secret" if is_sure else "random")

    lower = text.lower()
    for mark in _MARKS:
        if mark in lower:
            break
    else:
        return text, 0
    for marks, shape in _SHAPES:
        if any(map(lower.__contains__, marks)):
            # Compiled when it is needed, and then kept by re: whoever writes to the journal waits for this module.
            text = re.sub(shape, hide, text)
    return text, len(hidden)


def _is_random(value: str) -> bool:
    """Tell whether nobody chose ``value`` as a name: digits and letters mixed, many different ones, no words."""
    parts = re.split(r"[^A-Za-z0-9]+", value)
    is_words = all(re.fullmatch(r"[A-Z]?[a-z]*|[A-Z]*|\d{1,8}|[A-Za-z]+\d{1,4}", each) for each in parts)
    has_both = re.search(r"\d", value) is not None and re.search(r"[A-Za-z]", value) is not None
    return has_both and not is_words and len(set(value)) >= _DIFFERENT_LETTERS_MIN


_DIFFERENT_LETTERS_MIN = 8


def _hidden(match: re.Match[str], group: str) -> str:
    whole, offset = match.group(), match.start()
    start, end = match.start(group) - offset, match.end(group) - offset
    # A diff must keep its line count and the first column of each line, or it is no diff any more.
    hidden = re.sub(r"(?m)^([+ -]?)\S.*$", rf"\1{MASK}", whole[start:end]) if "\n" in whole[start:end] else MASK
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
    from lineal.capture.files.places import readable  # noqa: PLC0415 - whoever writes to the journal has no commands

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
