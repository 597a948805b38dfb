"""``.dvc/config``: where the cache and the remotes are."""

from __future__ import annotations

import re
from typing import NamedTuple

from lineal.objects.errors import Invalid

Sections = dict[str, dict[str, str]]

BYTES_MAX = 1 << 20

_SECTION = re.compile(r"""\[\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<plain>[^\[\]]*?))\s*\]\s*(?:\#.*)?""")
_OPTION = re.compile(
    r"""(?P<key>[^=#'"\[\]]+?)\s*=\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<plain>(?:[^\s'"\#][^#]*?)?))\s*(?:\#.*)?"""
)
_REMOTE = re.compile(r"""remote\s*"(?P<name>[^"]*)\"""")


class Config(NamedTuple):
    """What one or more files of configuration say. ``remotes`` are options by name, ``sections`` all the others."""

    sections: Sections
    remotes: Sections

    @property
    def default_remote(self) -> str:
        """The remote that is meant where none is named; empty when there is none."""
        return self.sections.get("core", {}).get("remote", "")

    @property
    def cache_directory(self) -> str:
        """Where the cache is, when it is not in ``.dvc/cache``."""
        return self.sections.get("cache", {}).get("dir", "")

    def over(self, other: Config) -> Config:
        """Return what holds when ``other`` says what this one leaves open."""
        return Config(_over(self.sections, other.sections), _over(self.remotes, other.remotes))


def _over(above: Sections, below: Sections) -> Sections:
    return {name: {**below.get(name, {}), **above.get(name, {})} for name in {**below, **above}}


def parse(data: bytes, what: str) -> Config:
    """Return what a file of configuration says.

    Args:
        data: its bytes.
        what: its name, for the message of an error.

    Raises:
        Invalid: it is no configuration of DVC; the message names the line.
    """
    try:
        text = data[: BYTES_MAX + 1].decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"{what} is no UTF-8: {error}", hint="save it as UTF-8") from None
    if len(data) > BYTES_MAX:
        raise Invalid(f"{what} is larger than {BYTES_MAX >> 20} MiB", hint="this is no configuration of DVC")
    found = Config({}, {})
    section: dict[str, str] | None = None
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        if match := _SECTION.fullmatch(line):
            section = _section(found, _said(match))
        elif (match := _OPTION.fullmatch(line)) and section is not None:
            section[match["key"].strip().lower()] = _said(match)
        else:
            raise Invalid(f"line {number} of {what} is not understood: {line!r}", hint="dvc config --list reads it too")
    return found


def _said(match: re.Match[str]) -> str:
    return next((each for each in match.group("single", "double", "plain") if each is not None), "")


def _section(found: Config, name: str) -> dict[str, str]:
    if match := _REMOTE.fullmatch(name.strip()):
        return found.remotes.setdefault(match["name"], {})
    return found.sections.setdefault(name.strip().lower(), {})
