"""The marks around what people wrote, and how a text is written so that it can neither end nor forge anything.

On a card, a person's text stands between ``<!-- human section=… -->`` and ``<!-- /human -->``, written so that no reader of
Markdown takes it for more than it is: tags and comments begin with an entity, headings as large as the card's own and
fences without an end with a backslash. ``restored`` undoes exactly that. Where a person edits, the mark says ``as=text``,
and only marks in the text are changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lineal.formats.cards.sections import HUMAN, SECTIONS, Section
from lineal.objects.errors import Invalid

TEXT_CHARACTERS_MAX, TEXT_LINES_MAX = 50_000, 2_000
"""A longer section is no section of a card."""

_FENCED = re.compile(r"<!-- human section=(\S+?)( as=text)? -->[ \t]*\n?(.*?)<!-- /human -->", re.DOTALL)
_OPENING = re.compile(r"<!-- human section=(\S+?)(?: as=text)? -->")
_CARD = re.compile(r"<!-- lineal card=(sha256:[0-9a-f]{64}) -->")
_PLACEHOLDER = re.compile(r"_Nobody has written this yet: .*_")
_HEADING = re.compile(r"#{1,6}[ \t]+(.+)$")
_CONFLICT = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)

_TAG = r"(?=[A-Za-z/!?])"
_MARK = r"(?=!-- /?human)"
_SIGN, _WRITTEN_SIGN = r"(<|&(?:amp;)*lt;)", r"&(?:lt;|amp;((?:amp;)*lt;))"
_TAGS, _MARKS = re.compile(_SIGN + _TAG), re.compile(_SIGN + _MARK)
_WRITTEN_TAGS, _WRITTEN_MARKS = re.compile(_WRITTEN_SIGN + _TAG), re.compile(_WRITTEN_SIGN + _MARK)

_CONTAINERS = r"((?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)"
_LARGE = re.compile(_CONTAINERS + r"(\\*)(?=#{1,2}(?:[ \t]|$))")
_UNDERLINE = re.compile(r"([ \t>]*)(\\*)(?=(?:=+|-+)[ \t]*$)")
_FENCE = re.compile(r"( {0,3})(\\*)(?=`{3,}|~{3,})")
_OPENED = re.compile(r"(`{3,})[^`]*$|(~{3,})")
_CLOSED = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*$")


def escaped(text: str) -> str:
    """Return a text as it stands on a card, where it is text and nothing else."""
    return "\n".join(_escaped_line(line) if is_outside else _escape(line, _MARKS) for line, is_outside in _lines(text))


def restored(text: str) -> str:
    """Return the text that ``escaped`` wrote so."""
    return "\n".join(
        _restored_line(line) if is_outside else _restore(line, _WRITTEN_MARKS) for line, is_outside in _lines(text)
    )


def fenced(section: str, text: str, *, as_text: bool = False) -> str:
    """Return a person's text between its marks, as it stands on a card or, ``as_text``, where it is edited."""
    body = _escape(text, _MARKS) if as_text else escaped(text)
    return f"<!-- human section={section}{' as=text' if as_text else ''} -->\n{body}\n<!-- /human -->\n"


def placeholder(section: Section) -> str:
    """Return what stands where nobody has written yet."""
    return f"_Nobody has written this yet: {section.asks}_"


