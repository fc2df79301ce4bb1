"""The laws of chunking, on generated Markdown and on small cases that each show one rule."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundwork.markdown.blocks import blocks
from groundwork.markdown.markdown_tables import table_rows
from groundwork.records import Page
from tests.chunking.cutting import cut, small

WORDS = st.lists(
    st.sampled_from(
        [
            *(
                "the",
                "a",
                "disc",
                "field",
                "goal,",
                "thrower;",
                "pivot:",
                "(note)",
                "“quoted”",
                "**bold**",
                "Dr.",
                "e.g.",
            ),
            *("[rules](https://e.org/a_(b))", "[two words](x)", "10 000", "3.14", "$x + y$", "`a b`", "1.2.3", "naïve"),
            *("中文", "العربية", "🙂"),
        ]
    ),
    min_size=1,
    max_size=60,
).map(" ".join)
SENTENCE = WORDS.map(lambda words: words[0].upper() + words[1:] + ".")
PARAGRAPH = st.lists(SENTENCE, min_size=1, max_size=6).map(" ".join)
HEADING = st.tuples(st.integers(1, 4), WORDS).map(lambda pair: f"{'#' * pair[0]} {pair[1]}")
ROW = st.integers(0, 9999).map(lambda n: f"| row {n} | {n} | x |")
TABLE = st.lists(ROW, min_size=1, max_size=25).map(
    lambda rows: "\n".join(["| name | number | c |", "|---|---|---|", *rows])
)
CODE = st.lists(st.sampled_from(["x = 1", "", "# no heading", "| no | table |", "def f(): ..."]), max_size=30).map(
    lambda lines: "\n".join(["```python", *lines, "```"])
)
LIST = st.lists(SENTENCE, min_size=1, max_size=6).map(lambda items: "\n".join(f"- {item}" for item in items))
RULES = st.lists(SENTENCE, min_size=1, max_size=9).map(
    lambda items: "\n".join(f"1.{k}. {item}" for k, item in enumerate(items, 1))
)
MARKDOWN = st.lists(st.one_of(HEADING, PARAGRAPH, TABLE, CODE, LIST, RULES), max_size=8).map("\n\n".join)
ANYTHING = st.text(alphabet=st.sampled_from("ab.A1 \n\r\t#|-`~>$*_[]()<>:,\"'{}\\\x00\ufeffé中ع🙂\ud800"), max_size=400)


@settings(max_examples=50)
@given(st.one_of(MARKDOWN, ANYTHING, st.text(max_size=300)))
def test_slices_give_back_the_text(text: str) -> None:
    """The slices of the chunks, in order, are the whole text, and each chunk's text is what it says it is."""
    chunks = cut(text, small())
    assert "".join(text[chunk.start : chunk.end] for chunk in chunks) == text
    assert [chunk.start for chunk in chunks[1:]] == [chunk.end for chunk in chunks[:-1]]
    assert all(chunk.text == chunk.added + text[chunk.start : chunk.end] + chunk.closing for chunk in chunks)


@settings(max_examples=50)
@given(st.one_of(MARKDOWN, ANYTHING), st.sampled_from([0, 2]))
def test_no_chunk_is_over_the_limit(text: str, overlap: int) -> None:
    """Every chunk, with its additions, keeps to max_length, and says its length."""
    chunks = cut(text, small(overlap_sentences=overlap))
    assert all(chunk.length == len(chunk.text) <= 240 for chunk in chunks)


@settings(max_examples=40)
@given(MARKDOWN)
@example("# the\n\n" * 6 + "# the" + " the" * 27 + "\n\n```python\n" + "x = 1\n" * 12 + "```")
def test_tables_and_fences_under_the_limit_are_whole(text: str) -> None:
    """A table or fence that fits is in one chunk; of one that does not fit, no row and no line is cut."""
    chunks = cut(text, small())
    borders = {chunk.start for chunk in chunks}
    for block in blocks(text):
        if block.kind not in ("table", "code"):
            continue
        inside = [border for border in borders if block.start < border < block.end]
        assert not inside or block.end - block.start > 240
        assert all(text[border - 1] == "\n" for border in inside)


