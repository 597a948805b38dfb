"""Seeds, switches and native libraries of real frameworks, all in one program; and that it never notices."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lineal.capture.launch import launch
from lineal.capture.launched import Launched
from tests.parts.capture import interpreter

PROGRAM = Path(__file__).parent / "programs" / "seeding.py"


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables of a program with many libraries."""
    path = f"{interpreter().parent}{os.pathsep}{os.environ['PATH']}"
    return {
        "PATH": path,
        "HOME": str(tmp_path_factory.mktemp("home")),
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONHASHSEED": "0",
    }


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]) -> Launched:
    """Return a run that seeds six frameworks; one for all claims, since its imports take seconds."""
    place = tmp_path_factory.mktemp("seeded")
    (place / "project").mkdir()
    return launch(
        ("python", str(PROGRAM)),
        directory=place / "project",
        spool=place / "spool",
        variables=variables,
        run_id="RUN",
    )


def test_a_seeded_program_prints_what_it_prints_without_us(seeded: Launched, variables: dict[str, str]) -> None:
    alone = subprocess.run(("python", str(PROGRAM)), env=variables, capture_output=True, check=False)

    assert seeded.stdout is not None
    assert (0, alone.stdout.splitlines()) == (seeded.exit_status, seeded.stdout.read_bytes().splitlines())


def test_every_way_to_set_a_seed_is_seen(seeded: Launched) -> None:
    seeds = seeded.record.seeds

    assert {"random": 1, "numpy": 2, "torch": 3, "torch.cuda": 4, "numpy.default_rng": 5, "numpy.default_rng.2": 6} == {
        name: seeds[name] for name in seeds if seeds[name] < 7
    }
    assert {"keras": 7, "lightning": 8, "transformers": 9}.items() <= seeds.items()


def test_the_states_that_generators_start_in_are_kept(seeded: Launched) -> None:
    states = seeded.record.states

    assert {"random", "numpy", "torch"} == set(states)
    assert states["random"].startswith("sha256:")
    assert states["torch"].isdigit()


def test_switches_are_those_that_stand_at_the_end(seeded: Launched) -> None:
    expected = {
        "torch.deterministic_algorithms": "True",
        "torch.matmul_precision": "high",
        "torch.cudnn.benchmark": "False",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "hash_randomization": "0",
    }

    assert expected.items() <= seeded.record.flags.items()
    assert "PYTHONHASHSEED" not in seeded.record.flags
    assert "0" == seeded.runtime.variables["PYTHONHASHSEED"]


def test_native_libraries_tell_their_kind_and_threads(seeded: Launched) -> None:
    libraries = seeded.record.libraries

    assert "OpenBLAS 0." in libraries["openblas"]
    assert "threads" in libraries["openblas"]
    assert "threads" in libraries["gomp"]
    assert "threads" in libraries["torch"]
    assert () == seeded.record.gaps
    assert not any("could not be read" in each for each in seeded.gaps)
