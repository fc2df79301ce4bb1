"""The converter marker-api over a real socket, against a fake of the service that it is sent to."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from groundwork.__main__ import main as gather
from groundwork.commands.doctor import check_run
from groundwork.data_folder.workspace import Workspace
from groundwork.documents.engines import marker_service
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.errors import ConfigError
from groundwork.settings.config_files import load
from tests.documents.conftest import Folder
from tests.fake_marker_api import KEY, FakeMarkerApi
from tests.sample.pictures import chart

STATIC = ["embeddings.backend=static", "embeddings.model=wordllama"]


@pytest.fixture
def fake() -> Iterator[FakeMarkerApi]:
    with FakeMarkerApi() as service:
        yield service


@pytest.fixture
def send(fake: FakeMarkerApi, folder: Folder, monkeypatch: pytest.MonkeyPatch, short_pdf) -> Callable[..., int]:
    """Ingest two pages of the sample by the fake service, which gives their text as it is."""
    monkeypatch.setenv("DATALAB_API_KEY", KEY)
    monkeypatch.setattr(marker_service, "SERVICE_POLL_SECONDS", 0.01)
    monkeypatch.setattr(marker_service, "FIRST_SERVICE_WAIT", 0.01)
    path = folder.add("handbook.pdf", short_pdf(2, 3))
    fake.pages = read_text_layer(str(path)).pages

    def run(*flags: str, **settings: object) -> int:
        named = [word for name, value in settings.items() for word in ("--set", f"ingest.marker_api.{name}={value}")]
        return folder.ingest("--converter", "marker-api", "--set", f"ingest.marker_api.url={fake.url}", *named, *flags)

    return run


def makers(folder: Folder) -> set[str]:
    return {page.converter for page in folder.record("handbook").pages}


def test_the_file_is_uploaded_and_its_pages_come_back(fake, send, folder, capsys):
    """One upload, polls until complete, each page's Markdown in its place; pages and price stand in the account."""
    fake.result = {"cost_breakdown": {"total_cents": 1.5}}
    assert send() == 0
    assert makers(folder) == {"marker-api"}
    assert "The Ellary Sound Rowing League organises races" in folder.text("handbook")
    assert len(fake.uploads) == 1
    assert b"%PDF" in fake.uploads[0]
    assert fake.polls == 2
    for name, value in (("output_format", "markdown"), ("paginate", "true"), ("disable_image_captions", "true")):
        assert re.search(rf'name="{name}"\r\n\r\n{value}\r\n'.encode(), fake.uploads[0])
    assert b"handbook" not in fake.uploads[0].split(b"%PDF")[0]  # the file's own name stays here
    assert "marker-api: 1 call, 2 pages, $0.0150" in capsys.readouterr().out


def test_the_price_of_the_settings_counts_where_the_service_tells_none(send, capsys):
    """USD per 1,000 pages of the settings, times the pages."""
    assert send(price_per_1000_pages=6) == 0
    assert "2 pages, $0.0120" in capsys.readouterr().out


def test_a_reply_is_paid_for_once(fake, send, capsys):
    """--force reads the stored reply; another mode is another request."""
    assert send() == 0
    assert send("--force") == 0
    assert len(fake.uploads) == 1
    assert "1 replayed from the journal" in capsys.readouterr().out
    assert send(mode="accurate") == 0
    assert len(fake.uploads) == 2


def test_shards_share_their_replies(fake, send, folder, capsys):
    """gather joins what shards stored: neither the whole run nor another shard uploads the file again."""
    assert send("--shard", "1/1") == 0
    assert gather(["gather", "--remove", "--data", str(folder.root), "--set=ingest.converter=marker-api"]) == 0
    assert "1 unit of manifest.db, 1 reply of marker-api" in capsys.readouterr().out
    for more in ((), ("--shard", "1/1")):
        (folder.root / "text" / "handbook.md").unlink()
        assert send(*more) == 0
        assert "1 replayed" in capsys.readouterr().out
    assert len(fake.uploads) == 1


