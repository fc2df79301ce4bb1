r"""What JSON's escapes do to text that a model copied without escaping it, and the way back.

`\frac` within a JSON string is a form feed and "rac", `\times` a tab and "imes", `\alpha` no JSON at all. A form feed
or a backspace before a letter has no other use. Tab, line feed and carriage return have: there the commands of the
prompt decide, and within `$...$` those of TeX.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_EATEN = re.compile(r"([\b\t\n\f\r])([A-Za-z]+)")
_DOUBLED = re.compile(r"\\\\([A-Za-z]+)")
_LETTERS = {"\b": "b", "\t": "t", "\n": "n", "\f": "f", "\r": "r"}
_LINE_ENDS = re.compile("\r\n?|[\v\f\x85]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class NotText(ValueError):
    """A string holds what no text has; the message names the character."""


def escaped(text: str) -> str:
    r"""`text` with a second backslash wherever a single one is no JSON escape (`\alpha`, `\(`); valid JSON stays."""
    return _ESCAPE.sub(lambda match: "\\\\" if match[0] == "\\" else match[0], text) if "\\" in text else text


def commands(prompt: str) -> frozenset[str]:
    r"""The commands that stand in `prompt`: `frac` for `\frac`; for one behind two backslashes `\frac`."""
    found = set(_COMMAND.findall(prompt))
    return frozenset(found | {f"\\{name}" for name in _DOUBLED.findall(prompt)}) if found else frozenset()


def text_of(value: str, known: frozenset[str]) -> str:
    """`value` with its commands restored and one kind of line end. Raises NotText for any other control character."""
    if known or not value.isprintable():
        value = _restored(value, known)
        value = _LINE_ENDS.sub("\n", value)
        if control := _CONTROL.search(value):
            raise NotText(_named(control[0]))
    return value


def texts_of(value: Any, known: frozenset[str]) -> Any:
    """Like `text_of` for every string in decoded JSON, keys included."""
    if isinstance(value, str):
        return text_of(value, known)
    if isinstance(value, list):
        return [texts_of(item, known) for item in value]
    if isinstance(value, dict):
        return {text_of(key, known): texts_of(item, known) for key, item in value.items()}
    return value


def _restored(value: str, known: frozenset[str]) -> str:
    dollars = [match.start() for match in re.finditer(r"\$", value)] if "$" in value else []

    def back(match: re.Match[str]) -> str:
        eaten, name = match[1], _LETTERS[match[1]] + match[2]
        if eaten in "\b\f" or name in known or (dollars and _in_math(match.start(), dollars) and _is_tex(name)):
            return f"\\{name}"
        return match[0]

    def single(match: re.Match[str]) -> str:
        name = match[1]
        return f"\\{name}" if name in known and f"\\{name}" not in known else match[0]

    return _DOUBLED.sub(single, _EATEN.sub(back, value))


def _in_math(at: int, dollars: list[int]) -> bool:
    from bisect import bisect_left

    return bisect_left(dollars, at) % 2 == 1


@lru_cache(maxsize=256)
def _is_tex(name: str) -> bool:
    """Whether TeX's mathematics knows the command, by matplotlib's parser of it."""
    from matplotlib.mathtext import MathTextParser  # 0.3 s, which replies without eaten commands do without

    try:
        MathTextParser("path").parse(f"$\\{name}$")
    except ValueError as error:
        return "Unknown symbol" not in str(error)
    return True


def _named(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "half of a character (a lone surrogate)"
    return f"the control character U+{ord(character):04X}"
