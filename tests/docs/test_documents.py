"""Every block of the documents runs, every link leads somewhere, and nothing that exists is left out."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lineal.checks.check import checks
from lineal.operations import every
from tests.docs.blocks import DATABASE, TOP, Project, blocks, project_of, variables, without_blocks
from tests.parts.dvc import Dvc
from tests.parts.fixtures import SESSION

DOCS = TOP / "docs"
HAND_WRITTEN = [
    TOP / "README.md",
    *(each for folder in ("tutorial", "guides", "concepts") for each in sorted((DOCS / folder).glob("*.md"))),
]
GONE_ON_IN = {project_of(each.read_text(encoding="utf-8")) for each in HAND_WRITTEN} - {""}
"""Documents whose project others go on in, as these name them; it is the run that they go on from that is tested."""
LANGUAGES = {"console", "python", "toml", "json", "text", "yaml"}
PARSERS: dict[str, Callable[[str], object]] = {"toml": tomllib.loads, "json": json.loads}

_DVC = re.compile(r"^\$ dvc ", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (?P<title>.+?)\s*$", re.MULTILINE)


def name_of(path: Path) -> str:
    """Return what a test of a document is called."""
    return str(path.relative_to(TOP))


@pytest.fixture(scope="session")
def project_after(pytestconfig: pytest.Config) -> Callable[[str], Path]:
    """Return what gives the project in which a document ends: whoever asks first runs it for all workers, and nobody may change it."""

    def after(path: str) -> Path:
        top = pytestconfig.stash[SESSION] / "documents" / path.replace("/", "-")
        top.mkdir(parents=True, exist_ok=True)
        directory = top / "project"
        with (top / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (top / "done").exists():
                assert not directory.exists(), f"{path} ran before, and failed"
                directory.mkdir()
                with pytest.MonkeyPatch.context() as patch:
                    settle(patch, directory)
                    Project(directory).run((DOCS / path).read_text(encoding="utf-8"), name=path)
                (top / "done").touch()
        return directory

    return after


def settle(patch: pytest.MonkeyPatch, directory: Path) -> None:
    """Make this process a reader in ``directory``, for the Python that documents show."""
    patch.chdir(directory)
    for name in os.environ.keys() - variables().keys():
        patch.delenv(name)
    for name, value in variables().items():
        patch.setenv(name, value)
    # A reader's own keys would sign what documents register, and documents make some.
    patch.setenv("XDG_CONFIG_HOME", str(directory.parent / "config"))


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=name_of)
def test_every_block_runs(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    project_after: Callable[[str], Path],
) -> None:
    if (named := name_of(path).removeprefix("docs/")) in GONE_ON_IN:
        project_after(named)
        return
    document = path.read_text(encoding="utf-8")
    directory = tmp_path / "project"
    if before := project_of(document):
        shutil.copytree(project_after(before), directory, symlinks=True)
    else:
        directory.mkdir()
    database = request.getfixturevalue("postgres_url") if DATABASE in document else ""
    settle(monkeypatch, directory)
    if _DVC.search(document):
        for name, value in Dvc(tmp_path).variables.items():
            monkeypatch.setenv(name, value)

    Project(directory, database=database).run(document, name=name_of(path))


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=name_of)
def test_every_block_says_what_it_is_and_why_it_is_not_run(path: Path) -> None:
    for each in blocks(path.read_text(encoding="utf-8")):
        where = f"{name_of(path)}:{each.line}"

        assert each.language in LANGUAGES or path.name == "README.md", where
        assert each.exempt is None or each.exempt.strip(), f"{where}: say why it is not run"
        if parse := PARSERS.get(each.language):
            parse(each.text)


def documents() -> list[Path]:
    """Return every Markdown file of the project, as Git knows it or would know it."""
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md")
    listed = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=True).stdout
    return sorted({TOP / line for line in listed.splitlines() if (TOP / line).is_file()})


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = [each for each in links(path) if not leads(path, each)]

    assert broken == []


def links(path: Path) -> Iterator[str]:
    """Yield the target of every link to a file of the project."""
    for found in _LINK.finditer(without_blocks(path.read_text(encoding="utf-8"))):
        if "://" not in found["target"]:
            yield found["target"]


def leads(path: Path, target: str) -> bool:
    """Tell whether a link of ``path`` leads to a file of the project, and to a heading that is there."""
    file, _, anchor = target.partition("#")
    there = (path.parent / file).resolve() if file else path
    if not there.exists() or not there.is_relative_to(TOP):
        return False
    return not anchor or anchor in set(anchors(there.read_text(encoding="utf-8")))


def anchors(document: str) -> Iterator[str]:
    """Yield the anchor of every heading, as GitHub makes it."""
    met = Counter[str]()
    for found in _HEADING.finditer(re.sub(r"^```.*?^```", "", document, flags=re.DOTALL | re.MULTILINE)):
        slug = re.sub(r"[^\w\- ]", "", found["title"].lower()).replace(" ", "-")
        yield f"{slug}-{met[slug]}" if met[slug] else slug
        met[slug] += 1


def test_the_reference_is_what_the_code_says() -> None:
    checked = subprocess.run(
        (sys.executable, "-m", "tools.reference", "--check"),
        cwd=TOP,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(("src", "."))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


def test_every_command_is_used_in_a_document() -> None:
    text = "\n".join(each.read_text(encoding="utf-8") for each in HAND_WRITTEN)
    commands = {words for words, each in every().items() if not each.internal}

    assert set() == {each for each in commands if not re.search(rf"lineal {each}\b", text)}


def test_every_verb_is_in_the_guide_to_python() -> None:
    text = (DOCS / "guides" / "python.md").read_text(encoding="utf-8")
    verbs = {words.replace(" ", ".") for words, each in every().items() if not each.internal}

    assert set() == {each for each in verbs if f"repository.{each}(" not in text}


def test_every_check_is_in_the_guide_to_gates() -> None:
    text = (DOCS / "guides" / "gates.md").read_text(encoding="utf-8")

    assert set() == {each for each in checks() if f"`{each}`" not in text}


def test_every_decision_says_what_was_weighed() -> None:
    for path in sorted((DOCS / "decisions").glob("[0-9]*.md")):
        titles = _HEADING.findall(path.read_text(encoding="utf-8"))[1:]

        assert ["Context", "Decision", "Consequences", "Alternatives"] == titles, path.name