@pytest.mark.parametrize(
    "named", ['{"converter": "marker-api"}', '{"overrides": {"*.pdf": {"converter": "marker-api"}}}']
)
def test_a_missing_key_is_told_before_a_run(folder, short_pdf, monkeypatch, named):
    """dataprep run names it with everything else that is missing, before the first stage."""
    folder.add("handbook.pdf", short_pdf(4))
    monkeypatch.delenv("DATALAB_API_KEY", raising=False)
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk")
    (folder.root / "own.json").write_text(f'{{"ingest": {named}}}')
    with pytest.raises(ConfigError, match="DATALAB_API_KEY is not set"):
        check_run(load([folder.root / "own.json"], STATIC), Workspace(folder.root))
    monkeypatch.setenv("DATALAB_API_KEY", "key")
    check_run(load([folder.root / "own.json"], STATIC), Workspace(folder.root))


def test_without_a_key_nothing_is_sent(fake, send, monkeypatch, capsys):
    """Exit code 2, and a line that names variable, file and the page that gives keys."""
    monkeypatch.setenv("DATALAB_API_KEY", "")
    assert send() == 2
    err = capsys.readouterr().err
    assert "DATALAB_API_KEY is not set; put your key in .env" in err
    assert not fake.uploads


def test_a_refused_key_stops_the_run(send, monkeypatch, capsys):
    """401: exit code 1 and what to do; the key itself, which this service repeats, is in no message."""
    monkeypatch.setenv("DATALAB_API_KEY", "wrong-and-secret")
    assert send() == 1
    said = "".join(capsys.readouterr())
    assert "the key in DATALAB_API_KEY is refused" in said
    assert "wrong-and-secret" not in said


@pytest.mark.parametrize("status", [402, 403])
def test_an_account_that_may_not_stops_the_run(fake, send, folder, status, capsys):
    """402 and 403: exit code 1, the service's words and where plans are; no other converter is tried in secret."""
    fake.refusals = [(status, {}, "You need an active, paid subscription to use this API.")]
    assert send() == 1
    said = "".join(capsys.readouterr())
    assert "active, paid subscription" in said
    assert "pricing" in said
    assert not folder.written


@pytest.mark.parametrize("status", [429, 500, 529])
def test_a_busy_service_is_asked_again(fake, send, folder, status):
    """429 and 5xx, at the upload and at a poll, cost time alone."""
    fake.refusals = [(status, {}, "later"), (status, {}, "later")]
    assert send() == 0
    assert makers(folder) == {"marker-api"}


def test_the_wait_that_the_service_names_is_kept(fake, send, monkeypatch):
    """Retry-After in seconds goes before the doubled wait."""
    waits = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(marker_service.asyncio, "sleep", sleep)
    fake.refusals = [(429, {"Retry-After": "7"}, "later"), (429, {}, "later")]
    assert send() == 0
    assert waits[:2] == [7.0, 14.0]


def test_a_service_that_stays_busy_leaves_the_page_to_the_next_converter(fake, send, folder, capsys):
    """After all tries the pages fall back, and a warning says so; the run goes on."""
    fake.refusals = [(429, {}, "slow down")] * marker_service.SERVICE_TRIES
    assert send() == 0
    assert makers(folder) == {"layout:lines"}
    assert "marker-api: the service answers 429 (slow down), after 6 tries" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"status": "failed", "success": False, "error": "PDF is corrupt"}, "the job failed: PDF is corrupt"),
        ({"success": False, "error": "no pages"}, "the job failed: no pages"),
        ({"markdown": 7}, "the reply is not in the documented form"),
    ],
)
def test_a_job_that_fails_falls_back(fake, send, folder, result, said, capsys):
    """The service's reason is in the warning, and the next converter reads the document."""
    fake.result = result
    assert send() == 0
    assert makers(folder) == {"layout:lines"}
    assert said in capsys.readouterr().out


def test_a_job_that_never_ends_runs_out_of_time(fake, send, folder, capsys):
    """After ingest.marker_api.timeout the pages fall back, and the warning names the setting."""
    fake.asked_before = None
    assert send(timeout=0.3) == 0
    assert makers(folder) == {"layout:lines"}
    assert "not done after 0.3 s; run again later, or raise ingest.marker_api.timeout" in capsys.readouterr().out


def test_the_key_goes_to_no_other_host(fake, send, folder):
    """A request_check_url elsewhere is not asked: the job is asked for at the address of the settings."""
    with FakeMarkerApi() as other:
        fake.check_url = f"{other.url}/job-1"
        assert send() == 0
        assert other.polls == 0
    assert fake.polls == 2
    assert makers(folder) == {"marker-api"}


