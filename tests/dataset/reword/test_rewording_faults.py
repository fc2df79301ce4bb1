"""The checks that a rewording has to pass."""

import msgspec
import pytest

from groundwork.dataset.reword.rewording_faults import faults_of_rewording, keeps_answer
from groundwork.dataset.reword.subject_terms import required_terms, subject_words
from tests.dataset.reword.rewordings import BUILT_ANEW, COPIED, COPIES, NATURAL, SAME_BUILD, TURNED
from tests.dataset.rows import row

QUESTION = "How many players of each team may be on the field at the same time in Touch Rugby?"
ANSWER = "A maximum of six players per team are allowed on the field at any time."
ROW = row(question=QUESTION, answer=ANSWER, evidence=["no more than 6 players of a team on the field"])
GOOD_QUESTION = "In Touch Rugby, what is the largest number that a side can have in play at once?"
GOOD_ANSWER = "A side can field up to six people at once."


def found(told, question, answer, keep=()):
    return faults_of_rewording(told, question, answer, COPIED, keep)


def test_a_good_rewording_passes():
    """Another sentence, same numbers and names, subject named: nothing to correct."""
    assert found(ROW, GOOD_QUESTION, GOOD_ANSWER, ["rugby"]) == []


@pytest.mark.parametrize(("question", "answer", "new_question", "new_answer"), NATURAL)
def test_what_a_large_model_writes_passes(question, answer, new_question, new_answer):
    """Natural rewordings, with the common words and the terms of the original, have no fault."""
    assert found(row(question=question, answer=answer, evidence=[answer]), new_question, new_answer) == []


@pytest.mark.parametrize(("number", "question", "answer"), COPIES)
def test_near_copies_are_sent_back(number, question, answer):
    """Single words exchanged, or moved: the sentence is the old one."""
    old_question, old_answer, *_ = NATURAL[number]
    told = row(question=old_question, answer=old_answer, evidence=[old_answer])
    problems = found(told, question or GOOD_QUESTION, answer or old_answer)
    assert any("copies" in one or "single words" in one for one in problems)


def test_terms_of_several_words_make_no_copy():
    """ "What is the difference between A and B?" may become "How does A differ from B?", however long A and B are."""
    answer = "Chapter 4 says so."
    refused = [new for old, new in BUILT_ANEW if found(row(question=old, answer=answer), new, answer)]
    passed = [new for old, new in SAME_BUILD if not found(row(question=old, answer=answer), new, answer)]
    assert len(refused) <= 4 and passed == []


@pytest.mark.parametrize(("number", "question", "answer", "complaint"), TURNED)
def test_another_meaning_is_sent_back(number, question, answer, complaint):
    """What asks or says something else is named."""
    old_question, old_answer, new_question, new_answer = NATURAL[number]
    told = row(question=old_question, answer=old_answer, evidence=[old_answer])
    assert complaint in " ".join(found(told, question or new_question, answer or new_answer))


@pytest.mark.parametrize(
    ("question", "answer", "new_question", "new_answer"),
    [
        (
            "Can a club's score in the Sarn league fall below zero?",
            "No.",
            "Could a Sarn league club end a season with minus points?",
            "No.",
        ),
        (
            "When is the annual meeting of the Sarn league?",
            "On the second Saturday of November.",
            "On which Saturday do the clubs of the Sarn league have their annual meeting?",
            "It is November's second one.",
        ),
        (
            "A rower turns 18 on 2 January; is that rower still a junior in the Sarn league?",
            "Yes, as a junior is not yet 18 on 1 January.",
            "With an 18th birthday on 2 January, do you still row as a junior in the Sarn league?",
            "Yes. On 1 January you are not 18 yet, and that decides.",
        ),
        (
            "May a skiff of the Sarn league start with two items missing?",
            "Yes, as only three or more missing items bar it from the start.",
            "Does it keep a Sarn league skiff on shore to be short of two items?",
            "Yes, it may row: fewer than three are missing.",
        ),
        (
            "May a crew entered after 18:00 row in the Sarn league?",
            "Yes, but only as a guest.",
            "It is after 18:00, and only now is a crew entered in the Sarn league. Is it allowed to row?",
            "Yes, as a guest and no more.",
        ),
        (
            "Where must the ball of the Sarn league not lie?",
            "In a field corner, in a goal corner or behind the goal.",
            "Which places are ruled out for the ball of the Sarn league?",
            "There are three: a field corner, a goal corner and behind the goal.",
        ),
    ],
)
def test_natural_ways_of_saying_it_again_pass(question, answer, new_question, new_answer):
    """Zero in words, a part of the answer, an ordinal, the other side of a limit, a scene first, a list counted."""
    told = row(question=question, answer=answer, evidence=[answer])
    assert found(told, new_question, new_answer) == []


