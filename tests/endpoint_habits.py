"""What real endpoints refuse, and how real replies look: by name, for the fake OpenRouter.

A rule gets the request and answers with (status, error) where the endpoint of that name turns it down, else None. A
shape gets a whole reply and bends it as that model or server does; unlike the faults, each of these can be read.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Refusal = tuple[int, Any] | None


def _unsupported(name: str, message: str = "") -> Refusal:
    said = message or f"Unsupported parameter: '{name}' is not supported with this model."
    return 400, {"message": said, "type": "invalid_request_error", "param": name, "code": "unsupported_parameter"}


def reasoning_model(body: Json) -> Refusal:
    """OpenAI's: no max_tokens, no temperature but 1, no top_p."""
    if "max_tokens" in body:
        return _unsupported(
            "max_tokens",
            "Unsupported parameter: 'max_tokens' does not go with this model. Use 'max_completion_tokens' instead.",
        )
    if body.get("temperature", 1) != 1:
        return _unsupported("temperature", "Unsupported value: 'temperature' supports only the default (1) here.")
    return _unsupported("top_p") if "top_p" in body else None


def one_of_two(body: Json) -> Refusal:
    """Anthropic's newer models take temperature or top_p."""
    if "temperature" in body and "top_p" in body:
        return 400, {"message": "`temperature` and `top_p` cannot both be specified for this model. Use only one."}
    return None


def old_limit(body: Json) -> Refusal:
    """A server that knows max_tokens alone."""
    if "max_completion_tokens" in body:
        return 400, {"message": "Unrecognized request argument supplied: max_completion_tokens", "param": None}
    return None


def no_schema(body: Json) -> Refusal:
    """DeepSeek's."""
    if (body.get("response_format") or {}).get("type") == "json_schema":
        return 400, {"message": "This response_format type is unavailable now", "type": "invalid_request_error"}
    return None


def no_json_at_all(body: Json) -> Refusal:
    """A server that knows no response_format."""
    return (400, {"message": "Extra inputs are not permitted: response_format"}) if "response_format" in body else None


def stream_only(body: Json) -> Refusal:
    """DashScope's thinking models."""
    if not body.get("stream"):
        return 400, {"code": "invalid_parameter_error", "message": "This model only supports streaming calls."}
    return None


def no_stream_options(body: Json) -> Refusal:
    """The same, by an older server."""
    if "stream_options" in body:
        return 422, {"message": "Unknown field stream_options"}
    return stream_only(body)


def small_limit(body: Json) -> Refusal:
    """DeepSeek's, again."""
    if (body.get("max_tokens") or 0) > 8192:
        return 400, {"message": "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"}
    return None


def routed(body: Json) -> Refusal:
    """OpenRouter, for a model whose every provider refuses a temperature."""
    if (body.get("provider") or {}).get("require_parameters") and {"temperature", "top_p"} & body.keys():
        return 404, {"code": 404, "message": "No endpoints found that can handle the requested parameters."}
    return None


def no_effort(body: Json) -> Refusal:
    """A model that does not think."""
    return _unsupported("reasoning_effort") if "reasoning_effort" in body else None


def bad_key(body: Json) -> Refusal:
    """Gemini's: a 400, in a list."""
    del body
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    return 400, [{"error": {"code": 400, "message": "API key not valid. Please pass one.", "details": details}}]


def context_of_8k(body: Json) -> Refusal:
    """vLLM's."""
    del body
    said = "This model's maximum context length is 8192 tokens. However, you requested 24000 tokens."
    return 400, {"object": "error", "message": said, "type": "BadRequestError", "param": None, "code": 400}


RULES: dict[str, Callable[[Json], Refusal]] = {
    rule.__name__: rule
    for rule in (
        reasoning_model, one_of_two, old_limit, no_schema, no_json_at_all, stream_only, no_stream_options, small_limit,
        routed, no_effort, bad_key, context_of_8k,
    )
}  # fmt: skip

