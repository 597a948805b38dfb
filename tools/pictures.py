"""Take the pictures of the pages that the docs show: ``python -m tools.pictures``. Needs Chromium, and makes the demo.

Each is a page of the demo's repository, or of one with curves, as a browser shows it, so that pictures are taken anew, not kept up by hand.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tools import pictured_runs

PLACE = Path("docs/pictures")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync")


class Picture(NamedTuple):
    """A picture: its name, the page, and its size in pixels."""

    name: str
    page: str
    size: tuple[int, int]


PICTURES = (
    Picture("home", "/", (1180, 900)),
    Picture("experiment", "/experiments/0", (1180, 560)),
    Picture("version", "/versions/income:2.0.0", (1180, 1180)),
    Picture("lineage", "/lineage/data:adult-train", (1180, 560)),
    Picture("card", "/cards/income:2.1.0", (1180, 4200)),
)


def main() -> None:
    """Make the demo, serve it, and write every picture."""
    browser = next((found for each in _BROWSERS if (found := shutil.which(each))), None)
    if browser is None:
        sys.exit(f"pictures: none of {', '.join(_BROWSERS)} is here; install Chromium")
    with tempfile.TemporaryDirectory(prefix="lineal-pictures-") as home:
        curves = Path(home) / "curves"
        _take(browser, curves, (Picture("compare", pictured_runs.make(curves), (1180, 1740)),))
        project = Path(home) / "income"
        subprocess.run((sys.executable, "-m", "demo", project, "--stop"), check=True, stdout=subprocess.DEVNULL)
        _take(browser, project, PICTURES)


def _take(browser: str, project: Path, pictures: Sequence[Picture]) -> None:
    """Take pictures of pages of a repository."""
    with _served(project) as address:
        for each in pictures:
            shot = PLACE.absolute() / f"{each.name}.png"
            size = f"--window-size={each.size[0]},{each.size[1]}"
            profile = f"--user-data-dir={project.parent}/browser"
            command = (browser, *_QUIET, profile, size, f"--screenshot={shot}", address + each.page)
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            print(f"{shot.relative_to(Path.cwd())}: {shot.stat().st_size:,} bytes")


@contextmanager
def _served(project: Path) -> Iterator[str]:
    """Serve a repository, and yield its address."""
    command = (sys.executable, "-m", "lineal", "server", "--port", "0")
    with subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True) as server:
        try:
            lines = iter(server.stderr or ())
            yield next(found[0] for line in lines if (found := re.search(r"http://\S+:\d+", line)))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
