"""Programs that are killed, starved, or do unusual things: each must be the same with and without a recorder."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

Act = Callable[[subprocess.Popen[bytes], Path], None]


class Case(NamedTuple):
    """A program and what happens to it.

    Args:
        program: Python, unless ``shell``.
        shell: a line for ``sh``.
        before: a line of ``sh`` that sets things up and then runs ``"$@"``, the program or its recorder.
        options: of the interpreter.
        variables: beside those that every case gets; None takes one away.
        stdin: what it reads.
        act: what is done to the process that was started, once the program has made the file ``ready``.
        gap: what a gap of the record says.
        recorded: whether there can be a record at all.
        kept: whether the record must hold what was printed.
        files: besides the program.
    """

    program: str = ""
    shell: str = ""
    before: str = ""
    options: tuple[str, ...] = ()
    variables: dict[str, str | None] = {}
    stdin: bytes = b""
    act: Act | None = None
    gap: str = ""
    recorded: bool = True
    kept: bool = True
    files: dict[str, str] = {}


def wait_for(path: Path) -> None:
    """Wait until a program made a file; it must within half a minute."""
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end, f"nobody made {path.name}"
        time.sleep(0.01)


def to_group(*numbers: signal.Signals) -> Act:
    """Send signals to everybody, as a terminal does."""

    def act(process: subprocess.Popen[bytes], directory: Path) -> None:
        for count, number in enumerate(numbers):
            wait_for(directory / ("ready" if count == 0 else f"heard {count}"))
            os.killpg(process.pid, number)

    return act


def to_process(number: signal.Signals) -> Act:
    """Send a signal to the process that was started, as a supervisor does."""
    return lambda process, _directory: process.send_signal(number)


def stop_and_go(process: subprocess.Popen[bytes], directory: Path) -> None:
    """Stop the process that was started until the program is done; a recorder that hangs holds nothing up."""
    if (directory / "recorded").exists():
        process.send_signal(signal.SIGSTOP)
        (directory / "go").touch()
        wait_for(directory / "done")
        process.send_signal(signal.SIGCONT)
    else:
        (directory / "go").touch()


_POOLS = """
import multiprocessing as m
def work(n):
    print('work', n, flush=True); return n * n
if __name__ == '__main__':
    for method in ('fork', 'spawn', 'forkserver'):
        with m.get_context(method).Pool(1) as pool:
            print(pool.map(work, [2, 3]), flush=True)
"""
_EXITS = """
import atexit, sys, threading, time
atexit.register(print, 'first registered')
atexit.register(print, 'last registered')
def late():
    time.sleep(0.05); print('thread', flush=True)
threading.Thread(target=late).start()
print('main', flush=True); sys.exit(4)
"""
_HOOKS = """
import builtins, sys, io
real = builtins.open
def opened(*a, **k):
    print('opens', a[0]); return real(*a, **k)
builtins.open = opened
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in ('random', 'argparse', 'made_up'): print('asked for', name)
sys.meta_path.insert(0, Finder)
import random, argparse
seen = []
sys.settrace(lambda frame, event, arg: seen.append(frame.f_code.co_name))
def traced(): pass
traced(); sys.settrace(None)
print(seen, open is opened, open('out.txt', 'w').write('x'))
try: import made_up
except ImportError as error: print(error, error.name)
print(random.Random(3).random(), argparse.ArgumentParser().parse_args([]))
"""
_WAIT = "import time, os, sys\nopen('ready', 'w').close()\n"
_UNTIL_GO = "while not os.path.exists('go'): time.sleep(0.01)\nprint('went on'); open('done', 'w').close(); sys.exit(6)"
_TOLD = (
    "import signal\nheard = []\ndef told(n, f):\n    heard.append(n); print('told', n, flush=True)\n"
    "    open(f'heard {{len(heard)}}', 'w').close()\n"
    "    if len(heard) == {count}: sys.exit(5)\n"
    "for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(each, told)\n"
    # One long sleep would be begun though a signal just came: Python's handler would then run when it is over.
    "open('ready', 'w').close()\nfor _ in range(600): time.sleep(0.05)"
)
_RAISE = "kill -{0} $$; sleep 5"
# A control group of either version, where one can be made.
_LIMITED = """
for top in /sys/fs/cgroup/memory /sys/fs/cgroup; do
    group=$top/lineal-$$; mkdir $group || continue
    for limit in memory.limit_in_bytes memory.max; do [ -e $group/$limit ] && echo 160M > $group/$limit && break; done &&
    { echo 0 > $group/memory.swap.max || true; } && sh -c 'echo $$ > $0/cgroup.procs' $group && touch limited && break
    rmdir $group
