"""Look for files that a reader of models stumbles over, guided by coverage: ``python -m tools.fuzz --seeds DIRECTORY``.

Each reader is a target of its own, in a process of its own, for some seconds. Whatever is raised that is no ``Corrupt``, takes
too long or too much memory is a finding: its file is left in ``--findings``. Needs ``pip install atheris``, which is no
requirement of anything else. ``--seeds`` are real files of models; those that a reader knows are its first inputs. What a
scan looks into is a target for each ending of a name, and begins with the hostile files that the tests make, too.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_TENSOR_BYTES_MAX = 1 << 22
_INPUT_BYTES_MAX = 1 << 16
_INPUT_S = 20
_MEMORY_MB = 2_048
_TARGETS = ("structure", "tensors")
_SCAN = "scan."
"""The target that scans files; how their names end follows."""

Target = Callable[[bytes], None]


def _readers() -> tuple[dict[str, Target], Callable[[bytes], int]]:
    """Import the readers, and return what is done with an input, and what tells which reader knows it: -1 for none.

    A reader is chosen by how the input begins, so its seeds lead to it.
    """
    from lineal.formats.structures.files import one_file  # noqa: PLC0415 - imports are instrumented where it is fuzzed
    from lineal.formats.structures.reading import HEAD_BYTES, READERS, read_structure  # noqa: PLC0415
    from lineal.formats.tensors.formats import read_model  # noqa: PLC0415
    from lineal.objects.canonical import canonical_bytes  # noqa: PLC0415
    from lineal.objects.errors import Corrupt  # noqa: PLC0415

    def structure(data: bytes) -> None:
        with suppress(Corrupt):
            canonical_bytes(read_structure(one_file("model", io.BytesIO(data))))

    def tensors(data: bytes) -> None:
        with suppress(Corrupt):
            contents = read_model(io.BytesIO(data))
            for each in contents.tensors if contents else ():
                if each.size_bytes <= _TENSOR_BYTES_MAX:
                    sum(len(piece) for piece in each.read())

    def reader_of(data: bytes) -> int:
        return next((place for place, (knows, _) in enumerate(READERS) if knows(data[:HEAD_BYTES])), -1)

    return {"structure": structure, "tensors": tensors}, reader_of


def _scanner(suffix: str) -> Target:
    """Import what looks into files, and return what is done with an input whose name ends so."""
    from lineal.checks.scanning.scan import ScannedFile, scan  # noqa: PLC0415 - as above
    from lineal.formats.scans import look  # noqa: PLC0415

    look.SURPRISES = ()

    def scanned(data: bytes) -> None:
        scan([ScannedFile(f"model.{suffix}", lambda: io.BytesIO(data))], ("numpy",))

    return scanned


def _hostile(directory: Path) -> dict[str, list[Path]]:
    """Write the hostile files of the tests, and return them by how their names end."""
    from tests.surfaces.programs.hostile import corpus  # noqa: PLC0415 - only for these targets

    groups: dict[str, list[Path]] = {}
    for number, (path, content) in enumerate(
        each for files in corpus("/nowhere").values() for each in files.items() if len(each[1]) <= _INPUT_BYTES_MAX
    ):
        written = directory / f"{number}{Path(path).suffix}"
        written.write_bytes(content)
        groups.setdefault(written.suffix.removeprefix(".") or "bin", []).append(written)
    return groups


def _groups(seeds: Path) -> dict[str, list[Path]]:
    """Return the seeds of each reader; archives by what is in them, which their names tell."""
    _, reader_of = _readers()
    groups: dict[str, list[Path]] = {}
    for path in sorted(seeds.rglob("*")):
        if path.is_file() and path.stat().st_size <= _INPUT_BYTES_MAX and (place := reader_of(path.read_bytes())) >= 0:
            is_archive = path.read_bytes()[:2] == b"PK"
            groups.setdefault(f"{place:02}{path.suffix if is_archive else ''}", []).append(path)
    return groups


def _fuzz(target: str, arguments: list[str]) -> None:
    """Fuzz in this process until the time is over."""
    import atheris  # type: ignore[import-not-found]  # noqa: PLC0415 - only whoever fuzzes has it

    with atheris.instrument_imports(include=["lineal.formats", "lineal.checks.scanning"]):
        does = _scanner(target.removeprefix(_SCAN)) if target.startswith(_SCAN) else _readers()[0][target]
    atheris.Setup([sys.argv[0], *arguments], does)
    atheris.Fuzz()


def main() -> int:
    """Fuzz every reader, and return 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=60, help="for each reader and target")
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    parser.add_argument("--only", default="", help="a part of the name of a seed")
    parser.add_argument("--inside", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _fuzz(options.inside[0], options.inside[1:])
        return 0
    options.findings.mkdir(parents=True, exist_ok=True)
    status = 0
    for name, paths in _groups(options.seeds).items():
        if options.only and not any(options.only in each.name for each in paths):
            continue
        for target in _TARGETS:
            status |= _run(name, target, paths, options)
    with tempfile.TemporaryDirectory() as hostile:
        for suffix, paths in _hostile(Path(hostile)).items():
            if not options.only or options.only in suffix:
                status |= _run(suffix, f"{_SCAN}{suffix}", paths, options)
    return status


def _run(name: str, target: str, paths: list[Path], options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as corpus:
        for number, each in enumerate(paths):
            shutil.copy(each, Path(corpus) / str(number))
        command = [
            *(sys.executable, "-m", "tools.fuzz", "--seeds", str(options.seeds), "--inside", target, corpus),
            f"-max_total_time={options.seconds}",
            f"-max_len={_INPUT_BYTES_MAX}",
            f"-timeout={_INPUT_S}",
            f"-rss_limit_mb={_MEMORY_MB}",
            f"-artifact_prefix={options.findings}/{name}-{target}-",
            "-print_final_stats=1",
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    lines = done.stderr.splitlines() + done.stdout.splitlines()
    count = next((line.split()[-1] for line in lines if "number_of_executed_units" in line), "?")
    print(
        f"{name} {target} ({paths[0].name} and {len(paths) - 1} more): {count} inputs, rc {done.returncode}", flush=True
    )
    if done.returncode:
        print("\n".join(lines[-40:]), flush=True)
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
