"""What is told of installed packages: real installers put them there, into real environments."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lineal.capture.launched import Launched
from lineal.capture.runtime import distributions
from lineal.capture.runtime.distributions import conda_packages, described, files_digest, packages_in
from lineal.capture.shim.lineal_shim import interpreter
from lineal.objects.runtime import Package
from tests.unit.capture.runtime.packaging import build, venv, write_package

Record = Callable[..., Launched]
RunGit = Callable[..., str]
Write = Callable[[str, str], Path]

COUNT = """
import os, sys
opened, listed = [], []
def hook(event, arguments):
    if event == "open": opened.append(str(arguments[0]))
    if event == "os.listdir": listed.append(arguments[0])
from lineal_shim import interpreter, recording
sys.addaudithook(hook)
found = interpreter.facts()["packages"]
print(len(found), len(listed) <= len(sys.path), [each for each in opened if "dist-info" in each])
"""


def folders_of(python: Path) -> list[str]:
    return [str(each) for each in python.parent.parent.glob("lib/python3*/site-packages")]


def test_a_wheel_has_the_same_files_whoever_installs_it(tmp_path: Path) -> None:
    wheel = build(write_package(tmp_path / "tiny"), tmp_path)
    by_uv, by_pip = venv(tmp_path / "one", wheel, home=tmp_path), venv(tmp_path / "two", home=tmp_path)
    subprocess.run(
        (sys.executable, "-m", "pip", "--python", str(by_pip), "install", "--no-index", "--quiet", str(wheel)),
        check=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )

    (one,), (two,) = (
        described([Package(name="tiny", version="1.0")], packages_in(folders_of(each)), tmp_path / "cache", {})
        for each in (by_uv, by_pip)
    )

    assert one == two
    assert (wheel.as_uri(), False) == (one.origin, one.is_editable)
    assert one.files is not None
    folders = [*folders_of(by_uv), *folders_of(by_pip)]
    texts = [Path(each, "tiny-1.0.dist-info", "RECORD").read_text() for each in folders]
    assert texts[0] != texts[1]
    assert files_digest(texts[0].replace("tiny.py,sha256=", "tiny.py,sha256=x")) != one.files


def test_a_package_in_development_tells_its_commit_and_one_of_a_repository_too(
    record: Record, write: Write, project: Path, git: RunGit, tmp_path: Path, variables: dict[str, str]
) -> None:
    write_package(project / "libs" / "tiny")
    write("train.py", "import tiny\n")
    git("add", "."), git("commit", "--quiet", "-m", "first")
    commit = git("rev-parse", "HEAD").strip()
    edited = venv(tmp_path / "edited", project / "libs" / "tiny", home=tmp_path)
    fixed = venv(tmp_path / "fixed", f"tiny @ git+file://{project}#subdirectory=libs/tiny", home=tmp_path)
    write("other.py", "x = 1\n")
    variables |= {"HOME": str(tmp_path / "home")}
    del variables["PYTHONPATH"]

    def tiny(python: Path) -> Package:
        launched = record(str(python), "train.py", variables=variables)
        assert 0 == launched.exit_status
        return next(each for each in launched.runtime.packages if each.name == "tiny")

    clean = tiny(edited)
    write("libs/tiny/tiny.py", "def main(): print(2)\n")
    changed, from_git = tiny(edited), tiny(fixed)

    assert (commit, True, False) == (clean.commit, clean.is_editable, clean.is_changed)
    assert (commit, True, (project / "libs" / "tiny").as_uri()) == (changed.commit, changed.is_changed, changed.origin)
    assert (commit, False, f"git+{project.as_uri()}") == (from_git.commit, from_git.is_editable, from_git.origin)
    assert (tmp_path / "home" / ".cache" / "lineal" / "records.json").is_file()


def test_no_record_is_read_in_the_programs_own_process(tmp_path: Path) -> None:
    for number in range(300):
        folder = tmp_path / f"package{number}-1.{number}.dist-info"
        folder.mkdir()
        (folder / "RECORD").write_text("a.py,sha256=x,1\n")
    shim = Path(interpreter.__file__).parent.parent
    path = os.pathsep.join((str(shim), str(tmp_path)))

    done = subprocess.run(
        (sys.executable, "-S", "-c", COUNT),
        env={"PYTHONPATH": path, "LINEAL_SPOOL": ""},
        capture_output=True,
        check=True,
        text=True,
    )

    assert "300 True []" == done.stdout.strip()


def test_a_record_is_read_once_and_again_when_it_was_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, cache = tmp_path / "a-1.dist-info" / "RECORD", tmp_path / "cache" / "records.json"
    record.parent.mkdir()
    record.write_text("a.py,sha256=x,1\n")
    read: list[str] = []

    def counted(text: str) -> object:
        read.append(text)
        return files_digest(text)

    monkeypatch.setattr(distributions, "files_digest", counted)

    def digest() -> object:
        (found,) = described([Package(name="a", version="1")], packages_in([str(tmp_path)]), cache, {})
        return found.files

    first = digest()
    assert (first, 1) == (digest(), len(read))
    record.write_text("a.py,sha256=longer,1\n")
    assert first != digest()
    assert 2 == len(read)
    cache.write_text("broken")
    assert digest() is not None


def test_what_was_described_is_described_again_only_when_it_was_installed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        folder = tmp_path / f"{name}-1.dist-info"
        folder.mkdir()
        (folder / "RECORD").write_text(f"{name}.py,sha256=x,1\n")
    asked: list[str] = []

    def counted(package: Package, _path: str) -> Package:
        asked.append(package.name)
        return package

    monkeypatch.setattr(distributions, "_with_origin", counted)
    before: distributions.Described = {}

    def find() -> list[Package]:
        packages = [Package(name=each, version="1") for each in "ab"]
        return described(packages, packages_in([str(tmp_path)]), tmp_path / "cache", before)

    first = find()
    assert (first, ["a", "b"]) == (find(), asked)
    (tmp_path / "b-1.dist-info" / "RECORD").write_text("b.py,sha256=longer,1\n")
    assert first[0] == find()[0]
    assert first[1] != find()[1]
    assert ["a", "b", "b"] == asked


def test_packages_that_change_while_the_program_runs_are_told(
    record: Record, write: Write, project: Path, variables: dict[str, str]
) -> None:
    for name in ("gone-1.0", "newer-1.0"):
        write(f"site-packages/{name}.dist-info/RECORD", "")
    write(
        "train.py",
        "import os\nos.chdir('site-packages')\nos.rename('newer-1.0.dist-info', 'newer-2.0.dist-info')\n"
        "os.remove('gone-1.0.dist-info/RECORD'); os.rmdir('gone-1.0.dist-info')\nos.mkdir('added-3.0.dist-info')\n",
    )
    variables["PYTHONPATH"] += f":{project / 'site-packages'}"

    runtime = record("train.py", variables=variables).runtime

    assert {"added": "", "gone": "1.0", "newer": "1.0"} == runtime.packages_before
    versions = {each.name: each.version for each in runtime.packages}
    assert ("3.0", "2.0", False) == (versions["added"], versions["newer"], "gone" in versions)


def test_addresses_of_packages_show_no_credentials(tmp_path: Path) -> None:
    folder = tmp_path / "a-1.dist-info"
    folder.mkdir()
    (folder / "direct_url.json").write_text('{"url": "https://ann:hunter22@example.com/a.whl", "archive_info": {}}')

    (found,) = described([Package(name="a", version="1")], packages_in([str(tmp_path)]), tmp_path / "cache", {})

    assert "https://example.com/a.whl" == found.origin


def test_what_conda_installed_is_known_by_its_files(tmp_path: Path) -> None:
    meta = tmp_path / "conda-meta"
    meta.mkdir()
    (meta / "libblas-3.9.0-20_linux64_openblas.json").write_text("{}")
    (meta / "python-dateutil-2.9.0-pyhd8ed1ab_0.json").write_text("{}")
    (meta / "history").write_text("")

    found = [(each.name, each.version, each.origin) for each in conda_packages(str(tmp_path))]

    assert [("libblas", "3.9.0", "20_linux64_openblas"), ("python-dateutil", "2.9.0", "pyhd8ed1ab_0")] == found
    assert () == conda_packages(str(meta))
