"""Templates, and how values are written in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from lineal.formats import costs, wording
from lineal.formats.cards.prose import as_html
from lineal.formats.summaries import in_words
from lineal.objects.canonical import Number
from lineal.objects.statements import SliceResult
from lineal.objects.ulid import hexadecimal
from lineal.operations.answers.run_sections import sections_of
from lineal.operations.answers.sections import Cell, Link, Measured, Sha, Size
from lineal.web.plots import picture

if TYPE_CHECKING:
    from jinja2 import Environment

_AND = " & "
"""Between the parts of an intersection."""

_RANGE = re.compile(r"under \S+|\S+ to under \S+|\S+ and over")
"""A range of numbers, which reads better without a sign of equality."""

_WORDS, _BRIEF_MAX = ("NaN", "Infinity", "-Infinity"), 120
_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000
_UNITS = (("d", _DAY_MS, "h", _HOUR_MS), ("h", _HOUR_MS, "min", _MINUTE_MS), ("min", _MINUTE_MS, "s", 1_000))

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PLACES = (
    ("run:", "/runs/"),
    ("data:", "/datasets/"),
    ("deployment:", "/deployments/"),
)


@cache
def environment() -> Environment:
    """Return the templates. Every value is escaped; an unknown name is an error, not a blank."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - programs look at no pages

    found = Environment(
        loader=PackageLoader("lineal.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    found.filters |= {
        "moment": moment,
        "instant": instant,
        "minute": minute,
        "figure": figure,
        "size": size,
        "short": short,
        "address": address,
        "link": link,
        "seconds": seconds,
        "duration": duration,
        "hexadecimal": hexadecimal,
        "percent": wording.percent,
        "number": wording.figure,
        "picture": picture,
        "in_words": in_words,
        "cell": cell,
        "sections": sections_of,
        "diff_lines": diff_lines,
        "groupby_in_order": groupby_in_order,
        "brief": brief,
        "side": side,
        "prose": prose,
        "cost": costs.facts,
        "group": group,
    }
    return found


def html(template: str, values: dict[str, object]) -> str:
    """Return the page that ``template`` makes of ``values``."""
    return environment().get_template(template).render(values)


def moment(at: int | None) -> str:
    """Return a time as people read it, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at is not None else "—"


def instant(at: int) -> str:
    """Return a time with its milliseconds, in UTC; one that no calendar has as the number that it is."""
    try:
        found = datetime.fromtimestamp(at / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{at} ms"
    return f"{found:%Y-%m-%d %H:%M:%S}.{at % 1000:03d} UTC"


def minute(at: int | None) -> str:
    """Return a time to the minute, where what stands around it says that it is in UTC; a dash where nobody knows."""
    return moment(at)[:16] if at else "—"


def seconds(milliseconds: int) -> str:
    """Return a duration in seconds."""
    return f"{milliseconds / 1000:,.1f} s"


def duration(milliseconds: int | None) -> str:
    """Return how long something took in the two units that matter; a dash where nobody knows."""
    if milliseconds is None or milliseconds < 0:
        return "—"
    if milliseconds < _MINUTE_MS:
        return f"{milliseconds / 1000:.1f} s"
    for unit, size, part, less in _UNITS:
        if milliseconds >= size:
            return f"{milliseconds // size:,} {unit} {milliseconds % size // less} {part}"
    return ""  # a minute is the least of them


def figure(value: Number) -> str:
    """Return a measured number with the digits that matter."""
    if isinstance(value, str):
        return value
    value += 0.0  # which has no sign where it is nothing
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e9 else f"{value:.4g}"


def group(result: SliceResult) -> str:
    """Return which rows a subgroup has: each column of an intersection with its value."""
    features, values = result.feature.split(_AND), result.value.split(_AND)
    if len(features) != len(values):
        features, values = [result.feature], [result.value]
    parts = zip(features, values, strict=True)
    return ", ".join(f"{name} {value}" if _RANGE.fullmatch(value) else f"{name} = {value}" for name, value in parts)


def size(size_bytes: int) -> str:
    """Return a size in the unit that fits."""
    amount = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def short(digest: str | None) -> str:
    """Return the beginning of a digest."""
    return digest[:19] if digest else "—"


def cell(value: Cell) -> Markup:
    """Return a cell of a section."""
    match value:
        case Size():
            return Markup("{}").format(size(value.size_bytes))
        case Sha():
            return Markup("<code>{}</code>").format(short(value.digest))
        case Measured():
            return Markup("{}").format(figure(value.value))
        case Link():
            return link(value.reference, value.text)
        case _:
            return Markup("{}").format(value)


def groupby_in_order(values: Iterable[Any], name: str) -> Iterator[tuple[Any, list[Any]]]:
    """Yield what stands together and has the same attribute, with that attribute."""
    return ((key, list(found)) for key, found in groupby(values, key=attrgetter(name)))


def brief(text: str) -> Markup:
    """Return one side of a difference, its digests shortened."""
    shown = Markup("{}").format(text or "—")
    return Markup(_DIGEST.sub(lambda found: f"<code>{short(found[0])}</code>", shown))  # noqa: S704 - it was escaped


def side(text: str, is_number: bool = False) -> Markup:
    """Return one of many values that stand beside each other: numbers in six digits, long texts folded."""
    if is_number and text:
        return Markup("{}").format(wording.figure(text if text in _WORDS else float(text)))
    if len(text) <= _BRIEF_MAX:
        return brief(text)
    return Markup("<details><summary>{}…</summary>{}</details>").format(text[:_BRIEF_MAX], text)


def prose(text: str) -> Markup:
    """Return what people wrote on a card, as HTML in which it is text and nothing else."""
    return Markup(as_html(text))  # noqa: S704 - every text in it was escaped where it was written


def diff_lines(lines: Iterable[str]) -> Markup:
    """Return the lines of a unified diff, each in its colour."""
    kinds = {"+": "add", ">": "add", "-": "del", "<": "del", "@": "at"}
    made = (Markup('<span class="{}">{}</span>').format(kinds.get(each[:1], ""), each or " ") for each in lines)
    return Markup('<pre class="diff">{}</pre>').format(Markup("").join(made))


def address(reference: str) -> str:
    """Return the address of the page of what ``reference`` names."""
    for sign, place in _PLACES:
        if reference.startswith(sign):
            return place + quote(reference.removeprefix(sign), safe="@:/")
    place = "/versions/" if ":" in reference else "/models/"
    return place + quote(reference, safe="@:/")


def link(reference: str, text: str = "") -> Markup:
    """Return a link to what ``reference`` names; it says that, or ``text``."""
    return Markup('<a href="{}">{}</a>').format(address(reference), text or reference)
