"""A Ceph cluster of one node with its S3 gateway, on loopback, in memory: a real object store to measure against."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
NEEDS = "Debian's ceph-mon, ceph-osd and radosgw"

_START_S = 60
_CAPABILITIES = {
    "mon.": ("mon", "allow *"),
    "client.admin": ("mon", "allow *", "osd", "allow *", "mgr", "allow *"),
    "client.rgw.a": ("mon", "allow rw", "osd", "allow rwx"),
    "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
}
"""Who may do what. Without keys the gateway hangs, so there is a keyring even here."""

_CONFIGURATION = """\
[global]
fsid = {cluster}
mon_host = [v2:127.0.0.1:{monitor}]
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
memstore_device_bytes = 4294967296
mon_data_avail_crit = 1
mon_data_avail_warn = 2
run_dir = {home}
admin_socket = {home}/$name.asok
pid_file = {home}/$name.pid
log_file = {home}/$name.log
keyring = {home}/keyring
[mon.a]
mon_data = {home}/mon
[osd.0]
osd_data = {home}/osd
[client.rgw.a]
rgw_frontends = beast endpoint=127.0.0.1:{gateway}
rgw_dns_name = localhost
rgw_data = {home}/rgw
"""


class Gateway(NamedTuple):
    """Where it answers, and for whom."""

    endpoint: str
    access_key: str
    secret_key: str


def missing() -> list[str]:
    """Return the programs that are not there."""
    return [each for each in PROGRAMS if not shutil.which(each)]


@contextmanager
def running(home: Path) -> Iterator[Gateway]:
    """Start a cluster in ``home``, a short path, and stop it at the end.

    Raises:
        TimeoutError: a part did not answer within a minute; its log is in ``home``.
    """
    for each in ("mon", "osd", "rgw"):
        (home / each).mkdir(parents=True)
    cluster, monitor, gateway = str(uuid.uuid4()), free_port(), free_port()
    configuration = home / "ceph.conf"
    configuration.write_text(
        _CONFIGURATION.format(home=home, cluster=cluster, monitor=monitor, gateway=gateway), encoding="utf-8"
    )
    _make_keys(home / "keyring")
    with ExitStack() as daemons:

        def call(program: str, *arguments: str | Path) -> str:
            command = (program, "-c", configuration, *arguments)
            return subprocess.run(command, check=True, capture_output=True, text=True, timeout=_START_S).stdout

        def start(program: str, *arguments: str) -> None:
            daemons.enter_context(daemon(program, "-f", "-c", str(configuration), *arguments))

        address = ("--addv", "a", f"[v2:127.0.0.1:{monitor}]")
        call("monmaptool", "--create", *address, "--fsid", cluster, home / "monmap")
        call("ceph-mon", "--mkfs", "-i", "a", "--monmap", home / "monmap", "--keyring", home / "keyring")
        start("ceph-mon", "-i", "a")
        disk = str(uuid.uuid4())
        call("ceph", "osd", "new", disk)
        call("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        start("ceph-osd", "-i", "0")
        wait(lambda: "1 up" in call("ceph", "osd", "stat"), "the OSD of Ceph", home)
        start("radosgw", "-n", "client.rgw.a")
        here = Gateway(f"http://127.0.0.1:{gateway}", secrets.token_hex(10), secrets.token_hex(20))
        wait(lambda: answers(here.endpoint), "the gateway of Ceph", home)
        keys = (f"--access-key={here.access_key}", f"--secret-key={here.secret_key}")
        call("radosgw-admin", "user", "create", "--uid=lineal", "--display-name=lineal", *keys)
        yield here


def _make_keys(keyring: Path) -> None:
    keyring.touch(mode=0o600)
    for name, capabilities in _CAPABILITIES.items():
        pairs = zip(capabilities[::2], capabilities[1::2], strict=True)
        options = [word for part, may in pairs for word in ("--cap", part, may)]
        command = ("ceph-authtool", "--gen-key", "--name", name, *options, keyring)
        subprocess.run(command, check=True, capture_output=True)


@contextmanager
def daemon(*command: str) -> Iterator[None]:
    """Run a program that serves, as long as it is needed."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        # Nothing in it is worth an orderly end, which takes the OSD seconds.
        process.kill()
        process.wait()


def wait(ready: Callable[[], bool], what: str, home: Path) -> None:
    """Wait until something is ready.

    Raises:
        TimeoutError: it was not, within a minute.
    """
    end = time.monotonic() + _START_S
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come up within {_START_S} s; see {home}/*.log")
        time.sleep(0.3)


def answers(endpoint: str) -> bool:
    """Tell whether an HTTP server answers, whatever it says."""
    try:
        urllib.request.urlopen(endpoint, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def free_port() -> int:
    """Return a port that nobody has just now."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
