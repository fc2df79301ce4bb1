"""Sentences by offsets: what both engines owe, and the languages that are promised."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwork.language.sentences import markup_spans, sentences, uncuttable_spans

ENGINES = ["sentencex", "regex"]
LANGUAGES = {
    "en": ["Dr. Smith threw the disc, e.g. 10.5 m far.", "Was it caught?", "Yes!"],
    "de": ["Herr Dr. Müller kam z. B. um 9 Uhr.", "Er ging am Abend nach Hause.", "Warum?"],
    "fr": ["M. Dupont est arrivé à Paris.", "Il fait beau aujourd'hui !", "Où est-il ?"],
    "es": ["El Sr. López llegó ayer.", "¿Cómo está usted?", "Muy bien, gracias."],
    "zh": ["这是第一句话。", "你好吗？", "我很好！"],
    "ar": ["ذهب الولد إلى المدرسة.", "هل وصل المعلم؟", "نعم وصل."],
}


def cut(text: str, language: str = "en", engine: str = "sentencex") -> list[str]:
    return [text[start:end] for start, end in sentences(text, language, engine)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_languages(language: str, engine: str) -> None:
    """Abbreviations, question marks and full stops of each language are read as its writers mean them."""
    expected = LANGUAGES[language]
    assert cut(("" if language == "zh" else " ").join(expected), language, engine) == expected


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=60)
@given(text=st.text(alphabet=st.sampled_from("aB. \n\t!?1中。ع؟[](x)`$\ufeff\ud800🙂•"), max_size=300))
def test_only_white_space_lies_between(engine: str, text: str) -> None:
    """Sentences are in order, apart, not empty, and hold everything but white space."""
    spans = sentences(text, "en", engine)
    borders = [0, *(place for span in spans for place in span), len(text)]
    assert borders == sorted(borders)
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
    assert not any(text[a:b].strip() for a, b in zip(borders[::2], borders[1::2], strict=True))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2. The pull starts play. It is a throw.", ["1.2. The pull starts play.", "It is a throw."]),
        ("A5.4.1. Offence lines up.", ["A5.4.1. Offence lines up."]),
        ("See [sec. 4. The pull](#p). Then play.", ["See [sec. 4. The pull](#p).", "Then play."]),
        ("Call `a. B` first. Then stop.", ["Call `a. B` first.", "Then stop."]),
        ("First thing • Second thing • Third", ["First thing", "• Second thing", "• Third"]),
        ("Write it in ASP.NET CORE. Then go.", ["Write it in ASP.NET CORE.", "Then go."]),
        ("One line\nwrapped here. Next one.", ["One line\nwrapped here.", "Next one."]),
    ],
)
def test_markdown_is_minded(text: str, expected: list[str], engine: str) -> None:
    """A rule's number is no sentence, links and code are not cut, bullets start sentences, line breaks do not."""
    assert cut(text, "en", engine) == expected


def test_plain_rule_knows_abbreviations_from_words() -> None:
    """`regex` reads "No. 5" as a number's name and "no." as an end; "Co." ends a sentence before one that starts."""
    assert cut("He said no. They left for No. 5 in May.", engine="regex") == [
        "He said no.",
        "They left for No. 5 in May.",
    ]
    assert cut("Ask Pitt & Co. They know the U.S. Government.", engine="regex") == [
        "Ask Pitt & Co.",
        "They know the U.S. Government.",
    ]


def test_long_text_is_cut_like_short_text() -> None:
    """The windows in which an engine reads a long line change nothing."""
    sentence = "The Dr. has $100.00 in her bag at 5 p.m. on most days. "
    assert set(cut(sentence * 400)) == {sentence.strip()}
    assert len(cut(sentence * 400)) == 400


def test_surrogates_do_not_shift_the_sentences_behind_them() -> None:
    """Two halves of a character, as a damaged file may hold them, count as two characters."""
    assert cut("\ud83d\ude00这是第一句话。你好吗？", "zh") == ["\ud83d\ude00这是第一句话。", "你好吗？"]


