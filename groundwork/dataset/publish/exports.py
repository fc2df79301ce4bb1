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

from groundwork.dataset.parquet import Contents
from groundwork.llm import prompts
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


TEMPLATES = Path(__file__).parent / "tasks"


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
    system: str,
    *,
    context: bool,
) -> dict[str, bytes]:
    """exports/<format>/<file> with its content for those of `formats` that are tasks; none without an eval split."""
    eval_splits = {split: split_rows for split, split_rows in splits.items() if split != "train"}
    task_contents: dict[str, bytes] = {}
    for task in [task for task in formats if task in HARNESSES and eval_splits]:
        code_files = {"criteria_judge.py": _judge_code(judge), **_CODE_FILES[task](name, list(eval_splits), system)}
        task_contents |= {f"exports/{task}/{file}": text.encode() for file, text in code_files.items()}
        for split, split_rows in eval_splits.items():
            record_lines = [msgspec.json.encode(_task_record(row, context=context)) + b"\n" for row in split_rows]
            task_contents[f"exports/{task}/data/{split}-00000-of-00001.jsonl"] = b"".join(record_lines)
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
    prompts = [_system_and_user(text) for text in judge.wordings]
    wordings = "".join(f"\n    ({json.dumps(system)}, {json.dumps(user)})," for system, user in prompts)
    return _render("criteria_judge.py", repeats=str(judge.repeats), seed=str(judge.seed), wordings=f"[{wordings}\n]")


def _system_and_user(template: str) -> tuple[str, str]:
    """What the system is told and what the user says, without evidence; the user's words keep their placeholders."""
    messages = prompts.split_turns(template)
    system = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
    return system, prompts.drop_paragraphs(messages[-1]["content"], {"evidence"})


def _inspect_files(name: str, splits: Sequence[str], system: str) -> dict[str, str]:
    fields = {"name": name, "slug": python_identifier(name), "split": splits[0], "system": json.dumps(system)}
    return {"task.py": _render("inspect_task.py", **fields)}


def _lighteval_files(name: str, splits: Sequence[str], system: str) -> dict[str, str]:
    fields = {"name": name, "slug": python_identifier(name), "split": splits[0], "splits": json.dumps(list(splits))}
    return {"task.py": _render("lighteval_task.py", **fields, system=json.dumps(system))}


def _lm_eval_files(name: str, splits: Sequence[str], system: str) -> dict[str, str]:
    slug = python_identifier(name)
    functions = "\n\n\n".join(
        f'def rows_of_{split}(**_):\n    """The rows of {split}."""\n    return _rows("{split}")' for split in splits
    )
    files = {"utils.py": _render("lm_eval_utils.py", slug=slug, functions=functions)}
    for split in splits:
        fields = {"name": name, "slug": slug, "split": split, "open": "{{", "close": "}}"}
        text = _render("lm_eval_task.yaml", **fields, system=json.dumps(f"{system}\n\n" if system else ""))
        files[f"{slug}_{split}.yaml"] = text
    return files


def _render(template: str, **values: str) -> str:
    return prompts.render_template((TEMPLATES / f"{template}.txt").read_text(encoding="utf-8"), **values)


_CODE_FILES = {"inspect": _inspect_files, "lighteval": _lighteval_files, "lm-eval": _lm_eval_files}
