from groundwork.coverage.chunk_coverage import coverage, document_coverage, gaps
from groundwork.markdown.chunk_reading import Reading
from groundwork.records import Pair
from tests.chunks import reading_of

TEXT = """The pool is 25 metres long and 2 metres deep. It opens at 7 on weekdays.

| Day | Price |
|---|---|
| Monday | 4 |
| Sunday | 6 |
"""


def read(text: str = TEXT, added: str = "") -> Reading:
    return reading_of(text, added=added)


def pair(name: str, question: str, answer: str, *evidence: str) -> Pair:
    return Pair(
        id=name, document="d", chunk="d-0", iteration=1, question=question, evaluation_criteria=[], answer=answer,
        difficulty="easy", category="factual", evidence=list(evidence), model="m",
    )  # fmt: skip


def touched(pairs: list[Pair]) -> dict[str, list[str]]:
    return {TEXT[s.start : s.end]: s.touched_by for s in coverage(read(), pairs).spans}


def test_spans_are_statements_and_numbers() -> None:
    """Every sentence, row and number is a span; a table's head is none."""
    kinds = [(s.kind, TEXT[s.start : s.end]) for s in coverage(read(), []).spans]
    assert kinds == [
        ("sentence", "The pool is 25 metres long and 2 metres deep."),
        ("number", "25"),
        ("number", "2"),
        ("sentence", "It opens at 7 on weekdays."),
        ("number", "7"),
        ("row", "| Monday | 4 |"),
        ("number", "4"),
        ("row", "| Sunday | 6 |"),
        ("number", "6"),
    ]


def test_evidence_touches_its_sentence_and_the_number_asked_about() -> None:
    """Evidence touches its sentence; of the sentence's numbers only the one that the pair names."""
    spans = touched([pair("p", "How long is the pool?", "25 metres", "The pool is 25 metres long and 2 metres deep")])
    assert spans["The pool is 25 metres long and 2 metres deep."] == ["p"]
    assert (spans["25"], spans["2"], spans["It opens at 7 on weekdays."]) == (["p"], [], [])


def test_rows_are_touched_one_by_one() -> None:
    """A row quoted as evidence is touched, its neighbour is not."""
    spans = touched([pair("p", "What does Sunday cost?", "6", "| Sunday | 6 |")])
    assert (spans["| Sunday | 6 |"], spans["6"], spans["| Monday | 4 |"]) == (["p"], ["p"], [])


def test_an_answer_that_says_a_sentence_touches_it() -> None:
    """Question and answer that together say a sentence touch it without quoting it."""
    spans = touched([pair("p", "How long and deep is the pool?", "25 metres long, 2 metres deep", "Monday | 4")])
    assert spans["The pool is 25 metres long and 2 metres deep."] == ["p"]


def test_a_stray_word_does_not_touch_the_next_sentence() -> None:
    """Evidence that reaches one word into a sentence does not touch it."""
    spans = touched([pair("p", "How deep?", "2 metres", "2 metres deep. It opens")])
    assert spans["The pool is 25 metres long and 2 metres deep."] == ["p"]
    assert spans["It opens at 7 on weekdays."] == []


def test_a_quote_of_several_sentences_touches_what_is_asked_about() -> None:
    """Of a wide quote only the sentences count that question and answer hold a third of."""
    both = "The pool is 25 metres long and 2 metres deep. It opens at 7 on weekdays."
    spans = touched([pair("p", "How long is the pool?", "25 metres long", both)])
    assert spans["The pool is 25 metres long and 2 metres deep."] == ["p"]
    assert spans["It opens at 7 on weekdays."] == []
    spans = touched(
        [pair("p", "How long is the pool, and when does it open?", "25 metres long; at 7 on weekdays", both)]
    )
    assert spans["It opens at 7 on weekdays."] == ["p"]


def test_what_an_ellipsis_leaves_out_is_not_touched() -> None:
    """A quote with an ellipsis touches what its parts hold: one statement of which words are left out, no other."""
    rules = "".join(f"The club lends boats of class {number} for {number + 7} hours.\n\n" for number in range(1, 6))
    spanning = pair("p", "How long does the club lend boats?", "For 12 hours.", "The club ... for 12 hours")
    spans = coverage(read(rules), [spanning]).spans
    assert len(spans) == 15 and not [span for span in spans[:-3] if span.touched_by]
    inside = pair("p", "How long is the pool?", "25 metres", "The pool is 25 metres ... 2 metres deep")
    spans = touched([inside])
    assert spans["The pool is 25 metres long and 2 metres deep."] == ["p"] and spans["It opens at 7 on weekdays."] == []


def test_shares_and_gaps() -> None:
    """Shares count spans by kind; gaps are the statements that no pair covers, whatever of their numbers is named."""
    pairs = [pair("p", "How long is the pool?", "25 metres", "The pool is 25 metres long")]
    covered = coverage(read(), pairs)
    assert (covered.sentences, covered.numbers, covered.rows, covered.touched) == (0.5, 0.2, 0.0, 0.2222)
    assert [TEXT[g.start : g.end][:12] for g in gaps(read(), covered)] == [
        "It opens at ",
        "| Monday | 4",
        "| Sunday | 6",
    ]


def test_a_repeated_table_head_is_not_counted() -> None:
    """Text that a chunk repeats from an earlier one is not covered twice."""
    added = "| Day | Price |\n|---|---|\n"
    repeated = coverage(read(added + "| Friday | 5 |\n", added=added), [])
    assert [s.kind for s in repeated.spans] == ["row", "number"]


def test_document_counts_spans_not_chunks() -> None:
    """A document's share weighs every span alike, and a document without spans has none."""
    one = coverage(read(), [pair("p", "How long is the pool?", "25 metres", "The pool is 25 metres long")])
    two = coverage(read("# Title only"), [])
    assert document_coverage("d", [one, two]).touched == one.touched
    assert document_coverage("d", [two]).touched is None
