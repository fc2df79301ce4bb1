"""Lines to Markdown: paragraphs, lists, headings, code, tables and columns, by where the text stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.layout.heading_styles_and_footnotes import HeadingStyles, footnote_range
from groundwork.documents.layout.markdown_paragraphs import MarkdownWriter
from groundwork.documents.layout.page_columns import page_parts
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.documents.layout.text_runs_and_lines import Box, Line, Run, item_label, to_lines, to_run
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords
from tests.documents.layout.conftest import Drawn

WIDE = "The skiffs of the league are rowed by four people and steered by one"


def run(x: float, y: float, text: str, size: float = 10, *, bold: bool = False, mono: bool = False) -> Run:
    """A run at five points a letter, as a font of size 10 has it."""
    width = len(text) * size / 2
    font = "Mono" if mono else "Serif"
    letter = size / 2
    starts = [m.start() for m in re.finditer(r"\S+", text)]
    words = tuple(Box(x + letter * at, y, x + letter * (at + len(word)), y + size, word)
                  for at, word in zip(starts, text.split(), strict=True))  # fmt: skip
    return Run(x, y, x + width, y + size, text, size, font, bold, mono, words)


def read(runs: Sequence[Run], others: Sequence[Run] = ()) -> str:
    """The runs of a page as Markdown; `others` are those of the page after it."""
    pages = [to_lines(list(runs)), to_lines(list(others))]
    return MarkdownWriter(pages[0], HeadingStyles([page for page in pages if page])).markdown()


def body(y: float, *lines: str, x: float = 50) -> list[Run]:
    return [run(x, y + 12 * i, line) for i, line in enumerate(lines)]


def test_a_line_that_is_full_goes_on():
    """Where the next word had no room, the paragraph goes on; where it had, the next one begins."""
    text = read(body(0, WIDE, "and nobody else. The cox may change.", "Another paragraph stands below it."))
    assert text == f"{WIDE} and nobody else. The cox may change.\n\nAnother paragraph stands below it."


def test_items_are_paragraphs_and_bullets_a_list():
    """Numbered items stand apart, bullets together, and what hangs under an item belongs to it."""
    runs = [
        *body(0, "1.1 " + WIDE),
        *body(12, "whatever their age.", x=70),
        *body(24, "1.2 A club may enter two."),
        run(60, 36, "•"), run(90, 36, "one oar"), run(60, 48, "•"), run(90, 48, "two oars"),
    ]  # fmt: skip
    assert read(runs) == f"1.1 {WIDE} whatever their age.\n\n1.2 A club may enter two.\n\n- one oar\n- two oars"


@pytest.mark.parametrize(
    ("x", "first", "second", "is_item"),
    [
        (90, WIDE, "and nobody else", True),
        (90, WIDE, "(of any age)", True),
        (90, f"{WIDE}.", "(of any age)", False),  # a sentence that ends
        (60, WIDE, "and nobody else", False),  # below the bullet
        (90, "The skiffs of the league", "and nobody else", False),  # there was room for it
    ],
)
def test_items_of_slides_go_on_further_below(x: float, first: str, second: str, is_item: bool) -> None:
    """Where lines of a slide lie further apart than those of others, what hangs below an item's text is of it."""
    lines = [*body(0, *[WIDE] * 9), run(60, 200, "•"), run(90, 200, first), run(x, 220, second)]
    assert (f"- {first} {second}" in read(lines)) == is_item


def test_a_number_in_mid_sentence_is_no_item():
    """A wrapped line that begins with a number in brackets goes on with its rule."""
    runs = [*body(0, "1.1 " + WIDE + " from"), *body(12, "(2) clubs.", x=70)]
    assert read(runs).endswith("from (2) clubs.")


def test_columns_are_read_one_after_the_other():
    """Two lists side by side are two lists, each under its heading."""
    left, right = ["• a bailer of five litres", "• a floating line"], ["• an engine of 15 kW", "• a first-aid kit"]
    runs = [
        *body(0, WIDE, WIDE), run(50, 40, "In a skiff", bold=True), run(250, 40, "In a boat", bold=True),
        *body(54, *left), *body(54, *right, x=250),
    ]  # fmt: skip
    assert read(runs).endswith(
        "## In a skiff\n\n- a bailer of five litres\n- a floating line\n\n"
        "## In a boat\n\n- an engine of 15 kW\n- a first-aid kit"
    )


def test_running_text_in_two_columns_is_no_table():
    """Sentences that cross the rows show columns of text: the left one is read to its end first."""
    left = ["The first column has a long", "sentence that goes on and on", "until it ends at last, which", "is here."]
    right = [
        "The second column begins at",
        "the top of the page again and",
        "is read when the first one is",
        "at its end.",
    ]
    markdown = read([*body(0, *left, *left), *body(0, *right, *right, x=250)])
    assert markdown.index("is here.") < markdown.index("The second column")
    assert "|" not in markdown


