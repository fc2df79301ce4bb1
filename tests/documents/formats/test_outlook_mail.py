"""Outlook's mail (.msg): written here as an OLE file of properties, and read as any other mail."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from groundwork.documents.conversion.converter_table import CONVERTERS
from groundwork.documents.file_types import examine_file_type
from groundwork.documents.formats.outlook_mail import outlook_to_markdown
from groundwork.errors import BadDocument

SECTOR, FREE, END = 512, 0xFFFFFFFF, 0xFFFFFFFE
SENT = 132854472000000000  # 2021-12-31 18:00 in ticks since 1601

Storage = dict[str, Any]  # names of streams with their bytes, and of storages in it


def ole_file(root: Storage) -> bytes:
    """An OLE file; its streams are filled up to what needs no table of short ones."""
    entries: list[list[Any]] = []
    _add_entry(entries, "Root Entry", root)
    sectors, table, starts = bytearray(), list[int](), list[int]()
    for entry in entries:
        starts.append(_add_sectors(sectors, table, entry[4]))
    directory_start = _add_sectors(
        sectors, table, b"".join(_directory_entry(entry, start) for entry, start in zip(entries, starts, strict=True))
    )
    tables = -(-(len(table) + 8) // 128)
    places = list(range(len(table), len(table) + tables))
    table += [0xFFFFFFFD] * tables
    table += [FREE] * (128 * tables - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<IIIIIIII", tables, directory_start, 0, 4096, END, 0, END, 0)
    header += struct.pack("<109I", *places, *[FREE] * (109 - tables))
    return header + bytes(sectors) + struct.pack(f"<{len(table)}I", *table)


def _add_entry(entries: list[list[Any]], name: str, content: Storage | bytes) -> int:
    """Name, kind, next sibling, first child and content of a storage or a stream, and of all in it; its number."""
    number = len(entries)
    is_stream = isinstance(content, bytes)
    entry = [name, (2 if is_stream else 1) if number else 5, FREE, FREE, _filled(content) if is_stream else b""]
    entries.append(entry)
    previous, place = entry, 3
    for child, below in ({} if isinstance(content, bytes) else content).items():
        previous[place] = _add_entry(entries, child, below)
        previous, place = entries[previous[place]], 2
    return number


def _add_sectors(sectors: bytearray, table: list[int], content: bytes) -> int:
    """Where a stream begins, which goes behind the sectors there are."""
    start, count = len(table), -(-len(content) // SECTOR)
    table += [*range(start + 1, start + count), END] if count else []
    sectors += content.ljust(count * SECTOR, b"\0")
    return start if count else END


def _directory_entry(entry: list[Any], start: int) -> bytes:
    name, kind, sibling, child, content = entry
    numbers = struct.pack("<HBBIII", 2 * len(name) + 2, kind, 1, FREE, sibling, child)
    return name.encode("utf-16-le").ljust(64, b"\0") + numbers + bytes(36) + struct.pack("<IQ", start, len(content))


def _filled(content: bytes) -> bytes:
    return content.ljust(4096, b" " if content.startswith(b"<") else b"\0")


def properties(head: int, **numbers: int) -> bytes:
    """A stream of properties by their numbers in hexadecimal, behind a head of so many bytes."""
    return bytes(head) + b"".join(struct.pack("<HHIQ", 3, int(tag[1:], 16), 6, value) for tag, value in numbers.items())


def outlook_mail(head: int = 32, texts: dict[str, str] | None = None, **storages: Storage | bytes) -> Storage:
    """A mail from Ann to Bo and in copy to Cy; texts by their tags stand in for what it says."""
    known = {"0037": "Tide", "0042": "Ann", "0065": "/O=SOUND/CN=ANN", "5D02": "ann@sound.org", "1000": "At eight.\r\n"}
    streams = {f"__substg1.0_{tag}001F": text.encode("utf-16-le") for tag, text in {**known, **(texts or {})}.items()}
    people = {
        f"__recip_version1.0_#0000000{number}": {
            "__substg1.0_3001001F": name.encode("utf-16-le"),
            "__substg1.0_39FE001F": f"{name.lower()}@sound.org".encode("utf-16-le"),
            "__properties_version1.0": properties(8, p0C15=number),
        }
        for number, name in ((1, "Bo"), (2, "Cy"), (3, "Di"))
    }
    return {**streams, **people, "__properties_version1.0": properties(head, p0039=SENT), **storages}


def attachment(name: str, data: Storage | bytes) -> Storage:
    kind = "0102" if isinstance(data, bytes) else "000D"
    return {"__substg1.0_3707001F": name.encode("utf-16-le"), f"__substg1.0_3701{kind}": data}


PEOPLE = "From: Ann <ann@sound.org>  \nTo: Bo <bo@sound.org>  \nCc: Cy <cy@sound.org>"
HEADERS = f"{PEOPLE}  \nDate: Fri, 31 Dec 2021 18:00:00 +0000"


def test_outlook_mail_is_read_as_other_mail() -> None:
    """Its subject is the heading; who and when stand below it, and no blind copy."""
    assert outlook_to_markdown(ole_file(outlook_mail())) == (f"# Tide\n\n{HEADERS}\n\nAt eight.", [])


def test_attachments_of_outlook_mail_are_named_and_mails_in_it_read() -> None:
    """What is attached is named with its size; a mail that is attached stands below, with its own headers."""
    inner = outlook_mail(24, {"0037": "Re: Tide", "1000": "At nine."})
    parts = {"__attach_version1.0_#00000000": attachment("plan.pdf", b"%PDF" * 2000)}
    parts["__attach_version1.0_#00000001"] = attachment("Re: Tide", inner)
    markdown, warnings = outlook_to_markdown(ole_file(outlook_mail(**parts)))
    mails = f"# Tide\n\n{HEADERS}\n\nAt eight.\n\n# Re: Tide\n\n{HEADERS}\n\nAt nine."
    assert markdown == f"{mails}\n\nAttachments: plan.pdf (8,000 bytes)"
    assert warnings == ["attachments are named and not read (1); put them beside it as documents"]


def test_headers_that_a_mail_came_with_come_first() -> None:
    """They hold the time as the sender had it; encoded words are decoded."""
    headers = "From: =?utf-8?q?Zo=C3=AB?= <zoe@sound.org>\r\nDate: Sat, 01 Jan 2022 18:00:00 +0200\r\n"
    markdown = outlook_to_markdown(ole_file(outlook_mail(texts={"007D": headers}))).markdown
    assert "From: Zoë <zoe@sound.org>  \nTo: Bo" in markdown and markdown.count("+0200") == 1


@pytest.mark.parametrize(("page", "codec"), [(1251, "cp1251"), (28595, "iso8859-5"), (65001, "cp1251"), (0, "cp1251")])
def test_texts_in_a_code_page_are_decoded(page: int, codec: str) -> None:
    """By the page that the mail names; where it names none, or a wrong one, by the bytes."""
    words = "Вода поднимается к восьми часам, и лодки уходят в море."
    mail = outlook_mail(__properties_version1=b"")
    mail["__properties_version1.0"] = properties(32, p3FFD=page)
    del mail["__substg1.0_1000001F"]
    mail["__substg1.0_1000001E"] = words.encode(codec) + b"\0"
    assert words in outlook_to_markdown(ole_file(mail)).markdown


def test_a_body_of_html_alone_is_read() -> None:
    """A page without a plain text beside it is the text of the mail."""
    mail = outlook_mail(texts={"1000": ""})
    mail["__substg1.0_10130102"] = b"<p>At <b>eight</b>.</p>"
    assert outlook_to_markdown(ole_file(mail)).markdown.endswith("\n\nAt **eight**.")


def test_encrypted_outlook_mail_is_refused() -> None:
    """Its text lies in an attachment that nobody else can read."""
    with pytest.raises(BadDocument, match="encrypted"):
        outlook_to_markdown(ole_file(outlook_mail(texts={"001A": "IPM.Note.SMIME", "1000": ""})))


def test_outlook_files_go_to_the_reader_of_mail(tmp_path: Path) -> None:
    """They are known for what they are, and the converter that comes first reads them."""
    (tmp_path / "tide.msg").write_bytes(ole_file(outlook_mail()))
    assert examine_file_type(tmp_path / "tide.msg", 100) == (".msg", [])
    assert ".msg" in CONVERTERS["office"].endings
