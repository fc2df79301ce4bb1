"""The split report and the card: figures that add up, text that stays text."""

import asyncio
import re
from contextlib import suppress

import msgspec
import pytest
from markupsafe import escape

from groundwork.dataset.creation.build_dataset import build_splits
from groundwork.dataset.creation.build_tools import BuildTools
from groundwork.dataset.creation.row_pool import RowPool
from groundwork.dataset.parquet import dataset_columns
from groundwork.dataset.publish.card import write_card
from groundwork.dataset.publish.origin_and_sources import Origin
from groundwork.dataset.reword.eval_rewording import Reworded
from groundwork.dataset.split.eval_selection import CannotSplit, is_held_out
from groundwork.dataset.split_report.report_schema import ReplacedRow
from groundwork.dataset.split_report.split_report_page import split_report_html
from groundwork.dataset.split_report.terminal_lines import split_report_lines
from groundwork.embedding.encoder_backends import StaticBackend
from groundwork.settings.config_files import load
from tests.dataset.corpora import unit
from tests.dataset.rows import row

NASTY = "<script>alert('x')</script> | **b** [l](javascript:1) & \u202eé"


async def encode(texts, _kind):
    return unit(await StaticBackend().vectors(texts, ""))


def made(rows, **changes):
    asked = {"eval_split": True, "train": "held-out", **changes}
    settings = msgspec.structs.replace(load().dataset, **asked)
    return asyncio.run(
        build_splits(RowPool(rows=rows, invalid=[], warnings=[]), ["model-a"], settings, BuildTools(encode, "test"))
    )


@pytest.fixture(scope="module")
def report():
    rows = [row(n, tags=[f"{NASTY} {n % 3}"], category=NASTY) for n in range(40)]
    rows[7] = msgspec.structs.replace(rows[7], question=NASTY, answer="Write to ann@example.org")
    return made(rows, name="touch-rugby").report


def test_the_page_escapes_what_rows_say(report):
    """Text of documents and models is text on the page: no tag of theirs, no script at all."""
    shown = split_report_html(report)
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert not re.search(r"""(src|href)=(?!"data:)|@import|url\(""", shown)


def test_a_dataset_without_eval_is_described_too():
    """Its page counts the rows by tag and the like, and page and terminal name what makes an eval split."""
    found = made([row(n, tags=[f"tag-{n % 3}"]) for n in range(40)], name="touch-rugby", eval_split=False).report
    shown = split_report_html(found)
    assert re.search(r"<td>tag-0</td>\s*<td[^>]*>14</td>", shown) and "Rows by document" in shown
    for text in (shown, "\n".join(split_report_lines(found))):
        assert "create_dataset.py --name touch-rugby --eval-split" in text


def test_the_page_draws_every_row_of_the_map(report):
    """Each row is a point, eval on top, with its question to read; light and dark come from the browser."""
    shown = split_report_html(report)
    assert len(re.findall(r'<circle class="eval"', shown)) >= report.splits["eval"]
    assert len(report.map) == 40
    assert all(0 <= point.x <= 1 and 0 <= point.y <= 1 for point in report.map)
    assert "prefers-color-scheme: dark" in shown
    assert 'data-title="in eval"' in shown  # on a phone the shares stand below each other, in letters of full size


def test_the_verdict_is_the_same_everywhere():
    """Terminal, page and card say the one sentence of the report; of 8 rows of eval they claim nothing."""
    for rows, words in ((40, "Too few rows to say"), (120, " stands for the whole")):
        found = made([row(n, tags=[f"t{n % 3}"]) for n in range(rows)], name="x", train="whole").report
        said = found.verdict.sentence
        assert words in said and found.verdict.rows == found.splits["eval"]
        assert said in " ".join(" ".join(split_report_lines(found, 100)).split())
        assert str(escape(said)) in split_report_html(found)
        origin = Origin(
            repository="x", license="", languages=[], models=["m"], prompts={}, settings={}, sources=[], version="1"
        )
        assert said in write_card(found, origin, ["id"])


def test_a_tag_has_its_share_of_the_rows():
    """Half of the rows hold the tag: 50 %, however many other tags they hold."""
    rows = [row(n, tags=["every", *(["half"] if n % 2 else [])]) for n in range(40)]
    shown = split_report_html(made(rows, name="touch-rugby").report)
    assert re.search(r">half</td><td class=\"number\"[^>]*>20</td>.*?aria-label=\"50\.0% of all", shown)
    assert re.search(
        r">every</td><td class=\"number\"[^>]*>40</td>.*?aria-label=\"100\.0% of all, 100\.0% of eval", shown
    )


def test_lines_fit_the_terminal(report):
    """No word is cut at the edge of the terminal, and no word is lost."""
    assert max(len(line) for line in split_report_lines(report)) > 100
    assert max(len(line) for line in split_report_lines(report, 100)) <= 100
    assert " ".join(split_report_lines(report, 100)).split() == " ".join(split_report_lines(report)).split()


