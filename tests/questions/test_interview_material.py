"""What the interviews about a document call it, and how much they ask for at once."""

from typing import Any

from groundwork.questions.batched_strategy import EXTRA_PAIRS_PER_BATCH, pairs_per_call, summary_for_chunk
from groundwork.questions.document_interviews import interviews_summary_line
from groundwork.questions.interview_material import SUMMARY_LENGTH, InterviewMaterial, table_caption
from groundwork.records import DocumentCoverage
from tests.chunks import reading_of


def test_the_name_decided_with_the_summary_comes_before_the_title():
    """It is what all questions call their subject."""
    assert InterviewMaterial("hr", "3. Equipment", "", [], subject="the Sarn league").subject_name == "the Sarn league"
    assert InterviewMaterial("hr", "Harbour Rules: Third Edition", "", []).subject_name == "Harbour Rules"


def test_a_small_chunk_is_asked_for_few_pairs():
    """As many as it has statements and a few more, never more than the batch."""
    assert [pairs_per_call(25, 4), pairs_per_call(25, 60), pairs_per_call(25, None)] == [
        4 + EXTRA_PAIRS_PER_BATCH,
        25,
        25,
    ]


def test_a_chunk_of_long_cells_is_asked_for_as_many_as_its_length_holds():
    """Each cell of a table in HTML is one statement, of however many sentences; prose has more than that anyway."""
    assert pairs_per_call(25, 1, 2_500) == 10 + EXTRA_PAIRS_PER_BATCH
    assert pairs_per_call(25, 12, 1_500) == 12 + EXTRA_PAIRS_PER_BATCH


def test_a_chunk_is_shown_what_concerns_it_of_the_summary():
    """The first sentence and those that share words with the chunk, in the summary's order; a short one as a whole."""
    about = [f"The harbour has {number} rules about {thing}." for number, thing in enumerate(["oars", "lamps", "fees"])]
    idle = ["Nothing else of the kind was ever heard by anybody." for _ in range(20)]
    summary = " ".join(["Skerrow is a harbour.", *idle, *about])
    shown = summary_for_chunk(reading_of("Lamps are lit at dusk, fees are paid at noon.").chunk, summary)
    assert shown.startswith("Skerrow is a harbour.") and "lamps" in shown and "fees" in shown
    assert shown.index("lamps") < shown.index("fees") and len(shown) <= SUMMARY_LENGTH
    assert "anybody" not in shown
    assert summary_for_chunk(reading_of("Lamps are lit.").chunk, about[0]) == about[0]


class _CountedList(list[Any]):
    """A list that counts its elements as they are read."""

    reads = 0

    def __getitem__(self, index: Any) -> Any:
        self.reads += 1
        return super().__getitem__(index)

    def __iter__(self) -> Any:
        for element in super().__iter__():
            self.reads += 1
            yield element


def test_the_caption_of_a_table_is_the_last_line_of_the_chunk_before():
    """By its index: not of a chunk further above, and without going through all chunks for every table."""
    texts = ["Tides.\n\n**Table 3: Entry fees**\n", "| Boat | Fee |\n"]
    chunks = _CountedList(
        reading_of(texts[k % 2], index=k, kind="table" if k % 2 else "text", start=k, end=k + 1).chunk
        for k in range(2_000)
    )
    assert table_caption(list.__getitem__(chunks, 1_001), chunks) == "Table 3: Entry fees"
    assert table_caption(list.__getitem__(chunks, 1_000), chunks) == ""
    assert chunks.reads < 40
    assert table_caption(chunks[3], [chunks[0], chunks[3]]) == ""
    assert InterviewMaterial("hr", "", "", [reading_of("Tides.")]).chunks == [reading_of("Tides.").chunk]


def test_no_share_of_a_document_is_below_nothing():
    """Shares are rounded one by one: what is left open of 2/7 and 5/7 is 0 %."""
    line = interviews_summary_line(DocumentCoverage(document="harbour", touched=0.2858, declined=0.7143))
    assert "29%" in line and "71% declined, 0% open" in line