def test_a_term_of_the_question_names_no_source():
    """Who asks for visible text may ask for "the visible text" too; "the given text" is of nobody's asking."""
    told = row(question="Why can a strip not remove visible text of a page?", answer="It is part of the picture.")
    old, new = "do not write", "What keeps a strip from taking away {} of a page?"
    assert not [one for one in found(told, new.format("the visible text"), told.answer) if old in one]
    assert [one for one in found(told, new.format("the given text"), told.answer) if old in one]


@pytest.mark.parametrize(
    ("new_question", "complaint"),
    [
        ("How many skiffs, six at most, may start together in the Sarn league?", "number"),
        ("It must be cleared: how many skiffs start together in the Sarn league?", "stand alone"),
    ],
)
def test_a_question_does_not_tell_all_that_is_asked(new_question, complaint):
    """The number that answers it is no part of the question, nor may it begin with what it does not name."""
    told = row(question="What is the largest start of the Sarn league?", answer="Six skiffs.", evidence=["Six skiffs."])
    assert complaint in " ".join(found(told, new_question, "Six of them."))


def test_all_faults_are_told_at_once():
    """One correction can mend the question and the answer, so that both are in it."""
    problems = " ".join(
        found(ROW, "In rugby, how large is a side?", "A side fields up to 7 people, and 14 in reserve.")
    )
    assert "question lost Touch" in problems and "lost the number 6" in problems and "not there: 14, 7" in problems


@pytest.mark.parametrize(
    ("question", "answer", "complaint"),
    [
        ("", GOOD_ANSWER, "question is empty"),
        (GOOD_QUESTION, " ", "answer is empty"),
        (QUESTION, GOOD_ANSWER, "copies"),
        (
            "At the same time in Touch Rugby, how many players may be of each team on the field?",
            GOOD_ANSWER,
            "old sentence",
        ),
        (GOOD_QUESTION, ANSWER, "word for word"),
        (GOOD_QUESTION, "A side can field up to seven people at once.", "lost the number 6"),
        (
            GOOD_QUESTION,
            "A side can field up to six people at once, and 14 in reserve.",
            "number that was not there: 14",
        ),
        ("What is the largest number that a side can have in play at once in rugby?", GOOD_ANSWER, "lost Touch"),
        ("In Touch Rugby by FIT rules, what is the largest number a side has in play?", GOOD_ANSWER, "not there: FIT"),
        (QUESTION.replace("may be", "may not be"), GOOD_ANSWER, "turned the meaning"),
        (GOOD_QUESTION, "A side needs a minimum of six people at once.", "'minimum' where it said 'maximum'"),
        ("According to the text, how large can a Touch Rugby side be in play?", GOOD_ANSWER, "stand alone"),
        ("It has how many in play at once in Touch Rugby, by side, as a limit?", GOOD_ANSWER, "cannot begin with 'It'"),
        ("Touch Rugby side size?", GOOD_ANSWER, "lost a part"),
        ("Tell the largest number that a Touch Rugby side can have in play at once.", GOOD_ANSWER, "question mark"),
        (
            "In Touch games, what is the largest number a Rugby-like side can have at once?",
            GOOD_ANSWER,
            "put back: rugby",
        ),
    ],
)
def test_what_changes_the_meaning_is_named(question, answer, complaint):
    """Each way of spoiling a pair has its own complaint, which the model is corrected by."""
    assert complaint in " ".join(found(ROW, question, answer, ["rugby"]))


