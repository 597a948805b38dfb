"""A person's Markdown as HTML: what it should look like, and that it is never more than text."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given

from lineal.formats.cards.prose import as_html
from tests.unit.formats.cards.test_marks import HOSTILE

TAGS = frozenset(
    "p h4 h5 h6 ul ol li blockquote pre code table thead tbody tr th td div strong em a hr".split(),
)
LINK = 'rel="noopener noreferrer nofollow"'


class Seen(HTMLParser):
    """The tags, links and text of a piece of HTML, and whether every tag is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.is_whole = True
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.is_whole = self.is_whole and not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag != "hr":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.is_whole = self.is_whole and bool(self._open) and self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.add("comment")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>"),
        ("# Large\n### Small", "<h4>Large</h4>\n<h6>Small</h6>"),
        ("- a\n- b **c** *d* _e_ `f<g`", "<ul><li>a</li><li>b <strong>c</strong> <em>d</em> <em>e</em> <code>f&lt;g</code></li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("- a\n  - b", "<ul><li><p>a</p>\n<ul><li>b</li></ul></li></ul>"),
        ("> said", "<blockquote><p>said</p></blockquote>"),
        ("```py\na < b\n# c\n```\nd", "<pre><code>a &lt; b\n# c</code></pre>\n<p>d</p>"),
        ("snake_case_name and 2*3*4", "<p>snake_case_name and 2*3*4</p>"),
        ("[x](https://a.org/?b=1&c=2).", f'<p><a href="https://a.org/?b=1&amp;c=2" {LINK}>x</a>.</p>'),
        ("see https://a.org.", f'<p>see <a href="https://a.org" {LINK}>https://a.org</a>.</p>'),
        ("\\*a\\* &amp;", "<p>*a* &amp;amp;</p>"),
        ("---", "<hr>"),
        (
            "| a | b |\n|---|--:|\n| 1 | 2 | 3 |",
            '<div class="table"><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>',
        ),
    ],
)  # fmt: skip
def test_what_people_write_looks_as_they_mean_it(text: str, html: str) -> None:
    assert as_html(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>)",
        "[x](//evil.example)",
        "![x](https://evil.example/pixel.png)",
        '[x](https://a.org/"onmouseover="alert(1))',
        "</div></section><h2>Metrics</h2>",
        "<!-- /human --><h2>Metrics</h2>",
        "`</code><script>`",
        "```\n</pre><script>\n```",
    ],
)
def test_hostile_text_becomes_neither_tag_nor_link_nor_picture(text: str) -> None:
    seen = Seen(as_html(text))

    assert seen.tags <= {"p", "code", "pre"} | ({"a"} if "https://" in text else set())
    assert all(name in {"href", "rel"} for name, _ in seen.attributes)
    assert not any((value or "").lower().startswith(("javascript", "data", "//")) for _, value in seen.attributes)


@given(HOSTILE)
def test_every_text_gives_whole_html_of_few_tags_and_loses_no_word(text: str) -> None:
    seen = Seen(as_html(text))

    assert seen.tags <= TAGS
    assert seen.is_whole
    assert re.findall(r"text|here", text) == re.findall(r"text|here", seen.text)


@pytest.mark.parametrize(
    "piece", ["`", "**a ", "[", "[a](", "> ", "- ", "  - a\n", "|a", "|-", "*a", "_a", "# ", "<", "```\n", "~~~x\n"]
)
def test_the_worst_text_takes_no_time(piece: str) -> None:
    started = time.process_time()

    assert Seen(as_html((piece * 50_000)[:50_000])).tags <= TAGS
    assert time.process_time() - started < 4