THOUGHT = 'The user wants JSON like {"pairs": []}. Let me think [step 1] about it.'
TEXTS: dict[str, Callable[[str], str]] = {
    "think": lambda text: f"<think>{THOUGHT}</think>\n{text}",
    "think-upper": lambda text: f"<THINK>{THOUGHT}</THINK>\n{text}",
    "thinking": lambda text: f"<thinking>{THOUGHT}</thinking>\n{text}",
    "think-seed": lambda text: f"<seed:think>{THOUGHT}</seed:think>{text}",
    "think-brackets": lambda text: f"[THINK]{THOUGHT}[/THINK]{text}",
    "think-triangles": lambda text: f"◁think▷{THOUGHT}◁/think▷{text}",
    "think-twice": lambda text: f"<think>first</think>\n<think>{THOUGHT}</think>\n{text}",
    "think-closed-only": lambda text: f"{THOUGHT}\n</think>\n\n{text}",
    "think-channel": lambda text: (
        f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{text}<|return|>"
    ),
    "think-gemma": lambda text: f"<|channel>thought\n{THOUGHT}<channel|>{text}<turn|>",
    "answer-tag": lambda text: f"<think>\n{THOUGHT}\n</think>\n<answer>\n{text}\n</answer>",
}
JSONS: dict[str, Callable[[str], str]] = {
    "note-after": lambda text: f"{text}\n\nNote: the pairs follow [1] and {{2}}.",
    "note-before": lambda text: f"Here are the pairs [as JSON]:\n{text}",
    "fence-and-notes": lambda text: f'The schema {{"pairs": [...]}} is filled:\n```json\n{text}\n```\nAsk {{if}} so.',
    "sent-twice": lambda text: f"{text}\n{text}",
    "draft-first": lambda text: f'First {{"pairs": []}}, then\n{text}',
    "bare-list": lambda text: _list_of(text),
    "json-lines": lambda text: "\n".join(json.dumps(item) for item in json.loads(_list_of(text))),
    "wrapped": lambda text: json.dumps({"result": json.loads(text)}),
    "encoded-twice": lambda text: json.dumps(text),
    "raw-line-ends": lambda text: text.replace("Names ", "Names\n"),
    "comma-too-many": lambda text: f"{text[:-1]},}}" if text.endswith("}") else text,
    "single-quotes": lambda text: re.sub(r'"(\w+)":', r"'\1':", text),
    "field-twice": lambda text: re.sub(r"}, ?{", '}], "pairs": [{', text, count=1),
    "numbered-items": lambda text: json.dumps({"pairs": dict(enumerate(json.loads(_list_of(text))))}),
    "items-as-texts": lambda text: json.dumps({"pairs": [json.dumps(item) for item in json.loads(_list_of(text))]}),
    "tool-call-in-text": lambda text: f'<tool_call>{{"name": "Pairs", "arguments": {text}}}</tool_call>',
    "schema-filled": lambda text: f'{{"type": "object", "properties": {text}}}',
    "python-literal": lambda text: repr({**json.loads(text), "note": None, "complete": True}),
    "entities": lambda text: html.escape(text),
    "latex-eaten": lambda text: re.sub(r"\\\\([bfnrt])", r"\\\1", text),
    "latex-invalid": lambda text: re.sub(r"\\\\([acdeghi-mo-qsv-z])", r"\\\1", text),
}

OFFER = "Let me know if you would like me to change anything!"
NOTES: dict[str, Callable[[str], str]] = {  # around a text that is no JSON
    "leading-note": lambda text: f"Here is the summary of the document:\n\n{text}",
    "trailing-note": lambda text: f"{text}\n\n{OFFER}",
    "fence-with-note": lambda text: f"Sure! Here's the summary:\n```markdown\n{text}\n```\n\n{OFFER}",
    "twice": lambda text: f"{text}\n\n{text}",
}


def _list_of(text: str) -> str:
    value = json.loads(text)
    lists = [item for item in value.values() if isinstance(item, list)] if isinstance(value, dict) else []
    return json.dumps(lists[0]) if lists else text


def _tool_call(choice: Json) -> None:
    function = {"name": "Drafts", "arguments": choice["message"]["content"]}
    choice["message"] = {"role": "assistant", "content": None, "tool_calls": [{"function": function}]}
    choice["finish_reason"] = "tool_calls"


def _in_reasoning(name: str) -> Callable[[Json], None]:
    def bend(choice: Json) -> None:
        choice["message"] = {"role": "assistant", "content": None, name: choice["message"]["content"]}

    return bend


def _as_object(choice: Json) -> None:
    text = choice["message"]["content"]
    choice["message"]["content"] = json.loads(text) if text.startswith("{") else {"type": "text", "text": text}


def _in_parts(choice: Json) -> None:
    text = choice["message"]["content"]
    thought = {"type": "reasoning", "text": THOUGHT}
    choice["message"]["content"] = [thought, text[:10], {"type": "text", "text": {"value": text[10:]}}]


