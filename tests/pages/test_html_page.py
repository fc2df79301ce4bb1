"""The frame that every HTML page has, and the markup that escapes by itself."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from groundwork.installation import PACKAGE
from groundwork.pages.html_markup import Markup, join_markup, table, tag
from groundwork.pages.html_page import document_page, page_frame

NASTY = """<script>alert("x")</script> & 'y' {title}"""


def test_text_becomes_markup_only_escaped() -> None:
    """Children, attributes and cells that are plain text are escaped; markup stays as it is."""
    shown = tag("p", NASTY, [tag("b", NASTY)], (text for text in [NASTY]), title=NASTY, class_="a", data_n=None)
    assert "<script" not in shown and shown.count("&lt;script&gt;") == 4
    assert shown.startswith("<p title=") and '" class="a">' in shown and "<b>" in shown and "data-n" not in shown
    assert join_markup(["<", Markup("<br>"), 7]) == "&lt;<br>7"
    assert "<script" not in table([NASTY], [[NASTY]])


def test_each_cell_of_a_stacked_table_has_its_title() -> None:
    """On a narrow screen a row is read without the head: each cell holds its column's title, escaped, and its role."""
    shown = table(["Check", NASTY], [["worth", "7"], ["natural", "8"]], numbers=(1,), stacked=True)
    assert shown.count('data-title="Check"') == shown.count('data-title="&lt;script&gt;') == 2
    assert shown.count('role="cell"') == 4 and shown.count('role="row"') == 3
    assert "role" not in table(["Check"], [["worth"]]).replace('role="group"', "")


def test_an_element_without_content_is_not_closed() -> None:
    """`img` and `br` have no closing tag; all others do."""
    assert tag("img", src="data:,") == '<img src="data:,">' and tag("div") == "<div></div>"


def test_only_the_script_of_the_page_may_run() -> None:
    """The policy names that script by its hash; a page without one allows none, and nothing is fetched."""
    page = page_frame(NASTY, "p {}", tag("p", "text"), script="let a = 1 < 2;")
    allowed = re.findall(r"script-src 'sha256-([^']+)'", page)
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in script] == allowed
    plain = document_page(NASTY, "p {}", tag("p", "text"))
    assert "default-src 'none'" in plain and "script" not in re.sub(r"<title>.*?</title>", "", plain)


def test_a_document_follows_the_readers_system() -> None:
    """Its dark colours are those that the pages with a switch have, every one of them."""
    light, dark, followed = re.findall(r":root[^{]*\{(.*?)\n\}", document_page("t", ""), re.DOTALL)[:3]
    assert dark == followed and set(re.findall(r"--[\w-]+: #", dark)) == set(re.findall(r"--[\w-]+: #", light))


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_page_has_a_frame_or_a_palette_of_its_own(module: Path) -> None:
    """The doctype, the theme switch and colours of pages stand in pages/ alone."""
    if module.parent.name != "pages":
        text = module.read_text(encoding="utf-8")
        assert "<!doctype html>" not in text and "prefers-color-scheme" not in text
        assert not re.search(r"--[a-z]+: #[0-9a-f]{3}", text)
