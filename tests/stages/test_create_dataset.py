"""The script create_dataset: from pairs in a data folder to a dataset that loads, and everything that can be wrong."""

import hashlib
import json

import msgspec
import pyarrow.parquet as pq
import pytest

from groundwork.__main__ import main as program
from groundwork.data_folder.read_write import write_json, write_jsonl
from groundwork.dataset.publish.origin_and_sources import document_languages
from groundwork.records import Chunk, Document, Row, Tags
from groundwork.settings.config_files import CONFIG_DIR
from groundwork.stages.create_dataset import main
from tests.dataset.rows import pair, write_run

OFFLINE = ["--config", str(CONFIG_DIR / "local.json"), "--set", "dataset.eval_mirror=false", "--name", "touch-rugby"]

BUILT = ["README.md", "data/train-00000-of-00001.parquet", "report.html", "report.json"]
EMPTY_ROW = {"answer": "", "evaluation_criteria": [], "difficulty": "easy", "category": "", "chunk": "", "evidence": [],
             "tags": [], "headings": [], "pages": [], "model": "", "run": "", "iteration": 1}  # fmt: skip


def run(data, *flags):
    return main(["--data", str(data), *OFFLINE, *flags])


@pytest.fixture
def data(tmp_path):
    write_run(tmp_path, "model-a", [pair(n) for n in range(48)])
    return tmp_path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "hf"))


def load(data):
    import datasets

    datasets.disable_progress_bars()
    return datasets.load_dataset(str(data / "datasets" / "touch-rugby"), cache_dir=str(data / "hf"))


def report(data):
    return json.loads((data / "datasets" / "touch-rugby" / "report.json").read_text())


def hashes(data):
    folder = data / "datasets" / "touch-rugby"
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}


def test_a_folder_loads_as_exactly_its_splits(data):
    """load_dataset on the folder gives train, eval and eval_mirror with equal columns, whatever else lies there."""
    assert run(data, "--eval-split", "--eval-mirror", "--export", "messages", "--export", "openai-eval") == 0
    loaded = load(data)
    assert {name: len(split) for name, split in loaded.items()} == {"train": 48, "eval": 9, "eval_mirror": 9}
    assert loaded["train"].features == loaded["eval"].features == loaded["eval_mirror"].features
    assert set(loaded["train"]["id"]) == {f"rules-{n:03}" for n in range(48)}
    trained = {row["id"]: row for row in loaded["train"]}
    assert all(trained[row["id"]] == row for row in loaded["eval_mirror"])
    assert loaded["eval"].to_list() == loaded["eval_mirror"].to_list()


def test_an_export_folder_loads_as_its_splits(data):
    """load_dataset of exports/<format> gives train, eval and eval_mirror apart."""
    import datasets

    assert run(data, "--eval-mirror", "--export", "messages,openai-eval") == 0
    exports = data / "datasets" / "touch-rugby" / "exports"
    loaded = datasets.load_dataset(str(exports / "messages"), cache_dir=str(data / "hf"))
    assert {name: len(split) for name, split in loaded.items()} == {"train": 48, "eval": 9, "eval_mirror": 9}
    assert set(datasets.load_dataset(str(exports / "openai-eval"), cache_dir=str(data / "hf"))) == {
        "eval",
        "eval_mirror",
    }


def test_two_builds_with_one_seed_are_identical_files(data):
    """The same rows, settings and seed give the same bytes in every file; another seed gives others."""
    run(data)
    first = hashes(data)
    run(data, "--force")
    assert hashes(data) == first
    run(data, "--seed", "7")
    assert hashes(data)["data/eval-00000-of-00001.parquet"] != first["data/eval-00000-of-00001.parquet"]


@pytest.mark.parametrize(("share", "setting"), [("0.15", "15%: --set dataset.eval_fraction=0.15"), ("20%", "=0.2\n")])
def test_a_share_behind_eval_split_is_no_run(data, capsys, share, setting):
    """It would be the name of a run, which there is none of."""
    assert run(data, "--eval-split", share) == 2
    told = capsys.readouterr().err
    assert "--eval-split takes no value" in told
    assert setting in told
    assert not (data / "datasets").exists()


