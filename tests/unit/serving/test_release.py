"""A release is loaded only when every byte is what the version says."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from lineal.formats.signatures.bundles import make_bundle
from lineal.formats.signatures.keys import make_key
from lineal.formats.signatures.trust import Trust, TrustedKey
from lineal.objects.errors import Corrupt, NotFound
from lineal.objects.files import Entry
from lineal.serving.release import Release, SignatureRule, read_release, verify_release, write_release


@pytest.fixture
def copy(served: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(served, tmp_path / "release"))


def test_what_was_written_is_read_and_verified(copy: Path, release: Release) -> None:
    main = verify_release(copy, release)

    assert read_release(copy) == release
    assert main == copy / "model" / "model.joblib"


@pytest.mark.parametrize("place", [0, -1])
def test_a_flipped_byte_is_named(copy: Path, release: Release, place: int) -> None:
    path = copy / "model" / "model.joblib"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)

    with pytest.raises(Corrupt, match=r"model\.joblib holds other bytes.*nothing was loaded"):
        verify_release(copy, release)


def test_a_missing_file_is_named(copy: Path, release: Release) -> None:
    (copy / "model" / "model.joblib").unlink()

    with pytest.raises(Corrupt, match=r"model\.joblib is missing"):
        verify_release(copy, release)


def test_a_file_beside_the_main_one_counts_too(copy: Path, release: Release) -> None:
    (copy / "model" / "words.txt").write_text("other words", encoding="utf-8")
    entry = Entry(path="words.txt", digest=release.digest, size_bytes=11)

    with pytest.raises(Corrupt, match=r"words\.txt"):
        verify_release(copy, msgspec.structs.replace(release, files=(*release.files, entry)))


@pytest.mark.parametrize("main", ["../evil.pkl", "other.joblib", ""])
def test_what_is_loaded_is_one_of_the_verified_files(copy: Path, release: Release, main: str) -> None:
    (copy / "evil.pkl").write_bytes(b"never loaded")

    with pytest.raises(Corrupt, match="which is to be loaded"):
        verify_release(copy, msgspec.structs.replace(release, main_file=main))


def test_a_link_is_checked_by_its_text_and_never_loaded(copy: Path, release: Release) -> None:
    (copy / "model" / "link").symlink_to("model.joblib")
    entry = Entry(path="link", digest=release.digest, size_bytes=12, mode="symlink")

    with pytest.raises(Corrupt, match="link holds other bytes"):
        verify_release(copy, msgspec.structs.replace(release, files=(*release.files, entry)))
    with pytest.raises(Corrupt, match="'link', which is to be loaded"):
        verify_release(copy, msgspec.structs.replace(release, files=(*release.files, entry), main_file="link"))


def test_an_empty_directory_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no release"):
        read_release(tmp_path)


def test_a_description_that_is_none_is_named(copy: Path) -> None:
    (copy / "version.json").write_bytes(b'{"digest": 3}')

    with pytest.raises(Corrupt, match=r"version\.json cannot be read"):
        read_release(copy)


def test_writing_again_replaces_the_description_whole(copy: Path, release: Release) -> None:
    newer = msgspec.structs.replace(release, semantic="2.0.0")
    write_release(copy, newer)

    assert read_release(copy) == newer
    assert {each.name for each in copy.iterdir()} <= {"version.json", "model", "ready.json"}


def test_a_version_is_loaded_when_somebody_who_is_trusted_signed_it(copy: Path, release: Release) -> None:
    ada, eve = make_key("p256"), make_key("p256")
    files = {each.path: each.digest.removeprefix("sha256:") for each in release.files}
    trust = Trust(keys={"ada": TrustedKey(public=ada.public.text)})

    def asks(*bundles: bytes) -> Release:
        rule = SignatureRule(bundles=tuple((1, each.decode()) for each in bundles), trust=trust)
        return msgspec.structs.replace(release, signatures=rule)

    good, unknown = make_bundle("m", files, ada), make_bundle("m", files, eve)
    other = make_bundle("m", {**files, "other": "0" * 64}, ada)

    assert copy / "model" / "model.joblib" == verify_release(copy, asks(good))
    for refused, why in (
        ((), "nobody signed it"),
        ((unknown,), "nobody here trusts"),
        ((other, good), "other was signed"),
    ):
        with pytest.raises(Corrupt, match=f"has no good signature: .*{why}.*nothing was loaded"):
            verify_release(copy, asks(*refused))
