"""Evaluation criteria: what is wrong with them, and which are padding."""

import pytest

from groundwork.questions.criteria_faults import (
    criteria_fault,
    criteria_padding_reasons,
    item_without_criterion,
)


@pytest.mark.parametrize(
    "criteria",
    [
        ["States 75 seconds"],
        ["Answers no"],
        ["Answers yes", "States that a permit is needed"],
        ["Names the harbour master"],
        ["States two"],
        [f"Names gate {letter}" for letter in "abcdef"],
    ],
)
def test_one_criterion_a_fact_is_enough(criteria: list[str]) -> None:
    """From one to six, and yes and no are facts."""
    assert criteria_fault(criteria) == ""


@pytest.mark.parametrize(
    ("criteria", "why"),
    [
        ([], "1 to 6"),
        (["", "States 3"], "1 to 6"),
        ([f"Names gate {n}" for n in range(7)], "1 to 6"),
        (["Is correct and complete"], "names no fact"),
        (["States the answer"], "names no fact"),
    ],
)
def test_criteria_that_cannot_be_marked(criteria: list[str], why: str) -> None:
    """None, too many, or one that names nothing."""
    assert why in criteria_fault(criteria)


@pytest.mark.parametrize(
    ("question", "criteria", "dropped"),
    [
        ("What does the shed hold?", ["States ropes", "States that the ropes are old"], ["States ropes"]),
        (
            "What is the horn made of?",
            ["States brass", "Does not name another metal"],
            ["Does not name another metal"],
        ),
        (
            "Who keeps the key of the Sarn boat shed?",
            ["Names the warden", "Refers to the boat shed of Sarn"],
            ["Refers to the boat shed of Sarn"],
        ),
        ("May the crew use the Sarn boat shed?", ["States that the crew may use the boat shed"], []),
        ("May the crew use the Sarn boat shed?", ["Answers yes", "States that a key is needed"], []),
        ("Which folders hold logs?", ["Names /log", "Names /var/log", "Names /var/log/old"], []),
        ("How long is a heat?", ["States 9 minutes", "States 9 minutes and no break"], []),
        ("Which lamps does the quay need?", ["Names lamps", "Names the quay"], ["Names the quay"]),
        ("Is smoking allowed?", ["Answers no", "States that it does not matter where"], []),
        ("Which tide commands correspond to diff -u and patch?", ["States that tide diff corresponds to diff -u"], []),
        ("How do the files ebb and flow differ?", ["States that ebb is the ebb file", "Names flow as the list"], []),
        ("Who rows, and does the cox row?", ["Names four rowers and a cox", "States that the cox does not row"], []),
        ("How is an environment variable set at Sarn?", ["Names Environment=", "States under [Service]"], []),
        ("How do I reload tide as a service?", ["States tide reload", "States that services are not reloaded"], []),
        ("What must the lamp be?", ["States that it is a reference to the lamp", "States brass"], []),
    ],
)
def test_padding_is_what_no_fact_is_lost_with(question: str, criteria: list[str], dropped: list[str]) -> None:
    """Negative, said by another criterion, or given by the question; one criterion always stays."""
    assert list(criteria_padding_reasons(question, criteria, "en")) == dropped


@pytest.mark.parametrize(
    ("answer", "dropped"),
    [
        ("A captain and a spirit captain.", []),
        ("A spirit captain.", ["Names a captain"]),
        ("", ["Names a captain"]),
    ],
)
def test_what_the_answer_says_twice_is_two_facts(answer: str, dropped: list[str]) -> None:
    """A criterion whose words another one holds is a fact where the answer says it beside the other."""
    criteria = ["Names a captain", "Names a spirit captain"]
    assert (
        list(criteria_padding_reasons("Which roles must each team of the Sarn league fill?", criteria, "en", answer))
        == dropped
    )


def test_what_the_answer_says_is_no_padding() -> None:
    """A criterion of the question's words is a fact where the answer says them too, and none where it does not."""
    question, criteria = (
        "Which groups see a miller's name in the log of the Orrin mill?",
        ["Names WATCH", "Names MILLER"],
    )
    assert not criteria_padding_reasons(question, criteria, "en", "The groups WATCH and MILLER.")
    assert list(criteria_padding_reasons(question, criteria, "en", "The group WATCH alone.")) == ["Names MILLER"]


def test_padding_is_told_in_the_language_of_the_text() -> None:
    """ "Portene" is "porte" in Danish: the question says it; what names something else stays."""
    assert list(
        criteria_padding_reasons("Hvornår lukkes slusens porte?", ["Portene lukkes", "Ved højvande"], "da")
    ) == ["Portene lukkes"]


