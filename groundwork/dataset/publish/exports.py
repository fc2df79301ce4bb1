"""Rows in the formats that trainers document, and eval splits as tasks of evaluation harnesses.

A format has one JSON object a line; a task is a folder that runs as it stands, criteria and judge included:

inspect     task.py for inspect_ai: the criteria as target, a scorer with the role `grader`, epochs
lighteval   task.py for lighteval: custom tasks over the local files, one a split
lm-eval     <name>_<split>.yaml and utils.py for lm-evaluation-harness

All three judge as grade.py does, by criteria_judge.py beside them. The templates are tasks/*.txt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from groundwork.dataset.parquet import ParquetContents
from groundwork.llm import prompts
from groundwork.llm.prompts import assistant_turn, question_turns
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
            export_contents[f"exports/{export_format}/README.md"] = _splits_readme(
                export_format, exported_splits
            ).encode()
    return export_contents


def _encode_export_lines(
    record_of_format: Callable[[Row, str, bool], Record], split_rows: Sequence[Row], system_prompt: str, context: bool
) -> Iterator[bytes]:
    line_encoder = msgspec.json.Encoder()
    for row in split_rows:
        yield line_encoder.encode(record_of_format(row, system_prompt, context)) + b"\n"


def _splits_readme(format_name: str, splits: Sequence[str]) -> str:
    """By this `load_dataset` keeps the splits of the folder apart; by file names alone, eval_mirror would join eval."""
    split_list = "\n".join(f"  - split: {split}\n    path: {split}.jsonl" for split in splits)
    header = f"---\nconfigs:\n- config_name: default\n  data_files:\n{split_list}\n---"
    return f"{header}\n\nThe dataset in the format `{format_name}`, a file a split.\n"


def messages_record(row: Row, system_prompt: str, context: bool) -> Record:
    """Roles and contents, the answer last."""
    return {"messages": [*_question_messages(row, system_prompt, context), assistant_turn(row.answer)]}


def prompt_completion_record(row: Row, system_prompt: str, context: bool) -> Record:
    return {"prompt": _question_messages(row, system_prompt, context), "completion": [assistant_turn(row.answer)]}


def alpaca_record(row: Row, system_prompt: str, context: bool) -> Record:
    alpaca = {"instruction": row.question, "input": row.context if context else "", "output": row.answer}
    return {**alpaca, "system": system_prompt} if system_prompt else alpaca


def sharegpt_record(row: Row, system_prompt: str, context: bool) -> Record:
    sharegpt_turns = [
        {"from": SHAREGPT_ROLES[turn["role"]], "value": turn["content"]}
        for turn in _question_messages(row, system_prompt, context)
    ]
    return {"conversations": [*sharegpt_turns, {"from": "gpt", "value": row.answer}]}


def openai_eval_record(row: Row, system_prompt: str, context: bool) -> Record:
    eval_input = _question_messages(row, system_prompt, context)
    return {"id": row.id, "input": eval_input, "ideal": row.answer, "criteria": row.evaluation_criteria}


def _question_messages(row: Row, system_prompt: str, context: bool) -> list[Record]:
    return question_turns(row.question_text(context=context), system_prompt)


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
    eval_formats = (
        [export_format for export_format in formats if export_format in (*HARNESSES, *EVAL_ONLY)]
        if len(splits) == 1
        else []
    )
    return format_warnings + [f"{', '.join(eval_formats)}: nothing to export without an eval split"] * bool(
        eval_formats
    )


TASK_TEMPLATES = Path(__file__).parent / "tasks"


@dataclass(frozen=True)
class TaskJudge:
    """How the tasks judge: the wordings of the prompt (templates), draws an answer, and the seed of their order."""

    wordings: Sequence[str]
    repeats: int
    seed: int


def task_files(
    formats: Sequence[str],
    name: str,
    splits: Mapping[str, Sequence[Row]],
    judge: TaskJudge,
    system_prompt: str,
    *,
    context: bool,
) -> dict[str, bytes]:
    """exports/<format>/<file> with its content for those of `formats` that are tasks; none without an eval split."""
    eval_splits = {split: split_rows for split, split_rows in splits.items() if split != "train"}
    task_contents: dict[str, bytes] = {}
    for harness in [harness for harness in formats if harness in HARNESSES and eval_splits]:
        code_files = {
            "criteria_judge.py": _judge_code(judge),
            **_TASK_CODE_FILES[harness](name, list(eval_splits), system_prompt),
        }
        task_contents |= {
            f"exports/{harness}/{task_file}": task_code.encode() for task_file, task_code in code_files.items()
        }
        for split, split_rows in eval_splits.items():
            record_lines = [msgspec.json.encode(_task_record(row, context=context)) + b"\n" for row in split_rows]
            task_contents[f"exports/{harness}/data/{split}-00000-of-00001.jsonl"] = b"".join(record_lines)
    return task_contents


def python_identifier(name: str) -> str:
    """`name` as Python and the harnesses take it: touch-rugby becomes touch_rugby."""
    word_name = re.sub(r"\W+", "_", name)
    return f"task_{word_name}" if word_name[:1].isdigit() else word_name


def _task_record(eval_row: Row, *, context: bool) -> dict[str, object]:
    columns = ("id", "question", "answer", "evaluation_criteria", "document", "cluster", "category", "difficulty")
    return {
        "prompt": eval_row.question_text(context=context),
        **{column: getattr(eval_row, column) for column in columns},
    }


def _judge_code(judge: TaskJudge) -> str:
    judge_prompts = [_system_and_user(text) for text in judge.wordings]
    wordings_code = "".join(f"\n    ({json.dumps(system)}, {json.dumps(user)})," for system, user in judge_prompts)
    return _render_task_template(
        "criteria_judge.py", repeats=str(judge.repeats), seed=str(judge.seed), wordings=f"[{wordings_code}\n]"
    )


def _system_and_user(template: str) -> tuple[str, str]:
    """What the system is told and what the user says, without evidence; the user's words keep their placeholders."""
    template_turns = prompts.split_turns(template)
    system_turns = "\n\n".join(message["content"] for message in template_turns if message["role"] == "system")
    return system_turns, prompts.drop_paragraphs(template_turns[-1]["content"], {"evidence"})


