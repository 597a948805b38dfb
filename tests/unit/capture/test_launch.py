"""A recorded program runs as it would without us, and its record says what it did."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from lineal.capture.launched import Launched
from lineal.capture.program import tee
from lineal.objects.digest import digest_of
from lineal.objects.errors import Invalid
from lineal.objects.runs import FileUse

Git = Callable[..., str]
Record = Callable[..., Launched]
Write = Callable[[str, str], Path]


def paths(uses: tuple[FileUse, ...]) -> list[str]:
    return [each.path for each in uses]


READS = {
    "open": "open('data.csv').read()",
    "os.open": "import os; os.read(os.open('data.csv', os.O_RDONLY), 10)",
    "mmap": "import mmap; f = open('data.csv'); mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)[:3]",
    "pandas": "import pandas; pandas.read_csv('data.csv')",
    "subprocess": "import subprocess; subprocess.run(['cat', 'data.csv'], stdout=subprocess.DEVNULL)",
    "fork": "import os\npid = os.fork()\nif not pid:\n    open('data.csv').read(); os._exit(0)\nos.waitpid(pid, 0)",
    "spawned worker": (
        "import multiprocessing\ndef work():\n    open('data.csv').read()\n"
        "if __name__ == '__main__':\n    p = multiprocessing.get_context('spawn').Process(target=work)"
        "; p.start(); p.join()"
    ),
    "for writing, unused": "open('data.csv', 'r+').read()",
}


@pytest.mark.parametrize("how", READS)
def test_a_file_that_is_only_read_is_an_input(how: str, record: Record, write: Write) -> None:
    data = write("data.csv", "a,b\n1,2\n")
    write("program.py", READS[how])

    launched = record("program.py")

    (use,) = launched.inputs
    expected = FileUse(path="data.csv", digest=digest_of(data.read_bytes()), size_bytes=8, kept=False)
    assert expected == msgspec.structs.replace(use, label=None)
    assert (0, "finished") == (launched.exit_status, launched.state)
    assert () == launched.outputs + launched.intermediates


@pytest.mark.parametrize("how", [each for each in READS if each != "pandas"])
def test_inotify_sees_every_kind_of_read_too(how: str, record: Record, write: Write) -> None:
    write("data.csv", "a,b\n1,2\n")
    write("program.py", READS[how])

    launched = record("program.py", levels=("inotify",))

    assert ("inotify", ["data.csv"]) == (launched.capture_level, paths(launched.inputs))


def test_files_are_inputs_outputs_or_both(record: Record, write: Write) -> None:
    write("in.txt", "1")
    write("module.py", "")
    write(
        "program.py",
        "import module, os\n"
        "open('in.txt').read()\n"
        "open('out.txt', 'w').write('2')\n"
        "open('both.txt', 'w').write('3'); open('both.txt').read()\n"
        "os.makedirs('new/deep'); open('new/deep/out.txt', 'w').write('4')\n"
        "open('part.tmp', 'w').write('5'); os.rename('part.tmp', 'whole.txt')\n"
        "open('scratch', 'w').write('6'); os.remove('scratch')\n"
        "os.makedirs('.venv'); open('.venv/x', 'w').write('7')\n",
    )

    launched = record("program.py")

    assert ["in.txt"] == paths(launched.inputs)
    assert ["new/deep/out.txt", "out.txt", "whole.txt"] == paths(launched.outputs)
    assert ["both.txt"] == paths(launched.intermediates)
    assert [each for each in launched.gaps if "removed" in each] == [
        "files: 1 written and removed before the end: scratch"
    ]


def test_a_directory_that_is_moved_into_place_is_an_output(record: Record, write: Write) -> None:
    write("program.py", "import os\nos.makedirs('a/b'); open('a/b/c', 'w').write('1'); os.rename('a', 'z')")

    launched = record("program.py")

    assert ["z/b/c"] == paths(launched.outputs)


def test_an_input_that_somebody_else_changed_meanwhile_is_flagged(record: Record, write: Write) -> None:
    write("data.csv", "1")
    # The child drops the run's variables and its parent, so it is a stranger; its write is not the program's.
    stranger = (
        "import os, time\nif os.fork(): os._exit(0)\nos.setsid(); time.sleep(0.2)\n"
        "open('data.csv', 'a').write('2'); time.sleep(0.5)"
    )
    write(
        "program.py",
        "import os, subprocess, sys\nopen('data.csv').read()\n"
        f"subprocess.run([sys.executable, '-c', {stranger!r}], env={{'A': '1'}})\n"
        "while os.path.getsize('data.csv') == 1: pass\n",
    )

    launched = record("program.py", levels=("fanotify",))

    assert [("data.csv", True)] == [(each.path, each.changed_while_reading) for each in launched.inputs]


def test_files_outside_the_project_that_arguments_name_are_seen(record: Record, write: Write, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    data = tmp_path / "elsewhere" / "data.csv"
    data.write_text("1")
    result = tmp_path / "elsewhere" / "result.txt"
    write("program.py", "import sys\nopen(sys.argv[1]).read()\nopen(sys.argv[2].partition('=')[2], 'w').write('x')")

    launched = record("program.py", str(data), f"--out={result}")

    assert ([str(data)], [str(result)]) == (paths(launched.inputs), paths(launched.outputs))


def test_data_behind_a_link_is_known_by_the_link(record: Record, write: Write, project: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "data.csv").write_text("1")
    (tmp_path / "single.csv").write_text("2")
    (project / "data").symlink_to(tmp_path / "disk")
    (project / "single.csv").symlink_to(tmp_path / "single.csv")
    write("program.py", "open('data/data.csv').read(); open('single.csv').read()")

    launched = record("program.py")

    assert ["data/data.csv", "single.csv"] == paths(launched.inputs)


def test_arguments_that_are_files_count_as_read_where_nothing_can_be_watched(record: Record, write: Write) -> None:
    write("data.csv", "1")
    write("unseen.csv", "1")
    write(
        "program.py", "import sys\nopen(sys.argv[1]).read(); open('unseen.csv').read(); open('out.txt', 'w').write('2')"
    )

    launched = record("program.py", "data.csv", levels=("arguments",))

    assert "arguments" == launched.capture_level
    assert (["data.csv"], ["out.txt"]) == (paths(launched.inputs), paths(launched.outputs))
    assert any("only reads that the command line names" in each for each in launched.gaps)


@pytest.mark.parametrize("status", [0, 1, 3, 77])
def test_the_exit_status_is_the_programs(status: int, record: Record) -> None:
    launched = record("sh", "-c", f"exit {status}")

    assert (status, "failed" if status else "finished") == (launched.exit_status, launched.state)


def test_a_killed_program_is_recorded_as_killed(record: Record, write: Write) -> None:
    write(
        "program.py",
        "import lineal.capture.live as l, os, signal\nl.log(loss=0.5)\nos.kill(os.getpid(), signal.SIGKILL)",
    )

    launched = record("program.py")

    assert (-signal.SIGKILL, "killed") == (launched.exit_status, launched.state)
    assert {"loss": 0.5} == launched.record.metrics


LAUNCHER = (
    "import os, sys\nfrom pathlib import Path\nfrom lineal.capture.launch import launch\n"
    "directory, spool = Path(sys.argv[1]), Path(sys.argv[2])\n"
    "done = launch(sys.argv[3:], directory=directory, spool=spool, variables=os.environ, run_id='R')\n"
    "sys.exit(100 - done.exit_status if done.exit_status < 0 else done.exit_status)\n"
)

# One long sleep would be begun though a signal just came: Python's handler would then run when it is over.
WAITS = "for _ in range(1200): time.sleep(0.05)"


def launcher(project: Path, spool: Path, *command: str) -> tuple[str, ...]:
    return (sys.executable, "-c", LAUNCHER, str(project), str(spool), *command)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_program(
    number: signal.Signals, project: Path, spool: Path, write: Write, variables: dict[str, str]
) -> None:
    write(
        "program.py",
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: (open('told.txt', 'w').write('yes'), sys.exit(5)))\n"
        f"print('ready', flush=True)\n{WAITS}",
    )
    process = subprocess.Popen(launcher(project, spool, "program.py"), env=variables, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert b"ready\n" == process.stdout.readline()

    process.send_signal(number)

    assert 5 == process.wait(30)
    assert "yes" == (project / "told.txt").read_text()
    process.stdout.close()


def test_an_interrupt_of_the_group_ends_the_program_and_not_the_recorder(
    project: Path, spool: Path, write: Write, variables: dict[str, str]
) -> None:
    write("program.py", f"import time\nprint('ready', flush=True)\n{WAITS}")
    process = subprocess.Popen(
        launcher(project, spool, "program.py"),
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert b"ready\n" == process.stdout.readline()

    os.killpg(process.pid, signal.SIGINT)

    assert 100 + signal.SIGINT == process.wait(30)
    assert (spool / "end.json").is_file()
    process.stdout.close()


def test_output_passes_byte_for_byte_and_in_order(
    project: Path, spool: Path, write: Write, variables: dict[str, str]
) -> None:
    write(
        "program.py",
        "import os, sys\n"
        "os.write(1, bytes(range(256)) * 2000)\n"
        "for i in range(200): os.write(1 + i % 2, b'%d\\n' % i)\n"
        "sys.stdout.write(sys.stdin.read())",
    )
    plain = subprocess.run(
        (sys.executable, "program.py"), cwd=project, input=b"hello", stdout=-1, stderr=subprocess.STDOUT, check=True
    )

    recorded = subprocess.run(
        launcher(project, spool, "program.py"),
        env=variables,
        input=b"hello",
        stdout=-1,
        stderr=subprocess.STDOUT,
        check=True,
    )

    assert plain.stdout == recorded.stdout
    assert plain.stdout == (spool / "stdout").read_bytes()


def test_streams_are_kept_apart(project: Path, spool: Path, variables: dict[str, str]) -> None:
    done = subprocess.run(
        launcher(project, spool, "sh", "-c", "echo out; echo err >&2"), env=variables, capture_output=True, check=True
    )

    assert (b"out\n", b"err\n") == (done.stdout, done.stderr)
    assert ("out\n", "err\n") == ((spool / "stdout").read_text(), (spool / "stderr").read_text())


def test_a_reader_that_goes_away_ends_the_program_as_it_would(
    project: Path, spool: Path, variables: dict[str, str]
) -> None:
    process = subprocess.Popen(launcher(project, spool, "yes"), env=variables, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(10)

    process.stdout.close()

    assert 100 + signal.SIGPIPE == process.wait(30)


def test_output_beyond_the_cap_is_passed_on_and_noted(
    record: Record, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tee, "KEPT_BYTES_MAX", 1 << 20)

    launched = record("sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x")

    assert 3_000_000 == len(capfd.readouterr().out)
    assert launched.stdout is not None
    assert 1 << 20 == launched.stdout.stat().st_size
    assert "stdout was kept only up to 1 MiB" in launched.gaps


def test_a_process_that_outlives_the_program_does_not_hold_it_up_and_is_heard(
    project: Path, spool: Path, variables: dict[str, str]
) -> None:
    left_behind = "echo done; (while [ ! -e go ]; do sleep 0.02; done; echo late) &"
    process = subprocess.Popen(
        launcher(project, spool, "sh", "-c", left_behind), env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )

    assert 0 == process.wait(30)
    (project / "go").touch()
    assert b"done\nlate\n" == process.communicate(timeout=30)[0]
    assert "outlived" in (spool / "end.json").read_text()


@pytest.mark.parametrize("command", [("no-such-program",), ("./missing",), ("missing.py",), ()])
def test_a_program_that_is_not_there_is_refused_with_a_hint(command: tuple[str, ...], record: Record) -> None:
    with pytest.raises(Invalid) as caught:
        record(*command)

    assert caught.value.hint


def test_a_program_that_cannot_be_executed_is_refused(record: Record, write: Write) -> None:
    write("broken", "#!/no/such/interpreter\n").chmod(0o755)

    with pytest.raises(Invalid, match="cannot be started"):
        record("./broken")


def test_metrics_in_a_file_are_read_and_logged_ones_win(record: Record, write: Write) -> None:
    write(
        "program.py",
        "import lineal.capture.live as l\nl.log(acc=0.9)\n"
        'open(\'test_metrics.json\', \'w\').write(\'{"acc": 0.1, "auc": 0.7, "nan": NaN, "text": "x", "ok": true}\')',
    )

    launched = record("program.py")

    assert {"acc": 0.9, "auc": 0.7, "nan": "NaN"} == launched.record.metrics


def test_no_secret_is_in_the_record(record: Record, write: Write, git: Git, variables: dict[str, str]) -> None:
    secret = "hunter2hunter2"
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    tracked = write("config.py", "a = 1\n")
    git("add", "."), git("commit", "--quiet", "-m", "first")
    tracked.write_text(f"a = 1\nkey = '{key}'\n")
    write(
        "program.py",
        f"import argparse\nkey = '{key}'\np = argparse.ArgumentParser(); p.add_argument('--password'); p.parse_args()",
    )
    variables |= {"DATABASE_PASSWORD": secret, "OMP_NUM_THREADS": "2"}

    launched = record("program.py", "--password", secret)

    text = msgspec.json.encode(launched, enc_hook=str) + launched.code.diff + b"".join(launched.code.sources.values())
    assert secret.encode() not in text
    assert key.encode() not in text
    assert "2" == launched.runtime.variables["OMP_NUM_THREADS"]
    assert 5 == launched.masked_secrets


def test_the_record_is_quickly_made(record: Record, write: Write) -> None:
    for position in range(300):
        write(f"package{position % 20}/module{position}.py", "x = 1\n")
    began = time.process_time()

    record("true")

    assert time.process_time() - began < 0.3


def test_the_programs_own_sitecustomize_still_runs(
    record: Record, write: Write, variables: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import builtins; builtins.mark = 'theirs'")
    variables["PYTHONPATH"] += os.pathsep + str(tmp_path / "site")
    write("program.py", "import sys, sitecustomize\nprint(mark, 'shim' in ''.join(sys.path), sitecustomize.__file__)")

    launched: Launched = record("program.py")

    assert f"theirs False {tmp_path / 'site' / 'sitecustomize.py'}\n" == capfd.readouterr().out
    assert launched.record.python
