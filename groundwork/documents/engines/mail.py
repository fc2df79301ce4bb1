"""Mail (.eml) by the standard library: headers, body and the names of its attachments."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage, Message
from typing import NamedTuple

from groundwork.documents.engines.html_documents import html_to_markdown
from groundwork.documents.engines.plain_text import decode
from groundwork.errors import BadDocument

HEADERS = ("From", "To", "Cc", "Date")
_MALFORMED = (ValueError, LookupError, AttributeError, TypeError)  # what the library raises for headers that are wrong
_DEEPEST = 5  # mails in mails
_HEADER_FIELD = re.compile(
    r"(?:From|To|Cc|Subject|Date|Message-ID|MIME-Version|Received|Return-Path|Content-Type|Reply-To|Delivered-To|Sender"
    r"|DKIM-Signature|X-[\w-]+):",
    re.IGNORECASE,
)


class Mail(NamedTuple):
    markdown: str
    warnings: list[str]


def mail_to_markdown(content: bytes) -> Mail:
    """The subject as a heading, the headers that say who and when, the body, and the attachments by name.

    Raises BadDocument for a mail that is encrypted.
    """
    text, encoding = decode(content)
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
    """The HTML, unless the plain text says much more."""
    html, plain = _text(message, "html"), _text(message, "plain")
    markdown = html_to_markdown(html) if html.strip() else ""
    return markdown if 2 * len(markdown.split()) >= len(plain.split()) else plain


def _text(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body(preferencelist=(kind,))
    except _MALFORMED:
        part = None
    if part is None or part.get_content_maintype() != "text":
        return ""
    try:
        return str(part.get_content())
    except _MALFORMED:  # an unknown charset
        payload = part.get_payload(decode=True)
        return decode(payload)[0] if isinstance(payload, bytes) and payload else ""


def _own_parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts of a mail, not those of mails in it."""
    if message.is_multipart() and message.get_content_type() != "message/rfc822":
        for part in message.iter_parts():
            if isinstance(part, EmailMessage):
                yield part
                yield from _own_parts(part)


def _inside(part: EmailMessage) -> EmailMessage | None:
    payload = part.get_payload()
    mail = payload[0] if isinstance(payload, list) and payload else None
    return mail if isinstance(mail, EmailMessage) else None


def _attachments(message: EmailMessage) -> Iterator[str]:
    """Name, type and size of what is attached or stands between the lines."""
    for part in _own_parts(message):
        if part.is_multipart() or part.get_content_type() == "message/rfc822":
            continue
        try:
            name = part.get_filename()
        except _MALFORMED:
            name = None
        if name or part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
            payload = part.get_payload(decode=True)
            size = len(payload) if isinstance(payload, bytes) else 0
            yield f"{name or 'without a name'} ({part.get_content_type()}, {size:,} bytes)"
