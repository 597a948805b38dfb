"""Scanners of model files against each other, on files of both kinds that the tests make.

``python benchmarks/scanner.py [--quick] [--json | --markdown]``; ``--quick`` leaves out most of the sound files.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parents[1]
sys.path[:0] = [str(TOP), str(TOP / "src")]

from benchmarks.scanner.peers import READS, interpreter  # noqa: E402 - the paths come first
from benchmarks.store.measure import talk  # noqa: E402
from tests.parts.capture import PYTHON  # noqa: E402

PROGRAMS = TOP / "tests" / "surfaces" / "programs"
JUDGES = TOP / "benchmarks" / "scanner" / "judges.py"
NAMES = ("lineal", "picklescan", "modelscan", "fickling")
_EVERY = 5
"""``--quick`` takes every fifth of the sound files."""


class Corpus(NamedTuple):
    """Directories of files: those that would do harm, and those that libraries save."""

    hostile: Path
    sound: Path


class Score(NamedTuple):
    """What a scanner said of a corpus: the word for each directory, and the seconds of all."""

    hostile: dict[str, str]
    sound: dict[str, str]
    seconds: float

    def share(self, kind: str, *words: str, among: set[str] | None = None) -> tuple[int, int]:
        """Return how many directories of a kind got one of these words, and of how many."""
        said = {each: word for each, word in getattr(self, kind).items() if among is None or each in among}
        return sum(word in words for word in said.values()), len(said)


def made(home: Path, *, quick: bool) -> Corpus:
    """Make both kinds of files."""
    talk("making the files")
    hostile, sound = home / "hostile", home / "sound"
    subprocess.run((sys.executable, PROGRAMS / "hostile", hostile, home / "marker"), check=True)
    variables = {**os.environ, "KERAS_BACKEND": "torch"}
    program = (PYTHON, PROGRAMS / "sound", sound, home / "names.json")
    subprocess.run(program, check=True, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if quick:
        for place, each in enumerate(sorted(sound.iterdir())):
            if place % _EVERY:
                shutil.rmtree(each)
    return Corpus(hostile, sound)


def judged(name: str, corpus: Corpus) -> Score:
    """Have a scanner judge every directory."""
    talk(name)
    python = Path(sys.executable) if name == "lineal" else interpreter()
    words: list[dict[str, str]] = []
    seconds = 0.0
    for directory in corpus:
        variables = {**os.environ, "PYTHONPATH": str(TOP / "src") if name == "lineal" else ""}
        done = subprocess.run(
            (python, JUDGES, name, directory), check=True, capture_output=True, text=True, env=variables
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        words.append({title: word for title, word, _ in lines})
        seconds += sum(each for _, _, each in lines)
    return Score(words[0], words[1], seconds)


def readable(corpus: Path, name: str) -> set[str]:
    """Return the directories with a file that a scanner says it reads."""
    suffixes = READS.get(name)
    return {
        each.name
        for each in corpus.iterdir()
        if suffixes is None or any(file.suffix.lower() in suffixes for file in each.rglob("*"))
    }


def percent(share: tuple[int, int]) -> float:
    """Return a share in percent."""
    return round(100 * share[0] / share[1], 1) if share[1] else 0.0


def rows(scores: dict[str, Score]) -> list[dict[str, object]]:
    """Return the rows that every benchmark prints: ours beside each peer's."""
    found: list[dict[str, object]] = []
    ours = scores["lineal"]
    for name in NAMES[1:]:
        theirs = scores[name]
        pairs = (
            (
                "hostile files found",
                percent(ours.share("hostile", "found")),
                percent(theirs.share("hostile", "found")),
                100.0,
            ),
            (
                "sound files taken for bad",
                *(percent(each.share("sound", "found", "error")) for each in (ours, theirs)),
                0.0,
            ),
        )
        for work, mine, other, goal in pairs:
            holds = mine == goal and other != goal
            row = {"work": work, "peer_name": name, "ours": mine, "peer": other, "unit": "%", "ratio": None}
            found.append({**row, "goal": goal, "holds": holds})
        seconds = {"work": "both kinds scanned", "peer_name": name, "ours": ours.seconds, "peer": theirs.seconds}
        ratio = theirs.seconds / ours.seconds
        found.append({**seconds, "unit": "s", "ratio": round(ratio, 2), "goal": None, "holds": True})
    return found


def table(corpus: Corpus, scores: dict[str, Score]) -> str:
    """Return the table for README.md."""
    lines = [
        "| scanner | hostile: found | error | not read | found of those that it says it reads | sound: taken for bad | error | seconds |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, score in scores.items():
        among = readable(corpus.hostile, name)
        part = score.share("hostile", "found", among=among)
        cells = [
            "{} of {}".format(*score.share("hostile", "found")),
            str(score.share("hostile", "error")[0]),
            str(score.share("hostile", "unread")[0]),
            f"{part[0]} of {part[1]} ({percent(part)} %)",
            "{} of {}".format(*score.share("sound", "found")),
            str(score.share("sound", "error")[0]),
            f"{score.seconds:.1f}",
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Make the files, have every scanner judge them, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fifth of the sound files")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one object a row")
    form.add_argument("--markdown", action="store_true", help="the table for README.md")
    form.add_argument("--missed", action="store_true", help="also what each did not find, and took for bad")
    options = parser.parse_args()
    if not PYTHON.is_file():
        sys.exit("the libraries that save models are not installed: make parts installs them")
    with tempfile.TemporaryDirectory(prefix="lineal-") as home:
        corpus = made(Path(home), quick=options.quick)
        scores = {name: judged(name, corpus) for name in NAMES}
        found = rows(scores)
        if options.json:
            print("\n".join(json.dumps(each) for each in found))
        else:
            print(table(corpus, scores))
        if options.missed:
            for name, score in scores.items():
                print(name, "missed:", sorted(each for each, word in score.hostile.items() if word != "found"))
                print(
                    name,
                    "took for bad:",
                    sorted(each for each, word in score.sound.items() if word in {"found", "error"}),
                )
        if (Path(home) / "marker").exists():
            sys.exit("a payload ran")
    sys.exit(not all(each["holds"] for each in found))


if __name__ == "__main__":
    main()