def test_short_cells_in_columns_are_a_table():
    """Rows of words far apart are a table, whose first row is its header."""
    rows = [("Club", "Code", "Skiffs"), ("Port Ellary", "PEL", "4"), ("Tarn Quay", "TNQ", "3")]
    runs = [run(x, 12 * i, cell) for i, row in enumerate(rows) for x, cell in zip((50, 200, 300), row, strict=True)]
    assert read(runs).split("\n") == [
        "| Club | Code | Skiffs |", "| --- | --- | --- |", "| Port Ellary | PEL | 4 |", "| Tarn Quay | TNQ | 3 |"
    ]  # fmt: skip


def test_code_keeps_its_lines_and_indents():
    """Lines of a typewriter's font are fenced as they stand, so that a comment is no heading."""
    code = [run(60, 40, "# build", mono=True), run(60, 52, "if ready:", mono=True), run(80, 64, "go()", mono=True)]
    assert read([*body(0, WIDE, "as follows."), *code]).endswith("```\n# build\nif ready:\n    go()\n```")


def test_levels_are_the_document_s():
    """Sizes that come on several pages are levels; the largest, on one page only, is the title's."""
    title = [run(50, 0, "Handbook", 24, bold=True)]
    first = [run(50, 40, "1 Racing", 16, bold=True), run(50, 60, "1.1 Start", 12, bold=True), *body(80, WIDE, WIDE)]
    other = [run(50, 0, "2 Safety", 16, bold=True), run(50, 20, "2.1 Wind", 12, bold=True), *body(40, WIDE, WIDE)]
    pages = [to_lines(runs) for runs in ([*title, *first], other, body(0, WIDE, WIDE), body(0, WIDE))]
    found = [MarkdownWriter(page, HeadingStyles(pages)).markdown() for page in pages]
    assert found[0].startswith("# Handbook\n\n## 1 Racing\n\n### 1.1 Start\n\n")
    assert found[1].startswith("## 2 Safety\n\n### 2.1 Wind\n\n")


def test_a_title_that_recurs_is_that_of_a_box():
    """A bold line that comes back again and again names a kind of box and no section."""
    runs = [r for i in range(5) for r in (run(50, 60 * i, "Note", bold=True), *body(60 * i + 20, WIDE))]
    assert "#" not in read(runs)


@pytest.mark.parametrize(
    ("text", "found"),
    [("3.2.1 A junior", "3.2.1"), ("A12. Calls", "A12."), ("E 1.2. For", "E 1.2."), ("(a) Five", "(a)"),
     ("b. Adapter", "b."), ("iv. a notice", "iv."), ("• one", "•"), ("B2.1.10.Great", "B2.1.10."),
     ("13 goals", ""), ("7.10, 7.11", ""), ("the end.", ""), ("2.5 m wide", "2.5")],
)  # fmt: skip
def test_labels(text, found):
    """Numbers with dots, letters with a dot or brackets, and bullets begin an item."""
    assert item_label(text) == found


def test_hyphens_go_or_stay_by_the_document():
    """A word that the document writes in one is mended, one that it writes with a hyphen keeps it."""
    words = DocumentWords(["nobody tells anybody", "an out-of-bounds area", "the non-playing team", "disputed calls"])
    assert words.join("if any-", "body asks") == "if anybody asks"
    assert words.join("the out-of-", "bounds area") == "the out-of-bounds area"
    assert words.join("the non-", "disputed one") == "the non-disputed one"
    assert words.join("a measure-", "ment") == "a measurement"
    assert words.join("2025-", "01-01") == "2025-01-01"
    assert (
        words.mend("if any- body is out-of- bounds, pre- and post-war")
        == "if anybody is out-of-bounds, pre- and post-war"
    )


def test_a_compound_is_parted_at_its_own_hyphens_and_within_its_parts() -> None:
    words = DocumentWords(["a theme park of the state", "Spanish names"])
    assert words.join("a state-of-the-", "theme ride") == "a state-of-the-theme ride"
    assert words.join("a Spanish-speak-", "ing pilot") == "a Spanish-speaking pilot"


