"""The encoding of a text, found out by its byte order mark, its letters and its language."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from groundwork.errors import BadDocument

_BYTE_ORDER_MARKS = (  # longest first: UTF-32 LE begins as UTF-16 LE does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT_ENCODING = "it holds no text in any known encoding; convert it to UTF-8 or remove it"
_LEAST_TEXT_CHARACTER_SHARE = 0.99  # of the characters of a text are letters, marks and white space
_GOOD_LETTER_FIT = 0.9  # of the characters beyond ASCII that touch a letter fit there
_LEAST_LETTER_FIT = 0.3  # below it is no text
_DECODED_BESIDE_LETTER = re.compile(r"(?:(?<=([a-zA-Z]))|(?<![a-zA-Z]))([^\x00-\x7f])(?=([a-zA-Z])?)")
_SIGNS_BESIDE_WORDS = "«»“”„‘‚‹›–—…°§©®™€£¥¿¡·ªº ¹²³"
_WESTERN_ENCODINGS = ("cp1252", "iso8859-15", "cp850", "mac_roman")
_WESTERN_LANGUAGES = (
    "da", "no", "nb", "nn", "sv", "fi", "is", "fo", "de", "nl", "fr", "es", "pt", "it", "ca", "gl", "eu"
)  # fmt: skip
_ENCODINGS_BY_LANGUAGES = {  # languages whose letters cp1252 lacks: the encodings they are written in, commonest first
    ("pl", "cs", "sk", "hu", "sl", "hr", "bs", "ro", "sq"): (
        *("cp1250", "iso8859-2", "iso8859-16", "cp852", "mac_latin2"),
    ),
    ("tr",): ("cp1254", "cp857", "mac_turkish"),
    ("lt", "lv", "et"): ("cp1257", "iso8859-13", "iso8859-4", "cp775"),
    ("vi",): ("cp1258",),
}
_CENTRAL_EUROPEAN_ALPHABETS = {  # letters beyond ASCII: encodings of these languages differ in few of them
    "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "sl": "čšž", "hr": "čćđšž", "bs": "čćđšž",
    "hu": "áéíóöőúüű", "pl": "ąćęłńóśźż", "ro": "ăâîșşțţ", "sq": "ëç",
}  # fmt: skip
_HIRAGANA = re.compile("[\u3041-\u3096]")  # which no bytes of a Western text give
_LEAST_HIRAGANA, _HIRAGANA_SHARE, _MUCH_HIRAGANA = 3, 0.3, 20  # of a text: signs, share of signs, enough of any text
_JAPANESE_ENCODINGS = ("cp932", "euc_jp")
_CYRILLIC_LANGUAGES = ("ru", "uk", "bg", "sr", "mk", "be")
_CYRILLIC_ENCODINGS = ("cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "mac_cyrillic")
_ESCAPED_ENCODINGS = (  # of 7 bits, which change the script by an escape sequence
    (re.compile(rb"\x1b\$[@B]"), "iso2022_jp"),
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
)
# which are told by their bytes
_NOT_GUESSED_ENCODINGS = ["utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "utf_7"]
_ENCODING_SUPERSETS = {"euc_kr": "cp949", "shift_jis_2004": "cp932", "iso8859-6": "cp1256", "tis-620": "cp874"}
_DECODED_WORD = re.compile(r"[^\W\d_]+")
_LEAST_DECODED_WORD = 2  # letters of a word in another script, in the mean
_NON_LATIN_LANGUAGES = (
    *("ru", "uk", "bg", "sr", "mk", "be", "el", "he", "yi", "ar", "fa", "ur", "th", "zh", "ja", "ko", "hi"),
)


def decode_text(encoded_bytes: bytes) -> tuple[str, str]:
    """(text, encoding): by its byte order mark, as UTF-8, UTF-16, cp1252, or as chardet finds likeliest.

    Raises BadDocument where it is no text in any encoding.
    """
    for byte_order_mark, encoding in _BYTE_ORDER_MARKS:
        if encoded_bytes.startswith(byte_order_mark):
            return encoded_bytes.decode(encoding, errors="replace"), encoding
    if b"\x00" in encoded_bytes:
        encoding = _utf_16_encoding(encoded_bytes)
        return encoded_bytes.decode(encoding), encoding
    for escape_sequence, encoding in _ESCAPED_ENCODINGS:
        if escape_sequence.search(encoded_bytes) and (decoded_text := _try_decode(encoded_bytes, encoding)) is not None:
            return decoded_text, encoding
    try:
        return encoded_bytes.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_legacy(encoded_bytes)


def _utf_16_encoding(encoded_bytes: bytes) -> str:
    """UTF-16 without a byte order mark: of two bytes the high one takes fewer values. Raises BadDocument."""
    encoding = "utf-16-be" if len(set(encoded_bytes[::2])) < len(set(encoded_bytes[1::2])) else "utf-16-le"
    decoded_text = _try_decode(encoded_bytes, encoding)
    if not decoded_text or sum(map(_is_text_character, decoded_text)) < _LEAST_TEXT_CHARACTER_SHARE * len(decoded_text):
        raise BadDocument(_NO_TEXT_ENCODING)
    return encoding


def _is_text_character(character: str) -> bool:
    """No control character, none that is for private use and none that is not assigned."""
    return character in "\t\r\n\f" or unicodedata.category(character)[0] != "C"


def _decode_legacy(encoded_bytes: bytes) -> tuple[str, str]:
    """An encoding of one byte or two a character: cp1252, unless language or letters say otherwise.

    Scripts beyond Latin are left to chardet.
    """
    from groundwork.language.language_and_script import main_script

    if japanese_decoding := _decode_japanese(encoded_bytes):
        return japanese_decoding
    chardet_guess = _chardet_guess(encoded_bytes)
    if chardet_guess and _is_beyond_latin(chardet_guess[0]):
        is_cyrillic = main_script(chardet_guess[0]) == "cyrillic"
        return (_decode_cyrillic(encoded_bytes, chardet_guess[1]) if is_cyrillic else None) or chardet_guess
    if decoding := _decode_cyrillic(encoded_bytes) or _decode_central_european(encoded_bytes):
        return decoding
    decoding_fit, decoded_text, encoding = max(
        _decoded_readings(encoded_bytes, _WESTERN_ENCODINGS), key=lambda reading: reading[0]
    )
    if chardet_guess and decoding_fit < _GOOD_LETTER_FIT and _decoding_fit(chardet_guess[0]) > decoding_fit:
        return chardet_guess
    if decoding_fit < _LEAST_LETTER_FIT:
        raise BadDocument(_NO_TEXT_ENCODING)
    return decoded_text, encoding


def _decode_japanese(encoded_bytes: bytes) -> tuple[str, str] | None:
    for encoding in _JAPANESE_ENCODINGS:
        decoded_text = _try_decode(encoded_bytes, encoding) or ""
        least_hiragana = min(_MUCH_HIRAGANA, max(_LEAST_HIRAGANA, _HIRAGANA_SHARE * len(decoded_text)))
        if len(_HIRAGANA.findall(decoded_text)) >= least_hiragana:
            return decoded_text, encoding
    return None


def _chardet_guess(encoded_bytes: bytes) -> tuple[str, str] | None:
    import chardet

    encoding_eras = chardet.EncodingEra.ALL & ~chardet.EncodingEra.MAINFRAME
    encoding = chardet.detect(
        encoded_bytes,
        encoding_era=encoding_eras,
        prefer_superset=False,  # which takes ISO-8859-5 for a part of cp1251
        compat_names=False,
        exclude_encodings=_NOT_GUESSED_ENCODINGS,
        no_match_encoding="ascii",
    )["encoding"]
    for guessed_encoding in [_ENCODING_SUPERSETS.get(encoding, encoding), encoding] if encoding else []:
        if decoded_text := _try_decode(encoded_bytes, guessed_encoding):
            return decoded_text, guessed_encoding
    return None


def _is_beyond_latin(decoded_text: str) -> bool:
    """Whether its language is written in another script, or words of another script stand in it whole: no letter of
    theirs touches a Latin one."""
    from groundwork.language.language_and_script import detect_language

    if detect_language(decoded_text) in _NON_LATIN_LANGUAGES:
        return True
    decoded_words = [word for word in _DECODED_WORD.findall(decoded_text) if not word.isascii()]
    decoded_letters = "".join(decoded_words)
    is_beyond_latin = not any(character.isascii() or _is_decoded_latin(character) for character in decoded_letters)
    return is_beyond_latin and len(decoded_letters) >= _LEAST_DECODED_WORD * len(decoded_words) > 0


def _is_decoded_latin(character: str) -> bool:
    return unicodedata.name(character, "").startswith("LATIN")


def _decode_central_european(encoded_bytes: bytes) -> tuple[str, str] | None:
    """A text in a language whose letters cp1252 lacks, unless as cp1252 it is likelier in one of that page's."""
    from groundwork.language.language_and_script import detect_language, language_probability

    western_probability = language_probability(encoded_bytes.decode("cp1252", errors="replace"), _WESTERN_LANGUAGES)
    for languages, encodings in _ENCODINGS_BY_LANGUAGES.items():
        decoded_readings = list(_decoded_readings(encoded_bytes, encodings))
        _, decoded_text, encoding = max(decoded_readings, key=lambda reading: reading[0])
        is_in_language = (language := detect_language(decoded_text)) in languages
        if is_in_language and language_probability(decoded_text, languages) > western_probability:
            alphabet = _CENTRAL_EUROPEAN_ALPHABETS.get(language, "")
            return _decoding_with_most_letters(decoded_readings, alphabet) or (decoded_text, encoding)
    return None