@pytest.mark.parametrize(
    ("language", "answer", "stem", "facts"),
    [
        ("ru", "До применения, затем раз в год.", "Указывает поверку", ("до применения", "раз в год")),
        ("de", "Vor dem Einsatz und danach noch einmal.", "Nennt die Prüfung", ("vor dem Einsatz", "noch einmal")),
        ("en", "Before first use, and then only once.", "States a check", ("before first use", "only once")),
    ],
)
def test_a_criterion_of_small_words_of_the_answer_is_no_padding(
    language: str, answer: str, stem: str, facts: tuple[str, str]
) -> None:
    """ "Once a year" is all stop words in Russian, and half of the answer; where the answer lacks it, it is padding."""
    criteria = [f"{stem} {fact}" for fact in facts]
    assert not criteria_padding_reasons("?", criteria, language, answer)
    assert criteria_padding_reasons("?", criteria, language, "—") == {criteria[1]: "another criterion says it"}


def test_a_small_word_is_a_fact_where_the_answer_holds_it() -> None:
    """ "Before", "more" and "all" can be what was asked for."""
    assert criteria_fault(["Answers before"], "Before: they are added to the elapsed time.") == ""
    assert criteria_fault(["Names more"], "more.") == ""
    assert "names no fact" in criteria_fault(["Answers before"], "They are added to it.")
    assert "names no fact" in criteria_fault(["States that it is the answer"], "It is the answer.")


@pytest.mark.parametrize(
    ("answer", "criteria", "thing"),
    [
        ("Its schema, its routine, and its type.", ["Names the schema", "Names the type"], "its routine"),
        ("Its schema, its routine, and its type.", ["Names schema and type", "Names the routine"], ""),
        ("Oars, sails and a bell.", ["Names all three things"], ""),
        ("A compass, a watch and a lamp.", ["Names compass", "Names lamp"], "a watch"),
        ("A compass, which is small, and lamp and oars.", ["Names compass", "Names lamp and oars"], ""),
        ("Oars, sails, and the like.", ["Names the oars", "Names the sails"], ""),
        ("Class 4 crews, that is juniors and masters.", ["Names juniors", "Names masters"], ""),
        ("Klasse 4, das heißt Junioren und Meister.", ["Nennt Junioren", "Nennt Meister"], ""),
    ],
)
def test_a_list_is_covered_by_its_criteria(answer, criteria, thing):
    """Of the things of a list none is left without a criterion where others have one."""
    assert item_without_criterion("What does the planner need?", answer, criteria, "en") == thing


def test_a_symbol_is_a_fact():
    """What one symbol becomes is said by no criterion about another."""
    criteria = ["States that -- becomes an en-dash", "States that ... becomes …"]
    assert (
        criteria_padding_reasons("Which marks are converted?", criteria, "en", "-- into an en-dash, ... into ….") == {}
    )


@pytest.mark.parametrize(
    ("question", "answer", "choice", "beside"),
    [
        (
            "Who got more votes in the Orrin poll, Ada Roe or Bo Lind?",
            "Ada Roe: she got 512 votes, Bo Lind 318.",
            "Names Ada Roe",
            "States 512 votes for Ada Roe",
        ),
        (
            "May the Orrin mill grind more or less than was ordered?",
            "It may grind more, but not less.",
            "States that more is allowed",
            "States that less is not allowed",
        ),
        (
            "Wer bekam in Orrin mehr Stimmen, Ada Roe oder Bo Lind?",
            "Ada Roe mit 512 Stimmen vor Bo Lind mit 318.",
            "Nennt Ada Roe",
            "Nennt 512 Stimmen für Ada Roe",
        ),
        (
            "Which of the two lifts of the Orrin mill, Upper or Lower, is longer?",
            "Upper, with 40 metres.",
            "Names Upper",
            "States 40 metres for Upper",
        ),
    ],
)
def test_what_the_answer_chooses_is_no_padding(question: str, answer: str, choice: str, beside: str) -> None:
    """What was to be chosen stands in the question, and in what is said of it beside."""
    assert not criteria_padding_reasons(question, [choice, beside], "de" if " oder " in question else "en", answer)


def test_of_two_criteria_of_a_choice_the_shorter_is_padding() -> None:
    """ "Names the Upper lift" says nothing beside "States that the Upper lift is longer"."""
    criteria = ["Names the Upper lift", "States that the Upper lift is longer"]
    question = "Which is longer, the Upper lift or the Lower lift?"
    assert list(criteria_padding_reasons(question, criteria, "en", "The Upper lift is longer.")) == criteria[:1]
