"""What people wrote comes back whatever it is, and is a text on a card and nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lineal.formats.cards.as_markdown import editable, render
from lineal.formats.cards.marks import escaped, parse_sections, restored, tidy, with_texts
from lineal.formats.cards.sections import HUMAN
from lineal.objects.errors import Invalid
from tests.unit.formats.cards.cards import card

PIECES = (
    "\n", "\n", "\n\n", "# ", "## Metrics", "#", "=", "---", "===", "```", "````", "~~~", "~~~~", "`", "    ", "  ", "> ",
    "- ", "* ", "1. ", "1) ", "\\", "<", "&lt;", "&amp;lt;", "<!--", "-->", "<!-- /human -->", "<!-- human section=caveats -->",
    "<!-- human section=caveats as=text -->", "<script>", "</details>", "<details>", "<div", "<?", "<![CDATA[", "]]>",
    "[a](javascript:x)", "[a]: x", "|", "| a |\n|---|\n", "\t", "x", "text here", "<pre>", "![a](b)", "***",
)  # fmt: skip
"""What Markdown, HTML and our own marks are made of."""

HOSTILE = st.lists(st.sampled_from(PIECES), max_size=14).map("".join).map(str.strip)
TEXTS = st.one_of(HOSTILE, st.text(st.characters(codec="utf-8", exclude_characters="\r\0")).map(str.strip))
SECTIONS = st.dictionaries(st.sampled_from(sorted(HUMAN)), TEXTS.filter(bool), max_size=3)
PARSER = MarkdownIt("gfm-like", {"linkify": False})


@given(TEXTS)
@example("\\# x\n\\\\## y\n\\```")
def test_a_written_text_is_restored_exactly(text: str) -> None:
    assert text == restored(escaped(text))


@given(SECTIONS)
def test_what_people_wrote_comes_back_from_a_card_and_from_a_sheet(sections: dict[str, str]) -> None:
    assert sections == parse_sections(render(card(sections)))
    assert sections == parse_sections(editable(card(sections)))
    assert sections == parse_sections(with_texts(editable(card()), sections))


def structure(markdown: str) -> list[tuple[str, str]]:
    """Return the headings of the two largest sizes and the tags of a document, as a reader of Markdown sees them."""
    found, tokens = [], PARSER.parse(markdown)
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag in {"h1", "h2"}:
            found.append((token.tag, tokens[place + 1].content))
        if token.type == "html_block":
            found.append(("html", token.content.strip()))
        found += [("html", each.content) for each in token.children or () if each.type == "html_inline"]
    return found


PLAIN = structure(render(card({"caveats": "words", "factors": "words"})))


@given(HOSTILE.filter(bool), HOSTILE.filter(bool))
@example("```", "text")
@example("- a\n  ```\n\n## Metrics\n\n  ```", "~~~")
@example(" ```\nx\n   ```\n## Metrics\n```", "x")
@example("<!--", "<details>")
@example("x\n===", "> x\n> ---")
def test_no_text_forges_a_heading_a_tag_or_a_mark_or_swallows_what_follows(caveats: str, factors: str) -> None:
    assert structure(render(card({"caveats": caveats, "factors": factors}))) == PLAIN


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("<!-- /human -->", "", "broken or doubled|has no end|no section"),
        ("<!-- human section=caveats -->", "<!-- human section=metrics -->", "nobody writes a section 'metrics'"),
        ("<!-- human section=caveats -->", "<!-- human section=factors -->", "'factors' are broken or doubled"),
        ("<!-- human", "<!-- person", "no section that a person writes"),
    ],
)
def test_broken_marks_are_refused_in_words(before: str, after: str, message: str) -> None:
    broken = render(card()).replace(before, after)

    with pytest.raises(Invalid, match=message):
        parse_sections(broken.replace("## ", "") if "person" in after else broken)


def test_a_missing_end_never_swallows_the_next_section() -> None:
    cut = render(card({"factors": "one", "caveats": "two"})).replace("one\n<!-- /human -->", "one\n")

    with pytest.raises(Invalid, match="'factors' are broken"):
        parse_sections(cut)


def test_a_file_without_marks_is_read_by_its_headings() -> None:
    text = "# Our model\n\nHello.\n\n## Intended use\n\nTo rank.\n\n### Not\n\nTo judge.\n\n## caveats\n```\n## Factors\n```\n## Metrics\nno\n"

    assert parse_sections(text) == {
        "intended-use": "To rank.\n\n### Not\n\nTo judge.",
        "caveats": "```\n## Factors\n```",
    }


@pytest.mark.parametrize("text", ["Nothing here", "## Factors\na\n## factors\nb\n"])
def test_a_file_that_says_nothing_or_the_same_twice_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_sections(text)


def test_a_text_is_kept_with_our_ends_of_lines() -> None:
    assert tidy(" a\r\nb\rc\0 ") == "a\nb\nc\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "text", ["x" * 50_001, "x\n" * 2_001, "a\n<<<<<<< what is there now\nb", "a\n>>>>>>> yours\nb"]
)
def test_a_text_that_is_too_long_or_has_a_conflict_in_it_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        tidy(text)


@pytest.mark.parametrize("piece", ["```x\n", "`", "> ", "- ", "#", "&amp;", "=", "[", "**a ", "<!", "1)"])
def test_the_worst_text_takes_no_time(piece: str) -> None:
    text = (piece * 50_000)[:50_000]
    started = time.process_time()

    assert restored(escaped(text)) == text
    assert time.process_time() - started < 2
