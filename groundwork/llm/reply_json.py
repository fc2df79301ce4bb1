"""JSON in a reply, wherever it stands and in whatever state; and text that a model copied without escaping it.

`\frac` within a JSON string is a form feed and "rac", `\times` a tab and "imes", `\alpha` no JSON at all. A form feed
or a backspace before a letter has no other use. Tab, line feed and carriage return have: there the commands of the
prompt decide, and within `$...$` those of TeX.

Every balanced value is tried from its start, so that notes, brackets and drafts before and after it do no harm.
Broken JSON goes to json-repair, and what that gives is taken only where nothing was lost or made up: the same letters
and digits in the same order, and no bracket that the model did not close itself.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

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


_DECODER = json.JSONDecoder(strict=False)  # raw line ends within strings are read as they are
_BRACKET = re.compile(r"[\[{]")
_ANY_BRACKET = re.compile(r"[\[{\]}]")
_FENCE = re.compile(r"```[A-Za-z0-9]*[ \t]*\n(.*?)```", re.DOTALL)
_SIGN = re.compile(r"\\u([0-9a-fA-F]{4})|\\.|([^\W_])", re.DOTALL)
EFFORT = 20  # characters looked at for each one of the reply, after which no further start is tried
DEEP = 10_000  # characters that a value nested too deeply counts for
LONGEST_REPAIR = 100_000  # characters; the repair takes up to 0.1 ms for each


class Found(NamedTuple):
    """A decoded object or list and where it stood; `torn`: within another one that is broken or was cut off."""

    start: int
    end: int
    value: Any
    torn: bool


def json_values(text: str) -> list[Found]:
    """Every JSON object or list in `text` that stands in no other one, in order. `text` has been `escaped`."""
    found: list[Found] = []
    position, depth, effort = 0, 0, EFFORT * len(text) + DEEP
    while effort > 0 and (bracket := _ANY_BRACKET.search(text, position)):
        start = bracket.start()
        position = start + 1
        if bracket[0] in "]}":
            depth = max(0, depth - 1)
            continue
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            depth += 1
            # What is nested too deeply, or a number of more digits than Python reads, names no place.
            effort -= error.pos - start if isinstance(error, json.JSONDecodeError) else DEEP
        else:
            found.append(Found(start, end, value, depth > 0))
            position = end
    return found


def decoded(text: str) -> Any:
    """The one JSON value that `text` is, a string's own JSON included; None where it is none."""
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return decoded(escaped(value.strip())) if isinstance(value, str) else value


def problem(text: str) -> str:
    """What is wrong with the JSON in `text`, for the model."""
    bracket = _BRACKET.search(text)
    if not bracket:
        return "it holds no JSON"
    try:
        _DECODER.raw_decode(text, bracket.start())
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:
        return str(error)
    return "it holds other JSON"


def repaired(text: str) -> list[Any]:
    """Values of JSON with faults that lose nothing: commas, quotes, comments. Empty where it takes a guess."""
    tries = [*(match[1] for match in _FENCE.finditer(text)), text]
    return [value for part in tries if (value := _repaired(part)) is not None]


def _repaired(text: str) -> Any:
    first, last = _BRACKET.search(text), max(text.rfind("}"), text.rfind("]"))
    if not first or not first.start() < last or last - first.start() > LONGEST_REPAIR:
        return None
    broken = text[first.start() : last + 1]
    if not closes(broken):
        return None
    import json_repair  # 20 ms that whole replies do without

    try:
        value = json_repair.loads(broken, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) and _same_words(broken, value) else None


def closes(text: str) -> bool:
    """As many brackets closed as opened: nothing is missing at the end."""
    return all(text.count(a) <= text.count(b) for a, b in ("{}", "[]"))


def _same_words(text: str, value: Any) -> bool:
    return _words(text) == _words(json.dumps(value, ensure_ascii=False))


def _words(text: str) -> str:
    """Letters and digits alone, those behind a \\u as what they are."""
    signs = (chr(int(match[1], 16)) if match[1] else match[2] or "" for match in _SIGN.finditer(text))
    return "".join(sign for sign in signs if sign.isalnum()).casefold()