def test_the_version_rises_with_the_rows(data):
    """The same rows are the same version; changed rows are the next, and the card says what changed."""
    card = data / "datasets" / "touch-rugby" / "README.md"
    run(data, "--no-eval-split")
    assert "Version 1, content `sha256:" in card.read_text() and "## Versions" not in card.read_text()
    run(data, "--no-eval-split", "--force", "--license", "mit")
    assert "Version 1, content" in card.read_text()
    changed = [msgspec.structs.replace(pair(n), answer=f"It is {n}.") if n < 2 else pair(n) for n in range(1, 50)]
    write_run(data, "model-a", changed)
    run(data, "--no-eval-split")
    text = card.read_text()
    assert "Version 2, content" in text
    assert "| 2 | 49 train | 2 came, 1 went, 1 changed (answer 1), 46 the same |" in text
    versions = json.loads(card.with_name("versions.json").read_text())
    assert [one["version"] for one in versions] == [1, 2] and versions[0]["sha256"] != versions[1]["sha256"]


def test_damaged_versions_are_named(data, capsys):
    """They are not begun anew in silence; the dataset stays as it was."""
    run(data)
    before = hashes(data)
    (data / "datasets" / "touch-rugby" / "versions.json").write_text("[")
    assert run(data, "--seed", "7") == 1
    assert "versions.json" in capsys.readouterr().out
    assert hashes(data)["README.md"] == before["README.md"]


def test_rows_say_what_the_pairs_said(data):
    """Every field of a pair arrives, with its tags and, on request, its chunk."""
    write_jsonl(data / "tags" / "model-a.jsonl", [Tags(f"rules-{n:03}", "q", [f"tag-{n % 4}"]) for n in range(48)])
    chunks = [
        Chunk(id=f"rules-c{n}", document="rules", index=n, kind="text", text=f"Text {n}", start=0, end=6, length=6)
        for n in range(8)
    ]
    write_jsonl(data / "chunks" / "rules.jsonl", chunks)
    assert run(data, "--include-chunk", "--no-eval-split") == 0
    loaded = load(data)
    assert list(loaded) == ["train"]
    row = next(row for row in loaded["train"] if row["id"] == "rules-005")
    assert msgspec.convert({k: row[k] for k in pair(5).__struct_fields__ if k in row}, dict) == {
        k: v for k, v in msgspec.to_builtins(pair(5)).items() if k in row
    }
    assert row["tags"] == ["tag-1"]
    assert row["context"] == "Text 5"


def test_curated_pairs_take_the_place_of_the_run(data):
    """Where curation has run its rows are used; a half-curated run says so."""
    write_jsonl(data / "qa" / "model-a" / "curated" / "rules.jsonl", [pair(n) for n in range(12) if n % 3])
    assert run(data, "--no-eval-split") == 0
    loaded = load(data)["train"]
    assert sorted(set(loaded["document"])) == ["guide", "rules"]
    assert sum(document == "rules" for document in loaded["document"]) == 8
    assert "1 of 2 documents are curated" in report(data)["warnings"][0]


def test_pairs_that_no_check_has_seen_are_told(data):
    """Curation keeps what its model said nothing usable of; a dataset of such pairs does not pass for a checked one."""
    verdict = {"score": 1.0, "passed": True, "why": "", "checker": "model"}
    columns = [{"duplicates": verdict}] * 3 + [{"duplicates": verdict, "worth": verdict}, {"review": verdict}]
    curated = [pair(n, document="rules", checks=column) for n, column in zip(range(1, 6), columns, strict=True)]
    write_jsonl(data / "qa" / "model-a" / "curated" / "rules.jsonl", curated)
    assert run(data, "--no-eval-split", "--document", "rules") == 0
    assert "model-a: 3 of 5 pairs were kept unchecked" in report(data)["warnings"][0]
    assert "curate.py --run model-a --retry-failed" in report(data)["warnings"][0]
    assert run(data, "--no-eval-split", "--document", "rules", "--set", 'curate.checks=["duplicates"]', "--force") == 0
    assert not report(data)["warnings"], "nothing was to be asked of them"


