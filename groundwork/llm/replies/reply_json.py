"""JSON in a reply, wherever it stands and in whatever state; and text that a model copied without escaping it.

`\frac` within a JSON string is a form feed and "rac", `\times` a tab and "imes", `\alpha` no JSON at all. A form feed
or a backspace before a letter has no other use. Tab, line feed and carriage return have: there the commands of the
prompt decide, and within `$...$` those of TeX.

Every balanced value is tried from its start, so that notes, brackets and drafts before and after it do no harm.
Broken JSON goes to json-repair, and what that gives is taken only where nothing was lost or made up: the same letters
and digits in the same order, and no bracket that the model did not close itself.
"""

from __future__ import annotations

import ast
import html
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


def escape_backslashes(text: str) -> str:
    r"""`text` with a second backslash wherever a single one is no JSON escape (`\alpha`, `\(`); valid JSON stays."""
    return _ESCAPE.sub(lambda match: "\\\\" if match[0] == "\\" else match[0], text) if "\\" in text else text


def latex_commands(prompt: str) -> frozenset[str]:
    r"""The commands that stand in `prompt`: `frac` for `\frac`; for one behind two backslashes `\frac`."""
    names = set(_COMMAND.findall(prompt))
    return (
        frozenset(names | {f"\\{command_name}" for command_name in _DOUBLED.findall(prompt)}) if names else frozenset()
    )


def clean_text(value: str, prompt_commands: frozenset[str]) -> str:
    """`value` with its commands restored and one kind of line end. Raises NotText for any other control character."""
    if prompt_commands or not value.isprintable():
        value = _restore_commands(value, prompt_commands)
        value = _LINE_ENDS.sub("\n", value)
        if control := _CONTROL.search(value):
            raise NotText(_character_name(control[0]))
    return value


def clean_texts(value: Any, prompt_commands: frozenset[str]) -> Any:
    """Like `clean_text` for every string in decoded JSON, keys included."""
    if isinstance(value, str):
        return clean_text(value, prompt_commands)
    if isinstance(value, list):
        return [clean_texts(item, prompt_commands) for item in value]
    if isinstance(value, dict):
        return {clean_text(key, prompt_commands): clean_texts(item, prompt_commands) for key, item in value.items()}
    return value


def _restore_commands(value: str, prompt_commands: frozenset[str]) -> str:
    dollars = [match.start() for match in re.finditer(r"\$", value)] if "$" in value else []

    def restore_eaten(match: re.Match[str]) -> str:
        eaten, command_name = match[1], _LETTERS[match[1]] + match[2]
        in_math = dollars and _is_in_math(match.start(), dollars)
        if eaten in "\b\f" or command_name in prompt_commands or (in_math and _is_tex(command_name)):
            return f"\\{command_name}"
        return match[0]

    def halve_backslashes(match: re.Match[str]) -> str:
        command_name = match[1]
        return (
            f"\\{command_name}"
            if command_name in prompt_commands and f"\\{command_name}" not in prompt_commands
            else match[0]
        )

    return _DOUBLED.sub(halve_backslashes, _EATEN.sub(restore_eaten, value))


def _is_in_math(position: int, dollars: list[int]) -> bool:
    from bisect import bisect_left

    return bisect_left(dollars, position) % 2 == 1


@lru_cache(maxsize=256)
def _is_tex(command_name: str) -> bool:
    """Whether TeX's mathematics knows the command, by matplotlib's parser of it."""
    from matplotlib.mathtext import MathTextParser  # 0.3 s, which replies without eaten commands do without

    try:
        MathTextParser("path").parse(f"$\\{command_name}$")
    except ValueError as error:
        return "Unknown symbol" not in str(error)
    return True


