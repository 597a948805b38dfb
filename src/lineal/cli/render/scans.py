"""What was found in a model's files, as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.cli.render.page import Page, plain
from lineal.cli.render.units import count
from lineal.objects.scans import Scan, ScanFinding, ScanOutcome
from lineal.operations.answers.models import ScanAnswer

_SIGNS: dict[ScanOutcome, tuple[str, str]] = {
    "clean": ("✓", "good"),
    "suspicious": ("!", "doubtful"),
    "unreadable": ("?", "bad"),
    "hostile": ("✗", "bad"),
}
"""Each outcome's sign and tone."""


def one(answer: ScanAnswer, page: Page) -> Iterator[str]:
    """Yield what was found: the outcome, what the files are, and each finding."""
    found = answer.scan
    yield f"{page.title(plain(answer.reference))}: {outcome(found.outcome, page)}"
    files = ", ".join(f"{number} {plain(name)}" for name, number in found.formats.items())
    yield from page.facts(
        (
            ("files", files),
            (
                "pickles",
                ", ".join(map(plain, found.pickles)) and f"{', '.join(map(plain, found.pickles[:5]))}{_more(found)}",
            ),
            ("rules", str(found.rules)),
        )
    )
    for each in found.findings:
        yield from finding(each, page)
    if found.left_out:
        yield f"  … {count(found.left_out, 'more finding')}"


def _more(found: Scan) -> str:
    left = len(found.pickles) - 5
    return f" and {left} more" if left > 0 else ""


def finding(each: ScanFinding, page: Page) -> Iterator[str]:
    """Yield a finding: where, what, with what, and why that is bad."""
    sign, tone = _SIGNS[each.outcome]
    where = f"{each.file} › {each.member}" if each.member else each.file
    at = f" at {each.place:,}" if each.place else ""
    yield f"  {page.paint(f'{sign} {each.outcome}', tone)}  {plain(where)}{at}  [{each.rule}]"
    yield from page.wrapped(f"{plain(each.what)} {plain(each.said)}".strip(), indent="      ")
    yield from page.wrapped(each.why, indent="      ")


def outcome(word: ScanOutcome, page: Page) -> str:
    """Return an outcome with its sign."""
    sign, tone = _SIGNS[word]
    return page.paint(f"{sign} {word}", tone)


def summary(found: Scan) -> str:
    """Return a scan in one line."""
    if found.outcome == "clean":
        return f"scanned: clean{', a pickle' if found.pickles else ''}"
    worst = found.findings[0]
    return f"scanned: {found.outcome}, {count(len(found.findings) + found.left_out, 'finding')}; {worst.what} in {worst.file}"
