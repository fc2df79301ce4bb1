"""Whether a page that a vision model read is complete."""

from __future__ import annotations

import pytest

from groundwork.documents.engines.vision_replies import (
    VisionReplyJudge,
    are_draws_alike,
    is_other_page,
    reply_without_running_edges,
)

BODY = (
    "Every crew signs the book before it rows, and again when it is back at the jetty. A skiff that is not back by\n"
    "sunset is looked for by the safety boat, which the club at the lake keeps ready with 2 people and 40 l of fuel."
)
MARKDOWN = BODY.replace("\n", " ")


@pytest.mark.parametrize(
    ("head", "foot"),
    [
        ("Rowing on the lake", "61"),
        ("Handbook 2027 - ninth edition", "Page 1 of 3"),
        ("", "- 7 -"),
        ("Draft, 12 May 2026", ""),
    ],
)
def test_what_runs_along_the_edge_of_a_short_document_may_be_left_out(head: str, foot: str) -> None:
    """A page label and a header cost a complete page nothing, though no other page tells that they run."""
    verdict = VisionReplyJudge(f"{head}\n{BODY}\n{foot}", pages=1).judge(MARKDOWN, 0.9)
    assert not verdict.trouble and not verdict.reasons and not verdict.audit.lost_numbers
    assert verdict.audit.text_kept == 1


def test_a_sentence_at_the_edge_may_not_be_left_out() -> None:
    """The last sentence of a page is no running footer, and neither is the last row of a table."""
    for line in (
        "Nobody rows alone at night in winter, whatever the moon and the wind may be.",
        "Total 34 12 88 71 90",
    ):
        verdict = VisionReplyJudge(f"{BODY}\n{line}", pages=1).judge(MARKDOWN, 0.95)
        assert verdict.reasons, line


def test_a_lost_line_is_named_for_the_model() -> None:
    """The reasons quote what is missing, lines first, then numbers."""
    layer = f"{BODY}\nThe fee of a season is 120 for a skiff and 75 for a single sculler.\n{BODY}"
    verdict = VisionReplyJudge(layer, pages=9).judge(f"{MARKDOWN}\n\n{MARKDOWN}", 0.95)
    assert "The fee of a season is 120" in verdict.reasons and "120, 75" in verdict.reasons


def test_a_short_paragraph_of_a_long_page_is_missed() -> None:
    """Two lines that are gone are asked for, though most of the page is there; without them the page is still used."""
    lines = [f"In the year {1900 + k} the {word} of the club was rowed by a crew of the lake and its cox."
             for k, word in enumerate(("first race", "long regatta", "winter cup", "night relay") * 6)]  # fmt: skip
    lost = "The keeper of the boats writes down each oar that he lends,\nand asks for it before the sun has set there."
    layer = "\n".join([*lines, lost, *lines])
    verdict = VisionReplyJudge(layer, pages=9).judge(" ".join([*lines, *lines]), 0.9)
    assert "The keeper of the boats" in verdict.reasons and not verdict.trouble
    assert not VisionReplyJudge(layer, pages=9).judge(layer.replace("\n", " "), 0.9).reasons


def test_formulas_in_latex_are_complete() -> None:
    """What the layer runs together is kept where the formula says it in pieces."""
    layer = f"{BODY}\nThe drag is R=cv2/2x10 and the time t12 with nmax rowers at v0."
    formula = r"The drag is $R = \frac{cv^2}{2x_{10}}$ and the time $t_{12}$ with $n_{max}$ rowers at $v_0$."
    latex = f"{MARKDOWN}\n\n{formula}"
    verdict = VisionReplyJudge(layer, pages=9).judge(latex, 0.95)
    assert not verdict.trouble, verdict.trouble


def test_the_blanks_of_a_form_are_no_repetition() -> None:
    """A form ends in lines to write on; a model that runs away repeats words."""
    form = f"{MARKDOWN}\n\nSignature: {'_' * 400}"
    assert not VisionReplyJudge(f"{BODY}\nSignature:", pages=1).judge(form, 0.9).trouble
    assert "repeats itself" in VisionReplyJudge(BODY, pages=1).judge(f"{MARKDOWN} " + "and so on " * 40, 0.9).trouble
    zeros = "| 0 | 0 | 0 | 0 |\n" * 6
    assert not VisionReplyJudge(f"{BODY}\n{'0 ' * 24}", pages=1).judge(f"{MARKDOWN}\n\n{zeros}", 0.9).trouble


def test_two_readings_that_agree_stand_against_a_layer_of_other_words() -> None:
    """Shifted letters of a font are no reading; a reply that leaves a part out has no words in its place."""
    shifted = "".join(chr(ord(c) - 1) if c.isalpha() else c for c in BODY)
    layer = VisionReplyJudge(shifted, pages=1)
    first, second = layer.judge(MARKDOWN, 0.9), layer.judge(MARKDOWN, 0.9)
    assert first.trouble and are_draws_alike(first, second, shifted)
    half = MARKDOWN[: len(MARKDOWN) // 2]
    cut = VisionReplyJudge(BODY, pages=1).judge(half, 0.9)
    assert cut.trouble and not are_draws_alike(cut, cut, BODY)


def test_two_readings_of_another_page_do_not_stand_against_a_layer_that_can_be_read() -> None:
    """A layer of plain words is held to be right where hardly one is in the reply; a shifted layer is not."""
    layer = (
        f"{BODY}\nNewcomers practise beside the harbour wall before joining longer journeys across open water. "
        "Instructors explain signals, currents, weather forecasts and what equipment every passenger should carry."
    )
    other = (
        "The kitchen opens at seven and serves soup, bread, apples, cheese and tea until the last guest of the evening "
        "leaves; prices hang beside the door and children under six eat for nothing on Sundays and holidays in summer, "
        "while members may bring a friend to the garden whenever music is played there by candle light. "
        "Rooms upstairs cost forty a night; guests ring for towels, leave keys downstairs, feed no cats, lock windows "
        "during storms, share one telephone between four floors, borrow novels freely, return umbrellas dry."
    )
    first, second = (VisionReplyJudge(layer, pages=9).judge(other, 0.9) for _ in range(2))
    assert are_draws_alike(first, second, layer) and is_other_page(second.audit, layer)
    shifted = "".join(chr(ord(c) - 1) if c.isalpha() else c for c in layer)
    assert not is_other_page(VisionReplyJudge(shifted, pages=9).judge(layer, 0.9).audit, shifted)
    assert not is_other_page(
        VisionReplyJudge(layer, pages=9).judge(layer.partition("Instructors")[0], 0.9).audit, layer
    )


def test_running_lines_that_a_reply_took_over_in_other_signs_go() -> None:
    """A page label in another form and a header at the reply's edge go; a heading of its words, and text, stay."""
    text = "2 Ropes\nA rope is measured at 5 places.\nIssue a permit."
    layer = f"Lift Manual Issue 7\n{text}\nPage 5 of 9"
    body = "# 2 Ropes\n\nA rope is measured at 5 places.\n\nIssue a permit."
    assert reply_without_running_edges(f"LIFT MANUAL — Issue 7\n\n{body}\n\n– 5 –", layer, text) == body
    assert reply_without_running_edges(f"{body}\n\n5/9", layer, text) == body
    assert reply_without_running_edges(f"# Lift Manual\n\n{body}", layer, text) == f"# Lift Manual\n\n{body}"
    assert reply_without_running_edges(f"{body}\n\n17", layer, text) == f"{body}\n\n17"
