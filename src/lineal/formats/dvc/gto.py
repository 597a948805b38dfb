"""Tags of GTO: versions and stages of artifacts, written as names of Git tags."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Action = Literal["register", "deregister", "assign", "unassign", "create", "deprecate"]

_NAME = r"[a-zA-Z0-9](?:[a-zA-Z0-9/_-]*[a-zA-Z0-9])?"
_NUMBER = r"(?:0|[1-9]\d*)"
_WORD = rf"(?:{_NUMBER}|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMANTIC = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_WORD}(?:\.{_WORD})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
_TAG = re.compile(
    rf"(?:(?P<directory>[a-zA-Z0-9_./-]+)=)?(?P<name>{_NAME})"
    rf"(?:#(?P<stage>{_NAME})(?P<unassigned>!?)|@v(?P<version>{_SEMANTIC})(?P<deregistered>!?)"
    r"|@(?P<word>deprecated|created))(?:#(?P<counter>\d+))?",
    re.ASCII,
)
_LENGTH_MAX = 512


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """What a tag says. ``version`` is a semantic version without its ``v``; ``directory`` that of the ``dvc.yaml``."""

    action: Action
    name: str
    directory: str = ""
    version: str = ""
    stage: str = ""
    counter: int | None = None


def parse(text: str) -> Tag | None:
    """Return what the name of a Git tag says to GTO, or None when it says nothing."""
    match = _TAG.fullmatch(text) if len(text) <= _LENGTH_MAX else None
    if not match:
        return None
    return Tag(
        action=_action(match),
        name=match["name"],
        directory=match["directory"] or "",
        version=match["version"] or "",
        stage=match["stage"] or "",
        counter=None if match["counter"] is None else int(match["counter"]),
    )


def _action(match: re.Match[str]) -> Action:
    if match["version"]:
        return "deregister" if match["deregistered"] else "register"
    if match["stage"]:
        return "unassign" if match["unassigned"] else "assign"
    return "create" if match["word"] == "created" else "deprecate"


def write(tag: Tag) -> str:
    """Return the name of the Git tag that says ``tag``."""
    name = f"{tag.directory}={tag.name}" if tag.directory else tag.name
    return name + _SAID[tag.action].format(tag=tag) + ("" if tag.counter is None else f"#{tag.counter}")


_SAID: dict[Action, str] = {
    "register": "@v{tag.version}",
    "deregister": "@v{tag.version}!",
    "assign": "#{tag.stage}",
    "unassign": "#{tag.stage}!",
    "create": "@created",
    "deprecate": "@deprecated",
}
