"""Front matter of Markdown files: its title is read, the rest is no text of the document."""

from __future__ import annotations

import pytest

from groundwork.documents.formats.front_matter import with_front_matter_title

BODY = "## Mooring\n\nThe punt is moored at both ends.\n"


@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: Punts and poles\nlayout: page\ntags: [boats, 'poles']\n---\n",
        "---\ntitle: 'Punts and poles'\n...\n\n",
        '+++\ntitle = "Punts and poles"\ndraft = false\n+++\n\n',
        "\ufeff---\ntitle: |\n  Punts\n  and poles\n---  \n",
    ],
)
def test_the_title_becomes_the_first_heading(head: str) -> None:
    """YAML and TOML alike; whatever else stands there is left out."""
    assert with_front_matter_title(head + BODY) == f"# Punts and poles\n\n{BODY}"


def test_a_heading_that_is_there_stays_the_only_one() -> None:
    """Many files say their title twice."""
    assert (
        with_front_matter_title(f"---\ntitle: Punts\n---\n# All about punts\n\n{BODY}")
        == f"# All about punts\n\n{BODY}"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"---\n\n{BODY}\n---\nMore.\n",
        f"---\nPunts are flat. Poles are long.\n---\n{BODY}",
        f"---\ntitle: [unclosed\n---\n{BODY}",
        f"---\nwhen: 2026-02-31\n---\n{BODY}",
        "---\n" + "[" * 5_000 + "\n---\n",
        f"+++\nno toml\n+++\n{BODY}",
        "---\ntitle: never closed\n",
        "",
    ],
)
def test_what_is_no_front_matter_stays_text(text: str) -> None:
    """Rules between paragraphs, damaged and unclosed heads are kept whole."""
    assert with_front_matter_title(text) == text


def test_lines_for_the_generator_of_a_site_are_left_out() -> None:
    """Attributes of kramdown, tags of Liquid and shortcodes of Hugo tell a reader nothing; those shown in code stay."""
    code = "```\n{% raw %}\n{: .left }\n```\n"
    site = "# Punts\n{: .no_toc }\n\n* TOC\n{:toc}\n{% include head.html %}\n{{< note >}}\nPunts {: .b } float.\n"
    assert (
        with_front_matter_title(f"---\ntitle: Punts\n---\n{site}{code}") == f"# Punts\n\nPunts {{: .b }} float.\n{code}"
    )
    assert with_front_matter_title(site) == site


def test_tags_of_a_site_within_its_text_are_left_out() -> None:
    """Shortcodes, tags of Liquid and attributes in a line; a link keeps its words, and highlighted code is code."""
    page = (
        '---\ntitle: Punts\n---\nSince {{< new 0.1 />}}2024 [the rules]({{< ref "rules.md" >}}), [all]({% link a %}#x)'
        " and `{{< x >}}`.{: .wide}\n\n{% highlight ruby %}\n{{< y >}}\n{% endhighlight %}\n\n"
        '{{< highlight go "a=1" >}}\nx\n{{< /highlight >}}\n'
    )
    assert with_front_matter_title(page) == (
        "# Punts\n\nSince 2024 the rules, all and `{{< x >}}`.\n\n```ruby\n{{< y >}}\n```\n\n```go\nx\n```\n"
    )
    assert with_front_matter_title("Since {{< new-in 0.1 />}}2024.") == "Since {{< new-in 0.1 />}}2024."


def test_a_variable_of_the_front_matter_is_put_in() -> None:
    """A heading of Jekyll that names the title; what the front matter does not say stays."""
    page = "---\ntitle: The wheel\n---\n\n# {{ page.title }}\n\nBy {{ page.author }}.\n"
    assert with_front_matter_title(page) == "# The wheel\n\nBy {{ page.author }}.\n"
