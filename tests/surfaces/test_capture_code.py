"""The code and packages of a recorded run are in the store, found by searches, and hold no secret."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from lineal.client.local import LocalRepository
from lineal.objects.code import named_by
from tests.surfaces.recording import record

PROGRAM = "import sys; sys.path.append(sys.argv[1])\nimport far, random\nrandom.seed(1)\n"
IDENTITY = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(directory: Path, *arguments: str) -> None:
    command = ("git", "-c", "protocol.file.allow=always", *arguments)
    subprocess.run(command, cwd=directory, env=os.environ | IDENTITY, check=True, capture_output=True)


def make(directory: Path, **files: str) -> Path:
    directory.mkdir(parents=True)
    git(directory, "init", "--quiet", "--initial-branch=main")
    for name, text in files.items():
        (directory / f"{name}.py").write_text(text)
    git(directory, "add", "."), git(directory, "commit", "--quiet", "-m", "x")
    return directory


def test_everything_that_the_code_names_is_in_the_store(local: LocalRepository, tmp_path: Path) -> None:
    inner, project = make(tmp_path / "inner", a="a = 1\n"), make(tmp_path / "work", train=PROGRAM)
    git(project, "submodule", "--quiet", "add", str(inner), "vendor"), git(project, "commit", "--quiet", "-m", "y")
    (project / "vendor" / "a.py").write_text("a = 2\n")
    (project / "vendor" / "new.py").write_text("b = 1\n")
    (project / "requirements.txt").write_text("--extra-index-url https://ann:hunter22@example.org\nmsgspec==0.0.1\n")
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "far.py").write_text("api_key = 'hunter22'\n")

    answer = record(local, project, "python", "train.py", str(tmp_path / "far"))

    code, runtime = answer.code, answer.runtime
    assert code is not None and runtime is not None and answer.run is not None  # noqa: PT018
    (submodule,) = code.submodules
    assert submodule.diff and submodule.untracked and code.imported  # noqa: PT018
    assert set(named_by(code)) == local.blobs.has(named_by(code))
    assert b"+a = 2" in local.blobs.get(submodule.diff)
    assert ["new.py"] == [each.path for each in local.store.entries(submodule.untracked)]
    (far,) = local.store.entries(code.imported)
    assert ("far.py", b"api_key = '[masked]'\n") == (far.path, local.blobs.get(far.digest))
    assert b"hunter22" not in local.blobs.get(runtime.locks["requirements.txt"])
    assert {"msgspec": "0.0.1"} == runtime.lock_checks["requirements.txt"].other
    assert "random" in answer.run.seeds.states
    version = next(each.version for each in runtime.packages if each.name == "msgspec")
    assert answer.reference in str(local.search(f"package msgspec = {version}", kind="runs"))
