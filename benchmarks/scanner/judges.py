"""What each scanner says of every directory of a corpus: ``python judges.py NAME DIRECTORY``, in its own environment.

Prints a line for each: title, word, seconds. ``found``: it reports that the files are not safe, however sure it is;
``error``: it says that it could not read one; ``unread``: it read none of them; ``clean``: it found nothing.
"""

from __future__ import annotations

# ruff: noqa: PLC0415 - each scanner is only there in its own environment
import contextlib
import io
import json
import logging
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

Judge = Callable[[Path], str]


def lineal() -> Judge:
    """Lineal, as ``lineal model scan`` does it: everything but ``clean`` is found."""
    from lineal.client.scanning import scan_path

    words = {"clean": "clean", "unreadable": "found", "suspicious": "found", "hostile": "found"}
    return lambda path: words[scan_path(path).scan.outcome]


def picklescan() -> Judge:
    """Picklescan: globals that it calls dangerous are found; those it only calls suspicious leave its status at 0."""
    from picklescan.scanner import scan_directory_path

    def judge(path: Path) -> str:
        result = scan_directory_path(str(path))
        if result.issues_count:
            return "found"
        return "error" if result.scan_err else "clean" if result.scanned_files else "unread"

    return judge


def modelscan() -> Judge:
    """ModelScan, with its default settings."""
    from modelscan.modelscan import ModelScan

    def judge(path: Path) -> str:
        result = ModelScan().scan(str(path))
        if result["summary"]["total_issues"]:
            return "found"
        if result["errors"]:
            return "error"
        return "clean" if result["summary"]["scanned"]["total_scanned"] else "unread"

    return judge


def fickling() -> Judge:
    """Fickling, by its own functions for files and archives: what is not likely safe is found, errors aside."""
    from fickling.analysis import Severity
    from fickling.loader import scan_file, scan_zip_archive

    def judge(path: Path) -> str:
        words = set()
        for each in sorted(path.rglob("*")):
            if not each.is_file() or not (zipfile.is_zipfile(each) or each.suffix in PICKLES):
                continue
            archive = scan_zip_archive(str(each), graceful=True) if zipfile.is_zipfile(each) else None
            results = [scan_file(str(each), graceful=True)] if archive is None else list(archive.values())
            if any(result.severity > Severity.LIKELY_SAFE and result.results for result in results):
                words.add("found")
            elif any(result.errors for result in results):
                words.add("error")
            elif results:
                words.add("clean")
        return next((word for word in ("found", "error", "clean") if word in words), "unread")

    return judge


PICKLES = {".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".bin", ".p"}

JUDGES = {each.__name__: each for each in (lineal, picklescan, modelscan, fickling)}


def main() -> None:
    """Judge every directory of a corpus."""
    logging.disable(logging.CRITICAL)
    judge = JUDGES[sys.argv[1]]()
    for each in sorted(Path(sys.argv[2]).iterdir()):
        started = time.perf_counter()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                word = judge(each)
        except Exception:  # noqa: BLE001 - as above
            word = "error"
        print(json.dumps([each.name, word, time.perf_counter() - started]), flush=True)


if __name__ == "__main__":
    main()
