"""The pages of experiments and their runs as a browser sees them: links, forms, CSV, and nobody sees what is not theirs."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.runs import Point
from lineal.objects.ulid import hexadecimal
from lineal.operations.asking.experiment_tables import DESCRIPTION
from lineal.operations.recording import experiments, tracking
from lineal.server.guard import Guard
from lineal.storage.store import Actor
from lineal.web.pages import run_table
from tests.surfaces.browser import Browser, Shown
from tests.surfaces.conftest import served
from tests.surfaces.test_pages import Page
from tests.unit.operations.tracked import made, registered, tracked

HOSTILE = "<script>alert('x')</script>"
RTL = "\u202egnp.exe"


def begin(repository: LocalRepository, name: str, at: int, experiment: int, **tags: str) -> str:
    """Begin a run that tells a metric and two params; return its id."""
    found: str = repository.store.clock.new_id()
    new = tracking.NewRun(id=found, name=name, started_at=at, experiment=experiment, tags=tags)
    tracking.create(repository, new)
    points = (Point("auc", 1, at / 10, 1), Point(f"{HOSTILE}/loss", 1, 1.0, 1))
    tracking.record(repository, found, points=points, params={"lr": str(at / 100), HOSTILE: HOSTILE})
    return found


@pytest.fixture
def trials(local: LocalRepository) -> tuple[int, list[str]]:
    """An experiment with three runs, one of them within another; its number and the ids of the runs."""
    said = {DESCRIPTION: f"**Bold** and {HOSTILE}", HOSTILE: RTL}
    number = experiments.create(local, f"trials {HOSTILE}", tags=said).number
    first = begin(local, HOSTILE, 1, number)
    second = begin(local, RTL + "x" * 300, 2, number, **{"mlflow.parentRunId": hexadecimal(first)})
    return number, [first, second, begin(local, "=HYPERLINK(1)", 3, number)]


@pytest.fixture
def browser(local: LocalRepository) -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of the repository's server."""
    with served(local) as url:
        yield Browser(), url


def rows(shown: Shown) -> list[str]:
    """Return the ids of the runs that a page shows, in their order."""
    return re.findall(r'name="run" value="(\w{26})"', shown.text)


def links(shown: Shown, text: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(rf'<a [^>]*href="([^"]*)"[^>]*>{text}', shown.text)]


def test_an_experiment_is_found_and_leads_to_its_runs(
    trials: tuple[int, list[str]], browser: tuple[Browser, str]
) -> None:
    number, runs = trials
    there, url = browser

    listed = there.go(f"{url}/experiments?q=TRIALS")
    shown = there.go(f"{url}/experiments/{number}")
    run = there.go(f"{url}/runs/{runs[0]}")

    assert f'href="/experiments/{number}"' in listed.text
    assert "<bdi>Default</bdi>" not in listed.text
    assert list(reversed(runs)) == rows(shown)
    assert "<strong>Bold</strong>" in shown.text
    assert f'href="/experiments/{number}"' in run.text
    for page in (listed, shown, run, there.go(f"{url}/runs")):
        assert (200, [], True) == (page.status, Page(page.text).unclosed, "script" not in Page(page.text).tags)


def test_a_click_on_a_column_puts_it_in_order_and_another_turns_that_round(
    trials: tuple[int, list[str]], browser: tuple[Browser, str]
) -> None:
    number, runs = trials
    there, url = browser
    shown = there.go(f"{url}/experiments/{number}")
    assert 'aria-sort="descending"><a href="/experiments/1?sort=started+asc">Started' in shown.text

    ordered = there.go(url + links(shown, "<bdi>lr")[0])
    turned = there.go(url + links(ordered, "<bdi>lr")[0])

    assert (runs, runs[::-1]) == (rows(ordered), rows(turned))
    assert 'aria-sort="ascending"' in ordered.text