def test_spans_that_no_cut_may_enter() -> None:
    """Links with brackets, code, formulas and spaced numbers are found; prices and prose are not."""
    text = "[a [b]](x_(y)) and `c d` and $x + y$ and \\(z\\), 10 000 m for $5 and $6."
    assert [text[slice(*span)] for span in uncuttable_spans(text)] == [
        "[a [b]](x_(y))",
        "`c d`",
        "$x + y$",
        "\\(z\\)",
        "10 000",
    ]
    assert markup_spans("plain text, 10 000") == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It rests on Pub. L. 93-344, 88 Stat. 322. The next holds.", 2),
        ("It rests on § 2 of the Act, 110 Stat. 1726.", 1),
        ("A rule stands in 500 F. Supp. 2d 1234 (1990), as said. It was right.", 2),
        ("Under Civ. P. 12(b) the motion fails. The rest stands.", 2),
        ("So says Harv. L. Rev. 12 of it. It matters.", 2),
        ("It follows from Art. 5, para. 2. It applies.", 2),
        ("The fare is 5 crowns. 12 boats sail. They are full.", 3),
        ("They row at 5 Marks. 12 boats sail.", 2),
        ("The boats sail to Rome. 12 of them return.", 2),
    ],
)
def test_a_citation_is_not_cut(text: str, parts: int, engine: str) -> None:
    """Volume, reporter and page of a law or a report stay together; a number that starts a sentence does so still."""
    assert len(cut(text, "en", engine)) == parts


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ru", ["Это вода, т. е. вода из озёр.", "Её мерит к. х. н. Лукьянов."]),
        ("ru", ["Протокол пишет Е. В. Горшкова.", "Его хранят пять лет."]),
        ("tr", ["Kılavuz EN 335 vb. standartlara uyar.", "Onu Dr. Öğr. Üyesi Selin Er yazdı."]),
        ("vi", ["Xưởng ở TP. Đà Nẵng mở cửa.", "Giá đã gồm thuế."]),
        ("ar", ["يحال العامل إلى الطبيب د. سامر الحلواني.", "وعليه أن يحضر."]),
        ("hi", ["जाँच डॉ. मीरा देशपांडे ने की।", "रिपोर्ट तैयार है।"]),
        ("en", ["It returns the byte offset of it.\n\n", "offset is a number."]),
        ("th", ["เวลาเข้าพักคือ 10.00 น. และเวลารับกลับคือ 12.00 น. ของปี พ.ศ. 2568 ทุกวัน"]),
    ],
)
def test_abbreviations_of_other_languages_end_no_sentence(language: str, expected: list[str], engine: str) -> None:
    """Titles, initials, short words before a small letter, and the stops of Thai stand within a sentence."""
    assert cut(" ".join(expected), language, engine) == [sentence.strip() for sentence in expected]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh", ["本办法由人力资源部解释。", "2021年版同时废止。", "“谁审批，谁负责。”是基本原则。"]),
        ("zh", ["他说：“知道了。”", "她走了。"]),
        ("ja", ["「大丈夫だ。」と思っても、手を触れません。", "20分以上休ませてください。"]),
        ("ja", ["彼は「行く。」と言った。", "「はい。」", "ところが雨が降った。"]),
    ],
)
def test_wide_stops(language: str, expected: list[str], engine: str) -> None:
    """A wide stop ends a sentence before a number too, and none where the sentence goes on behind a quotation."""
    assert cut("".join(expected), language, engine) == expected


@pytest.mark.parametrize("engine", ["sentencex", "regex"])
@pytest.mark.parametrize("mark", [":", ",", ";"])
def test_a_quoted_sentence_ends_no_other(mark: str, engine: str) -> None:
    """What goes on behind the quotes is no sentence that starts with a colon."""
    text = f"The gate opens. On “It costs 35 euros.”{mark} Legal wants 40. Then it shuts."
    found = [text[start:end] for start, end in sentences(text, "en", engine)]
    assert found[-2:] == [f"On “It costs 35 euros.”{mark} Legal wants 40.", "Then it shuts."]
