"""What a run was made with: its code, seeds, machine, runtime and packages, as sections for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.checks.comparing.values import CODE_TOLD, HARDWARE_TOLD, RUNTIME_TOLD, rest
from lineal.objects.code import Notebook, Submodule
from lineal.objects.digest import short
from lineal.objects.runtime import Hardware, LockCheck, Package, Runtime
from lineal.operations.answers.models import RunAnswer
from lineal.operations.answers.sections import Cell, Section, Sha, Size

_PACKAGE_TOLD = {"name", "version", "files", "is_editable", "commit", "is_changed"}

Rows = list[tuple[Cell, ...]]


def code(answer: RunAnswer) -> Iterator[Section]:
    """Yield what Git knows of the code, and what it does not."""
    found = answer.code
    if found:
        digests = (
            ("changes since the commit", found.diff),
            ("sources that Git does not know", found.untracked),
            ("modules from elsewhere", found.imported),
        )
        rows: Rows = [
            ("entry point", found.entry_point),
            ("commit", found.commit or "not under Git"),
            ("branch", found.branch),
            ("state", ", ".join(found.state)),
            ("remote", found.remote),
            *((name, Sha(digest)) for name, digest in digests if digest),
            *(("submodule", _submodule(each)) for each in found.submodules),
            *(("notebook", _notebook(each)) for each in found.notebooks),
            ("secrets masked", f"{found.masked_secrets}" if found.masked_secrets else ""),
            *rest(found, CODE_TOLD).items(),
        ]
        yield facts("code", rows)


def _submodule(each: Submodule) -> str:
    commit = f"commit {each.commit[:12]}" if each.commit else "not checked out"
    parts = (commit, "moved" if each.is_moved else "", "with uncommitted changes" if each.is_changed else "")
    return f"{each.path}: {', '.join(part for part in parts if part)}"


def _notebook(each: Notebook) -> str:
    parts = (
        f"{each.run_count} cell{'' if each.run_count == 1 else 's'} ran",
        f"{each.rerun_count} of them again" if each.rerun_count else "",
        f"{each.edited_count} edited" if each.edited_count else "",
        f"in the order of {short(each.cells)}" if each.cells else "",
    )
    return f"{each.path or 'a notebook without a file'}: {', '.join(part for part in parts if part)}"


def seeds(answer: RunAnswer) -> Iterator[Section]:
    """Yield seeds, where generators began that nobody seeded, and what decides determinism."""
    if answer.run:
        found = answer.run.seeds
        rows: Rows = [
            *((name, str(seed)) for name, seed in found.set.items()),
            *found.flags.items(),
            *((f"{name} began at", short(state)) for name, state in found.states.items()),
        ]
        yield facts("seeds and flags", [*rows, *rest(found, {"set", "flags", "states"}).items()])


def runtime(answer: RunAnswer) -> Iterator[Section]:
    """Yield machine, interpreter and packages."""
    found = answer.runtime
    if found:
        yield facts("hardware", _hardware(found.hardware))
        yield facts("runtime", _around(found))
        packages = (*found.packages, *found.conda_packages)
        rows = tuple((each.name, each.version, _origin(each)) for each in packages)
        yield Section(
            "packages", rows, ("NAME", "VERSION", "FROM"), remark=f"{len(rows):,}", is_long=True, is_list=True
        )


def _hardware(hardware: Hardware) -> Rows:
    limit = f"{hardware.cpu_limit_millicores / 1000:g} at a time" if hardware.cpu_limit_millicores else ""
    return [
        ("processor", hardware.processor or hardware.machine),
        ("cores", str(hardware.core_count or "")),
        ("at most", limit),
        ("memory", Size(hardware.memory_bytes) if hardware.memory_bytes else ""),
        ("limit of memory", Size(hardware.memory_limit_bytes) if hardware.memory_limit_bytes else ""),
        ("features", ", ".join(hardware.processor_features)),
        ("accelerators", _accelerators(hardware)),
        ("driver", hardware.driver),
        *rest(hardware, HARDWARE_TOLD).items(),
    ]


def _accelerators(hardware: Hardware) -> str:
    """Return the GPUs and their like, and that there are none where somebody looked."""
    unusable = (f"{each.name} (no driver offers it)" for each in hardware.devices if not each.is_usable)
    found = ", ".join((*hardware.accelerators, *unusable))
    looked = ", ".join(hardware.looked_for_accelerators)
    return found or (f"none seen in {looked}" if looked else "")


def _around(runtime: Runtime) -> Rows:
    box = runtime.container
    container = (box.kind, box.image, box.image_id[:19], box.id[:12])
    before = (f"{name} {version}".strip() for name, version in runtime.packages_before.items())
    return [
        ("python", f"{runtime.implementation} {runtime.python}".strip()),
        ("platform", runtime.platform),
        ("libc", runtime.libc),
        ("container", " ".join(part for part in container if part)),
        *runtime.libraries.items(),
        *(
            (path, _agreement(runtime.lock_checks[path]) if path in runtime.lock_checks else Sha(digest))
            for path, digest in runtime.locks.items()
        ),
        ("changed while it ran", ", ".join(before)),
        *runtime.variables.items(),
        *rest(runtime, RUNTIME_TOLD).items(),
    ]


def _agreement(check: LockCheck) -> str:
    """Return how a lock file agrees with what was installed, in words."""
    pinned = check.same_count + len(check.other)
    if not check.other and not check.unlocked_count:
        return f"all {pinned} are installed as locked"
    parts = (
        f"{check.same_count} of {pinned} are installed as locked",
        f"others: {', '.join(check.other)}" if check.other else "",
        f"{check.unlocked_count} more are installed" if check.unlocked_count else "",
    )
    return "; ".join(part for part in parts if part)


def _origin(package: Package) -> str:
    commit = f"at {package.commit[:12]}" if package.commit else ""
    parts = (
        *rest(package, _PACKAGE_TOLD).values(),
        "in development" if package.is_editable else "",
        f"{commit}{' with changes' if package.is_changed else ''}".strip(),
    )
    return ", ".join(part for part in parts if part)


def facts(title: str, rows: Sequence[tuple[Cell, ...]]) -> Section:
    """Return a section of names and what they are; those that are nothing are left out."""
    return Section(title, tuple(row for row in rows if row[1] != ""))
