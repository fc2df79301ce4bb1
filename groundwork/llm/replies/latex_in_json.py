r"""LaTeX that a model copied into JSON without escaping its backslashes.

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
