"""Prompt templates and their files: `{{name}}` placeholders, and `--- user ---` lines that part the turns.

Pictures are parts of a turn, behind its text, as OpenAI's chat format has them.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from groundwork.errors import ConfigError
from groundwork.installation import CONFIG_DIR, DEFAULTS, PROJECT
from groundwork.message_wording import nearest_name, shorten_text, suggested_names

PromptReader = Callable[[str], str]  # the text of a file of config/prompts

Message = dict[str, Any]

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_FENCED_PLACEHOLDER = re.compile(r"<([A-Za-z]\w*)([^<>\n]*)>(\s*\{\{\s*([A-Za-z_]\w*)\s*\}\}\s*)</\1>")
_TURN_LINE = re.compile(r"^--- *(system|user|assistant) *---[ \t]*$", re.MULTILINE)


def render_template(template: str, **variables: str) -> str:
    """`template` with every `{{name}}` replaced; a value is put in as it is, placeholders inside it included.

    Raises ConfigError naming each placeholder without a value and each value without a placeholder.
    """
    _check_placeholders(placeholders(template), variables)
    return _fill_placeholders(template, variables)


def placeholders(template: str) -> set[str]:
    """The names that `template` asks for."""
    return set(_PLACEHOLDER.findall(template))


def split_turns(prompt_text: str) -> list[Message]:
    """The turns of a prompt file: what precedes the first `--- role ---` line is the system's (or the only user's)."""
    prompt_preamble, *role_texts = _TURN_LINE.split(prompt_text)
    turns = list(zip(role_texts[::2], role_texts[1::2], strict=True))
    if prompt_preamble.strip():
        turns.insert(0, ("system" if turns else "user", prompt_preamble))
    return [{"role": turn_role, "content": turn_content.strip()} for turn_role, turn_content in turns]


def user_turn(turn_content: str) -> Message:
    """What the user says."""
    return {"role": "user", "content": turn_content}


def assistant_turn(turn_content: str) -> Message:
    """What the model says."""
    return {"role": "assistant", "content": turn_content}


def follow_up_turns(reply: str, follow_up_request: str) -> list[Message]:
    """The turns that go on behind a conversation: what the model replied, and what it is asked then."""
    return [assistant_turn(reply), user_turn(follow_up_request)]


def question_turns(question: str, system_prompt: str) -> list[Message]:
    """A question as a conversation that begins with `system_prompt`, where there is one."""
    return [*([{"role": "system", "content": system_prompt}] if system_prompt else []), user_turn(question)]


def render_turns(template: str, **variables: str) -> list[Message]:
    """The turns of `template`, parted before they are filled, so that no value can open a turn of its own.

    Put what stays the same from call to call (instructions, examples) before what differs: endpoints bill a
    repeated beginning at a fraction of its price. A paragraph all of whose values are empty is left out. A value stays
    as it is, character for character: where it holds the closing tag of the fence around it, the fence gets another
    name. Raises ConfigError like `render_template`.
    """
    _check_placeholders(placeholders(template), variables)
    empty_placeholders = {placeholder for placeholder, placeholder_value in variables.items() if not placeholder_value}
    return [
        {**turn, "content": _fill_placeholders(drop_paragraphs(turn["content"], empty_placeholders), variables)}
        for turn in split_turns(template)
    ]


def drop_paragraphs(template: str, empty_placeholders: set[str]) -> str:
    """`template` without the paragraphs that have placeholders and none but `empty_placeholders`."""
    paragraph_placeholders = [(paragraph, placeholders(paragraph)) for paragraph in template.split("\n\n")]
    return "\n\n".join(p for p, names in paragraph_placeholders if not names or names - empty_placeholders)


def _fill_placeholders(template: str, variables: dict[str, str]) -> str:
    template = _FENCED_PLACEHOLDER.sub(lambda match: _render_fence(match, variables[match[4]]), template)
    return _PLACEHOLDER.sub(lambda match: variables[match[1]], template)


def _render_fence(match: re.Match[str], fenced_value: str) -> str:
    fence_tag, fence_attributes, fenced_placeholder = match[1], match[2], match[3]
    if f"</{fence_tag}".casefold() in fenced_value.casefold():
        fence_tag = f"{fence_tag}-{hashlib.sha256(fenced_value.encode(errors='replace')).hexdigest()[:8]}"
    return f"<{fence_tag}{fence_attributes}>{fenced_placeholder}</{fence_tag}>"


def _check_placeholders(template_placeholders: set[str], variables: dict[str, str]) -> None:
    template_problems = [
        f"prompt: {{{{{placeholder}}}}} has no value{_placeholder_suggestion(placeholder, variables)}"
        for placeholder in template_placeholders - variables.keys()
    ]
    template_problems += [
        f"prompt: {{{{{placeholder}}}}} is missing{_placeholder_suggestion(placeholder, template_placeholders)}"
        for placeholder in variables.keys() - template_placeholders
    ]
    if template_problems:
        raise ConfigError(sorted(template_problems))


def _placeholder_suggestion(placeholder: str, known_placeholders: Any) -> str:
    nearest_placeholder = nearest_name(placeholder, known_placeholders)
    return f"; did you mean {{{{{nearest_placeholder}}}}}?" if nearest_placeholder else ""


def attach_images_to_prompt(
    prompt_turns: Sequence[Message], prompt_images: Sequence[bytes], image_labels: Sequence[str] = ()
) -> list[Message]:
    """The turns, the last with the pictures behind its text, each behind its label where there are `image_labels`.

    As they are where there is no picture.
    """
    if not prompt_images:
        return list(prompt_turns)
    *earlier_prompt_turns, last_prompt_turn = prompt_turns
    prompt_parts = [_text_part(last_prompt_turn["content"])]
    for image_number, prompt_image in enumerate(prompt_images):
        prompt_parts += [*map(_text_part, image_labels[image_number : image_number + 1]), _image_part(prompt_image)]
    return [*earlier_prompt_turns, {**last_prompt_turn, "content": prompt_parts}]


def _text_part(part_text: str) -> Message:
    return {"type": "text", "text": part_text}


def _image_part(jpeg: bytes) -> Message:
    image_url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return {"type": "image_url", "image_url": {"url": image_url}}


def text_of_turns(prompt_turns: Sequence[Message]) -> str:
    """The text of `prompt_turns` (OpenAI chat), without images."""
    return "\n".join(prompt_part.get("text") or "" for prompt_part in parts_of_turns(prompt_turns))


def parts_of_turns(prompt_turns: Sequence[Message]) -> list[Message]:
    """The texts and images of all turns."""
    contents = (turn.get("content") for turn in prompt_turns)
    turn_parts = ([_text_part(content or "")] if not isinstance(content, list) else content for content in contents)
    return [prompt_part for prompt_parts in turn_parts for prompt_part in prompt_parts]


def read_prompt(prompt_name: str) -> str:
    """The text of the prompt `prompt_name`. Raises ConfigError where it is not there or cannot be read."""
    prompt_path = prompt_file(prompt_name)
    try:
        return prompt_path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{prompt_path}: not UTF-8 (byte {error.start}); save it as UTF-8"]) from None
    except OSError as error:
        raise ConfigError([f"{prompt_path}: cannot be read: {error.strerror}"]) from None


def prompt_file(prompt_name: str) -> Path:
    """The prompt `prompt_name`: the project's own, else the one that is packed in; or a path from the project's folder.

    Raises ConfigError with the nearest name that exists, or what to do with a prompt's text in place of its name.
    """
    prompt_folders = (CONFIG_DIR / "prompts", DEFAULTS / "prompts")
    for prompt_folder in (*prompt_folders, *([PROJECT] if len(Path(prompt_name).parts) > 1 else [])):
        if os.path.isfile(prompt_folder / prompt_name):  # noqa: PTH113  # no error for a name that is too long
            return prompt_folder / prompt_name
    if len(prompt_name.split()) > 1 and not prompt_name.endswith(".md"):
        own_prompt = prompt_folders[0] / "NAME.md"
        problem = f'"{shorten_text(prompt_name)}" names no file; write the text into {own_prompt} and name NAME.md'
        raise ConfigError([problem])
    prompt_paths = ((folder, prompt_path) for folder in prompt_folders for prompt_path in folder.rglob("*.md"))
    prompt_names = sorted({prompt_path.relative_to(folder).as_posix() for folder, prompt_path in prompt_paths})
    suggested_prompts = suggested_names(prompt_name, prompt_names)
    raise ConfigError([f"{prompt_folders[0] / prompt_name}: no such prompt; did you mean {suggested_prompts}?"])
