"""Pages to one text: lines mended, joints made, spans kept, contents marked, headers gone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundwork.documents.repair.broken_lines import mend_broken_lines
from groundwork.documents.repair.outline_and_contents import OutlineEntry, is_contents, plain_contents, set_headings
from groundwork.documents.repair.page_joining import join_pages
from groundwork.markdown.running_page_lines import without_running


def test_a_sentence_over_a_page_end_is_one_paragraph():
    """A page that ends in mid-sentence and one that begins in lower case are joined by a space, a word without."""
    assert join_pages(["The disc is", "checked in."]).markdown == "The disc is checked in."
    assert join_pages(["An unusual exam-", "ple follows."]).markdown == "An unusual example follows."
    assert join_pages(["A well-known rule. It is well-", "known."]).markdown == "A well-known rule. It is well-known."


def test_what_is_finished_stays_apart():
    """A finished sentence, a heading or a numbered rule begins a new paragraph."""
    assert join_pages(["The end.", "then more"]).markdown == "The end.\n\nthen more"
    assert join_pages(["some words", "# Head"]).markdown == "some words\n\n# Head"
    assert join_pages(["some words", "1.2. Rule"]).markdown == "some words\n\n1.2. Rule"


def test_a_table_over_a_page_end_is_one_table():
    """The second part loses its repeated header and delimiter row; another header stays, as a row."""
    first = "| Rule | Penalty |\n|---|---|\n| 1 | 10 s |"
    assert join_pages([first, "| Rule | Penalty |\n|---|---|\n| 2 | 20 s |"]).markdown == f"{first}\n| 2 | 20 s |"
    assert (
        join_pages([first, "| 2 | 20 s |\n|---|---|\n| 3 | 30 s |"]).markdown == f"{first}\n| 2 | 20 s |\n| 3 | 30 s |"
    )


def test_a_table_over_several_pages_has_its_head_once():
    """The head is the first page's on each page that follows; rows that say the same as one before stay."""
    head = "| Port | Boats |\n|---|---|"
    parts = ["| Orrin | 4 |\n| Skerrow | 2 |", "| Quay | 3 |\n| Quay | 3 |", "| Quay | 3 |", "| Mole | 7 |"]
    assert join_pages([f"{head}\n{rows}" for rows in parts]).markdown == "\n".join([head, *parts])
    assert join_pages([f"{head}\n{parts[0]}", "| Skerrow | 2 |\n|---|---|\n| Mole | 7 |"]).markdown == "\n".join(
        [head, parts[0], "| Skerrow | 2 |", "| Mole | 7 |"]
    )
    caption = "Table 3. Boats of the ports"
    years = ["| Boats | Boats |\n|---|---|\n| 2030 | 2031 |\n| 4 | 5 |", "| 2030 | 2031 |\n|---|---|\n| 6 | 7 |"]
    assert join_pages(years).markdown == "Boats\n\n| 2030 | 2031 |\n|---|---|\n| 4 | 5 |\n| 6 | 7 |"
    captioned = [
        f"{caption}{note}\n\n{head}\n{rows}" for note, rows in zip(["", *[" (continued)"] * 2], parts[:3], strict=True)
    ]
    assert join_pages(captioned).markdown == "\n".join([f"{caption}\n\n{head}", *parts[:3]])


def test_notes_that_cut_a_table_in_two_stand_below_it():
    """Where the table goes on overleaf: with its head again, or rows of figures, and the notes' marks in it."""
    note, text = "1 Counted in spring.", "The list is read out twice a year."
    head, first, second = "| Port | Boats |\n|---|---|", "| Orrin1 | 31 |", "| Mole | 7 |"
    joined = f"{head}\n{first}\n{second}\n\n{note}\n\n{text}"
    assert join_pages([f"{head}\n{first}\n\n{note}", f"{head}\n{second}\n\n{text}"]).markdown == joined
    bare = f"{second}\n|---|---|"
    assert join_pages([f"{head}\n{first}\n\n{note}", f"{bare}\n\n{text}"]).markdown == joined
    for table, below in ((first.replace("1 |", " |", 1), bare), (first, bare.replace("7", "all"))):
        apart = [f"{head}\n{table}\n\n{note}", below]
        assert join_pages(apart).markdown == "\n\n".join(apart)


def test_a_listing_over_a_page_end_is_one_listing():
    text = join_pages(
        ["Call it so:\n\n```\nfor boat in fleet:\n```", "```\n    launch(boat)\n```\n\nThen wait."]
    ).markdown
    assert text == "Call it so:\n\n```\nfor boat in fleet:\n    launch(boat)\n```\n\nThen wait."