def _inspect_task_files(name: str, splits: Sequence[str], system_prompt: str) -> dict[str, str]:
    template_fields = {
        "name": name,
        "slug": python_identifier(name),
        "split": splits[0],
        "system": json.dumps(system_prompt),
    }
    return {"task.py": _render_task_template("inspect_task.py", **template_fields)}


def _lighteval_task_files(name: str, splits: Sequence[str], system_prompt: str) -> dict[str, str]:
    template_fields = {
        "name": name,
        "slug": python_identifier(name),
        "split": splits[0],
        "splits": json.dumps(list(splits)),
    }
    return {"task.py": _render_task_template("lighteval_task.py", **template_fields, system=json.dumps(system_prompt))}


def _lm_eval_task_files(name: str, splits: Sequence[str], system_prompt: str) -> dict[str, str]:
    task_slug = python_identifier(name)
    split_functions = "\n\n\n".join(
        f'def rows_of_{split}(**_):\n    """The rows of {split}."""\n    return _rows("{split}")' for split in splits
    )
    task_code_files = {"utils.py": _render_task_template("lm_eval_utils.py", slug=task_slug, functions=split_functions)}
    for split in splits:
        template_fields = {"name": name, "slug": task_slug, "split": split, "open": "{{", "close": "}}"}
        task_yaml = _render_task_template(
            "lm_eval_task.yaml", **template_fields, system=json.dumps(f"{system_prompt}\n\n" if system_prompt else "")
        )
        task_code_files[f"{task_slug}_{split}.yaml"] = task_yaml
    return task_code_files


def _render_task_template(template: str, **values: str) -> str:
    return prompts.render_template((TASK_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8"), **values)


_TASK_CODE_FILES = {"inspect": _inspect_task_files, "lighteval": _lighteval_task_files, "lm-eval": _lm_eval_task_files}
