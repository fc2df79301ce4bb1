"""Which encoding a text is in."""

from __future__ import annotations

import pytest

from groundwork.documents.formats.text_encodings import decode_text
from groundwork.errors import BadDocument

TEXTS = {
    "fr": "Règle {} : l’équipe doit être présente à l’heure, où que se déroule la rencontre ; l'œuvre est à nous.\n",
    "es": "La regla {} señala que el tamaño del campo será de 75 metros; ¿cuántos años tendrá el árbitro?\n",
    "pt": "A regra {} não é válida: a equipa terá de esperar até à manhã, e as seleções são informadas.\n",
    "da": "Regel {}: holdet skal være på pladsen før kampen, og spillerne må ikke gå hjem, før dommeren siger det.\n",
    "de": "Regel {}: Die Mannschaft muss pünktlich da sein; über Größe und Maße entscheidet „natürlich“ der Wart.\n",
    "pl": "Zasada {}: drużyna musi być na boisku przed meczem, a gracze nie mogą odejść, jest to również źle.\n",
}


@pytest.mark.parametrize("language", ["fr", "es", "pt", "da", "de"])
@pytest.mark.parametrize("encoding", ["cp1252", "iso8859-15", "cp850", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("lines", [1, 40])
def test_western_text_is_read_as_what_it_says(language: str, encoding: str, lines: int) -> None:
    """French, Spanish, Portuguese, Danish and German: cp1252 before other code pages, which their letters tell."""
    text = "".join(TEXTS[language].format(k) for k in range(lines))
    content = text.encode(encoding, errors="ignore")
    assert decode_text(content)[0] == content.decode(encoding)


def test_the_language_says_otherwise() -> None:
    """Polish is no cp1252, whose letters would fit as well."""
    text = TEXTS["pl"] * 20
    assert decode_text(text.encode("cp1250")) == (text, "cp1250")
    assert decode_text(text.encode("iso8859-2"))[0] == text


@pytest.mark.parametrize("text", ["café", "Größe", "déjà vu", "São Paulo", "Prix : 20 €"])
def test_a_few_words_are_no_chinese(text: str) -> None:
    """Bytes that make two signs of UTF-16 are Western letters where no byte is zero."""
    assert decode_text(text.encode("cp1252")) == (text, "cp1252")


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 4, b"\x00\x01\x00\x02" * 50, b"MZ\x90\x00\x03\x00\x00\x00" * 9]
)
def test_binary_is_no_text(content: bytes) -> None:
    """Zeros and control characters are no UTF-16."""
    with pytest.raises(BadDocument, match="no text"):
        decode_text(content)


CYRILLIC = "Лодки стоят у причала, и сторож открывает ворота только во время прилива. Это бесплатно."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((CYRILLIC, encoding) for encoding in ("koi8-r", "cp1251", "cp866", "iso8859-5", "mac_cyrillic")),
        ("Přístav otevřeli až večer, protože šlo o poslední loď; žádná další nepřijela.", "iso8859-2"),
        ("Přístav otevřeli až večer, protože šlo o poslední loď; žádná další nepřijela.", "cp1250"),
        ("Ladja še ni prišla, zato čakamo na pomolu, čeprav že pozno zvečer dežuje.", "iso8859-2"),
        ("Łódź stoi przy pomoście, a strażnik otwiera bramę tylko w czasie przypływu.", "iso8859-2"),
        ("Łódź stoi przy pomoście, a strażnik otwiera bramę tylko w czasie przypływu.", "cp1250"),
        ("船は桟橋にあり、門は潮の間だけ開きます。", "iso2022_jp"),
        ("배는 부두에 있고 문은 만조 때만 열립니다.", "iso2022_kr"),
    ],
)
def test_encodings_of_one_language_are_told_apart_in_a_line(text: str, encoding: str) -> None:
    """By the letters of its alphabet, by capitals behind small letters, or by the escape that begins the script."""
    assert decode_text(text.encode(encoding))[0] == text


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
def test_japanese_below_much_english_is_read(encoding: str) -> None:
    """A licence in English above a Japanese book does not make the book Western."""
    licence = "You may copy this book and give it away, with this text and without a fee, wherever you live.\n" * 40
    book = "船は桟橋にあり、門は潮の間だけ開きます。そのあとで、だれもが町へ帰ります。\n" * 20
    assert decode_text((licence + book).encode(encoding))[0] == licence + book


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("vælger\ngør", "cp1252"),
        ("varetægt\nmænd\nudlændinge\nBrøndby", "cp1252"),
        ("møde\nBrøndby\nvælger\nfærge", "cp1252"),
        ("GRÜSSE AUS KÖLN", "cp1252"),
        ("Tämän", "cp1252"),
        ("Temperatur: 4 °C", "cp1252"),
        ("vyrų ir moterų", "cp1257"),
        ("Лодки стоят", "cp1251"),
        ("Сторож пригласит гостей", "cp1251"),
        ("ΛΕΜΒΟΣ και λιμάνι", "cp1253"),
        ("船は桟橋にあり", "cp932"),
        ("潮の間だけ開きます", "euc_jp"),
        ("小船停在码头", "gb18030"),
        ("小船停在碼頭", "big5"),
        ("배는 부두에", "cp949"),
        ("The chair opened at nine. Present: Анна Петрова, Игорь Смирнов, Ольга Кузнецова, Павел Орлов.", "cp1251"),
    ],
)
def test_a_few_words_are_read_in_the_code_page_of_their_language(text: str, encoding: str) -> None:
    """Lists of words as well, which Danish shares with Lithuanian's code page, and names within English."""
    assert decode_text(text.encode(encoding))[0] == text


@pytest.mark.parametrize("encoding", ["iso8859-5", "cp855"])
def test_cyrillic_among_much_markup_keeps_its_code_page(encoding: str) -> None:
    """A page's tags outweigh the letters of its text."""
    page = "".join(f'<item number="{k}" href="https://example.org/{k}">{CYRILLIC}</item>\n' for k in range(9))
    assert decode_text(page.encode(encoding))[0] == page
