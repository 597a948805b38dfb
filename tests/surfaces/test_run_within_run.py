"""A program that is being recorded records programs itself: each run knows the one around it."""

from __future__ import annotations

import sys
from pathlib import Path

from lineal.client.connect import init
from lineal.objects.runs import Run
from tests.surfaces.recording import record


def test_a_step_of_a_recorded_script_knows_the_run_of_the_script(tmp_path: Path) -> None:
    step = f"{sys.executable} -m lineal run -- {sys.executable}"
    (tmp_path / "step.py").write_text(
        "import argparse\np = argparse.ArgumentParser(); p.add_argument('--lr', type=float)\np.parse_args()\n"
    )
    (tmp_path / "steps.sh").write_text(f"set -e\n{step} step.py --lr 0.5\n{step} step.py --lr 0.25\n")
    with init(tmp_path) as repository:
        outer = record(repository, tmp_path, "sh", "steps.sh")
        steps: list[Run] = [repository.show(each.reference).run for each in repository.runs() if each.name == "step"]

    assert (0, {}) == (outer.exit_status_of_program, outer.params)
    assert [outer.id, outer.id] == [each.parent for each in steps]
    assert [{"lr": 0.25}, {"lr": 0.5}] == [each.params for each in steps]
    assert {"lr": "argparse"} == steps[0].param_sources