def test_a_limit_is_no_negation():
    """'No more than six' says what 'a maximum of six' says, 'no further than 25 m' what 'within 25 m' says."""
    assert found(ROW, GOOD_QUESTION, "A side fields no more than six at once.") == []
    near = row(question=QUESTION, answer="The host lays each mark within 25 m of its charted position.")
    far = "Every mark has to be placed no further than 25 m from where the chart shows it."
    assert found(near, GOOD_QUESTION, far) == []


def test_a_short_answer_may_stay():
    """There is no other way of saying '70 metres'."""
    for answer in ("6 players", "Holm, Sarn, Orrin, Skerrow, Tarn Bay, North Quay and South Quay"):
        short = row(question=QUESTION, answer=answer)
        assert found(short, GOOD_QUESTION, answer) == []
        assert keeps_answer(short, answer, COPIED), "and is counted as what it is"


@pytest.mark.parametrize("answer", ["ลูกสูบหนักสามร้อยกิโลกรัม", "ຫ້ອງການເປີດໃນຕອນເຊົ້າ", "比赛前必须检查所有的船只"])
def test_a_short_answer_without_spaces_may_stay(answer: str):
    """Its words are counted as many as its letters make, not as many as it has letters."""
    short = row(question="比赛前要做什么？", answer=answer)
    assert not [fault for fault in found(short, "开始比赛之前应当完成哪些事情？", answer) if "old one" in fault]


def test_an_answer_may_say_what_the_evidence_says():
    """A number of the evidence is no invention."""
    of_evidence = row(question=QUESTION, answer="The limit is low.", evidence=["at most 6 players"])
    assert found(of_evidence, GOOD_QUESTION, "There are 6 at once.") == []


def test_yes_stays_yes():
    """The verdict of a yes-no answer cannot change sides."""
    verdict = row(question="May a team of Touch Rugby substitute players during play at will?", answer="Yes, always.")
    asked = "Is free interchange open to a Touch Rugby side while the ball is live?"
    assert "begin with 'yes'" in " ".join(found(verdict, asked, "Certainly, always."))


BOAT = "What may a safety boat of the Skerrow regatta not do during a race?"
BOATS = "During a race of the Skerrow regatta, what is a safety boat kept from doing?"
WIND = "Up to which wind may a race of the Skerrow regatta start?"
WINDS = "How strong may the wind be at most if the Skerrow regatta wants to start a race?"


@pytest.mark.parametrize(
    ("told", "question", "answer"),
    [
        (
            row(question=BOAT, answer="Tow, film or pass.", evidence=["A boat may not tow, film or pass."]),
            BOATS,
            "It may not film, pass or tow.",
        ),
        (
            row(question=BOAT, answer="It may not tow or film.", evidence=["It may not tow or film."]),
            "What must a safety boat at the Skerrow regatta not do while crews race?",
            "Film or tow.",
        ),
        (
            row(question=WIND, answer="Up to 18 knots, in gusts 24.", evidence=["The limit is 18 knots, gusts 24."]),
            WINDS,
            "The wind may not be above 18 knots, nor gusts above 24.",
        ),
        (
            row(question=WIND, answer="After they are chosen.", evidence=["They go once the five best are chosen."]),
            WINDS,
            "After. The five best are chosen first.",
        ),
        (
            row(question=WIND, answer="Ropes and hooks of steel.", evidence=["Ropes, hooks of steel are forbidden."]),
            WINDS,
            "It may not have hooks or ropes of steel.",
        ),
        (
            row(question=WIND, answer="The race officer delays it for no longer than 3 minutes.", evidence=[]),
            WINDS,
            "3 minutes and no more, when the race officer delays it.",
        ),
        (
            row(question=WIND, answer="No more than six boats start; never fewer than two boats start.", evidence=[]),
            WINDS,
            "More than six boats may not start. Two must; there are never fewer.",
        ),
        (
            row(question=WIND, answer="It may not race until it has been mended, on Saturdays.", evidence=[]),
            WINDS,
            "It must be mended before it may race on a Saturday.",
        ),
        (
            row(question=WIND, answer="No other crew may leave the harbour.", evidence=[]),
            WINDS,
            "All others have to stay in the harbour.",
        ),
        (
            row(question=WIND, answer="A tool for files, such as a program's code.", evidence=[]),
            WINDS,
            "It keeps files, for instance the source code of a program.",
        ),
    ],
)
def test_question_evidence_and_criteria_support_an_answer(told, question, answer):
    """What they deny, count or limit may be denied, counted or limited by the new answer too."""
    assert [one for one in found(told, question, answer) if one.startswith("The answer")] == []


