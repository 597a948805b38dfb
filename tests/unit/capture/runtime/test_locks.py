"""Lock files are compared with what is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineal.capture.runtime.locks import check_locks, find_locks
from lineal.objects.runtime import LockCheck, Package

INSTALLED = tuple(
    Package(name=name, version=version, is_editable=name == "mine")
    for name, version in (
        ("numpy", "2.1.0"),
        ("scikit-learn", "1.5.0"),
        ("tqdm", "4.0"),
        ("mine", "0.1"),
        ("pip", "24"),
    )
)
CONDA = (Package(name="libblas", version="3.9.0", origin="20_openblas"),)

UV = """
version = 1
[[package]]
name = "mine"
version = "0.2"
source = { editable = "." }
[[package]]
name = "numpy"
version = "2.1.0"
source = { registry = "https://example.org/simple" }
[[package]]
name = "scikit-learn"
version = "1.4.2"
[[package]]
name = "pywin32"
version = "306"
"""
POETRY = '[[package]]\nname = "numpy"\nversion = "2.1.0"\n[[package]]\nname = "numpy"\nversion = "1.26.4"\n'
PYLOCK = 'lock-version = "1.0"\n[[packages]]\nname = "scikit_learn"\nversion = "1.5.0"\n[[packages]]\nname = "mine"\n'
PIPFILE = (
    '{"default": {"numpy": {"version": "==2.0.0"}}, "develop": {"tqdm": {"version": "==4.0.0"}, "x": {"git": "y"}}}'
)
REQUIREMENTS = """
--extra-index-url https://example.org
numpy==2.1.0 ; python_version > "3.10" \\
    --hash=sha256:00
Scikit_Learn[all] == 1.4.2  # pinned
tqdm>=4
"""
CONDA_LOCK = "package:\n- name: libblas\n  version: 3.9.0\n  manager: conda\n- name: numpy\n  version: '2.0.0'\n"
ENVIRONMENT = "dependencies:\n  - libblas=3.8.0=20_openblas\n  - conda-forge::numpy=2.1.0\n  - pip:\n    - tqdm==4.0\n"
PIXI = """
packages:
- conda: https://example.org/conda-forge/linux-64/libblas-3.9.0-20_openblas.conda
  sha256: 00
- pypi: https://files.example.org/tqdm-4.1-py3-none-any.whl
  name: tqdm
  version: '4.1'
"""


@pytest.mark.parametrize(
    ("name", "text", "check"),
    [
        ("uv.lock", UV, LockCheck(same_count=1, other={"scikit-learn": "1.4.2"}, absent_count=1, unlocked_count=1)),
        ("poetry.lock", POETRY, LockCheck(same_count=1, unlocked_count=2)),
        ("pdm.lock", POETRY, LockCheck(same_count=1, unlocked_count=2)),
        ("pylock.dev.toml", PYLOCK, LockCheck(same_count=1, unlocked_count=2)),
        ("Pipfile.lock", PIPFILE, LockCheck(same_count=1, other={"numpy": "2.0.0"}, unlocked_count=1)),
        (
            "requirements-dev.txt",
            REQUIREMENTS,
            LockCheck(same_count=1, other={"scikit-learn": "1.4.2"}, unlocked_count=1),
        ),
        ("conda-lock.yml", CONDA_LOCK, LockCheck(same_count=1, other={"numpy": "2.0.0"}, unlocked_count=2)),
        ("environment.yml", ENVIRONMENT, LockCheck(same_count=2, other={"libblas": "3.8.0"}, unlocked_count=1)),
        ("pixi.lock", PIXI, LockCheck(same_count=1, other={"tqdm": "4.1"}, unlocked_count=2)),
    ],
)
def test_a_lock_says_how_many_are_installed_as_it_says(name: str, text: str, check: LockCheck, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    locks = find_locks(tmp_path, tmp_path)

    assert {name: check} == check_locks(locks, INSTALLED, CONDA)


@pytest.mark.parametrize(
    ("name", "text"),
    [("uv.lock", "x"), ("Pipfile.lock", "[]"), ("requirements.txt", "numpy\n"), ("pylock.toml", "a=1")],
)
def test_what_pins_nothing_is_compared_with_nothing(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    assert {} == check_locks(find_locks(tmp_path, tmp_path), INSTALLED)


def test_locks_of_the_project_and_of_the_folder_of_the_run_are_found(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "requirements.in.txt").write_text("")
    (tmp_path / "deep" / "notes.txt").write_text("")

    assert ["uv.lock", "deep/requirements.in.txt"] == list(find_locks(tmp_path, tmp_path / "deep"))
