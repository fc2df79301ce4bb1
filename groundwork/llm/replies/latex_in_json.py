r"""LaTeX that a model copied into JSON without escaping its backslashes.

`\frac` within a JSON string is a form feed and "rac", `\times` a tab and "imes", `\alpha` no JSON at all. A form feed
or a backspace before a letter has no other use. Tab, line feed and carriage return have: there the commands of the
prompt decide, and within `$...$` those of TeX.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

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
        if (
            eaten_character in "\b\f"
            or latex_command in latex_in_prompt
            or (in_math and _is_tex_command(latex_command))
        ):
            return f"\\{latex_command}"
        return match[0]

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
