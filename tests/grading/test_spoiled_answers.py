"""The spoiled answers that a judge is checked with: surely wrong, as a model might give them, in any language."""

import pytest

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.grading.judge_check import measure_trust, spoiled_cases
from groundwork.grading.spoiled_answers import spoil_answer
from groundwork.records import CheckedAnswer, CriterionGrade, Verdict


def row(question: str, answer: str, *criteria: str, row_id: str = "1", **fields: object) -> QuestionRow:
    return QuestionRow(id=row_id, question=question, answer=answer, evaluation_criteria=list(criteria), **fields)


def spoiled(kind: str, spoiled_row: QuestionRow, *rows: QuestionRow) -> str:
    answer = spoil_answer(kind, spoiled_row, rows)
    return answer.answer if answer else ""


BERTH = row("请问船在哪里停靠过夜？", "停靠在北岸的灰色码头。", "指出灰色码头")
GATE = row("Wer öffnet das Wehr?", "Der Müller öffnet es am Abend.", "Nennt den Müller", row_id="2")
MILL = row("Wo steht die Mühle?", "Sie steht am Ufer des Orrin.", "Nennt das Ufer", row_id="3")


@pytest.mark.parametrize(
    ("kind", "spoiled_row", "answer"),
    [
        ("negated", BERTH, "这是错误的：“停靠在北岸的灰色码头。”事实正好相反。"),
        ("negated", GATE, "Das ist falsch: „Der Müller öffnet es am Abend.“ Das Gegenteil ist der Fall."),
        ("of another question", GATE, MILL.answer),
        ("of another question", BERTH, ""),
    ],
)
def test_an_answer_is_spoiled_in_its_language(kind: str, spoiled_row: QuestionRow, answer: str) -> None:
    """A denial in English around a Chinese answer, or an answer in another language, would be too easy to mark."""
    assert spoiled(kind, spoiled_row, BERTH, GATE, MILL) == answer


@pytest.mark.parametrize(
    ("answer", "criteria", "half", "met"),
    [
        (
            "Cars board 20 minutes before, walkers 5 minutes before.",
            ["States 20 minutes for cars", "States 5 minutes for walkers"],
            "Cars board 20 minutes before.",
            [0],
        ),
        (
            "A compass, a watch and a lamp.",
            ["Names a compass", "Names a watch", "Names a lamp"],
            "A compass, a watch.",
            [0, 1],
        ),
        (
            "Der Müller öffnet es, und zwar am Abend.",
            ["Nennt den Müller", "Nennt den Abend"],
            "Der Müller öffnet es.",
            [0],
        ),
        ("北岸的灰色码头，晚上十点。", ["指出灰色码头", "指出晚上十点"], "北岸的灰色码头。", [0]),
        ("It costs 1,250.50 euros.", ["States 1,250.50 euros"], "", []),
        ("The miller.", ["Names the miller"], "", []),
    ],
)
def test_an_answer_is_half_right(answer: str, criteria: list[str], half: str, met: list[int]) -> None:
    """One part is left out whole, so that a criterion is surely missed and another surely met; else there is none."""
    assert (spoil_answer("half right", row("Who or what, and when?", answer, *criteria), []) or ("", [])) == (
        half,
        [criteria[i] for i in met],
    )


def test_only_numbers_that_criteria_ask_for_are_changed() -> None:
    """The year of the question and an aside stay: changed, they would make an answer that nobody gives."""
    sales = row("What were sales in 2023?", "In 2023 they came to 784 million, 3 % more.", "States 784 million")
    assert spoiled("numbers changed", sales) == "In 2023 they came to 895 million, 3 % more."
    assert spoiled("numbers changed", row("Who?", "The miller, since 1931.", "Names the miller")) == ""


def test_the_answer_of_the_question_most_like_it_is_taken() -> None:
    """Not the one that has least in common, and none that the evidence holds: that one may be right."""
    adult = row(
        "What does a ticket for an adult cost?", "6 crowns.", "States 6 crowns", evidence=["Adults pay 6 crowns."]
    )
    child = row("What does a ticket for a child cost?", "3 crowns.", "States 3 crowns", row_id="2")
    stones = row("Which stones grind barley?", "Local granite.", "Names granite", row_id="3")
    assert spoiled("of another question", adult, stones, child) == "3 crowns."
    keeper = row(
        "Whom does the keeper tell of a gale?", "The warden.", "Names the warden", evidence=["The crew, the warden."]
    )
    crew = row("Whom does the keeper tell of a fog?", "The crew.", "Names the crew", row_id="4")
    assert spoiled("of another question", keeper, crew, stones) == "Local granite."


@pytest.mark.parametrize(("verdicts", "right"), [(("met", "unmet"), 1), (("unmet", "unmet"), 0), (("met", "met"), 0)])
def test_a_judge_has_to_find_what_is_right_in_an_answer(verdicts: tuple[Verdict, Verdict], right: int) -> None:
    """One that marks all of a half-right answer as missing is as wrong as one that passes it."""
    asked = row("When?", "Cars at 20 past, walkers at 5 past.", "States 20 for cars", "States 5 for walkers")
    (half,) = (case for case in spoiled_cases([asked], 1, 0, open_book=False) if case.kind == "half right")
    criteria = [
        CriterionGrade(criterion=criterion, verdict=verdict, by="judge")
        for criterion, verdict in zip(half.case.criteria, verdicts, strict=True)
    ]
    checked = CheckedAnswer(
        id="1", kind="half right", question="", answer="", criteria=criteria, judges=["j"], open_book=False,
        passed="unmet" not in verdicts, met=list(half.met),
    )  # fmt: skip
    assert measure_trust([checked], {}).by_kind["half right"] == (right, 1)


def test_a_spoiled_answer_that_a_rule_fails_says_nothing_of_the_judge() -> None:
    """A judge that passes everything was as good as any on changed numbers, which it was never asked about."""
    asked = row("How high is the gate?", "It is 121 metres high.", "States 121 metres")
    (changed,) = (case for case in spoiled_cases([asked], 1, 0, open_book=False) if case.kind == "numbers changed")
    grade = CriterionGrade(criterion=changed.case.criteria[0], verdict="unmet", by="rule")
    checked = CheckedAnswer(
        id="1", kind="numbers changed", question="", answer="", criteria=[grade], judges=["j"], open_book=False,
        passed=False,
    )  # fmt: skip
    assert measure_trust([checked], {}).specificity is None
