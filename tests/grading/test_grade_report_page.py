"""The page of a grading in a real Chromium: what it says, its filter, and texts that would like to be markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from groundwork.grading.grade_report import grade_report, write_grade_report_page
from groundwork.grading.mirror_gap import GapBounds
from groundwork.records import CriterionGrade, Draw, Grade
from tests.chromium import Opener

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
HOSTILE = '</script><img src=x onerror="alert(1)">{{name}}\u2028'


def grade_of(n: int, split: str, model: str, met: bool, draws: str = "mmm") -> Grade:
    told = {"m": "met", "u": "unmet"}
    criterion = CriterionGrade(
        criterion=f"Says {n} {HOSTILE}",
        verdict="met" if met else "unmet",
        by="judge",
        reason=HOSTILE,
        draws=[Draw(judge="judge", verdict=told[draw], reason=f"reason {HOSTILE}") for draw in draws],  # type: ignore[arg-type]
    )
    return Grade(
        id=f"r{n}", split=split, model=model, question=f"Question {n} {split} {HOSTILE}", answer=HOSTILE,
        criteria=[criterion], score=float(met), passed=met, against="criteria", judges=["judge"], open_book=False,
        document=f"d{n % 7}", category="c", difficulty="easy" if n % 2 else "hard", tags=["t"], cluster=n % 3,
    )  # fmt: skip


async def test_the_page(show: Opener, tmp_path: Path) -> None:
    """Conclusions come first, a curve where there are steps; the filter finds what flips, and its draws stand open."""
    steps = {"ckpt-10": 0.2, "ckpt-20": 0.9}
    grades = [
        grade_of(
            n, split, model, met=(split == "eval_mirror" and n > 0) or n >= 35 * share, draws="mum" if n == 3 else "mmm"
        )
        for model, share in steps.items()
        for split in ("eval", "eval_mirror")
        for n in range(35)
    ]
    made = grade_report(f"gates {HOSTILE}", grades, None, GapBounds(margin=0.1, floor=0.2))
    write_grade_report_page(made, grades, tmp_path / "report.html")
    page = await show(tmp_path / "report.html")
    for words in ("ckpt-10: learnt by heart.", "ckpt-20: learnt by heart."):
        await expect(page.locator(".verdict")).to_contain_text(words)
    await expect(page.locator("text=Over the checkpoints")).to_have_count(1)
    await page.select_option('select[aria-label="Outcome"]', "flips")
    await expect(page.locator('[role="status"]')).to_contain_text("4 answers of 140")
    row = page.locator("details:has(.ask) >> nth=0")
    await row.locator("summary").click()
    await expect(row.locator(".draws > div")).to_have_count(3)  # they are drawn when it is opened
    assert HOSTILE.strip() in await row.inner_text()
    await page.fill('input[type="search"]', "no such words")
    await expect(page.locator('[role="status"]')).to_contain_text("0 answers")
    for title in ("Criteria that flip", "Never stated"):
        await expect(page.locator(f'h2:has-text("{title}")')).to_have_count(1)


async def test_a_narrow_dark_page(show: Opener, tmp_path: Path) -> None:
    """One answer of one model without a mirror makes a page as well, and nothing sticks out of a phone."""
    grades = [grade_of(1, "test", "model-with-a-rather-long-name/of-its-own", met=False, draws="u")]
    write_grade_report_page(
        grade_report("one", grades, None, GapBounds(margin=0.1, floor=0.2)), grades, tmp_path / "one.html"
    )
    page = await show(tmp_path / "one.html", width=380, dark=True)
    verdict = page.locator(".verdict")
    await expect(verdict.locator(".lead")).to_have_text(re.compile(r"^model-\S+: 0% \(0–\d+\) of 1 test answer meet"))
    await expect(verdict).to_contain_text("cannot be told apart")
    await page.wait_for_function("document.documentElement.scrollWidth <= 380")