def test_eval_of_a_second_run_is_not_said_to_be_in_train(report):
    """Train never held those facts, so no mirror can tell learnt sentences from learnt facts."""
    second = msgspec.structs.replace(
        report,
        strategy="second-run",
        pool="model-b",
        train="whole",
        leaked_after=0,
        splits={**report.splits, "eval_mirror": 1},
    )
    told = " ".join(split_report_lines(second))
    assert "which is not in train; reworded." in told
    assert "facts that train holds" not in told
    assert "learnt by heart" not in told


def test_rows_that_resist_are_told_from_places_that_stay_empty(report):
    """A row given up for another and one that none could replace are counted apart."""
    gone = [ReplacedRow(f"r{n}", "The question is empty.") for n in range(5)]
    told = "\n".join(split_report_lines(msgspec.structs.replace(report, replaced=gone, dropped=2)))
    assert "No rewording passed for 5 rows: 3 gave way to another; 2 places of eval stay empty." in told


def test_an_eval_row_is_read_beside_its_nearest_in_train(report):
    """The page shows the words of every eval question and of the train question that comes nearest to it."""
    shown = split_report_html(report)
    for found in report.rows:
        assert escape(found.question) in shown
        assert escape(found.before.question) in shown
    assert "as it was" not in shown, "nothing was reworded"


def test_the_figures_add_up(report):
    """Shares count every row once, clusters cover the pool, and percentiles are shares."""
    assert sum(cluster.pool for cluster in report.clusters) == 40
    assert sum(cluster.eval for cluster in report.clusters) == report.splits["eval"] == 8
    for name in ("category", "difficulty", "document", "tag"):
        assert sum(share.pool for share in report.shares[name]) == 40
        assert sum(share.eval for share in report.shares[name]) == 8
    assert 0 <= report.mmd.percentile <= 1
    assert report.leaked_before == sum(r.before.cosine >= report.threshold for r in report.rows)


def test_the_terminal_shows_curve_clusters_and_leaks(report):
    """The lines hold what one wants to know without opening a file."""
    text = "\n".join(split_report_lines(report))
    for part in ("touch-rugby: 32 train, 8 eval", "inertia for k = 2..8", "cluster  rows", "Leakage:", "of 500"):
        assert part in text
    assert "ann@example.org" not in text


def test_the_card_has_the_hubs_header_and_escapes(report):
    """YAML that names exactly the splits; rows' text cannot become Markdown or HTML."""
    import yaml

    origin = Origin("org/touch-rugby", "mit", ["en"], [NASTY], {}, {}, [], "1")
    card = write_card(report, origin, dataset_columns(context=True))
    head = yaml.safe_load(card.split("---")[1])
    assert [file["split"] for file in head["configs"][0]["data_files"]] == ["train", "eval"]
    assert head["license"] == "mit"
    assert "<script>" not in card
    assert not re.search(r"(?<!\\)\]\(javascript", card)
    assert write_card(report, origin, dataset_columns(context=True)) == card


@pytest.mark.parametrize(
    ("strategy", "train", "reword", "leaves"),
    [
        ("clusters", "auto", False, False),
        ("clusters", "held-out", False, True),
        ("clusters", "auto", True, False),
        ("tags", "auto", False, False),
        ("tags", "held-out", True, True),
        ("random", "auto", True, True),
        ("random", "whole", False, False),
        ("clone", "auto", False, False),
        ("clone", "held-out", False, True),
        ("clusters", "whole", False, False),
        ("second-run", "held-out", False, False),
    ],
)
def test_what_each_strategy_does_to_train(strategy, train, reword, leaves):
    """Rows of eval leave train, or stay, as the documentation says."""
    settings = msgspec.structs.replace(load().dataset, strategy=strategy, train=train, rephrase_qa=reword)
    assert is_held_out(settings) is leaves


def test_a_dataset_without_eval_has_a_report_too():
    """Only train: no figures of a split, and nothing fails."""
    found = made([row(n) for n in range(3)], eval_split=False)
    assert found.report.splits == {"train": 3}
    assert "eval" not in re.sub("Every row is in train.*", "", "\n".join(split_report_lines(found.report)))
    assert split_report_html(found.report)


def test_each_step_of_a_build_is_named_as_it_begins():
    """While a model rewords, the step under way is the rewording and no longer the splitting."""
    steps, steps_while_asking = [], set()

    async def ask(row, _past):
        steps_while_asking.add(steps[-1])
        return Reworded(question=row.question, answer=row.answer)

    settings = msgspec.structs.replace(load().dataset, eval_split=True)
    pool = RowPool(rows=[row(number) for number in range(40)], invalid=[], warnings=[])
    with suppress(CannotSplit):  # the question as it was is no rewording
        asyncio.run(build_splits(pool, ["model-a"], settings, BuildTools(encode, "test", ask, start_step=steps.append)))
    assert steps[0] == "splitting 40 pairs"
    assert len(steps_while_asking) == 1 and steps_while_asking.pop().startswith("rewording ")