@pytest.mark.parametrize(
    ("told", "answer", "complaint"),
    [
        (row(question=WIND, answer="It may tow.", evidence=["It may tow. It may not film."]), "It may not tow.", "tow"),
        (
            row(question=WIND, answer="Boats that do not leak.", evidence=[]),
            "Boats that leak.",
            "leak",
        ),
        (row(question=WIND, answer="Up to 18 knots.", evidence=["Five boats, 18 knots."]), "Up to 15 knots.", "15"),
    ],
)
def test_evidence_supports_only_what_it_says(told, answer, complaint):
    """A denial of something else is no reason to deny this."""
    assert complaint in " ".join(found(told, WINDS, answer))


def test_the_words_that_have_to_stand_are_told_once():
    """As they are written, neighbours together; an everyday word that the context happens to share is none of them."""
    told = row(question="Which allowance B has a sound skiff of the Ellary league on Course A of the Ellary league?")
    about = "rules of sound rowing in the Ellary league"
    assert required_terms(told, about) == ["allowance B", "Ellary league", "Course A"]


@pytest.mark.parametrize(
    ("question", "required"),
    [
        ("May the D.C. Delegate hold two offices?", ["D.C. Delegate"]),
        ("Who elects the U.S. Senate in an even year?", ["U.S. Senate"]),
        ("What does J.R. Cole pay at berth B?", ["J.R. Cole", "berth B"]),
    ],
)
def test_an_initialism_stands_with_its_name(question, required):
    """Its letters are no single letters with the word before."""
    assert required_terms(row(question=question), "") == required


PLANKING = "A skiff must be measured again after any repair that replaces more than 1.5 m of planking."
HOLD = "The race officer may hold back the signal for a late crew, but for no longer than three minutes in all."
POSTED = "Results are posted, with every penalty and its rule, within 60 minutes of the last finish."
PAID = "A club that has not paid by 31 March may not enter crews until it has paid."
CALL = "The referee decides it, no later than 30 minutes before the start."
YES = "Yes. Bicycles travel free outside the high season, and the high season ends on 15 September."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ANSWER, "At most six players per team are allowed on the field at any time."),
        (PLANKING, "A skiff must be measured again after any repair replacing more than 1.5 m of planking."),
        (PLANKING, "After any repair that replaces more than 1.5 m of planking, a skiff must be measured again."),
        (HOLD, "The race officer can hold back the signal for a late crew, but no longer than three minutes in all."),
        (POSTED, "The results are posted within 60 minutes of the last finish, with every penalty and its rule."),
        (PAID, "A club that hasn't paid by 31 March cannot enter crews until it has paid."),
        (CALL, "It is the referee who decides, no later than 30 minutes before the start."),
        (YES, "Yes. Bicycles travel free outside of the high season, which ends on 15 September."),
    ],
)
def test_a_near_copy_of_an_answer_is_sent_back(old, new):
    """One word exchanged, or the halves: a model that learnt the sentence would still be right by it."""
    told = row(question=QUESTION, answer=old, evidence=[old])
    assert any(one.startswith("The answer copies") or "single words" in one for one in found(told, GOOD_QUESTION, new))
    assert keeps_answer(told, new, COPIED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ANSWER, GOOD_ANSWER),
        (PLANKING, "Remeasurement is required whenever a repair exchanges upwards of 1.5 m of planking."),
        (HOLD, "Three minutes altogether is the longest that a race officer can delay the signal when a crew is late."),
        (POSTED, "No later than 60 minutes after the final finish, a list of them goes up that names each penalty."),
        (PAID, "Unless the money is in by 31 March, the club cannot put forward any crew before settling its debt."),
        (CALL, "The call is up to the referee, who has until 30 minutes ahead of the start to make it."),
        (YES, "Yes, since after 15 September, when the high season is over, they cost nothing."),
    ],
)
def test_an_answer_in_other_words_passes(old, new):
    """Numbers, units and terms come back; the sentence around them is another."""
    told = row(question=QUESTION, answer=old, evidence=[old])
    assert found(told, GOOD_QUESTION, new) == []
    assert not keeps_answer(told, new, COPIED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("How many boats may start within twenty minutes?", "In 20 minutes, what number of boats can set off?"),
        ("Who pays the 1.234,56 Euro of the fee?", "Which crew owes the fee of 1234.56 Euro?"),
        ("What opens at 07:30 on a race day?", "On a day of racing, what is open from 7:30?"),
        ("Which boat weighs a hundred and twenty-five kg?", "What craft has a weight of 125 kg?"),
        ("What happens twice on the course of 1,500 m?", "On the course of 1500 m, what takes place 2 times?"),
        ("Which one of the boats starts first?", "What boat is to start first?"),
    ],
)
def test_a_number_may_be_written_another_way(old, new):
    """The same number in words, in digits or with other separators is no change of the question."""
    assert found(row(question=old, answer="Yes."), new, "Yes.") == []


