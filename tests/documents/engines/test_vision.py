"""The vision converter against a scripted OpenRouter: real pages, real pictures, real sockets."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import convert_pages
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.settings.config_files import load
from tests.documents.conftest import Folder
from tests.fake_openrouter import FakeOpenRouter, Json
from tests.sample import formats

NO_OCR = 'ingest.converters={"pdf": ["layout"], "image": []}'  # the same where the extra is installed


@pytest.fixture
def fake() -> Iterator[FakeOpenRouter]:
    server = FakeOpenRouter(reply=lambda _: "made up")
    with server.thread():
        yield server


@pytest.fixture
def look(fake: FakeOpenRouter, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Ingest through the vision model that the fake plays."""
    monkeypatch.setattr("groundwork.llm.calls.circuit_breaker.FIRST_BACKOFF", 0.005)

    def run(*flags: str) -> int:
        settings = [f"llm.base_url={fake.url}", "llm.api_key_env=", NO_OCR, *[f for f in flags if "=" in f]]
        rest = [flag for flag in flags if "=" not in flag]
        return folder.ingest("--converter", "gemini", *rest, *[part for s in settings for part in ("--set", s)])

    return run


def pictures(fake: FakeOpenRouter) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(url_of(body).partition(",")[2]))) for body in fake.requests]


def url_of(body: Json) -> str:
    text, image = body["messages"][-1]["content"]
    assert text["type"] == "text"  # the text first, as OpenRouter advises
    url: str = image["image_url"]["url"]
    return url


@pytest.fixture(scope="module")
def truth(short_pdf: Callable[..., Path]) -> str:
    """Page 4 of the sample as it should be: a faithful reply for the fake to give."""
    source = str(short_pdf(4))
    request = ConversionRequest(source=source, ending=".pdf", settings=load().ingest, page_count=1)
    return convert_pages("layout", request, read_text_layer(source).pages).pages[0]


def test_each_page_goes_as_a_jpeg_of_the_size_set(fake, look, folder, short_pdf, truth):
    """A page is one call with text first and one JPEG whose longer side is ingest.vision.image_size."""
    fake.reply = lambda _: truth
    folder.add("rules.pdf", short_pdf(4))
    assert look("ingest.vision.image_size=900") == 0
    (picture,) = pictures(fake)
    assert max(picture.size) == 900
    assert picture.format == "JPEG"
    assert folder.record("rules").pages[0].converter == "gemini:google/gemini-2.5-flash"


def test_a_page_that_loses_text_is_drawn_again_hotter_then_taken_over(fake, look, folder, short_pdf):
    """A reply below the audit threshold is asked for again at rising temperature; then the next converter has it."""
    fake.reply = lambda _: "# 3 Skiffs and crews\n\nSome of the page."
    folder.add("rules.pdf", short_pdf(3))
    assert look("ingest.vision.tries=3") == 0
    temperatures = [body["temperature"] for body in fake.requests]
    assert temperatures == sorted(set(temperatures))
    assert len(temperatures) == 3
    page = folder.record("rules").pages[0]
    assert page.converter.startswith("layout")
    assert "gemini: text kept" in page.fell_back
    assert "measurement certificate" in folder.text("rules")


