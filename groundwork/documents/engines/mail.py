"""Mail (.eml) by the standard library: headers, body and the names of its attachments."""

from __future__ import annotations

import binascii
import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from email.message import EmailMessage, Message
from typing import NamedTuple

from groundwork.documents.engines.html_documents import html_to_markdown
from groundwork.documents.engines.plain_text import decode_text
from groundwork.errors import BadDocument

HEADERS = ("From", "To", "Cc", "Date")
_MALFORMED = (ValueError, LookupError, AttributeError, TypeError)  # what the library raises for headers that are wrong
_DEEPEST = 5  # mails in mails
_HEADER_FIELD = re.compile(
    r"(?:From|To|Cc|Subject|Date|Message-ID|MIME-Version|Received|Return-Path|Content-Type|Reply-To|Delivered-To|Sender"
    r"|DKIM-Signature|X-[\w-]+):",
    re.IGNORECASE,
)
_READ = ("text/plain", "text/html")
_UNKNOWN = "\ufffd"  # what the library gives for bytes that are not in the charset it is told


class Mail(NamedTuple):
    markdown: str
    warnings: list[str]


def mail_to_markdown(content: bytes) -> Mail:
    """The subject as a heading, the headers that say who and when, the body, and the attachments by name.

    Raises BadDocument for a mail that is encrypted.
    """
    text, encoding = decode_text(content)
    if encoding.startswith(("utf-16", "utf-32", "utf-8-sig")):
        content = text.encode()
    message = email.message_from_bytes(content, policy=email.policy.default)
    if message.get_content_type() in ("multipart/encrypted", "application/pkcs7-mime"):
        raise BadDocument("it is encrypted; save the text of the mail")
    names = list(_attachments(message))
    warnings = [f"attachments are named and not read ({len(names)}); put them beside it as documents"] if names else []
    return Mail(_whole(message, names, depth=0), warnings)


def is_mail(start: str) -> bool:
    """Whether a text begins with a header field of a mail and has three of them before its first blank line."""
    fields = start.split("\n\n", 1)[0].replace("\r", "").split("\n")
    return sum(_HEADER_FIELD.match(line) is not None for line in fields) >= 3 and _HEADER_FIELD.match(start) is not None


def _whole(message: EmailMessage, names: list[str], depth: int) -> str:
    subject = _header(message, "Subject") or "Mail without a subject"
    told = [f"{name}: {value}" for name in HEADERS if (value := _header(message, name))]
    parts = [f"# {subject}", "  \n".join(told), _body(message)]
    if depth < _DEEPEST:
        inner = [part for part in _own_parts(message) if part.get_content_type() == "message/rfc822"]
        parts += [_whole(mail, list(_attachments(mail)), depth + 1) for part in inner if (mail := _inside(part))]
    if names:
        parts.append("Attachments: " + "; ".join(names))
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _header(message: Message, name: str) -> str:
    try:
        return " ".join(str(message.get(name) or "").split())
    except _MALFORMED:
        return ""


def _body(message: EmailMessage) -> str:
    return "\n\n".join(text for part in _texts(message) if (text := part.strip()))


def _texts(part: EmailMessage) -> Iterator[str]:
    """The texts of a mail in their order, also those between and below what is attached; alternatives once."""
    kind = part.get_content_type()
    if kind == "message/delivery-status":
        yield "\n\n".join(str(told).strip() for told in _parts(part))
    elif kind == "multipart/alternative":
        yield _fullest([_body(other) for other in _parts(part)])
    elif kind == "multipart/related":
        yield from (text for root in _parts(part)[:1] for text in _texts(root))
    elif part.is_multipart() and kind != "message/rfc822":
        yield from (text for inner in _parts(part) for text in _texts(inner))
    elif kind in _READ and not _is_attached(part):
        yield html_to_markdown(_decoded(part)) if kind == "text/html" else _decoded(part)


def _fullest(texts: Sequence[str]) -> str:
    """The last of several alternatives, which is the richest, unless another one says much more."""
    most = max((len(text.split()) for text in texts), default=0)
    return next((text for text in reversed(texts) if text and 2 * len(text.split()) >= most), "")


def _decoded(part: EmailMessage) -> str:
    """A part's text; where its charset is unknown, or its bytes are in another, that of the bytes."""
    try:
        text = str(part.get_content())
    except _MALFORMED:
        text = _UNKNOWN
    payload = part.get_payload(decode=True) if _UNKNOWN in text else None
    return decode_text(payload)[0] if isinstance(payload, bytes) and payload else text.replace(_UNKNOWN, "")


def _parts(part: EmailMessage) -> list[EmailMessage]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, EmailMessage)] if isinstance(payload, list) else []


def _is_attached(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_name(part))


def _name(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except _MALFORMED:
        return ""


def _own_parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts of a mail, not those of mails in it."""
    if message.is_multipart() and message.get_content_type() != "message/rfc822":
        for part in message.iter_parts():
            if isinstance(part, EmailMessage):
                yield part
                yield from _own_parts(part)


def _inside(part: EmailMessage) -> EmailMessage | None:
    """The mail that a part holds; some programs write it in base64, which the library leaves as it is."""
    mail = next(iter(_parts(part)), None)
    if mail is None or part.get("Content-Transfer-Encoding", "").strip().lower() != "base64":
        return mail
    try:
        content = binascii.a2b_base64(str(mail.get_payload()))
    except binascii.Error:
        return mail
    return email.message_from_bytes(content, policy=email.policy.default)


def _attachments(message: EmailMessage) -> Iterator[str]:
    """Name, type and size of what is attached or stands between the lines."""
    for part in _own_parts(message):
        if part.is_multipart() or part.get_content_type() == "message/rfc822":
            continue
        if _is_attached(part) or part.get_content_maintype() != "text":
            payload = part.get_payload(decode=True)
            size = len(payload) if isinstance(payload, bytes) else 0
            yield f"{_name(part) or 'without a name'} ({part.get_content_type()}, {size:,} bytes)"
