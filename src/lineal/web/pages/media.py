"""What runs logged that is no number, to look at: pictures, tables, charts, texts. Nothing of it is ever taken for markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from lineal.client.local import LocalRepository
from lineal.formats.media import (
    INDEX_PATH,
    MEDIA,
    ConfusionMatrix,
    Curve,
    Histogram,
    MediaLine,
    MediaTable,
    read_index,
    structured,
    table_of_rows,
)
from lineal.objects.errors import Corrupt, LinealError, NotFound
from lineal.operations.answers.models import RunAnswer
from lineal.web.charts import confusion_svg, curve_svg, histogram_svg
from lineal.web.pages.page import Asked
from lineal.web.pictures import HEAD_BYTES, picture_type

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
_TEXTS = (".txt", ".md", ".log", ".csv", ".json", ".yaml", ".yml", ".html", ".htm", ".py", ".toml")
_CARDS_MAX, _INDEX_BYTES_MAX = 60, 8 << 20
_VALUE_BYTES_MAX, _ALL_BYTES_MAX = 4 << 20, 24 << 20
_TEXT_SHOWN, _TEXT_WHOLE = 1_500, 200_000
_ROWS_SHOWN, _ROWS_OF_A_PAGE, _COLUMNS_MAX, _CELL_MAX = 8, 100, 60, 300


class Shown(NamedTuple):
    """A value that a run logged: the newest of its key, and how many steps of it there are."""

    key: str
    step: int
    kind: str
    path: str
    size_bytes: int
    step_count: int
    address: str


def address(run_id: str, path: str, place: str = "/media", **more: object) -> str:
    """Return the address of the page, or of the bytes, of a file that a run logged."""
    return f"{place}?{urlencode({'run': run_id, 'path': path, **more})}"


def of_run(repository: LocalRepository, run: RunAnswer) -> tuple[list[Shown], dict[str, Markup]]:
    """Return the newest value of each key, and how each looks, by its path."""
    lines = _lines(repository, run)
    newest: dict[str, list[MediaLine]] = {}
    for each in lines:
        newest.setdefault(each.key, []).append(each)
    shown, drawn, left = [], {}, _ALL_BYTES_MAX
    for key, found in list(newest.items())[:_CARDS_MAX]:
        last = max(found, key=lambda line: line.step)
        path = last.path
        shown.append(Shown(key, last.step, last.kind, path, last.size_bytes, len(found), address(run.id, path)))
        is_read = last.size_bytes <= min(left, _VALUE_BYTES_MAX)
        left -= last.size_bytes if is_read and last.kind != "image" else 0
        drawn[path] = _draw(repository, run.id, last, is_read=is_read, is_card=True)
    return shown, drawn


def _lines(repository: LocalRepository, run: RunAnswer) -> list[MediaLine]:
    """Return what the index of a run's media says, and the files that trackers were handed and that can be looked at."""
    sizes = {each.path: each.size_bytes for each in run.artifacts if not each.is_dir}
    if not sizes:
        return []
    lines: list[MediaLine] = []
    if sizes.get(INDEX_PATH, 0):
        try:
            lines = read_index(_bytes(repository, run.id, INDEX_PATH, _INDEX_BYTES_MAX))
        except LinealError:
            lines = []  # it is listed with the other files
    lines = [each for each in lines if each.path in sizes]
    known = {INDEX_PATH, *(each.path for each in lines)}
    others = [path for path in sizes if path not in known and kind_of(path) != "file"]
    return lines + [
        MediaLine(key=path, step=0, kind=kind_of(path), path=path, at=0, size_bytes=sizes[path]) for path in others
    ]


