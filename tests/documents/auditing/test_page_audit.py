"""The audit sees what a converter loses, glues, shuffles or says twice, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundwork.documents.auditing.page_audit import AuditReference, page_digits, page_words
from groundwork.documents.auditing.readability import readability

TEXT = """1.1. The game is played by five players on sand.
1.2. The field is 75 metres long, 25 metres wide and has two end zones.
1.3. A goal counts one point; the first team with 13 goals wins.
Half time comes at seven goals and lasts three minutes for both teams."""


def test_a_faithful_page_scores_one():
    """Headings, emphasis, tables and escapes are no loss."""
    markdown = TEXT.replace("1.1. The", "**1\\.1.** The").replace("1.3.", "# 1.3.")
    audit = AuditReference(TEXT).audit(markdown)
    assert (audit.words_kept, audit.numbers_kept, audit.glued, audit.repeated) == (1, 1, 0, 0)


def test_lost_and_changed_numbers_are_named():
    """A number that is gone, or that became another one, is named and lowers the score."""
    audit = AuditReference(TEXT).audit(TEXT.replace("75", "15").replace(" 13", ""))
    assert audit.lost_numbers == ["13", "75"]
    assert audit.numbers_kept < 0.8
    assert audit.text_kept < 0.9


def test_glued_words_are_seen():
    """Words that lost the space between them count as glued."""
    audit = AuditReference(TEXT).audit(TEXT.replace("played by five", "playedbyfive").replace("end zones", "endzones"))
    assert audit.glued > 0.03
    assert audit.words_kept < 0.95


def test_figures_along_the_axes_of_charts_are_not_said_twice():
    """Two panels with equal axes, read side by side: no word is there more often than the page holds it."""
    ticks = "0 20 40 60 80 100 120"
    layer = "\n".join(f"{tick}\n{tick}" for tick in ticks.split()) + "\nRain and wind by month"
    audit = AuditReference(layer).audit(f"{ticks}\n\n{ticks}\n\nRain and wind by month")
    assert (audit.words_kept, audit.repeated) == (1, 0)
    assert AuditReference(layer).audit(f"{ticks}\n\n{ticks}\n\n{ticks}\n\nRain and wind by month").repeated > 0


def test_a_repeated_passage_is_seen_and_a_repeating_text_is_not():
    """What is said twice lowers the score, unless the page itself says it twice."""
    twice = f"{TEXT}\n\n{TEXT}"
    assert AuditReference(TEXT).audit(twice).repeated > 0.3
    assert AuditReference(twice).audit(twice).repeated == 0


def test_shuffled_lines_lose_neighbours():
    """The same words in another order keep every word and lose pairs; the cells of a table lose none."""
    lines = TEXT.split("\n")
    audit = AuditReference(TEXT).audit("\n".join([lines[3], lines[1], lines[0], lines[2]]))
    assert audit.words_kept == 1
    assert audit.pairs_kept < 1
    cells = "| played | field |\n|---|---|\n| by five players | is 75 metres long |"
    assert AuditReference("played field by five is 75 players metres long").audit(cells).pairs_kept == 1


def test_a_number_alone_at_the_edge_of_a_page_is_its_label():
    """A page's label that is gone is no lost number; the same number within the page is one."""
    assert AuditReference(f"{TEXT}\n61").audit(TEXT).lost_numbers == []
    assert AuditReference(f"61 boats.\n{TEXT}").audit(TEXT).lost_numbers == ["61"]


def test_a_merged_cell_in_all_its_columns_is_not_said_twice():
    """Equal neighbours in a table are one cell, however long its text."""
    cell = "the same long head of two columns of this table"
    page = f"{cell}\n3 4"
    assert AuditReference(page).audit(f"| {cell} | {cell} |\n| --- | --- |\n| 3 | 4 |").repeated == 0


def test_hyphens_at_line_ends_are_no_difference():
    """A word broken at a line's end and the mended word are one word; so are ligatures and their letters."""
    assert page_words("the exam-\nple of ﬁelds") == page_words("the example of fields")


def test_numbers_keep_their_form():
    """10,000 and 1.2.3 and 18:00 are one number each; the dots of a contents page belong to none."""
    assert page_digits("10,000 in rule 1.2.3 at 18:00, see Fees ..... 12") == ["10,000", "1.2.3", "18:00", "12"]


@given(st.lists(st.sampled_from(["alpha", "beta", "12", "3.4", "gamma", "delta"]), min_size=1, max_size=60))
def test_text_keeps_itself(tokens):
    """Whatever the text: held against itself, nothing is lost, glued or repeated."""
    text = " ".join(tokens)
    audit = AuditReference(text).audit(text)
    assert (audit.words_kept, audit.numbers_kept, audit.glued, audit.repeated, audit.lost_numbers) == (1, 1, 0, 0, [])


def test_items_run_together_read_worse():
    """Numbered rules in one paragraph, and prose cut into table cells, lower readability."""
    reference = AuditReference(TEXT)
    apart = TEXT.replace("\n", "\n\n")
    assert readability(reference, apart) == 1
    assert readability(reference, TEXT.replace("\n", " ")) < 0.8
    cut = (
        "| 1.1. | The game is played by | five players on sand with two |\n|---|---|---|\n| end zones | and a | disc |"
    )
    assert readability(reference, cut) < 0.7