def _character_name(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "half of a character (a lone surrogate)"
    return f"the control character U+{ord(character):04X}"


def _merge_fields(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; the lists of a field that it has twice are one, and of other values that are not empty the last."""
    merged: dict[str, Any] = {}
    for command_name, value in fields:
        earlier = merged.get(command_name)
        if isinstance(earlier, list) and isinstance(value, list):
            merged[command_name] = [*earlier, *value]
        elif command_name not in merged or value:
            merged[command_name] = value
    return merged


# raw line ends within strings are read as they are
_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_merge_fields)
_BRACKET = re.compile(r"[\[{]")
_ANY_BRACKET = re.compile(r"[\[{\]}]")
_FENCE = re.compile(r"```[A-Za-z0-9]*[ \t]*\n(.*?)```", re.DOTALL)
_PYTHON_WORD = re.compile(r"\b(?:None|True|False)\b")
_TWO_QUOTES = re.compile(r"""['"]\s{0,9}['"]""")
_CHARACTER = re.compile(r"\\u([0-9a-fA-F]{4})|\\.|([^\W_])", re.DOTALL)
SCANS_PER_CHARACTER = 20  # characters looked at for each one of the reply, after which no further start is tried
DEEP_NESTING_COST = 10_000  # characters that a value nested too deeply counts for
LONGEST_REPAIR = 100_000  # characters; the repair takes up to 0.1 ms for each


class JsonValue(NamedTuple):
    """A decoded object or list and where it stood; `is_partial`: within another one that is broken or was cut off."""

    start: int
    end: int
    value: Any
    is_partial: bool


def find_json_values(reply_text: str) -> list[JsonValue]:
    """Every JSON object or list in a text of `escape_backslashes` that stands in no other, in order."""
    json_values: list[JsonValue] = []
    position, depth, effort = 0, 0, SCANS_PER_CHARACTER * len(reply_text) + DEEP_NESTING_COST
    while effort > 0 and (bracket := _ANY_BRACKET.search(reply_text, position)):
        start = bracket.start()
        position = start + 1
        if bracket[0] in "]}":
            depth = max(0, depth - 1)
            continue
        try:
            json_value, end = _DECODER.raw_decode(reply_text, start)
        except (ValueError, RecursionError) as error:
            depth += 1
            # What is nested too deeply, or a number of more digits than Python reads, names no place.
            effort -= error.pos - start if isinstance(error, json.JSONDecodeError) else DEEP_NESTING_COST
        else:
            json_values.append(JsonValue(start, end, json_value, depth > 0))
            position = end
    return json_values


def decode_json(json_text: str) -> Any:
    """The one JSON value that `json_text` is, a string's own JSON included; None where it is none."""
    try:
        json_value = _DECODER.decode(json_text)
    except (ValueError, RecursionError):
        return None
    return decode_json(escape_backslashes(json_value.strip())) if isinstance(json_value, str) else json_value


def problem(json_text: str) -> str:
    """What is wrong with the JSON in `json_text`, for the model."""
    bracket = _BRACKET.search(json_text)
    if not bracket:
        return "it holds no JSON"
    try:
        _DECODER.raw_decode(json_text, bracket.start())
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:
        return str(error)
    return "it holds other JSON"


def repair_json(json_text: str) -> list[Any]:
    """Values of JSON with faults that lose nothing: commas, quotes, comments. Empty where it takes a guess."""
    if '"' not in json_text and "&quot;" in json_text:
        json_text = html.unescape(json_text)
    candidates = [*(match[1] for match in _FENCE.finditer(json_text)), json_text]
    return [value for candidate in candidates if (value := _repair_text(candidate)) is not None]


def _repair_text(json_text: str) -> Any:
    opening, closing_index = _BRACKET.search(json_text), max(json_text.rfind("}"), json_text.rfind("]"))
    if not opening or not opening.start() < closing_index or closing_index - opening.start() > LONGEST_REPAIR:
        return None
    broken = json_text[opening.start() : closing_index + 1]
    if not has_closed_brackets(broken):
        return None
    if isinstance(literal := _python_literal(broken), dict | list):
        return literal
    import json_repair  # 20 ms that whole replies do without

    try:
        value = json_repair.loads(broken, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) and _has_same_words(broken, value) else None


def _python_literal(json_text: str) -> Any:
    """What a text is in Python, of lists, objects, texts and numbers alone; None where it is nothing of that kind."""
    if not _PYTHON_WORD.search(json_text) or _TWO_QUOTES.search(json_text):  # Python joins 'it''s' to "its"
        return None
    try:
        return json.loads(json.dumps(ast.literal_eval(json_text)))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def has_closed_brackets(text: str) -> bool:
    """As many brackets closed as opened: nothing is missing at the end."""
    return all(text.count(a) <= text.count(b) for a, b in ("{}", "[]"))


def _has_same_words(text: str, value: Any) -> bool:
    return _letters_and_digits(text) == _letters_and_digits(json.dumps(value, ensure_ascii=False))


def _letters_and_digits(text: str) -> str:
    """Letters and digits alone, those behind a \\u as what they are."""
    characters = (chr(int(match[1], 16)) if match[1] else match[2] or "" for match in _CHARACTER.finditer(text))
    return "".join(character for character in characters if character.isalnum()).casefold()
