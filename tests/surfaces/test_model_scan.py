"""Files of models of both kinds: what would do harm is found, what libraries save is clean, and nothing is run."""

from __future__ import annotations

import json
import pickle
import subprocess
from pathlib import Path

import pytest

from lineal.checks.scanning.rules import judge_name
from lineal.client.local import LocalRepository
from lineal.client.scanning import scan_path
from lineal.objects.errors import Refused
from lineal.objects.scans import Scan
from tests.parts.capture import interpreter
from tests.surfaces.commands import answer, lineal
from tests.surfaces.programs.hostile import write
from tests.unit.operations.making import run

PROGRAMS = Path(__file__).parent / "programs"

_BORROWED_AND_HARMLESS = (
    "ctypes",
    "_ctypes",
    "_thread",
    "threading",
    "importlib._bootstrap",
    "os.PathLike",
    "contextlib",
)
"""Homes of types that libraries give names of their own: handles, locks, and what Cython's classes say of theirs."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directories of files that would do harm; the marker would be beside them."""
    top = tmp_path_factory.mktemp("hostile")
    write(top / "files", str(top / "marker"))
    return top / "files"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directories of files that the real libraries saved, and the names that they borrow from others."""
    top = tmp_path_factory.mktemp("sound")
    program = [interpreter(), PROGRAMS / "sound", top / "files", top / "names.json"]
    subprocess.run(
        program, check=True, capture_output=True, timeout=300, env={"KERAS_BACKEND": "torch", "HOME": str(top)}
    )
    return top / "files"


def outcomes(top: Path) -> dict[str, str]:
    return {each.name: scan_path(each).scan.outcome for each in sorted(top.iterdir())}


def test_every_file_that_would_do_harm_is_found_and_none_is_run(hostile: Path) -> None:
    found = outcomes(hostile)

    assert len(found) >= 150
    assert [] == [title for title, outcome in found.items() if outcome == "clean"]
    assert sum(outcome == "hostile" for outcome in found.values()) >= 0.8 * len(found)
    assert not (hostile.parent / "marker").exists()


def test_every_file_that_libraries_save_is_clean(sound: Path) -> None:
    found = outcomes(sound)

    assert len(found) >= 150
    assert {} == {title: outcome for title, outcome in found.items() if outcome != "clean"}


def test_no_library_lends_its_name_to_what_is_hostile(sound: Path) -> None:
    names = json.loads((sound.parent / "names.json").read_text())
    passed = {
        (alias, home)
        for alias, home in names
        if judge_name(home, None, is_called=True).outcome == "hostile"
        and judge_name(alias, None, is_called=True).outcome == "clean"
        and not home.startswith(_BORROWED_AND_HARMLESS)
    }

    assert len(names) > 1_000
    assert set() == {
        each for each in passed if not each[1].startswith(("torch.", "lightning", "huggingface_hub.errors"))
    }


def test_a_path_is_scanned_before_there_is_a_repository(hostile: Path, sound: Path, tmp_path: Path) -> None:
    out, _ = lineal(tmp_path, "model", "scan", str(hostile / "torch"), status=5)
    lineal(tmp_path, "model", "scan", str(hostile / "zip, broken list" / "model.pt"), status=7)

    assert "posix.system" in out
    assert "clean" in lineal(tmp_path, "model", "scan", str(sound / "torch, a checkpoint"))[0]
    assert (
        "hostile"
        == json.loads(lineal(tmp_path, "model", "scan", str(hostile / "7z"), "--json", status=5)[0])["scan"]["outcome"]
    )
    assert [] == list(tmp_path.iterdir())


def test_a_hostile_version_is_registered_loudly_and_not_promoted(local: LocalRepository, hostile: Path) -> None:
    data = (hostile / "joblib, behind an array" / "model.joblib").read_bytes()
    made = run(local, writes={"model.joblib": data})
    version = local.model.register(made.reference, name="churn")
    (found,) = (each.predicate for each in version.statements if isinstance(each.predicate, Scan))

    assert ("hostile", "subprocess.call") == (found.outcome, found.findings[0].what)
    assert "hostile" == local.model.show("churn").versions[0].scan
    with pytest.raises(Refused, match=r"scan_clean: hostile: subprocess\.call"):
        local.promote(version.reference, to="production")
    assert "hostile" == local.model.scan(version.reference).scan.outcome
    assert 2 == sum(isinstance(each.predicate, Scan) for each in local.show(version.reference).statements)


def test_a_run_is_scanned_and_one_file_of_it(local: LocalRepository) -> None:
    made = run(local, writes={"a.pkl": pickle.dumps({"a": 1}), "out/b.pkl": b"cos\nsystem\n(S'x'\ntR."})

    assert "hostile" == local.model.scan(made.reference).scan.outcome
    assert "clean" == local.model.scan(made.reference, file="a.pkl").scan.outcome


def test_what_is_expected_is_what_the_version_was_made_with(project: Path, sound: Path) -> None:
    data = (sound / "xgboost, pickled" / "model.pkl").read_bytes()
    (project / "train.py").write_text(f"open('model.pkl', 'wb').write({data!r})\n")
    lineal(project, "run", "--name", "t", "--", "python", "train.py")
    lineal(project, "model", "register", "run:t", "--name", "m")
    found = answer(project, "show", "m:1.0.0")["statements"]
    (scan,) = (each["predicate"] for each in found if each["predicate"]["type"] == "scan")

    assert {"not-in-lock"} == {each["rule"] for each in scan["findings"]}
