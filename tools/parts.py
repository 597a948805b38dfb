"""Install what tests need beside the project's own packages: ``make parts``. Quick when everything is there.

Ceph and a registry of OCI artifacts come from the system's packages, which takes root and Debian or one of its kin; Azurite and
a provider of identities come from npm, and a validator of CycloneDX, DVC, two versions of MLflow, what verifies signed models,
Snakemake, and what recorded programs use, which bring a hundred packages each, into environments of their own, all in ``.parts``.
What cannot be had is named, and its tests say so: they fail in CI and are skipped elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

PROGRAMS = {
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "radosgw": "radosgw",
    "radosgw-admin": "radosgw",
    "ceph": "ceph-common",
}
"""A program, and the system's package that holds it."""

SSH = ("openssh-server", "libwrap0")
"""What holds OpenSSH's server, and the one library that only it needs."""

REGISTRY = ("docker-registry",)
"""What holds a registry of OCI artifacts."""

OF_NPM = {"azurite": "3.35.0", "oidc-provider": "9.13.3"}

_PLACE = Path(".parts")


def main() -> None:
    """Install what is missing. Each source waits for something else, a network or a processor, so all are asked at once."""
    with ThreadPoolExecutor() as pool:
        wheels = pool.submit(download_pytorch)
        for each in [
            pool.submit(install_of_system),
            pool.submit(install_of_npm),
            pool.submit(install_of_python, wheels),
        ]:
            each.result()


def install_of_system() -> None:
    """Install what comes from the system's packages; apt does one thing at a time."""
    install_packages(sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)}))
    install_unpacked("ssh", "sshd", SSH)
    install_unpacked("registry", "docker-registry", REGISTRY)


def install_of_python(wheels: Future[Path | None]) -> None:
    """Install environments of Python."""
    install_locked("cyclonedx")
    install_locked("dvc")
    install_locked("mlflow")
    # The packages that are to be installed with it are not published everywhere yet; it is whole without them.
    install_locked("mlflow_newest", "mlflow", "--no-deps")
    install_locked("mlflow2")
    install_locked("snakemake")
    install_locked("signing")
    if (found := wheels.result()) is not None:
        install_locked("pytorch", "mlflow", "--no-deps", "--no-index", "--find-links", found)
        install_locked("capture", "capture", "--find-links", found)


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
    wait = ("-o", "DPkg::Lock::Timeout=300")
    install = (apt, *wait, "install", "--yes", "--quiet", "--quiet", "--no-install-recommends", *missing)
    # A machine that was made a while ago asks for versions that are no longer there.
    if subprocess.run(install, env=quiet, check=False, stdout=subprocess.DEVNULL).returncode:
        subprocess.run((apt, "update", "--quiet", "--quiet"), env=quiet, check=True)
        subprocess.run(install, env=quiet, check=True, stdout=subprocess.DEVNULL)


def install_unpacked(name: str, program: str, packages: tuple[str, ...]) -> None:
    """Unpack a server into ``.parts``; installing it would start it, for everybody to reach."""
    if (_PLACE / name).exists() or shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin"):
        return
    apt, dpkg = shutil.which("apt-get"), shutil.which("dpkg")
    if not apt or not dpkg:
        print(f"parts: {program} is missing; install your system's {packages[0]}")
        return
    print(f"parts: unpacking {packages[0]}")
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        here.chmod(0o755)  # apt downloads as a user of its own
        download = (apt, "download", "--quiet", "--quiet", *packages)
        if subprocess.run(download, cwd=here, check=False, stdout=subprocess.DEVNULL).returncode:
            subprocess.run((apt, "update", "--quiet", "--quiet"), check=True)
            subprocess.run(download, cwd=here, check=True, stdout=subprocess.DEVNULL)
        for package in here.glob("*.deb"):
            subprocess.run((dpkg, "--extract", package, here / name), check=True)
        _PLACE.mkdir(exist_ok=True)
        shutil.move(here / name, _PLACE / name)


def install_of_npm() -> None:
    """Install what comes from npm into ``.parts``."""
    wanted = [f"{name}@{version}" for name, version in OF_NPM.items()]
    done = [_PLACE / each.replace("@", "-") for each in wanted]
    if all(each.exists() for each in done):
        return
    npm = shutil.which("npm")
    if not npm:
        print(f"parts: {', '.join(OF_NPM)} are missing; they need Node.js with npm")
        return
    print(f"parts: installing {', '.join(OF_NPM)}")
    _PLACE.mkdir(exist_ok=True)
    (_PLACE / "package.json").write_text("{}\n", encoding="utf-8")
    options = ("--no-save", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error")
    subprocess.run((npm, "install", *options, *wanted), cwd=_PLACE, check=True, stdout=subprocess.DEVNULL)
    for each in done:
        each.touch()


def install_locked(name: str, home: str = "", *options: str | Path) -> None:
    """Install what is locked under a name into an environment in ``.parts``, by default one of its own, made anew."""
    place, lock = _PLACE / (home or name), Path(f"requirements/{name}.txt")
    done = place / f"installed-{name}"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    print(f"parts: installing {name}")
    if home in {"", name}:
        subprocess.run((_beside("uv"), "venv", "--quiet", "--clear", "--python", sys.executable, place), check=True)
    subprocess.run((*_into(place), *options, "-r", lock), check=True)
    done.touch()


def download_pytorch() -> Path | None:
    """Return a directory with the wheels of PyTorch, or None where they cannot be had.

    Its build without CUDA is a third as large, and not every index has it: pip is asked, which knows where this machine keeps
    wheels, and uv unpacks what it found.
    """
    wheels, lock = _PLACE / "wheels", Path("requirements/pytorch.txt")
    done = wheels / "downloaded"
    if not (done.exists() and done.stat().st_mtime >= lock.stat().st_mtime):
        pip = (sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps")
        if subprocess.run((*pip, "--require-hashes", "--dest", wheels, "-r", lock), check=False).returncode:
            print(
                "parts: PyTorch and what is recorded with it are missing; no index that pip asks has its build without CUDA"
            )
            return None
        done.touch()
    return wheels


def _into(home: Path) -> tuple[str | Path, ...]:
    """Return the command that installs what is locked into an environment.

    Its modules are compiled when they are first loaded, where that is allowed: most never are, and compiling all takes longer
    than installing them.
    """
    compiling = "--compile-bytecode" if os.environ.get("PYTHONDONTWRITEBYTECODE") else "--no-compile-bytecode"
    options = ("--quiet", compiling, "--require-hashes")
    return (_beside("uv"), "pip", "install", *options, "--python", home / "bin" / "python")


def _beside(program: str) -> str:
    return str(Path(sys.executable).parent / program)


if __name__ == "__main__":
    main()