@settings(max_examples=40)
@given(MARKDOWN)
def test_words_links_numbers_and_formulas_are_whole(text: str) -> None:
    """No border falls into a word, a link, a number, a formula or inline code."""
    for chunk in cut(text, small()):
        left, right = text[max(0, chunk.start - 40) : chunk.start], text[chunk.start : chunk.start + 40]
        assert not (left[-1:].isalnum() and right[:1].isalnum() and left[-1:].isascii() and right[:1].isascii())
        for whole in ("[rules](https://e.org/a_(b))", "10 000", "3.14", "$x + y$", "`a b`", "1.2.3"):
            at = (left + right).find(whole)
            while at >= 0:
                assert not at < len(left) < at + len(whole), (left, right)
                at = (left + right).find(whole, at + 1)


def test_caption_goes_with_its_table_whole() -> None:
    """A caption stays whole with its table, though its number looks like a sentence's end, and with a line of units."""
    table = "| length | width |\n|---|---|\n" + "| 1234 | 5678 |\n" * 6
    prose = "Plain words here. " * 12
    for caption in ("Table 3. Sizes of the boats", "Table 3. Sizes of boats. Those of gigs are new.",
                    "TABLE A-2. Sizes of boats.\n\n(in metres)"):  # fmt: skip
        *_, last = cut(f"{prose}\n\n{caption}\n\n{table}", small())
        assert last.kind == "table"
        assert last.text.startswith(caption)


def test_captions_and_notes_below_go_with_their_tables_and_each_table_keeps_a_chunk() -> None:
    """A caption below a table is not that of the next one, a note stays with its table, and short text between tables
    joins the short one, so that no chunk holds all of them."""
    table = "| length | width |\n|---|---|\n" + "| 12 | 56 |\n" * 2
    prose = "Plain words. The boats are these:"
    sections = [f"{prose}\n\n{table}\nTable {k}. Sizes of boats of kind {k}" for k in range(5)]
    chunks = cut("\n\n".join(sections), small(min_length=110, max_length=1000))
    assert [chunk.text.count("|---|") for chunk in chunks] == [1] * 5
    assert [chunk.text.rstrip()[-6:] for chunk in chunks] == [f"kind {k}" for k in range(5)]
    noted = cut(f"{prose}\n\n{table}\n1 Without oars.\n\n{prose}\n\n{table}", small(min_length=70))
    assert [chunk.text.rstrip()[-6:] for chunk in noted] == [" oars.", "| 56 |"]


@pytest.mark.parametrize(
    ("line", "belongs"),
    [
        ("Source: the harbour office, 2025.", True),
        ("**Sources:** the harbour office; the pilots.", True),
        ("*Quelle*: Hafenamt, 2025", True),
        ("资料来源：港口办公室", True),
        ("Note: gigs without oars.", True),
        ("Sources of light stand on both piers.", False),
        ("Source:", False),  # the head of a list
        ("Note: " + "gigs are new, and some are without oars. " * 12, False),  # running text
    ],
)
def test_the_source_of_a_table_is_in_its_chunk(line: str, belongs: bool) -> None:
    table = "| length | width |\n|---|---|\n" + "| 12 | 56 |\n" * 2
    prose = "Plain words. The boats lie in pairs here. " * 3
    of_table = next(
        chunk for chunk in cut(f"{prose}\n\n{table}\n{line}\n\n{prose}", small(min_length=40)) if chunk.kind == "table"
    )
    assert (line.strip() in of_table.text) == belongs


@settings(max_examples=20)
@given(MARKDOWN)
def test_same_text_same_chunks(text: str) -> None:
    """Chunking is a function of text and settings, and all ids of a document differ."""
    chunks = cut(text, small())
    assert chunks == cut(text, small())
    assert len({chunk.id for chunk in chunks}) == len(chunks)


@settings(max_examples=20)
@given(MARKDOWN)
def test_chunks_are_not_cut_again(text: str) -> None:
    """Idempotent: the slice of a chunk of text, read as a document, is one chunk."""
    for chunk in cut(text, small()):
        if chunk.kind == "text" and not chunk.skip:
            assert len([part for part in cut(text[chunk.start : chunk.end], small()) if part.kind == "text"]) == 1


