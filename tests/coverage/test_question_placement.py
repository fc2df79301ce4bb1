"""What is asked about a document: the command, its numbers, and the document as a tree that a page can show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.coverage.coverage_report import open_coverage_items
from groundwork.coverage.covered_document import CoverageItem, CoveredDocument, coverage_sections
from groundwork.coverage.markdown_tree import LINE_BREAK, inline_pieces, markdown_tree
from groundwork.coverage.question_placement import place_questions
from groundwork.data_folder.read_write import read_json, read_jsonl, write_json, write_jsonl
from groundwork.markdown.chunk_reading import Reading
from groundwork.records import Chunk, Contradiction, DocumentCoverage, Pair
from groundwork.stages.coverage import main, unplaced_warnings
from tests.coverage.coverage_runs import data_folder, pair
from tests.growth import steep

TEXT = """# Touch rugby

The field is 70 metres long. It is 50 metres wide.

## Teams

Each team has **6 players** on the field and 8 substitutes.

- A substitute enters through the box.
- A player leaves first.

| Role | Count |
|---|---|
| Middle | 2 |
| Link | 3 |

## Match

A match lasts 40 minutes & has two halves.
"""


def nobody(_questions: list[str], statements: list[str]) -> list[int]:
    """An embedder that finds nothing near."""
    return [-1 for _ in _questions if statements]


@pytest.fixture
def chunks(tmp_path: Path) -> list[Chunk]:
    return data_folder(tmp_path, "rugby", TEXT, {}, "Touch rugby")


def ask(chunks: list[Chunk], evidence: str, run: str = "a", answer: str = "?") -> Pair:
    chunk = next(c for c in chunks if evidence in c.text)
    return pair(chunk, abs(hash(evidence)), run, answer, evidence)


def found(chunks: list[Chunk], runs: dict[str, list[Pair]]) -> CoveredDocument:
    return place_questions("rugby", "Touch rugby", TEXT, [Reading(chunk) for chunk in chunks], runs, nobody)


def texts(places: list[CoverageItem]) -> list[str]:
    return [TEXT[place.start : place.end] for place in places]


def test_evidence_touches_its_sentence_and_only_that(chunks: list[Chunk]) -> None:
    """A question touches the sentence that its evidence quotes, at its place in the document."""
    result = found(chunks, {"a": [ask(chunks, "It is 50 metres wide.", answer="50 metres")]})
    touched = [place for place in result.items if place.asked]
    assert texts(touched) == ["It is 50 metres wide.", "50"]


def test_numbers_count_only_when_named(chunks: list[Chunk]) -> None:
    """A number of a touched sentence that no question names stays open."""
    result = found(
        chunks, {"a": [ask(chunks, "Each team has **6 players** on the field and 8 substitutes.", answer="6")]}
    )
    by_text = {TEXT[p.start : p.end]: p for p in result.items if p.kind == "number"}
    assert by_text["6"].asked
    assert not by_text["8"].asked
    assert "8" in texts(open_coverage_items(result))
    assert "70" not in texts(open_coverage_items(result)), (
        "the whole sentence is open, so its number is not listed again"
    )


def test_rows_count_on_their_own(chunks: list[Chunk]) -> None:
    """A table's rows are statements; its header is none."""
    result = found(chunks, {"a": [ask(chunks, "| Link | 3 |", answer="3")]})
    rows = [place for place in result.items if place.kind == "row"]
    assert [bool(place.asked) for place in rows] == [False, True]


def test_what_a_run_declined_is_no_gap(chunks: list[Chunk]) -> None:
    """It is counted apart from what is asked and what is open, with the reason; a question about it takes it back."""
    chunk = next(one for one in chunks if "A player leaves first." in one.text)
    start = chunk.text.index("A player leaves first.")
    declined = {"a": {chunk.id: {(start, start + len("A player leaves first."), "sentence"): "trivial"}}}
    readings = [Reading(one) for one in chunks]
    other = ask(chunks, "The field is 70 metres long.")
    result = place_questions("rugby", "", TEXT, readings, {"a": [other], "b": []}, nobody, declined)  # type: ignore[arg-type]
    (place,) = [one for one in result.items if one.declined]
    assert texts([place]) == ["A player leaves first."] and place.declined == {"a": "trivial"} and not place.is_open
    assert "A player leaves first." not in texts(open_coverage_items(result))
    counts = result.counts()
    assert [counts[run]["sentence"].declined for run in ("a", "b", "")] == [1, 0, 1]
    runs = {"a": [other], "b": [ask(chunks, "A player leaves first.", "b")]}
    counts = place_questions("rugby", "", TEXT, readings, runs, nobody, declined).counts()  # type: ignore[arg-type]
    assert [counts[run]["sentence"].declined for run in ("a", "b", "")] == [1, 0, 0]


