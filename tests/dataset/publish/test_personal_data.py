"""The scan for personal data finds the usual forms and leaves ordinary numbers alone."""

import pytest

from groundwork.dataset.publish.personal_data import find_personal_data, mask_personal_text, scan_personal_data
from tests.dataset.rows import row


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to ann.lee+x@mail.example.org.", "email"),
        ("Call +44 20 7946 0958 today", "phone number"),
        ("Call (020) 7946 0958", "phone number"),
        ("Call 555-123-4567.", "phone number"),
        ("+353 (0)1 234 5678", "phone number"),
        ("token hf_abcdefghijklmnopqrstuvwx", "key"),
        ("OPENAI=sk-proj-abcdefghijklmnop1234", "key"),
        ("AKIAIOSFODNN7EXAMPLE", "key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "key"),
        ("paid by 4111 1111 1111 1111", "card number"),
        ("to GB82 WEST 1234 5698 7654 32", "account number"),
    ],
)
def test_what_is_personal_is_found(text, kind):
    """Addresses, numbers and keys in their usual forms."""
    assert [found for found, _ in find_personal_data(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "A lap is 2,500 m on Course A and 2.000 m on Course B.",
        "from 2021-2022 to 2024/2025, 10.11.2026 and 2026-11-22",
        "ISBN 978-3-16-148410-0, rule 1.1.3, Fig. 12-3",
        "Either 4111 1111 1111 1112 or 0000 0000 0000 0000",
        "GB00 WEST 1234 5698 7654 32 is no account",
        "70 x 50 metres, 3 h 30 min, +5 points, (5) 12 14",
        "@home sk-short hf_short a@b",
        "Values 100 200 300 400 500 600",
    ],
)
def test_amounts_dates_and_references_are_not(text):
    """Numbers of ordinary documents, and numbers whose check digits are wrong, raise no alarm."""
    assert list(find_personal_data(text)) == []


def test_every_field_is_looked_at_once():
    """All texts of a row, and no finding twice; the text itself is shown masked."""
    found = scan_personal_data(
        [row(1, answer="a@b.example a@b.example", evidence=["c@d.example"], original_answer="e@f.example")]
    )
    assert [(f.field, f.masked) for f in found] == [
        ("answer", "a@***le"),
        ("evidence", "c@***le"),
        ("original_answer", "e@***le"),
    ]
    assert "secret" not in mask_personal_text("sk-secret-1")