def test_ids_survive_changes_elsewhere() -> None:
    """A changed section leaves the ids of the other sections as they are; equal chunks get a suffix."""
    sections = [f"# Part {k}\n\n{'Some words here. ' * 12}{k}.\n\n" for k in range(6)]
    before = [chunk.id for chunk in cut("".join(sections), small())]
    after = [chunk.id for chunk in cut("".join(["# New\n\n" + "Fresh text. " * 14 + "\n\n", *sections[1:]]), small())]
    assert before[1:] == after[1:] and before[0] != after[0]
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n| one long cell | another long cell |\n\n"
    first, second = (chunk.id for chunk in cut(f"{table}{table}", small()))
    assert second == f"{first}-2"


def test_breaks_first_at_headings() -> None:
    """Of all places the heading is taken, though a later paragraph would fill the chunk better."""
    text = "Word one two. " * 10 + "\n\n# Next\n\n" + "Three four five. " * 4 + "\n\n" + "Six seven. " * 6
    assert cut(text, small())[1].text.startswith("# Next")


def test_heading_goes_with_what_follows() -> None:
    """No chunk ends in a heading: it moves to the next chunk, also when that is a table."""
    text = "Plain words here. " * 12 + "\n\n## Sizes\n\n### In metres\n\n| length | width |\n|---|---|\n| 1 | 2 |\n"
    chunks = cut(text, small())
    assert [chunk.kind for chunk in chunks] == ["text", "table"]
    assert chunks[1].text.startswith("## Sizes") and chunks[1].headings == ["Sizes", "In metres"]


@pytest.mark.parametrize(
    ("table", "header"),
    [
        ("| a | b |\n|---|---|\n" + "".join(f"| {k} | word {k} |\n" for k in range(60)), "| a | b |\n|---|---|\n"),
        ("a | b\n--- | ---\n" + "".join(f"{k} | word {k}\n" for k in range(60)), "a | b\n--- | ---\n"),
        (
            "| a | b |\n| x | y |\n|---|---|\n" + "".join(f"| {k} | {k} |\n" for k in range(60)),
            "| a | b |\n| x | y |\n",
        ),
        ("name,size,age\n" + "".join(f"n{k},{k},{k}\n" for k in range(60)), "name,size,age\n"),
        (
            "<table>\n<thead><tr><th>a</th></tr><tr><th>b</th></tr></thead>\n"
            + "".join(f"<tr><td>{k}</td></tr>\n" for k in range(60))
            + "</table>\n",
            "<table>\n<thead><tr><th>a</th></tr><tr><th>b</th></tr></thead>\n",
        ),
        (
            "+----+----+\n| a  | b  |\n+====+====+\n"
            + "".join(f"| {k:2} | {k:2} |\n|    | x  |\n+----+----+\n" for k in range(60)),
            "+----+----+\n| a  | b  |\n+====+====+\n",
        ),
        ("```csv\nname,size\n" + "".join(f"n{k},{k}\n" for k in range(60)) + "```\n", "```csv\nname,size\n"),
    ],
)
def test_split_table_repeats_its_header(table: str, header: str) -> None:
    """A table over the limit is cut between rows and every part carries all header rows; each row is in one part."""
    chunks = cut(table, small())
    assert len(chunks) > 1 and {chunk.kind for chunk in chunks} == {"table"}
    assert all(chunk.text.startswith(header) for chunk in chunks)
    assert "".join(table[chunk.start : chunk.end] for chunk in chunks) == table
    rows = [chunk.text[a:b].strip() for chunk in chunks for a, b in table_rows(chunk.text).data]
    assert len(rows) == 60 and len(set(rows)) == 60


def test_split_fence_repeats_fence_and_language() -> None:
    """A fence over the limit is cut between lines; each part opens with its language and is closed."""
    text = "```python\n" + "".join(f"value_{k} = {k}\n" for k in range(60)) + "```\n"
    chunks = cut(text, small())
    assert len(chunks) > 1
    assert all(chunk.text.startswith("```python\n") and chunk.text.endswith("```\n") for chunk in chunks)
    assert all(chunk.text.count("```") == 2 for chunk in chunks)


def test_numbered_rules_stay_whole() -> None:
    """Text is cut in front of a numbered rule, never inside one that fits."""
    text = "\n".join(f"1.{k}. The player must do thing {k}. Then comes 2.5 more. It ends." for k in range(1, 30))
    assert all(chunk.text.startswith("1.") for chunk in cut(text, small()))


