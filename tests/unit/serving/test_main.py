"""The program: a table is answered in batches; a server ends without cutting anyone off."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lineal.serving.predicting import BATCH_ROWS
from tests.unit.serving.releases import TABLE, rows_of, serving

LONG = pd.concat([TABLE] * 80, ignore_index=True)
"""Three batches."""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "lineal.serving", *map(str, arguments))
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_every_row_of_a_table_is_answered_in_order(served: Path, model: Any, tmp_path: Path) -> None:
    LONG.assign(label="ignored").to_csv(tmp_path / "in.csv", index=False)
    done = run("predict", served, tmp_path / "in.csv", tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    chances = [{"no": no, "yes": yes} for no, yes in model.predict_proba(LONG)]

    assert (done.returncode, done.stderr) == (0, "")
    assert len(LONG) > 2 * BATCH_ROWS
    assert lines == [
        {"prediction": answer, "probabilities": chance}
        for answer, chance in zip(model.predict(LONG), chances, strict=True)
    ]


def test_a_bad_cell_is_named_by_its_row_in_the_file_and_nothing_is_left(served: Path, tmp_path: Path) -> None:
    LONG.assign(age=LONG["age"].astype(object).where(LONG.index != 4999, "old")).to_csv(
        tmp_path / "in.csv", index=False
    )
    done = run("predict", served, tmp_path / "in.csv", tmp_path / "out.jsonl")

    assert done.returncode == 2
    assert done.stderr.startswith("error: row 5000: 'old' in column 'age' is no int64\nhint: ")
    assert [each.name for each in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("predict", "RELEASE", "absent.csv", "out.jsonl"), 8, "absent.csv: No such file"),
        (("predict", "RELEASE", "version.json", "out.jsonl"), 2, "does not begin with a table's header"),
        (("serve", "."), 3, "no release"),
        (("serve", "RELEASE", "--port", "70000"), 8, "port 70000"),
        (("serve", "RELEASE", "--host", "192.0.2.1"), 8, "cannot be had"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    served: Path, tmp_path: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    places = {"RELEASE": served, "version.json": served / "version.json", ".": tmp_path}
    done = run(
        *(places.get(each, tmp_path / each if "." in each and each[0].isalpha() else each) for each in arguments)
    )

    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_release_with_a_flipped_byte_is_never_loaded(served: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(served, tmp_path / "release"))
    path = copy / "model" / "model.joblib"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    done = run("serve", copy)

    assert done.returncode == 7
    assert f"{path} holds other bytes" in done.stderr


def test_a_request_under_way_is_answered_before_the_end(served: Path, model: Any, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(served, tmp_path / "release"))
    body = json.dumps({"rows": rows_of(TABLE.head(3))}).encode()
    with serving(copy) as server, socket.create_connection(("127.0.0.1", server.ready.port), timeout=20) as client:
        client.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:40])
        server.ask("/healthz")  # so the first half has arrived
        server.process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(1.5)
        client.sendall(body[40:])
        answer = b"".join(iter(lambda: client.recv(65536), b""))
        server.process.wait(10)

    head, _, found = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in head.lower()
    assert json.loads(found)["predictions"] == list(model.predict(TABLE.head(3)))
