"""Signs of office files that are named by a symbol font and a place in it, as letters.

Source: ECMA-376 part 1, 17.3.3.30 (sym).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundwork.documents.formats.office.xml_elements import Element, attribute, new_element, tags
from groundwork.documents.layout.fonts import dingbat_sign, is_dingbat_font, with_symbol_font_letters

_PRIVATE = 0xF000  # where Unicode has the places of a symbol font's letters
_SYMBOL_FIELD = re.compile(r'\s*+SYMBOL\s++([0-9]{1,5})\s[^"\\]*+\\f\s*+"?+([^"\\]++)', re.IGNORECASE)
_ARROWS = dict(zip("àßèçóJL", "→←⇒⇐⇔☺☹", strict=True))  # of Wingdings, which Word writes for --> and the like


def write_symbols(root: Element) -> bool:
    """Signs that are named by a font and a place in it, and texts in a font of signs, as letters."""
    is_changed = False
    for fonts in root.iter(*tags("w", "rFonts")):
        if (font := attribute(fonts, "w", "hAnsi")) == "Symbol" or is_dingbat_font(font):
            for text in fonts.getparent().getparent().iterchildren(*tags("w", "t")):
                text.text, is_changed = "".join(_letter(sign, font) for sign in text.text or ""), True
    for field, code, font in _symbol_fields(root):
        field.addprevious(new_element(field, "r", [new_element(field, "t", text=_sign(code, font))]))
        is_changed = True
    symbols = list(root.iter(*tags("w", "sym")))
    for symbol in symbols:
        sign = _sign(attribute(symbol, "w", "char"), attribute(symbol, "w", "font"))
        symbol.getparent().replace(symbol, new_element(symbol, "t", text=sign))
    return is_changed or bool(symbols)


def _symbol_fields(root: Element) -> Iterator[tuple[Element, str, str]]:
    """The first run of each field that names a sign and shows nothing else, the sign's place and its font."""
    for instruction in list(root.iter(*tags("w", "instrText"))):
        run, match = instruction.getparent(), _SYMBOL_FIELD.match(instruction.text or "")
        before = [run, *run.itersiblings(*tags("w", "r"), preceding=True)] if match else []
        begin = next((each for each in before if _is_field_mark(each, "begin")), None)
        if match and begin is not None and not any(text.text for text in _until_field_ends(run)):
            yield begin, f"{int(match[1]):x}", match[2].strip()


def _until_field_ends(run: Element) -> Iterator[Element]:
    for following in run.itersiblings(*tags("w", "r")):
        if _is_field_mark(following, "end"):
            return
        yield from following.iterchildren(*tags("w", "t", "sym"))


def _is_field_mark(run: Element, kind: str) -> bool:
    return any(attribute(mark, "w", "fldCharType") == kind for mark in run.iterchildren(*tags("w", "fldChar")))


def write_slide_symbols(root: Element) -> bool:
    """Signs of a slide in a font of signs, as letters."""
    is_changed = False
    for fonts in root.iter(*tags("a", "sym", "latin")):
        font, is_sign_font = fonts.get("typeface", ""), fonts.tag in tags("a", "sym")
        if font != "Symbol" and not is_dingbat_font(font):
            continue
        for text in fonts.getparent().getparent().iterchildren(*tags("a", "t")):
            signs = text.text or ""
            is_arrow = is_sign_font and signs.strip() in _ARROWS
            letters = [_sign(f"{ord(sign):x}", font) if is_arrow or ord(sign) > _PRIVATE else sign for sign in signs]
            text.text, is_changed = "".join(letters), True
    return is_changed


def _letter(sign: str, font: str) -> str:
    """What a letter in a font of signs is; only pictures by their places, for texts may lack the font they name."""
    return _sign(f"{ord(sign):x}", font) if ord(sign) > _PRIVATE or font == "Symbol" else sign


def _sign(code: str, font: str) -> str:
    """The letter at a place of a font, in hexadecimal digits; "" for none."""
    try:
        place = int(code, 16)
    except ValueError:
        return ""
    if 0x100 <= place < 0xD800 or not (place < 0x100 or _PRIVATE + 0x20 <= place < _PRIVATE + 0x100):
        return chr(place) if place < 0xD800 else ""
    letter = chr(place % 0x100)
    if letter.isspace() or not letter.isprintable():
        return letter if letter.isspace() else ""
    if is_dingbat_font(font):
        return _ARROWS.get(letter) or dingbat_sign(letter, font)
    return (
        with_symbol_font_letters(chr(_PRIVATE + ord(letter)), font, begins=False)
        if "symbol" in font.lower()
        else letter
    )
