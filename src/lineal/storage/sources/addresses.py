"""Addresses of sources: taken apart, and written without what nobody else may know."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from lineal.objects.errors import Invalid

MASK = "***"

_SECRET = re.compile(
    r"x-(?:amz|goog|ms)-.*|.*(?:token|secret|passw|pwd|signature|credential|api[-_]?key|access[-_]?key|session|jwt).*"
    r"|sig|key|auth(?:orization)?|awsaccesskeyid|googleaccessid",
    re.IGNORECASE,
)
"""Parameters of an address that let somebody in."""

_BESIDE = frozenset(
    "policy expires key-pair-id sv ss srt sp se st spr sr si sip skoid sktid skt ske sks skv sdd".split()
)
"""Parameters that belong to a signature, and mean nothing without it."""

_USER = re.compile(r"(?<=://)[^/?#\s'\"]*@")
_VALUE = re.compile(rf"(?<=[?&])({_SECRET.pattern.replace('.*', '[^=&;]*')})=[^&\s'\"<>)]+", re.IGNORECASE)
_PASSWORD = re.compile(r"(?i)\b(password|passwd|pwd|secret\w*|token)(\s*[=:]\s*)[^\s'\",;&]+")


class Address(NamedTuple):
    """An address in parts: ``s3://host/path``. The path is as it was written, without the slash before it."""

    scheme: str
    host: str
    path: str


def parse(uri: str) -> Address:
    """Return the parts of an address of an object store; what stands after the host is the key, as it is.

    Raises:
        Invalid: it has no scheme or no host, or says who asks.
    """
    scheme, _, rest = uri.partition("://")
    host, _, path = rest.partition("/")
    if not scheme or not host or not uri.isprintable():
        raise Invalid(f"{masked(uri)!r} is no address", hint="write s3://BUCKET/KEY")
    if "@" in host:
        raise Invalid(f"{masked(uri)} holds a user or a key", hint="leave it out; keys come from the environment")
    return Address(scheme.lower(), host, path)


def scheme_of(uri: str) -> str:
    """Return the scheme of ``uri`` in lower case; empty when it has none."""
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", uri)
    return found[1].lower() if found else ""


def public(uri: str) -> str:
    """Return an address of the web without user, password, signature and fragment."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=_query(parts), fragment="").geturl()


def removed(uri: str) -> tuple[str, ...]:
    """Return the names of what ``public`` leaves out of the query."""
    kept = _query(urlsplit(uri)).split("&")
    return tuple(_name(each) for each in urlsplit(uri).query.split("&") if each and each not in kept)


def _query(parts: SplitResult) -> str:
    given = [each for each in parts.query.split("&") if each]
    kept = [each for each in given if not _SECRET.fullmatch(_name(each))]
    if len(kept) < len(given):
        kept = [each for each in kept if _name(each).lower() not in _BESIDE]
    return "&".join(kept)


def _name(parameter: str) -> str:
    return unquote(parameter.partition("=")[0])


def masked(text: str) -> str:
    """Return ``text``, which may be a message of some library, with every secret in an address masked."""
    text = _USER.sub(f"{MASK}@", text)
    text = _VALUE.sub(rf"\1={MASK}", text)
    return _PASSWORD.sub(rf"\1\2{MASK}", text)


def reason(error: BaseException) -> str:
    """Return the first line of what an error says, without secrets."""
    lines = [each.strip() for each in str(error).splitlines() if each.strip()]
    return masked(lines[0]) if lines else type(error).__name__
