"""What a run ran with besides code and data: packages, interpreter, machine, container."""

from __future__ import annotations

from lineal.objects.canonical import Object
from lineal.objects.digest import Digest


class Package(Object, frozen=True):
    """An installed distribution.

    ``files`` is a digest of the hashes of its files, the same whatever installed them. ``origin`` is the address that
    it was installed from, when that is no index: a repository with its commit, a wheel, or the folder of an editable
    one, whose own ``commit`` is known and whether it ``is_changed`` since.
    """

    name: str
    version: str
    files: Digest | None = None
    origin: str = ""
    is_editable: bool = False
    commit: str = ""
    is_changed: bool = False


class LockCheck(Object, frozen=True):
    """How a lock file agrees with what is installed.

    ``same_count`` packages are installed as it says; ``other`` maps those that are not to what it says;
    ``absent_count`` are not installed; ``unlocked_count`` are installed and not in it.
    """

    same_count: int = 0
    other: dict[str, str] = {}
    absent_count: int = 0
    unlocked_count: int = 0


class Accelerator(Object, frozen=True):
    """A GPU, as its driver describes it.

    One that is in the machine but that no driver offers to programs is not ``is_usable``.
    """

    name: str
    memory_bytes: int = 0
    uuid: str = ""
    is_usable: bool = True


class Hardware(Object, frozen=True):
    """The machine a run ran on.

    ``processor_features`` are those that change numbers or speed, such as ``avx512f``. ``driver`` is the version of the
    accelerators' driver. ``looked_for_accelerators`` tells where they were looked for: with it, no ``devices`` means that
    there were none. Limits are those of the control group; 0 means none.
    """

    machine: str = ""
    processor: str = ""
    core_count: int = 0
    memory_bytes: int = 0
    accelerators: tuple[str, ...] = ()
    processor_features: tuple[str, ...] = ()
    devices: tuple[Accelerator, ...] = ()
    driver: str = ""
    cpu_limit_millicores: int = 0
    memory_limit_bytes: int = 0
    looked_for_accelerators: tuple[str, ...] = ()


class Container(Object, frozen=True):
    """The container around a run: ``docker``, ``podman``, ``kubernetes`` or another, and what is known of its image."""

    kind: str = ""
    id: str = ""
    image: str = ""
    image_id: str = ""


class Runtime(Object, frozen=True, tag="runtime"):
    """Packages, interpreter, hardware and everything else that decides what the same code computes.

    ``packages_before`` maps packages that changed while the program ran to their version at its start, empty for those
    that were not there. ``lock_checks`` are by the lock file's path, as ``locks`` are.
    """

    python: str = ""
    implementation: str = ""
    platform: str = ""
    libc: str = ""
    packages: tuple[Package, ...] = ()
    locks: dict[str, Digest] = {}
    hardware: Hardware = Hardware()
    variables: dict[str, str] = {}
    libraries: dict[str, str] = {}
    build: str = ""
    system: str = ""
    locale: str = ""
    time_zone: str = ""
    conda_packages: tuple[Package, ...] = ()
    packages_before: dict[str, str] = {}
    lock_checks: dict[str, LockCheck] = {}
    container: Container = Container()
