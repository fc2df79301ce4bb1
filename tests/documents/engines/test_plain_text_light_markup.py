"""reStructuredText, AsciiDoc and Org: headings, code, notes, tables and links as Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.documents.conversion.converter_table import ConversionRequest, run_converter
from groundwork.documents.engines.plain_text import light_markup_to_markdown
from groundwork.markdown.blocks import blocks
from groundwork.settings.config_files import load
from tests.growth import LONG, steep

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
    markdown = light_markup_to_markdown(RST, ".rst")
    headings = [line for line in markdown.splitlines() if line.startswith("#")]
    assert headings == ["# Harbour Rules", "## Berths", "### Visitors", "### Fees", "## Charts"]
    assert "~~~" not in markdown and "```sh\nharbour fees\n\nharbour pay\n```" in markdown
    assert "| Buoy | Depth |" in markdown and "12 crowns:\n\n```\npay --crowns 12\n```" in markdown


def test_asciidoc_titles_and_blocks() -> None:
    """Dashes around code make no heading of it, what stands in code is no title, and frames go."""
    markdown = light_markup_to_markdown(ASCIIDOC, ".adoc")
    assert [line for line in markdown.splitlines() if line.startswith("#")] == [
        "# Harbour Rules",
        "## Berths",
        "### Fees",
    ]
    assert "```sh\nharbour moor\n== no heading\n```" in markdown and "```\nas it is\n```" in markdown
    assert "====" not in markdown and "\nMoor bow first.\n" in markdown


def test_org_headlines_and_code() -> None:
    """Stars are levels; in code they are not."""
    assert light_markup_to_markdown(ORG, ".org").splitlines() == [
        *("# Berths", "", "Boats moor *bow* first.", "## Visitors", "", "```sh", "* no headline", "```")
    ]


@pytest.mark.parametrize(
    "text", ["---\n", "a\n\n-----\n\nb\n", "  quoted\n  ~~~~~~\n", "....\n", "", "-\n-\n", "===\n===\n===\n"]
)
def test_lines_of_marks_alone_are_no_titles(text: str) -> None:
    """A transition, an indented block and marks without a title stay."""
    assert light_markup_to_markdown(text, ".rst") == text


@pytest.mark.parametrize(("ending", "opened"), [(".adoc", "----\na"), (".org", "#+begin_src\na")])
def test_code_that_is_never_closed_is_closed_at_the_end(ending: str, opened: str) -> None:
    """Else the documents behind it would be code as well."""
    assert light_markup_to_markdown(opened, ending) == "```\na\n```"


def test_other_text_stays_as_it_is() -> None:
    """Markdown and plain text are not read as any of them."""
    assert all(
        light_markup_to_markdown(text, ending) == text
        for text in (RST, ASCIIDOC, ORG)
        for ending in (".md", ".txt", ".tex")
    )


def test_a_file_is_read_by_its_ending(tmp_path: Path) -> None:
    """The whole way: the section below tildes is prose, not code."""
    (tmp_path / "rules.rst").write_text(RST.replace("\n", "\r\n"))
    request = ConversionRequest(source=str(tmp_path / "rules.rst"), ending=".rst", settings=load().ingest)
    (page,) = run_converter("plain", request).pages
    assert "### Visitors\n" in page and len([block for block in blocks(page) if block.kind == "code"]) <= 2


def _blocks(text: str, ending: str) -> list[str]:
    return [block.strip() for block in light_markup_to_markdown(text, ending).split("\n\n") if block.strip()]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (".. note:: Row.\n\n   Or swim.\n\nText", ["> **Note**\n>\n> Row.\n>\n> Or swim.", "Text"]),
        (".. versionadded:: 3.1\n   The gig.\n", ["> **Added in version 3.1**\n>\n> The gig."]),
        (".. _rules:\n\n.. a comment\n   of two lines\n\n.. contents::\n   :local:\n\nText", ["Text"]),
        (".. figure:: boat.png\n   :alt: Boat\n\n   A gig.\n", ["A gig."]),
        ("See ``x = 1``, :ref:`the rule <r>`, :pep:`8`, :func:`~a.b` and `Club <https://e.org>`_.",
         ["See `x = 1`, the rule, PEP 8, `a.b` and [Club](https://e.org)."]),
        ("The Club_ and `its rules`_, not x_1.\n\n.. _Club: https://e.org\n.. _its rules: https://e.org/r\n",
         ["The [Club](https://e.org) and [its rules](https://e.org/r), not x_1."]),
        ("Rent [#a]_.\n\n.. [#a] For a day,\n   or two.\n", ["Rent [^a].", "[^a]: For a day, or two."]),
        ("=====  =====\nClass  Crew\n=====  =====\nGig    six\n       rowers\nSkiff  two\n=====  =====\n",
         ["| Class | Crew |\n| --- | --- |\n| Gig | six rowers |\n| Skiff | two |"]),
        (".. list-table:: Boats\n   :header-rows: 1\n\n   * - Class\n     - Crew\n   * - Gig\n     - six\n       men",
         ["Boats", "| Class | Crew |\n| --- | --- |\n| Gig | six men |"]),
        (".. list-table::\n\n    *   - Class\n        - Crew\n    *   - Gig\n        - * six\n          - men\n",
         ["| Class | Crew |\n| --- | --- |\n| Gig | * six - men |"]),
        (".. list-table::\n\n   No list.\n", ["No list."]),
        (".. math:: a^2\n\nText", ["$$\na^2\n$$", "Text"]),
        (".. club:rule:: 7\n\n   Row.\n", ["7", "Row."]),
    ],
)  # fmt: skip
def test_rst_says_what_its_readers_see(text: str, read: list[str]) -> None:
    """Notes are quotes, tables tables, links links; labels and comments are gone, and no text of a directive is."""
    assert _blocks(text, ".rst") == read


GRID = """\
+---------------------+-------+
| Property            | Earth |
+=============+=======+=======+
| Temperature | least | -89   |
| in degrees  |       |       |
|             +-------+-------+
|             | most  | 57    |
+-------------+-------+-------+
| 高さ        | m     | 8848  |
+-------------+-------+-------+
"""


def test_a_grid_of_rst_is_a_table() -> None:
    """A cell that spans columns or rows stands in each of them; a letter as wide as two takes two columns."""
    table = """\
