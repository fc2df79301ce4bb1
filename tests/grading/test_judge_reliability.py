"""The spoiled answers that a judge is checked with, in other languages than English."""

import pytest

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.grading.judge_reliability import spoil_answer


def row(question: str, answer: str, criterion: str, row_id: str = "1") -> QuestionRow:
    return QuestionRow(id=row_id, question=question, answer=answer, evaluation_criteria=[criterion])


BERTH = row("请问船在哪里停靠过夜？", "停靠在北岸的灰色码头。", "指出灰色码头")
GATE = row("Wer öffnet das Wehr?", "Der Müller öffnet es am Abend.", "Nennt den Müller", "2")
MILL = row("Wo steht die Mühle?", "Sie steht am Ufer des Orrin.", "Nennt das Ufer", "3")


@pytest.mark.parametrize(
    ("kind", "spoiled", "answer"),
    [
        ("negated", BERTH, "这是错误的：“停靠在北岸的灰色码头。”事实正好相反。"),
        ("negated", GATE, "Das ist falsch: „Der Müller öffnet es am Abend.“ Das Gegenteil ist der Fall."),
        ("cut in half", BERTH, "停靠在北岸"),
        ("cut in half", GATE, "es am Abend."),
        ("of another question", GATE, MILL.answer),
    ],
)
def test_an_answer_is_spoiled_in_its_language(kind: str, spoiled: QuestionRow, answer: str) -> None:
    """A denial in English around a Chinese answer, or an answer in another language, would be too easy to mark."""
    assert spoil_answer(kind, spoiled, [BERTH, GATE, MILL]) == answer