def test_short_tail_joins_its_neighbour() -> None:
    """Enough is left for the last chunk to reach the minimum."""
    text = "Some words in a row. " * 12
    chunks = cut(text, small())
    assert len(chunks) == 2 and all(60 <= chunk.length <= 240 for chunk in chunks)


def test_overlap_is_marked_as_added() -> None:
    """Overlapping sentences stand in `added`; the slices still do not overlap."""
    text = " ".join(f"This is sentence number {k}." for k in range(30))
    chunks = cut(text, small(overlap_sentences=1))
    assert chunks[0].added == "" and all(chunk.added.startswith("This is sentence") for chunk in chunks[1:])
    assert all(text[: chunk.start].endswith(chunk.added) for chunk in chunks)


def test_no_run_of_short_chunks() -> None:
    """What stands between tables joins its neighbours, and short tables take what they need of the text beside them."""
    table = "| size | oars |\n|---|---|\n| 4 | 8 |\n\n"
    prose = "A crew rows on the lake. " * 12 + "\n\n"
    text = f"{prose}{table}Only this.\n\n{table}And that.\n\n{table}{prose}"
    chunks = cut(text, small())
    assert all(chunk.length >= 60 for chunk in chunks)
    assert [chunk.kind for chunk in chunks].count("text") == 4 and "".join(c.text for c in chunks) == text


SHORT_TABLE = "| name | number | c |\n|---|---|---|\n| row 0 | 0 | x |"
NEXT_TABLE_TAKES_THE_END = "\n\n".join(
    [
        "#### the\n\n# the disc\n\n# the disc",
        "## " + "the " * 24 + "disc thrower; thrower; [rules](https://e.org/a_(b))",
        SHORT_TABLE,
        "# the",
        "The " + "the " * 12 + "[rules](https://e.org/a_(b)). The the the the the. The the the the "
        "[rules](https://e.org/a_(b)). The the the the the the the.",
        SHORT_TABLE,
    ]
)
LONG_SENTENCES = ("The " + "the " * 18 + "end. ") * 4  # no sentence ends where the short table looks for one


@settings(max_examples=50)
@given(MARKDOWN)
@example(NEXT_TABLE_TAKES_THE_END)
@example(f"{LONG_SENTENCES}\n\n{SHORT_TABLE}\n\n{LONG_SENTENCES}")
@example(f"{'word ' * 50}\n\n{SHORT_TABLE}")
def test_a_short_chunk_fits_into_neither_neighbour(text: str) -> None:
    """No chunk below the minimum could have joined the one before or behind without passing the maximum."""
    chunks = cut(text, small())
    for first, second in pairwise(chunks):
        if not first.skip and not second.skip and min(first.length, second.length) < 60:
            assert first.length + second.length > 240 or first.added or second.added


def test_fences_stay_in_their_prose() -> None:
    """A fence is in the chunk of the sentence that leads to it; only one above the maximum is a chunk of its own."""
    step = "Type this to go on, and wait until the prompt is back again:\n\n```sh\nmake all\n```\n\n"
    chunks = cut(step * 6, small())
    assert {chunk.kind for chunk in chunks} == {"text"} and all(chunk.text.startswith("Type") for chunk in chunks)
    long = "```sh\n" + "make all # and wait\n" * 20 + "```\n"
    assert [chunk.kind for chunk in cut(step * 3 + long, small())][-1] == "code"


def test_table_chunk_has_the_headings_of_its_table() -> None:
    """A chunk that begins with text of the section before is still found under its table's headings."""
    text = f"# One\n\n{'Plain words here. ' * 12}\n\n# Two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    last = cut(text, small())[-1]
    assert last.kind == "table" and last.length >= 60 and last.headings == ["Two"]


def test_pages_are_those_that_a_chunk_touches() -> None:
    """Pages come from the document's page offsets."""
    text = "Page one text.\n\nPage two text.\n\n"
    pages = [
        Page(number=1, start=0, end=16, converter="layout"),
        Page(number=2, start=16, end=32, converter="layout"),
    ]
    assert cut(text, pages=msgspec.to_builtins(pages))[0].pages == [1, 2]
