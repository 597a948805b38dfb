"""Where artifacts are: from the paths of MLflow's artifact proxy to whose file is meant, and back.

Nothing here touches a file system, yet a path that leads elsewhere on one is refused however it is written: clients make
files of them.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from lineal.objects.errors import Invalid
from lineal.objects.ulid import hexadecimal, ulid_of
from lineal.operations.answers.tracking import LoggedModelAnswer, RunInfo
from lineal.operations.recording.artifacts import LOGGED, SHARED, VERSION

_RUN = re.compile(r"[0-9a-f]{32}")
_MODEL = re.compile(r"m-[0-9a-f]{32}")
_VERSION = re.compile(r"[0-9a-f]{64}")
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of surrogate pairs."""

_UNFIT = re.compile(r"[\x00\\]|^[A-Za-z]:|^/|//|/$|(^|/)\.\.?(/|$)")
"""NUL, backslashes, drives, absolute paths, empty parts and parts that lead elsewhere."""

_DECODED_MAX = 10
"""Who writes a percent sign more often in another way means harm."""


class Place(NamedTuple):
    """Whose file, and its path."""

    subject: str
    path: str


def safe(path: str, *, is_directory: bool = False) -> str:
    """Return a relative path without parts that say nothing.

    Args:
        path: as it was asked for.
        is_directory: it may be empty, and end with a slash.

    Raises:
        Invalid: it leads elsewhere, or would on another system, or if it was decoded once more.
    """
    if is_directory:
        path = path.removesuffix("/")
    path = "/".join(part for part in path.split("/") if part != ".")
    if not path and is_directory:
        return path
    decoded = "" if _UNPRINTED.search(path) else path
    for _ in range(_DECODED_MAX):
        if not decoded or _UNFIT.search(decoded):
            break
        before, decoded = decoded, unquote(decoded)
        if decoded == before:
            return path
    raise _invalid(path)


def _invalid(path: str) -> Invalid:
    return Invalid("Invalid path", hint=f"{path!r} is no relative path with plain names between single slashes")


def place_of(path: str, *, is_directory: bool = False) -> Place:
    """Return what a path of the proxy means.

    ``9/<run>/artifacts/model/MLmodel`` is a file of a run, ``9/models/<model>/artifacts/MLmodel`` one of a logged model,
    ``versions/<digest>/artifacts/model.pkl`` one of a version, and any other one that belongs to nothing else. Raises
    Invalid.
    """
    parts = safe(path, is_directory=is_directory).split("/")
    for at, word in enumerate(parts[1:]):
        if word == "artifacts" and (subject := _subject(parts[:at], parts[at])):
            return Place(subject, "/".join(parts[at + 2 :]))
    return Place(SHARED, "/".join(parts))


def _subject(before: list[str], owner: str) -> str:
    if _RUN.fullmatch(owner):
        return ulid_of(owner)
    if before[-1:] == ["models"] and _MODEL.fullmatch(owner):
        return LOGGED + owner
    is_version = before == ["versions"] and _VERSION.fullmatch(owner)
    return f"{VERSION}sha256:{owner}" if is_version else ""


def run_root(run: RunInfo) -> str:
    """Return the address of a run's artifacts."""
    place = run.artifact_location or f"mlflow-artifacts:/{run.experiment}"
    return f"{place}/{hexadecimal(run.id)}/artifacts"


def model_root(model: LoggedModelAnswer) -> str:
    """Return the address of a logged model's artifacts."""
    place = model.artifact_location or f"mlflow-artifacts:/{model.experiment}"
    return f"{place}/models/{model.id}/artifacts"
