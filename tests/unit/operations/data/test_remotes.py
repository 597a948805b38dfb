"""Remotes: names for places, and no secret among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict, Denied, Invalid, NotFound
from lineal.operations.data.remotes import bucket_of
from lineal.storage.store import Actor

OPTIONS = ("endpoint=https://s3.example.org", "region=eu-west-1")


def test_the_first_remote_is_the_default_one_until_another_is_made_so(repository: LocalRepository) -> None:
    repository.remote.add("backup", "/mnt/backup")
    repository.remote.add("store", "memory://test-of-remotes")

    assert {"backup": True, "store": False} == {each.name: each.is_default for each in repository.remote.list()}

    repository.remote.add("store", "memory://test-of-remotes", default=True)

    assert {"backup": False, "store": True} == {each.name: each.is_default for each in repository.remote.list()}
    assert "memory://test-of-remotes" == bucket_of(repository.store).url
    assert "file:///mnt/backup" == bucket_of(repository.store, "backup").url


def test_a_remote_is_kept_as_it_was_said(repository: LocalRepository) -> None:
    added = repository.remote.add("store", "s3://models/lineal/", option=OPTIONS)

    assert ("store", "s3://models/lineal", True, "ada") == (added.name, added.url, added.is_default, added.added_by)
    assert {"endpoint": "https://s3.example.org", "region": "eu-west-1"} == added.options
    assert (added,) == repository.remote.list()


def test_adding_the_same_again_changes_nothing(repository: LocalRepository) -> None:
    first = repository.remote.add("store", "s3://models", option=OPTIONS)

    assert first == repository.remote.add("store", "s3://models", option=OPTIONS)


def test_a_name_that_is_taken_is_told(repository: LocalRepository) -> None:
    repository.remote.add("store", "/mnt/one")
    with pytest.raises(Conflict, match="store is file:///mnt/one already"):
        repository.remote.add("store", "/mnt/two")


def test_a_remote_that_was_removed_is_gone_and_its_name_is_free(repository: LocalRepository, tmp_path: Path) -> None:
    repository.remote.add("store", str(tmp_path))
    (tmp_path / "kept").write_bytes(b"")
    repository.remote.remove("store")
    with pytest.raises(NotFound, match="there are no remotes"):
        bucket_of(repository.store)
    repository.remote.add("other", "/mnt/two")
    repository.remote.add("store", "/mnt/two")
    repository.remote.remove("other")

    assert (tmp_path / "kept").exists()
    with pytest.raises(NotFound, match="no remote is the default one"):
        bucket_of(repository.store, "")
    with pytest.raises(NotFound, match="there is no remote 'stor'") as caught:
        bucket_of(repository.store, "stor")
    assert "store" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "option", "message"),
    [
        ("s3://AKIA:hush@models", (), "perhaps a secret"),
        ("az://models?sig=hush", (), "perhaps a secret"),
        ("s3://models", ("secret_access_key=hush",), "secret_access_key is a secret"),
        ("az://models", ("account_key=hush",), "account_key is a secret"),
        ("s3://models", ("region",), "says nothing"),
        ("s3://models", ("colour=red",), "has no option 'colour'"),
        ("ftp://models", (), "nothing here opens ftp"),
    ],
)
def test_what_cannot_be_a_remote_is_refused_and_a_secret_is_kept_nowhere(
    repository: LocalRepository, url: str, option: tuple[str, ...], message: str
) -> None:
    with pytest.raises(Invalid, match=message) as caught:
        repository.remote.add("store", url, option=option)
    kept = repository.store.database.run("SELECT body FROM journal")

    assert caught.value.hint
    assert "hush" not in caught.value.message + caught.value.hint + str(kept)
    assert () == repository.remote.list()


def test_only_an_administrator_names_places(repository: LocalRepository, tmp_path: Path) -> None:
    repository.remote.add("store", str(tmp_path))
    writer = repository.acting(Actor("eve", "writer"))
    for ask in (lambda: writer.remote.add("mine", "/etc"), lambda: writer.remote.remove("store")):
        with pytest.raises(Denied):
            ask()
    for place in ("/etc", "../..", "file:///etc", "s3://elsewhere"):
        with pytest.raises(Denied, match="eve may only use remotes"):
            bucket_of(writer.store, place)

    assert f"file://{tmp_path}" == bucket_of(writer.store, "store").url
    assert f"file://{tmp_path}" == bucket_of(repository.store, str(tmp_path)).url
