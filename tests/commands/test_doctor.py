"""`dataprep doctor` against a fake OpenRouter: every check has its line, and a failing one its remedy."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from aiohttp import web

from groundwork.commands.doctor import doctor, probe_endpoint
from groundwork.errors import ConfigError
from groundwork.settings.config_files import CONFIG_DIR, load
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
def test_the_key_of_the_converters_service(root, capsys, monkeypatch):
    """Where marker-api may be asked, its key is looked for; elsewhere nothing is said of it."""
    for setting, value, found in (
        ("marker-api", "", "DATALAB_API_KEY is not set"),
        ("marker-api", "key", "DATALAB_API_KEY is set"),
        ("", "", ""),
    ):
        monkeypatch.setenv("DATALAB_API_KEY", value)
        with FakeOpenRouter(key="sk-right").thread() as server:
            assert run(server, root, f'ingest.converter="{setting}"') == (found.endswith("not set"))
        assert found in capsys.readouterr().out if found else "DATALAB" not in capsys.readouterr().out


def test_an_extra_is_missed_only_where_a_document_needs_it(root, capsys):
    """A scan beside the PDF makes the OCR extra needed; before that it is none of this config's business."""
    with FakeOpenRouter().thread() as server:
        assert run(server, root) == 0
        assert line(capsys.readouterr().out, "extra ocr").startswith("-")
        (root / "documents" / "scan.png").write_bytes(b"png")
        assert run(server, root) == 1
        row = line(capsys.readouterr().out, "extra ocr")
        assert "uv sync --inexact --extra ocr" in row and "needed for scan.png" in row and "rules.pdf" not in row


def test_a_wrong_key_and_an_empty_account(root, capsys):
    """What the endpoint says of the key is said with what to do about it."""
    with FakeOpenRouter(key="sk-other").thread() as server:
        assert run(server, root) == 1
    assert "check DOCTOR_KEY in .env" in line(capsys.readouterr().out, "llm: credit")
    with FakeOpenRouter(credit=0).thread() as server:
        assert run(server, root) == 1
    assert "add credit" in line(capsys.readouterr().out, "llm: credit")


class OddKeyReplies(FakeOpenRouter):
    """A gateway whose /key has another shape than OpenRouter's."""

    def __init__(self, data: object) -> None:
        super().__init__(key="sk-right")
        self.data = data

    async def _key(self, _: web.Request) -> web.Response:
        return web.json_response({"data": self.data})


@pytest.mark.parametrize(
    "data", [None, [], "12.5", *({"limit_remaining": value} for value in ("12.5", True, [1], {}, 10**400))]
)
def test_a_credit_of_another_shape_cannot_be_checked(data, root, capsys):
    """What an endpoint replies is not trusted: its line says so, and the other checks go on."""
    with OddKeyReplies(data).thread() as server:
        assert run(server, root) == 0
    out = capsys.readouterr().out
    assert line(out, "llm: credit").startswith("-") and "cannot be checked" in line(out, "llm: credit")
    assert "qa: google/gemini-2.5-flash" in out


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


def tried(habit: str, capsys, *settings: str, answer: str = '{"spider_leg_total": 8}') -> str:
    """What `--provider llm` prints of an endpoint with a habit."""
    with FakeOpenRouter(habit=habit, prefix="/v1", reply=lambda _: answer).thread() as server:
        config = load([], [f"llm.base_url={server.url}", "llm.api_key_env=", *settings])
        code = probe_endpoint(config, "llm")
    out = capsys.readouterr().out
    return f"{code} {out}"


@pytest.mark.parametrize(
    ("habit", "lines", "settings"),
    [
        ("", ["ok    json_schema", "ok    a stream", "ok    temperature with top_p", "ok    usage"], "nothing to set"),
        (
            "reasoning_model",
            ["ok    limit of a reply         max_completion_tokens", "no    temperature ", "no    top_p "],
            """--set 'llm.limit_parameter=max_completion_tokens' --set 'llm.defaults.omit=["temperature","top_p"]'""",
        ),
        ("no_schema", ["no    json_schema", "ok    json_object"], "--set 'llm.structured=json_object'"),
        ("no_json_at_all", ["no    json_schema", "no    json_object"], "--set 'llm.structured=prompt'"),
        ("stream_only", ["ok    a stream                 and nothing else"], "--set 'llm.stream=true'"),
        ("one_of_two", ["ok    temperature", "no    temperature with top_p"], """'llm.defaults.omit=["top_p"]'"""),
    ],
)
def test_a_provider_is_tried_by_tiny_calls(habit, lines, settings, capsys):
    """A call of each kind, and the settings that spare a later run its refusals."""
    out = tried(habit, capsys)
    assert out.startswith("0 ") and settings in out
    assert not [line for line in lines if line not in out]


def test_a_schema_that_is_taken_and_ignored_is_found_out(capsys):
    """The names of the schema stand nowhere in the prompt, so only a model that was shown it can know them."""
    out = tried("", capsys, answer='{"legs": 8}')
    assert "no    json_schema" in out and "taken and ignored" in out and "llm.structured=json_object" in out


def test_a_provider_that_cannot_be_reached_fails(capsys):
    """One line with what the endpoint said; the exit code tells."""
    out = tried("bad_key", capsys)
    assert out.startswith("1 ") and "no    a call" in out and "API key not valid" in out


def test_a_provider_that_is_not_defined_is_an_error():
    """With the names that there are."""
    with pytest.raises(ConfigError, match="there are llm"):
        probe_endpoint(load([], []), "elsewhere")


def test_what_others_may_read_is_told(root, capsys):
    """The journal holds whole passages of documents."""
    (root / ".state").mkdir()
    journal = root / ".state" / "journal.db"
    journal.touch(0o644)
    journal.chmod(0o644)
    with FakeOpenRouter(key="sk-right").thread() as server:
        assert run(server, root) == 1
    assert f"chmod 600 {journal}" in capsys.readouterr().out


def test_documents_are_those_that_ingest_reads(tmp_path: Path, capsys) -> None:
    """Files of subfolders count; hidden ones, and those that ingest.ignore means, do not."""
    (tmp_path / "documents" / "2024").mkdir(parents=True)
    (tmp_path / "documents" / ".gitkeep").touch()
    for name, verdict in (("notes.log", "FAIL"), ("rules.pdf", "ok")):
        (tmp_path / "documents" / "2024" / name).write_bytes(b"%PDF")
        with FakeOpenRouter(key="sk-right").thread() as server:
            run(server, tmp_path, 'ingest.ignore=["*.log"]')
        assert line(capsys.readouterr().out, "documents").startswith(verdict), name
