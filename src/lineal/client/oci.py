"""Versions in a registry of OCI artifacts: pushed with tags that follow, pulled and checked against every digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from lineal.formats import oci
from lineal.formats.oci import Descriptor, Manifest, Place
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid, LinealError, NotFound
from lineal.objects.files import Entry, Mode
from lineal.objects.prepared import prepared
from lineal.objects.semantic import SemanticVersion, parse_semantic
from lineal.operations.answers.models import VersionAnswer
from lineal.operations.answers.tags import PackedVersion
from lineal.storage.oci.registry import Found, Registry

if TYPE_CHECKING:
    from lineal.client.connect import Repository

MODE = "dev.lineal.file.mode"
MODEL = "dev.lineal.model"
STAGES = ("staging", "production")
"""Stages whose names are tags: what stands there, newest first."""

_OBJECT_BYTES_MAX = 16 << 20


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a push.

    Args:
        reference: the version.
        place: the repository of the registry.
        digest: that of the manifest.
        moved: the tags that lead to it now and did not before.
        kept: those that lead to something newer, and stay.
        told: in plain words, what could not be.
    """

    reference: str
    place: str
    digest: Digest
    moved: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def push(repository: Repository, version: str, target: str, *, variables: Mapping[str, str]) -> Pushed:
    """Write a version to a registry as an artifact of OCI 1.1, and let its tags lead to it.

    Its own number leads to it for ever; ``1.2``, ``1`` and ``latest`` only move forward and never to a pre-release; the name of
    a stage leads to what stands there.

    Args:
        repository: whose version.
        version: the version.
        target: ``oci://HOST/REPOSITORY``, which ``:TAG`` may follow for one more tag.
        variables: the environment's, which say where logins are.

    Raises:
        Conflict: its number leads to something else there.
        Denied: the registry asks for another login.
        Unavailable: it does not answer.
    """
    place, packed = oci.parse_place(target), repository.exports.packed(version)
    if place.digest:
        raise Invalid(
            f"{target} names a digest, which is known only afterwards", hint=f"write {target.partition('@')[0]}"
        )
    with Registry(place.host, place.repository, variables) as registry:
        data = oci.write_manifest(_sent(repository, registry, packed))
        digest, told = digest_of(data), list[str]()
        own = _own(registry, packed, data)
        moved, kept = _lines(registry, packed, data)
        stages = _stages(repository, packed, registry, data, told)
        extra = (place.tag,) if place.tag and _lead(registry, place.tag, data) else ()
        _refer(repository, registry, packed, Descriptor(media_type=oci.MANIFEST, digest=digest, size=len(data)))
    where = str(Place(place.host, place.repository))
    moved = tuple(dict.fromkeys((*own, *moved, *stages, *extra)))
    return Pushed(reference=packed.reference, place=where, digest=digest, moved=moved, kept=kept, told=tuple(told))


