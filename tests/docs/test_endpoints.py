"""What the page of MLflow's endpoints says of each is what a server does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain

import pytest

from lineal.client.connect import init
from lineal.protocols import Served
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client
from tools.endpoints import Answers, Listed, endpoints, known

_UNANSWERED = {"ENDPOINT_NOT_FOUND", "NOT_IMPLEMENTED", "FEATURE_DISABLED"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Asks a server of an empty repository."""
    with init(tmp_path_factory.mktemp("endpoints")) as local, served(local) as url:
        yield Client(url)


def asked(client: Client, listed: Listed) -> tuple[int, str, str]:
    """Return the status, the code and the message that a request without content gets."""
    answer = client.ask(listed.method, client.url + listed.sample, b"{}" if listed.method != "GET" else None)
    try:
        said = json.loads(answer.data)
    except ValueError:
        return answer.status, "", answer.data.decode()
    return answer.status, said.get("error_code", ""), said.get("message", "")


def test_every_endpoint_that_is_served_answers(client: Client) -> None:
    listed = [each for each, part in known() if part is None]
    answers = {each: asked(client, each) for each in chain(listed, map(Listed.twin, listed))}

    assert {each: said for each, said in answers.items() if said[0] == 405 or said[1] in _UNANSWERED} == {}


def test_what_is_out_of_scope_says_so_and_what_to_use_instead(client: Client) -> None:
    for each, part in known():
        for listed in {each, each.twin()}:
            if part:
                expected = (501, part.code.name, f"{part.what}; {part.instead}")

                assert asked(client, listed) == expected, listed


def test_an_endpoint_that_nobody_named_is_found_out() -> None:
    with pytest.raises(LookupError, match="mlflow/surprises is neither"):
        Answers(Served([], {})).of(Listed("GET", "/api/2.0/mlflow/surprises", "2.0"))


def test_each_endpoint_is_listed_once() -> None:
    listed = endpoints()

    assert len({(each.method, each.path) for each in listed}) == len(listed)