done 2>/dev/null
[ -e limited ] && set -- sh -c 'echo $$ > "$0/cgroup.procs"; exec "$@"' $group "$@"
"$@"; status=$?; rmdir $group 2>/dev/null; exit $status
"""
_STARVES = """
import os, signal
print('before', flush=True)
if os.path.exists('limited'): held = [b'x' * (1 << 20) for _ in range(1000)]
os.kill(os.getpid(), signal.SIGKILL)
"""
_BACK = """
import os, time
for name, unit in (('time', 1), ('time_ns', 10**9)):
    def earlier(real=getattr(time, name), unit=unit): return real() - os.path.exists('back') * 3600 * unit
    setattr(time, name, earlier)
"""
_RANKS = """
import os, subprocess, sys
if 'RANK' in os.environ:
    import random; random.seed(3)
    for n in range(3): print(os.environ['RANK'], n, flush=True); os.write(2, b'warns\\n')
    print(subprocess.run(['sh', '-c', 'echo child; kill -9 $PPID']))
for rank in ('0', '1', '2'):
    status = subprocess.run([sys.executable, __file__], env={**os.environ, 'RANK': rank, 'WORLD_SIZE': '3'}).returncode
    os.write(1, b'rank %s ended with %d\\n' % (rank.encode(), status))
"""
_UP = """
import os, random
held = []
try:
    while True: held.append(os.open('/dev/null', os.O_RDONLY))
