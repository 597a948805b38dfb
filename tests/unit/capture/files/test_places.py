"""What is noise in a project, and what is not."""

from __future__ import annotations

from pathlib import Path

from lineal.capture.files.places import caches


def test_a_cache_that_holds_the_program_is_no_noise(tmp_path: Path) -> None:
    project = tmp_path / "cache" / "project"
    project.mkdir(parents=True)
    named = {"HF_HOME": ".cache/hub", "XDG_CACHE_HOME": str(tmp_path / "cache"), "MPLCONFIGDIR": str(project)}

    assert (project / ".cache/hub",) == caches(named, project)