def _sent(repository: Repository, registry: Registry, packed: PackedVersion) -> Manifest:
    """Send every blob of a version that the registry lacks, and return its manifest."""
    for each in packed.files:
        registry.put_blob(each.digest, each.size_bytes, repository.blobs.open(each.digest))
    files = [
        Descriptor(
            media_type=oci.FILE,
            digest=each.digest,
            size=each.size_bytes,
            annotations={oci.TITLE: each.path, **({MODE: each.mode} if each.mode != "file" else {})},
        )
        for each in packed.files
    ]
    objects = [_small(registry, each.encode(), oci.OBJECT) for each in packed.objects]
    said = {
        oci.TITLE: packed.model,
        oci.NUMBER: packed.semantic,
        oci.CREATED: datetime.fromtimestamp(packed.at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "org.opencontainers.image.authors": packed.by,
        oci.REVISION: packed.commit,
        oci.SOURCE: packed.origin,
        oci.LICENSES: packed.license,
        MODEL: packed.model,
    }
    return Manifest(
        artifact_type=oci.ARTIFACT,
        config=_small(registry, packed.version.encode(), oci.VERSION),
        layers=(*files, *objects),
        annotations={name: value for name, value in sorted(said.items()) if value},
    )


def _small(registry: Registry, data: bytes, media_type: str) -> Descriptor:
    digest = digest_of(data)
    registry.put_blob(digest, len(data), (data,))
    return Descriptor(media_type=media_type, digest=digest, size=len(data))


def _own(registry: Registry, packed: PackedVersion, data: bytes) -> tuple[str, ...]:
    """Let the number lead to the manifest, and return it if it did not. One that leads to another version is never moved."""
    there = registry.manifest(packed.semantic)
    if there is not None and there.digest != digest_of(data) and _version_of(there) != packed.digest:
        raise Conflict(
            f"{registry.name}:{packed.semantic} leads to another version",
            hint="numbers are never moved; push to another repository, or see who pushed that",
        )
    return (packed.semantic,) if _lead(registry, packed.semantic, data) else ()


def _version_of(found: Found) -> str:
    """Return the digest of the version that a manifest is of; empty when it is of something else."""
    try:
        return oci.parse_manifest(found.data, "it").config.digest
    except LinealError:
        return ""


def _lines(registry: Registry, packed: PackedVersion, data: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Move the tags of lines of versions forward; return those that moved and those that were ahead."""
    number, moved, kept = parse_semantic(packed.semantic), list[str](), list[str]()
    for tag in oci.lines_of(number):
        ahead = _number_at(registry, tag)
        if ahead is not None and ahead > number:
            kept.append(tag)
        elif _lead(registry, tag, data):
            moved.append(tag)
    return tuple(moved), tuple(kept)


def _number_at(registry: Registry, tag: str) -> SemanticVersion | None:
    """Return the number of the version that a tag leads to; None when it leads to none."""
    there = registry.manifest(tag)
    if there is None:
        return None
    try:
        return parse_semantic(oci.parse_manifest(there.data, tag).annotations.get(oci.NUMBER, ""))
    except LinealError:
        return None


def _lead(registry: Registry, tag: str, data: bytes) -> bool:
    """Let a tag lead to a manifest; return whether it did not before."""
    there = registry.manifest(tag)
    if there is not None and there.digest == digest_of(data):
        return False
    registry.put_manifest(tag, data)
    return True


def _stages(
    repository: Repository, packed: PackedVersion, registry: Registry, data: bytes, told: list[str]
) -> Iterator[str]:
    """Let the name of a stage lead to the version where it stands there, and away where nothing does any more."""
    standing = next(each for each in repository.model.list() if each.name == packed.model).stages
    for stage in STAGES:
        if standing.get(stage) == packed.reference:
            if _lead(registry, stage, data):
                yield stage
        elif (there := registry.manifest(stage)) and _version_of(there) == packed.digest and packed.stage != stage:
            yield from _moved_away(registry, stage, standing.get(stage, ""), told)


def _moved_away(registry: Registry, stage: str, now: str, told: list[str]) -> Iterator[str]:
    """Let a stage's tag leave a version that does not stand there any more."""
    other = registry.manifest(now.rpartition(":")[2]) if now else None
    if other is not None:
        registry.put_manifest(stage, other.data)
        yield stage
    elif not registry.delete_tag(stage):
        told.append(f"the tag {stage} of {registry.name} still leads there: it deletes no tags")


def _refer(repository: Repository, registry: Registry, packed: PackedVersion, subject: Descriptor) -> None:
    """Send the card and the signatures as artifacts that refer to the version."""
    card = repository.model.card(packed.reference).text.encode()
    papers = [(oci.CARD, "README.md", card)]
    papers += [(oci.SIGNATURE, "model.sig", b"".join(repository.blobs.open(each))) for each in packed.signatures]
    for kind, title, data in papers:
        layer = msgspec.structs.replace(_small(registry, data, kind), annotations={oci.TITLE: title})
        config = _small(registry, oci.EMPTY_OBJECT, oci.EMPTY)
        body = oci.write_manifest(Manifest(artifact_type=kind, config=config, layers=(layer,), subject=subject))
        digest = digest_of(body)
        if registry.manifest(digest) is None and not registry.put_manifest(digest, body):
            # A registry that lists no referrers itself has them in an index under a tag.
            tag = subject.digest.replace(":", "-")
            before = registry.manifest(tag)
            added = Descriptor(media_type=oci.MANIFEST, digest=digest, size=len(body), artifact_type=kind)
            index = oci.write_index(before.data if before else b"", added)
            registry.put_manifest(tag, index, media_type=oci.INDEX)


def pull(repository: Repository, source: str, *, name: str = "", variables: Mapping[str, str]) -> VersionAnswer:
    """Bring a version from a registry: every byte is checked, and it has the digest that it has there.

    Args:
        repository: where to.
        source: ``oci://HOST/REPOSITORY:TAG`` or ``oci://HOST/REPOSITORY@sha256:…``.
        name: what the model is called here; by default as it is there.
        variables: the environment's, which say where logins are.

    Raises:
        NotFound: there is no such tag or digest.
        Corrupt: the registry sends something else than the digests say.
        Conflict: another version has its number here.
        Denied: the registry asks for another login.
        Unavailable: it does not answer.
    """
    place = oci.parse_place(source)
    wanted = place.digest or place.tag or "latest"
    with Registry(place.host, place.repository, variables) as registry:
        found = registry.manifest(wanted)
        if found is None:
            raise NotFound(f"{registry.name} has no {wanted}", hint="name a tag or a whole digest that is there")
        manifest = oci.parse_manifest(found.data, f"{registry.name}, {wanted},")
        named = oci.files_of(manifest)
        known = repository.blobs.has({each.digest for each in named.values()})
        for each in {each.digest: each for each in named.values() if each.digest not in known}.values():
            repository.blobs.put_stream(registry.blob(each.digest, each.size), expected=each.digest)
        version, *objects = _texts(registry, (manifest.config, *oci.objects_of(manifest)))
    files = tuple(
        Entry(path=path, digest=each.digest, size_bytes=each.size, mode=_mode(each))
        for path, each in sorted(named.items())
    )
    return repository.imports.packed(
        name=name or manifest.annotations.get(MODEL, ""),
        number=manifest.annotations.get(oci.NUMBER, ""),
        version=version,
        objects=tuple(objects),
        files=files,
        source=f"{oci.SCHEME}{place.host}/{place.repository}@{found.digest}",
    )


def _texts(registry: Registry, wanted: Iterable[Descriptor]) -> Iterator[str]:
    for each in wanted:
        if each.size > _OBJECT_BYTES_MAX:
            raise Corrupt(f"{registry.name} has an object of {each.size:,} bytes", hint="it is none of ours")
        try:
            yield b"".join(registry.blob(each.digest, each.size)).decode()
        except UnicodeDecodeError:
            raise Corrupt(f"{each.digest} of {registry.name} is no text", hint="it is none of ours") from None


def _mode(file: Descriptor) -> Mode:
    try:
        found: Mode = msgspec.convert(file.annotations.get(MODE, "file"), prepared(Mode))
    except msgspec.ValidationError:
        raise Corrupt(f"{file.digest} is a file of an unknown kind", hint="a newer Lineal may know it") from None
    return found