def test_questions_of_several_runs_are_told(data):
    """Train has each of them twice; one run alone asks none twice."""
    repeated = [pair(n, question=f" {pair(n).question.upper()}", answer=f"Other {n}.") for n in (1, 2, 4)]
    write_run(data, "model-b", [*repeated, pair(60)])
    assert run(data, "model-a", "model-b", "--no-eval-split") == 0
    (warning,) = report(data)["warnings"]
    assert warning.startswith("3 questions of a run stand in an earlier one as well, word for word")
    assert "merge.py model-a model-b --out both" in warning
    assert run(data, "model-a", "--no-eval-split", "--force") == 0
    assert not report(data)["warnings"]


@pytest.mark.parametrize(("strategy", "train"), [("clusters", 48), ("random", 39), ("tags", 48), ("clone", 48)])
def test_each_strategy_does_to_train_what_it_says(data, strategy, train):
    """Random holds its rows out; with the others eval is a copy of part of train."""
    write_jsonl(data / "tags" / "model-a.jsonl", [Tags(f"rules-{n:03}", "q", [f"tag-{n % 4}"]) for n in range(48)])
    assert run(data, "--strategy", strategy) == 0
    assert report(data)["splits"] == {"train": train, "eval": 9}
    assert report(data)["train"] == ("whole" if train == 48 else "held out")
    assert report(data)["verbatim_in_train"] == (9 if train == 48 else 0)


def test_without_eval_split_there_is_no_eval(data):
    """Only train, as the settings are when nothing asks for eval."""
    assert main(["--data", str(data), "--name", "touch-rugby"]) == 0
    assert list(load(data)) == ["train"]


def test_a_test_run_is_two_chunks_and_stays_so(data):
    """--test takes the first two chunks of the first document; what the test run asked itself is not replaced."""
    assert run(data, "--test") == 0
    sample = json.loads((data / "test" / "datasets" / "touch-rugby" / "report.json").read_text())
    guide = [pair(n) for n in range(48) if pair(n).document == "guide"]
    taken = list(dict.fromkeys(row.chunk for row in guide))[:2]
    assert sample["splits"]["train"] == sum(row.chunk in taken for row in guide)
    assert not (data / "datasets").exists()


def test_a_second_run_gives_eval_and_nothing_to_train(data):
    """Train is the first run whole; eval is drawn from the second, and ids that both have are told apart."""
    write_run(data, "model-b", [pair(n, answer=f"Another answer {n}.") for n in range(40, 80)])
    assert run(data, "model-a", "model-b", "--strategy", "second-run") == 0
    loaded = load(data)
    assert set(loaded["train"]["run"]) == {"model-a"}
    assert set(loaded["eval"]["run"]) == {"model-b"}
    assert len(loaded["train"]) == 48
    assert len(loaded["eval"]) == 8
    assert not set(loaded["train"]["id"]) & set(loaded["eval"]["id"])


def test_a_smaller_build_leaves_nothing_of_the_larger(data):
    """Splits and exports that are not asked for any more are gone from the folder."""
    run(data, "--eval-mirror", "--export", "alpaca")
    run(data, "--no-eval-split")
    assert sorted(hashes(data)) == [*BUILT, "versions.json"]


def test_nothing_to_do_the_second_time(data, capsys):
    """A dataset that is current is not made again; another run or setting makes it anew."""
    run(data)
    capsys.readouterr()
    run(data)
    assert "1 up to date" in capsys.readouterr().out


def test_status_shows_each_dataset_by_its_own_name(data, capsys):
    """A dataset that flags named and shaped is current as they made it, and stale once its pairs changed."""
    assert run(data, "--name", "with-clone", "--strategy", "clone") == 0
    status = ["status", "--data", str(data)]
    assert program(status) == 0
    out = capsys.readouterr().out
    assert "with-clone  done, 48 train, 9 eval" in out
    assert "dataprep/create_dataset.py             1 done" in out
    write_run(data, "model-a", [pair(n) for n in range(20)])
    program(status)
    assert "with-clone  STALE" in capsys.readouterr().out


