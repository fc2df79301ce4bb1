"""`dataprep doctor` against a fake OpenRouter: every check has its line, and a failing one its remedy."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from groundwork.settings.config import CONFIG_DIR, load
from groundwork.stages.doctor import doctor
from tests.fake_openrouter import FakeOpenRouter


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "rules.pdf").write_bytes(b"%PDF")
    return tmp_path


def run(server: FakeOpenRouter, root: Path, *settings: str) -> int:
    common = [
        f"llm.base_url={server.url}",
        "llm.api_key_env=DOCTOR_KEY",
        'embeddings.backend="static"',
        'embeddings.model="wordllama"',
    ]
    return doctor(load([], [*common, *settings]), root)


def line(text: str, start: str) -> str:
    """The line of a check, with its remedy where one follows."""
    rows = text.replace(f"\n{'':<41}->", " ->").splitlines()
    return next(row for row in rows if row.split(None, 1)[1].startswith(start))


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("DOCTOR_KEY", "sk-right")
    monkeypatch.delenv("HF_TOKEN", raising=False)


def test_all_is_well(root, capsys):
    """Key, credit, models and prices are found; nothing to mend; the key itself is never shown."""
    with FakeOpenRouter(key="sk-right", credit=12.5).thread() as server:
        assert run(server, root) == 0
    out = capsys.readouterr().out
    assert line(out, "llm: credit").endswith("12.50 USD left on this key")
    assert "0.3 USD a million tokens in, 2.5 out" in line(out, "qa: google/gemini-2.5-flash")
    assert "everything that this config needs is there" in out and "sk-right" not in out


@pytest.mark.parametrize(
    ("settings", "start", "found"),
    [
        (["qa.model=google/gemini-2.5-flesh"], "qa:", "did you mean google/gemini-2.5-flash"),
        (["tags.model=test/free"], "tags:", "no structured outputs"),
        (
            ["ingest.vision.model=test/text-only", 'ingest.converters={"pdf": ["gemini"], "*": ["markitdown"]}'],
            "ingest.vision:",
            "does not read images",
        ),
        (["llm.api_key_env=NOT_SET_ANYWHERE"], "llm: key", "NOT_SET_ANYWHERE is not set"),
        pytest.param(
            ['embeddings.backend="sentence-transformers"'],
            "extra embed",
            "uv sync --inexact --extra embed",
            marks=pytest.mark.skipif(bool(find_spec("sentence_transformers")), reason="the extra is there"),
        ),
    ],
)
def test_what_is_missing_has_its_remedy(settings, start, found, root, capsys):
    """One failing line each, and exit code 1."""
    with FakeOpenRouter(key="sk-right").thread() as server:
        assert run(server, root, *settings) == 1
    row = line(capsys.readouterr().out, start)
    assert row.startswith("FAIL") and found in row


@pytest.mark.skipif(bool(find_spec("rapidocr")), reason="the extra is there")
def test_an_extra_is_missed_only_where_a_document_needs_it(root, capsys):
    """A scan beside the PDF makes the OCR extra needed; before that it is none of this config's business."""
    with FakeOpenRouter().thread() as server:
        assert run(server, root) == 0
        assert line(capsys.readouterr().out, "extra ocr").startswith("-")
        (root / "documents" / "scan.png").write_bytes(b"png")
        assert run(server, root) == 1
        assert "uv sync --inexact --extra ocr" in line(capsys.readouterr().out, "extra ocr")


def test_a_wrong_key_and_an_empty_account(root, capsys):
    """What the endpoint says of the key is said with what to do about it."""
    with FakeOpenRouter(key="sk-other").thread() as server:
        assert run(server, root) == 1
    assert "check DOCTOR_KEY in .env" in line(capsys.readouterr().out, "llm: credit")
    with FakeOpenRouter(credit=0).thread() as server:
        assert run(server, root) == 1
    assert "add credit" in line(capsys.readouterr().out, "llm: credit")


def test_the_endpoints_embeddings_are_looked_up(root, capsys):
    """The model of embeddings.backend endpoint has a line of its own, found where OpenRouter lists such models."""
    backend = 'embeddings.backend="endpoint"'
    with FakeOpenRouter(key="sk-right").thread() as server:
        assert run(server, root, backend, "embeddings.model=openai/text-embedding-3-small") == 0
        assert "0.02 USD a million tokens in" in line(capsys.readouterr().out, "embeddings: openai/text-embedding")
        assert run(server, root, backend, "embeddings.model=openai/text-embedding-3-tiny") == 1
        assert "did you mean openai/text-embedding-3-small?" in line(capsys.readouterr().out, "embeddings: openai")


def test_the_local_model_makes_no_embeddings(root, capsys):
    """Asked for embeddings it fails its line, with the backend that ships instead."""
    doctor(load([CONFIG_DIR / "local.json"], ["llm.local.model=/no/such.gguf", 'embeddings.backend="endpoint"']), root)
    assert "--set embeddings.backend=static" in line(capsys.readouterr().out, "embeddings")


def test_nobody_listens(root, capsys):
    """An endpoint that is not there fails its line; the other checks go on."""
    with FakeOpenRouter(prefix="/v1").thread() as server:
        pass
    assert run(server, root) == 1
    out = capsys.readouterr().out
    assert line(out, "llm: endpoint").startswith("FAIL") and "extra local" in out


def test_no_documents_and_a_wrong_model_file(tmp_path, capsys):
    """The local model is checked without being started."""
    assert doctor(load([CONFIG_DIR / "local.json"], ["llm.local.model=/no/such.gguf"]), tmp_path) == 1
    out = capsys.readouterr().out
    wrong = "no such file" if find_spec("xllamacpp") else "llama.cpp is not installed"
    assert line(out, "documents").startswith("FAIL") and wrong in line(out, "llm.local")
