"""Connections of programs that tell nothing are seen from outside, as long as they last."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pytest

from lineal.capture.program.network import Connection, Sampling, gaps
from lineal.capture.told.record import SpoolRecord

HOLD = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.recv(1)"
"""A connection that lasts until the other end sends something."""

CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {HOLD!r}, sys.argv[1]])"


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_connection_of_a_child_is_seen_and_one_to_the_run_itself_is_not(*, is_gone: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        process = subprocess.Popen([sys.executable, "-I", "-c", CHILD, str(port)])
        sampling, own = Sampling(process.pid), Sampling(os.getpid())
        accepted, _ = server.accept()
        sampling.start()
        own.start()
        until = time.monotonic() + 30
        while not sampling.connections and time.monotonic() < until:
            time.sleep(0.01)
        accepted.sendall(b"x")
        accepted.close()
        process.wait()
        assert {str(port)} == {each.port for each in sampling.connections}
        if is_gone:
            # Nobody listens any more when the run is over: so it was one of its processes, which ended unseen.
            server.close()
        seen = {each[:2] for each in sampling.stop()}

    assert (set() if is_gone else {("127.0.0.1", str(port))}) == seen
    assert str(port) not in {each.port for each in own.stop()}


def test_what_is_told_or_explained_is_no_gap() -> None:
    seen = frozenset(
        {
            Connection("10.0.0.1", "6379", "worker"),
            Connection("10.0.0.2", "443", "python"),
            Connection("10.0.0.3", "9000", "python"),
            Connection("10.0.0.4", "443", "wandb-core"),
            Connection("10.0.0.5", "5432", "python"),
            Connection("169.254.169.254", "80", "python"),
        }
    )
    record = SpoolRecord(peers=frozenset({"10.0.0.5:5432"}), has_native_reads=True)

    assert ["network: what worker got from 10.0.0.1:6379 is not known"] == list(
        gaps(seen, record, {"AWS_ENDPOINT_URL": "http://minio:9000/"})
    )
    assert 4 == len(list(gaps(seen, SpoolRecord(), {})))
