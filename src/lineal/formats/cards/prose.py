"""What people wrote, as HTML in which it is text and nothing else.

Of Markdown it knows paragraphs, headings, lists, quotes, blocks of code, tables, emphasis, code and links to the web. Tags,
pictures and every other kind of link are shown as they were typed. Headings are smaller than any of a card's own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

_NESTED_MAX = 8
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[^`]*$")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)$")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_ITEM = re.compile(r"( {0,3})([-*+]|\d{1,9}[.)])[ \t]+(?=\S)")
_QUOTE = re.compile(r" {0,3}> ?")
_BAR = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")

_INLINE = re.compile(
    r"\\(?P<plain>[!-/:-@\[-`{-~])"
    r"|(?<!`)(?P<ticks>`{1,10})(?!`)(?P<code>[^`]+)(?P=ticks)(?!`)"
    r"|!?\[(?P<text>[^\[\]\n]{1,1000})\]\((?P<url>[^\s()<>]{1,2000})\)"
    r"|(?P<bare>https?://[^\s<>\"')\]]{1,2000})"
    r"|\*\*(?P<strong>[^\s*](?:[^*\n]{0,1000}[^\s*])?)\*\*"
    r"|(?<![\w*])[*](?P<em>[^\s*](?:[^*\n]{0,1000}[^\s*])?)[*](?!\w)"
    r"|(?<![\w_])_(?P<under>[^\s_](?:[^_\n]{0,1000}[^\s_])?)_(?!\w)"
)
_WEB = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20]+$", re.IGNORECASE)


def as_html(text: str) -> str:
    """Return a person's text as HTML."""
    return _blocks(text.split("\n"), 0)


def _blocks(lines: list[str], depth: int) -> str:
    made, place = [], 0
    while place < len(lines):
        if not lines[place].strip():
            place += 1
            continue
        for take in _TAKES:
            block, place_after = take(lines, place, depth)
            if place_after > place:
                made.append(block)
                place = place_after
                break
    return "\n".join(made)


def _code(lines: list[str], place: int, _: int) -> tuple[str, int]:
    opened = _FENCE.match(lines[place])
    if not opened:
        return "", place
    end = place + 1
    while end < len(lines) and not (lines[end].strip().startswith(opened[1]) and not lines[end].strip(" \t`~")):
        end += 1
    return f"<pre><code>{html.escape(chr(10).join(lines[place + 1 : end]))}</code></pre>", end + 1


def _heading(lines: list[str], place: int, _: int) -> tuple[str, int]:
    found = _HEADING.match(lines[place])
    if not found:
        return "", place
    level = min(len(found[1]) + 3, 6)
    return f"<h{level}>{inline(found[2].rstrip(' #'))}</h{level}>", place + 1


def _rule(lines: list[str], place: int, _: int) -> tuple[str, int]:
    return ("<hr>", place + 1) if _RULE.match(lines[place]) else ("", place)


def _quote(lines: list[str], place: int, depth: int) -> tuple[str, int]:
    end = place
    while end < len(lines) and _QUOTE.match(lines[end]):
        end += 1
    if end == place or depth >= _NESTED_MAX:
        return "", place
    inside = _blocks([_QUOTE.sub("", each, count=1) for each in lines[place:end]], depth + 1)
    return f"<blockquote>{inside}</blockquote>", end


def _list(lines: list[str], place: int, depth: int) -> tuple[str, int]:
    first = _ITEM.match(lines[place])
    if not first or depth >= _NESTED_MAX:
        return "", place
    is_numbered = first[2][0].isdigit()
    items: list[list[str]] = []
    while place < len(lines):
        line, found = lines[place], _ITEM.match(lines[place])
        if found and found[2][0].isdigit() == is_numbered and len(found[1]) <= len(first[1]):
            items.append([line[found.end() :]])
        elif line.startswith("  ") or (not line.strip() and _goes_on(lines, place)):
            items[-1].append(line.removeprefix("   " if is_numbered else "  "))
        else:
            break
        place += 1
    name = "ol" if is_numbered else "ul"
    inside = "".join(f"<li>{_item(each, depth)}</li>" for each in items)
    return f"<{name}>{inside}</{name}>", place


def _item(lines: list[str], depth: int) -> str:
    return inline(lines[0]) if len(lines) == 1 else _blocks(lines, depth + 1)


def _goes_on(lines: list[str], place: int) -> bool:
    """Tell whether a list goes on behind an empty line."""
    after = lines[place + 1] if place + 1 < len(lines) else ""
    return after.startswith("  ") or bool(_ITEM.match(after))


def _table(lines: list[str], place: int, _: int) -> tuple[str, int]:
    if "|" not in lines[place] or place + 1 >= len(lines) or not _BAR.match(lines[place + 1]):
        return "", place
    header, end = _cells(lines[place]), place + 2
    if len(header) != len(_cells(lines[place + 1])):
        return "", place
    while end < len(lines) and "|" in lines[end]:
        end += 1
    head = "".join(f"<th>{inline(each)}</th>" for each in header)
    rows = ((_cells(each) + [""] * len(header))[: len(header)] for each in lines[place + 2 : end])
    body = "".join("<tr>" + "".join(f"<td>{inline(each)}</td>" for each in row) + "</tr>" for row in rows)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>', end


def _cells(line: str) -> list[str]:
    return [each.strip() for each in re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))]


def _paragraph(lines: list[str], place: int, _: int) -> tuple[str, int]:
    end = place + 1
    while end < len(lines) and lines[end].strip() and not any(each.match(lines[end]) for each in _INTERRUPTS):
        end += 1
    return f"<p>{inline(chr(10).join(each.strip() for each in lines[place:end]))}</p>", end


_INTERRUPTS = (_FENCE, _HEADING, _RULE, _QUOTE, _ITEM)
_TAKES: tuple[Callable[[list[str], int, int], tuple[str, int]], ...] = (
    _code, _heading, _rule, _quote, _list, _table, _paragraph,
)  # fmt: skip
"""Each takes a block from a place on and returns it with the place behind it; a paragraph takes whatever is left."""


def inline(text: str) -> str:
    """Return a line of a person's text as HTML."""
    made, end = [], 0
    for found in _INLINE.finditer(text):
        made.append(html.escape(text[end : found.start()]))
        made.append(_made(found))
        end = found.end()
    return "".join(made) + html.escape(text[end:])


def _made(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    if kind == "code":
        return f"<code>{html.escape(found['code'].strip())}</code>"
    if kind == "url":
        if not found[0].startswith("!") and _WEB.match(found["url"]):
            return _link(found["url"], html.escape(found["text"]))
        return html.escape(found[0])
    if kind == "bare":
        url = found["bare"].rstrip(".,;:!?")
        return _link(url, html.escape(url)) + html.escape(found["bare"][len(url) :])
    if kind == "plain":
        return html.escape(found["plain"])
    name = "strong" if kind == "strong" else "em"
    return f"<{name}>{html.escape(found[kind])}</{name}>"


def _link(url: str, text: str) -> str:
    return f'<a href="{html.escape(url)}" rel="noopener noreferrer nofollow">{text}</a>'
