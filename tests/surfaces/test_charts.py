"""Charts and comparisons as they are served: sound, small, with everything that somebody wrote as text, and as JSON too."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.canonical import Number
from lineal.objects.runs import Point
from lineal.operations.recording import artifacts, inputs, logged_models, tracking
from lineal.operations.recording.logged_models import NewModel
from lineal.operations.recording.related import Relations, relate
from lineal.operations.recording.summaries import Dataset, MadeModel, Pair, UsedDataset
from lineal.operations.recording.tracking import NewRun
from tests.surfaces.conftest import served
from tests.surfaces.test_pages import HOSTILE, HTTP, PAGE_BYTES_MAX, Page

KEY = f"train/{HOSTILE} \u202eloss"
RUNS = 32


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRepository]:
    """A repository with runs that told of metrics, of which one has everything that a run can have."""
    with init(tmp_path_factory.mktemp("charts")) as found:
        for place in range(RUNS + 1):
            _told(found, place)
        first, second = sorted(each.id for each in found.runs(limit=100))[:2]
        _fill(found, first)
        relate(found.store, second, Relations(parent=first))
        yield found


def _told(repository: LocalRepository, place: int) -> None:
    """Make a run with curves that are noisy, hostile and not finite."""
    tags = {"mlflow.note.content": f"# Why\n\n**because** {HOSTILE}", HOSTILE: HOSTILE} if not place else {}
    run = tracking.create(
        repository,
        NewRun(id=repository.store.clock.new_id(), name=f"{HOSTILE} {place}", started_at=1_700_000_000_000, tags=tags),
    )
    points = list[Point]()
    for step in range(300):
        value: Number = "NaN" if step == 100 else ((step * 7919 + place * 31) % 101) / (step + 1)
        at = 1_700_000_000_000 + step * 1_000
        points += [Point(key=key, step=step, value=value, at=at) for key in (KEY, "val_loss", "val_auc", "lr")]
    params = {"depth": str(place), HOSTILE: HOSTILE, "seed": "1"}
    tracking.record(repository, run.id, points=tuple(points), params=params)


def _fill(repository: LocalRepository, run: str) -> None:
    """Give a run files, a dataset and a model."""
    for path, data in ((f"plots/{HOSTILE.replace('/', '')}.txt", HOSTILE.encode()), ("weights.bin", b"\0" * 2_000)):
        artifacts.put(repository, run, path, digest=repository.store.blobs.put(data), size_bytes=len(data))
    model = logged_models.create(repository, NewModel(id="m-" + "0" * 32, name=HOSTILE, run=run)).id
    inputs.add_outputs(repository, run, models=(MadeModel(model, 3),))
    dataset = Dataset(HOSTILE, "ab12", "local", "/data")
    inputs.add_inputs(
        repository, run, datasets=(UsedDataset(tags=[Pair(inputs.CONTEXT, "training")], dataset=dataset),)
    )


@pytest.fixture(scope="module")
def address(repository: LocalRepository) -> Iterator[str]:
    """Where ``repository`` is served."""
    with served(repository) as url:
        yield url


@pytest.fixture(scope="module")
def runs(repository: LocalRepository) -> list[str]:
    """The ids of the runs, oldest first."""
    return sorted(each.id for each in repository.runs(limit=100))


def page(address: str) -> str:
    """Return a page, which is sound, small and without any script."""
    answer = HTTP.request("GET", address)
    text = answer.data.decode()
    read = Page(text)

    assert (200, [], False) == (answer.status, read.unclosed, "script" in read.tags)
    assert len(gzip.compress(answer.data)) < PAGE_BYTES_MAX
    return text


def test_a_run_that_told_of_itself_has_all_of_it_on_its_page(address: str, runs: list[str]) -> None:
    text = page(f"{address}/runs/{runs[0]}")
    links = [
        link for link in Page(text).links if link.startswith(("/metric?", "/files?", "/media", "/runs/", "/compare?"))
    ]

    assert 4 == text.count('class="figure metric"')
    assert "<strong>because</strong> &lt;script&gt;" in text
    for said in (
        "Description",
        "Artifacts",
        "Datasets that it used",
        "Logged models",
        "Runs that belong to it",
        "Parameters",
    ):
        assert f"<h2>{said}" in text
    assert f"/runs/{runs[1]}" in links
    assert {200} == {HTTP.request("GET", address + link).status for link in links}


def test_a_view_of_charts_is_a_link_and_an_expression_that_cannot_be_read_is_told(
    address: str, runs: list[str]
) -> None:
    text = page(f"{address}/runs/{runs[0]}?names=^val_&smooth=0.9&x=relative&y=log&from=10&to=200")
    wrong = page(f"{address}/runs/{runs[0]}?names=(")

    assert 2 == text.count('class="figure metric"')
    assert 'value="^val_"' in text
    assert 'value="0.9"' in text
    assert "after the start" in text
    assert 'class="raw"' in text
    assert "cannot be read" in wrong


def test_a_metric_with_a_hostile_name_has_a_page_and_its_points(address: str, runs: list[str]) -> None:
    asked = urlencode({"run": runs[0], "key": KEY})
    text = page(f"{address}/metric?{asked}")
    closer = re.search(r'href="(/metric\?[^"]*from=[^"]*)"', text)

    assert "1 to 200 of 300" in text
    assert "NaN" in text
    assert closer
    assert "all steps" in page(address + closer[1].replace("&amp;", "&"))
    assert "201 to 300 of 300" in page(f"{address}/metric?{asked}&page=1")


def test_as_many_runs_as_can_be_told_apart_are_compared_and_no_more(address: str, runs: list[str]) -> None:
    text = page(f"{address}/compare?" + urlencode([("run", each) for each in runs[:RUNS]]))
    more = HTTP.request("GET", f"{address}/compare?" + urlencode([("run", each) for each in runs]))

    assert all(f"/runs/{each}" in text for each in runs[:RUNS])
    assert (4, 1, 1) == tuple(text.count(f'class="figure {kind}"') for kind in ("metric", "parallel", "scatter"))
    assert (400, True) == (more.status, "33 runs are too many to be compared" in more.data.decode())


def test_only_differences_are_shown_where_that_is_asked_for(address: str, runs: list[str]) -> None:
    whole, only = (page(f"{address}/compare?run={runs[0]}&run={runs[1]}{more}") for more in ("", "&only=1"))

    assert (True, False) == tuple('<th scope="row">seed' in each or "<b>seed</b>" in each for each in (whole, only))
    assert all('<tr class="differs"><th scope="row">depth' in each for each in (whole, only))


def test_what_is_shown_is_json_too_without_its_pictures(address: str, runs: list[str]) -> None:
    asked = urlencode({"run": runs[0], "key": "lr"})
    for path in (f"/runs/{runs[0]}.json", f"/metric.json?{asked}", f"/compare.json?run={runs[0]}&run={runs[1]}"):
        text = HTTP.request("GET", address + path).data.decode()

        assert "<svg" not in text
        assert json.loads(text)
    curve = json.loads(HTTP.request("GET", f"{address}/metric.json?{asked}").data)["curve"]
    assert 299 == sum(part[4] for part in curve["parts"])
    assert [["NaN", 100, 100, 1_700_000_100_000, 1_700_000_100_000, 1]] == curve["words"]


@pytest.mark.parametrize(
    "path", ["/compare?run=nobody", "/metric?run=nobody&key=lr", "/files?of=nobody", "/files?of=logged:nobody"]
)
def test_what_is_not_there_is_said(path: str, address: str) -> None:
    assert 404 == HTTP.request("GET", address + path).status


def test_files_are_walked_level_by_level(address: str, runs: list[str]) -> None:
    text = page(f"{address}/files?of={runs[0]}&under=plots")

    assert "&lt;script&gt;" in text
    assert "weights.bin" not in text
    assert f'href="/files?of={runs[0]}"' in text
