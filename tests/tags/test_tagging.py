"""Tagging through the real client against a scripted endpoint, and the mapping of synonyms."""

from __future__ import annotations

import json
import random
import re
import resource
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundwork.data_folder.read_write import read_jsonl
from groundwork.errors import BadRecord, StopRun
from groundwork.maps.tag_comparison import tag_histogram, tags_only_in
from groundwork.records import Tags
from groundwork.stages import compare_tags
from groundwork.stages.generate_tags import main
from groundwork.tags.tag_files import TagStore
from groundwork.tags.tag_forms import normalise_tag, tags_problem
from groundwork.tags.tag_synonyms import Synonym, merge_targets, read_synonyms, update_synonyms
from tests.fake_openrouter import FakeOpenRouter
from tests.synthetic_runs import pairs, tag_reply, write_run

NUMBERED = re.compile(r"^\d+\. (.*)$", re.MULTILINE)
FREELY = ("--set", "tags.vocabulary_prompt=")


def run(fake: FakeOpenRouter, data: Path, *more: str) -> int:
    return main(["--data", str(data), "--set", f"llm.base_url={fake.url}", "--set", "llm.api_key_env=", *more])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Field Dimensions", "field-dimensions"),
        ("#field_dimensions.", "field-dimensions"),
        ("captain's  call", "captains-call"),
        ("Größe", "größe"),
        ("競技場", "競技場"),
        ("घाट का स्थान", "घाट-का-स्थान"),
        ("İskele Kuralları", "iskele-kuralları"),
        ("--", ""),
        ("Ellary Sound rowing league handbook", "rowing-league-handbook"),
    ],
)
def test_tags_are_normalised_alike(given: str, expected: str) -> None:
    """Case, spaces, punctuation and marks never make two tags of one; no tag has more than three words."""
    assert normalise_tag(given) == expected
    assert normalise_tag(expected) == expected


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        (["a", "b"], ""),
        ([], "0 tags instead of 1 to 2"),
        (["a", "b", "c"], "3 tags instead of 1 to 2"),
        (["a"], ""),
        (["a", "a"], "twice"),
        (["a", ""], "empty"),
    ],
)
def test_tags_are_checked(tags: list[str], problem: str) -> None:
    """One to so many, all different, none empty."""
    assert (problem in tags_problem(tags, 2)) if problem else tags_problem(tags, 2) == ""


def test_every_question_gets_up_to_so_many_tags(tmp_path: Path) -> None:
    """All questions are tagged in batches, and a second run asks nothing."""
    write_run(tmp_path, "a", pairs(45, "a"))
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        assert run(fake, tmp_path, "a", "--max-tags", "4", "--set", "tags.batch=10", *FREELY) == 0
        rows = read_jsonl(tmp_path / "tags" / "a.jsonl", Tags)
        asked = len(fake.requests)
        assert run(fake, tmp_path, "a", "--max-tags", "4", "--set", "tags.batch=10", *FREELY) == 0
        assert len(fake.requests) == asked
    assert len(rows) == 45
    assert all(len(row.tags) == 4 == len(set(row.tags)) for row in rows)
    assert asked <= 5
    schema = json.dumps(fake.requests[-1]["response_format"])
    assert '"minItems": 1, "maxItems": 4' in schema


@pytest.mark.parametrize("prompts", [FREELY, ()])
def test_a_dry_run_counts_a_question_of_several_runs_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], prompts: tuple[str, ...]
) -> None:
    """A question is asked about once, whichever runs hold it, and the vocabulary is proposed once."""
    write_run(tmp_path, "a", pairs(45, "a", sameness=0))
    write_run(tmp_path, "b", pairs(45, "a", sameness=0))
    flags = ("a", "b", "--set", "tags.batch=10", *prompts)
    batches = -(-len({pair.question for pair in pairs(45, "a", sameness=0)}) // 10)
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        for command in (main, compare_tags.main):
            settings = ["--data", str(tmp_path), f"--set=llm.base_url={fake.url}", "--set=llm.api_key_env="]
            assert command([*settings, *flags, "--dry-run"]) == 0
            assert f": {batches + (not prompts)} calls," in capsys.readouterr().out


@pytest.mark.parametrize("prompts", [FREELY, ()])
def test_a_forced_run_asks_about_a_question_of_several_runs_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], prompts: tuple[str, ...]
) -> None:
    """--force asks again what its --dry-run counts, and two runs share the tags of a question: each had its own."""
    shared = pairs(45, "a", sameness=0)
    write_run(tmp_path, "a", shared)
    write_run(tmp_path, "b", [*pairs(45, "b", sameness=0)[:5], *shared])
    flags = ("a", "b", "--set", "tags.batch=10", *prompts)
    questions = {pair.question for pair in [*pairs(45, "b", sameness=0)[:5], *shared]}
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        run(fake, tmp_path, *flags)
        capsys.readouterr()
        run(fake, tmp_path, *flags, "--dry-run", "--force")
        assert f": {-(-len({pair.question for pair in shared}) // 10) + 1} calls," in capsys.readouterr().out
        fake.requests.clear()
        assert run(fake, tmp_path, *flags, "--force") == 0
    first, second = tags_of(tmp_path, "a"), tags_of(tmp_path, "b")
    assert first.items() <= second.items() and second.keys() == questions
    if prompts:  # else an overused tag is struck, and questions are asked about once more
        asked = [line for body in asked_first(fake) for line in NUMBERED.findall(body["messages"][1]["content"])]
        assert sorted(asked) == sorted(questions)


