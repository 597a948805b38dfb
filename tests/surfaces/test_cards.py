"""Cards where people meet them: on the command line with an editor and a file, on pages, and in the hands of others."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from tests.parts import capture, cyclonedx
from tests.surfaces.browser import Browser
from tests.surfaces.commands import lineal
from tests.surfaces.conftest import served
from tests.surfaces.project import make_project
from tests.surfaces.recording import record

VERSION = "rich:1.0.0"
HOSTILE = "</textarea><script>alert('x')</script> <!-- /human -->\n\n## Metrics\n\n```\n# unclosed"
HTTP = urllib3.PoolManager(retries=False)

READ_BY_HUGGING_FACE = """
import json, sys
from pathlib import Path
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries
card = ModelCard(Path("README.md").read_text())
again = ModelCard(str(card))
assert str(again) == str(card) and again.data.to_dict() == card.data.to_dict()
(results,) = Path(".eval_results").glob("*.yaml")
entries = parse_eval_result_entries(yaml.safe_load(results.read_text()))
print(json.dumps({
    "data": {key: value for key, value in card.data.to_dict().items() if key != "model-index"},
    "metrics": {each.metric_type: each.metric_value for each in card.data.eval_results},
    "revision": card.data.eval_results[0].dataset_revision,
    "entries": {each.task_id: each.value for each in entries},
    "text": card.text,
}))
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRepository]:
    """A repository with a version that was measured."""
    project = make_project(tmp_path_factory.mktemp("cards") / "project")
    with init(project) as found:
        found.data.add(project / "train.csv")
        found.data.add(project / "test.csv")
        found.model.register(record(found, project, sys.executable, "train.py").reference, name="rich")
        found.evaluate(VERSION)
        yield found


@pytest.fixture(scope="module")
def project(repository: LocalRepository) -> Path:
    """Where the repository is."""
    assert repository.store.root
    return repository.store.root.parent


def editor(project: Path, *lines: str) -> str:
    """Return an editor that carries out lines of Python on ``text``, which it reads and writes."""
    program = project / "editor.py"
    program.write_text(
        "\n".join(
            ("import sys", "path = sys.argv[1]", "text = open(path).read()", *lines, "open(path, 'w').write(text)")
        ),
        encoding="utf-8",
    )
    return f"{sys.executable} {program}"


def between(section: str, text: str) -> str:
    """Return a line of Python that writes ``text`` into a section of a sheet."""
    mark = f"<!-- human section={section} as=text -->\n"
    return f"text = text.partition({mark!r})[0] + {mark + text!r} + '\\n<!-- /human -->' + text.partition({mark!r})[2].partition('<!-- /human -->')[2]"


def test_an_editor_writes_a_section_and_an_untouched_one_writes_nothing(
    repository: LocalRepository, project: Path
) -> None:
    use = "To rank whom an adviser calls first, and for nothing else."
    out, _ = lineal(project, "model", "card", VERSION, "--edit", EDITOR=editor(project, between("intended-use", use)))
    _, talk = lineal(project, "model", "card", VERSION, "--edit", EDITOR=editor(project))

    assert re.search(r"intended-use +fresh", out)
    assert repository.model.card(VERSION).written["intended-use"] == use
    assert "nothing was changed" in talk


def test_two_editors_at_once_are_told_and_the_second_sees_both_texts(
    repository: LocalRepository, project: Path
) -> None:
    repository.model.describe(VERSION, "factors", "Sex, because the bank asks for it by law in this country.")
    meanwhile = (
        "import lineal",
        "if '<<<<<<<' in text:",
        "    text = text.replace('<<<<<<< what is there now\\n', '').replace('=======\\n', '').replace('>>>>>>> yours\\n', '')",
        "else:",
        f"    lineal.connect({str(project)!r}).model.describe({VERSION!r}, 'factors', 'Sex, as somebody else says, quite another sentence here.')",
        "    text = text.replace('by law in this country', 'by law in every country')",
    )
    _, talk = lineal(project, "model", "card", VERSION, "--edit", EDITOR=editor(project, *meanwhile))

    assert "somebody else changed factors meanwhile" in talk
    assert repository.model.card(VERSION).written["factors"].splitlines() == [
        "Sex, as somebody else says, quite another sentence here.",
        "Sex, because the bank asks for it by law in every country.",
    ]


def test_an_editor_that_fails_or_breaks_the_marks_loses_nothing(project: Path) -> None:
    broken = editor(project, "text = text.replace('<!-- /human -->', 'my words', 1)")
    _, talk = lineal(project, "model", "card", VERSION, "--edit", EDITOR=broken, status=2)
    (kept,) = re.findall(r"what you wrote is in (\S+?);", talk)

    assert "my words" in Path(kept).read_text(encoding="utf-8")
    Path(kept).unlink()
    _, talk = lineal(project, "model", "card", VERSION, "--edit", EDITOR="false", status=2)
    assert "the editor 'false' ended with status 1" in talk