def test_runs_are_counted_apart_and_together(chunks: list[Chunk]) -> None:
    """Each run has its own coverage; together they cover what any of them covers."""
    runs = {"a": [ask(chunks, "The field is 70 metres long.")], "b": [ask(chunks, "A player leaves first.", "b")]}
    counts = found(chunks, runs).counts()
    assert [counts[run]["sentence"].asked for run in ("a", "b", "")] == [1, 1, 2]


def test_runs_may_share_their_pairs(chunks: list[Chunk]) -> None:
    """A curated or merged run keeps the ids of its pairs, and each run is still counted by its own."""
    both = [ask(chunks, "The field is 70 metres long."), ask(chunks, "A player leaves first.")]
    counts = found(chunks, {"all": both, "all/curated": both[:1]}).counts()
    assert [counts[run]["sentence"].asked for run in ("all", "all/curated", "")] == [2, 1, 2]


def test_sections_hold_what_stands_below_them(chunks: list[Chunk]) -> None:
    """A section ends at the next heading of its level; the title's section holds everything."""
    result = found(chunks, {"a": [ask(chunks, "A player leaves first.")]})
    counted = {s.title: result.counts(s.start, s.end)[""]["sentence"] for s in result.sections}
    assert counted["Teams"].asked == counted["Touch rugby"].asked == 1
    assert counted["Match"].asked == 0
    assert counted["Touch rugby"].of == sum(p.kind == "sentence" for p in result.items)


def test_likely_by_meaning_is_shown_and_not_counted(chunks: list[Chunk]) -> None:
    """A question whose evidence is found nowhere goes to the nearest statement, outside of the shares."""
    lost = msgspec.structs.replace(ask(chunks, "A player leaves first."), evidence=["not in the text"], question="Q?")
    result = place_questions(
        "rugby",
        "",
        TEXT,
        [Reading(chunk) for chunk in chunks],
        {"a": [lost]},
        lambda questions, _: [0 for _ in questions],
    )
    assert [len(place.likely) for place in result.items if place.likely] == [1]
    assert result.counts()[""]["sentence"].asked == 0
    assert result.questions[0].placed


def test_questions_of_a_chunk_that_is_gone_are_named(chunks: list[Chunk]) -> None:
    """A question whose chunk no longer exists is marked as not placed, never dropped."""
    orphan = msgspec.structs.replace(ask(chunks, "A player leaves first."), chunk="rugby-9999")
    result = found(chunks, {"a": [orphan]})
    assert [question.placed for question in result.questions] == [False]


def test_why_a_question_stands_nowhere_is_said(chunks: list[Chunk]) -> None:
    """Its chunk is gone, or what it quotes is no statement of its chunk."""
    lead = ask(chunks, "A player leaves first.")
    gone = msgspec.structs.replace(lead, chunk="rugby-9999")
    warnings = unplaced_warnings([lead, gone, gone], {chunk.id for chunk in chunks})
    assert [warning.partition(" could not be placed")[0] for warning in warnings] == ["2 questions", "1 question"]
    assert "chunked again" in warnings[0] and "no statements" in warnings[1]


def test_text_without_headings_is_one_section() -> None:
    """A document without headings has one section, named by its title."""
    assert [(s.title, s.start, s.end) for s in coverage_sections("One. Two.\n", "Plain")] == [("Plain", 0, 10)]


def shown(blocks: list[dict[str, Any]]) -> str:
    """All text of a tree in reading order."""
    parts = []
    for block in blocks:
        cells = [cell for row in block.get("head", []) for cell in row]
        cells += [cell for row in block.get("rows", []) for cell in row["cells"]]
        for line in [block.get("pieces", []), *cells]:
            parts.append("".join(piece[0] for piece in line))
    return "\n".join(parts)


