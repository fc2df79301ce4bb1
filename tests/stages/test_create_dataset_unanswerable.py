"""`create_dataset --unanswerable SHARE` by the real client against a fake OpenRouter."""

import json
import re
import shutil

import pytest

from groundwork.data_folder.read_write import write_jsonl
from groundwork.records import Chunk
from groundwork.settings.config_files import CONFIG_DIR
from groundwork.stages.create_dataset import main
from tests.dataset.rows import pair, write_run
from tests.fake_openrouter import FakeOpenRouter
from tests.stages.test_create_dataset import _own_cache, load, report  # noqa: F401

TOPICS = ("origin", "fee", "history", "appeal", "author", "season", "insurance", "weather")


def reply(body):
    """Three questions beside a passage; of those looked up the first is answered."""
    asked = body["messages"][-1]["content"]
    if "<passages>" not in asked:
        n = int(re.search(r"rule number (\d+)", asked)[1])
        texts = [f"Which {TOPICS[(n + k) % 8]} has the {TOPICS[n]} of rule {n}, part {k}?" for k in range(3)]
        return json.dumps({"questions": [{"question": text, "missing": "it"} for text in texts]})
    count = len(re.findall(r"^\d+\. ", asked, re.MULTILINE))
    told = "The rules of touch rugby do not say that."
    found = [{"number": 1, "quote": "rule number", "answered": True, "reply": ""}]
    found += [{"number": n, "quote": "", "answered": False, "reply": told} for n in range(2, count + 1)]
    return json.dumps({"findings": found})


@pytest.fixture
def server():
    with FakeOpenRouter(reply=reply).thread() as fake:
        yield fake


@pytest.fixture
def data(tmp_path):
    write_run(tmp_path, "model-a", [pair(n) for n in range(48)])
    for document in ("rules", "guide"):
        chunks = [
            Chunk(id=f"{document}-c{n}", document=document, index=n, kind="text", start=0, end=9, length=9,
                  text=f"Here stands rule number {n} of the {document}.")
            for n in range(8)
        ]  # fmt: skip
        write_jsonl(tmp_path / "chunks" / f"{document}.jsonl", chunks)
    return tmp_path


def run(data, server, *flags):
    overlay = ["--config", str(CONFIG_DIR / "local.json"), "--set", f"llm.base_url={server.url}"]
    given = [
        "--set",
        "llm.max_concurrency=8",
        "--set",
        "dataset.rephrase_qa=false",
        "--set",
        "dataset.eval_mirror=true",
    ]
    return main(["--data", str(data), *overlay, *given, "--name", "touch-rugby", "--eval-split", *flags])


def test_the_dataset_loads_with_its_column(data, server, capsys):
    """A tenth of train and of eval is marked; the mirror has none; card, page and terminal tell how many."""
    assert run(data, server, "--unanswerable", "0.1") == 0
    loaded = load(data)
    marked = {split: sum(loaded[split]["unanswerable"]) for split in loaded}
    assert marked == {"train": 5, "eval": 1, "eval_mirror": 0}
    (asked,) = [row for row in loaded["eval"] if row["unanswerable"]]
    assert asked["answer"] == "The rules of touch rugby do not say that."
    assert asked["model"] and asked["category"] == "unanswerable"
    told = "5 rows of train (9.4%) and 1 row of eval (10.0%) ask what the documents do not say"
    card = (data / "datasets" / "touch-rugby" / "README.md").read_text()
    assert told in card and "`unanswerable_check.md`" in card and "| `unanswerable` |" in card
    assert told in " ".join("".join(capsys.readouterr()).split())
    assert told in (data / "datasets" / "touch-rugby" / "report.html").read_text()
    found = report(data)["unanswerable"]
    assert found["proposed"] - found["answered"] - found["asked"] >= found["needed"] == 6


def test_without_the_flag_nothing_is_asked_and_there_is_no_column(data, server):
    """The default stays as it was."""
    assert run(data, server) == 0
    assert not server.requests
    assert "unanswerable" not in load(data)["train"].column_names


def test_a_second_run_asks_nothing(data, server):
    """The dataset is current; once it is deleted, its calls are replayed."""
    assert run(data, server, "--unanswerable", "0.1") == 0
    asked = len(server.requests)
    before = load(data)["train"].to_list()
    assert run(data, server, "--unanswerable", "0.1") == 0
    shutil.rmtree(data / "datasets")
    assert run(data, server, "--unanswerable", "0.1") == 0
    assert len(server.requests) == asked
    assert load(data)["train"].to_list() == before


def test_a_dry_run_foretells_the_calls(data, server, capsys):
    """Two calls a chunk that is asked, as many as are made."""
    assert run(data, server, "--unanswerable", "0.1", "--dry-run") == 0
    foretold = int(re.search(r"(\d+) calls", capsys.readouterr().out)[1])
    assert not server.requests
    assert run(data, server, "--unanswerable", "0.1") == 0
    assert abs(foretold - len(server.requests)) <= 2


def test_chunks_have_to_be_there(data, server, capsys):
    """Without passages nothing can be looked up: the document and the command are named, and nothing is asked."""
    (data / "chunks" / "guide.jsonl").unlink()
    assert run(data, server, "--unanswerable", "0.1") == 2
    told = "".join(capsys.readouterr())
    assert "guide" in told and "dataprep/chunk.py" in told and not server.requests


@pytest.mark.parametrize("share", ["1", "-0.1", "many"])
def test_a_share_is_from_0_to_below_1(data, server, share, capsys):
    """Anything else is refused with the setting's name."""
    assert run(data, server, "--unanswerable", share) == 2
    assert "unanswerable" in "".join(capsys.readouterr())
