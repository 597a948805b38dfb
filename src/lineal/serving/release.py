"""A version laid out on disk: ``version.json`` and, below ``model/``, its exact files."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from lineal.formats.signatures.trust import Trust, judge_bundle
from lineal.objects.digest import Digest, Hasher
from lineal.objects.errors import Corrupt, NotFound
from lineal.objects.files import Entry
from lineal.objects.prepared import prepared
from lineal.objects.runs import ModelFacts

DESCRIPTION = "version.json"
FILES = "model"

_PIECE_BYTES = 1 << 20


class SignatureRule(msgspec.Struct, frozen=True, kw_only=True):
    """Signatures that are checked before anything is loaded: bundles, each with when it was made, and who is trusted."""

    bundles: tuple[tuple[int, str], ...]
    trust: Trust


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What a server must know of a version: who it is, which file to load, and what every file must be.

    ``trusted`` are the names in its main file that a scan expects there, for formats that make only what is trusted.
    """

    digest: Digest
    model: str
    semantic: str
    main_file: str
    facts: ModelFacts
    files: tuple[Entry, ...]
    signatures: SignatureRule | None = None
    trusted: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The version as people name it."""
        return f"{self.model}:{self.semantic}"


def write_release(directory: Path, release: Release) -> None:
    """Describe the release whose files lie in ``directory``: whole, or not at all."""
    partial = directory / f".{DESCRIPTION}.{os.getpid()}"
    partial.write_bytes(msgspec.json.encode(release))
    partial.replace(directory / DESCRIPTION)


def read_release(directory: Path) -> Release:
    """Return what lies in ``directory``.

    Raises:
        NotFound: there is no release.
        Corrupt: its description cannot be read.
    """
    try:
        return msgspec.json.decode((directory / DESCRIPTION).read_bytes(), type=prepared(Release))
    except FileNotFoundError:
        raise NotFound(f"there is no release in {directory}", hint="deploy the version again") from None
    except msgspec.MsgspecError as error:
        raise Corrupt(f"{directory / DESCRIPTION} cannot be read: {error}", hint="deploy the version again") from None


def verify_release(directory: Path, release: Release) -> Path:
    """Hash every file before anything is loaded, and return the one to load.

    Raises:
        Corrupt: a file is missing, or is not what the version says; the message names it.
    """
    files = {entry.path: entry for entry in release.files}
    main = files.get(release.main_file)
    if main is None or main.mode == "symlink":
        # Whoever may write the description may not make us load what nobody checked.
        raise Corrupt(
            f"{release.main_file!r}, which is to be loaded, is no file of {release.reference}; nothing was loaded",
            hint="deploy the version again",
        )
    for entry in release.files:
        path = directory / FILES / entry.path
        found = _digest(path, is_link=entry.mode == "symlink")
        if found != entry.digest:
            what = f"holds other bytes than {entry.digest}" if found else "is missing"
            raise Corrupt(f"{path} {what}; nothing was loaded", hint="deploy the version again")
    if release.signatures is not None:
        _verify_signatures(release, release.signatures)
    return directory / FILES / release.main_file


def _verify_signatures(release: Release, rule: SignatureRule) -> None:
    files = {each.path: each.digest.removeprefix("sha256:") for each in release.files if each.mode != "directory"}
    found = [judge_bundle(bundle.encode(), files, rule.trust, at=at) for at, bundle in rule.bundles]
    if not any(each.state == "good" for each in found) or any(each.state == "bad" for each in found):
        why = "; ".join(each.reason for each in found if each.state != "good") or "nobody signed it"
        raise Corrupt(
            f"{release.reference} has no good signature: {why}; nothing was loaded",
            hint=f"lineal model sign {release.reference}, and deploy it again",
        )


def _digest(path: Path, *, is_link: bool) -> Digest | None:
    hasher = Hasher()
    try:
        if is_link:
            hasher.update(os.fsencode(os.readlink(path)))  # noqa: PTH115 - the text of the link, as it stands
        else:
            with path.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    hasher.update(piece)
    except OSError:
        return None
    return hasher.digest
