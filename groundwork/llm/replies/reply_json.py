r"""JSON in a reply, wherever it stands and in whatever state.

Every balanced value is tried from its start, so that notes, brackets and drafts before and after it do no harm.
Broken JSON goes to json-repair, and what that gives is taken only where nothing was lost or made up: the same letters
and digits in the same order, and no bracket that the model did not close itself.

LaTeX is often copied into it without escaped backslashes: `\frac` within a JSON string is a form feed and "rac",
`\times` a tab and "imes", `\alpha` no JSON at all. A form feed or a backspace before a letter has no other use. Tab,
line feed and carriage return have: there the commands of the prompt decide, and within `$...$` those of TeX.
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

_JSON_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')
_LATEX_COMMAND = re.compile(r"\\([A-Za-z]+)")
_EATEN_LATEX_COMMAND = re.compile(r"([\b\t\n\f\r])([A-Za-z]+)")
_DOUBLY_ESCAPED_COMMAND = re.compile(r"\\\\([A-Za-z]+)")
_EATEN_LETTERS = {"\b": "b", "\t": "t", "\n": "n", "\f": "f", "\r": "r"}
_JSON_LINE_ENDS = re.compile("\r\n?|[\v\f\x85]")
_CONTROL_CHARACTER = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class NotText(ValueError):
    """A string holds what no text has; the message names the character."""


def escape_backslashes(text: str) -> str:
    r"""`text` with a second backslash wherever a single one is no JSON escape (`\alpha`, `\(`); valid JSON stays."""
    return _JSON_ESCAPE.sub(lambda match: "\\\\" if match[0] == "\\" else match[0], text) if "\\" in text else text


def latex_commands(prompt_text: str) -> frozenset[str]:
    r"""The commands that stand in `prompt_text`: `frac` for `\frac`; for one behind two backslashes `\frac`."""
    latex_names = set(_LATEX_COMMAND.findall(prompt_text))
    if not latex_names:
        return frozenset()
    return frozenset(latex_names | {f"\\{command}" for command in _DOUBLY_ESCAPED_COMMAND.findall(prompt_text)})


def clean_text(json_string: str, latex_in_prompt: frozenset[str]) -> str:
    """`json_string` with its commands restored, and one kind of line end. Raises NotText for control characters."""
    if latex_in_prompt or not json_string.isprintable():
        json_string = _restore_latex_commands(json_string, latex_in_prompt)
        json_string = _JSON_LINE_ENDS.sub("\n", json_string)
        if control_character := _CONTROL_CHARACTER.search(json_string):
            raise NotText(_character_name(control_character[0]))
    return json_string


def clean_texts(json_value: Any, latex_in_prompt: frozenset[str]) -> Any:
    """Like `clean_text` for every string in decoded JSON, keys included."""
    if isinstance(json_value, str):
        return clean_text(json_value, latex_in_prompt)
    if isinstance(json_value, list):
        return [clean_texts(json_item, latex_in_prompt) for json_item in json_value]
    if isinstance(json_value, dict):
        return {
            clean_text(json_key, latex_in_prompt): clean_texts(json_item, latex_in_prompt)
            for json_key, json_item in json_value.items()
        }
    return json_value


def _restore_latex_commands(json_string: str, latex_in_prompt: frozenset[str]) -> str:
    dollar_positions = [match.start() for match in re.finditer(r"\$", json_string)] if "$" in json_string else []

    def restore_eaten(match: re.Match[str]) -> str:
        eaten_character, latex_command = match[1], _EATEN_LETTERS[match[1]] + match[2]
        in_math = dollar_positions and _is_in_math(match.start(), dollar_positions)
        was_eaten = eaten_character in "\b\f" or latex_command in latex_in_prompt
        return f"\\{latex_command}" if was_eaten or (in_math and _is_tex_command(latex_command)) else match[0]

    def halve_backslashes(match: re.Match[str]) -> str:
        latex_command = match[1]
        is_single_in_prompt = latex_command in latex_in_prompt and f"\\{latex_command}" not in latex_in_prompt
        return f"\\{latex_command}" if is_single_in_prompt else match[0]

    return _DOUBLY_ESCAPED_COMMAND.sub(halve_backslashes, _EATEN_LATEX_COMMAND.sub(restore_eaten, json_string))


def _is_in_math(position: int, dollar_positions: list[int]) -> bool:
    from bisect import bisect_left

    return bisect_left(dollar_positions, position) % 2 == 1


@lru_cache(maxsize=256)
def _is_tex_command(latex_command: str) -> bool:
    """Whether TeX's mathematics knows the command, by matplotlib's parser of it."""
    from matplotlib.mathtext import MathTextParser  # 0.3 s, which replies without eaten commands do without

    try:
        MathTextParser("path").parse(f"$\\{latex_command}$")
    except ValueError as error:
        return "Unknown symbol" not in str(error)
    return True


def _character_name(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "half of a character (a lone surrogate)"
    return f"the control character U+{ord(character):04X}"


def _merge_json_fields(json_fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; the lists of a field that it has twice are one, and of other values that are not empty the last."""
    json_object: dict[str, Any] = {}
    for field_name, field_value in json_fields:
        earlier_value = json_object.get(field_name)
        if isinstance(earlier_value, list) and isinstance(field_value, list):
            json_object[field_name] = [*earlier_value, *field_value]
        elif field_name not in json_object or field_value:
            json_object[field_name] = field_value
    return json_object


