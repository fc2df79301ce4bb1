"""Rows in the formats that trainers document, one JSON object a line.

messages            {"messages": [{"role", "content"}, ...]}: OpenAI, trl, unsloth, axolotl chat_template
prompt-completion   {"prompt": [messages], "completion": [message]}: trl, the loss on the completion only
alpaca              {"instruction", "input", "output", "system"}: axolotl type alpaca, unsloth, LLaMA-Factory
sharegpt            {"conversations": [{"from", "value"}, ...]}: unsloth, LLaMA-Factory, older axolotl
openai-eval         {"input": [messages], "ideal", "criteria", "id"}: OpenAI Evals (deprecated); eval splits only
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from groundwork.dataset.parquet import Contents
from groundwork.llm.prompts import assistant_turn, question_turns
from groundwork.records import Row
from groundwork.settings.config_schema import HARNESSES

Record = dict[str, Any]
EVAL_ONLY = ("openai-eval",)
DEPRECATED = {"openai-eval": "OpenAI is retiring its Evals; export inspect, lighteval or lm-eval instead"}


def export_files(
    formats: Sequence[str], splits: dict[str, Sequence[Row]], system: str, *, context: bool
) -> dict[str, Contents]:
    """exports/<format>/<split>.jsonl with its content, for every format and split, and a README.md that names them."""
    files: dict[str, Contents] = {}
    for form in [form for form in formats if form in FORMATS]:
        for split, rows in splits.items():
            if form not in EVAL_ONLY or split != "train":
                files[f"exports/{form}/{split}.jsonl"] = partial(_encode_lines, FORMATS[form], rows, system, context)
        exported_splits = [split for split in splits if f"exports/{form}/{split}.jsonl" in files]
        if exported_splits:
            files[f"exports/{form}/README.md"] = _splits_readme(form, exported_splits).encode()
    return files


def _encode_lines(
    form: Callable[[Row, str, bool], Record], rows: Sequence[Row], system: str, context: bool
) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for row in rows:
        yield encoder.encode(form(row, system, context)) + b"\n"


def _splits_readme(format_name: str, splits: Sequence[str]) -> str:
    """By this `load_dataset` keeps the splits of the folder apart; by file names alone, eval_mirror would join eval."""
    split_list = "\n".join(f"  - split: {split}\n    path: {split}.jsonl" for split in splits)
    header = f"---\nconfigs:\n- config_name: default\n  data_files:\n{split_list}\n---"
    return f"{header}\n\nThe dataset in the format `{format_name}`, a file a split.\n"


def messages_record(row: Row, system: str, context: bool) -> Record:
    """Roles and contents, the answer last."""
    return {"messages": [*_messages(row, system, context), assistant_turn(row.answer)]}


def prompt_completion_record(row: Row, system: str, context: bool) -> Record:
    return {"prompt": _messages(row, system, context), "completion": [assistant_turn(row.answer)]}


def alpaca_record(row: Row, system: str, context: bool) -> Record:
    record = {"instruction": row.question, "input": row.context if context else "", "output": row.answer}
    return {**record, "system": system} if system else record


def sharegpt_record(row: Row, system: str, context: bool) -> Record:
    turns = [
        {"from": SHAREGPT_ROLES[turn["role"]], "value": turn["content"]} for turn in _messages(row, system, context)
    ]
    return {"conversations": [*turns, {"from": "gpt", "value": row.answer}]}


def openai_eval_record(row: Row, system: str, context: bool) -> Record:
    prompt = _messages(row, system, context)
    return {"id": row.id, "input": prompt, "ideal": row.answer, "criteria": row.evaluation_criteria}


def _messages(row: Row, system: str, context: bool) -> list[Record]:
    return question_turns(row.question_text(context=context), system)


FORMATS: dict[str, Callable[[Row, str, bool], Record]] = {
    "messages": messages_record,
    "prompt-completion": prompt_completion_record,
    "alpaca": alpaca_record,
    "sharegpt": sharegpt_record,
    "openai-eval": openai_eval_record,
}
SHAREGPT_ROLES = {"system": "system", "user": "human"}


def export_warnings(formats: Sequence[str], splits: Mapping[str, int]) -> list[str]:
    warnings = [f"{form}: {reason}" for form, reason in DEPRECATED.items() if form in formats]
    eval_formats = [form for form in formats if form in (*HARNESSES, *EVAL_ONLY)] if len(splits) == 1 else []
    return warnings + [f"{', '.join(eval_formats)}: nothing to export without an eval split"] * bool(eval_formats)
