"""Mail (.eml) by the standard library: headers, body and the names of its attachments."""

from __future__ import annotations

import binascii
import email
import email.policy
import re
from collections.abc import Iterator, Mapping, Sequence
from email.message import EmailMessage, Message
from typing import NamedTuple

from groundwork.documents.formats.text_encodings import decode_text
from groundwork.documents.formats.web_pages.html_to_markdown import html_to_markdown
from groundwork.errors import BadDocument
from groundwork.message_wording import counted

MAIL_HEADERS = ("From", "To", "Cc", "Date")
_MAIL_HEADER_ERRORS = (ValueError, LookupError, AttributeError, TypeError)  # raised by the library for wrong headers
MOST_NESTED_MAILS = 5  # mails in mails
_MAIL_HEADER_FIELD = re.compile(
    r"(?:From|To|Cc|Subject|Date|Message-ID|MIME-Version|Received|Return-Path|Content-Type|Reply-To|Delivered-To|Sender"
    r"|DKIM-Signature|X-[\w-]+):",
    re.IGNORECASE,
)
_READ_MAIL_TYPES = ("text/plain", "text/markdown", "text/html")  # that are read, where they are not attached
_UNDECODABLE_IN_MAIL = "\ufffd"  # what the library gives for bytes that are not in the charset it is told


class Mail(NamedTuple):
    markdown: str
    warnings: list[str]


class MailParts(NamedTuple):
    """A mail of any format as texts, with the mails in it; of those nested too deeply the subject alone."""

    subject: str
    headers: Mapping[str, str]  # those of MAIL_HEADERS that it has
    body: str
    attachments: list[str]  # each with its name, type and size
    mails: list[MailParts]


def mail_to_markdown(mail_bytes: bytes) -> Mail:
    """A mail (.eml) as `mail_of_parts` gives it. Raises BadDocument for a mail that is encrypted."""
    mail_text, mail_encoding = decode_text(mail_bytes)
    if mail_encoding.startswith(("utf-16", "utf-32", "utf-8-sig")):
        mail_bytes = mail_text.encode()
    message = email.message_from_bytes(mail_bytes, policy=email.policy.default)
    if message.get_content_type() in ("multipart/encrypted", "application/pkcs7-mime"):
        raise BadDocument("it is encrypted; save the text of the mail")
    return mail_of_parts(_mail_parts(message, 0))


def mail_of_parts(mail_parts: MailParts) -> Mail:
    """The subject as a heading, the headers that say who and when, the body, and by name what is not read."""
    attachment_count = len(mail_parts.attachments)
    attachment_warning = f"attachments are named and not read ({attachment_count}); put them beside it as documents"
    warnings = [attachment_warning] * bool(attachment_count)
    unread_mails: list[str] = []
    mail_markdown = _mail_markdown(mail_parts, 0, unread_mails)
    if unread_mails:
        subjects = "; ".join(unread_mails)
        warnings.append(f"mails in mails are read to a depth of {MOST_NESTED_MAILS}, and these are not: {subjects}")
    return Mail(mail_markdown, warnings)


def is_mail(mail_start: str) -> bool:
    """Whether a text begins with a header field of a mail and has three of them before its first blank line."""
    mail_header_fields = mail_start.split("\n\n", 1)[0].replace("\r", "").split("\n")
    return (
        sum(_MAIL_HEADER_FIELD.match(header_line) is not None for header_line in mail_header_fields) >= 3
        and _MAIL_HEADER_FIELD.match(mail_start) is not None
    )


def mail_subject(subject: str) -> str:
    """What a mail is called."""
    return subject or "Mail without a subject"


def _mail_parts(message: EmailMessage, depth: int) -> MailParts:
    subject, mails = mail_subject(_header_value(message, "Subject")), list[MailParts]()
    if depth > MOST_NESTED_MAILS:
        return MailParts(subject, {}, "", [], mails)
    headers = {header: value for header in MAIL_HEADERS if (value := _header_value(message, header))}
    mails += [_mail_parts(embedded_mail, depth + 1) for embedded_mail in _embedded_mails(message)]
    return MailParts(subject, headers, _mail_body(message), list(_describe_attachments(message)), mails)


def _mail_markdown(mail_parts: MailParts, depth: int, unread_mails: list[str]) -> str:
    """Of mails that are nested too deeply, the subjects go into `unread_mails`."""
    mail_header_lines = [f"{header}: {value}" for header, value in mail_parts.headers.items()]
    mail_sections = [f"# {mail_parts.subject}", "  \n".join(mail_header_lines), mail_parts.body]
    if depth < MOST_NESTED_MAILS:
        mail_sections += [_mail_markdown(nested_mail, depth + 1, unread_mails) for nested_mail in mail_parts.mails]
    else:
        unread_mails += [nested_mail.subject for nested_mail in mail_parts.mails]
    if mail_parts.attachments:
        mail_sections.append("Attachments: " + "; ".join(mail_parts.attachments))
    return "\n\n".join(section.strip() for section in mail_sections if section.strip())


def _header_value(message: Message, header: str) -> str:
    try:
        return " ".join(str(message.get(header) or "").split())
    except _MAIL_HEADER_ERRORS:
        return ""


