"""``lineal gate`` as a pipeline asks it: exit status, forms, another policy, and a server that runs no programs."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from lineal.client.connect import connect
from lineal.client.remote import RemoteRepository
from tests.surfaces.commands import TRAIN, lineal
from tests.surfaces.conftest import served

POLICY = """\
[[gate.production]]
check = "metric_floor"
metric = "fit"
at_least = 0.7

[[gate.production]]
check = "command"
run = "test -f table.csv"

[[gate.production]]
check = "approvals"
"""


def test_a_gate_answers_people_and_pipelines(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN, encoding="utf-8")
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "lineal.toml").write_text(POLICY, encoding="utf-8")
    lineal(tmp_path, "run", "python", "train.py")
    lineal(tmp_path, "model", "register", "run:train", "--name", "m")

    out, err = lineal(
        tmp_path, "gate", "m", "--junit", "g.xml", "--markdown", "g.md", "--annotations", "github", status=5
    )

    assert "✗ fail  approvals" in out
    assert (
        "::error file=lineal.toml,line=10,title=fail%3A approvals::m:1.0.0 before production: approved by nobody" in err
    )
    assert ET.fromstring((tmp_path / "g.xml").read_text(encoding="utf-8"))[0].get("failures") == "1"
    assert "❌ fail: `m:1.0.0` before production" in (tmp_path / "g.md").read_text(encoding="utf-8")

    out, err = lineal(tmp_path, "gate", "m", "--annotations", "gitlab", "--dry-run")

    assert [each["check_name"] for each in json.loads(out)] == ["approvals"]
    assert "approved by nobody else" in err

    (tmp_path / "other.toml").write_text(POLICY.rpartition("[[")[0], encoding="utf-8")
    out, err = lineal(tmp_path, "gate", "m", "--policy", "other.toml")

    assert ("pass" in out, "next: lineal promote m:1.0.0 --to production" in err) == (True, True)

    (tmp_path / "other.toml").write_text('[[gate.production]]\ncheck = "comand"\n', encoding="utf-8")
    _, err = lineal(tmp_path, "gate", "m", "--policy", "other.toml", status=2)

    assert "line 2: check 1 of [[gate.production]] is called 'comand', which is no check" in err
    assert "did you mean 'command'?" in err
    assert "needs a version" in lineal(tmp_path, "gate", status=2)[1]
    assert "no check is called 'comand'" in lineal(tmp_path, "gate", "--explain", "comand", status=3)[1]
    assert "timeout_s" in lineal(tmp_path, "gate", "--explain", "command")[0]
    _served(tmp_path)


def _served(directory: Path) -> None:
    """A server runs neither the programs of its own policy nor those of one that is sent."""
    with connect(directory) as local, served(local) as url, RemoteRepository(url) as remote:
        own = {each.check: each.outcome for each in remote.gate("m").verdicts}
        sent = {each.check: each.outcome for each in remote.gate("m", policy=POLICY).verdicts}

    assert own == sent == {"metric_floor": "pass", "command": "inconclusive", "approvals": "fail"}
