"""What MLflow's own client 3.18 said to MLflow's own server is said to ours, and what comes back means the same.

``tests/golden/mlflow-client-3.18.jsonl`` holds the exchanges, recorded from both as they are. Ids and times are others here;
everything else is held to be equal: the statuses, the fields, their order in lists, the texts of errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.surfaces.serving import Served

RECORDED = Path(__file__).parents[1] / "golden" / "mlflow-client-3.18.jsonl"

EXPERIMENTS_BEFORE = 8
"""The recorded experiment is the ninth of its server, and the artifacts of its runs lie in directories of that number."""

_IDS = re.compile(r"m-[0-9a-f]{32}|[0-9a-f]{32}")
_TIMES = frozenset(
    "timestamp start_time end_time creation_time last_update_time creation_timestamp last_updated_timestamp"
    " creation_timestamp_ms last_updated_timestamp_ms file_size".split()
)
_OURS = frozenset(
    "multipart_uploads_enabled multipart_downloads_enabled presigned_upload_run_id_supported gateway"
    " presigned_upload_model_id_supported model_artifact_presigned_downloads_supported scheduled_issue_detection"
    " skill_content_max_size skill_content_max_files".split()
)
"""What a server says of itself: ours can do other things."""

_UNRECORDED = re.compile(r"|<[a-z0-9 ]+>|\{[^\0]*[^}]")
"""A body that is empty, was a stream, or was cut."""

_MADE_UP = re.compile(r"[a-z]+-[a-z]+-\d+")
"""A name that a server gave to a run without one."""

_UNORDERED = {"latest_versions": "version", "tags": "key", "metrics": "key"}
"""Lists that are sets, by what tells their items apart: MLflow's server asks its database for these in no order. Points of a history are of one key."""

_NOT_ANSWERED = ("/api/3.0/mlflow/traces", "/v1/traces")
"""What belongs to generative models only."""


_REFUSED = {
    "delete_run": (409, "version 1 of golden-1795451278, which is in production, was made of it"),
    "delete_rm": (403, "stands in production, so it can't be deleted"),
}
"""What MLflow does and we refuse, by the recorded step: it is about a version in production."""


class Exchange(NamedTuple):
    """A request that the client made, and the answer that it got."""

    step: str
    method: str
    url: str
    body: str | None
    status: int
    answer: str


class Replay:
    """Says what was recorded, with our ids in place of the recorded ones."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._ours: dict[str, str] = {}

    def differences(self, each: Exchange) -> list[str]:
        """Return in which places the answer of ours differs."""
        body = None if each.body is None else self._translated(each.body)
        answer = self._served.ask(
            each.method, self._translated(each.url), b"some bytes" if body == "<stream>" else body
        )
        place = f"{each.step}: {each.method} {each.url}"
        if each.step in _REFUSED:
            status, said = _REFUSED[each.step]
            # Whoever looks afterwards finds it still there.
            refused = answer.status == 200 if each.method == "GET" else answer.status == status and said in answer.text
            return [] if refused else [f"{place}: {answer.status} {answer.text[:300]}, not refused"]
        if answer.status != each.status:
            return [f"{place}: {answer.status} {answer.text[:300]}, not {each.status} {each.answer[:300]}"]
        if _UNRECORDED.fullmatch(each.answer.strip()):
            return []
        try:
            recorded = json.loads(each.answer)
        except json.JSONDecodeError:
            return [] if answer.text == each.answer else [f"{place}: {answer.text!r}, not {each.answer!r}"]
        return [f"{place}: {each}" for each in self._compare(recorded, json.loads(answer.text), "$")]

    def _translated(self, text: str) -> str:
        return _IDS.sub(lambda match: self._ours.get(match[0], match[0]), text)

    def _compare(self, recorded: Any, ours: Any, path: str) -> Iterator[str]:
        if isinstance(recorded, dict) and isinstance(ours, dict):
            yield from self._compare_objects(recorded, ours, path)
        elif isinstance(recorded, list) and isinstance(ours, list):
            yield from self._compare_lists(recorded, ours, path)
        elif path.rpartition(".")[2] in _OURS or (recorded, ours) == (0.0, "NaN"):
            return  # MLflow loses what is no number where it is a logged model's
        elif type(recorded) is not type(ours):
            yield f"{path} is {ours!r}, not {recorded!r}"
        elif path.rpartition(".")[2] in _TIMES:
            return
        elif isinstance(recorded, str):
            yield from self._compare_texts(recorded, ours, path)
        elif recorded != ours:
            yield f"{path} is {ours!r}, not {recorded!r}"

    def _compare_objects(self, recorded: dict[str, Any], ours: dict[str, Any], path: str) -> Iterator[str]:
        if missing := recorded.keys() - ours.keys():
            yield f"{path} lacks {', '.join(sorted(missing))}"
        for name in recorded.keys() & ours.keys():
            yield from self._compare(recorded[name], ours[name], f"{path}.{name}")

    def _compare_lists(self, recorded: list[Any], ours: list[Any], path: str) -> Iterator[str]:
        if name := _UNORDERED.get(path.rpartition(".")[2], ""):
            recorded, ours = (sorted(each, key=lambda row: str(row[name])) for each in (recorded, ours))
        if len(recorded) != len(ours):
            yield f"{path} has {len(ours)} items, not {len(recorded)}"
        for place, pair in enumerate(zip(recorded, ours, strict=False)):
            yield from self._compare(*pair, f"{path}[{place}]")

    def _compare_texts(self, recorded: str, ours: str, path: str) -> Iterator[str]:
        theirs, here = _IDS.findall(recorded), _IDS.findall(ours)
        if len(theirs) == len(here):
            for known, new in zip(theirs, here, strict=True):
                self._ours.setdefault(known, new)
        # MLflow's own error goes on with that of its database.
        expected = self._translated(recorded).partition(" Error: (sqlite3")[0]
        if expected != ours and not _MADE_UP.fullmatch(recorded):
            yield f"{path} is {ours!r}, not {self._translated(recorded)!r}"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server with an empty repository."""
    with Served(tmp_path) as found:
        yield found


def recorded() -> list[Exchange]:
    """Return the exchanges of what we answer, in their order."""
    every = [Exchange(**json.loads(line)) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    return [each for each in every if not each.url.startswith(_NOT_ANSWERED)]


def test_the_recorded_client_gets_the_recorded_answers(served: Served) -> None:
    for number in range(EXPERIMENTS_BEFORE):
        served.ask("POST", "/api/2.0/mlflow/experiments/create", json.dumps({"name": f"before {number}"}))
    replay = Replay(served)
    differences = [difference for each in recorded() for difference in replay.differences(each)]

    assert not differences, "\n".join(differences)