def test_a_hyphen_before_a_conjunction_stays(
    drawn: Callable[[Callable[[Canvas], None]], Drawn],
) -> None:
    """At a line's end too, in our reading and in the text layer that it is held against."""
    lines = ["The ferry has run in all pre-", "and post-war years, und die Vor-", "und Nachteile sind be-", "kannt."]

    def draw(canvas: Canvas) -> None:
        for k, line in enumerate(lines):
            canvas.drawString(72, 740 - 12 * k, line)

    page = drawn(draw)
    assert page.markdown == "The ferry has run in all pre- and post-war years, und die Vor- und Nachteile sind bekannt."
    assert page.audit.text_kept == 1
    assert "Vor- und Nachteile" in page.layer.pages[0]


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("paging in 5-", "level tables", "paging in 5-level tables"),
        ("the 1-", "Touch keys", "the 1-Touch keys"),
        ("the 4-", "and 5-level tables", "the 4- and 5-level tables"),
        ("from 2-", "to 3-day trips", "from 2- to 3-day trips"),
        ("in 2005–", "the year of", "in 2005– the year of"),
    ],
)
def test_a_number_and_its_unit_keep_their_hyphen(above: str, below: str, joined: str) -> None:
    assert DocumentWords([]).join(above, below) == joined


def test_a_word_that_ends_like_a_conjunction_is_one() -> None:
    words = DocumentWords(["the husband of the captain"])
    assert words.join("the husb-", "and of the pilot") == "the husband of the pilot"


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("a model-", "based grader", "a model-based grader"),
        ("for low-", "grained maps", "for low-grained maps"),
        ("in a sub-", "tegration of", "in a subtegration of"),
        ("the pre-", "vious one", "the previous one"),
    ],
)
def test_hyphens_stay_where_the_document_writes_words_alike(above, below, joined):
    """A word keeps its hyphen where others of the document begin or end so; what a line's end parts tells nothing."""
    words = DocumentWords(["a rule-based and a fine-grained model at low water", "pre-war maps of the ob-", "vious in-",
                           "tegration into sub-groups"])  # fmt: skip
    assert words.join(above, below) == joined


def test_boxes_take_the_spelling_of_the_text_layer():
    """Spaces put into numbers and lost between words are mended, quotes come back, raised figures stay."""
    speller = Speller("A11. The “toss” of 2025-01-01\nis fair. Use common sense13 . See libz.so.1. 17\n")
    assert speller.spell("A 1 1.") == "A11."
    assert speller.spell('The "toss" of 2025-0 1-0 1') == "The “toss” of 2025-01-01"
    assert speller.spell("isfair. Use") == "is fair. Use"
    assert speller.spell("common sense13.") == "common sense13."
    assert speller.spell("See libz.so.1.17") == "See libz.so.1. 17"
    assert speller.spell("not there") == "not there"


@pytest.mark.parametrize("mark", ["1 ", "∗", "‡ "])
def test_notes_at_the_foot_are_told_apart(mark):
    """Notes in small letters with a mark end a page; a running footer below them does not belong to them."""
    lines = to_lines([
        *body(0, WIDE, "and the race goes on."), run(50, 40, f"{mark}As the league has it.", size=8),
        run(50, 50, "2 And the club.", size=8), run(50, 90, "Page 7 of the handbook", size=8),
    ])  # fmt: skip
    styles = HeadingStyles([lines, to_lines(body(0, WIDE, WIDE, WIDE))])
    assert footnote_range(lines, styles) == (2, 4)
    assert footnote_range(lines[:2], styles) == (2, 2)


def test_rows_in_small_letters_are_no_notes():
    """Figures beside a mark and a word are a row of a table."""
    rows = [[run(50, 40 + 10 * k, f"{k + 1} g", size=8), run(150, 40 + 10 * k, "922", size=8)] for k in range(3)]
    lines = to_lines([*body(0, WIDE, "and the race goes on."), *rows[0], *rows[1], *rows[2]])
    assert footnote_range(lines, HeadingStyles([lines, to_lines(body(0, WIDE, WIDE, WIDE))]))[0] == len(lines)


def test_a_heading_goes_on_in_another_font():
    """A heading whose last word is parted by the line's end is one, though a name in it has a font of its own."""
    first = run(50, 0, "Fields of the entry: crews, Sub-", size=14, bold=True)
    second = run(50, 17, "stitutes", size=14, bold=True)._replace(font="Mono")
    assert read([first, second, *body(60, WIDE, WIDE)]).startswith("# Fields of the entry: crews, Substitutes\n")


def test_an_address_in_a_typewriter_s_font_is_no_code():
    """A link or a mail address that has a line of its own belongs to the text around it."""
    lines = [run(60, 40, "https://boats.example/harbour", mono=True), run(60, 52, "pilot@boats.example", mono=True)]
    assert "```" not in read([*body(0, WIDE, "as follows."), *lines])


