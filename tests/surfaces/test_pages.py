"""The pages: every link leads somewhere, nothing that somebody wrote becomes code, and all of it as JSON too."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import urllib3

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.web.pages import search
from tests.surfaces.conftest import served
from tests.surfaces.project import make_project
from tests.surfaces.recording import record
from tests.surfaces.serving import Served
from tests.surfaces.twice import PROGRAMS

HOSTILE = "<script>alert('x')</script>"
PAGE_BYTES_MAX = 60_000
HTTP = urllib3.PoolManager(retries=False)


class Page(HTMLParser):
    """A page's links and tags, and whether each tag that must be closed is."""

    VOID = frozenset(("meta", "link", "input", "circle", "path", "rect", "br", "wbr", "hr", "img"))
    OPTIONAL = frozenset(("tr", "td", "th", "dt", "dd", "li", "p", "tbody", "thead", "html", "head", "body"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.unclosed: list[str] = []
        self.feed(text)
        self.close()
        self.unclosed += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"href", "src"} and value]
        if tag not in self.VOID | self.OPTIONAL:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID | self.OPTIONAL:
            return
        if not self._open or self._open.pop() != tag:
            self.unclosed.append(tag)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRepository]:
    """A repository with one of everything, and hostile texts wherever a person can put one."""
    project = make_project(tmp_path_factory.mktemp("pages") / "project")
    with init(project) as found:
        found.data.add(project / "train.csv", message=HOSTILE)
        found.data.add(project / "test.csv")
        (project / "noise.py").write_text(
            f"import json; print({HOSTILE!r}); json.dump({{{HOSTILE!r}: 1}}, open('metrics.json', 'w'))",
            encoding="utf-8",
        )
        record(found, project, "python", "noise.py", HOSTILE, name=HOSTILE)
        (project / "logging_media.py").write_bytes((PROGRAMS / "media.py").read_bytes())
        record(found, project, "python", "logging_media.py", HOSTILE)
        run = record(found, project, "python", "train.py")
        version = found.model.register(run.reference, name="team/rich").reference
        found.model.describe(version, "caveats", f"{HOSTILE} and seven more words of caution for everybody.")
        found.evaluate(version)
        found.promote(version, to="production")
        found.deploy(version)
        yield found
        for each in found.deployments():
            found.undeploy(each.reference)


@pytest.fixture(scope="module")
def address(repository: LocalRepository) -> Iterator[str]:
    """Where ``repository`` is served."""
    with served(repository) as url:
        yield url


@pytest.fixture(scope="module")
def pages(address: str) -> dict[str, str]:
    """Every page that can be reached from the first one, by its path."""
    found: dict[str, str] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        answer = HTTP.request("GET", address + path)
        assert answer.status == 200, path
        found[path] = answer.data.decode(errors="replace")
        if answer.headers["Content-Type"].startswith("text/html"):
            links = [urlsplit(urljoin(address + path, link)) for link in Page(found[path]).links]
            # Each part of a chart is a page of its own, and has parts.
            whole = [each for each in links if "from=" not in each.query]
            waiting += [each._replace(scheme="", netloc="", fragment="").geturl() for each in whole]
    return {path: text for path, text in found.items() if text.startswith("<!doctype html>")}


def test_every_kind_of_thing_has_a_page_and_every_link_leads_to_one(pages: dict[str, str]) -> None:
    kinds = {path.split("/")[1] for path in pages}

    assert {"models", "versions", "runs", "datasets", "deployments", "log", "cards", "edit-card"} <= kinds
    assert "/models/team/rich" in pages


def test_every_page_is_sound_and_small(pages: dict[str, str]) -> None:
    assert {} == {path: Page(text).unclosed for path, text in pages.items() if Page(text).unclosed}
    assert max(len(gzip.compress(text.encode())) for text in pages.values()) < PAGE_BYTES_MAX


def test_nothing_that_somebody_wrote_becomes_code(pages: dict[str, str]) -> None:
    assert any("&lt;script&gt;" in text for text in pages.values())
    assert [] == [path for path, text in pages.items() if "script" in Page(text).tags]


def test_pages_may_load_nothing_from_elsewhere(address: str) -> None:
    policy = HTTP.request("GET", address).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_every_page_is_json_too(address: str, repository: LocalRepository) -> None:
    version = json.loads(HTTP.request("GET", f"{address}/versions/team/rich:1.0.0.json").data)
    log = json.loads(HTTP.request("GET", f"{address}/log.json").data)

    assert repository.show("team/rich@production").digest == version["version"]["digest"]
    assert [each.sequence for each in repository.log(limit=100)] == [each["sequence"] for each in log["log"]]


