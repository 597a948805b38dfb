"""Golden requests are answered as the server does, twice; what hangs, crashes or depends on chance is told, the rest goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lineal.formats import golden
from lineal.formats.golden import GoldenAnswer, GoldenRequest
from lineal.objects.digest import digest_of
from lineal.objects.files import Entry
from lineal.objects.runs import ModelFacts
from lineal.serving.release import Release, write_release
from tests.unit.serving.releases import TABLE, Server, rows_of

MOODY = """\
import os, pickle, random, time

class Moody:
    feature_names_in_ = ["text"]

    def predict(self, table):
        print("what a model prints is no answer")
        return [getattr(self, text, self.echo)(text) for text in table["text"]]

    def echo(self, text): return text
    def crash(self, text): os.kill(os.getpid(), 11)
    def leave(self, text): os._exit(3)
    def hang(self, text): time.sleep(60)
    def chance(self, text): return random.random()
    def nan(self, text): return float("nan")
    def infinite(self, text): return float("inf")
    def huge(self, text): return "x" * 1_000_000
    def error(self, text): raise RuntimeError("no")
    def invalid(self, text): raise ValueError("not this one")
"""


def asked(directory: Path, requests: list[GoldenRequest], *options: str) -> list[GoldenAnswer]:
    source, target = directory / "requests.jsonl", directory / "answers.jsonl"
    source.write_bytes(golden.encode(requests))
    command = (sys.executable, "-m", "lineal.serving", "replay", str(directory), str(source), str(target), *options)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=directory)
    assert done.returncode == 0, done.stderr
    return list(golden.decode(target.read_bytes(), GoldenAnswer))


@pytest.fixture(scope="module")
def moody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a release of a model that does whatever the text says."""
    directory = tmp_path_factory.mktemp("moody")
    (directory / "model").mkdir()
    (directory / "moody.py").write_text(MOODY, encoding="utf-8")
    path = directory / "model" / "m.pkl"
    dump = "import pickle, moody; pickle.dump(moody.Moody(), open('model/m.pkl', 'wb'))"
    subprocess.run((sys.executable, "-c", dump), check=True, cwd=directory)
    entry = Entry(path=path.name, digest=digest_of(path.read_bytes()), size_bytes=path.stat().st_size)
    facts = ModelFacts(framework="sklearn", inputs={"text": "object"})
    write_release(
        directory,
        Release(digest=entry.digest, model="m", semantic="1.0.0", main_file=path.name, facts=facts, files=(entry,)),
    )
    return directory


def text(word: str) -> GoldenRequest:
    return golden.of_rows([{"text": word}])


def test_answers_are_those_of_the_server_byte_for_byte(served: Path, server: Server) -> None:
    rows = rows_of(TABLE)[:4]
    split = {"columns": list(TABLE), "data": [list(row.values()) for row in rows]}
    tensor = [
        {"name": name, "datatype": "BYTES", "shape": [2], "data": [row[name] for row in rows[:2]]} for name in TABLE
    ]
    requests = [
        golden.of_rows(rows),
        golden.of_rows([]),
        golden.of_example(json.dumps(split).encode()),
        GoldenRequest(golden.INFER, json.dumps({"inputs": tensor}), "given"),
        golden.of_rows([{"age": "old"}]),
        GoldenRequest(golden.PREDICT, "no json"),
    ]
    found = asked(served, requests)
    paths = [f"/v2/models/rich{each.path}" if each.path == golden.INFER else each.path for each in requests]
    answers = [server.ask(path, each.body.encode()) for path, each in zip(paths, requests, strict=True)]

    assert [each.status for each in found] == [each.status for each in answers] == [200, 200, 200, 200, 400, 400]
    assert [json.loads(each.body) for each in found] == [each.body for each in answers]
    assert not any(each.again or each.reason for each in found)


def test_what_ends_a_process_or_depends_on_chance_is_told_and_the_others_go_on(
    moody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{moody}:{Path(golden.__file__).parents[2]}")
    words = ("ä€😀", "crash", "hang", "leave", "chance", "nan", "infinite", "huge", "error", "invalid", "end")
    found = dict(zip(words, asked(moody, [text(each) for each in words], "--request-s", "1.5"), strict=True))

    def said(word: str) -> Any:
        return json.loads(found[word].body)["predictions"]

    assert ["ä€😀"] == said("ä€😀")
    assert ["end"] == said("end")
    assert found["crash"] == GoldenAnswer(0, reason="the process ended by SIGSEGV")
    assert found["hang"] == GoldenAnswer(0, reason="no answer within 1.5 s")
    assert found["leave"] == GoldenAnswer(0, reason="the process ended (3)")
    assert found["chance"].again
    assert found["chance"].again != found["chance"].body
    assert [[None], [None]] == [said("nan"), said("infinite")]
    assert found["huge"].reason.startswith("an answer of 1,000,0")
    assert not found["huge"].body
    assert found["huge"].digest.startswith("sha256:")
    assert [503, 400] == [found["error"].status, found["invalid"].status]
    assert ["chance"] == [word for word, each in found.items() if each.again]


def test_a_model_that_ends_every_process_is_given_up(moody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{moody}:{Path(golden.__file__).parents[2]}")
    found = asked(moody, [text("leave"), *[golden.of_rows([{"text": "leave"}, {"text": str(n)}]) for n in range(6)]])

    assert ["the process ended (3)"] * 5 == [each.reason for each in found[:5]]
    assert ["not asked, after 5 requests that ended the process"] * 2 == [each.reason for each in found[5:]]


def test_no_requests_are_answered_by_nothing(served: Path) -> None:
    assert asked(served, []) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [(("--within-s", "0"), "took longer than they may"), (("--within-s", "0.01"), "its model was not loaded")],
)
def test_too_little_time_and_a_broken_model_are_errors(served: Path, options: tuple[str, ...], says: str) -> None:
    (served / "in.jsonl").write_bytes(golden.encode([golden.of_rows(rows_of(TABLE)[:1])]))
    command = (sys.executable, "-m", "lineal.serving", "replay", str(served), "in.jsonl", "out.jsonl", *options)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=served)

    assert done.returncode == 8
    assert says in done.stderr
    assert not (served / "out.jsonl").exists()