def test_a_table_over_a_page_end_repeats_no_head():
    """Heads of two rows and the caption, which the next page repeats with a remark, stand once in the one table."""
    heads = "| Rule | Penalty | Penalty |\n|---|---|---|\n| Rule | day | night |"
    first = f"Table 3. Penalties by day and by night\n\n{heads}\n| 1 | 10 s | 12 s |"
    again = f"Table 3. Penalties by day and by night (continued)\n\n{heads}\n| 2 | 20 s | 22 s |"
    assert join_pages([first, again]).markdown == f"{first}\n| 2 | 20 s | 22 s |"
    other = again.replace("Table 3.", "Table 4.")
    assert join_pages([first, other]).markdown == f"{first}\n\n{other}"


def test_rows_of_figures_are_no_contents():
    """Lines that end in rising numbers are no entries where another number stands before the last."""
    page = "\n".join(f"Port {name} 0.4{k} {k} {k + 1}" for k, name in enumerate("abcdefg"))
    assert plain_contents(page) == page


def test_lists_that_number_one_thing_and_years_of_a_life_are_no_contents():
    """One title before each number, and years without leaders, are no entries; years behind leaders are."""
    lots = "\n\n".join(f"Lot {k}" for k in range(14, 20))
    steps = [("Bachelor of Science", 2008), ("Master of Arts", 2010), ("Thesis", 2014), ("Chair", 2018), ("Dean", 2021)]
    life = "\n\n".join(f"{title} {year}" for title, year in steps)
    assert plain_contents(lots) == lots
    assert plain_contents(life) == life
    assert is_contents(plain_contents("\n\n".join(f"{title} ..... {year}" for title, year in steps)))


@given(st.lists(st.text(alphabet="ab .\n|#-", max_size=30), max_size=8))
def test_spans_partition_the_text(pages):
    """Whatever the pages: spans are in order, within the text, and an empty page has an empty span."""
    markdown, spans = join_pages(pages)
    position = 0
    for page, (start, end) in zip(pages, spans, strict=True):
        assert position <= start <= end <= len(markdown)
        if not page.strip():
            assert not markdown[start:end].strip()
        position = end


def test_tidy_makes_rules_paragraphs_and_joins_broken_lines():
    """Each numbered rule is a paragraph, a label glued to its text is freed, a wrapped line is joined."""
    assert mend_broken_lines("1.1. One\n1.2. Two lines\n(2) of it\n2.6.1.1.The tape") == (
        "1.1. One\n\n1.2. Two lines (2) of it\n\n2.6.1.1. The tape"
    )
    assert mend_broken_lines("text\n# Head\nmore") == "text\n\n# Head\n\nmore"
    assert mend_broken_lines("```\na\nb: (c)\n```") == "```\na\nb: (c)\n```"


def test_contents_take_one_form_and_are_no_headings():
    """Leaders of every kind become ` … `, entries lose their heading marks, and a page of them is contents."""
    page = mend_broken_lines(
        "## 1 Start ........ 2\n\n### 2 Teams . . . . . 3\n\n3 Play 4\n\n# 4 Score 7\n\n5 Fees ... 9\n\n6 End . 11"
    )
    plain = plain_contents(page)
    assert plain.split("\n\n") == [
        "1 Start … 2", "2 Teams … 3", "3 Play … 4", "4 Score … 7", "5 Fees … 9", "6 End … 11"
    ]  # fmt: skip
    assert is_contents(plain)
    assert not is_contents("The fee is due in 30\n\ndays, and the field has 75\n\nmetres.")


def test_running_lines_go_and_chapters_stay():
    """A title and a page number that run through the pages go, in Markdown and text; numbered headings stay."""
    bodies = [
        f"# Chapter {9 - 2 * n}\n\nText of {word}, and more." for n, word in enumerate(["one", "two", "three", "four"])
    ]
    pages = [f"Rules of Play\n\n{body}\n\nPage {n + 3}" for n, body in enumerate(bodies)]
    assert without_running(pages) == bodies


def test_the_outline_makes_headings():
    """A line that is an entry of the PDF's outline becomes a heading of its level; others go below it."""
    pages = ["# The Book\n\n1 First things\n\nText", "**1.1 Teams**\n\n# Loose\n\nText"]
    entries = [OutlineEntry(0, "1 First things", 1), OutlineEntry(1, "1.1 Teams", 2)]
    first, second = set_headings(pages, entries)
    assert first == "# The Book\n\n## 1 First things\n\nText"
    assert second == "### 1.1 Teams\n\n#### Loose\n\nText"


def test_a_sentence_passes_over_a_table_at_the_head_of_a_page():
    """What goes on below a table or a caption goes on with its sentence; the float stands after it."""
    above = "The boats are measured before the first race, and those that are heavier than the class allows"
    rest = "are weighed again on the second day, before the crews go out. The list is kept by the club."
    caption = "Table 2. The boats and their weights."
    below = f"{caption}\n\n| boat | kg |\n| --- | --- |\n| Mary | 61 |\n\n{rest}"
    assert join_pages([above, below]).markdown.startswith(f"{above} {rest}\n\n{caption}")
    ended = f"{above}."
    assert join_pages([ended, below]).markdown == f"{ended}\n\n{below}"