# raw line ends within strings are read as they are
_JSON_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_merge_json_fields)
_OPENING_BRACKET = re.compile(r"[\[{]")
_JSON_BRACKET = re.compile(r"[\[{\]}]")
_JSON_FENCE = re.compile(r"```[A-Za-z0-9]*[ \t]*\n(.*?)```", re.DOTALL)
_PYTHON_WORD = re.compile(r"\b(?:None|True|False)\b")
_TWO_QUOTES = re.compile(r"""['"]\s{0,9}['"]""")
_JSON_CHARACTER = re.compile(r"\\u([0-9a-fA-F]{4})|\\.|([^\W_])", re.DOTALL)
SCANS_PER_CHARACTER = 20  # characters looked at for each one of the reply, after which no further start is tried
DEEP_NESTING_COST = 10_000  # characters that a value nested too deeply counts for
LONGEST_REPAIR = 100_000  # characters; the repair takes up to 0.1 ms for each
# What a tool call, or the schema filled in, has around the payload.
_JSON_WRAPPING_KEYS = frozenset(["arguments", "parameters", "properties"])


class JsonValue(NamedTuple):
    """A decoded object or list and where it stood; `is_partial`: within another one that is broken or was cut off."""

    start: int
    end: int
    value: Any
    is_partial: bool


def find_json_values(reply_text: str) -> list[JsonValue]:
    """Every JSON object or list in a text of `escape_backslashes` that stands in no other, in order."""
    json_values: list[JsonValue] = []
    scan_position, bracket_depth, remaining_scans = 0, 0, SCANS_PER_CHARACTER * len(reply_text) + DEEP_NESTING_COST
    while remaining_scans > 0 and (bracket := _JSON_BRACKET.search(reply_text, scan_position)):
        json_start, scan_position = bracket.start(), bracket.end()
        if bracket[0] in "]}":
            bracket_depth = max(0, bracket_depth - 1)
            continue
        try:
            json_value, json_end = _JSON_DECODER.raw_decode(reply_text, json_start)
        except (ValueError, RecursionError) as error:
            bracket_depth += 1
            # What is nested too deeply, or a number of more digits than Python reads, names no place.
            remaining_scans -= error.pos - json_start if isinstance(error, json.JSONDecodeError) else DEEP_NESTING_COST
        else:
            json_values.append(JsonValue(json_start, json_end, json_value, bracket_depth > 0))
            scan_position = json_end
    return json_values


def decode_json(json_text: str) -> Any:
    """The one JSON value that `json_text` is, a string's own JSON included; None where it is none."""
    try:
        json_value = _JSON_DECODER.decode(json_text)
    except (ValueError, RecursionError):
        return None
    return decode_json(escape_backslashes(json_value.strip())) if isinstance(json_value, str) else json_value


def json_problem(json_text: str) -> str:
    """What is wrong with the JSON in `json_text`, for the model."""
    bracket = _OPENING_BRACKET.search(json_text)
    if not bracket:
        return "it holds no JSON"
    try:
        _JSON_DECODER.raw_decode(json_text, bracket.start())
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:
        return str(error)
    return "it holds other JSON"


def repair_json(json_text: str) -> list[Any]:
    """Values of JSON with faults that lose nothing: commas, quotes, comments. Empty where it takes a guess."""
    if '"' not in json_text and "&quot;" in json_text:
        json_text = html.unescape(json_text)
    json_candidates = [*(match[1] for match in _JSON_FENCE.finditer(json_text)), json_text]
    repaired_values = map(_repair_json_text, json_candidates)
    return [repaired_value for repaired_value in repaired_values if repaired_value is not None]


