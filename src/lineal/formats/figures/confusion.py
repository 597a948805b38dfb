"""The confusion matrix: what each class was taken for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lineal.formats.figures.svg import BLUE, element, figure, label, shortened, tip

CLASSES_MAX = 24
_CELL, _NAME, _HEAD = 64.0, 120.0, 56.0
_SMALL = 30.0
_WHOLE = 6
"""So many classes have large cells, each with its count and share."""


def confusion_matrix(classes: Sequence[str], counts: Mapping[tuple[str, str], int]) -> str:
    """Return a confusion matrix; empty for more classes than can be read.

    Args:
        classes: their names, in order.
        counts: rows, by (actual, predicted).
    """
    if not classes or len(classes) > CLASSES_MAX:
        return ""
    cell = _CELL if len(classes) <= _WHOLE else _SMALL
    parts = [
        label(_NAME + cell * len(classes) / 2, 14, "predicted", text_anchor="middle"),
        label(_NAME - 8, _HEAD - 26, "actual", text_anchor="end"),
    ]
    for row, actual in enumerate(classes):
        y = _HEAD + row * cell
        parts.append(label(_NAME - 8, y + cell / 2 + 4, shortened(actual, 16), text_anchor="end"))
        parts.append(_column_name(row, actual, cell))
        total = sum(counts.get((actual, each), 0) for each in classes)
        for column, predicted in enumerate(classes):
            if len(classes) > _WHOLE and not counts.get((actual, predicted)):
                continue  # an empty place says the same
            parts += _cell(_NAME + column * cell, y, cell, counts.get((actual, predicted), 0), total, actual, predicted)
    side = cell * len(classes)
    parts.append(
        element(
            "rect", x=_NAME, y=_HEAD, width=side, height=side, fill="none", stroke="currentColor", stroke_opacity=0.4
        )
    )
    right = sum(counts.get((each, each), 0) for each in classes)
    rows = sum(counts.values())
    described = f"{right:,} of {rows:,} rows are on the diagonal: predicted as they are. {_worst(classes, counts)}"
    size = (_NAME + cell * len(classes) + 12, _HEAD + cell * len(classes) + 12)
    return figure("confusion", "Confusion matrix", described, size, parts)


def _column_name(place: int, name: str, cell: float) -> str:
    x = _NAME + place * cell + cell / 2
    if cell == _CELL:
        return label(x, _HEAD - 8, shortened(name, 9), text_anchor="middle")
    return label(
        x, _HEAD - 6, shortened(name, 6), text_anchor="start", transform=f"rotate(-45 {x:.1f} {_HEAD - 6:.1f})"
    )


def _cell(x: float, y: float, side: float, count: int, total: int, actual: str, predicted: str) -> list[str]:
    share = count / total if total else 0.0
    said = f"{actual} predicted as {predicted}: {count:,} rows, {share:.1%} of the actual ones"
    box = element(
        "rect", tip(said), x=x, y=y, width=side, height=side, fill=BLUE, fill_opacity=0.06 + 0.84 * share,
        stroke="currentColor", stroke_opacity=0.25,
    )  # fmt: skip
    # White on the dark ones, so that both screens and printers show it.
    ink = {"fill": "#ffffff"} if share > 0.55 else {}
    middle = x + side / 2
    if side < _CELL:
        return [box, label(middle, y + side / 2 + 3, _brief(count), text_anchor="middle", font_size="8", **ink)]
    return [
        box,
        label(middle, y + side / 2, f"{count:,}", text_anchor="middle", **ink),
        label(middle, y + side / 2 + 15, f"{share:.0%}", text_anchor="middle", font_size="9", **ink),
    ]


def _brief(count: int) -> str:
    return f"{count:,}" if count < 10_000 else f"{count / 1000:.0f}k"


def _worst(classes: Sequence[str], counts: Mapping[tuple[str, str], int]) -> str:
    wrong = [(count, pair) for pair, count in counts.items() if pair[0] != pair[1] and count]
    if not wrong or len(classes) < 2:
        return "Nothing was taken for something else."
    count, (actual, predicted) = max(wrong)
    return f"The most frequent mistake: {count:,} rows of {actual} were predicted as {predicted}."