def test_the_document_reads_as_it_is_written(chunks: list[Chunk]) -> None:
    """Headings, items, emphasis and tables lose their marks and nothing else."""
    blocks = markdown_tree(TEXT, found(chunks, {}).items)
    assert [block["kind"] for block in blocks] == [
        *("heading", "paragraph", "heading", "paragraph", "item", "item", "table", "heading", "paragraph")
    ]
    assert blocks[3]["pieces"][1][:2] == ["6", "b"]
    assert [[piece[0] for piece in cell] for cell in blocks[6]["rows"][0]["cells"]] == [["Middle"], ["2"]]
    assert "40 minutes & has two halves." in shown(blocks)
    assert "**" not in shown(blocks)
    assert "#" not in shown(blocks)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**bold** and *thin*", [("bold", "b"), (" and ", ""), ("thin", "i")]),
        ("2*3*4 and a_b_c", [("2*3*4 and a_b_c", "")]),
        ("[site](http://x/y) ![plan](u.png)", [("site", "link"), (" ", ""), ("plan", "image")]),
        ("a `b*c*` d", [("a ", ""), ("b*c*", "code"), (" d", "")]),
        (
            "From: a  \nTo: b\\\nOn: c",
            [("From: a", ""), (LINE_BREAK, ""), ("To: b", ""), (LINE_BREAK, ""), ("On: c", "")],
        ),
        ("two  blanks within \nand a line end", [("two  blanks within \nand a line end", "")]),
        ("x<sup>2</sup><br>y", [("x", ""), ("2", "sup"), (LINE_BREAK, ""), ("y", "")]),
        ("5 &lt; 6 \\* 7", [("5 ", ""), ("<", ""), (" 6 ", ""), ("*", ""), (" 7", "")]),
        ("</script><img src=x onerror=alert(1)>", [("</script>", "")]),
        ("List<String> stays", [("List<String> stays", "")]),
        ("a * b ** c", [("a * b ** c", "")]),
    ],
)
def test_inline_marks(markdown: str, expected: list[tuple[str, str]]) -> None:
    """A mark with a partner becomes a style; anything else is what the author wrote."""
    assert [(piece.text, piece.style) for piece in inline_pieces(markdown, 0, len(markdown))] == expected


