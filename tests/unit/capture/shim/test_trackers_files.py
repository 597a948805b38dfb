"""Files that trackers are handed: copied while they are small, referred to when they are not, by harmless names."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.capture.shim.lineal_shim.trackers import files
from lineal.capture.shim.lineal_shim.writing import own
from lineal.capture.told.reading import read


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spool that this process writes to, and no file handed over yet."""
    folder = tmp_path / "spool"
    folder.mkdir()
    own.close()
    monkeypatch.setenv("LINEAL_SPOOL", str(folder))
    monkeypatch.setattr(files, "_kept", {})
    monkeypatch.setattr(files, "_left_out", [])
    monkeypatch.setattr(files, "_copied_bytes", [0])
    monkeypatch.setattr(files, "_COPIES_BYTES_MAX", 100)
    return folder


def test_what_is_too_much_is_referred_to_in_its_state(spool: Path, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(bytes(60))
    (tmp_path / "more").write_bytes(bytes(50))

    files.hand_over("mlflow", "", "a/small", str(tmp_path / "small"))
    files.hand_over("mlflow", "child.", "more", str(tmp_path / "more"))
    (tmp_path / "small").unlink()

    small, more = read(spool).artifacts
    own.close()
    assert ("mlflow/a/small", "artifacts/mlflow/a/small", None) == (small.name, small.path, small.stamp)
    assert bytes(60) == (spool / small.path).read_bytes()
    found = (tmp_path / "more").stat()
    assert ("mlflow/child/more", str(tmp_path / "more")) == (more.name, more.path)
    assert more.stamp == (found.st_mtime_ns, 50, found.st_ino)


def test_names_stay_in_the_spool_and_files_are_bounded(
    spool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_FILES_MAX", 3)
    (tmp_path / "file").write_text("x")

    for name in ("../../up", "a//./b\0", "ü" * 300, "one too many"):
        files.hand_over("wandb", "", name, str(tmp_path / "file"))
    files.hand_over("wandb", "", "../../up", str(tmp_path / "gone"))

    record = read(spool)
    own.close()
    assert ["wandb/up", "wandb/a/b", f"wandb/{'ü' * 100}"] == [each.name for each in record.artifacts]
    assert ["file", "spool"] == sorted(each.name for each in tmp_path.iterdir())
    assert record.gaps[0].startswith("wandb: more than 3 files")
    assert record.gaps[1].startswith("_hand_over: FileNotFoundError")
