"""Versions as OCI artifacts: references, manifests and tags, as bytes and values. Nothing is asked of a registry here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from lineal.objects.digest import PREFIX, Digest
from lineal.objects.errors import Corrupt, Invalid
from lineal.objects.prepared import prepared
from lineal.objects.semantic import SemanticVersion

SCHEME = "oci://"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
ARTIFACT = "application/vnd.lineal.model.v1+json"
VERSION = "application/vnd.lineal.version.v1+json"
FILE = "application/vnd.lineal.model.file.v1"
OBJECT = "application/vnd.lineal.object.v1+json"
CARD = "application/vnd.lineal.card.v1+markdown"
SIGNATURE = "application/vnd.dev.sigstore.bundle.v0.3+json"

TITLE = "org.opencontainers.image.title"
NUMBER = "org.opencontainers.image.version"
CREATED = "org.opencontainers.image.created"
LICENSES = "org.opencontainers.image.licenses"
REVISION = "org.opencontainers.image.revision"
SOURCE = "org.opencontainers.image.source"

MANIFEST_BYTES_MAX = 4 << 20
"""What registries must take, by the specification."""

EMPTY_OBJECT = b"{}"

_WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<host>[A-Za-z0-9.-]+(?::[0-9]+)?|\[[0-9A-Fa-f:]+\](?::[0-9]+)?)/(?P<repository>{_WORD}(?:/{_WORD})*)"
    rf"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})|@(?P<digest>{PREFIX}))?",
    re.ASCII,
)


class Place(msgspec.Struct, frozen=True):
    """A repository of a registry, and which of its manifests is meant, by tag or digest; neither for none."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        which = f":{self.tag}" if self.tag else f"@{self.digest}" if self.digest else ""
        return f"{SCHEME}{self.host}/{self.repository}{which}"


class Descriptor(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a manifest says of a blob."""

    media_type: str
    digest: Digest
    size: int
    annotations: dict[str, str] = {}
    artifact_type: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An artifact: its config, its files, and what it is about where it refers to another one."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    artifact_type: str = ""
    subject: Descriptor | None = None
    annotations: dict[str, str] = {}


class _Index(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    manifests: tuple[Descriptor, ...] = ()


def parse_place(text: str) -> Place:
    """Return what ``oci://HOST/REPOSITORY``, with ``:TAG`` or ``@sha256:…`` behind it or not, means.

    Raises:
        Invalid: it is no such address.
    """
    match = _REFERENCE.fullmatch(text.removeprefix(SCHEME)) if text.startswith(SCHEME) else None
    if not match:
        raise Invalid(
            f"{text!r} is no address in a registry",
            hint="write oci://HOST/REPOSITORY, in small letters, and :TAG or @sha256:… behind it where one is meant",
        )
    return Place(match["host"], match["repository"], match["tag"] or "", match["digest"] or "")


def write_manifest(manifest: Manifest) -> bytes:
    """Return the bytes of a manifest: the same for the same value, whoever writes them."""
    said = {"schemaVersion": 2, "mediaType": MANIFEST, **msgspec.to_builtins(manifest)}
    return msgspec.json.encode(said, order="sorted")


def parse_manifest(data: bytes, what: str) -> Manifest:
    """Return the manifest of a version.

    Args:
        data: its bytes.
        what: where it is, for the message of an error.

    Raises:
        Invalid: it is the manifest of something else.
        Corrupt: it is no manifest.
    """
    try:
        found = msgspec.json.decode(data, type=prepared(Manifest))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Corrupt(f"{what} is no manifest of an artifact", hint="name another tag or digest") from None
    if found.artifact_type != ARTIFACT or found.config.media_type != VERSION:
        kind = found.artifact_type or found.config.media_type
        raise Invalid(f"{what} is no version of a model but {kind}", hint="name another tag or digest")
    return found


def write_index(before: bytes, added: Descriptor) -> bytes:
    """Return the index of what refers to an artifact, with one more; ``before`` is empty for none.

    Raises:
        Corrupt: what is there is no index.
    """
    try:
        known = msgspec.json.decode(before, type=prepared(_Index)).manifests if before else ()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Corrupt("the tag that lists referrers is no index", hint="delete that tag") from None
    manifests = (*(each for each in known if each.digest != added.digest), added)
    said = {"schemaVersion": 2, "mediaType": INDEX, "manifests": msgspec.to_builtins(manifests)}
    return msgspec.json.encode(said, order="sorted")


def lines_of(number: SemanticVersion) -> tuple[str, ...]:
    """Return the tags that may lead to a version beside its own: 1.2, 1 and latest; none for a pre-release."""
    return () if number.pre else (f"{number.major}.{number.minor}", str(number.major), "latest")


def place_of(repository: str, model: str) -> str:
    """Return the address of a model below that of a registry's folder, or where ``{model}`` stands in it."""
    base = repository.rstrip("/")
    return base.replace("{model}", model) if "{model}" in base else f"{base}/{model}"


def files_of(manifest: Manifest) -> Mapping[str, Descriptor]:
    """Return the files of a version by their paths. Raises Corrupt where one has no path, or two have the same."""
    files = [each for each in manifest.layers if each.media_type == FILE]
    named = {each.annotations.get(TITLE, ""): each for each in files}
    if "" in named or len(named) != len(files):
        raise Corrupt("the manifest's files have no paths, or the same ones", hint="push the version again")
    return named


def objects_of(manifest: Manifest) -> Iterable[Descriptor]:
    """Return the small objects that a version names."""
    return (each for each in manifest.layers if each.media_type == OBJECT)