CHOICES: dict[str, Callable[[Json], None]] = {
    "tool-call": _tool_call,
    "reasoning-content": _in_reasoning("reasoning_content"),
    "reasoning": _in_reasoning("reasoning"),
    "thinking-field": _in_reasoning("thinking"),
    "parsed": _in_reasoning("parsed"),
    "content-object": _as_object,
    "content-parts": _in_parts,
    "finish-null": lambda choice: choice.update(finish_reason=None),
    "finish-unknown": lambda choice: choice.update(finish_reason="satisfied"),
    "finish-end-turn": lambda choice: choice.update(finish_reason="end_turn"),
    "text-completion": lambda choice: choice.update(text=choice.pop("message")["content"]),
}


def _events(whole: Json) -> str:
    choice = whole["choices"][0]
    text, usage = choice["message"]["content"], whole.get("usage")
    parts = [text[: len(text) // 2], text[len(text) // 2 :]]
    chunks = [{"choices": [{"index": 0, "delta": {"content": part}, "finish_reason": None}]} for part in parts]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    chunks.append({"choices": [], "usage": usage})
    lines = [": PROCESSING", *(f"data: {json.dumps({'model': whole['model'], **chunk})}" for chunk in chunks)]
    return "\n\n".join([*lines, "data: [DONE]", ""])


BODIES: dict[str, Callable[[Json], str]] = {
    "byte-order-mark": lambda whole: f"\ufeff{json.dumps(whole)}",
    "keep-alive": lambda whole: f"\n\n  \n{json.dumps(whole)}",
    "stream": _events,
    "comments-first": lambda whole: f": PROCESSING\n\n: PROCESSING\n\n{json.dumps(whole)}",
    "done-behind": lambda whole: f"{json.dumps(whole)}\n\ndata: [DONE]\n",
    "in-a-result": lambda whole: json.dumps({"success": True, "errors": [], "result": whole}),
    "nan-usage": lambda whole: json.dumps(whole).replace('"total_tokens": ', '"total_tokens": NaN, "x": '),
    "usage-strings": lambda whole: json.dumps(
        {**whole, "usage": {"prompt_tokens": "12", "completion_tokens": None, "cost": "0.001"}}
    ),
    "error-null": lambda whole: json.dumps({**whole, "error": None}),
    "error-empty": lambda whole: json.dumps({**whole, "error": {"code": 0, "message": ""}}),
    "empty-choice-first": lambda whole: json.dumps(
        {**whole, "choices": [{"index": 1, "message": {"content": ""}}, *whole["choices"]]}
    ),
}
SHAPES = (*TEXTS, *JSONS, *CHOICES, *BODIES)


def _cut(choice: Json) -> None:
    text = choice["message"]["content"]
    choice["message"]["content"], choice["finish_reason"] = text[: len(text) // 2], "max_tokens"


def _said(text: str, finish: str) -> Callable[[Json], None]:
    return lambda choice: choice.update(message={"role": "assistant", "content": text}, finish_reason=finish)


def _with_half_a_character(choice: Json) -> None:
    choice["message"]["content"] = re.sub(r'(": ?"|^)(?=\w)', "\\1\ud83d", choice["message"]["content"], count=1)


ENDS: dict[str, Callable[[Json], None]] = {  # none of them holds a reply, whatever they look like
    "cut-max-tokens": _cut,
    "cut-in-thoughts": _said(f"<think>{THOUGHT} and so on", "stop"),
    "filtered-safety": _said("", "SAFETY"),
    "filtered-recitation": _said("", "content_filter: RECITATION"),
    "refused-stop-reason": _said("", "refusal"),
    "no-resources": _said("", "insufficient_system_resource"),
    "half-a-character": _with_half_a_character,
}
HABITS = (*RULES, *SHAPES, *NOTES, *ENDS)


def shaped(name: str, whole: Json) -> str:
    """The body of the reply `whole` in the shape of that name; changes `whole`."""
    choice = whole["choices"][0]
    if name in TEXTS or name in JSONS:
        content = choice["message"]["content"]
        is_json = content.startswith(("{", "["))
        if name in TEXTS or is_json:
            choice["message"]["content"] = (TEXTS | JSONS)[name](content)
    elif name in NOTES:
        content = choice["message"]["content"]
        choice["message"]["content"] = content if content.startswith(("{", "[")) else NOTES[name](content)
    elif name in CHOICES or name in ENDS:
        (CHOICES | ENDS)[name](choice)
    return BODIES[name](whole) if name in BODIES else json.dumps(whole)