def test_a_file_is_taken_and_a_conflict_is_written_beside_it(repository: LocalRepository, project: Path) -> None:
    sheet = project / "sheet.md"
    lineal(project, "model", "card", VERSION, "--format", "sections", "--output", str(sheet))
    text = sheet.read_text(encoding="utf-8")
    words = "Not tested on tourists, and not on anybody who is younger than eighteen."
    sheet.write_text(
        text.replace("section=caveats as=text -->\n", f"section=caveats as=text -->\n{words}"), encoding="utf-8"
    )
    out, _ = lineal(project, "model", "card", VERSION, "--file", str(sheet))
    assert re.search(r"caveats +fresh", out)

    repository.model.describe(VERSION, "caveats", words.replace("tourists", "students"))
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("tourists", "pensioners"), encoding="utf-8")
    _, talk = lineal(project, "model", "card", VERSION, "--file", str(sheet), status=4)
    merged = Path(f"{sheet}.merged")
    assert f"both texts are in {merged}" in talk
    solved = re.sub(r"<<<<<<< .*\n(.*\n)=======\n(.*\n)>>>>>>> .*\n", r"\1\2", merged.read_text(encoding="utf-8"))
    merged.write_text(solved, encoding="utf-8")
    lineal(project, "model", "card", VERSION, "--file", str(merged))
    written = repository.model.card(VERSION).written["caveats"]
    assert "students" in written
    assert "pensioners" in written


def form_of(page: str) -> dict[str, str]:
    """Return what a browser would send from the form of a page."""
    fields = re.findall(r'<textarea id="[^"]+" name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    base = re.findall(r'name="base" value="([^"]*)"', page)
    return {"base": base[0], **{name: html.unescape(text) for name, text in fields}}


def test_the_form_keeps_hostile_text_as_text_and_two_tabs_lose_nothing(repository: LocalRepository) -> None:
    with served(repository) as url:
        browser, place = Browser(), f"{url}/edit-card/{VERSION}"
        first, second = form_of(browser.go(place).text), form_of(browser.go(place).text)
        told = browser.go(place, form={**first, "section.training-data": HOSTILE.replace("\n", "\r\n")})
        assert told.url.startswith(f"{url}/versions/rich:1.0.0")
        assert "<script" not in told.text
        assert repository.model.card(VERSION).written["training-data"] == HOSTILE
        assert form_of(browser.go(place).text)["section.training-data"] == HOSTILE

        shown = browser.go(place, form={**second, "section.training-data": "Other words."})
        assert (shown.status, "Somebody else changed the same lines" in shown.text) == (409, True)
        both = form_of(shown.text)
        assert HOSTILE in both["section.training-data"]
        again = browser.go(place, form=both)
        assert (again.status, "a conflict is not solved yet" in again.text) == (409, True)
        assert form_of(again.text) == both
        browser.go(place, form={**both, "section.training-data": "Solved, with all the words of both of them."})
        assert repository.model.card(VERSION).written["training-data"].startswith("Solved")

        card = HTTP.request("GET", f"{url}/cards/{VERSION}")
        assert "style-src 'sha256-" in card.headers["Content-Security-Policy"]
        assert card.headers["Content-Type"].startswith("text/html")
        assert json.loads(HTTP.request("GET", f"{url}/cards/{VERSION}?format=cyclonedx").data)["specVersion"] == "1.6"
        assert HTTP.request("GET", f"{url}/cards/{VERSION}?format=pdf").status == 400
        assert HTTP.request("GET", f"{url}/cards/nobody:1.0.0").status == 404
        headers = {"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
        assert HTTP.request("POST", place, body="base=", headers=headers).status == 403
        assert HTTP.request("POST", place, body="{}", headers={"Content-Type": "text/plain"}).status == 400


def test_the_card_has_the_figures_of_what_was_measured(project: Path) -> None:
    place = project / "card.html"
    lineal(project, "model", "card", VERSION, "--format", "html", "--output", str(place))
    made = place.read_text(encoding="utf-8")

    for kind in ("confusion", "roc", "pr", "calibration", "forest", "lineage"):
        assert f'class="{kind}"' in made or f'class="figure {kind}"' in made
    assert "<title>Calibration</title>" in made


def test_hugging_face_reads_the_same(repository: LocalRepository, project: Path) -> None:
    folder = project / "hub"
    lineal(project, "model", "card", VERSION, "--format", "huggingface", "--output", str(folder))
    found = subprocess.run(
        (capture.interpreter(), "-c", READ_BY_HUGGING_FACE),
        cwd=folder, capture_output=True, text=True, check=True, env={"HF_HUB_OFFLINE": "1", "HOME": str(folder)},
    )  # fmt: skip
    read: dict[str, Any] = json.loads(found.stdout)
    evaluation = repository.show(VERSION).statements
    measured = next(each.predicate for each in evaluation if hasattr(each.predicate, "overall"))

    assert read["metrics"] == read["entries"] == measured.overall.metrics
    assert read["revision"] == measured.dataset
    assert (read["data"]["library_name"], read["data"]["pipeline_tag"]) == ("sklearn", "tabular-classification")
    assert read["data"]["datasets"] == ["data:train@1"]
    assert read["text"].strip().startswith("# rich")


def test_bills_of_materials_are_valid(project: Path) -> None:
    paths = []
    for form in ("cyclonedx", "cyclonedx-1.7"):
        paths.append(project / f"{form}.json")
        lineal(project, "model", "card", VERSION, "--format", form, "--output", str(paths[-1]))

    assert cyclonedx.faults(*paths) == ""