def _decode_cyrillic(encoded_bytes: bytes, guessed_encoding: str = "") -> tuple[str, str] | None:
    """A text with more bytes beyond ASCII than Latin letters, whose language is written in Cyrillic: in the encoding
    that has the fewest capitals behind small letters. `guessed_encoding`: an encoding that needs no such language."""
    from groundwork.language.language_and_script import detect_language

    if 2 * sum(byte > 0x7F for byte in encoded_bytes) < len(encoded_bytes):
        return None
    cyrillic_encodings = dict.fromkeys([*_CYRILLIC_ENCODINGS, *filter(None, [guessed_encoding])])
    decodings = [
        (decoded_text, encoding)
        for encoding in cyrillic_encodings
        if (decoded_text := _try_decode(encoded_bytes, encoding))
    ]
    decodings = [
        (decoded_text, encoding)
        for decoded_text, encoding in decodings
        if encoding == guessed_encoding or detect_language(decoded_text) in _CYRILLIC_LANGUAGES
    ]
    return min(decodings, key=lambda decoding: _odd_decoded_capitals(decoding[0]), default=None)


def _odd_decoded_capitals(decoded_text: str) -> int:
    """How many capitals stand behind a small letter, and how many characters are neither letters nor of a text."""
    odd_capitals = sum(
        letter_before.islower() and letter_behind.isupper() for letter_before, letter_behind in pairwise(decoded_text)
    )
    non_ascii_signs = (character for character in decoded_text if character > "\x7f" and not character.isalpha())
    return odd_capitals + sum(character not in _SIGNS_BESIDE_WORDS for character in non_ascii_signs)


