"""OCI artifacts as values: addresses, manifests, indexes, and which tags may lead where."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats import oci
from lineal.formats.oci import Descriptor, Manifest, Place
from lineal.objects.digest import digest_of
from lineal.objects.errors import Corrupt, Invalid, LinealError
from lineal.objects.semantic import parse_semantic

A = digest_of(b"a")


def layer(path: str) -> Descriptor:
    return Descriptor(media_type=oci.FILE, digest=A, size=1, annotations={oci.TITLE: path} if path else {})


def manifest(*layers: Descriptor) -> Manifest:
    config = Descriptor(media_type=oci.VERSION, digest=A, size=1)
    return Manifest(artifact_type=oci.ARTIFACT, config=config, layers=layers, annotations={oci.NUMBER: "1.0.0"})


@pytest.mark.parametrize(
    "place",
    [
        Place("localhost:5000", "churn"),
        Place("registry.example.org", "models/churn", tag="1.0.0-rc.1"),
        Place("127.0.0.1:5000", "a/b__c/d-e.f", digest=A),
    ],
)
def test_an_address_comes_back_from_its_text(place: Place) -> None:
    assert place == oci.parse_place(str(place))


@pytest.mark.parametrize(
    "text", ["", "oci://", "oci://host", "oci://h/A", "oci://h/a:", "oci://h/a@sha256:1", "oci://h/a:+", "a/b"]
)
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(Invalid):
        oci.parse_place(text)


def test_a_manifest_is_the_same_bytes_for_the_same_value_and_comes_back() -> None:
    value = manifest(layer("a"), layer("b/c"))
    data = oci.write_manifest(value)

    assert value == oci.parse_manifest(data, "it")
    assert data == oci.write_manifest(oci.parse_manifest(data, "it"))
    assert (2, oci.MANIFEST) == (json.loads(data)["schemaVersion"], json.loads(data)["mediaType"])
    assert {"a", "b/c"} == set(oci.files_of(value))


@given(st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b'{"config": 1}', b"null", b"[" * 10_000]))
def test_whatever_a_registry_sends_is_an_error_of_ours(data: bytes) -> None:
    assert "" != hint_of(lambda: oci.parse_manifest(data, "it"))
    assert "" != hint_of(lambda: oci.write_index(data or b"{", layer("a")))


def hint_of(read: Callable[[], object]) -> str:
    """Return what an error of ours tells to do next; that nothing was wrong where nothing was."""
    try:
        read()
    except LinealError as error:
        return error.hint
    return "nothing was wrong"


@pytest.mark.parametrize("layers", [(layer(""),), (layer("a"), layer("a"))])
def test_files_have_paths_of_their_own(layers: tuple[Descriptor, ...]) -> None:
    with pytest.raises(Corrupt):
        oci.files_of(manifest(*layers))


def test_an_index_has_each_referrer_once() -> None:
    first = oci.write_index(b"", layer("a"))

    assert 1 == len(json.loads(oci.write_index(first, layer("b")))["manifests"])


def test_only_releases_have_lines() -> None:
    assert ("1.2", "1", "latest") == oci.lines_of(parse_semantic("1.2.3"))
    assert () == oci.lines_of(parse_semantic("1.2.3-rc.1"))


def test_a_model_has_its_place_in_a_folder() -> None:
    assert "oci://h/models/churn" == oci.place_of("oci://h/models/", "churn")
    assert "oci://h/churn/model" == oci.place_of("oci://h/{model}/model", "churn")
