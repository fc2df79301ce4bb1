"""Outlook's mail (.msg), an OLE file of properties by number ([MS-OXMSG]), in the same form as other mail."""

from __future__ import annotations

import codecs
import email.policy
import email.utils
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.parser import HeaderParser
from typing import Any, NamedTuple

from groundwork.documents.formats.mail import (
    MAIL_HEADERS,
    MOST_NESTED_MAILS,
    Mail,
    MailParts,
    describe_attachment,
    fullest_alternative,
    mail_of_parts,
    mail_subject,
)
from groundwork.documents.formats.text_encodings import decode_text
from groundwork.documents.formats.web_pages.html_to_markdown import html_to_markdown
from groundwork.errors import BadDocument

_MESSAGE_CLASS, _SUBJECT, _TRANSPORT_HEADERS = 0x001A, 0x0037, 0x007D
_SUBMIT_TIME, _DELIVERY_TIME = 0x0039, 0x0E06
_TEXT_BODY, _HTML_BODY = 0x1000, 0x1013
_RECIPIENT_KIND, _ATTACHED_DATA, _ATTACHED_NAMES, _ATTACHED_TYPE = 0x0C15, 0x3701, (0x3707, 0x3704, 0x3001), 0x370E
# names, and the addresses that go with them
_OUTLOOK_SENDERS = ((0x0042, (0x5D02, 0x0065)), (0x0C1A, (0x5D01, 0x0C1F)))
_OUTLOOK_RECIPIENT = (0x3001, (0x39FE, 0x3003))
_RECIPIENT_HEADERS = {1: "To", 2: "Cc"}
_OUTLOOK_CODE_PAGES = (0x3FFD, 0x3FDE)  # of its texts, and of the mail as it was sent
_OUTLOOK_CODECS = {65001: "utf-8", 20127: "ascii", 20866: "koi8_r", 50220: "iso2022_jp", 51932: "euc_jp"}
_FIRST_ISO_PAGE, _LAST_ISO_PAGE = 28591, 28606  # ISO 8859-1 to 16
_UNICODE_TEXT, _CODE_PAGE_TEXT, _OUTLOOK_BYTES = "001F", "001E", "0102"
_EMBEDDED_MAIL = f"__substg1.0_{_ATTACHED_DATA:04X}000D"  # the storage of one
_OUTLOOK_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def outlook_to_markdown(msg_bytes: bytes) -> Mail:
    """A mail as Markdown. Raises BadDocument for one that is encrypted, OSError for a file that is damaged."""
    import olefile

    with olefile.OleFileIO(msg_bytes) as ole_file:
        outlook_item = _OutlookItem(ole_file, ()).with_codec()
        outlook_parts = _outlook_parts(outlook_item, 0)
        is_secured = "SMIME" in outlook_item.text(_MESSAGE_CLASS).upper()
    if is_secured and not outlook_parts.body:
        raise BadDocument("it is encrypted; save the text of the mail")
    return mail_of_parts(outlook_parts)


class _OutlookItem(NamedTuple):
    """A storage of properties: a mail, a recipient or an attachment."""

    ole_file: Any
    path: tuple[str, ...]
    codec: str = ""  # of the texts that are not in Unicode

    def with_codec(self) -> _OutlookItem:
        """A mail with the codec that it names, where it names one that Python has."""
        code_page = next(filter(None, map(self.number, _OUTLOOK_CODE_PAGES)), 0)
        codec = _OUTLOOK_CODECS.get(code_page, f"cp{code_page}")
        if _FIRST_ISO_PAGE <= code_page <= _LAST_ISO_PAGE:
            codec = f"iso8859-{code_page - _FIRST_ISO_PAGE + 1}"
        try:
            return self._replace(codec=codecs.lookup(codec).name)
        except LookupError:
            return self

    def items(self, name: str) -> list[_OutlookItem]:
        """The storages whose name begins so, in their order."""
        depth = len(self.path)
        names = {
            storage[depth]
            for storage in self.ole_file.listdir(streams=False, storages=True)
            if tuple(storage[:depth]) == self.path and len(storage) > depth and storage[depth].startswith(name)
        }
        return [self._replace(path=(*self.path, item_name)) for item_name in sorted(names)]

    def data(self, tag: int, value_type: str) -> bytes:
        """A property that has a stream of its own; nothing where there is none."""
        stream = [*self.path, f"__substg1.0_{tag:04X}{value_type}"]
        is_stream = self.ole_file.exists(stream) and self.ole_file.get_type(stream) == 2
        return bytes(self.ole_file.openstream(stream).read()) if is_stream else b""

    def text(self, tag: int) -> str:
        """A text property, in Unicode or in the mail's code page; by its bytes where that does not fit."""
        unicode_text = self.data(tag, _UNICODE_TEXT).decode("utf-16-le", "replace")
        outlook_text = unicode_text or self._decoded(self.data(tag, _CODE_PAGE_TEXT).strip(b"\0"))
        return outlook_text.replace("\r\n", "\n").strip("\0 \n")

    def _decoded(self, text_bytes: bytes) -> str:
        try:
            return text_bytes.decode(self.codec) if self.codec else decode_text(text_bytes)[0]
        except UnicodeDecodeError:
            return self._replace(codec="")._decoded(text_bytes)
        except BadDocument:
            return text_bytes.decode("cp1252", "replace")

    def number(self, tag: int) -> int:
        """A property of up to four bytes, as a number without a sign; 0 where there is none."""
        return self.long_number(tag) & 0xFFFFFFFF

    def long_number(self, tag: int) -> int:
        """A property of up to eight bytes."""
        stream = [*self.path, "__properties_version1.0"]
        properties = self.ole_file.openstream(stream).read() if self.ole_file.exists(stream) else b""
        for place in range(self._properties_start(), len(properties) - 15, 16):
            _, property_tag, _, value = struct.unpack_from("<HHIQ", properties, place)
            if property_tag == tag:
                return int(value)
        return 0

    def _properties_start(self) -> int:
        """How many bytes stand before the properties: of a mail, one in another, and of other storages."""
        if not self.path:
            return 32
        return 24 if self.path[-1] == _EMBEDDED_MAIL else 8


