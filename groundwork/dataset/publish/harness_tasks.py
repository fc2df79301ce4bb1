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

from groundwork.llm import prompt_templates as prompts
from groundwork.records import Row
from groundwork.settings.config_schema import HARNESSES

TASK_TEMPLATES = Path(__file__).parent / "tasks"


@dataclass(frozen=True)
class TaskJudge:
    """How the tasks judge: the wordings of its prompt (templates), draws an answer, and the seed of their order."""

    judge_prompts: Sequence[str]
    repeats: int
    seed: int


def task_files(
    task_formats: Sequence[str],
    name: str,
    task_splits: Mapping[str, Sequence[Row]],
    judge: TaskJudge,
    system_prompt: str,
    *,
    context: bool,
) -> dict[str, bytes]:
    """exports/<format>/<file> with its content, for the `task_formats` that are tasks; none without an eval split."""
    eval_splits = {task_split: split_rows for task_split, split_rows in task_splits.items() if task_split != "train"}
    task_contents: dict[str, bytes] = {}
    for harness in [harness for harness in task_formats if harness in HARNESSES and eval_splits]:
        task_code_files = _TASK_CODE_FILES[harness](name, list(eval_splits), system_prompt)
        for task_file, task_code in {"criteria_judge.py": _judge_code(judge), **task_code_files}.items():
            task_contents[f"exports/{harness}/{task_file}"] = task_code.encode()
        for task_split, split_rows in eval_splits.items():
            task_lines = b"".join(msgspec.json.encode(_task_record(row, context=context)) + b"\n" for row in split_rows)
            task_contents[f"exports/{harness}/data/{task_split}-00000-of-00001.jsonl"] = task_lines
    return task_contents


def python_identifier(name: str) -> str:
    """`name` as Python and the harnesses take it: touch-rugby becomes touch_rugby."""
    word_name = re.sub(r"\W+", "_", name)
    return f"task_{word_name}" if word_name[:1].isdigit() else word_name


def _task_record(eval_row: Row, *, context: bool) -> dict[str, object]:
    columns = ("id", "question", "answer", "evaluation_criteria", "document", "cluster", "category", "difficulty")
    prompt = eval_row.question_text(context=context)
    return {"prompt": prompt, **{column: getattr(eval_row, column) for column in columns}}


def _judge_code(task_judge: TaskJudge) -> str:
    prompt_turns = [_system_and_user(judge_prompt) for judge_prompt in task_judge.judge_prompts]
    wordings_code = "".join(f"\n    ({json.dumps(system)}, {json.dumps(user)})," for system, user in prompt_turns)
    return _render_task_template(
        "criteria_judge.py", repeats=str(task_judge.repeats), seed=str(task_judge.seed), wordings=f"[{wordings_code}\n]"
    )


def _system_and_user(template: str) -> tuple[str, str]:
    """What the system is told and what the user says, without evidence; the user's words keep their placeholders."""
    template_turns = prompts.split_turns(template)
    system_turns = "\n\n".join(message["content"] for message in template_turns if message["role"] == "system")
    return system_turns, prompts.drop_paragraphs(template_turns[-1]["content"], {"evidence"})


def _inspect_task_files(name: str, task_splits: Sequence[str], system_prompt: str) -> dict[str, str]:
    slug, system = python_identifier(name), json.dumps(system_prompt)
    template_fields = {"name": name, "slug": slug, "split": task_splits[0], "system": system}
    return {"task.py": _render_task_template("inspect_task.py", **template_fields)}


def _lighteval_task_files(name: str, task_splits: Sequence[str], system_prompt: str) -> dict[str, str]:
    template_fields = {
        "name": name,
        "slug": python_identifier(name),
        "split": task_splits[0],
        "splits": json.dumps(list(task_splits)),
    }
    return {"task.py": _render_task_template("lighteval_task.py", **template_fields, system=json.dumps(system_prompt))}


def _lm_eval_task_files(name: str, task_splits: Sequence[str], system_prompt: str) -> dict[str, str]:
    task_slug = python_identifier(name)
    split_functions = "\n\n\n".join(
        f'def rows_of_{task_split}(**_):\n    """The rows of {task_split}."""\n    return _rows("{task_split}")'
        for task_split in task_splits
    )
    task_code_files = {"utils.py": _render_task_template("lm_eval_utils.py", slug=task_slug, functions=split_functions)}
    for task_split in task_splits:
        template_fields = {"name": name, "slug": task_slug, "split": task_split, "open": "{{", "close": "}}"}
        task_yaml = _render_task_template(
            "lm_eval_task.yaml", **template_fields, system=json.dumps(f"{system_prompt}\n\n" if system_prompt else "")
        )
        task_code_files[f"{task_slug}_{task_split}.yaml"] = task_yaml
    return task_code_files


def _render_task_template(template: str, **values: str) -> str:
    return prompts.render_template((TASK_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8"), **values)


_TASK_CODE_FILES = {"inspect": _inspect_task_files, "lighteval": _lighteval_task_files, "lm-eval": _lm_eval_task_files}
