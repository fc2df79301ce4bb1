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

from groundwork.dataset.replace_files import Contents
from groundwork.dataset.rows import Row
from groundwork.llm.prompts import assistant_turn, question_turns
from groundwork.settings.dataset_settings import HARNESSES

Record = dict[str, Any]
EVAL_ONLY = ("openai-eval",)
DEPRECATED = {"openai-eval": "OpenAI is retiring its Evals; export inspect, lighteval or lm-eval instead"}


def export_files(
    formats: Sequence[str], splits: dict[str, Sequence[Row]], system: str, *, context: bool
) -> dict[str, Contents]:
    """exports/<format>/<split>.jsonl with its content, for every format and split, and a README.md that names them."""
    files: dict[str, Contents] = {}
    for name in [name for name in formats if name in FORMATS]:
        for split, rows in splits.items():
            if name not in EVAL_ONLY or split != "train":
                files[f"exports/{name}/{split}.jsonl"] = partial(_lines, FORMATS[name], rows, system, context)
        written = [split for split in splits if f"exports/{name}/{split}.jsonl" in files]
        if written:
            files[f"exports/{name}/README.md"] = _splits_named(name, written).encode()
    return files


def _lines(
    form: Callable[[Row, str, bool], Record], rows: Sequence[Row], system: str, context: bool
) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for row in rows:
        yield encoder.encode(form(row, system, context)) + b"\n"


def _splits_named(name: str, splits: Sequence[str]) -> str:
    """By this `load_dataset` keeps the splits of the folder apart; by file names alone, eval_mirror would join eval."""
    listed = "\n".join(f"  - split: {split}\n    path: {split}.jsonl" for split in splits)
    head = f"---\nconfigs:\n- config_name: default\n  data_files:\n{listed}\n---"
    return f"{head}\n\nThe dataset in the format `{name}`, a file a split.\n"


def messages(row: Row, system: str, context: bool) -> Record:
    """Roles and contents, the answer last."""
    return {"messages": [*_prompt(row, system, context), assistant_turn(row.answer)]}


def prompt_completion(row: Row, system: str, context: bool) -> Record:
    return {"prompt": _prompt(row, system, context), "completion": [assistant_turn(row.answer)]}


def alpaca(row: Row, system: str, context: bool) -> Record:
    record = {"instruction": row.question, "input": row.context if context else "", "output": row.answer}
    return {**record, "system": system} if system else record


def sharegpt(row: Row, system: str, context: bool) -> Record:
    turns = [{"from": SHAREGPT[turn["role"]], "value": turn["content"]} for turn in _prompt(row, system, context)]
    return {"conversations": [*turns, {"from": "gpt", "value": row.answer}]}


def openai_eval(row: Row, system: str, context: bool) -> Record:
    prompt = _prompt(row, system, context)
    return {"id": row.id, "input": prompt, "ideal": row.answer, "criteria": row.evaluation_criteria}


def _prompt(row: Row, system: str, context: bool) -> list[Record]:
    return question_turns(row.asked(context=context), system)


FORMATS: dict[str, Callable[[Row, str, bool], Record]] = {
    "messages": messages,
    "prompt-completion": prompt_completion,
    "alpaca": alpaca,
    "sharegpt": sharegpt,
    "openai-eval": openai_eval,
}
SHAREGPT = {"system": "system", "user": "human"}


def export_warnings(formats: Sequence[str], splits: Mapping[str, int]) -> list[str]:
    warnings = [f"{name}: {why}" for name, why in DEPRECATED.items() if name in formats]
    empty = [name for name in formats if name in (*HARNESSES, *EVAL_ONLY)] if len(splits) == 1 else []
    return warnings + [f"{', '.join(empty)}: nothing to export without an eval split"] * bool(empty)