@given(st.text(alphabet="ab1 .*_`[]()<>|#-\n\\&;$~!é球", max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    """No input breaks the reader, and no letter of it appears that the source does not have."""
    blocks = markdown_tree(text, [])
    letters = re.findall(r"[a1é球]", shown(blocks))
    source = re.findall(r"[a1é球]", text)
    remaining = iter(source)
    assert all(letter in remaining for letter in letters)


def test_tags_that_are_never_closed_take_linear_time() -> None:
    """A broken page opens a tag at every word; the text takes no longer than in proportion."""
    assert not steep(lambda text: list(inline_pieces(text.replace("x", "<b>x "), 0, 5 * len(text))), "one letter")


def test_the_command_writes_page_and_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Page, JSON and terminal say the same, for each run, together and by section."""
    data_folder(tmp_path, "rugby", TEXT, {"first": 1.0, "second": 0.0}, "Touch rugby")
    assert main(["--data", str(tmp_path)]) == 0
    numbers = read_json(tmp_path / "plots" / "coverage-rugby.json", dict)
    assert [run["run"] for run in numbers["runs"]] == ["first", "second"]
    assert numbers["together"]["sentences"]["share"] == 1.0
    assert numbers["runs"][1]["touched"]["asked"] == 0
    assert [section["headings"][-1] for section in numbers["sections"]] == ["Touch rugby", "Teams", "Match"]
    assert numbers["not_asked"] == []
    told = capsys.readouterr()
    assert "all together" in told.err + told.out
    assert (tmp_path / "plots" / "coverage-rugby.html").stat().st_size < 200_000
    assert main(["--data", str(tmp_path)]) == 0
    assert "1 up to date" in capsys.readouterr().out


def test_what_contradicts_itself_is_told_by_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON says where the part begins and whose model says so, the terminal what."""
    *_, last = data_folder(tmp_path, "rugby", TEXT, {"first": 1.0})
    said = [Contradiction(chunk=last.id, text="5 minutes, by the summary 6."), Contradiction(chunk="gone", text="No.")]
    record = DocumentCoverage(document="rugby", contradictions=said)
    write_json(tmp_path / "qa" / "first" / "coverage" / "rugby.json", record)
    assert main(["--data", str(tmp_path), "--verbose"]) == 0
    numbers = read_json(tmp_path / "plots" / "coverage-rugby.json", dict)
    assert numbers["contradictions"] == [{"run": "first", "start": last.start, "text": said[0].text}]
    told = capsys.readouterr()
    assert "contradiction: 5 minutes, by the summary 6." in told.err + told.out


def test_chosen_runs_and_unknown_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """RUN arguments choose the runs; an unknown one is a usage error that names the nearest."""
    data_folder(tmp_path, "rugby", TEXT, {"first": 1.0, "second": 0.5})
    assert main(["second", "--data", str(tmp_path)]) == 0
    assert [run["run"] for run in read_json(tmp_path / "plots" / "coverage-rugby.json", dict)["runs"]] == ["second"]
    assert main(["secnd", "--data", str(tmp_path)]) == 2
    assert "did you mean second" in capsys.readouterr().err
    assert main(["first", "first", "--data", str(tmp_path)]) == 2


@pytest.mark.parametrize(
    ("changed_text", "reason"),
    [
        ("# Other\n\nThree new sentences. Nobody asked. About them.\n", "chunk 1 stands elsewhere or nowhere"),
        (f"{TEXT}\n\nA sentence that was added at the end.\n", "the text behind the last chunk is in no chunk"),
    ],
)
def test_a_text_that_changed_since_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed_text: str, reason: str
) -> None:
    """What is covered of other words is not counted on these; a document without chunks is named."""
    data_folder(tmp_path, "league", TEXT, {"a": 0.5})
    (tmp_path / "text" / "league.md").write_text(changed_text)
    assert main(["--data", str(tmp_path)]) == 1
    assert f"league.md: changed since it was chunked ({reason})" in capsys.readouterr().out
    (tmp_path / "chunks" / "league.jsonl").rename(tmp_path / "chunks" / "other.jsonl")
    main(["--data", str(tmp_path)])
    assert "no chunks of league" in capsys.readouterr().err
    (tmp_path / "set-aside.json").write_text('{"league": {"reason": "a draft", "source": "league.md"}}')
    main(["--data", str(tmp_path)])
    assert "no chunks of" not in capsys.readouterr().err, "set aside, it needs none"


def test_no_questions_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a run the command says which command makes one."""
    data_folder(tmp_path, "rugby", TEXT, {})
    assert main(["--data", str(tmp_path)]) == 2
    assert "run first" in capsys.readouterr().err


def test_a_run_edited_by_hand_is_read_as_it_is(tmp_path: Path) -> None:
    """Coverage follows the questions on disk: what was deleted there is no longer covered."""
    data_folder(tmp_path, "rugby", TEXT, {"first": 1.0})
    file = tmp_path / "qa" / "first" / "rugby.jsonl"
    write_jsonl(file, read_jsonl(file, Pair)[:1])
    assert main(["--data", str(tmp_path), "--quiet"]) == 0
    assert read_json(tmp_path / "plots" / "coverage-rugby.json", dict)["together"]["sentences"]["asked"] == 1


def test_an_empty_question_touches_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pair whose question was emptied by hand is left out, as everywhere, and a warning counts it."""
    data_folder(tmp_path, "rugby", TEXT, {"first": 1.0})
    file = tmp_path / "qa" / "first" / "rugby.jsonl"
    one, other = read_jsonl(file, Pair)[:2]
    write_jsonl(file, [one, msgspec.structs.replace(other, question=" ")])
    assert main(["--data", str(tmp_path)]) == 0
    assert read_json(tmp_path / "plots" / "coverage-rugby.json", dict)["together"]["sentences"]["asked"] == 1
    assert "1 row without a question was left out" in capsys.readouterr().out


@pytest.mark.parametrize("numbers", [("1", "2", "2.1"), ("", "", ""), ("1.", "2.", "2.1"), ("-", "-", "-")])
def test_each_entry_of_a_table_of_contents_is_a_line_of_its_own(numbers: tuple[str, ...]) -> None:
    """With the number that it has, with a dot or without, and no bullet but where the text has one."""
    titles = ("Scope ........ 3", "Terms ........ 4", "Definitions ........ 5")
    text = "\n".join(f"{number} {title}".strip() for number, title in zip(numbers, titles, strict=True))
    nodes = markdown_tree(f"{text}\n", [])
    shown = [f"{node['marker']} {''.join(piece[0] for piece in node['pieces'])}".split() for node in nodes]
    assert shown == [line.replace("-", "•").split() for line in text.splitlines()]


def test_a_line_below_an_item_belongs_to_it() -> None:
    """A list is no table of contents: the line goes on with the item above, which keeps its bullet."""
    nodes = markdown_tree("- A substitute enters\nthrough the box.\n- A player leaves.\n", [])
    assert [node["marker"] for node in nodes] == ["•", "•"]


def test_the_numbers_of_entries_stand_in_one_column() -> None:
    """Those without a dot beside those with one; a number that belongs to a title stays in it."""
    nodes = markdown_tree("1 Scope .... 3\n1.1 Terms .... 4\n2027 in figures .... 5\n", [])
    assert [node["marker"] for node in nodes] == ["1", "1.1", ""]
