"""A note lies in the chunk of the mark that points to it, from a file's own notes on."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from groundwork.documents.engines.office import read_office_file
from groundwork.markdown.footnotes import place_footnotes
from tests.chunking.cutting import cut, small

SENTENCES = "The boats of the lake are kept in the house by the pier. Each has a number on its bow, and a light. "
COUNT = 24


def _is_with_its_mark(text: str, number: str, chunks: list[str]) -> bool:
    chunk = next(chunk for chunk in chunks if f"Mark {number}[^" in chunk)
    return f"Note {number}." in chunk and text.count(f"Note {number}.") == 1


@pytest.mark.parametrize("sentences", [1, 2, 3, 5])
@pytest.mark.parametrize("max_length", [400, 700, 1100])
def test_notes_of_markdown_lie_in_the_chunk_of_their_mark(sentences: int, max_length: int) -> None:
    """Whatever the lengths of the paragraphs and of the chunks."""
    paragraphs = [f"{SENTENCES * (1 + (k * sentences) % 3)}Mark {k:02}[^n{k}] ends it." for k in range(COUNT)]
    notes = [f"[^n{k}]: Note {k:02}. It is about the boats." for k in range(COUNT)]
    text = place_footnotes("\n\n".join(paragraphs) + "\n\n" + "\n".join(notes) + "\n")
    chunks = [chunk.text for chunk in cut(text, small(min_length=200, max_length=max_length))]
    assert len(chunks) > 3 and all(_is_with_its_mark(text, f"{k:02}", chunks) for k in range(COUNT))


def test_notes_of_a_table_lie_in_its_chunk() -> None:
    """Behind it, where a caption would stand as well."""
    table = "| Boat | Number |\n|---|---|\n" + "\n".join(f"| Gig | Mark {k:02}[^n{k}] |" for k in range(3))
    notes = "\n".join(f"[^n{k}]: Note {k:02}." for k in range(3))
    text = place_footnotes(f"{SENTENCES * 6}\n\n{table}\n\n{SENTENCES * 6}\n\n{notes}\n")
    chunks = [chunk.text for chunk in cut(text, small(min_length=200, max_length=700))]
    assert len(chunks) > 2 and all(_is_with_its_mark(text, f"{k:02}", chunks) for k in range(3))


def _word(path: Path) -> Path:
    """Paragraphs with a footnote each."""
    document = docx.Document()
    for k in range(COUNT):
        mark = f'<w:r {nsdecls("w")}><w:footnoteReference w:id="{k + 2}"/></w:r>'
        document.add_paragraph(f"{SENTENCES * 2}Mark {k:02}")._p.append(parse_xml(mark))
    notes = "".join(
        f'<w:footnote w:id="{k + 2}"><w:p><w:r><w:t>Note {k:02}. On boats.</w:t></w:r></w:p></w:footnote>'
        for k in range(COUNT)
    )
    content = f"<w:footnotes {nsdecls('w')}>{notes}</w:footnotes>".encode()
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, content, document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    document.save(str(path))
    return path


def test_notes_of_word_lie_in_the_chunk_of_their_mark(tmp_path: Path) -> None:
    """They stood at the end of the text."""
    (text,), _ = read_office_file(str(_word(tmp_path / "a.docx")), ".docx")
    chunks = [chunk.text for chunk in cut(text, small(min_length=200, max_length=900))]
    assert len(chunks) > 3 and all(_is_with_its_mark(text, f"{k:02}", chunks) for k in range(COUNT))
