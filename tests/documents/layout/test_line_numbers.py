"""The numbers of lines beside a text: they are none of its words, and a table's numbers are its own."""

from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

LINES = [
    "The plaintiff asks the court to order that the harbour board open the north",
    "gate to all vessels, as it was agreed in the settlement of the same year. The",
    "board refused this in a letter of 12 June, and gave three reasons, none of",
    "which is found in the agreement. It says that the gate is too narrow, that",
    "the keeper has left, and that the insurer has not been asked for his word.",
] * 3


@pytest.mark.parametrize(("step", "numbers_first"), [(1, True), (1, False), (5, True)])
def test_line_numbers_are_left_out(drawn, step: int, numbers_first: bool):
    """Beside running text they go, whether the text layer has them before all text or in front of each line."""
    count = 15 if step == 1 else 30

    def draw(canvas: Canvas) -> None:
        for parts in ["n", "t"] if numbers_first else ["nt"]:
            for i in range(count):
                y = 800 - 24 * i
                if "n" in parts and (i + 1) % step == 0:
                    canvas.drawRightString(60, y, str(i + 1))
                if "t" in parts:
                    canvas.drawString(80, y, LINES[i % 15])

    page = drawn(draw)
    assert page.markdown == " ".join(LINES * (count // 15))
    assert page.audit.lost_numbers == []


def test_numbers_of_rows_and_of_whole_sentences_stay(drawn):
    """Rules of one line each, and a ranking, keep their numbers."""

    def rules(canvas: Canvas) -> None:
        for i in range(16):
            canvas.drawRightString(60, 780 - 18 * i, str(i + 1))
            canvas.drawString(80, 780 - 18 * i, f"Basin {i} is kept closed while the tide falls below the red mark.")

    def ranking(canvas: Canvas) -> None:
        for i in range(16):
            for x, text in ((60, str(i + 1)), (80, f"Crew {i}"), (400, f"{90 - i}.5")):
                canvas.drawString(x, 780 - 18 * i, text)

    assert drawn(rules).markdown.startswith("1 Basin 0 is kept")
    assert drawn(ranking).markdown.startswith("| 1 | Crew 0 | 90.5 |")
