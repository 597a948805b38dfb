"""What another tool measured, from the command line to the gate, the card, the page and a server."""

from __future__ import annotations

from pathlib import Path

import pytest
import urllib3

from lineal.client.connect import connect
from lineal.client.remote import RemoteRepository
from lineal.objects.errors import Invalid, NotFound
from lineal.objects.outside_evaluations import OutsideEvaluation
from lineal.operations.answers.models import VersionAnswer
from tests.surfaces.commands import TRAIN, lineal
from tests.surfaces.conftest import served
from tests.unit.formats.evaluations.recorded import RECORDED

POLICY = """\
[evaluation]
dataset = "data:held-out"
label = "b"

[[gate.production]]
check = "metric_floor"
metric = "accuracy"
at_least = 0.8

[[gate.production]]
check = "metric_floor"
metric = "sums_plus/acc"
at_least = 0.1
"""


def test_results_of_other_tools_reach_the_gate_with_their_source(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN, encoding="utf-8")
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "lineal.toml").write_text(POLICY, encoding="utf-8")
    lineal(tmp_path, "run", "python", "train.py")
    lineal(tmp_path, "model", "register", "run:train", "--name", "m")
    lineal(tmp_path, "data", "add", "table.csv", "--name", "held-out")

    out, err = lineal(tmp_path, "evaluation", "add", "m", str(RECORDED / "mlflow/classifier"))

    assert "m:1.0.0 by mlflow" in out
    assert "176 of 200" in out
    assert "no gate decides by it: lineal evaluation add m:1.0.0 PATH --dataset data:NAME" in err
    out, _ = lineal(tmp_path, "gate", "m", status=5)

    assert "is bound to no dataset; give it again with --dataset" in " ".join(out.split())

    lineal(tmp_path, "evaluation", "add", "m", str(RECORDED / "mlflow/classifier"), "--dataset", "data:held-out")
    lineal(tmp_path, "evaluation", "add", "m", str(RECORDED / "lm_eval"))
    out, _ = lineal(tmp_path, "gate", "m")

    assert "accuracy is 0.88 (95 % interval 0.827 to 0.922, n=200, by mlflow), at least 0.8 as asked" in " ".join(
        out.split()
    )
    assert "by lm-evaluation-harness 0.4.13" in " ".join(out.split())

    _, err = lineal(tmp_path, "evaluation", "add", "m", str(RECORDED / "torchmetrics/each_class.json"), status=2)

    assert "does not say who measured them" in err
    shown = lineal(tmp_path, "show", "m:1.0.0")[0]
    assert "measured by lm-evaluation-harness 0.4.13, bound to no dataset" in shown
    assert "measured by mlflow, dataset" in shown
    card = lineal(tmp_path, "model", "card", "m")[0]
    assert "Measured by mlflow" in card
    assert "mlflow/accuracy_score" in lineal(tmp_path, "search", 'metrics."mlflow/accuracy_score" > 0.8', "--json")[0]
    _served(tmp_path)


def _served(directory: Path) -> None:
    with connect(directory) as local, served(local) as url, RemoteRepository(url) as remote:
        added = remote.evaluation.add("m", RECORDED / "fairlearn/csv", dataset="data:held-out", tool="fairlearn 0.15")
        shown = remote.show("m:1.0.0")
        page = urllib3.request("GET", f"{url}/versions/m:1.0.0").data.decode()
        with pytest.raises(NotFound):
            remote.evaluation.add("nobody", RECORDED / "fairlearn/csv")
        with pytest.raises(Invalid, match="is no result of an evaluation that is known here"):
            remote.evaluation.add("m", directory / "train.py")

    assert (added.evaluation.tool, added.evaluation.tool_version, added.dataset) == (
        "fairlearn",
        "0.15",
        "data:held-out@1",
    )
    assert isinstance(shown, VersionAnswer)
    assert added.evaluation in [
        each.predicate for each in shown.statements if isinstance(each.predicate, OutsideEvaluation)
    ]
    assert "<h3>Measured by fairlearn 0.15</h3>" in page
    assert "region &amp; sex = north &amp; Female" in page
