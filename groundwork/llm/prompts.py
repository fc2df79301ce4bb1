"""Prompt templates: `{{name}}` placeholders, and `--- user ---` lines that part the turns of a conversation.

Pictures are parts of a turn, behind its text, as OpenAI's chat format has them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from groundwork.errors import ConfigError
from groundwork.message_wording import nearest_name

PromptReader = Callable[[str], str]  # the text of a file of config/prompts

Message = dict[str, Any]

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_FENCE = re.compile(r"<([A-Za-z]\w*)([^<>\n]*)>(\s*\{\{\s*([A-Za-z_]\w*)\s*\}\}\s*)</\1>")
_TURN_LINE = re.compile(r"^--- *(system|user|assistant) *---[ \t]*$", re.MULTILINE)


def render_template(template: str, **variables: str) -> str:
    """`template` with every `{{name}}` replaced; a value is put in as it is, placeholders inside it included.

    Raises ConfigError naming each placeholder without a value and each value without a placeholder.
    """
    _check_variables(placeholders(template), variables)
    return _fill_placeholders(template, variables)


def placeholders(template: str) -> set[str]:
    """The names that `template` asks for."""
    return set(_PLACEHOLDER.findall(template))


def split_turns(text: str) -> list[Message]:
    """The turns of a prompt file: what precedes the first `--- role ---` line is the system's (or the only user's)."""
    preamble, *role_texts = _TURN_LINE.split(text)
    turns = list(zip(role_texts[::2], role_texts[1::2], strict=True))
    if preamble.strip():
        turns.insert(0, ("system" if turns else "user", preamble))
    return [{"role": role, "content": content.strip()} for role, content in turns]


def user_turn(content: str) -> Message:
    """What the user says."""
    return {"role": "user", "content": content}


def assistant_turn(content: str) -> Message:
    """What the model says."""
    return {"role": "assistant", "content": content}


def follow_up(reply: str, request: str) -> list[Message]:
    """The turns that go on behind a conversation: what the model replied, and what it is asked then."""
    return [assistant_turn(reply), user_turn(request)]


def question_turns(question: str, system: str) -> list[Message]:
    """A question as a conversation that begins with `system`, where there is one."""
    return [*([{"role": "system", "content": system}] if system else []), user_turn(question)]


def render_turns(template: str, **variables: str) -> list[Message]:
    """The turns of `template`, parted before they are filled, so that no value can open a turn of its own.

    Put what stays the same from call to call (instructions, examples) before what differs: endpoints bill a
    repeated beginning at a fraction of its price. A paragraph all of whose values are empty is left out. A value stays
    as it is, character for character: where it holds the closing tag of the fence around it, the fence gets another
    name. Raises ConfigError like `render_template`.
    """
    _check_variables(placeholders(template), variables)
    empty_names = {name for name, value in variables.items() if not value}
    return [
        {**turn, "content": _fill_placeholders(drop_paragraphs(turn["content"], empty_names), variables)}
        for turn in split_turns(template)
    ]


def drop_paragraphs(template: str, empty_names: set[str]) -> str:
    """`template` without the paragraphs that have placeholders and none but `empty_names`."""
    paragraphs = template.split("\n\n")
    return "\n\n".join(
        paragraph for paragraph in paragraphs if not (names := placeholders(paragraph)) or names - empty_names
    )


def _fill_placeholders(template: str, variables: dict[str, str]) -> str:
    template = _FENCE.sub(lambda match: _render_fence(match, variables[match[4]]), template)
    return _PLACEHOLDER.sub(lambda match: variables[match[1]], template)


def _render_fence(match: re.Match[str], value: str) -> str:
    tag, attributes, placeholder = match[1], match[2], match[3]
    if f"</{tag}".casefold() in value.casefold():
        tag = f"{tag}-{hashlib.sha256(value.encode(errors='replace')).hexdigest()[:8]}"
    return f"<{tag}{attributes}>{placeholder}</{tag}>"


def _check_variables(names: set[str], variables: dict[str, str]) -> None:
    unknown, unused = names - variables.keys(), variables.keys() - names
    problems = [f"prompt: {{{{{name}}}}} has no value{_suggestion(name, variables)}" for name in unknown]
    problems += [f"prompt: {{{{{name}}}}} is missing{_suggestion(name, names)}" for name in unused]
    if problems:
        raise ConfigError(sorted(problems))


def _suggestion(name: str, candidates: Any) -> str:
    nearest = nearest_name(name, candidates)
    return f"; did you mean {{{{{nearest}}}}}?" if nearest else ""


def attach_images(turns: Sequence[Message], jpegs: Sequence[bytes], labels: Sequence[str] = ()) -> list[Message]:
    """The turns, the last with the pictures behind its text, each behind its label where there are `labels`.

    As they are where there is no picture.
    """
    if not jpegs:
        return list(turns)
    *earlier, last_turn = turns
    content = [_text_part(last_turn["content"])]
    for number, jpeg in enumerate(jpegs):
        content += [*map(_text_part, labels[number : number + 1]), _image_part(jpeg)]
    return [*earlier, {**last_turn, "content": content}]


def _text_part(text: str) -> Message:
    return {"type": "text", "text": text}


def _image_part(jpeg: bytes) -> Message:
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}