def _outlook_parts(outlook_item: _OutlookItem, depth: int) -> MailParts:
    subject, mails = mail_subject(" ".join(outlook_item.text(_SUBJECT).split())), list[MailParts]()
    if depth > MOST_NESTED_MAILS:
        return MailParts(subject, {}, "", [], mails)
    attachments = []
    for attached_item in outlook_item.items("__attach_version1.0_"):
        if embedded_mails := attached_item.items(_EMBEDDED_MAIL):
            mails += [_outlook_parts(embedded_mail.with_codec(), depth + 1) for embedded_mail in embedded_mails]
        else:
            attachments.append(_describe_outlook_attachment(attached_item))
    return MailParts(subject, _outlook_headers(outlook_item), _outlook_body(outlook_item), attachments, mails)


def _outlook_headers(outlook_item: _OutlookItem) -> dict[str, str]:
    """Those that the mail came with; where it came with none, as a draft has, what Outlook knows."""
    transport_headers = HeaderParser(policy=email.policy.default).parsestr(outlook_item.text(_TRANSPORT_HEADERS))
    recipients: dict[str, list[str]] = {"To": [], "Cc": []}
    for recipient in outlook_item.items("__recip_version1.0_"):
        if header := _RECIPIENT_HEADERS.get(recipient.number(_RECIPIENT_KIND)):
            recipients[header].append(_outlook_address(recipient, *_OUTLOOK_RECIPIENT))
    senders = [_outlook_address(outlook_item, *sender_tags) for sender_tags in _OUTLOOK_SENDERS]
    known_headers = {
        "From": next(filter(None, senders), ""),
        **{header: ", ".join(filter(None, names)) for header, names in recipients.items()},
        "Date": _outlook_date(outlook_item),
    }
    headers = {name: " ".join(str(transport_headers.get(name) or known_headers[name]).split()) for name in MAIL_HEADERS}
    return {header: value for header, value in headers.items() if value}


def _outlook_address(outlook_item: _OutlookItem, name_tag: int, address_tags: Sequence[int]) -> str:
    """Name and address as a mail's headers give them; Exchange's own addresses say nothing outside of it."""
    outlook_name = outlook_item.text(name_tag)
    address = next((text for tag in address_tags if _is_mail_address(text := outlook_item.text(tag))), "")
    if not address or address == outlook_name:
        return outlook_name
    return f"{outlook_name} <{address}>" if outlook_name else address


def _is_mail_address(address: str) -> bool:
    return "@" in address and not address.startswith("/")


def _outlook_date(outlook_item: _OutlookItem) -> str:
    """When the mail was sent, or else delivered; "" for a draft."""
    ticks = outlook_item.long_number(_SUBMIT_TIME) or outlook_item.long_number(_DELIVERY_TIME)
    try:
        return email.utils.format_datetime(_OUTLOOK_EPOCH + timedelta(microseconds=ticks // 10)) if ticks else ""
    except OverflowError:
        return ""


def _outlook_body(outlook_item: _OutlookItem) -> str:
    return fullest_alternative([body.strip() for body in _outlook_bodies(outlook_item)])


def _outlook_bodies(outlook_item: _OutlookItem) -> Iterator[str]:
    """The plain text and the page of HTML, where a mail has them."""
    yield outlook_item.text(_TEXT_BODY)
    html_body = outlook_item.data(_HTML_BODY, _OUTLOOK_BYTES) or outlook_item.text(_HTML_BODY)
    yield html_to_markdown(html_body) if html_body else ""


def _describe_outlook_attachment(attached_item: _OutlookItem) -> str:
    attached_name = next((name for tag in _ATTACHED_NAMES if (name := attached_item.text(tag))), "")
    attached_size = len(attached_item.data(_ATTACHED_DATA, _OUTLOOK_BYTES))
    return describe_attachment(attached_name, attached_item.text(_ATTACHED_TYPE), attached_size)