def test_a_program_in_another_font_is_code():
    """Lines that read as a program are fenced, though no typewriter's font says so; a formula is not."""
    program = ["func row(skiff Skiff) {", "oars := skiff.Oars", "return", "}"]
    formula = ["f(x) = (a + b)", "g(x) = (a - b)", "h(x) = f(x)"]
    code, formulas = (
        read(
            [*body(0, WIDE, WIDE), *(run(50, 30 + 12 * i, line)._replace(font="Sans") for i, line in enumerate(lines))]
        )
        for lines in (program, formula)
    )
    assert code.endswith("```\nfunc row(skiff Skiff) {\noars := skiff.Oars\nreturn\n}\n```")
    assert "```" not in formulas


def test_a_page_number_beside_columns_is_read_at_the_edge():
    """The number at the head or the foot of a page stands before or after its columns, not at the head of one."""
    rows = ["the oars of a skiff are held by", "rowers who look back at the cox", "and the cox looks ahead to see",
            "what comes, and calls the strokes", "for the crew, as the rules have it"]  # fmt: skip
    columns = [cell for i, row in enumerate(rows) for cell in (run(50, 30 + 12 * i, row), run(300, 30 + 12 * i, row))]
    for number in ("61", "Page 11 of 15"):
        head = [run(50, 0, "The handbook"), run(440, 0, number)]
        first, *_ = page_parts([*head, *columns], [])
        assert [run.text for run in first.runs] == ["The handbook", number]
    *_, last = page_parts([*columns, run(300, 200, "– 7 –")], [])
    assert [run.text for run in last.runs] == ["– 7 –"]


def test_a_tall_sign_does_not_part_lines():
    """Where one sign's font reaches far below its line, the line stands where its words do."""
    word = SimpleNamespace(text="word", x=50, y=10, width=20, height=10)
    item = SimpleNamespace(text="word word ∈", x=50, y=10, width=60, height=19, words=[word, word],
                           font_name="Serif", font_weight=400)  # fmt: skip
    tall = to_run(item, 10, Speller("word word ∈"))
    assert tall and (tall.y1, tall.y2) == (10, 20)


def test_a_formula_without_boxes_of_its_own_has_a_word():
    """An engine that writes a formula into a text gives no box for it; it stays in the words of tables."""
    word = SimpleNamespace(text="of", x=50, y=10, width=20, height=10)
    item = SimpleNamespace(text=r"of $(\kappa _{1}, 2)$ rows", x=50, y=10, width=130, height=10, words=[word],
                           font_name="Serif", font_weight=400)  # fmt: skip
    made = to_run(item, 10, Speller("of rows"))
    assert made and [word.text for word in made.words] == ["of", r"$(\kappa _{1}, 2)$", "rows"]


def test_double_spaced_lines_are_one_paragraph() -> None:
    """Lines with one left free between them are paragraphs where a line ends early, not by their distance."""
    full = "which the harbour office reads out to the crews in April"
    lines = [Line(27.0 * k + 12, [Run(50, 27.0 * k, 550, 27.0 * k + 12, full, 12.0)]) for k in range(6)]
    lines.append(Line(174.0, [Run(50, 162, 150, 174, "before the lots.", 12.0)]))
    lines.append(Line(201.0, [Run(86, 189, 550, 201, "In May the moorings are let", 12.0)]))
    assert (
        MarkdownWriter(lines, HeadingStyles([lines])).markdown()
        == f"{' '.join([full] * 6)} before the lots.\n\nIn May the moorings are let"
    )
    links = [
        Line(27.0 * k + 12, [Run(50, 27.0 * k, 110, 27.0 * k + 12, f"{name}.org", 12.0)])
        for k, name in enumerate("abcde")
    ]
    assert MarkdownWriter(links, HeadingStyles([links]), (50, 550)).markdown().count("\n\n") == 4


@pytest.mark.parametrize(("below", "joined"), [("or", True), ("Or", False)])
def test_full_lines_of_a_sentence_stand_apart(below: str, joined: bool) -> None:
    """A tall formula pushes lines apart, and a part may be double-spaced: full lines of one sentence are one paragraph
    all the same; a new sentence there is a new one."""
    first = "The ∑ and skiffs of the league are rowed by four and steered by one"
    runs = [*body(0, WIDE, "or by two. Few do it."), *body(40, first), *body(59, f"{below} {WIDE[4:]}", "and no more.")]
    assert (len(read(runs).split("\n\n")) == 2) == joined


def test_a_formula_does_not_move_its_line() -> None:
    """A line stands where its letters do, however far a formula reaches and however long it is when written out."""
    formula = r"$\mathcal{R}:\mathbb{R}^{d_{1}\times d_{2}}\to \mathbb{R}_{+}$"
    runs = [Run(50, 100, 150, 110, "the norm that we use", 10.0, "CMR10"), Run(153, 100, 230, 117, formula, 10.0)]
    (line,) = to_lines(runs)
    assert (line.y, line.main.font) == (110, "CMR10")
