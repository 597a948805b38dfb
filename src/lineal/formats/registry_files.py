"""What a model's registry says as a file of TOML, as Git keeps it: where versions stand, where aliases lead, and digests.

The same state is always the same text. What people change in it is what they wish.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared

SUFFIX = ".toml"

ALONE = "production"
"""The stage in which one version of a model stands."""

_HEAD = """\
# Written by Lineal from the registry. To move a version, change where it stands here and commit that:
# lineal git apply makes the move, through its gate. Digests and numbers are what they are.
"""


class ModelFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands where, of one model. Versions are named by their semantic versions.

    Args:
        model: its name.
        stages: the versions that stand in each stage but the last one, ``archived``.
        aliases: the version to which each alias leads.
        versions: the digest of each version.
    """

    model: str
    stages: dict[str, str | tuple[str, ...]] = {}
    aliases: dict[str, str] = {}
    versions: dict[str, str] = {}

    def standing(self, stage: str) -> tuple[str, ...]:
        """Return the versions that stand in a stage."""
        found = self.stages.get(stage, ())
        return ((found,) if found else ()) if isinstance(found, str) else found


class Place(NamedTuple):
    """Somewhere that versions stand or are led to: ``stage production``, ``alias champion``."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def places(file: ModelFile) -> dict[Place, tuple[str, ...]]:
    """Return which versions are where. One that stands in production stands nowhere else, whatever is left of it elsewhere."""
    alone = file.standing(ALONE)
    stages = {
        Place("stage", name): tuple(
            each for each in sorted(file.standing(name), key=_order) if name == ALONE or each not in alone
        )
        for name in file.stages
    }
    return {
        **{place: found for place, found in stages.items() if found},
        **{Place("alias", name): (version,) for name, version in file.aliases.items() if version},
    }


def path_of(folder: str, model: str) -> str:
    """Return where in a repository the file of a model is."""
    return f"{folder}/{quote(model, safe='')}{SUFFIX}"


def encode(file: ModelFile) -> str:
    """Return the text of a model's file."""
    lines = [_HEAD, f"model = {_text(file.model)}", "", "[stages]"]
    for name in sorted(file.stages):
        if found := file.standing(name):
            kept = sorted(found, key=_order)
            several = "[" + ", ".join(map(_text, kept)) + "]"
            lines.append(f"{name} = {_text(kept[0]) if name == ALONE and len(kept) == 1 else several}")
    for title, table in (("aliases", file.aliases), ("versions", file.versions)):
        lines += ["", f"[{title}]"]
        order = sorted(table) if title == "aliases" else sorted(table, key=_order)
        lines += [f"{_key(name)} = {_text(table[name])}" for name in order]
    return "\n".join(lines) + "\n"


def decode(text: str, where: str) -> ModelFile:
    """Return what a file says.

    Raises:
        Invalid: it is no such file; the message says where and why.
    """
    try:
        return msgspec.convert(tomllib.loads(text), prepared(ModelFile))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid(f"{where} is no file of a model: {error}", hint="mend it, or take back the commit") from None


def _order(version: str) -> tuple[tuple[int, ...], str]:
    parts = version.split(".")
    return (tuple(int(each) for each in parts) if all(map(str.isdecimal, parts)) else (), version)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(value: str) -> str:
    """Return a basic string of TOML, which JSON's are but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
