"""Blocks, table rows and segments of Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwork.chunking.chunk_report import segments
from groundwork.markdown.blocks import blocks, plain_title
from groundwork.markdown.markdown_tables import table_rows

PIPE = "| a | b |\n|---|---|\n| 1 | 2 |\n"

GRID = "+---+---+\n| a | b |\n+===+===+\n| 1 | 2 |\n|   | 3 |\n+---+---+\n| 4 | 5 |\n+---+---+\n"


def kinds(text: str) -> list[str]:
    return [block.kind for block in blocks(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One\n\nText.\n", ["heading", "paragraph"]),
        ("One\n===\nText.\n", ["heading", "paragraph"]),
        ("**All bold**\n\nText.\n", ["heading", "paragraph"]),
        ("**Bold** and more.\n", ["paragraph"]),
        ("#no heading\n", ["paragraph"]),
        ("Text:\n" + PIPE, ["paragraph", "table"]),
        ("Text:\n" + GRID + "Text.\n", ["paragraph", "table", "paragraph"]),
        ("> " + GRID.replace("\n", "\n> ").rstrip("> "), ["table"]),
        ("+ an item\n+ an item\n", ["list"]),
        ("+----+\nno row\n", ["paragraph"]),
        ("a | b\n--|--\n1 | 2\n\nText.\n", ["table", "paragraph"]),
        ("> | a | b |\n> |---|---|\n> | 1 | 2 |\n", ["table"]),
        ("one | pipe in prose\n", ["paragraph"]),
        ("name,size,age\na,1,2\nb,3,4\n", ["table"]),
        ('name;size;age\n"a;b";1;2\nb;3;4\n', ["table"]),
        ("Apples, pears, plums.\nGrapes, nuts, figs.\nMore, of, it.\n", ["paragraph"]),
        ("```csv\na,b\n1,2\n```\n", ["table"]),
        ("<table><tr><td>a\n\nb</td></tr></table>\nText.\n", ["table", "paragraph"]),
        ("Text <table><tr><td><table></table></td></tr></table> text.\n", ["paragraph", "table", "paragraph"]),
        ("<table>\n<tr><td>never closed\n\nText.\n", ["table", "paragraph"]),
        ("```py\n# no heading\n\n| no | table |\n```\nText.\n", ["code", "paragraph"]),
        ("````\n```\n````\nText.\n", ["code", "paragraph"]),
        ("~~~\nnever closed\n\n# no heading\n", ["code"]),
        ("- item\n  ```sh\n  ls\n  ```\n- item\n", ["list", "code", "list"]),
        ("- item\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n\n- item\n", ["list", "table", "list"]),
        ("- a\n\n- b\n  - c\n\n    more of c\n\nText.\n", ["list", "paragraph"]),
        ("1.1. Rule.\n1.2. Rule.\n\n1.2.1. Rule.\n", ["list"]),
        ("> quoted\n> text\n", ["quote"]),
        ("$$\nx = y\n$$\n\nText.\n", ["formula", "paragraph"]),
        ("\\begin{align}\nx &= y\n\\end{align}\n", ["formula"]),
        ("$$ never closed\n\nText.\n", ["paragraph", "paragraph"]),
        ("Start ........ 3\nNext part .... 14\n\nText.\n", ["contents", "paragraph"]),
        ("Start … 3\n\nText … and more.\n", ["contents", "paragraph"]),
        ("- [A](#a)\n- [B](#b)\n", ["contents"]),
        ("- [A](#a)\n\n\nText.\n", ["contents", "paragraph"]),
        ("1. One\n\n  \n   more\n\na | b\n---|---\n1 | 2\n", ["list", "table"]),
        ("A1.2. One\n\nA1.3. Two\n\nB12 is a vitamin.\n", ["list", "paragraph"]),
        ("No bar above\n---|---\n1 | 2\n", ["paragraph"]),
        ("1. No bar\n|---|---|\n\nText.\n", ["paragraph", "paragraph", "paragraph"]),
        ("---\ntitle: x\n---\n\n# One\n", ["paragraph", "heading"]),
        ("\ufeff# One\r\n\r\nText.\r\n", ["heading", "paragraph"]),
        ("\n\n  \n", ["paragraph"]),
        ("", []),
    ],
)
def test_kinds(text: str, expected: list[str]) -> None:
    """Every way to write a block is read as that block."""
    assert kinds(text) == expected


@settings(max_examples=150)
@given(st.text(alphabet=st.sampled_from("ab1.:, \n\r\t#|-=`~>$<*_[]()\\…\ufeff中"), max_size=200))
def test_blocks_are_the_text(text: str) -> None:
    """Blocks follow one another without gap or overlap, whatever the text holds."""
    found = blocks(text)
    assert "".join(text[block.start : block.end] for block in found) == text
    assert all(block.start < block.end for block in found)


def test_breadcrumbs() -> None:
    """A heading holds until one of its level or above; the title of the contents does not hold behind them."""
    text = "# A\n\n## B `x`\n\nt\n\n### *C*\n\nt\n\n## [D](y)\n\nt\n\n## Contents\n\n- [A](#a)\n- [B](#b)\n\nText.\n"
    assert [block.headings for block in blocks(text) if block.kind != "heading"] == [
        ("A", "B x"),
        ("A", "B x", "C"),
        ("A", "D"),
        ("A", "Contents"),
        ("A",),
    ]


@pytest.mark.parametrize(
    ("table", "header", "data"),
    [
        ("Table 1\n\n" + PIPE, ["| a | b |", "|---|---|"], ["| 1 | 2 |"]),
        ("| a |\n| b |\n|---|\n| 1 |\n", ["| a |", "| b |", "|---|"], ["| 1 |"]),
        (
            "| a | b |\n|---|---|\n| **c** | **d** |\n| 1 | 2 |\n",
            ["| a | b |", "|---|---|", "| **c** | **d** |"],
            ["| 1 | 2 |"],
        ),
        ("| 1 |\n| 2 |\n", [], ["| 1 |", "| 2 |"]),
        ("a,b\n1,2\n3,4\n", ["a,b"], ["1,2", "3,4"]),
        (
            GRID,
            ["| a | b |\n+===+===+"],
            ["| 1 | 2 |\n|   | 3 |\n+---+---+", "| 4 | 5 |\n+---+---+"],
        ),
        (
            GRID.replace("=", "-").replace("|   |", "| 6 |"),
            [],
            ["| a | b |\n+---+---+", "| 1 | 2 |\n| 6 | 3 |\n+---+---+", "| 4 | 5 |\n+---+---+"],
        ),
        (
            "+---+---+\n| a | b |\n+---+---+\n| 1 | 2 |\n| 3 | 4 |\n+---+---+\n",
            ["| a | b |\n+---+---+"],
            ["| 1 | 2 |", "| 3 | 4 |\n+---+---+"],
        ),
        ("```csv\na,b\n1,2\n```\n", ["a,b"], ["1,2"]),
        ("<table><tr><th>a</th></tr><tr><td>1</td></tr></table>", ["<tr><th>a</th></tr>"], ["<tr><td>1</td></tr>"]),
        (
            "<table><thead><tr><td>a</td></tr><tr><td>b</td></tr></thead><tr><td>1<td>2<tr><td>3</table>",
            ["<tr><td>a</td></tr>", "<tr><td>b</td></tr>"],
            ["<tr><td>1<td>2", "<tr><td>3"],
        ),
        (
            "<table><thead><tr><td>a<td>b</thead><tbody><tr><td>1<td>2</table>",
            ["<tr><td>a<td>b</thead><tbody>"],
            ["<tr><td>1<td>2"],
        ),
        (
            "<table><tr><td><table><tr><td>x</td></tr></table></td></tr></table>",
            [],
            ["<tr><td><table><tr><td>x</td></tr></table></td></tr>"],
        ),
        (
            "<table><tr><th>a<tr><td>1</table><table><tr><th>b<tr><td>2</table>",
            ["<tr><th>a"],
            ["<tr><td>1", "<tr><th>b", "<tr><td>2"],
        ),
        (
            "+------------+---+\n| wire       | b |\n+============+===+\n| to +--+ it | 2 |\n+------------+---+\n",
            ["| wire       | b |\n+============+===+"],
            ["| to +--+ it | 2 |\n+------------+---+"],
        ),
        (
            "+---+---+---+\n| a | 1 | b |\n|   +---+   |\n|   | 2 |   |\n+---+---+---+\n",
            [],
            ["| a | 1 | b |\n|   +---+   |", "|   | 2 |   |\n+---+---+---+"],
        ),
    ],
)
def test_table_rows(table: str, header: list[str], data: list[str]) -> None:
    """Header rows and data rows are told apart in every way of writing a table; a nested table is part of its row."""
    rows = table_rows(table)
    assert [table[start:end].strip() for start, end in rows.header] == header
    assert [table[start:end].strip() for start, end in rows.data] == data


def test_segments() -> None:
    """A heading, a sentence, a list item and a whole table are segments; white space is none."""
    text = f"# Title\n\nOne. Two.\n\n- first\n- second\n\n{PIPE}\n```\nx\n```\n"
    assert [(segment.kind, text[segment.start : segment.end].split("\n")[0]) for segment in segments(text, "en")] == [
        ("heading", "# Title"),
        ("sentence", "One."),
        ("sentence", "Two."),
        ("sentence", "- first"),
        ("sentence", "- second"),
        ("table", "| a | b |"),
        ("code", "```"),
    ]


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("__inout_bcount_full(n)", "__inout_bcount_full(n)"),
        ("__deref__out", "__deref__out"),
        ("__init__ and max_length", "__init__ and max_length"),
        ("_Scoring_ and __more Rules__", "Scoring and more Rules"),
        ("**Bold** `code` [link](#a)", "Bold code link"),
    ],
)
def test_names_with_underscores_keep_them_in_titles(title: str, plain: str) -> None:
    assert plain_title(title) == plain