def test_dry_run_counts_the_pages(fake, send, monkeypatch, capsys):
    """Pages, and the price where the settings name one; no key is needed and nothing is sent."""
    monkeypatch.setenv("DATALAB_API_KEY", "")
    assert send("--dry-run") == 0
    assert "marker-api: 2 pages, no price known" in capsys.readouterr().out
    assert send("--dry-run", price_per_1000_pages=3) == 0
    assert "marker-api: 2 pages, about $0.0060" in capsys.readouterr().out
    assert not fake.uploads


def test_max_cost_is_refused(fake, send, capsys):
    """A limit that would not be kept is an error, not a promise."""
    assert send("--max-cost", "1") == 2
    assert "--max-cost does not hold for marker-api" in capsys.readouterr().err
    assert not fake.uploads


def test_only_the_pages_wanted_are_sent_for(fake, send, folder):
    """page_range counts from 0; a service whose marks count the pages asked for is understood too."""
    fake.pages = fake.pages[1:]
    assert send("--set", 'ingest.overrides={"*.pdf": {"pages": "2"}}') == 0
    assert b'name="page_range"\r\n\r\n1\r\n' in fake.uploads[0]
    assert [page.converter for page in folder.record("handbook").pages] == ["marker-api"]


def test_pictures_are_kept_by_a_flag(fake, send, folder):
    """--pictures writes them beside the text under safe names; one that is no picture becomes its words."""
    png = base64.b64encode(chart()).decode()
    fake.pages[0] += "\n\n![A boat](../../Boat_1.png)\n\n![](evil.sh)\n\n![Lake](https://tracker.example/x.png)"
    fake.result = {"images": {"../../Boat_1.png": png, "evil.sh": png, "bad.png": "%%%"}}
    assert send("--pictures") == 0
    (kept,) = (folder.root / "text" / "handbook").iterdir()
    assert kept.read_bytes() == chart()
    text = folder.text("handbook")
    assert f"![A boat](handbook/{kept.name})" in text
    assert "evil" not in text
    assert "tracker.example" not in text
    assert "Lake" in text
    assert not list(Path(folder.root).rglob("*.sh"))


def test_without_the_flag_there_are_no_pictures(fake, send, folder):
    """The service is asked for none, and what it links all the same becomes its words."""
    fake.pages[0] += "\n\n![A boat](boat.png)"
    fake.result = {"images": {"boat.png": base64.b64encode(chart()).decode()}}
    assert send() == 0
    assert b'name="disable_image_extraction"\r\n\r\ntrue\r\n' in fake.uploads[0]
    assert "](" not in folder.text("handbook")
    assert not (folder.root / "text" / "handbook").exists()


@pytest.mark.usefixtures("send")
def test_it_stands_beside_the_others(fake, folder, capsys):
    """compare_converters sends the pages that it compares, once, and shows the price per 1,000 pages."""
    from groundwork.stages.compare_converters import main as compare

    fake.result = {"cost_breakdown": {"final_cost_cents": 0.6}}
    flags = ["--data", str(folder.root), "--set", f"ingest.marker_api.url={fake.url}"]
    assert compare(["handbook", "--converters", "marker-api", *flags]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("marker-api"))
    assert " 3.00 " in line
    assert len(fake.uploads) == 1


def test_no_address_of_a_picture_is_text():
    """A picture in a sentence or a table leaves its words there and stands behind it; no statement holds an address."""
    from groundwork.markdown.figures import repoint_pictures
    from groundwork.markdown.statements import statements

    text = (
        "The club owns 12 boats. ![A navy boat](b1.png) Each is 8 m long.\n\n![](b2.png)\n![Buoys](b3.png)\n\n"
        "| boat | crew |\n|---|---|\n| ![Eight](b1.png) | 9 |\n\nThe end."
    )
    shown = repoint_pictures(text, {f"b{i}.png": f"images/h/b{i}.png" for i in (1, 2, 3)})
    assert "12 boats. A navy boat Each is 8 m long.\n\n![](images/h/b1.png)\n\n![](images/h/b2.png)" in shown
    assert "![Buoys](images/h/b3.png)" in shown
    assert "| Eight | 9 |\n\n![](images/h/b1.png)\n\nThe end." in shown
    stated = [shown[one.start : one.end] for one in statements(shown, "en")]
    assert stated == ["The club owns 12 boats.", "A navy boat Each is 8 m long.", "| Eight | 9 |", "The end."]