def kind_of(path: str) -> str:
    """Return what a file is taken for by its name."""
    name = path.lower()
    return "image" if name.endswith(PICTURES) else "text" if name.endswith(_TEXTS) else "file"


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return a file that a run logged, drawn as what it is. Raises NotFound."""
    run_id, path = asked.query.get("run", ""), asked.query.get("path", "")
    run: Any = repository.show(f"run:{run_id}")
    lines = _lines(repository, run)
    line = next((each for each in lines if each.path == path), None) or _file(repository, run.id, path)
    page = asked.number("page", 0)
    same = [each for each in lines if each.key == line.key]
    is_read = line.size_bytes <= _VALUE_BYTES_MAX
    drawn = _draw(repository, run.id, line, is_read=is_read, is_card=False, page=page)
    steps = [(each.step, address(run.id, each.path), each.path == path) for each in same]
    return {
        "run": run.id,
        "name": run.name,
        "media": line,
        "drawn": drawn,
        "file": address(run.id, path, "/media/file"),
        "steps": steps[:200],
    }


def _file(repository: LocalRepository, run_id: str, path: str) -> MediaLine:
    """Return a file that no list of media has. Raises NotFound."""
    try:
        found = repository.artifacts.show(run_id, path)
    except NotFound:
        raise NotFound(f"run:{run_id} logged nothing at '{path}'", hint="its page lists what it logged") from None
    return MediaLine(key=path, step=0, kind=kind_of(path), path=path, at=0, size_bytes=found.size_bytes)


def _draw(
    repository: LocalRepository, run_id: str, line: MediaLine, *, is_read: bool, is_card: bool, page: int = 0
) -> Markup:
    label = f"{line.key} at step {line.step}"
    if line.path.lower().endswith(PICTURES) and line.kind not in MEDIA:
        return _picture(repository, run_id, line.path, label)
    if not is_read:
        return _note("too large to be shown here")
    try:
        data = _bytes(repository, run_id, line.path, _VALUE_BYTES_MAX)
        value: Any = structured(line.kind, data) if line.kind in MEDIA else None
    except LinealError as error:
        return _note(error.message)
    if value is None and line.path.lower().endswith(".json"):
        value = table_of_rows(data)
    if isinstance(value, MediaTable):
        return _table(value, run_id, line, is_card=is_card, page=page)
    if value is not None:
        return _CHARTS[type(value)](value, label) or _note("it cannot be drawn; the file has it")
    is_text = line.kind == "text" or kind_of(line.path) == "text"
    return _text(data, _TEXT_SHOWN if is_card else _TEXT_WHOLE) if is_text else _note(_NOTHING)


def _picture(repository: LocalRepository, run_id: str, path: str, label: str) -> Markup:
    try:
        digest = repository.artifacts.show(run_id, path).digest
        head = b"".join(repository.blobs.open(digest, size=HEAD_BYTES))
    except LinealError as error:
        return _note(error.message)
    if not picture_type(head, path):
        return _note("it is called a picture and is none")
    source = address(run_id, path, "/media/file")
    return Markup('<img src="{}" alt="{}" loading="lazy">').format(source, label)


_NOTHING = "nothing to look at; the file has it"


def _text(data: bytes, most: int) -> Markup:
    text = data.decode("utf-8", "replace")
    return Markup("<pre>{}</pre>").format(text[:most] + ("\n…" if len(text) > most else ""))


_CHARTS: dict[type, Callable[[Any, str], Markup]] = {
    Histogram: histogram_svg,
    Curve: curve_svg,
    ConfusionMatrix: confusion_svg,
}


def _table(table: MediaTable, run_id: str, line: MediaLine, *, is_card: bool, page: int) -> Markup:
    columns = table.columns[:_COLUMNS_MAX]
    count = max((len(each.cells) for each in table.columns), default=0)
    size = _ROWS_SHOWN if is_card else _ROWS_OF_A_PAGE
    first = 0 if is_card else min(page, max(0, count - 1) // size) * size
    last = min(first + size, count)
    kinds = [Markup(' class="number"') if each.dtype in {"integer", "float"} else Markup("") for each in columns]
    head = Markup("").join(
        Markup("<th{}>{}").format(kind, _cell(each.name)) for kind, each in zip(kinds, columns, strict=True)
    )
    rows = Markup("").join(
        Markup("<tr>{}").format(
            Markup("").join(
                Markup("<td{}>{}").format(kind, _cell(each.cells[row] if row < len(each.cells) else None))
                for kind, each in zip(kinds, columns, strict=True)
            )
        )
        for row in range(first, last)
    )
    more = f", {len(table.columns) - len(columns)} more columns" if len(table.columns) > len(columns) else ""
    said = Markup('<p class="fine">rows {} to {} of {}{} {}</p>').format(
        f"{min(first + 1, count):,}",
        f"{last:,}",
        f"{count:,}",
        more,
        Markup("") if is_card else _turn(run_id, line, first // size, has_more=last < count),
    )
    return Markup('<div class="table"><table><thead><tr>{}</thead><tbody>{}</tbody></table></div>{}').format(
        head, rows, said
    )


def _turn(run_id: str, line: MediaLine, page: int, *, has_more: bool) -> Markup:
    links: Sequence[tuple[int, str]] = [
        *([(page - 1, "before")] if page else []),
        *([(page + 1, "after")] if has_more else []),
    ]
    made = (Markup('<a href="{}">{}</a>').format(address(run_id, line.path, page=at), word) for at, word in links)
    return Markup(" · ").join(made)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _CELL_MAX else text[:_CELL_MAX] + "…"


def _note(sentence: str) -> Markup:
    return Markup('<p class="empty">{}</p>').format(sentence)


def _bytes(repository: LocalRepository, run_id: str, path: str, most: int) -> bytes:
    """Return the bytes of a file that a run logged. Raises LinealError."""
    found = repository.artifacts.show(run_id, path)
    if found.size_bytes > most:
        raise Corrupt(f"'{path}' is too large to be shown")
    return repository.blobs.get(found.digest)
