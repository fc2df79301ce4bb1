"""Find what should not slip into a public dataset: email addresses, phone numbers, keys, card and account numbers.

Patterns find forms, not meaning: a name or a street is not seen. What is found is shown masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from groundwork.message_wording import counted
from groundwork.records import Record, Row

EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}\b")
# International (+44 20 7946 0958), bracketed ((020) 7946 0958) or grouped (555-123-4567); bare digits are amounts.
PHONE = re.compile(
    r"(?<![\w.,+-])(?:\+\d{1,3}[ ./-]?(?:\(0?\d{1,4}\)[ ./-]?)?\d{1,4}(?:[ ./-]?\d{2,4}){2,4}"
    r"|\(0?\d{2,4}\)[ ./-]?\d{3,4}(?:[ ./-]?\d{2,4}){1,2}"
    r"|\d{3}[.-]\d{3}[.-]\d{4})(?![\w-])"
)
PERSONAL_KEY = re.compile(
    r"\b(?:sk-[\w-]{16,}|hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{16}|AIza[\w-]{30,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
CARD = re.compile(r"(?<![\w.,-])\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}(?![\w-])")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")


class PersonalData(Record, frozen=True):
    """Something personal in a row, its middle masked."""

    id: str
    field: str
    kind: str
    masked: str


def scan_personal_data(rows: Sequence[Row]) -> list[PersonalData]:
    """Every finding in the texts of `rows`, each once."""
    personal_findings: dict[PersonalData, None] = {}
    for scanned_row in rows:
        for row_field, row_text in _scanned_texts(scanned_row):
            for kind, personal_text in find_personal_data(row_text):
                personal_findings[
                    PersonalData(
                        id=scanned_row.id, field=row_field, kind=kind, masked=mask_personal_text(personal_text)
                    )
                ] = None
    return list(personal_findings)


def personal_data_refusal(personal_findings: Sequence[PersonalData]) -> str:
    """Why rows with these findings are not made public, and what to do."""
    personal_examples = ", ".join(
        f"{personal_finding.id} ({personal_finding.kind} {personal_finding.masked})"
        for personal_finding in personal_findings[:5]
    )
    return (
        f"not pushed: {counted(len(personal_findings), 'place looks', 'places look')} personal: {personal_examples}; "
        "fix the rows, push without --public, or pass --allow-personal"
    )


def find_personal_data(scanned_text: str) -> Iterator[tuple[str, str]]:
    """(kind, matched text) of everything personal in `scanned_text`."""
    for kind, personal_pattern in (("email", EMAIL), ("phone number", PHONE), ("key", PERSONAL_KEY)):
        yield from ((kind, match[0]) for match in personal_pattern.finditer(scanned_text))
    yield from (("card number", match[0]) for match in CARD.finditer(scanned_text) if _has_luhn_digit(match[0]))
    yield from (("account number", match[0]) for match in IBAN.finditer(scanned_text) if _has_iban_digits(match[0]))


def mask_personal_text(scanned_text: str) -> str:
    """The first two and the last two characters, enough to find the place."""
    return f"{scanned_text[:2]}***{scanned_text[-2:]}"


def _scanned_texts(scanned_row: Row) -> Iterator[tuple[str, str]]:
    yield from (("question", scanned_row.question), ("answer", scanned_row.answer), ("context", scanned_row.context))
    yield from (("evaluation_criteria", scanned_text) for scanned_text in scanned_row.evaluation_criteria)
    yield from (("evidence", scanned_text) for scanned_text in scanned_row.evidence)
    yield from (("original_question", scanned_row.original_question), ("original_answer", scanned_row.original_answer))


def _has_luhn_digit(card_number: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812)."""
    card_digits = [int(c) for c in reversed(card_number) if c.isdigit()]
    luhn_sum = sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(card_digits))
    return 13 <= len(card_digits) <= 19 and luhn_sum % 10 == 0 and len(set(card_digits)) > 1


def _has_iban_digits(matched_iban: str) -> bool:
    """The check digits of account numbers (ISO 13616)."""
    account_number = matched_iban.replace(" ", "")
    return (
        15 <= len(account_number) <= 34
        and int("".join(str(int(c, 36)) for c in account_number[4:] + account_number[:4])) % 97 == 1
    )
