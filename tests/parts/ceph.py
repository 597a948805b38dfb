"""Ceph's object gateway: the S3 that most companies run themselves. One monitor, one store in memory, one gateway."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.parts.part import Part, answers, free_port, launch, wait_until
from tests.parts.s3 import KEY_ID, SECRET

_CONFIGURATION = """
[global]
fsid={fsid}
mon_host=[v2:127.0.0.1:{monitor}]
mon_initial_members=a
public_addr=127.0.0.1
cluster_addr=127.0.0.1
ms_bind_ipv6=false
osd_pool_default_size=1
osd_pool_default_min_size=1
osd_pool_default_pg_num=1
osd_pool_default_pg_autoscale_mode=off
mon_allow_pool_size_one=true
mon_warn_on_pool_no_redundancy=false
mon_max_pg_per_osd=1000
osd_crush_chooseleaf_type=0
osd_objectstore=memstore
memstore_device_bytes=4294967296
mon_data_avail_crit=1
mon_data_avail_warn=2
run_dir={place}
admin_socket={place}/$name.asok
pid_file={place}/$name.pid
log_file={place}/$name.log
keyring={place}/keyring
[mon.a]
mon_data={place}/mon
[osd.0]
osd_data={place}/osd
[client.rgw.a]
rgw_frontends=beast endpoint=127.0.0.1:{port}
rgw_dns_name=localhost
rgw_data={place}/rgw
"""

_KEYS = {
    "mon.": ("mon", "allow *"),
    "client.admin": ("mon", "allow *", "osd", "allow *", "mgr", "allow *"),
    "client.rgw.a": ("mon", "allow rw", "osd", "allow rwx"),
    "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
}
"""Who may do what: without keys the gateway would not start."""


def _start(place: Path) -> Mapping[str, Any]:
    port, monitor, fsid, osd = free_port(), free_port(), str(uuid.uuid4()), str(uuid.uuid4())
    for folder in ("mon", "osd", "rgw"):
        (place / folder).mkdir()
    (place / "keyring").touch()
    conf = place / "ceph.conf"
    conf.write_text(_CONFIGURATION.format(fsid=fsid, monitor=monitor, place=place, port=port))

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=place, check=True, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
        return done.stdout

    for name, rights in _KEYS.items():
        caps = [word for who, what in zip(rights[::2], rights[1::2], strict=True) for word in ("--cap", who, what)]
        run("ceph-authtool", "--gen-key", f"--name={name}", *caps, "keyring")
    run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{monitor}]", "--fsid", fsid, "monmap")
    run("ceph-mon", "-c", str(conf), "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring")
    launch(place, "ceph-mon", "-f", "-c", conf, "-i", "a")
    run("ceph", "-c", str(conf), "osd", "new", osd)
    run("ceph-osd", "-c", str(conf), "-i", "0", "--mkfs", "--osd-uuid", osd)
    launch(place, "ceph-osd", "-f", "-c", conf, "-i", "0")
    wait_until(lambda: "1 up" in run("ceph", "-c", str(conf), "osd", "stat"))
    gateway = launch(place, "radosgw", "-f", "-c", conf, "-n", "client.rgw.a")
    wait_until(lambda: answers(f"http://127.0.0.1:{port}"), process=gateway)
    user = ("user", "create", "--uid=lineal", "--display-name=lineal")
    run("radosgw-admin", "-c", str(conf), *user, f"--access-key={KEY_ID}", f"--secret-key={SECRET}")
    return {"endpoint": f"http://127.0.0.1:{port}"}


CEPH = Part(
    "ceph",
    [shutil.which(each) for each in ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph")],
    "make parts installs it, as root on Debian; elsewhere install ceph-mon, ceph-osd and radosgw",
    _start,
)