except OSError as error: print(error.strerror)
random.seed(3); print(random.random())
for each in held[:3]: os.close(each)
print(len(open('program.py').read()))
"""

CASES: dict[str, Case] = {
    # Ends.
    "ends well": Case("print('out'); import sys; print('err', file=sys.stderr)"),
    "ends with a status": Case("print(1); raise SystemExit(7)"),
    "ends with a traceback": Case("def f(): 1 / 0\nf()"),
    "leaves at once": Case("import os; print('lost'); os.write(1, b'seen'); os._exit(9)"),
    "is another program in the end": Case("import os; os.execvp('sh', ['sh', '-c', 'echo replaced; exit 5'])"),
    **{
        f"dies of SIG{name}": Case(shell=f"echo before; {_RAISE.format(name)}")
        for name in ("TERM", "KILL", "SEGV", "ABRT", "HUP", "INT", "PIPE", "USR1", "XCPU")
    },
    "has no memory left": Case(
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 29,) * 2)\nprint('x')\nbytearray(1 << 30)"
    ),
    "recurses without end": Case("import sys\nsys.setrecursionlimit(200)\ndef f(): f()\nf()"),
    "logs from threads at its end": Case(_EXITS),
    "runs coroutines": Case("import asyncio\nasync def f(): await asyncio.sleep(0); print('in')\nasyncio.run(f())"),
    # Signals from outside.
    "is interrupted at the terminal": Case(
        "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL)\n" + _WAIT + "time.sleep(30)",
        act=to_group(signal.SIGINT),
    ),
    "is interrupted twice": Case(
        "import os, sys, time\n" + _TOLD.format(count=2), act=to_group(signal.SIGINT, signal.SIGINT)
    ),
    "is terminated by a supervisor": Case(
        "import os, sys, time\n" + _TOLD.format(count=1), act=to_process(signal.SIGTERM)
    ),
    "loses its terminal": Case(
        # Also where the tests themselves run under nohup, which their programs inherit.
        _WAIT + "time.sleep(30)",
        before='exec env --default-signal=HUP "$@"',
        act=to_group(signal.SIGHUP),
    ),
    "ignores what nohup ignores": Case(
        _WAIT + "time.sleep(0.3); print('survived')", before='nohup "$@" </dev/null', act=to_group(signal.SIGHUP)
    ),
    "goes on when its recorder is stopped": Case(_WAIT + _UNTIL_GO, act=stop_and_go),
    # Output.
    "prints bytes": Case("import os; os.write(1, bytes(range(256)) * 500)"),
    "prints much": Case("import os\nfor i in range(40): os.write(1, b'%07d\\n' % i * 131072)"),
    "draws a progress bar": Case(
        "import sys\nfor i in range(3): sys.stdout.write(f'\\r{i}/3'); sys.stdout.flush()\nsys.stderr.write('\\033[?1049h')"
    ),
    "mixes its streams": Case(
        "import os\nfor i in range(100): os.write(1 + i % 2, b'%d\\n' % i)", before='"$@" 2>&1', kept=True
    ),
    "prints into a file": Case("print('kept')", before='"$@" > out.txt', kept=False),
    "adds to a file": Case("print('kept')", before='echo first > out.txt; "$@" >> out.txt 2>&1', kept=False),
    "prints to a full device": Case("print('x' * 100)", before='"$@" > /dev/full', kept=False, gap="device"),
    "prints to nobody": Case(
        "import os, time; time.sleep(0.1)\ntry: os.write(1, b'x' * 10)\nexcept BrokenPipeError: os._exit(3)",
        before='{ sleep 0.05; "$@"; echo $? >&2; } | true',
        kept=False,
    ),
    "has no output": Case("import sys; print(sys.stdout); open('o', 'w').write(repr(sys.stdout))", before='"$@" >&-'),
    "closes everything": Case("import os; os.closerange(0, 256); os._exit(3)"),
    "takes every number for itself": Case(
        "import os\nos.closerange(3, 1024)\nown = os.open('own.txt', os.O_WRONLY | os.O_CREAT)\n"
        "for number in range(4, 256): os.dup2(own, number)\n"
        "import random; random.seed(1); os.write(own, b'mine'); print(own)"
    ),
    "turns its output elsewhere": Case(
        "import os; os.dup2(os.open('o.txt', os.O_WRONLY | os.O_CREAT), 1); print('in the file')"
    ),
    "reads what it is given": Case("import sys; print(sys.stdin.read().upper())", stdin=b"hello"),
    # Processes.
    "forks": Case("import os\npid = os.fork()\nprint('child' if not pid else os.waitpid(pid, 0)[1], flush=True)"),
    "has pools": Case(_POOLS),
    "has ranks that die": Case(_RANKS, gap="rank 1 of 3 was stopped"),
    "has ranks with one stream": Case(_RANKS, before='"$@" 2>&1', gap="rank 2 of 3 was stopped"),
    "leaves a daemon": Case(
        "import os, time\nprint('parent', flush=True)\nif not os.fork():\n    os.setsid()\n    if not os.fork():\n"
        "        time.sleep(0.4); os.write(1, b'daemon\\n'); open('late', 'w').close()\n    os._exit(0)",
        gap="outlived",
        kept=False,
    ),
    "starts others with nothing": Case(
        "import subprocess, sys\n"
        "for given in ({}, {'env': {}}, {'env': {'PYTHONPATH': '/nowhere'}}, {'close_fds': True, 'stdin': -3}):\n"
        "    print(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True, **given).stdout)"
    ),
    "gets an open file": Case("import os; print(os.read(3, 5))", before='"$@" 3< program.py'),
    "is a shell script": Case(shell="for i in 1 2; do echo $i; done; exit 3"),
    "is no Python": Case(shell="exec awk 'BEGIN { print 6 * 7; exit 2 }'"),
    # Interpreters.
    **{f"runs python {option}": Case("print('alone')", options=(option,)) for option in ("-I", "-S", "-E", "-B")},
    "patches what it finds": Case(_HOOKS),
    "has its own sitecustomize": Case(
        "import sitecustomize; print(mark)",
        variables={"PYTHONPATH": "own"},
        files={"own/sitecustomize.py": "import builtins; builtins.mark = 'mine'"},
    ),
    "is a zip": Case(
        "import zipfile, subprocess, sys\nwith zipfile.ZipFile('app.pyz', 'w') as z:"
        " z.writestr(zipfile.ZipInfo('__main__.py'), 'import random; random.seed(1); print(random.random())')\n"
        "print(subprocess.check_output([sys.executable, 'app.pyz']))"
    ),
    "lives in an environment of its own": Case(
        "import subprocess, sys, venv\nvenv.create('env')\n"
        "print(subprocess.check_output(['env/bin/python', '-c', 'import sys; print(sys.prefix == sys.base_prefix)']))"
    ),
    # Surroundings.
    "has few open files": Case("import os; print(os.dup(1))", before='ulimit -n 20; "$@"', kept=False, gap="not kept"),
    "may write only little": Case("print(1)", before='ulimit -f 1; "$@"', recorded=False),
    "may not dump its core": Case(shell=_RAISE.format("ABRT"), before='ulimit -c 0; "$@"'),
    "has its own umask": Case(
        "open('secret', 'w').close(); import os; print(os.stat('secret').st_mode)", before='umask 077; "$@"'
    ),
    "goes elsewhere": Case("import os; os.mkdir('d'); os.chdir('d'); os.rmdir('../d'); print('nowhere'); os._exit(2)"),
    "has no home": Case("print('homeless')", variables={"HOME": None, "XDG_CACHE_HOME": None}),
    "has a long line": Case("import sys; print(len(sys.argv[1]))", before='"$@" ' + "x" * 100_000),
    "has a large environment": Case("import os; print(len(os.environ['BIG']))", variables={"BIG": "x" * 100_000}),
    "is preloaded": Case("import os; print(os.environ['LD_PRELOAD'])", variables={"LD_PRELOAD": "libm.so.6"}),
    "writes strange names": Case(
        "for name in (b'\\xff\\xfe', b'a\\nb', b'-rf', b\"';--\", 'é ü'.encode(), b'x' * 255):\n"
        "    open(name, 'wb').write(name); print(open(name, 'rb').read())"
    ),
    "is killed for want of memory": Case(_STARVES, before=_LIMITED),
    "uses up its descriptors": Case(_UP, before='ulimit -n 200; "$@"', kept=False),
    "may open next to nothing": Case("print(1)", before='ulimit -n 8; "$@"', recorded=False),
    "has a home that nobody may write": Case("print('in')", variables={"HOME": "/proc", "XDG_CACHE_HOME": None}),
    "has no place for temporary files": Case("print('in')", variables={"TMPDIR": "/nowhere/at/all"}),
    "has its clock set back": Case(
        "import time\nopen('back', 'w').close(); time.sleep(0.1); print('earlier')",
        variables={"PYTHONPATH": "own"},
        files={"own/sitecustomize.py": _BACK},
        gap="set back while",
    ),
    "is the first process of its own": Case("print('alone')", before='unshare --fork --pid --mount-proc "$@"'),
    "sees no processes": Case(
        "import os; print(os.listdir('/proc'))",
        before="""unshare --mount sh -c 'mount -t tmpfs none /proc; exec "$@"' sh "$@" """,
    ),
    "has a time of its own": Case("print('late')", before='unshare --time --boottime 100000 --monotonic 5000 "$@"'),
    "removes its spool": Case(shell='sleep 0.3; rm -rf "$LINEAL_SPOOL"; echo gone; exit 3', kept=False),
}
