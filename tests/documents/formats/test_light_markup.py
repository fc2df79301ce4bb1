"""reStructuredText, AsciiDoc and Org: headings and code as Markdown, and every other line as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.documents.conversion.converter_table import Request, run_converter
from groundwork.documents.formats.light_markup import as_markdown
from groundwork.markdown.blocks import blocks
from groundwork.settings.config_files import load

RST = """\
=============
Harbour Rules
=============

Berths
======

Boats moor bow first.

Visitors
~~~~~~~~

A visitor pays 12 crowns::

    pay --crowns 12

Fees
~~~~

.. code-block:: sh
   :linenos:

   harbour fees

   harbour pay

Charts
======

==== =====
Buoy Depth
==== =====
"""
ASCIIDOC = """\
= Harbour Rules
:toc:

== Berths

[source,sh]
----
harbour moor
== no heading
----

====
Moor bow first.
====

....
as it is
....

=== Fees
"""
ORG = """\
* Berths
Boats moor *bow* first.
** Visitors
#+BEGIN_SRC sh
* no headline
#+END_SRC
"""


def test_rst_sections_are_headings_by_the_order_of_their_marks() -> None:
    """A title with a line above it comes first here, so it is the top; tildes below a title open no code block."""
    markdown = as_markdown(RST, ".rst")
    headings = [line for line in markdown.splitlines() if line.startswith("#")]
    assert headings == ["# Harbour Rules", "## Berths", "### Visitors", "### Fees", "## Charts"]
    assert "~~~" not in markdown and "```sh\nharbour fees\n\nharbour pay\n```" in markdown
    assert "==== =====\nBuoy Depth\n==== =====" in markdown and "    pay --crowns 12" in markdown


def test_asciidoc_titles_and_blocks() -> None:
    """Dashes around code make no heading of it, what stands in code is no title, and frames go."""
    markdown = as_markdown(ASCIIDOC, ".adoc")
    assert [line for line in markdown.splitlines() if line.startswith("#")] == [
        "# Harbour Rules",
        "## Berths",
        "### Fees",
    ]
    assert "```sh\nharbour moor\n== no heading\n```" in markdown and "```\nas it is\n```" in markdown
    assert "====" not in markdown and "\nMoor bow first.\n" in markdown


def test_org_headlines_and_code() -> None:
    """Stars are levels; in code they are not."""
    assert as_markdown(ORG, ".org").splitlines() == [
        *("# Berths", "", "Boats moor *bow* first.", "## Visitors", "", "```sh", "* no headline", "```")
    ]


@pytest.mark.parametrize(
    "text", ["---\n", "a\n\n-----\n\nb\n", "  quoted\n  ~~~~~~\n", "....\n", "", "-\n-\n", "===\n===\n===\n"]
)
def test_lines_of_marks_alone_are_no_titles(text: str) -> None:
    """A transition, an indented block and marks without a title stay."""
    assert as_markdown(text, ".rst") == text


@pytest.mark.parametrize(("ending", "opened"), [(".adoc", "----\na"), (".org", "#+begin_src\na")])
def test_code_that_is_never_closed_is_closed_at_the_end(ending: str, opened: str) -> None:
    """Else the documents behind it would be code as well."""
    assert as_markdown(opened, ending) == "```\na\n```"


def test_other_text_stays_as_it_is() -> None:
    """Markdown and plain text are not read as any of them."""
    assert all(as_markdown(text, ending) == text for text in (RST, ASCIIDOC, ORG) for ending in (".md", ".txt", ".tex"))


def test_a_file_is_read_by_its_ending(tmp_path: Path) -> None:
    """The whole way: the section below tildes is prose, not code."""
    (tmp_path / "rules.rst").write_text(RST.replace("\n", "\r\n"))
    request = Request(source=str(tmp_path / "rules.rst"), ending=".rst", settings=load().ingest)
    (page,) = run_converter("plain", request).pages
    assert "### Visitors\n" in page and len([block for block in blocks(page) if block.kind == "code"]) <= 2
