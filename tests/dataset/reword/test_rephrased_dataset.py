"""A dataset with a reworded eval split, by the real client against a fake OpenRouter."""

import json
import re

import pytest

from groundwork.data_folder.read_write import write_json
from groundwork.records import Document
from groundwork.settings.config_files import CONFIG_DIR
from groundwork.stages.create_dataset import main
from tests.dataset.rows import FORMS, pair, write_run
from tests.fake_openrouter import FakeOpenRouter
from tests.questions.scripted_judge import rewording_marks
from tests.stages.test_create_dataset import hashes, load, report

OTHERWISE = (
    "What greatest length can {0} {1} have under touch rugby law?",
    "Whose call is {0} {1} under touch rugby law?",
    "On which occasion is {0} law {1} in force during touch rugby?",
    "What reason stands behind {0} step {1} during touch rugby?",
)


def reword(body):
    """The other form of the question, and an answer in other words."""
    question = re.search(r"^Question: (.*)$", body["messages"][1]["content"], re.MULTILINE)[1]
    for form, otherwise in zip(FORMS, OTHERWISE, strict=True):
        pattern = re.escape(form).replace(r"\{0\}", "(.+)").replace(r"\{1\}", r"(\d+)")
        if found := re.fullmatch(pattern, question):
            subject, number = found.groups()
            answer = f"Today's laws allow the {subject} a length of {number} metres."
            return json.dumps({"question": otherwise.format(subject, number), "answer": answer})
    raise AssertionError(question)


@pytest.fixture
def server():
    with FakeOpenRouter(reply=reword).thread() as fake:
        yield fake


@pytest.fixture
def data(tmp_path):
    write_run(tmp_path, "model-a", [pair(n) for n in range(48)])
    return tmp_path


def run(data, server, *flags):
    overlay = ["--config", str(CONFIG_DIR / "local.json"), "--set", f"llm.base_url={server.url}"]
    settings = ("llm.max_concurrency=8", "qa.context=touch rugby", "dataset.rephrase.strategy=pair",
                "dataset.rephrase.prompt=rephrase.md")  # fmt: skip
    given = [part for setting in settings for part in ("--set", setting)]
    asked = ["--name", "touch-rugby", "--rephrase-qa", "--eval-mirror"]
    return main(["--data", str(data), *overlay, *given, *asked, *flags])


def test_the_recipe(data, server):
    """Train whole, eval reworded, mirror verbatim: the three splits tell learnt facts from learnt sentences."""
    assert run(data, server) == 0
    loaded = load(data)
    train = {row["id"]: row for row in loaded["train"]}
    assert len(train) == 48
    assert loaded["eval"]["id"] == loaded["eval_mirror"]["id"]
    for new, old in zip(loaded["eval"], loaded["eval_mirror"], strict=True):
        assert old == train[old["id"]]
        assert new["original_question"] == old["question"] != new["question"]
        assert new["original_answer"] == old["answer"] != new["answer"]
        kept = ("evaluation_criteria", "evidence", "difficulty", "document", "chunk", "cluster", "tags")
        assert {name: new[name] for name in kept} == {name: old[name] for name in kept}


def test_the_report_shows_what_rewording_changed(data, server):
    """Nearest train neighbours before and after, the cosine to itself, and the share of words kept."""
    run(data, server)
    found = report(data)
    assert found["train"] == "whole"
    assert found["verbatim_in_train"] == 9
    assert found["leaked_after"] is not None
    assert all(row["own"] < 0.999 and row["overlap"] <= 0.6 and row["after"] for row in found["rows"])
    assert all(row["answer_overlap"] <= 0.6 and not row["answer_kept"] for row in found["rows"])
    assert found["same_answers"] == 0
    page = (data / "datasets" / "touch-rugby" / "report.html").read_text()
    assert ">words kept</th>" in page and ">of the answer</th>" in page
    card = (data / "datasets" / "touch-rugby" / "README.md").read_text()
    assert "in sentences that it does not" in card
    assert "`rephrase.md`" in card


def test_a_rewording_that_keeps_the_words_is_sent_back_with_the_reason(data, server):
    """The first reply repeats the question; the second turn says why that is no rewording, and is taken."""
    server.script.append({"content": json.dumps({"question": FORMS[0].format("field", 0), "answer": "x 0 metres."})})
    assert run(data, server, "--set", "llm.max_concurrency=1") == 0
    corrected = [body for body in server.requests if len(body["messages"]) > 2]
    assert len(corrected) == 1
    assert [turn["role"] for turn in corrected[0]["messages"]] == ["system", "user", "assistant", "user"]


def test_an_answer_that_only_looks_reworded_stays_as_it_was(data, server):
    """A near copy is sent back; where nothing else comes, the old answer stays, and the report counts it."""

    def lazy(body):
        answer = re.search(r"^Answer: (.*)$", body["messages"][1]["content"], re.MULTILINE)[1]
        near_copy = answer.replace("under the current rules", "by the current rules")
        return json.dumps({**json.loads(reword(body)), "answer": near_copy})

    server.reply = lazy
    assert run(data, server) == 0
    found = report(data)
    assert found["same_answers"] == found["splits"]["eval"] == 9
    assert all(row["answer_kept"] and row["answer_overlap"] > 0.9 for row in found["rows"])
    assert all(row["answer"] == row["original_answer"] for row in load(data)["eval"])
    told = [body["messages"][-1]["content"] for body in server.requests if len(body["messages"]) > 2]
    assert told and all(text.startswith("The answer ") for text in told)