def test_invalid_rows_stop_the_build_with_their_ids(data, capsys):
    """Rows that cannot go into a dataset are named with the reason; nothing is written."""
    write_run(data, "model-a", [pair(0), pair(1), pair(1), pair(2, answer=" "), pair(3, evaluation_criteria=[])])
    with (data / "qa" / "model-a" / "rules.jsonl").open("a") as file:
        file.write('{"id": "x"}\n')
    assert run(data) == 1
    shown = capsys.readouterr().out
    for part in (
        "rules-001: its id stands 2 times (model-a/rules.jsonl:1)",
        "rules-001: its id stands 2 times (model-a/rules.jsonl:2)",
        "rules-002: the answer is empty (model-a/rules.jsonl:3)",
        "rules.jsonl:4",
        "--drop-invalid",
    ):
        assert part in shown
    assert not (data / "datasets" / "touch-rugby" / "README.md").exists()


def test_invalid_rows_can_be_dropped_and_are_counted(data, capsys):
    """--drop-invalid leaves them out, and the ledger, the report and the card say how many."""
    write_run(data, "model-a", [pair(n) for n in range(24)] + [pair(30, answer="")])
    assert run(data, "--drop-invalid") == 0
    assert [row["id"] for row in report(data)["invalid"]] == ["rules-030"]
    assert "1 invalid row was left out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["model-c"], "no such run"),
        (["--license", "NOT-A-LICENSE"], "no licence that the Hub knows"),
        (["--license", "apache2.0"], "did you mean apache-2.0?"),
        (["--license", "CC-BY-4.0"], "the Hub writes it cc-by-4.0"),
        (["--set", 'dataset.source_licenses={"ruled": "CC BY"}'], "no document 'ruled'; did you mean rules?"),
        (["--name", "a b"], "try --name a-b"),
        (["--name", "x--y"], "try --name x-y"),
        (["--train", "held-out", "--eval-fraction", "0.9", "--eval-max", "100"], "lower --eval-fraction"),
        (["--strategy", "random", "--eval-mirror"], "--strategy random takes the rows of eval out of train"),
        (["--train", "held-out", "--eval-mirror"], "--train held-out takes the rows of eval out of train"),
        (["--strategy", "second-run", "--eval-mirror"], "the rows of a second run are not in train"),
        (["--strategy", "tags"], "generate_tags.py"),
        (["--strategy", "second-run"], "needs two runs"),
        (["--strategy", "best"], "invalid choice"),
    ],
)
def test_what_cannot_be_done_says_why(data, capsys, flags, message):
    """A bad name, run, strategy or size: one line with the remedy, and no exit code 0."""
    try:
        code = run(data, *flags)
    except SystemExit as error:
        code = error.code
    assert code in (1, 2)
    shown = capsys.readouterr()
    assert message in shown.out + shown.err


def test_a_name_may_hold_its_organisation(data):
    """`--name org/name` sets both, and the folder has the name alone."""
    assert run(data, "--name", "acme/ball-rules") == 0
    card = (data / "datasets" / "ball-rules" / "README.md").read_text()
    assert 'load_dataset("acme/ball-rules")' in card


def test_a_name_with_an_organisation_replaces_no_other_dataset(data, capsys):
    """`--name org/name` leaves a dataset of other rows alone that was built as `name`; the same rows may be pushed."""
    assert run(data) == 0
    capsys.readouterr()
    assert run(data, "--name", "acme/touch-rugby") == 0
    assert "1 up to date" in capsys.readouterr().out
    before = hashes(data)
    assert run(data, "--name", "acme/touch-rugby", "--eval-split", "--seed", "5") == 2
    refused = capsys.readouterr().err
    assert "holds another dataset, built as touch-rugby" in refused
    assert "--name touch-rugby --org acme" in refused
    assert hashes(data) == before
    assert run(data, "--name", "touch-rugby", "--org", "acme", "--eval-split", "--seed", "5") == 0
    assert run(data, "--name", "acme/touch-rugby", "--eval-split", "--seed", "6") == 0


def test_no_pairs_at_all(tmp_path, capsys):
    """An empty data folder, and a run without a pair, name the stage to run first."""
    assert run(tmp_path) == 2
    (tmp_path / "qa" / "model-a").mkdir(parents=True)
    assert run(tmp_path) == 2
    (tmp_path / "qa" / "model-a" / "rules.jsonl").write_text("")
    assert run(tmp_path) == 1
    shown = capsys.readouterr()
    assert (shown.out + shown.err).count("generate_qa.py") == 3