def _decoding_with_most_letters(decodings: Sequence[tuple[float, str, str]], alphabet: str) -> tuple[str, str] | None:
    """(text, encoding) of the reading with the most letters of an alphabet; of equal ones that with the better fit."""
    letters = {*alphabet, *alphabet.upper()}
    best_decoding = max(decodings, key=lambda decoding: (sum(map(letters.__contains__, decoding[1])), decoding[0]))
    return best_decoding[1:] if letters else None


def _decoded_readings(encoded_bytes: bytes, encodings: Sequence[str]) -> Iterator[tuple[float, str, str]]:
    """(how well the letters fit, text, encoding); of equal ones `max` takes the first."""
    for encoding in encodings:
        decoded_text = encoded_bytes.decode(encoding, errors="replace")
        yield _decoding_fit(decoded_text), decoded_text, encoding


def _try_decode(encoded_bytes: bytes, encoding: str) -> str | None:
    try:
        return encoded_bytes.decode(encoding)
    except UnicodeDecodeError:
        return None


def _decoding_fit(decoded_text: str) -> float:
    """Of the characters beyond ASCII that touch a letter, the share that fits there: no capital behind a small letter,
    nothing but letters and apostrophes between two. 1 where there are none."""
    contexts = ((match[1] or "", match[2], match[3] or "") for match in _DECODED_BESIDE_LETTER.finditer(decoded_text))
    fits = [context for context in contexts if context[0] or context[2]]
    return sum(_fits_as_decoded(*context) for context in fits) / len(fits) if fits else 1.0


def _fits_as_decoded(before: str, character: str, behind: str) -> bool:
    if character.isalpha():
        return not (character.isupper() and (before.islower() or (behind.islower() and before.isupper())))
    if character in "’\u00ad":
        return True
    is_between_letters = before.isalpha() and behind.isalpha()
    return not is_between_letters and character in _SIGNS_BESIDE_WORDS