def _repair_json_text(json_text: str) -> Any:
    broken_json = _bracketed_json(json_text)
    if not broken_json or len(broken_json) > LONGEST_REPAIR or not has_closed_brackets(broken_json):
        return None
    if isinstance(python_literal := _python_literal(broken_json), dict | list):
        return python_literal
    import json_repair  # 20 ms that whole replies do without

    try:
        repaired_value = json_repair.loads(broken_json, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    is_whole = isinstance(repaired_value, dict | list) and _has_same_json_words(broken_json, repaired_value)
    return repaired_value if is_whole else None


def _bracketed_json(json_text: str) -> str:
    """From the first opening bracket to the last closing one; "" where there is none."""
    opening_bracket, json_end = _OPENING_BRACKET.search(json_text), max(json_text.rfind("}"), json_text.rfind("]")) + 1
    return json_text[opening_bracket.start() : json_end] if opening_bracket else ""


def _python_literal(json_text: str) -> Any:
    """What a text is in Python, of lists, objects, texts and numbers alone; None where it is nothing of that kind."""
    if not _PYTHON_WORD.search(json_text) or _TWO_QUOTES.search(json_text):  # Python joins 'it''s' to "its"
        return None
    try:
        return json.loads(json.dumps(ast.literal_eval(json_text)))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def has_closed_brackets(json_text: str) -> bool:
    """As many brackets closed as opened: nothing is missing at the end."""
    return all(json_text.count(a) <= json_text.count(b) for a, b in ("{}", "[]"))


def _has_same_json_words(broken_json: str, repaired_value: Any) -> bool:
    return _letters_and_digits(broken_json) == _letters_and_digits(json.dumps(repaired_value, ensure_ascii=False))


def _letters_and_digits(json_text: str) -> str:
    """Letters and digits alone, those behind a \\u as what they are."""
    json_characters = (
        chr(int(match[1], 16)) if match[1] else match[2] or "" for match in _JSON_CHARACTER.finditer(json_text)
    )
    return "".join(character for character in json_characters if character.isalnum()).casefold()


def unwrapped_payloads(wrapped_json: Any, list_field: str, wrapping_depth: int = 0) -> Iterator[Any]:
    """`wrapped_json`, and what it may have been meant as: its list alone, one item alone, something wrapped once more.

    `list_field`: the field of its one list of objects, "" where it has none.
    """
    yield wrapped_json
    if isinstance(wrapped_json, dict):
        yield from _payloads_of_object(wrapped_json, list_field, wrapping_depth)
    elif isinstance(wrapped_json, list):
        if list_field:
            yield {list_field: wrapped_json}
        if wrapping_depth == 0 and len(wrapped_json) == 1:
            yield from unwrapped_payloads(wrapped_json[0], list_field, 1)


def _payloads_of_object(wrapped_json: dict[str, Any], list_field: str, wrapping_depth: int) -> Iterator[Any]:
    listed_items = _listed_items(wrapped_json, list_field) if list_field else []
    if any(isinstance(listed_item, str) for listed_item in listed_items):
        yield {**wrapped_json, list_field: [_decode_wrapped_json(listed_item) for listed_item in listed_items]}
    if list_field and list_field not in wrapped_json and len(wrapped_json) > 1:
        yield {list_field: [wrapped_json]}
    if wrapping_depth < 2 and len(wrapped_json) == 1 and not (list_field and list_field in wrapped_json):
        yield from _payloads_inside(next(iter(wrapped_json.values())), list_field, wrapping_depth + 1)
    if wrapping_depth == 0 and 1 < len(wrapped_json) <= len(_JSON_WRAPPING_KEYS) + 1:
        for wrapping_key in _JSON_WRAPPING_KEYS & wrapped_json.keys():
            yield from _payloads_inside(wrapped_json[wrapping_key], list_field, 1)


def _listed_items(wrapped_json: dict[str, Any], list_field: str) -> list[Any]:
    listed_items = wrapped_json.get(list_field)
    return listed_items if isinstance(listed_items, list) else []


def _decode_wrapped_json(wrapped_json: Any) -> Any:
    """What the JSON in a text is; anything else as it is. Before its commands are restored, or they are lost."""
    return decode_json(escape_backslashes(wrapped_json)) if isinstance(wrapped_json, str) else wrapped_json


def _payloads_inside(wrapped_json: Any, list_field: str, wrapping_depth: int) -> Iterator[Any]:
    wrapped_json = _decode_wrapped_json(wrapped_json)
    if isinstance(wrapped_json, dict | list):
        yield from unwrapped_payloads(wrapped_json, list_field, wrapping_depth)
