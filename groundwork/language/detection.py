"""The language of a text, told by its commonest words or its script: cheap, and silent where it is not plain."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

_FUNCTION_WORDS = {
    "en": "the of and to in is that for are with as what how which when must does a an be by or not from",
    "de": "der die das und ist nicht ein eine von mit auf für den dem wie wird sind was welche muss bei zu im wann"
    " einem eines einer einen oder auch als bis über darf kann werden nach ab",
    "fr": "le la les des et est une un dans pour que qui du quel quelle comment au sur par avec doit sont combien",
    "es": "el la los las de y es una un en para que por con qué cuál cómo del se debe son al cuánto cuántos",
    "it": "il la lo gli di e è una un in per che con del della quale come quanto deve sono nel alla quando",
    "pt": "o a os as de e é uma um em para que por com do da qual como quanto deve são no na quando",
    "nl": "de het een van en is in voor op met dat niet zijn wat welke hoe moet wordt bij te aan wanneer",
    "pl": "i w do na z jest nie się że dla od po ta te lub co jak jaki jaka jakie ile kiedy przez są musi który oraz",
    "cs": "v do na se je že pro od ta nebo jak jaký jaká jaké kolik kdy který která musí jsou při není pod více",
    "tr": "ve bir bu için ile da çok olan kadar ne nasıl hangi kaç veya gibi değil zaman olmalıdır kim tüm bütün",
    "sv": "och att det som en ett är på av för med den till inte om vad hur när vilken vilka måste från eller",
    "ro": "și de la în cu pe nu este o un din pentru sunt ce cum când sau mai trebuie ale fi",
}
_WORDS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CJK = ("cjk", "hiragana", "katakana", "hangul")
_SAMPLE = 5_000  # characters that tell the language of a document


def function_words(language: str) -> frozenset[str]:
    """The commonest words of a language, which say nothing of what a text is about; none where they are not known."""
    return _WORDS.get(language, frozenset())


@lru_cache(maxsize=256)
def language(text: str) -> str:
    """The language of `text` by its function words, or its script ("cyrillic", "cjk"); "" where that is not plain."""
    scripts = Counter() if text.isascii() else Counter(_script(c) for c in text if c.isalpha())
    if scripts and (script := scripts.most_common(1)[0][0]) != "latin":
        return script
    (first, most), (_, second) = _counts(text).most_common(2)
    return first if most >= 3 and most > 1.4 * second else ""


def script(text: str) -> str:
    """ "latin", "cjk", "arabic", ...: the script of most letters of `text`."""
    told = language(text)
    return "latin" if told in _WORDS or not told else told


@lru_cache(maxsize=256)
def is_english(text: str) -> bool:
    """Do rules about English words fit `text`? Yes, unless it is plainly of another language or script, or holds words
    of one and none of English.
    """
    if told := language(text):
        return told == "en"
    counts = _counts(text)
    return bool(counts["en"]) or not any(counts.values())


@lru_cache(maxsize=1024)
def code(text: str) -> str:
    """The ISO 639-1 code of a document's language, "" where that cannot be told by its words or script."""
    text = text[:_SAMPLE]
    told = language(text)
    if told == "cjk":
        kinds = Counter(unicodedata.name(c, "").split()[0] for c in text if c.isalpha())
        if kinds["HIRAGANA"] + kinds["KATAKANA"] > kinds["CJK"] / 10:
            return "ja"
        return "ko" if kinds["HANGUL"] > kinds["CJK"] else "zh"
    if told in _BY_LETTERS:
        name, own, others = _BY_LETTERS[told]
        return name if any(c in text for c in own) and not any(c in text for c in others) else ""
    return _BY_SCRIPT.get(told, told if told in _WORDS else "")


def resolved(setting: str, text: str) -> str:
    """The language to read `text` in: the one set, or with "auto" its own, "" where that cannot be told."""
    return code(text) if setting == "auto" else setting


_BY_SCRIPT = {"greek": "el", "hebrew": "he", "thai": "th", "lao": "lo", "khmer": "km", "myanmar": "my",
              "georgian": "ka", "armenian": "hy", "tamil": "ta", "telugu": "te"}  # fmt: skip
_BY_LETTERS = {  # script: (its commonest language, letters that it has, letters of its neighbours)
    "arabic": ("ar", "ةىأإ", "پچژگٹڈڑں"),
    "cyrillic": ("ru", "ыэё", "іїєўђјљњћќѓ"),
    "devanagari": ("hi", "है", "ळ"),
}


def _counts(text: str) -> Counter[str]:
    words = Counter(match.group().lower() for match in _WORD.finditer(text))
    return Counter({name: sum(words[word] for word in known) for name, known in _WORDS.items()})


def _script(character: str) -> str:
    name = unicodedata.name(character, "LATIN").split()[0].lower()
    return "cjk" if name in _CJK else name