def test_subject_words_are_those_of_the_context():
    """What the user's context phrase and the question share must stay in the question."""
    assert subject_words(ROW, "the rules of touch rugby") == ["touch", "rugby"]


@pytest.mark.parametrize(
    ("question", "answer", "new", "reply", "fault"),
    [
        ("Is search on in Orrin?", "Yes.", "Must I turn it on in Orrin, or is it on?", "Yes.", "two things"),
        ("Which options does Orrin have?", "None.", "Can I configure anything in Orrin?", "None.", "yes or no"),
        ("Which options does Orrin have?", "None.", "Can I configure anything in Orrin?", "It has no options.", ""),
        ("May a crew row at night?", "No.", "Is a crew allowed to row at night?", "No.", ""),
    ],
)  # fmt: skip
def test_the_kind_of_question_stays(question, answer, new, reply, fault):
    """A yes or no is asked for where one is given, and an answer fits its question."""
    row = msgspec.structs.replace(ROW, question=question, answer=answer, evidence=[answer], evaluation_criteria=[])
    told = " ".join(one for one in found(row, new, reply) if "yes or no" in one or "two things" in one)
    assert fault in told if fault else told == ""


@pytest.mark.parametrize(
    ("question", "about", "required"),
    [
        ("Who got the mines of Sarn whose leases ended in September 2013?", "", ["Sarn", "September 2013"]),
        ("Which iron ore mines of Sarn closed?", "the iron ore market", ["iron ore", "Sarn"]),
        ("What did 1200 people of Sarn ask for in 1850?", "", ["Sarn", "1850"]),
    ],
)
def test_a_year_and_short_words_of_the_subject_have_to_stand(question: str, about: str, required: list[str]) -> None:
    """ "September" alone is another question, and "ore" has three letters."""
    assert required_terms(row(question=question), about) == required


def test_words_around_a_term_and_the_terms_of_criteria_are_no_copy() -> None:
    """ "Under the ... Act" goes with the name, and what a criterion asks for in these words may stay in them."""
    told = row(
        question="What is an on-site helper under the Orrin Mill Relief Act?",
        answer="Somebody who was paid for grinding barley by the administrative department for coastal tide mills.",
        evaluation_criteria=["Names the administrative department for coastal tide mills"],
        evidence=["Helpers were paid for grinding barley."],
    )
    question = "Who counts as an on-site helper under the Orrin Mill Relief Act?"
    answer = "It is whom the administrative department for coastal tide mills gave money for grinding barley."
    assert faults_of_rewording(told, question, answer, 0.5) == []
    near = "Under the Orrin Mill Relief Act, what is an on-site helper?"
    assert any("question" in fault for fault in faults_of_rewording(told, near, answer, 0.5))


def test_a_phrase_may_stay_as_it_is() -> None:
    """An answer that begins with a preposition and has no verb is said in few ways; a sentence of the length is not."""
    told = row(
        question="Wie wird das Brett befestigt?",
        answer="Mit einem Halter, etwa von der Schmiede nach den Plänen im Archiv.",
    )
    assert faults_of_rewording(told, "Was hält das Brett der Mühle fest?", told.answer, 0.5) == []