@pytest.mark.parametrize(
    ("path", "status", "hint"),
    [
        ("/versions/team/rihc:1.0.0", 404, "team/rich"),
        ("/versions/run:train", 404, "no version"),
        ("/runs/nobody", 404, "no run"),
        ("/nothing", 404, "nothing at"),
        ("/log?of=churn@@", 400, "no reference"),
    ],
)
def test_what_is_not_there_is_said_with_a_hint(path: str, status: int, hint: str, address: str) -> None:
    answer = HTTP.request("GET", address + path)

    assert (status, True) == (answer.status, hint in answer.data.decode())


def test_a_search_that_cannot_be_read_points_at_the_place(address: str) -> None:
    text = HTTP.request("GET", f"{address}/search?kind=runs&q=accuracy+%3E+high").data.decode()

    assert "<strong>the metric accuracy is compared with a number</strong>" in text
    assert "  accuracy &gt; high\n             ^^^^</pre>" in text
    assert 'value="runs" checked' in text
    assert not Page(text).unclosed


def test_a_search_goes_on_page_by_page(
    repository: LocalRepository, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_ROWS", 1)
    path, seen = "/search?kind=runs&q=order+by+started", list[str]()
    while path:
        text = HTTP.request("GET", address + path).data.decode()
        seen += re.findall(r"<small>(\w{26})</small>", text)
        path = html.unescape(next(iter(re.findall(r'rel="next" href="([^"]+)"', text)), ""))

        assert not Page(text).unclosed

    assert [each.id for each in reversed(repository.runs())] == seen


def test_media_are_shown_and_none_of_them_is_markup(address: str, pages: dict[str, str]) -> None:
    page = next(text for text in pages.values() if "pictures/gradient" in text and "<h2>Media" in text)
    tags = Page(page).tags
    assert {"img", "svg", "polyline", "table"} <= set(tags)
    assert 3 == tags.count("img")
    assert "it is called a picture and is none" in page
    assert "step 2, the last of 3" in page
    assert "rows 1 to 8 of 250" in page
    assert page.count("it cannot be drawn; the file has it") == 2
    words = next(text for text in pages.values() if "<h1>words" in text and "rows 201 to 250 of 250" in text)
    assert "word 249" in words
    assert "word 199" not in words
    files = {link for text in pages.values() for link in Page(text).links if link.startswith("/media/file")}
    answers = {link: HTTP.request("GET", address + link) for link in files}
    kinds = {link.partition("path=media%2F")[2]: each.headers["Content-Type"] for link, each in answers.items()}
    assert ("image/png", "image/svg+xml") == (kinds["pictures%2Fgradient%2F2.png"], kinds["drawing%2F0.svg"])
    assert {"application/octet-stream"} == {
        kinds[each] for each in ("no-picture%2F0.png", "notes%2F0.txt", "words%2F0.json")
    }
    assert {200} == {each.status for each in answers.values()}
    for each in answers.values():
        assert "sandbox" in each.headers["Content-Security-Policy"]
        assert "nosniff" == each.headers["X-Content-Type-Options"]
        is_picture = each.headers["Content-Type"].startswith("image/")
        assert ("inline" if is_picture else "attachment") == each.headers["Content-Disposition"]


@pytest.mark.parametrize("path", ["/media/file?run=no&path=x", "/media?run=no&path=x", "/media", "/media/file"])
def test_media_that_are_not_there_are_said_so(path: str, address: str) -> None:
    assert HTTP.request("GET", address + path).status in {400, 404}


def test_the_first_who_look_come_at_once_and_each_gets_a_whole_page(tmp_path: Path) -> None:
    places = ("/", "/runs", "/experiments", "/models", "/datasets", "/deployments", "/search", "/log")
    paths = [
        *places,
        *(f"{each}.json" for each in places[1:]),
        "/api/v1/runs",
        "/api/v1/model/list",
        "/api/v1/openapi.json",
    ]
    with Served(tmp_path) as server, ThreadPoolExecutor(len(paths)) as people:
        first = list(people.map(lambda path: HTTP.request("GET", server.url + path).data, paths))
        later = [HTTP.request("GET", server.url + path) for path in paths]

    assert {200} == {each.status for each in later}
    assert [each.data for each in later] == first
