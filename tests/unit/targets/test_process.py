"""A version as a process: only the right bytes start, only what answers is believed, a port is handed over unseen."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lineal.objects.errors import Conflict, Unavailable
from lineal.serving.release import read_release
from lineal.targets import TARGETS, Observed, process
from tests.unit.serving.releases import TABLE, make_release
from tests.unit.targets.clients import Client, post
from tests.unit.targets.conftest import VARIABLES, Start

TARGET = TARGETS["process"]()


def test_a_target_is_found_by_the_name_of_its_module() -> None:
    assert list(TARGETS) == ["process"]
    assert TARGETS["process"] is process.ProcessTarget


def test_what_runs_is_observed_and_counted(releases: tuple[Path, Path], start: Start) -> None:
    digest = read_release(releases[0]).digest
    started = start(releases[0])
    before = TARGET.observe(started.endpoint, started.handle)
    for _ in range(3):
        post(started.endpoint)

    assert before == Observed(digest, healthy=True, request_count=0)
    assert TARGET.observe(started.endpoint, started.handle) == Observed(digest, healthy=True, request_count=3)


def test_the_same_bytes_give_the_same_answer_to_the_last_bit(
    releases: tuple[Path, Path], start: Start, models: tuple[Any, Any]
) -> None:
    first = start(releases[0])
    before = post(first.endpoint)
    TARGET.stop(first.handle)
    again = start(releases[0], port=int(first.endpoint.rpartition(":")[2]))

    assert post(again.endpoint) == before
    assert json.loads(before.body)["probabilities"] == models[0].predict_proba(TABLE.head(5)).tolist()


@pytest.mark.parametrize("keeps_alive", [False, True], ids=["new connections", "one connection"])
def test_a_port_is_handed_over_without_a_failed_request(
    releases: tuple[Path, Path], start: Start, keeps_alive: bool
) -> None:
    digests = [read_release(each).digest for each in releases]
    old = start(releases[0])
    with Client(old.endpoint, keeps_alive=keeps_alive) as client:
        client.wait(20)
        new = start(releases[1], port=int(old.endpoint.rpartition(":")[2]))
        client.wait(20)
        TARGET.stop(old.handle)
        client.wait(20)

    assert new.endpoint == old.endpoint
    assert client.failures == []
    # From old to new, and never back.
    assert list(dict.fromkeys(client.seen)) == digests
    assert sorted(client.seen, key=digests.index) == client.seen


def test_a_third_version_takes_over_from_the_second(releases: tuple[Path, Path], start: Start) -> None:
    started = start(releases[0])
    port = int(started.endpoint.rpartition(":")[2])
    for each in (releases[1], releases[0], releases[1]):
        after = start(each, port=port)

        assert post(after.endpoint).digest == read_release(each).digest
        TARGET.stop(started.handle)
        assert post(after.endpoint).digest == read_release(each).digest
        started = after


def test_one_that_was_overtaken_is_seen_to_be(releases: tuple[Path, Path], start: Start) -> None:
    old = start(releases[0])
    start(releases[1], port=int(old.endpoint.rpartition(":")[2]))

    observed = TARGET.observe(old.endpoint, old.handle)
    assert (observed.digest, observed.healthy) == (read_release(releases[1]).digest, False)


def test_one_that_was_killed_is_seen_to_be(releases: tuple[Path, Path], start: Start) -> None:
    started = start(releases[0])
    os.kill(json.loads(started.handle)["pid"], signal.SIGKILL)
    until_gone(started.handle)

    assert TARGET.observe(started.endpoint, started.handle) == Observed(None, healthy=False, request_count=0)


def test_stopping_twice_is_stopping_once(releases: tuple[Path, Path], start: Start) -> None:
    started = start(releases[0])
    TARGET.stop(started.handle)
    TARGET.stop(started.handle)

    with pytest.raises(OSError, match="refused"):
        post(started.endpoint)


def test_one_that_does_not_listen_any_more_is_killed(
    releases: tuple[Path, Path], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "STOP_S", 0.3)
    monkeypatch.setattr(process, "_ASK_S", 0.3)
    started = start(releases[0])
    os.kill(json.loads(started.handle)["pid"], signal.SIGSTOP)

    assert TARGET.observe(started.endpoint, started.handle).healthy is False
    TARGET.stop(started.handle)
    assert process._start_time(json.loads(started.handle)["pid"]) == 0


def test_a_number_that_another_process_has_now_is_left_alone() -> None:
    with subprocess.Popen(("sleep", "60")) as other:
        handle = json.dumps({"pid": other.pid, "started": 1, "private_port": 9})
        TARGET.stop(handle)

        assert TARGET.observe("http://127.0.0.1:9", handle) == Observed(None, healthy=False, request_count=0)
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("handle", ["", "{}", "no handle", '{"pid": "x"}'])
def test_a_handle_that_is_none_is_nothing_that_runs(handle: str) -> None:
    TARGET.stop(handle)

    assert TARGET.observe("http://127.0.0.1:9", handle) == Observed(None, healthy=False, request_count=0)


def test_a_flipped_byte_refuses_to_start_and_nothing_is_left_running(releases: tuple[Path, Path], start: Start) -> None:
    path = releases[0] / "model" / "model.joblib"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)

    with pytest.raises(Unavailable, match=r"exit status 7(.|\n)*model\.joblib holds other bytes"):
        start(releases[0])
    assert running_in(releases[0]) == []


def test_a_version_that_fails_leaves_the_one_that_answers_alone(releases: tuple[Path, Path], start: Start) -> None:
    old = start(releases[0])
    (releases[1] / "model" / "model.joblib").unlink()

    with pytest.raises(Unavailable, match="is missing"):
        start(releases[1], port=int(old.endpoint.rpartition(":")[2]))
    assert post(old.endpoint).digest == read_release(releases[0]).digest


def test_one_that_is_too_slow_is_stopped(
    releases: tuple[Path, Path], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "READY_S", 0.1)

    with pytest.raises(Unavailable, match="did not answer within"):
        start(releases[0])
    assert running_in(releases[0]) == []


def test_the_port_of_another_model_is_refused(
    releases: tuple[Path, Path], start: Start, tmp_path: Path, models: Any
) -> None:
    make_release(tmp_path / "other", models[0], name="poor")
    started = start(releases[0])

    with pytest.raises(Conflict, match=r"answers for rich:1\.0\.0"):
        start(tmp_path / "other", port=int(started.endpoint.rpartition(":")[2]))


def test_a_port_that_some_other_program_has_is_refused(
    releases: tuple[Path, Path], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_ASK_S", 0.5)

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Unavailable, match="cannot be had"):
        start(releases[0], port=taken.getsockname()[1])


def test_an_interpreter_that_is_not_there_is_named(releases: tuple[Path, Path], start: Start) -> None:
    with pytest.raises(Unavailable, match="absent/python cannot be started: No such file"):
        start(releases[0], python=Path("/absent/python"))


def test_a_server_outlives_the_program_that_started_it(releases: tuple[Path, Path]) -> None:
    text = (
        "import sys, json; from pathlib import Path; from lineal.targets import TARGETS;"
        "directory, variables = sys.argv[1:];"
        "print(json.dumps(TARGETS['process']().start("
        "Path(directory), Path(sys.executable), json.loads(variables), port=0)))"
    )
    command = (sys.executable, "-c", text, str(releases[0]), json.dumps(VARIABLES))
    endpoint, handle = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    try:
        assert TARGET.observe(endpoint, handle).healthy
    finally:
        TARGET.stop(handle)
    assert not TARGET.observe(endpoint, handle).healthy


def running_in(directory: Path) -> list[str]:
    """Return the processes that serve the release in ``directory``."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if str(directory).encode() in (each / "cmdline").read_bytes():
                found.append(each.name)
        except OSError:
            continue
    return found


def until_gone(handle: str) -> None:
    """Wait until the process of ``handle`` has ended."""
    found = json.loads(handle)
    while process._start_time(found["pid"]) == found["started"]:
        time.sleep(0.01)
