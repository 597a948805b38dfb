"""Logs a value of every kind, and hostile ones: texts that are markup, pictures that are pages, numbers that are none."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import lineal

HOSTILE = sys.argv[1] if len(sys.argv) > 1 else "<b>"

with lineal.start() as run:
    for step in range(3):
        picture = [[(4 * x, 4 * y, 90 * step) for x in range(64)] for y in range(40)]
        run.image("pictures/gradient", picture, step=step)
    rows = [
        {"word": f"word {row}", "count": row * row, "share": math.nan if row == 2 else row / 250} for row in range(250)
    ]
    run.table("words", [{**rows[0], HOSTILE: HOSTILE}, *rows[1:]])
    run.confusion_matrix("confusion", ["cat", "dog", "dog", HOSTILE, "cat"], ["cat", "dog", "cat", HOSTILE, "cat"])
    places = [place / 40 for place in range(41)]
    run.curve("roc", places, [place**0.4 for place in places], kind="roc", x_label="false positives", y_label=HOSTILE)
    run.curve("broken", [0, 1, math.inf], [math.nan, 1, 2])
    run.histogram("weights", [math.sin(each) * abs(math.sin(3 * each)) for each in range(2_000)])
    run.histogram("flat", counts=[0, 0], edges=[1, 2, 3])
    run.text("notes", f"{HOSTILE}\nThe second line.\n" * 40)
    Path("drawing.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="90">{HOSTILE}'
        '<circle cx="60" cy="45" r="35" fill="teal"/><text x="110" y="50">drawn</text></svg>'
    )
    run.image("drawing", "drawing.svg")
    Path("page.png").write_text(f"<html>{HOSTILE}</html>")
    run.image("no-picture", "page.png")
    run.image(HOSTILE.replace("/", ""), [[0, 255] * 8] * 4)
