"""Signs of office files that are named by a symbol font and a place in it, as letters.

Source: ECMA-376 part 1, 17.3.3.30 (sym).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundwork.documents.formats.office.office_xml import Element, attribute, new_element, tags
from groundwork.documents.layout.bold_mono_and_symbol_fonts import (
    dingbat_sign,
    is_dingbat_font,
    with_symbol_font_letters,
)

_PRIVATE_USE_AREA = 0xF000  # where Unicode has the places of a symbol font's letters
_SYMBOL_FIELD = re.compile(r'\s*+SYMBOL\s++([0-9]{1,5})\s[^"\\]*+\\f\s*+"?+([^"\\]++)', re.IGNORECASE)
_WINGDINGS_ARROWS = dict(zip("àßèçóJL", "→←⇒⇐⇔☺☹", strict=True))  # of Wingdings, which Word writes for --> and the like


def write_symbols(root: Element) -> bool:
    """Signs that are named by a font and a place in it, and texts in a font of signs, as letters."""
    has_symbols = False
    for font_element in root.iter(*tags("w", "rFonts")):
        if (font := attribute(font_element, "w", "hAnsi")) == "Symbol" or is_dingbat_font(font):
            for text in font_element.getparent().getparent().iterchildren(*tags("w", "t")):
                text.text, has_symbols = (
                    "".join(_letter_in_font(sign, font) for sign in text.text or ""),
                    True,
                )
    for field, symbol_code, font in _symbol_fields(root):
        field.addprevious(new_element(field, "r", [new_element(field, "t", text=_symbol_letter(symbol_code, font))]))
        has_symbols = True
    symbols = list(root.iter(*tags("w", "sym")))
    for symbol in symbols:
        symbol_sign = _symbol_letter(attribute(symbol, "w", "char"), attribute(symbol, "w", "font"))
        symbol.getparent().replace(symbol, new_element(symbol, "t", text=symbol_sign))
    return has_symbols or bool(symbols)


def _symbol_fields(root: Element) -> Iterator[tuple[Element, str, str]]:
    """The first run of each field that names a sign and shows nothing else, the sign's place and its font."""
    for instruction in list(root.iter(*tags("w", "instrText"))):
        symbol_run, match = instruction.getparent(), _SYMBOL_FIELD.match(instruction.text or "")
        runs_up_to_field = [symbol_run, *symbol_run.itersiblings(*tags("w", "r"), preceding=True)] if match else []
        symbol_field = next((each for each in runs_up_to_field if _is_field_mark(each, "begin")), None)
        if match and symbol_field is not None and not any(text.text for text in _until_symbol_ends(symbol_run)):
            yield symbol_field, f"{int(match[1]):x}", match[2].strip()


def _until_symbol_ends(symbol_field: Element) -> Iterator[Element]:
    for symbol_run in symbol_field.itersiblings(*tags("w", "r")):
        if _is_field_mark(symbol_run, "end"):
            return
        yield from symbol_run.iterchildren(*tags("w", "t", "sym"))


def _is_field_mark(run: Element, mark_kind: str) -> bool:
    return any(attribute(mark, "w", "fldCharType") == mark_kind for mark in run.iterchildren(*tags("w", "fldChar")))


def write_slide_symbols(root: Element) -> bool:
    """Signs of a slide in a font of signs, as letters."""
    has_symbols = False
    for font_element in root.iter(*tags("a", "sym", "latin")):
        symbol_font, is_sign_font = font_element.get("typeface", ""), font_element.tag in tags("a", "sym")
        if symbol_font != "Symbol" and not is_dingbat_font(symbol_font):
            continue
        for text in font_element.getparent().getparent().iterchildren(*tags("a", "t")):
            symbol_signs = text.text or ""
            is_arrow = is_sign_font and symbol_signs.strip() in _WINGDINGS_ARROWS
            symbol_letters = [
                _symbol_letter(f"{ord(sign):x}", symbol_font) if is_arrow or ord(sign) > _PRIVATE_USE_AREA else sign
                for sign in symbol_signs
            ]
            text.text, has_symbols = "".join(symbol_letters), True
    return has_symbols


def _letter_in_font(sign: str, font: str) -> str:
    """What a letter in a font of signs is; only pictures by their places, for texts may lack the font they name."""
    return _symbol_letter(f"{ord(sign):x}", font) if ord(sign) > _PRIVATE_USE_AREA or font == "Symbol" else sign


def _symbol_letter(symbol_code: str, symbol_font: str) -> str:
    """The letter at a place of a font, in hexadecimal digits; "" for none."""
    try:
        font_place = int(symbol_code, 16)
    except ValueError:
        return ""
    if 0x100 <= font_place < 0xD800 or not (
        font_place < 0x100 or _PRIVATE_USE_AREA + 0x20 <= font_place < _PRIVATE_USE_AREA + 0x100
    ):
        return chr(font_place) if font_place < 0xD800 else ""
    font_letter = chr(font_place % 0x100)
    if font_letter.isspace() or not font_letter.isprintable():
        return font_letter if font_letter.isspace() else ""
    if is_dingbat_font(symbol_font):
        return _WINGDINGS_ARROWS.get(font_letter) or dingbat_sign(font_letter, symbol_font)
    return (
        with_symbol_font_letters(chr(_PRIVATE_USE_AREA + ord(font_letter)), symbol_font, begins=False)
        if "symbol" in symbol_font.lower()
        else font_letter
    )