| Property | Property | Earth |
| --- | --- | --- |
| Temperature in degrees | least | -89 |
| Temperature in degrees | most | 57 |
| 高さ | m | 8848 |"""
    indented = "".join(f"   {line}" for line in GRID.splitlines(keepends=True))
    assert _blocks(f"Seen:\n\n{GRID}\nMore.", ".rst") == ["Seen:", table, "More."]
    assert _blocks(f".. table:: Seen\n\n{indented}", ".rst") == ["Seen", table]


@pytest.mark.parametrize("text", ["+ Oars\n+ Ropes", "| Row, row,\n| row your boat |", "+----+\n| Oars |\nRopes"])
def test_lists_and_lines_of_verse_are_no_grid(text: str) -> None:
    """A grid has a border above and below it."""
    assert light_markup_to_markdown(text, ".rst") == text


@pytest.mark.parametrize("border", ["", "+---+\n"])
def test_lines_of_a_grid_without_end_are_read_in_proportion(border: str) -> None:
    """They are not looked through again from each of them."""

    def read_rst(cells: str) -> str:
        return light_markup_to_markdown(border + cells.replace("\n", f"\n{border}") + "| end |", ".rst")

    assert not steep(read_rst, "cells", LONG)


def test_rst_numbers_what_it_leaves_to_be_numbered() -> None:
    """Items and footnotes; numbers that are said are left to those that say them."""
    items = "#. Oars\n#. Ropes\n\n   #. Long\n   #. Short\n#. Bow\n\nThen:\n\n3. Stern\n#. Cox"
    numbered = "1. Oars\n2. Ropes\n\n   1. Long\n   2. Short\n3. Bow\n\nThen:\n\n3. Stern\n4. Cox"
    assert light_markup_to_markdown(items, ".rst") == numbered
    notes = "Oars [#]_, ropes [1]_, bows [#]_ and sterns [*]_.\n\n.. [#] Two.\n.. [1] Four.\n.. [#] One.\n.. [*] None."
    read = light_markup_to_markdown(notes, ".rst")
    assert read.startswith("Oars [^2], ropes [^1], bows [^3] and sterns [^4].")
    assert all(note in read for note in ("[^2]: Two.", "[^1]: Four.", "[^3]: One.", "[^4]: None."))


def test_a_subtitle_of_rst_may_follow_at_once() -> None:
    """Below the line of its title, without a blank one between them."""
    assert _blocks("Rules\n=====\nOf 2024\n-------\n\nRow.", ".rst") == ["# Rules", "## Of 2024", "Row."]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("NOTE: Row on Sundays.\n\nText", ["> **Note**\n>\n> Row on Sundays.", "Text"]),
        ("[TIP]\n====\nRow.\n\nOr swim.\n====\nText", ["> **Tip**\n>\n> Row.\n>\n> Or swim.", "Text"]),
        ("= Boats\n:toc: left\n// a comment\n\n[#rent]\ninclude::x.adoc[]\nText", ["# Boats", "Text"]),
        ("////\nhidden\n////\nText", ["Text"]),
        (":club: https://e.org\n\nSee {club}[the club] and {other}.", ["See [the club](https://e.org) and {other}."]),
        ("https://e.org[Club^], link:r.html[rules], xref:b.adoc#g[gigs], <<oars,Oars>>, <<x>>, image:b.png[A boat].",
         ["[Club](https://e.org), [rules](r.html), gigs, Oars, x, A boat."]),
        ("* Gigs\n** Six rowers\n. First\n.. Second", ["- Gigs\n   - Six rowers\n1. First\n   1. Second"]),
        (".Boats\n[cols=\"1,2\"]\n|===\n|Class |Crew\n\n|Gig\n|six\n|===\nText",
         ["Boats", "| Class | Crew |\n| --- | --- |\n| Gig | six |", "Text"]),
    ],
)  # fmt: skip
def test_asciidoc_says_what_its_readers_see(text: str, read: list[str]) -> None:
    """Notes, tables, lists and links; attributes, comments and conditions are gone."""
    assert _blocks(text, ".adoc") == read


def test_org_says_what_its_readers_see() -> None:
    """Links, code and tables; keywords, drawers, comments, tags and planning are gone."""
    text = (
        "#+TITLE: Boats\n#+AUTHOR: Una\n* Rent :fees:\nSCHEDULED: <2026-05-01>\n:PROPERTIES:\n:ID: 7\n:END:\n# why?\n"
        "See [[https://e.org][the club]], [[file:rules.org]] and =oar --new=.\n\n"
        "| Class | Crew |\n|-------+------|\n| Gig | 6 |\n"
    )
    assert _blocks(text, ".org") == [
        "# Boats", "# Rent", "See [the club](https://e.org), rules.org and `oar --new`.",
        "| Class | Crew |\n|-------|------|\n| Gig | 6 |",
    ]  # fmt: skip
