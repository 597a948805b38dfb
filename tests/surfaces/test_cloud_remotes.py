"""A remote in Azure and one in Google Cloud Storage, from the first push to a mended one; and what is told when it cannot be."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.errors import Denied, NotFound
from lineal.operations.data.stores import remote_of
from tests.parts.azurite import Azure
from tests.parts.gcs import Gcs
from tests.surfaces.filled import content, fill


class Cloud(NamedTuple):
    """An empty place in a cloud: its address, and the options that it is opened with."""

    url: str
    options: tuple[str, ...]


@pytest.fixture(params=["azure", "gcs", "gcs with versions"])
def cloud(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Each cloud in turn."""
    if request.param == "azure":
        return azure(request.getfixturevalue("azurite"), monkeypatch)
    gcs: Gcs = request.getfixturevalue("gcs")
    bucket = gcs.make(versions=request.param != "gcs")
    return Cloud(f"gs://{bucket}/models", tuple(f"{name}={value}" for name, value in gcs.options.items()))


def azure(server: Azure, monkeypatch: pytest.MonkeyPatch, *, container: str = "") -> Cloud:
    """Return a place in a container, a new one by default, for whoever the variables say."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", server.options["account"])
    monkeypatch.setenv("AZURE_STORAGE_KEY", server.options["account_key"])
    place = f"az://{container or server.make()}/models"
    return Cloud(place, (f"endpoint={server.options['endpoint']}", f"account={server.options['account']}"))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[LocalRepository]:
    """A repository with a dataset of small files and large ones."""
    (tmp_path / "here").mkdir()
    with init(tmp_path / "here") as repository:
        repository.data.add(fill(tmp_path / "here" / "images"))
        yield repository


def test_what_is_pushed_is_checked_mended_and_pulled(here: LocalRepository, cloud: Cloud, tmp_path: Path) -> None:
    here.remote.add("cloud", cloud.url, option=cloud.options)
    sent = here.data.push(("data:images",))[0]

    assert 2 == sent.files
    assert 0 == here.data.push(("data:images",))[0].files
    collected = here.gc(remote="cloud", grace_days=0, delete=True)
    assert (0, 0, 0) == (collected.packs, collected.blobs, here.verify(remote="cloud").exit_status)
    bucket = remote_of(here.store, "cloud").bucket
    pack, blob = (next(iter(bucket.list(f"{kind}/"))).key for kind in ("packs", "blobs"))
    bucket.put(pack, b"ransom")
    bucket.delete((blob,))
    found = here.verify(remote="cloud")
    assert (7, {pack, blob}) == (found.exit_status, {each.what.split()[0] for each in found.problems})
    assert 2 == len(here.repair(remote="cloud").mended)
    assert 0 == here.verify(remote="cloud").exit_status
    (tmp_path / "there").mkdir()
    with init(tmp_path / "there") as there:
        there.remote.add("cloud", cloud.url, option=cloud.options)
        there.data.pull(("data:images",))
        there.data.get("data:images", tmp_path / "out")
    assert content(tmp_path / "here" / "images") == content(tmp_path / "out")


def test_wrong_credentials_and_a_missing_container_are_told_on_one_line(
    here: LocalRepository, azurite: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = azure(azurite, monkeypatch)
    here.remote.add("cloud", place.url, option=place.options)
    missing = azure(azurite, monkeypatch, container="nosuchcontainer")
    here.remote.add("missing", missing.url, option=missing.options)
    with pytest.raises(NotFound, match="there is no bucket az://nosuchcontainer"):
        here.data.push(("data:images",), to="missing")
    monkeypatch.setenv("AZURE_STORAGE_KEY", base64.b64encode(b"another key").decode())
    with pytest.raises(Denied, match="does not let us in: AuthorizationFailure") as told:
        here.data.push(("data:images",), to="cloud")
    assert "\n" not in told.value.message