def test_a_row_that_resists_gives_way(data, server):
    """A row of which no rewording passes is replaced by another of its cluster, and the report names it."""

    def stubborn(body):
        question = re.search(r"^Question: (.*)$", body["messages"][1]["content"], re.MULTILINE)[1]
        return json.dumps({"question": question, "answer": "x"}) if "penalty" in question else reword(body)

    server.reply = stubborn
    assert run(data, server) == 0
    found = report(data)
    assert found["splits"]["eval"] + found["dropped"] == 9
    assert found["replaced"]
    assert not any("penalty" in row["question"] for row in load(data)["eval"])


def test_a_second_build_asks_nothing_and_is_the_same(data, server):
    """All replies are replayed, also those that did not pass: no call, identical files."""
    server.script.extend([{"content": '{"question": "Why?", "answer": "So."}'}] * 5)
    run(data, server)
    asked, first = len(server.requests), hashes(data)
    for path in sorted((data / "datasets" / "touch-rugby").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert run(data, server) == 0
    assert len(server.requests) == asked
    assert hashes(data) == first


def test_a_model_that_cannot_reword_is_an_error(data, server, capsys):
    """No rewording passes at all: nothing is written, and the last reason is shown."""
    server.reply = lambda _body: '{"question": "", "answer": ""}'
    assert run(data, server) == 1
    printed = capsys.readouterr().out
    assert "no row could be reworded; set a larger model" in printed
    assert "The last reason: The question is empty. The answer is empty." in printed
    assert not (data / "datasets" / "touch-rugby" / "README.md").exists()


def test_a_dry_run_counts_the_calls(data, server, capsys):
    """--dry-run says how many rewordings would be asked for, and asks none."""
    assert run(data, server, "--dry-run") == 0
    assert "9" in capsys.readouterr().out
    assert not [body for body in server.requests if "messages" in body]


def test_questions_alone_in_a_frame_given(data, server):
    """For a small model: the reply has to begin as told, the answer stays, and the report and the card say so."""

    def in_frame(body):
        question, opening = re.search(r"(.*)\nBegin with: (.*)", body["messages"][-1]["content"]).groups()
        assert body["response_format"]["json_schema"]["schema"]["properties"]["question"]["pattern"].startswith(
            f"^{opening}"
        )
        if "penalty" in question:
            return json.dumps({"question": f"{opening} is always right about everything in touch rugby?"})
        subject, number = re.search(r"(?:about|of|does) (.*?) (?:number|rule) (\d+)", question).groups()
        return json.dumps({"question": f"{opening} decides, in touch rugby, about the {subject} number {number}?"})

    server.reply = in_frame
    small = ("dataset.rephrase.strategy=question", "dataset.rephrase.prompt=small_model/rephrase_question.md",
             "dataset.rephrase.max_copied=0.8")  # fmt: skip
    write_run(data, "model-a", [pair(n) for n in range(48) if n // 8 % 4 == 1])
    assert run(data, server, *(part for setting in small for part in ("--set", setting)), "--eval-fraction", "0.4") == 0
    found = report(data)
    assert found["splits"]["eval"] == found["same_answers"] > 0
    for new in load(data)["eval"]:
        assert new["question"].startswith("Which person decides, in touch rugby")
        assert new["answer"] == new["original_answer"]
    assert any("not there: " in row["reason"] or "lost" in row["reason"] for row in found["replaced"])
    assert "answers keep their old wording" in (data / "datasets" / "touch-rugby" / "README.md").read_text()


def test_a_row_is_about_its_own_document(data, server):
    """A request names the subject of the row's document, and of no other."""
    for name, called in (("rules", "touch rugby rules"), ("guide", "referees' guide")):
        (data / "text").mkdir(exist_ok=True)
        document = Document(
            id=name, source=f"{name}.md", sha256="0" * 64, converter="text", converter_version="1", characters=9,
            title=called,
        )  # fmt: skip
        write_json(data / "text" / f"{name}.json", document)
    assert run(data, server, "--set", "qa.context=") == 0
    asked = [body["messages"][1]["content"] for body in server.requests]
    told = {re.search(r"^Subject: (.*)$", text, re.MULTILINE)[1] for text in asked}
    assert told == {"touch rugby rules", "referees' guide"}


def test_rewordings_are_judged_together_and_foretold(data, server, capsys):
    """One call for all nine, counted by the dry run; what reads contrived is worded once more, as the report says."""
    judging = ["--set", "dataset.rephrase.check_prompt=rephrase_check.md"]
    assert run(data, server, *judging, "--dry-run") == 0
    assert "10 calls" in capsys.readouterr().out and not server.requests

    def either(body):
        if "You check reworded" not in body["messages"][0]["content"]:
            return reword(body)
        judged.append(body["messages"][1]["content"].count("Reworded question: "))
        return rewording_marks(body, "" if len(judged) > 1 else "step")

    judged = []
    server.reply = either
    assert run(data, server, *judging) == 0
    back = report(data)["sent_back"]
    assert judged == [9, back] and 0 < back < 9
    told = [body["messages"][-1]["content"] for body in server.requests if len(body["messages"]) > 2]
    assert len(told) == back and all(text.startswith("The question is not natural: nobody says so.") for text in told)
    card = (data / "datasets" / "touch-rugby" / "README.md").read_text()
    assert f"{back} were worded once more" in card and "`rephrase_check.md`" in card


def test_a_judge_that_says_nothing_usable_costs_no_row(data, server, capsys):
    """Rewordings that could not be judged stay, and the run says how many."""
    server.reply = lambda body: "{}" if "You check reworded" in body["messages"][0]["content"] else reword(body)
    assert run(data, server, "--set", "dataset.rephrase.check_prompt=rephrase_check.md") == 0
    assert report(data)["splits"]["eval"] == report(data)["unjudged"] == 9
    assert "9 rewordings were not judged" in capsys.readouterr().out