def test_a_dry_run_of_what_failed_counts_its_calls_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not those of a run that has no tags yet, nor of the questions that were tagged beside the failed one."""
    many(tmp_path, "a", 12)
    many(tmp_path, "b", 30)

    def stubborn(body: dict[str, Any]) -> str:
        reply = json.loads(tag_reply(body))
        texts = NUMBERED.findall(body["messages"][1]["content"])
        for entry in reply["questions"]:
            entry["tags"] = [] if "rule 7 of" in texts[entry["number"] - 1] else entry["tags"]
        return json.dumps(reply)

    with FakeOpenRouter(reply=stubborn).thread() as fake:
        assert run(fake, tmp_path, "a", *FREELY) == 1
        capsys.readouterr()
        assert run(fake, tmp_path, "a", "b", *FREELY, "--set", "tags.batch=5", "--retry-failed", "--dry-run") == 0
        told = capsys.readouterr().out
    assert "1 of 2 to do" in told and ": 1 call," in told


def test_adding_questions_tags_only_the_new_ones(tmp_path: Path) -> None:
    """Ten more questions, ten more questions asked about; hand-made changes to the old ones stay."""
    write_run(tmp_path, "a", pairs(30, "a", sameness=0))
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        run(fake, tmp_path, "a")
        before = {row.id: row.tags for row in read_jsonl(tmp_path / "tags" / "a.jsonl", Tags)}
        asked = len(fake.requests)
        write_run(tmp_path, "a", pairs(40, "a", sameness=0))
        run(fake, tmp_path, "a")
    numbered = {line for body in fake.requests[asked:] for line in NUMBERED.findall(body["messages"][1]["content"])}
    assert len(numbered) <= 10
    after = {row.id: row.tags for row in read_jsonl(tmp_path / "tags" / "a.jsonl", Tags)}
    assert before.items() <= after.items()


def test_a_bad_question_takes_no_other_with_it(tmp_path: Path) -> None:
    """A question that the model never tags right is named and fails alone; the exit code says so."""

    def stubborn(body: dict[str, Any]) -> str:
        reply = json.loads(tag_reply(body))
        texts = NUMBERED.findall(body["messages"][1]["content"])
        for entry in reply["questions"]:
            if "POISON" in texts[entry["number"] - 1]:
                entry["tags"] = []
        return json.dumps(reply)

    (tmp_path / "qa" / "a").mkdir(parents=True)
    questions = [*(pair.question for pair in pairs(6, "a", sameness=0)), "What is POISON?"]
    lines = [json.dumps({"id": str(n), "question": question}) for n, question in enumerate(questions)]
    (tmp_path / "qa" / "a" / "rules.jsonl").write_text("\n".join(lines))
    with FakeOpenRouter(reply=stubborn).thread() as fake:
        assert run(fake, tmp_path, "a") == 1
    assert {row.id for row in read_jsonl(tmp_path / "tags" / "a.jsonl", Tags)} == {str(n) for n in range(6)}


def test_a_model_that_cannot_do_batches_is_asked_one_by_one(tmp_path: Path) -> None:
    """Once both halves of a batch fail, it is their size: no larger one is asked for, and nothing is lost."""

    def lazy(body: dict[str, Any]) -> str:
        reply = json.loads(tag_reply(body))
        return json.dumps({**reply, "questions": reply["questions"][:1]})

    many(tmp_path, "a", 60)
    with FakeOpenRouter(reply=lazy).thread() as fake:
        assert run(fake, tmp_path, "a", *FREELY) == 0
    assert len(tags_of(tmp_path, "a")) == 60
    assert len(fake.requests) < 60 + 40, "halving every batch to its end takes 350"


def test_a_model_that_tags_nothing_is_not_asked_about_everything(tmp_path: Path, capsys: Any) -> None:
    """After a few single questions without a usable reply the others are not asked, and say so."""
    many(tmp_path, "a", 60)
    with FakeOpenRouter(reply=lambda _: '{"questions": []}').thread() as fake:
        assert run(fake, tmp_path, "a", *FREELY) == 1
    assert len(fake.requests) < 60
    assert "none of 60 questions could be tagged" in capsys.readouterr().out


def many(data: Path, run_name: str, count: int = 300) -> None:
    """So many different questions about forty subjects."""
    lines = [
        json.dumps({"id": f"{run_name}-{n}", "question": f"What does rule {n} of {run_name} say on subject {n % 40}?"})
        for n in range(count)
    ]
    (data / "qa" / run_name).mkdir(parents=True)
    (data / "qa" / run_name / "rules.jsonl").write_text("\n".join(lines))


def listed(body: dict[str, Any]) -> list[str]:
    """The tags that a batch is told to take from."""
    return body["messages"][1]["content"].partition("Tags to take from:\n")[2].partition("\n")[0].split(", ")


def wild(body: dict[str, Any]) -> str:
    """A tagger that makes up tags for each question anew, and gives one to all of them unless it may not."""
    if "draw up the list of tags" in body["messages"][0]["content"]:
        return json.dumps({"tags": [f"topic-{n}" for n in range(30)]})
    asked, common = body["messages"][1]["content"], ["whole-subject"]
    if "whole-subject" in asked.partition("nearly every question: ")[2].partition("\n")[0]:
        common = []
    entries = []
    for number, line in enumerate(NUMBERED.findall(asked), start=1):
        dice = random.Random(line)
        tags = [
            f"{dice.choice(['rule', 'case', 'form'])}-{dice.randrange(10_000)}",
            *dice.sample([f"topic-{n}" for n in range(30)], 4),
        ]
        entries.append({"number": number, "tags": [*tags, *common][-5:]})
    return json.dumps({"new_tags": [], "questions": entries})


def asked_first(fake: FakeOpenRouter) -> list[dict[str, Any]]:
    """The requests without their corrections."""
    return [body for body in fake.requests if len(body["messages"]) == 2]


def tags_of(data: Path, run_name: str) -> dict[str, list[str]]:
    return {row.question: row.tags for row in read_jsonl(data / "tags" / f"{run_name}.jsonl", Tags)}


def test_a_corpus_of_300_has_at_most_a_tag_for_four_questions(tmp_path: Path) -> None:
    """However many a model makes up, questions share tags; one that nearly all would bear is not given."""
    many(tmp_path, "a")
    with FakeOpenRouter(reply=wild).thread() as fake:
        assert run(fake, tmp_path, "a") == 0
    tags = tags_of(tmp_path, "a")
    distinct = {tag for given in tags.values() for tag in given}
    assert len(tags) == 300 and all(len(set(given)) == 5 for given in tags.values())
    assert len(distinct) <= 75 and "whole-subject" not in distinct
    written = json.loads((tmp_path / "tags" / "vocabulary.json").read_text())
    assert written["too_common"] == ["whole-subject"] and distinct <= set(written["tags"])


def test_a_question_that_cannot_be_tagged_anew_is_left_for_the_next_run(tmp_path: Path) -> None:
    """Where a tag is struck and the second call fails, no row bears the struck tag; the next run asks once more."""
    many(tmp_path, "a", 40)

    def stubborn(body: dict[str, Any]) -> str:
        reply = json.loads(wild(body))
        asked = body["messages"][1]["content"]
        if "whole-subject" in asked.partition("nearly every question: ")[2].partition("\n")[0]:
            texts = NUMBERED.findall(asked)
            for entry in reply["questions"]:
                entry["tags"] = [] if "rule 7 of" in texts[entry["number"] - 1] else entry["tags"]
        return json.dumps(reply)

    with FakeOpenRouter(reply=stubborn).thread() as fake:
        assert run(fake, tmp_path, "a") == 1
    assert len(tags_of(tmp_path, "a")) == 39
    with FakeOpenRouter(reply=wild).thread() as fake:
        assert run(fake, tmp_path, "a", "--retry-failed") == 0
        assert all("rule 7 of" in body["messages"][1]["content"] for body in fake.requests)
    tags = tags_of(tmp_path, "a")
    assert len(tags) == 40 and not any("whole-subject" in given for given in tags.values())


def test_batches_take_the_tags_of_those_before_them(tmp_path: Path) -> None:
    """The first batch is told the proposal, the next one what the first added as well."""
    many(tmp_path, "a", 80)
    with FakeOpenRouter(reply=wild).thread() as fake:
        assert run(fake, tmp_path, "a") == 0
    first, second, *_ = [listed(body) for body in asked_first(fake)[1:]]
    assert set(first) < set(second) and all(tag.startswith("topic") for tag in first)


def test_tags_do_not_depend_on_which_reply_comes_first(tmp_path: Path) -> None:
    """One call at a time or many: the same tags, and the same again where a run was stopped in between."""
    results = []
    for name, flags in (
        ("one", ["--set", "llm.max_concurrency=1"]),
        ("many", []),
        ("stopped", ["--max-cost", "0.002"]),
    ):
        many(tmp_path / name, "a", 200)
        with FakeOpenRouter(reply=wild).thread() as fake:
            code = run(fake, tmp_path / name, "a", *flags)
            if name == "stopped":
                assert code == 3 and run(fake, tmp_path / name, "a") == 0
        results.append(tags_of(tmp_path / name, "a"))
    assert results[0] == results[1] == results[2]


def test_datasets_share_one_vocabulary(tmp_path: Path) -> None:
    """It is proposed once, from questions of all of them; the second takes up what the first one has."""
    many(tmp_path, "a", 60)
    many(tmp_path, "b", 60)
    with FakeOpenRouter(reply=wild).thread() as fake:
        assert run(fake, tmp_path) == 0
        proposals = [body for body in asked_first(fake) if "draw up the list" in body["messages"][0]["content"]]
        assert len(proposals) == 1
        assert all(f"of {name} say" in proposals[0]["messages"][1]["content"] for name in "ab")
    both = [{tag for given in tags_of(tmp_path, name).values() for tag in given} for name in "ab"]
    assert len(both[0] | both[1]) <= 30  # 120 questions


def test_a_vocabulary_is_yours_to_change(tmp_path: Path) -> None:
    """What stands in the file is taken as it is; a file that is none is named with its remedy."""
    many(tmp_path, "a", 60)
    (tmp_path / "tags").mkdir()
    file = tmp_path / "tags" / "vocabulary.json"
    file.write_text(json.dumps({"tags": ["mine", "and-mine"], "too_common": ["rules"]}))
    with FakeOpenRouter(reply=wild).thread() as fake:
        assert run(fake, tmp_path, "a") == 0
        assert listed(fake.requests[0])[:2] == ["mine", "and-mine"]
        file.write_text('{"tags": 3}')
        many(tmp_path, "b", 60)
        assert run(fake, tmp_path, "b") == 1


def test_without_a_vocabulary_every_call_chooses_freely(tmp_path: Path) -> None:
    """An empty tags.vocabulary_prompt, for small models: no proposal, no file, tags as they come."""
    many(tmp_path, "a", 60)
    with FakeOpenRouter(reply=wild).thread() as fake:
        assert run(fake, tmp_path, "a", *FREELY) == 0
        assert len(fake.requests) == 3
        assert all("new_tags" not in json.dumps(body["response_format"]) for body in fake.requests)
    assert not (tmp_path / "tags" / "vocabulary.json").exists()
    assert all("whole-subject" in given for given in tags_of(tmp_path, "a").values())


def test_another_prompt_starts_anew(tmp_path: Path) -> None:
    """Tags that another prompt asked for are no answer to this one; without a vocabulary a prompt need not hold one."""
    write_run(tmp_path, "a", pairs(3, "a"))
    short = ("--set", f"tags.prompt={tmp_path / 'short.md'}", *FREELY)
    (tmp_path / "short.md").write_text("Give up to {{max_tags}} tags.\n--- user ---\n{{questions}}\n")
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        for flags, calls in ((FREELY, 1), (short, 2), (short, 2)):
            assert run(fake, tmp_path, "a", *flags) == 0
            assert len(fake.requests) == calls


def test_a_hand_edit_that_breaks_the_rules_is_named(tmp_path: Path) -> None:
    """A tag file that was edited into duplicates is refused with file and question."""
    write_run(tmp_path, "a", pairs(3, "a"))
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        run(fake, tmp_path, "a")
        file = tmp_path / "tags" / "a.jsonl"
        rows = read_jsonl(file, Tags)
        from groundwork.tags.tag_files import _read_tag_file

        file.write_text(json.dumps({"id": "x", "question": "q", "tags": ["a"] * 5, "model": rows[0].model}))
        with pytest.raises(BadRecord, match=r"a\.jsonl.*'x'.*twice"):
            _read_tag_file(file, rows[0].model, 5, rows[0].prompt)


@pytest.mark.parametrize("size", [0, 16_384])
def test_a_full_disk_is_not_called_a_damaged_store(tmp_path: Path, size: int) -> None:
    """No room for the tags, at once or midway: free disk space; the store that was paid for is not to be deleted."""
    store = TagStore(tmp_path / "store.db", "m", "p", 5)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        with pytest.raises(StopRun, match=r"store\.db: cannot be used: .*; free disk space"):
            store.write({f"question {n}": ["a-longer-tag"] * 5 for n in range(300)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    store.write({"question": ["a"]})
    assert store.read(["question"]) == {"question": ["a"]}


def test_a_store_that_is_damaged_inside_is_named(tmp_path: Path) -> None:
    """A page that was overwritten is found when it is read; the message names the file and the remedy."""
    store = TagStore(tmp_path / "store.db", "m", "p", 5)
    questions = [f"question {n}" for n in range(3_000)]
    store.write({question: ["a-longer-tag"] * 5 for question in questions})
    content = (tmp_path / "store.db").read_bytes()
    (tmp_path / "store.db").write_bytes(content[:8_192] + b"\xff" * (len(content) - 8_192))
    with pytest.raises(BadRecord, match=r"store\.db: not a store of tags .*delete it"):
        store.read(questions)


def unit(*rows: list[float]) -> np.ndarray:
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_synonyms_are_proposed_into_the_more_frequent_tag(tmp_path: Path) -> None:
    """Plurals are merged, near tags only proposed, other numbers never; and all of it stands in a file."""
    counts = Counter({"touch-rugby": 9, "penalty": 5, "touch-football": 4, "penalties": 2, "u-12": 2, "u-14": 1})
    vectors = unit([1, 0, 0], [0, 1, 0], [1, 0.8, 0], [0, 1, 0.01], [0, 0, 1], [0, 0, 1])
    entries, fresh = update_synonyms(tmp_path / "synonyms.json", counts, vectors)
    assert merge_targets(entries) == {"penalties": "penalty"}
    assert entries["touch-football"].into == "touch-rugby"
    assert not entries["touch-football"].merge
    assert "u-14" not in entries
    assert fresh == ["penalties", "touch-football"]
    assert read_synonyms(tmp_path / "synonyms.json") == entries


def test_a_decision_in_the_file_is_never_overturned(tmp_path: Path) -> None:
    """What a person set in synonyms.json holds, and writing new proposals leaves it as it is."""
    file = tmp_path / "synonyms.json"
    file.write_text('{"penalties": {"into": "penalty", "merge": false, "why": "mine"}}')
    entries, fresh = update_synonyms(file, Counter({"penalty": 2, "penalties": 1}), unit([1, 0], [1, 0]))
    assert merge_targets(entries) == {}
    assert fresh == []


def test_chains_and_circles_of_synonyms_end() -> None:
    """a into b into c is c; a circle that a person typed is one tag, for those that lead into it too."""
    entry = {"merge": True, "why": ""}
    chain = {"a": Synonym(into="b", **entry), "b": Synonym(into="c", **entry)}
    assert merge_targets(chain) == {"a": "c", "b": "c"}
    circle = {"a": Synonym(into="b", **entry), "b": Synonym(into="a", **entry)}
    assert merge_targets(circle) == {"b": "a"}
    assert merge_targets({**circle, "x": Synonym(into="b", **entry)}) == {"b": "a", "x": "a"}


def test_histogram_is_sorted_by_share_and_complete() -> None:
    """Datasets of unequal size count by share; a tag of one dataset alone is listed as such."""
    counts = {"a": Counter({"x": 10, "y": 1}), "b": Counter({"y": 5, "z": 1})}
    bars = tag_histogram(counts, {"a": 100, "b": 10}, 1)
    assert [bar.label for bar in bars] == ["y", "x", "z"]
    assert bars[0].counts == {"a": 1, "b": 5}
    assert bars[0].shares == {"a": 0.01, "b": 0.5}
    assert tags_only_in(bars, ["a", "b"]) == {"a": ["x"], "b": ["z"]}
    assert [bar.label for bar in tag_histogram(counts, {"a": 100, "b": 10}, 6)] == ["y", "x"]