def test_a_page_is_asked_for_again_with_the_reason(fake, look, folder, short_pdf, truth):
    """The second call shows the model its reply and names the lines that are missing; the whole page is then kept."""
    fake.script.extend([{"content": truth[: len(truth) // 3]}])
    fake.reply = lambda _: truth
    folder.add("rules.pdf", short_pdf(4))
    assert look() == 0
    _, second = fake.requests
    assert [turn["role"] for turn in second["messages"]][-2:] == ["assistant", "user"]
    assert "This line is missing" in second["messages"][-1]["content"]
    page = folder.record("rules").pages[0]
    assert page.converter == "gemini:google/gemini-2.5-flash" and not page.fell_back


def test_a_complete_page_without_its_header_and_label_is_kept(fake, look, folder, short_pdf, truth):
    """A page of a document of one page is kept without its running header and number: no other converter has it."""
    fake.reply = lambda _: truth.replace("Ninth edition", "")
    folder.add("rules.pdf", short_pdf(4))
    assert look() == 0
    assert len(fake.requests) == 1
    assert folder.record("rules").pages[0].converter == "gemini:google/gemini-2.5-flash"


def test_what_falls_back_is_named_with_its_reason(fake, look, folder, short_pdf, capsys):
    """The ledger says which page another converter made, and why."""
    fake.reply = lambda _: "# 3 Skiffs and crews\n\nSome of the page."
    folder.add("rules.pdf", short_pdf(3))
    assert look("ingest.vision.tries=2") == 0
    assert "rules: page 1 fell back to layout; gemini: text kept" in capsys.readouterr().out


def test_a_letterhead_that_the_model_gives_stays_on_the_first_page(fake, look, folder):
    """On the other pages, which have it as well, it is left out."""
    letterhead = ["Skerrow Boatyard Ltd", "12 Quay Lane, Orrin OR4 7TN"]
    body = [f"Berth {letter} lies {letter * 3} to the west of the old mole." for letter in "abcdefghijklmnop"]
    canvas = Canvas(str(folder.documents / "letter.pdf"))
    for _ in range(4):
        for k, line in enumerate([*letterhead, "", "", *body]):
            canvas.drawString(60, 780 - 20 * k, line)
        canvas.showPage()
    canvas.save()
    fake.reply = lambda _: "\n\n".join([*letterhead, *body])
    assert look() == 0
    text = folder.text("letter")
    assert text.startswith("\n\n".join(letterhead)) and text.count("Quay Lane") == 1
    assert {page.converter for page in folder.record("letter").pages} == {"gemini:google/gemini-2.5-flash"}


def test_a_page_that_no_converter_reads_is_its_text_layer(fake, look, folder, short_pdf, capsys):
    """It is held against that layer, and the ledger gives the reason once."""
    fake.reply = lambda _: " "
    folder.add("rules.pdf", short_pdf(4))
    assert look("ingest.vision.tries=1", 'ingest.converters={"pdf": ["gemini"], "*": []}') == 0
    page = folder.record("rules").pages[0]
    assert page.converter == "text layer" and page.audit.text_kept > 0.9
    out = capsys.readouterr().out
    assert "page 1 fell back to text layer" in out and "rules: page 1: " not in out


@pytest.mark.parametrize("fault", ["content-filter", "empty"])
def test_a_refused_or_empty_page_is_drawn_again(fake, look, folder, short_pdf, truth, fault):
    """A recitation stop or an empty reply costs one draw, not the page."""
    fake.reply = lambda _: truth
    fake.script.append(fault)
    folder.add("rules.pdf", short_pdf(4))
    assert look() == 0
    assert folder.record("rules").pages[0].converter == "gemini:google/gemini-2.5-flash"


def test_a_reply_that_repeats_itself_is_refused(fake, look, folder):
    """A scan has no text layer to be held against, yet an endless repetition is seen."""
    fake.reply = lambda _: "The rules. " + "and so on " * 80
    formats.write_scanned_pdf(folder.documents)
    assert look("ingest.vision.tries=2") == 1
    assert folder.written == set()
    assert {body["temperature"] for body in fake.requests} == {0.1, 0.2}


def test_a_turned_page_is_turned_and_shown_again(fake, look, folder):
    """On `ROTATE 90` the picture is turned clockwise and asked for once more."""
    fake.script.extend([{"content": "ROTATE 90"}])
    fake.reply = lambda _: "# A scan\n\nUpright now."
    picture = Image.new("RGB", (400, 200), "white")
    picture.paste("red", (0, 0, 40, 40))
    folder.documents.mkdir(exist_ok=True)
    picture.save(folder.documents / "sheet.png")
    assert look() == 0
    first, second = pictures(fake)
    assert (first.size, second.size) == ((400, 200), (200, 400))
    assert second.getpixel((190, 10))[0] > 200  # the corner went from top left to top right
    assert second.getpixel((190, 10))[1] < 80
    assert folder.text("sheet") == "# A scan\n\nUpright now."


def test_a_picture_that_is_cut_off_says_so(fake, look, folder, capsys):
    """It fails by name with the cause and the remedy, is sent to no model, and other pictures are read."""
    whole = io.BytesIO()
    Image.effect_noise((400, 300), 90).save(whole, "PNG")
    folder.add("cut.png", whole.getvalue()[: len(whole.getvalue()) // 2])
    folder.add("whole.png", whole.getvalue())
    assert look() == 1
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "cut.png" in line)
    assert "cannot be read" in line and "save it again" in line and "unexpected" not in line
    assert len(fake.requests) == 1 and folder.written == {"whole"}


def test_a_run_that_dies_pays_for_no_finished_page_again(fake, look, folder):
    """Replies are kept page by page: after a stop in the middle only the other pages are asked for."""
    formats.write_scanned_pdf(folder.documents, pages=3)
    seen: list[str] = []

    def reply(body: Json) -> str:
        seen.append(url_of(body))
        return f"# Page {len(set(seen))}\n\nRead."

    fake.reply = reply
    fake.credit = 1.0
    fake.script.extend([{"content": "# One"}, {"content": "# Two"}, "402"])
    assert look("llm.max_concurrency=1") == 1
    asked = len(fake.requests)
    assert asked == 3
    assert look("llm.max_concurrency=1") == 0
    assert len(fake.requests) == asked + 1
    assert {"# One", "# Two"} < set(folder.text("handbook-scanned").split("\n\n"))


def test_all_pages_of_all_documents_share_the_gate(fake, look, folder):
    """Pages are in flight together, up to llm.max_concurrency, whatever document they are of."""
    fake.reply = lambda _: "# Scan\n\nText."
    fake.held = lambda: fake.peak < 4
    formats.write_scanned_pdf(folder.documents, pages=3)
    for colour in ("red", "green", "blue"):
        Image.new("RGB", (80, 80), colour).save(folder.documents / f"{colour}.png")
    assert look("llm.max_concurrency=4") == 0
    assert fake.peak == 4


def test_the_whole_reply_in_a_fence_is_unwrapped(fake, look, folder):
    """Models wrap their reply in ```markdown though they are told not to."""
    fake.reply = lambda _: "```markdown\n# Scan\n\n| a | b |\n|---|---|\n| 1 | 2 |\n```"
    Image.new("RGB", (80, 80), "white").save(folder.documents / "p.jpg")
    assert look() == 0
    assert folder.text("p").startswith("# Scan\n\n| a | b |")


def test_dry_run_counts_the_calls(fake, look, folder, short_pdf, capsys):
    """--dry-run tells pages and tokens of the vision model and asks for nothing."""
    folder.add("rules.pdf", short_pdf(2, 3))
    assert look("--dry-run") == 0
    assert "2 calls" in capsys.readouterr().out
    assert not fake.requests
