"""Signals to who records reach the recorded program, whatever the recorder is at."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

RECORDER = """
import signal, subprocess, sys
from lineal.capture.program.signals import Forwarding

number = int(sys.argv[1])
with Forwarding() as forwarding:
    program = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(60)"))
    forwarding.to(program.pid)
    # As if the signal had come just before the main thread began to wait: nothing wakes it.
    signal.pthread_sigmask(signal.SIG_BLOCK, (number,))
    print("waits", flush=True)
    status = program.wait()
    forwarding.stop()
sys.exit(0 if status == -number else 1)
"""

EARLY = """
import os, signal, subprocess, sys
from lineal.capture.program.signals import Forwarding

with Forwarding() as forwarding:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    program = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(60)"))
    forwarding.to(program.pid)
    status = program.wait()
    forwarding.stop()
print(status, signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, signal.set_wakeup_fd(-1))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_reaches_the_program_though_the_recorder_waits_for_it(number: signal.Signals) -> None:
    with subprocess.Popen((sys.executable, "-c", RECORDER, str(int(number))), stdout=subprocess.PIPE) as recorder:
        assert recorder.stdout
        assert b"waits\n" == recorder.stdout.readline()
        recorder.send_signal(number)
        try:
            assert 0 == recorder.wait(20)
        finally:
            recorder.kill()


def test_what_came_before_the_program_reaches_it_and_all_is_given_back() -> None:
    said = subprocess.run((sys.executable, "-c", EARLY), capture_output=True, text=True, check=True, timeout=30)

    assert f"{-signal.SIGTERM} True -1\n" == said.stdout