def tidy(text: str) -> str:
    """Return a text with the ends of lines that we use, and no space around it.

    Raises:
        Invalid: it is too long, or a conflict in it is not solved.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}").strip()
    if len(text) > TEXT_CHARACTERS_MAX or text.count("\n") >= TEXT_LINES_MAX:
        raise Invalid(
            f"this section has {len(text):,} characters in {text.count(chr(10)) + 1:,} lines;"
            f" a section has at most {TEXT_CHARACTERS_MAX:,} in {TEXT_LINES_MAX:,}",
            hint="a card is read by people: say less, and link to the rest",
        )
    if _CONFLICT.search(text):
        raise Invalid(
            "a conflict is not solved yet", hint="keep what is right, and remove the lines <<<<<<<, ======= and >>>>>>>"
        )
    return text


def parse_sections(text: str) -> dict[str, str]:
    """Return what people wrote, by section id, from a card that was rendered and then edited.

    A section that was left as it was without text is not in the answer; generated parts are not read. A text without a
    single mark is read by its headings, which are titles or ids of sections.

    Raises:
        Invalid: a mark is broken or doubled, or names a section that nobody writes.
    """
    if "<!-- human" not in text:
        return _by_headings(text)
    found: dict[str, str] = {}
    for match in _FENCED.finditer(text):
        name, body = match[1], match[3].strip()
        if name not in HUMAN:
            raise Invalid(f"nobody writes a section {name!r}", hint="sections: " + ", ".join(HUMAN))
        if name in found or _OPENING.search(body):
            raise Invalid(
                f"the marks of the section {name!r} are broken or doubled", hint="keep one <!-- human … --> pair"
            )
        written = _restore(body, _WRITTEN_MARKS) if match[2] else restored(body)
        found[name] = written if not _PLACEHOLDER.fullmatch(body) else ""
    opened = [name for name in _OPENING.findall(text) if name not in found]
    if opened or not found:
        what = f"the section {opened[0]!r} has no end" if opened else "this card has no section that a person writes"
        raise Invalid(what, hint="keep the lines <!-- human section=… --> and <!-- /human --> as they were")
    return {name: body for name, body in found.items() if body}


def with_texts(sheet: str, sections: Mapping[str, str]) -> str:
    """Return a sheet that is ready to be edited with other texts in it; those that it has no place for stand at its end."""
    there = {match[1] for match in _FENCED.finditer(sheet)}
    found = _FENCED.sub(lambda match: fenced(match[1], sections.get(match[1], ""), as_text=True).rstrip("\n"), sheet)
    more = (
        f"## {HUMAN[name].title}\n\n{fenced(name, sections[name], as_text=True)}"
        for name in sections
        if name not in there
    )
    return "\n".join((found, *more))


def parse_base(text: str) -> str:
    """Return the digest of the texts that a rendered card was made from; empty where it does not say."""
    found = _CARD.search(text)
    return found[1] if found else ""


def base_mark(digest: str) -> str:
    """Return the line by which a rendered card tells the texts that it was made from."""
    return f"<!-- lineal card={digest} -->\n" if digest else ""


def _by_headings(text: str) -> dict[str, str]:
    names = {each.title.lower(): each.id for each in HUMAN.values()} | {each: each for each in HUMAN}
    generated = {each.title.lower() for each in SECTIONS if not each.asks}
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line, is_outside in _lines(text):
        heading = _HEADING.match(line) if is_outside else None
        title = heading[1].strip(" \t#").lower() if heading else ""
        if title in names:
            if names[title] in found:
                raise Invalid(f"the section {names[title]!r} is there twice", hint="keep one of them")
            current = found[names[title]] = []
        elif title in generated:
            current = None
        elif current is not None:
            current.append(line)
    if not found:
        raise Invalid(
            "this text has no section that a person writes",
            hint="headings are " + ", ".join(f"## {each.title}" for each in HUMAN.values() if not each.profile),
        )
    texts = {name: "\n".join(lines).strip() for name, lines in found.items()}
    return {name: body for name, body in texts.items() if body}


def _escape(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda match: "&lt;" if match[1] == "<" else f"&amp;{match[1][1:]}", text)


def _restore(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda match: f"&{match[1]}" if match[1] else "<", text)


def _escaped_line(line: str) -> str:
    for pattern in (_LARGE, _UNDERLINE, _FENCE):
        if found := pattern.match(line):
            line = f"{found[1]}\\{found[2]}{line[found.end() :]}"
            break
    return _escape(line, _TAGS)


def _restored_line(line: str) -> str:
    for pattern in (_LARGE, _UNDERLINE, _FENCE):
        if (found := pattern.match(line)) and found[2]:
            line = f"{found[1]}{found[2][1:]}{line[found.end() :]}"
            break
    return _restore(line, _WRITTEN_TAGS)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line, and whether it is outside every block of code that has an end."""
    lines = text.split("\n")
    ends = _longest_end_from(lines)
    closing = ""
    for place, line in enumerate(lines):
        if closing:
            yield line, False
            end = _CLOSED.match(line)
            closing = "" if end and end[1].startswith(closing) else closing
            continue
        opened = _OPENED.match(line)
        fence = (opened[1] or opened[2]) if opened else ""
        if fence and ends[place + 1][fence[0]] >= len(fence):
            closing = fence
        yield line, not closing


def _longest_end_from(lines: list[str]) -> list[dict[str, int]]:
    """Return for each line the longest end of a block of code from there on, by the sign it is made of."""
    longest = {"`": 0, "~": 0}
    found = [longest]
    for line in reversed(lines):
        if end := _CLOSED.match(line):
            longest = {**longest, end[1][0]: max(longest[end[1][0]], len(end[1]))}
        found.append(longest)
    return found[::-1]