def _mail_body(message: EmailMessage) -> str:
    return "\n\n".join(stripped for mail_body in _mail_bodies(message) if (stripped := mail_body.strip()))


def _mail_bodies(mime_part: EmailMessage) -> Iterator[str]:
    """The texts of a mail in their order, also those between and below what is attached; alternatives once."""
    mail_type = mime_part.get_content_type()
    if mail_type == "message/delivery-status":
        yield "\n\n".join(_mail_status_fields(status) for status in _mail_subparts(mime_part))
    elif mail_type == "multipart/alternative":
        yield fullest_alternative([_mail_body(alternative) for alternative in _mail_subparts(mime_part)])
    elif mail_type == "multipart/related":
        yield from (mail_body for root in _mail_subparts(mime_part)[:1] for mail_body in _mail_bodies(root))
    elif mime_part.is_multipart() and mail_type != "message/rfc822":
        yield from (mail_body for subpart in _mail_subparts(mime_part) for mail_body in _mail_bodies(subpart))
    elif mail_type in _READ_MAIL_TYPES and not _is_attached(mime_part):
        yield html_to_markdown(_mail_text(mime_part)) if mail_type == "text/html" else _mail_text(mime_part)


def _mail_status_fields(delivery_status: EmailMessage) -> str:
    """What a report says of a delivery; its text is decoded as that of headers is."""
    return "\n".join(
        f"{header_name}: {_header_value(delivery_status, header_name)}"
        for header_name in dict.fromkeys(delivery_status.keys())
    )


def fullest_alternative(mail_bodies: Sequence[str]) -> str:
    """The last of several alternatives, which is the richest, unless another one says much more."""
    most_words = max((len(body.split()) for body in mail_bodies), default=0)
    return next((body for body in reversed(mail_bodies) if body and 2 * len(body.split()) >= most_words), "")


def _mail_text(mime_part: EmailMessage) -> str:
    """A part's text; where its charset is unknown, or its bytes are in another, that of the bytes."""
    try:
        mail_part = str(mime_part.get_content())
    except _MAIL_HEADER_ERRORS:
        mail_part = _UNDECODABLE_IN_MAIL
    mail_payload = mime_part.get_payload(decode=True) if _UNDECODABLE_IN_MAIL in mail_part else None
    return (
        decode_text(mail_payload)[0]
        if isinstance(mail_payload, bytes) and mail_payload
        else mail_part.replace(_UNDECODABLE_IN_MAIL, "")
    )


def _mail_subparts(mime_part: EmailMessage) -> list[EmailMessage]:
    payload = mime_part.get_payload()
    return [subpart for subpart in payload if isinstance(subpart, EmailMessage)] if isinstance(payload, list) else []


def _is_attached(mime_part: EmailMessage) -> bool:
    return mime_part.get_content_disposition() == "attachment" or bool(_attachment_name(mime_part))


def _attachment_name(mime_part: EmailMessage) -> str:
    try:
        return mime_part.get_filename() or ""
    except _MAIL_HEADER_ERRORS:
        return ""


def _walk_mail_parts(mime_part: EmailMessage) -> Iterator[EmailMessage]:
    """A part or a mail, and the parts of it, not those of mails in it."""
    yield mime_part
    if mime_part.is_multipart() and mime_part.get_content_type() != "message/rfc822":
        for subpart in mime_part.iter_parts():
            if isinstance(subpart, EmailMessage):
                yield from _walk_mail_parts(subpart)


def _embedded_mails(message: EmailMessage) -> Iterator[EmailMessage]:
    for mime_part in _walk_mail_parts(message):
        if mime_part.get_content_type() == "message/rfc822" and (mail := _embedded_mail(mime_part)):
            yield mail


def _embedded_mail(mime_part: EmailMessage) -> EmailMessage | None:
    """The mail that a part holds; some programs write it in base64, which the library leaves as it is."""
    embedded_mail = next(iter(_mail_subparts(mime_part)), None)
    if embedded_mail is None or mime_part.get("Content-Transfer-Encoding", "").strip().lower() != "base64":
        return embedded_mail
    try:
        decoded_mail = binascii.a2b_base64(str(embedded_mail.get_payload()))
    except binascii.Error:
        return embedded_mail
    return email.message_from_bytes(decoded_mail, policy=email.policy.default)


def _describe_attachments(message: EmailMessage) -> Iterator[str]:
    """Name, type and size of what is attached, and of each part between the lines that is no text to be read."""
    for mime_part in _walk_mail_parts(message):
        if mime_part.is_multipart() or mime_part.get_content_type() == "message/rfc822":
            continue
        if _is_attached(mime_part) or mime_part.get_content_type() not in _READ_MAIL_TYPES:
            attachment_payload = mime_part.get_payload(decode=True)
            attachment_size = len(attachment_payload) if isinstance(attachment_payload, bytes) else 0
            attachment_name = _attachment_name(mime_part)
            yield describe_attachment(attachment_name, mime_part.get_content_type(), attachment_size)


def describe_attachment(attachment_name: str, mail_type: str, attachment_size: int) -> str:
    """The name, the type where it is known, and the size in bytes of what is attached, as one text."""
    type_and_size = ", ".join(filter(None, (mail_type, counted(attachment_size, "byte"))))
    return f"{attachment_name or 'without a name'} ({type_and_size})"
