"""The rules in other languages: good pairs pass, wrong numbers and pointing questions do not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from groundwork.coverage.chunk_coverage import coverage
from groundwork.language import dangling_references as wording
from groundwork.language.language_and_script import detect_language, is_english
from groundwork.language.numbers import chinese_value, numbers
from groundwork.language.sentences import is_question
from groundwork.language.words import normalised_words, words
from groundwork.markdown.grounding import SourceText, find_quote
from groundwork.markdown.statements import statements
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.duplicates.likeness_calibration import DEFAULT_THRESHOLD, encoder_and_likeness
from groundwork.questions.duplicates.question_comparison import AskedQuestion
from groundwork.questions.pair_drafts import Draft, DraftBasis, pair_from_draft
from groundwork.questions.small_model.sentence_strategy import name_document
from groundwork.settings.config_files import load
from groundwork.settings.config_schema import STATIC_MODEL
from tests.chunks import reading_of

# language: text of two or three sentences, a question about the second, its answer, a number of it
TOLD = {
    "de": ("Die Verwaltung ist ab 7 Uhr geöffnet. Die Jahresmiete eines festen Liegeplatzes beträgt 1.234,56 €.",
           "Wie hoch ist die Jahresmiete eines festen Liegeplatzes im Hafen Velmora?",
           "Ein fester Liegeplatz kostet 1.234,56 € im Jahr."),
    "fr": ("Le bureau ouvre à 7 h. Selon l’article 12, les bateaux de plus de 12,5 m paient un supplément de 25 %.",
           "Que prévoit l’article 12 du règlement de Velmora pour les bateaux de plus de 12,5 m ?",
           "Ils paient un supplément de 25 %."),
    "es": ("La oficina abre a las 7. Los niños menores de 12 años deben llevar chaleco salvavidas en los pantalanes.",
           "¿Qué deben llevar los niños menores de 12 años en los pantalanes de Velmora?",
           "Los menores de 12 años llevan chaleco salvavidas."),
    "pl": ("Bosmanat otwarto o 7. Ten, kto opuszcza miejsce na dłużej niż 48 godzin, musi powiadomić bosmana.",
           "Kogo musi powiadomić ten, kto opuszcza miejsce w porcie Velmora na dłużej niż 48 godzin?",
           "Ten, kto wyjeżdża na ponad 48 godzin, musi powiadomić bosmana."),
    "ru": ("Контора открыта с 7 часов. Дети до 12 лет обязаны носить на причалах спасательный жилет.",
           "Что обязаны носить на причалах порта Вельмора дети до 12 лет?", "Дети до 12 лет носят спасательный жилет."),
    "el": ("Το γραφείο ανοίγει στις 7. Η μέγιστη ταχύτητα στη λιμενολεκάνη είναι 5 μίλια την ώρα.",
           "Ποια είναι η μέγιστη ταχύτητα στον λιμένα Βελμόρα;", "Είναι 5 μίλια την ώρα."),
    "tr": ("Büro 7.30'da açılır. İki tekne arasındaki mesafe en az 0,75 m olmalıdır.",
           "Velmora Limanı'nda iki tekne arasındaki mesafe en az ne kadar olmalıdır?", "En az 0,75 m olmalıdır."),
    "ar": ("يفتح المكتب من الساعة ٧. تبلغ أجرة مكان الزائر ١٢٣ دينارًا لكل متر في الليلة.",
           "كم تبلغ أجرة مكان الزائر في ميناء فلمورا لكل متر؟", "تبلغ الأجرة 123 دينارًا لكل متر."),
    "he": ("המשרד פתוח משעה 7. המהירות המרבית באגן הנמל היא 5 קמ\"ש.",
           "מהי המהירות המרבית באגן הנמל של ולמורה?", "היא 5 קמ\"ש."),
    "hi": ("कार्यालय सुबह 7 बजे खुलता है। अतिथि स्थान का शुल्क प्रति मीटर प्रति रात १८५ रुपये है।",
           "वेलमोरा में अतिथि स्थान का शुल्क कितना है?", "शुल्क प्रति मीटर 185 रुपये है।"),
    "th": ("สำนักงานเปิดเวลา 7:30 น. เรือที่ยาวเกิน 12.5 เมตรต้องจ่ายเพิ่มร้อยละ 25",
           "ในท่าเรือเวลโมรา เรือที่ยาวเกิน 12.5 เมตรต้องจ่ายเพิ่มเท่าใด", "ต้องจ่ายเพิ่มร้อยละ 25"),
    "zh": ("港务办公室七点开放。临时泊位的费用为每米每晚一百八十五元。",
           "维尔莫拉港临时泊位的费用是多少？", "每米每晚185元。"),
    "ja": ("事務所は7時に開く。係留索の直径は１４ミリメートル以上でなければならない。",
           "ヴェルモラ港では係留索の直径は何ミリメートル以上か？", "14ミリメートル以上である。"),
    "ko": ("사무소는 7시에 연다. 12세 미만의 어린이는 부두에서 구명조끼를 입어야 한다.",
           "벨모라 항구에서 12세 미만의 어린이는 무엇을 입어야 하는가?", "12세 미만의 어린이는 구명조끼를 입는다."),
}  # fmt: skip


ARABIC = (
    "تسري هذه اللائحة على جميع السفن. مدير الميناء هو الأستاذ يوسف البحري. يحق له تخصيص أماكن الرسو وسحبها. "
    "النار المكشوفة ممنوعة. يجري فحص المعدات كل عام في مايو. كل شخص أتمّ الثامنة عشرة يستطيع طلب مكان"
)


def draft(language: str, **changed: object) -> Draft:
    text, question, answer = TOLD[language]
    whole = {
        "evidence": [text[span.start : span.end] for span in statements(text, language)][1:],
        "question": question,
        "answer": answer,
        "evaluation_criteria": [answer, text[-20:]],
        "difficulty": "easy",
        "category": "factual",
    }
    return Draft(**{**whole, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("language", TOLD)
def test_a_good_pair_passes_in_every_language(language: str) -> None:
    """No rule that knows English alone turns down a good pair of another language."""
    assert DraftBasis(SourceText(TOLD[language][0], language)).draft_faults(draft(language)) == []


@pytest.mark.parametrize("language", TOLD)
def test_a_number_that_the_text_does_not_hold_is_seen_in_every_language(language: str) -> None:
    """Numbers are checked in any script."""
    wrong = draft(language, answer=f"{TOLD[language][2]} 8172")
    assert [fault.reason for fault in DraftBasis(SourceText(TOLD[language][0], language)).draft_faults(wrong)] == [
        "unsupported"
    ]


@pytest.mark.parametrize("language", TOLD)
def test_coverage_counts_in_every_language(language: str) -> None:
    """A pair touches the statement that it is about and not the other one, also where no space parts the words."""
    text = TOLD[language][0]
    reading = reading_of(text, language=language)
    told = coverage(reading, [pair_from_draft(draft(language, evidence=[text]), reading.chunk, "m", 1)])
    assert [bool(span.touched_by) for span in told.spans if span.kind == "sentence"] == [False, True]


@pytest.mark.parametrize(
    "question",
    [
        "Was steht im vorliegenden Abschnitt über Boote?",
        "Que dit ce passage sur les bateaux ?",
        "¿Qué dice el texto sobre los barcos?",
        "文中提到的费用是多少？",
        "この文章によると料金はいくらですか？",
    ],
)
def test_questions_that_point_at_the_text_are_seen_in_some_languages(question: str) -> None:
    """German, French, Spanish, Chinese and Japanese have a pattern of their own."""
    assert wording.find_dangling_reference(question, "")


@pytest.mark.parametrize(
    "question",
    [
        "Que prévoit l’article 12 du règlement ?",
        "Was ist nach § 3 Abs. 2 der Hafenordnung und nach Tabelle 4 verboten?",
        "¿Qué dice la sección 3?",
    ],
)
def test_english_patterns_step_aside(question: str) -> None:
    """`article 12` points at nothing in a French sentence that names its book."""
    assert wording.find_dangling_reference(question, "") == ""


@pytest.mark.parametrize(
    ("number", "value"),
    [("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("1\u202f234,5", "1234.5"), ("١٢٫٥", "12.5"), ("१८५", "185"),
     ("３．６", "3.6"), ("1,23,456", "123456"), ("1.234.567", "1234567"), ("12.5", "12.5"), ("1,5", "1.5")],
)  # fmt: skip
def test_numbers_are_read_in_the_ways_they_are_written(number: str, value: str) -> None:
    """Decimal comma, dots and thin spaces between thousands, and the digits of other scripts."""
    assert [one.value for one in numbers(f"x {number} y")] == [value]


@pytest.mark.parametrize(
    ("digits", "value"),
    [("一百八十五", 185), ("十二", 12), ("二千五百", 2500), ("三万零五十", 30050), ("二〇二四", 2024), ("一亿", 10**8)],
)
def test_chinese_numbers_have_their_value(digits: str, value: int) -> None:
    """Characters for digits, tens and ten thousands."""
    assert chinese_value(digits) == value


def test_a_number_may_be_written_another_way_than_in_the_text() -> None:
    """Figures for characters, and thousands without their dot in a language that writes one."""
    assert SourceText("费用为每米一百八十五元", "zh").ungrounded_facts("费用为185元") == []
    assert SourceText("费用为每米一百八十五元", "zh").ungrounded_facts("费用为186元")
    assert (
        SourceText("Das Becken ist für die Boote 2.500 Meter lang und nicht tief.", "de").ungrounded_facts(
            "Es sind 2500 Meter."
        )
        == []
    )
    assert SourceText("The basin is 2.500 metres long.", "en").ungrounded_facts("It is 2500 metres.")


def test_quotes_are_found_inside_runs_of_characters() -> None:
    """Where no space parts the words a quote may begin anywhere; accents may come apart from their letters."""
    assert find_quote("两船之间的距离", "规定两船之间的距离不得小于75厘米。")
    assert find_quote("ห้ามก่อไฟ", "บนสะพานเทียบเรือห้ามก่อไฟทุกชนิด")
    assert find_quote("pr\u030ci\u0301stav", "Velký přístav je zavřen.")
    assert find_quote("port", "the harbour transports") is None


def test_questions_end_as_their_script_wants() -> None:
    """The Greek semicolon, the Arabic mark, and Thai without any."""
    asked = ["Ποιος μπορεί;", "Τι κοστίζει 1,85 €;", "من يستطيع؟", "谁可以？", "ใครมีสิทธิ", "Who may?"]
    assert all(map(is_question, asked))
    assert not any(map(is_question, ["Tell me who;", "他可以。", "Who may."]))


def test_languages_are_told_by_their_words_or_script() -> None:
    """What cannot be told is ""; no language passes for another."""
    told = {language: detect_language(text) for language, (text, _, _) in TOLD.items()}
    assert {"de", "es", "el", "he", "th", "zh", "ko"} < {name for name in told if told[name] == name}
    assert all(told[name] in (name, "") for name in told)
    assert not any(is_english(text) for text, _, _ in TOLD.values())


async def test_questions_in_another_script_repeat_nothing_by_looks(tmp_path: Path) -> None:
    """An English embedder finds all Arabic alike: where duplicates begin is calibrated for each script."""
    settings = msgspec.structs.replace(load().embeddings, backend="static", model=STATIC_MODEL, query_prefix="")
    told = [one for text in (TOLD["ar"][0], ARABIC) for one in text.split(". ")]
    encode, likeness, _ = await encoder_and_likeness(settings, None, told, tmp_path, lambda: None)  # type: ignore[arg-type, return-value]
    repeats = await EarlierQuestions(encode, likeness).find_duplicates([AskedQuestion(f"{one}؟") for one in told])
    assert repeats == [""] * len(told)
    english = ["Who may ask for a berth?", "How fast may a boat go?", *["What is sold at the pier?"] * 3]
    assert (await encoder_and_likeness(settings, None, english, tmp_path, lambda: None))[
        1
    ].same_cosine == DEFAULT_THRESHOLD  # type: ignore[arg-type, return-value]


def test_words_of_hindi_keep_their_vowels_and_chinese_words_are_pairs() -> None:
    """Two questions that differ in a vowel sign are two; a run of characters is no single word."""
    assert words("का शुल्क") == ["का", "शुल्क"]
    assert words("两船之间") == ["两船", "船之", "之间"]
    assert normalised_words("उसका घर?") != normalised_words("उसकी घर?")


def test_a_title_goes_before_a_question_without_english_words() -> None:
    """Only an English question begins with `According to`."""
    assert name_document("多少钱？", "维尔莫拉港口规定", is_english=False) == "维尔莫拉港口规定: 多少钱？"
