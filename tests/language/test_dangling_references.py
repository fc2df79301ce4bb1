"""Faults of wording: dangling references, instructions to a model, other languages."""

import pytest

from groundwork.language import dangling_references as wording


@pytest.mark.parametrize(
    "question",
    [
        "What does the passage say about discs?",
        "According to the text, who may call a foul?",
        "What does this rule forbid in beach ultimate?",
        "Which of the following is a foul?",
        "What is shown in Figure 2?",
        "What does rule 7.3 demand of the defence?",
        "How long must it be?",
        "When must it be paid before the race?",
        "What may they do after a goal?",
        "What is listed in the table above?",
        "Who is responsible for it?",
        "Which signal is used after the following calls?",
        "During the final, how long is it?",
        "Which colour should it have, and why?",
        "What does the document say about masts?",
        "Which masts are named in the text?",
        "What is given by the table?",
        "What does the source say about masts?",
        "According to the source, who built the mole?",
        "What does rule 4.1.4 say about masts?",
        "What does it cost?",
        "When does it close?",
        "Until when do they row?",
        "What may a player do with them?",
        "What happens after a foul on them?",
        "If the clerk of the Sarn league files an entry, what does the document say?",
        "Does a skiff need the table, and what is given by the table?",
    ],
)
def test_references_that_dangle(question: str) -> None:
    """A question that points at its source, or begins with a pronoun, is found by rule."""
    assert wording.find_dangling_reference(question, "")


@pytest.mark.parametrize(
    "question",
    [
        "How long is a touch rugby field?",
        "Is it allowed to catch one's own throw in beach ultimate?",
        "What is the rule of advantage in rugby?",
        "How high is a table tennis table?",
        "How long does it take until the lamp of the press goes out?",
        "Does a race of the league that is called off take place on the following day?",
        "In which order do the skiffs of the Ellary Sound Rowing League start?",
        "What does a thrower do if they leave the playing field in beach ultimate?",
        "Which documents must a club of the league hand in?",
        "What is a mooring permit at Sarn, and is it mandatory?",
        "If a crew of the Sarn league loses its oar, may they borrow one?",
        "What is the hash of a tide file, and what is done with it?",
        "Where does the source package of tidewatch keep its changelog?",
        "Which statement separator does the tide script language use?",
        "How is the context menu of the Orrin chart plotter opened?",
        "What does the table saw of the Sarn boatyard cut?",
        "On what does it depend that a heat of the Sarn league is rowed twice?",
        "What does it cost to have a skiff of the Sarn league measured?",
        "Does it matter in the Sarn league whether a skiff drifts over the line?",
        "Does it make a difference to a protest in the Sarn league who rowed the heat?",
        "Until when are late entries of the Sarn league taken, and how much do they cost?",
        "Where does tidewatch store the settings of a harbour that has only one of them?",
        "Rule 4.1.4 and rule 5.1.2 of the Sarn league disagree, so which of them prevails?",
        "What may a player of the Sarn league do after an accepted indirect foul on them?",
        "Does a change of the rules at Sarn take effect on the following 1 January?",
        "To whom is this release of the Sarn almanac dedicated?",
        "For how long are the colours of a Sarn league team used if the teams agree on them?",
        "Does the tide builder of Orrin ship the binary or only the source?",
        "Somebody at Orrin may grant access to a pay table. May they read the data in the table?",
        "If a clerk of the Sarn league files a scanned document, who stamps the document?",
        "A skiff with an open list of spares enters the Sarn regatta; who signs this list?",
    ],
)
def test_questions_that_stand_alone(question: str) -> None:
    """Questions that name their subject are left alone, whatever small words they hold."""
    assert wording.find_dangling_reference(question, "") == ""


@pytest.mark.parametrize(
    ("question", "reference"),
    [
        ("What were approved Section 5 claims under the Orrin Relief Act worth in 2004?", ""),
        ("How do Section 4 and Section 5 claimants of the Orrin Relief Act differ?", ""),
        ("Which duty does Article 6 set in the Treaty of Orrin?", ""),
        ("Who pays Section 5 claimants (millers and carters)?", ""),
        ("Since when Section 5 claimants are paid by the fund?", ""),
        ("What does Section 5 require?", "Section 5"),
        ("Who decides under Rule 5 in the Ellary league?", "Rule 5"),
        ("What does Table 2 show about the Orrin Relief Act?", "Table 2"),
    ],
)
def test_a_part_of_a_law_that_is_named_is_no_reference_into_the_document(question: str, reference: str) -> None:
    """Its numbers are names that everybody uses; a kind of thing may be called by one as well."""
    assert wording.find_dangling_reference(question, "en") == reference
    assert wording.find_cross_reference("Eligible Section 5 RELIEF claimants.", question) == ""
    assert bool(wording.find_cross_reference("Unless Section 4 applies.", "Who is paid?"))
