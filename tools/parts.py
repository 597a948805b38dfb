"""Install what tests need beside the project's own packages: ``make parts``. Quick when everything is there.

Ceph comes from the system's packages, which takes root and Debian or one of its kin; Azurite comes from npm, and DVC,
which brings a hundred packages, into an environment of its own, both in ``.parts``. What cannot be had is named, and its tests say so: they fail in CI and are skipped elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import venv
from pathlib import Path

PROGRAMS = {
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "radosgw": "radosgw",
    "radosgw-admin": "radosgw",
    "ceph": "ceph-common",
}
"""A program, and the system's package that holds it."""

AZURITE = "3.35.0"

_PLACE = Path(".parts")


def main() -> None:
    """Install what is missing."""
    install_packages(sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)}))
    install_azurite()
    install_dvc()


def install_packages(missing: list[str]) -> None:
    """Install packages of the system."""
    if not missing:
        return
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        print(f"parts: {', '.join(missing)} are missing; apt-get installs them for root")
        return
    print(f"parts: installing {', '.join(missing)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = (apt, "install", "--yes", "--quiet", "--quiet", "--no-install-recommends", *missing)
    # A machine that was made a while ago asks for versions that are no longer there.
    if subprocess.run(install, env=quiet, check=False, stdout=subprocess.DEVNULL).returncode:
        subprocess.run((apt, "update", "--quiet", "--quiet"), env=quiet, check=True)
        subprocess.run(install, env=quiet, check=True, stdout=subprocess.DEVNULL)


def install_azurite() -> None:
    """Install Azurite into ``.parts``."""
    done = _PLACE / f"azurite-{AZURITE}"
    if done.exists():
        return
    npm = shutil.which("npm")
    if not npm:
        print("parts: Azurite is missing; it needs Node.js with npm")
        return
    print("parts: installing Azurite")
    _PLACE.mkdir(exist_ok=True)
    (_PLACE / "package.json").write_text("{}\n", encoding="utf-8")
    options = ("--no-save", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error")
    subprocess.run((npm, "install", *options, f"azurite@{AZURITE}"), cwd=_PLACE, check=True, stdout=subprocess.DEVNULL)
    done.touch()


def install_dvc() -> None:
    """Install DVC, as it is locked, into ``.parts``."""
    home, lock = _PLACE / "dvc", Path("requirements/dvc.txt")
    done = home / "installed"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    print("parts: installing DVC")
    venv.create(home, with_pip=True, clear=True)
    pip = (str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run((*pip, "--require-hashes", "-r", str(lock)), check=True)
    done.touch()


if __name__ == "__main__":
    main()
