"""What programs add to Markdown: notes are quotes, tabs items, links their words; code stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.documents.formats.markup.markdown_dialects import dialect_to_plain_markdown

NOTE = "> **Tip**\n>\n> Row on **Sundays**."


@pytest.mark.parametrize(
    "text",
    [
        "> [!TIP]\n> Row on **Sundays**.",
        "> [!tip]-\n> Row on **Sundays**.",
        ":::tip\n\nRow on **Sundays**.\n\n:::",
        ":::{tip}\n:class: wide\nRow on **Sundays**.\n:::",
        "```{tip}\nRow on **Sundays**.\n```",
        "!!! tip\n\n    Row on **Sundays**.",
        '??? tip inline end "Tip"\n    Row on **Sundays**.',
        ":::note[Tip]\nRow on **Sundays**.\n:::",
    ],
)
def test_notes_of_all_programs_are_quotes(text: str) -> None:
    """GitHub, Obsidian, Docusaurus, MyST with colons and with backticks, MkDocs; what follows is no part of them."""
    read = dialect_to_plain_markdown(f"Boats.\n{text}\n\nOars.", ".md")
    assert read.replace("Boats.\n>", "Boats.\n\n>").replace("\n>\n\nOars", "\n\nOars") == f"Boats.\n\n{NOTE}\n\nOars."


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("See [[Boats]], [[Boats|the boats]] and [[Boats#Gigs]].", "See Boats, the boats and Boats > Gigs."),
        ("![[map.png|300]]A map ![[Rules]] ^b15", "A map Rules"),
        ("As `[[x]]`, [[1]](https://e.org), [[ -f x ]].", "As `[[x]]`, [[1]](https://e.org), [[ -f x ]]."),
        ("## Rent {#rent}\n## Oars { .wide data-x='1' }", "## Rent\n## Oars"),
        ("(rule-7)=\n## Rule\n[TOC]\n--8<-- \"part.md\"\nText", "## Rule\nText"),
        ("See {ref}`rule 7 <rule-7>`, {math}`a^2` and {kbd}`Ctrl`.", "See rule 7, $a^2$ and `Ctrl`."),
        ("Row %%why?%% on :material-boat:{ .big } now", "Row  on  now"),
        ("A <!-- b --> c<!--\nd\n--> e <!-- f", "A  c\n e <!-- f"),
        ('=== "Linux"\n\n    Row.\n\n=== "Other"\n\n    Swim.', "- Linux:\n\n    Row.\n\n- Other:\n\n    Swim."),
        ("```{toctree}\nboats\noars\n```\nText", "Text"),
        ("```{code-block} python\n:linenos:\nx = 1\n```\nText", "```python\n:linenos:\nx = 1\n```\nText"),
        (":::{list-table} Boats\n:header-rows: 1\n* - Gig\n:::", "Boats\n\n* - Gig"),
        ("::: {.wide}\nText\n:::", "Text"),
        ('<div align="center">\n  <br/>\nText\n</div>', "\n\nText\n"),
        ("<details>\n<summary><b>Who pays?</b></summary>\nYou.\n</details>", "\nWho pays?\n\nYou.\n"),
        ("A <br> b\n<table><tr><td>d</td></tr></table>", "A <br> b\n<table><tr><td>d</td></tr></table>"),
    ],
)  # fmt: skip
def test_what_readers_do_not_see_is_left_out(text: str, read: str) -> None:
    """Links are their words; labels, attributes, comments, icons and tables of contents are gone."""
    assert dialect_to_plain_markdown(text, ".md") == read


def test_components_are_left_out_and_tabs_named() -> None:
    """Of MDX, also in a Markdown file of a site that imports them; its code stays."""
    text = (
        "import Tabs from '@theme/Tabs';\nexport const year = 2026;\n\n<Tabs>\n<TabItem value='l' label=\"Linux\">\n\n"
        "Use oars.\n\n</TabItem>\n</Tabs>\n\n{/* why? */}\n\n```jsx\nimport A from 'a';\n<Tabs/>\n```\n"
    )
    words = [line for line in dialect_to_plain_markdown(text, ".md").split("\n") if line]
    assert words == ["- Linux:", "Use oars.", "```jsx", "import A from 'a';", "<Tabs/>", "```"]
    assert "import A from 'a';" in dialect_to_plain_markdown("import A from 'a';", ".md")
    assert dialect_to_plain_markdown("import A from 'a';", ".mdx") == ""


def test_a_note_within_a_note_and_code_within_it() -> None:
    """Each on its level; a mark of the code ends nothing."""
    text = "::::note\n\nOne\n\n:::tip Two\n\n```\n:::\n```\n\n:::\n\n::::\n\nText"
    assert [line for line in dialect_to_plain_markdown(text, ".md").split("\n") if line.strip("> ")] == [
        "> **Note**", "> One", "> > **Two**", "> > ```", "> > :::", "> > ```", "Text"
    ]  # fmt: skip


WORDS = st.sampled_from(
    [
        "Boats.",
        "# Rent",
        "- oar",
        "    code",
        "```",
        "~~~",
        "> said",
        "| a | b |",
        "|---|---|",
        "",
        "1. a",
        "[x](y)",
        "*b* `c`",
        "$a$",
        "---",
    ]
)


@given(st.lists(WORDS, max_size=15))
def test_common_markdown_stays_as_it_is(lines: list[str]) -> None:
    """Nothing but what these programs add is changed."""
    text = "\n".join(lines)
    assert dialect_to_plain_markdown(text, ".md") == text