def test_columns_and_search_stay_in_the_address(
    trials: tuple[int, list[str]], browser: tuple[Browser, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_table, "_ROWS", 1)
    number, runs = trials
    there, url = browser
    asked = urlencode(
        [("q", "auc > 0.15"), ("columns", "params.lr"), ("columns", "source"), ("sort", "metrics.auc asc")]
    )

    first = there.go(f"{url}/experiments/{number}?{asked}")
    second = there.go(url + links(first, "Next page")[0])

    assert (runs[1:2], runs[2:3]) == (rows(first), rows(second))
    for page in (first, second):
        assert "<bdi>lr</bdi>" in page.text
        assert 'value="params.lr" checked' in page.text
        assert 'scope="col">Source' in page.text
    assert not links(second, "Next page")


def test_a_search_that_cannot_be_read_is_explained_where_it_stands(
    trials: tuple[int, list[str]], browser: tuple[Browser, str]
) -> None:
    there, url = browser

    shown = there.go(f"{url}/experiments/{trials[0]}?q=auc+%3E+high")
    sheet = there.go(f"{url}/experiments/{trials[0]}.csv?q=auc+%3E+high")

    assert "the metric auc is compared with a number" in shown.text
    assert "  auc &gt; high\n        ^^^^</pre>" in shown.text
    assert 400 == sheet.status


def test_what_is_shown_is_csv_and_json_too_and_no_cell_is_a_formula(
    trials: tuple[int, list[str]], browser: tuple[Browser, str]
) -> None:
    number, runs = trials
    there, url = browser
    shown = there.go(f"{url}/experiments/{number}?sort=started+asc")

    sheet = there.go(url + links(shown, "CSV")[0])
    table = list(csv.DictReader(sheet.text.splitlines()))
    told = json.loads(there.go(f"{url}/experiments/{number}.json?sort=started+asc").text)

    assert runs == [each["run"] for each in table] == [each["id"] for each in told["table"]["rows"]]
    assert ["0.1", "0.2", "0.3"] == [each["metrics.auc"] for each in table]
    assert [HOSTILE, "'=HYPERLINK(1)"] == [table[0]["name"], table[2]["name"]]
    assert [("metrics", "auc"), ("metrics", f"{HOSTILE}/loss")] == [
        (each["kind"], each["name"]) for each in told["table"]["columns"][:2]
    ]


def test_marked_runs_are_compared_by_a_plain_form(trials: tuple[int, list[str]], browser: tuple[Browser, str]) -> None:
    there, url = browser

    text = there.go(f"{url}/experiments/{trials[0]}").text

    form = text[text.index('<form action="/compare">') :]
    assert 3 == form.count('<input type="checkbox" name="run"')
    assert form.index("Compare</button>") < form.index("</form>")


def test_an_experiment_is_renamed_described_deleted_and_restored(
    trials: tuple[int, list[str]], browser: tuple[Browser, str], local: LocalRepository
) -> None:
    number, runs = trials
    there, url = browser
    place = f"{url}/experiments/{number}"

    there.go(place, form={"act": "edit", "name": "renamed", "description": ""})
    renamed = experiments.shown(local, number=number)
    deleted = there.go(place, form={"act": "delete"})
    restored = there.go(place, form={"act": "restore"})

    assert ("renamed", None) == (renamed.name, renamed.tags.get(DESCRIPTION))
    assert "Restore this experiment" in deleted.text
    assert set(runs) == set(rows(deleted)) == set(rows(restored))
    assert {"experiment update", "experiment delete", "experiment restore"} <= {each.operation for each in local.log()}


def test_what_is_refused_is_said_and_nothing_that_was_typed_is_lost(
    trials: tuple[int, list[str]], browser: tuple[Browser, str]
) -> None:
    there, url = browser

    shown = there.go(
        f"{url}/experiments/{trials[0]}", form={"act": "edit", "name": "Default", "description": "A long text."}
    )

    assert 409 == shown.status
    assert "Experiment(name=Default) already exists." in shown.text
    assert ('value="Default"' in shown.text, "\nA long text.</textarea>" in shown.text) == (True, True)
    assert 404 == there.go(f"{url}/experiments/99", form={"act": "delete"}).status
    assert 409 == there.go(f"{url}/experiments/{trials[0]}", form={"act": "burn"}).status
    assert 409 == there.go(f"{url}/experiments/0", form={"act": "delete"}).status


def test_marked_runs_are_deleted_and_restored_and_who_is_in_production_stays(
    trials: tuple[int, list[str]], browser: tuple[Browser, str], local: LocalRepository
) -> None:
    number, runs = trials
    there, url = browser
    kept = tracked(local)
    version = registered(local, made(local, "m"), kept)
    local.promote(version.reference, to="production", force=True, reason="a test")

    left = there.go(f"{url}/runs?sort=started+asc", form={"act": "delete runs", "run": runs[0]})
    gone = there.go(f"{url}/experiments/{number}?deleted=1")
    there.go(f"{url}/experiments/{number}?deleted=1", form={"act": "restore runs", "run": runs[0]})

    assert f"{url}/runs?sort=started+asc" == left.url
    assert (runs[1:], runs[:1]) == ([each for each in rows(left) if each != kept], rows(gone))
    assert tracking.tracked(local, runs[0]).deleted_at is None
    refused = there.go(f"{url}/runs", form={"act": "delete runs", "run": kept})
    assert (409, True) == (refused.status, "production" in refused.text)
    assert tracking.tracked(local, kept).deleted_at is None
    assert 409 == there.go(f"{url}/runs", form={"act": "delete runs"}).status
    assert 400 == there.go(f"{url}/runs", form={"act": "burn"}).status


def test_who_may_not_see_an_experiment_sees_neither_it_nor_its_runs(
    trials: tuple[int, list[str]], local: LocalRepository
) -> None:
    number, runs = trials
    eve = Actor("eve", "reader", {f"experiment:#{number}": "none"})
    with served(local, Guard(eve)) as url:
        there = Browser()
        listed, all_runs = there.go(f"{url}/experiments"), there.go(f"{url}/runs")
        shown = [there.go(f"{url}/experiments/{number}{form}") for form in ("", ".json", ".csv")]
        acted = there.go(f"{url}/experiments/{number}", form={"act": "delete"})

    assert ("trials" in listed.text, rows(all_runs)) == (False, [])
    assert [403] * 4 == [each.status for each in (*shown, acted)]
    assert not any(run in page.text for run in runs for page in (listed, all_runs, *shown))


def test_who_may_only_read_is_shown_no_buttons_that_change(
    trials: tuple[int, list[str]], local: LocalRepository
) -> None:
    number, runs = trials
    with served(local, Guard(Actor("eve", "reader"))) as url:
        there = Browser()
        shown = there.go(f"{url}/experiments/{number}")
        acted = there.go(f"{url}/experiments/{number}", form={"act": "delete runs", "run": runs[0]})

    assert [] == re.findall(r'name="act"', shown.text)
    assert "Compare</button>" in shown.text
    assert 403 == acted.status


def test_runs_of_many_experiments_are_deleted_by_the_role_on_each(
    trials: tuple[int, list[str]], local: LocalRepository
) -> None:
    number, runs = trials
    other = tracked(local)
    for actor in (
        Actor("eve", "reader", {f"experiment:#{number}": "writer"}),
        Actor("bob", "writer", {"experiment:#0": "reader"}),
    ):
        with served(local, Guard(actor)) as url:
            there = Browser()
            shown = there.go(f"{url}/runs")
            acted = there.go(f"{url}/runs", form={"act": "delete runs", "run": [other, runs[0]]})
            refused = there.go(f"{url}/runs", form={"act": "delete runs", "run": other})

        assert re.findall(r'name="act" value="([^"]*)"', shown.text) == ["delete runs"]
        assert (409, True) == (acted.status, "1 of 2 stay as they were; the other 1 are done" in acted.text)
        assert f"{actor.name} is a reader on experiment:#0" in acted.text
        assert 403 == refused.status
        assert [True, False] == [tracking.tracked(local, each).deleted_at is None for each in (other, runs[0])]
        tracking.restore(local, runs[0])

    with served(local, Guard(Actor("eve", "reader", {f"experiment:#{number + 1}": "writer"}))) as url:
        assert [] == re.findall(r'name="act"', Browser().go(f"{url}/runs").text)


@pytest.mark.parametrize("path", ["/experiments/99", "/experiments/x", "/experiments/99.csv", "/experiments/1e9.json"])
def test_an_experiment_that_is_not_there_is_said_so(path: str, browser: tuple[Browser, str]) -> None:
    there, url = browser

    assert 404 == there.go(url + path).status
