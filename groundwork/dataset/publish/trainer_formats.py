"""Rows in the formats that trainers document, one JSON object a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from groundwork.dataset.parquet import ParquetContents
from groundwork.llm.prompt_templates import assistant_turn, question_turns
from groundwork.records import Row
from groundwork.settings.config_schema import HARNESSES

Record = dict[str, Any]
EVAL_ONLY = ("openai-eval",)
DEPRECATED = {"openai-eval": "OpenAI is retiring its Evals; export inspect, lighteval or lm-eval instead"}


def export_files(
    formats: Sequence[str], splits: dict[str, Sequence[Row]], system_prompt: str, *, context: bool
) -> dict[str, ParquetContents]:
    """exports/<format>/<split>.jsonl with its content, for every format and split, and a README.md that names them."""
    export_contents: dict[str, ParquetContents] = {}
    for export_format in [export_format for export_format in formats if export_format in RECORDS_BY_FORMAT]:
        for split, split_rows in splits.items():
            if export_format not in EVAL_ONLY or split != "train":
                export_contents[f"exports/{export_format}/{split}.jsonl"] = partial(
                    _encode_export_lines, RECORDS_BY_FORMAT[export_format], split_rows, system_prompt, context
                )
        exported_splits = [split for split in splits if f"exports/{export_format}/{split}.jsonl" in export_contents]
        if exported_splits:
            format_readme = _format_readme(export_format, exported_splits)
            export_contents[f"exports/{export_format}/README.md"] = format_readme.encode()
    return export_contents


def _encode_export_lines(
    record_of_format: Callable[[Row, str, bool], Record], split_rows: Sequence[Row], system_prompt: str, context: bool
) -> Iterator[bytes]:
    line_encoder = msgspec.json.Encoder()
    for trainer_row in split_rows:
        yield line_encoder.encode(record_of_format(trainer_row, system_prompt, context)) + b"\n"


def _format_readme(format_name: str, splits: Sequence[str]) -> str:
    """By this `load_dataset` keeps the splits of the folder apart; by file names alone, eval_mirror would join eval."""
    split_list = "\n".join(f"  - split: {split}\n    path: {split}.jsonl" for split in splits)
    header = f"---\nconfigs:\n- config_name: default\n  data_files:\n{split_list}\n---"
    return f"{header}\n\nThe dataset in the format `{format_name}`, a file a split.\n"


def messages_record(trainer_row: Row, system_prompt: str, context: bool) -> Record:
    """Roles and contents, the answer last."""
    asked_turns = _format_question_turns(trainer_row, system_prompt, context)
    return {"messages": [*asked_turns, assistant_turn(trainer_row.answer)]}


def prompt_completion_record(trainer_row: Row, system_prompt: str, context: bool) -> Record:
    return {
        "prompt": _format_question_turns(trainer_row, system_prompt, context),
        "completion": [assistant_turn(trainer_row.answer)],
    }


def alpaca_record(trainer_row: Row, system_prompt: str, context: bool) -> Record:
    alpaca = {
        "instruction": trainer_row.question,
        "input": trainer_row.context if context else "",
        "output": trainer_row.answer,
    }
    return {**alpaca, "system": system_prompt} if system_prompt else alpaca


def sharegpt_record(trainer_row: Row, system_prompt: str, context: bool) -> Record:
    sharegpt_turns = [
        {"from": SHAREGPT_ROLES[turn["role"]], "value": turn["content"]}
        for turn in _format_question_turns(trainer_row, system_prompt, context)
    ]
    return {"conversations": [*sharegpt_turns, {"from": "gpt", "value": trainer_row.answer}]}


def openai_eval_record(trainer_row: Row, system_prompt: str, context: bool) -> Record:
    eval_input = _format_question_turns(trainer_row, system_prompt, context)
    return {
        "id": trainer_row.id,
        "input": eval_input,
        "ideal": trainer_row.answer,
        "criteria": trainer_row.evaluation_criteria,
    }


def _format_question_turns(trainer_row: Row, system_prompt: str, context: bool) -> list[Record]:
    return question_turns(trainer_row.question_text(context=context), system_prompt)


RECORDS_BY_FORMAT: dict[str, Callable[[Row, str, bool], Record]] = {
    "messages": messages_record,
    "prompt-completion": prompt_completion_record,
    "alpaca": alpaca_record,
    "sharegpt": sharegpt_record,
    "openai-eval": openai_eval_record,
}
SHAREGPT_ROLES = {"system": "system", "user": "human"}


def export_warnings(formats: Sequence[str], splits: Mapping[str, int]) -> list[str]:
    format_warnings = [
        f"{export_format}: {deprecation}"
        for export_format, deprecation in DEPRECATED.items()
        if export_format in formats
    ]
    eval_formats = [export_format for export_format in formats if export_format in (*HARNESSES, *EVAL_ONLY)]
    if len(splits) == 1 and eval_formats:
        format_warnings.append(f"{', '.join(eval_formats)}: nothing to export without an eval split")
    return format_warnings
