"""OpenSSH's server, as everybody runs it; in name spaces of its own, with a user list of its own, where we are root."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.parts.part import INSTALLED, Part, free_port, launch, wait_until

_OURS = INSTALLED / "ssh/usr/sbin/sshd"
_PROGRAM = str(_OURS) if _OURS.is_file() else shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")

_CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host
AuthorizedKeysFile {place}/user.pub
StrictModes no
UsePAM no
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
Subsystem sftp internal-sftp
"""

# The server wants a user of its own and an account that is not locked, which a container may lack.
_AS_ROOT = """
mount --bind passwd /etc/passwd && mount --bind shadow /etc/shadow &&
mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec "$@"
"""


class Ssh:
    """A server on this machine that lets us in.

    Args:
        said: what it said when it started.
    """

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.place = Path(said["place"])
        self.address = f"{getpass.getuser()}@127.0.0.1:{said['port']}"

    @property
    def options(self) -> Mapping[str, str]:
        """What a bucket of it is opened with."""
        return {"identity": str(self.place / "user"), "known_hosts": str(self.place / "known")}


def _start(place: Path) -> Mapping[str, Any]:
    port = free_port()
    for name in ("host", "user", "other"):
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / name), check=True)
    (place / "known").write_text(f"[127.0.0.1]:{port} {(place / 'host.pub').read_text()}")
    (place / "unknown").write_text(f"[127.0.0.1]:{port} {(place / 'other.pub').read_text()}")
    (place / "conf").write_text(_CONFIGURATION.format(port=port, place=place))
    command: list[str | Path] = [str(_PROGRAM), "-D", "-e", "-f", place / "conf"]
    if os.geteuid() == 0:
        users = Path("/etc/passwd").read_text()
        (place / "passwd").write_text(
            users + "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n" * ("\nsshd:" not in users)
        )
        (place / "shadow").write_text("root:x:19000:0:99999:7:::\n")
        command = ["unshare", "--mount", "sh", "-c", _AS_ROOT, "sh", *command]
    libraries = os.pathsep.join(map(str, (INSTALLED / "ssh").glob("**/lib/*-linux-gnu")))
    server = launch(place, *command, LD_LIBRARY_PATH=libraries)
    log = place / f"{Path(command[0]).name}.log"
    wait_until(lambda: "listening" in log.read_text(), process=server)
    return {"place": str(place), "port": port}


SSH = Part(
    "ssh", [_PROGRAM, shutil.which("ssh-keygen")], "make parts brings it on Debian; elsewhere install sshd", _start
)
