"""Plain text and Markdown: only the encoding is found out."""

from __future__ import annotations

import codecs
from pathlib import Path

from groundwork.documents import Conversion, Request
from groundwork.errors import BadDocument

_MARKS = (  # longest first: UTF-32 LE begins as UTF-16 LE does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EURO = b"\xa4"  # in ISO 8859-15; elsewhere the sign for any currency, which nobody writes


def convert(request: Request) -> Conversion:
    """The file's text. Raises BadDocument where it is no text in any encoding."""
    text, encoding = decode(Path(request.source).read_bytes())
    warnings = [] if encoding in ("utf-8", "ascii") else [f"read as {encoding}"]
    return Conversion(pages=[text.replace("\r\n", "\n").replace("\r", "\n")], warnings=warnings)


def decode(content: bytes) -> tuple[str, str]:
    """(text, encoding): by its byte order mark, as UTF-8, or as charset-normalizer finds likeliest."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace"), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    if b"\x00" not in content and (best := from_bytes(content).best()):
        if best.encoding in ("cp1252", "latin_1") and _EURO in content:
            return content.decode("iso8859-15"), "iso8859-15"
        return str(best), best.encoding
    raise BadDocument("it holds no text in any known encoding; convert it to UTF-8 or remove it")