@pytest.mark.parametrize("rows", [2, 3, 4, 6])
def test_very_few_pairs_make_a_dataset_too(tmp_path, rows):
    """Fewer pairs than clusters: one eval row, and a report that stands."""
    write_run(tmp_path, "model-a", [pair(n) for n in range(rows)])
    assert run(tmp_path, "--k", "5") == 0
    assert report(tmp_path)["splits"] == {"train": rows, "eval": 1}


def test_pairs_that_are_all_the_same(tmp_path):
    """One question asked thirty times: one cluster, everything leaks, and the report says so."""
    write_run(tmp_path, "model-a", [pair(0, id=f"same-{n}") for n in range(30)])
    assert run(tmp_path) == 0
    found = report(tmp_path)
    assert found["curve"]["k"] == 1
    assert found["leaked_before"] == found["splits"]["eval"] == 6


def test_sources_and_licences_stand_in_the_card(data):
    """The card names documents, their licences, and the licence the user gave; its YAML is the Hub's."""
    write_json(
        data / "text" / "rules.json",
        Document(
            id="rules", source="rules.pdf", sha256="0", converter="layout", converter_version="1", characters=9,
            title="The | rules <b>",
        ),
    )  # fmt: skip
    flags = ["--license", "cc-by-4.0", "--set", 'dataset.source_licenses={"rules": "CC BY-SA"}']
    assert run(data, *flags) == 0
    card = (data / "datasets" / "touch-rugby" / "README.md").read_text()
    assert card.startswith("---\nlicense: cc-by-4.0\n")
    assert "| The \\| rules \\<b\\> | rules.pdf | CC BY-SA | 32 |" in card


def test_the_card_names_the_languages_of_the_questions() -> None:
    """One of each document, told by its questions; what cannot be told is left out."""
    asked = {
        "de": "Wer darf mit dem Boot in der Nacht am Steg liegen, und was ist zu zahlen?",
        "zh": "谁可以在维尔莫拉港申请泊位？",
        "x": "Brick?",
    }
    rows = [Row(**{**EMPTY_ROW, "id": name, "question": text, "document": name}) for name, text in asked.items()]
    assert document_languages(rows) == ["de", "zh"]


def test_personal_data_is_reported(data, capsys):
    """An address in a row is a warning of the build, masked."""
    write_run(data, "model-a", [pair(n) for n in range(24)] + [pair(30, answer="Write to ann.lee@example.org today.")])
    assert run(data) == 0
    assert "1 place looks like personal data" in capsys.readouterr().out
    assert report(data)["personal"] == [{"id": "rules-030", "field": "answer", "kind": "email", "masked": "an***rg"}]


def test_many_rows_are_several_files(data, monkeypatch):
    """A split of more rows than a file holds loads as one, in order; the next build leaves no old part of it."""
    from groundwork.dataset import parquet

    monkeypatch.setattr(parquet, "ROWS_PER_PARQUET_FILE", 20)
    assert run(data, "--eval-split") == 0
    assert {name for name in hashes(data) if "train" in name} == {
        f"data/train-{n:05}-of-00003.parquet" for n in range(3)
    }
    loaded, parts = load(data), sorted((data / "datasets" / "touch-rugby" / "data").glob("train-*"))
    assert [pq.read_metadata(part).num_rows for part in parts] == [20, 20, 8]
    in_order = [name for part in parts for name in pq.read_table(part).column("id").to_pylist()]
    assert [row["id"] for row in loaded["train"]] == in_order and len(set(in_order)) == 48
    assert len(loaded["eval"]) == report(data)["splits"]["eval"]
    assert run(data, "--eval-split") == 0  # nothing to do
    monkeypatch.setattr(parquet, "ROWS_PER_PARQUET_FILE", 30)
    assert run(data, "--eval-split", "--force") == 0
    assert {name for name in hashes(data) if "train" in name} == {
        f"data/train-{n:05}-of-00002.parquet" for n in range(2)
    }


def test_a_full_disk_leaves_the_old_dataset(data, capsys, monkeypatch):
    """When the disk fills up in the middle of writing, the dataset that was there is there, byte for byte."""
    import errno

    from groundwork.dataset.creation import output_files as files

    run(data)
    before = hashes(data)
    written = []

    def full(descriptor):
        written.append(descriptor)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    assert run(data, "--seed", "7") == 1
    assert "free disk space" in capsys.readouterr().err
    assert hashes(data) == before
