"""The report on a grading as one page: the judge, scores, gaps, facets, and every answer with its verdicts.

write_report(report, grades, path)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundwork.grading.judge_agreement import flips
from groundwork.grading.judge_validation import SPOILED
from groundwork.grading.memorization import ADVICE
from groundwork.grading.refusals import honesty_lines
from groundwork.grading.scores import GradeReport
from groundwork.grading.terminal_report import curve_lines
from groundwork.pages.single_file_page import write_page
from groundwork.records.grades import Grade

FOLDER = Path(__file__).parent / "assets"
ASSETS = [
    *["page.css", "charts.css", "grades.css", "page.js", "charts.js", "table.js"],
    *["gaps.js", "answers.js", "grades.js"],
]


def write_report(report: GradeReport, grades: Sequence[Grade], path: Path) -> None:
    """Write the page to `path`; texts of rows, answers and judges reach it as text alone."""
    shown = {
        "report": {
            **_plain(report),
            "spoiled": SPOILED,
            "advice": ADVICE,
            "curve": bool(list(curve_lines(report.models))),
            "honesty": [line for model in report.models for line in honesty_lines(model.name, model.honesty)],
        },
        "answers": [_answer(grade) for grade in grades],
    }
    write_page(path, title=f"Grades: {report.dataset}", kind="grades", data=shown, assets=ASSETS, folder=FOLDER)


def _plain(report: GradeReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__struct_fields__}


def _answer(grade: Grade) -> dict[str, Any]:
    return {
        "id": grade.id,
        "split": grade.split,
        "model": grade.model,
        "question": grade.question,
        "answer": grade.answer,
        "score": grade.score,
        "flips": any(flips(criterion) for criterion in grade.criteria),
        "criteria": grade.criteria,
        "place": " · ".join(filter(None, (grade.document, grade.chunk, grade.category, grade.difficulty))),
        "notes": grade.notes,
    }
