"""``artifacts.yaml``: what registries in Git called their artifacts before ``dvc.yaml`` could say it."""

from __future__ import annotations

import msgspec

from lineal.formats.dvc import yaml12
from lineal.formats.dvc.pipeline import Artifact
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared

NAME = "artifacts.yaml"


def parse(data: bytes, what: str) -> dict[str, Artifact]:
    """Return the artifacts by their names; those that say no path are passed over.

    Args:
        data: the bytes of the file.
        what: its name, for the message of an error.

    Raises:
        Invalid: it is no such file.
    """
    value = yaml12.load(data, what) or {}
    if not isinstance(value, dict):
        raise Invalid(f"{what} names no artifacts", hint="gto show says what GTO makes of it")
    try:
        return {
            str(name): msgspec.convert(each, prepared(Artifact))
            for name, each in value.items()
            if isinstance(each, dict) and each.get("path")
        }
    except msgspec.ValidationError as error:
        raise Invalid(f"{what} is not understood: {error}", hint="gto show says what GTO makes of it") from None
