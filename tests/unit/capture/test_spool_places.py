"""Spools lie where they are found again, each repository's apart, and where nobody else has laid a trap."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from lineal.capture.spool_places import make_place, places


def test_spools_of_one_repository_are_not_those_of_another(tmp_path: Path) -> None:
    variables = {"HOME": str(tmp_path)}
    one, other = (places(None, whose, variables) for whose in ("https://one", "https://other"))

    assert not set(one) & set(other)
    assert one[0].is_relative_to(tmp_path / ".cache")
    assert (tmp_path / "own", *one) == places(tmp_path / "own", "https://one", variables)
    assert 1 == len(places(None, "https://one", {}))


def test_a_place_that_somebody_else_laid_out_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "place").symlink_to(tmp_path / "theirs")

    with pytest.raises(PermissionError):
        make_place(tmp_path / "place")


def test_what_nothing_else_takes_lies_among_temporary_files_where_python_has_them(tmp_path: Path) -> None:
    assert places(None, "https://one", os.environ)[-1].is_relative_to(tempfile.gettempdir())
    assert places(None, "https://one", {"TMPDIR": str(tmp_path)})[-1].is_relative_to(tmp_path)
    assert Path("/tmp") in places(None, "https://one", {"TMPDIR": str(tmp_path / "nowhere")})[-1].parents
