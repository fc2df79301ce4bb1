"""Eval splits as tasks of evaluation harnesses: a folder each that runs as it stands, criteria and judge included.

inspect     task.py for inspect_ai: the criteria as target, a scorer with the role `grader`, epochs
lighteval   task.py for lighteval: custom tasks over the local files, one a split
lm-eval     <name>_<split>.yaml and utils.py for lm-evaluation-harness

All three judge as grade.py does, by criteria_judge.py beside them. The templates are tasks/*.txt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from groundwork.llm import prompts
from groundwork.records import Row
from groundwork.settings.config_schema import HARNESSES

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
