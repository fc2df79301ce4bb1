"""Warnings that differ in numbers alone, told once: by kind and document, and of many documents by an example."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_DOCUMENTS_OF_A_KIND = 3  # documents that a kind of warning is told of one by one
MAX_WARNING_NUMBERS = 12
_WARNING_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)*")


def group_warnings(warnings: Sequence[tuple[str, str]]) -> list[str]:
    """A line for each kind of warning of a document, and one for a kind that many documents share.

    `warnings`: (document, text).
    """
    return [f"  warning  {documents}: {text}" for documents, text in group_similar(warnings)]


def group_similar(texts_of_documents: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(document, text) for each kind of text of a document; of a kind that many share one, with their number.

    Texts are of one kind when they differ in numbers and the document's name alone; the digits of a name such as cp1252
    are no number.
    """
    warnings_by_kind: dict[str, dict[str, list[str]]] = {}
    for document, warning_text in texts_of_documents:
        plain_warning = warning_text.removeprefix(f"{document}: ")
        warning_kind = _WARNING_NUMBER.sub("#", plain_warning.replace(document, "#"))
        warnings_by_kind.setdefault(warning_kind, {}).setdefault(document, []).append(plain_warning)
    warning_groups: list[tuple[str, str]] = []
    for similar_by_document in warnings_by_kind.values():
        document_warnings = list(similar_by_document.items())
        if len(document_warnings) > MAX_DOCUMENTS_OF_A_KIND:
            document, similar_warnings = document_warnings[0]
            many_documents = f"{len(document_warnings):,} of one kind, such as {document}"
            document_warnings = [(many_documents, similar_warnings)]
        warning_groups += [(names, _merge_similar_warnings(similar)) for names, similar in document_warnings]
    return warning_groups


def _merge_similar_warnings(similar_warnings: list[str]) -> str:
    """The first of warnings that differ in numbers alone, and the first number of the others."""
    if len(similar_warnings) == 1:
        return similar_warnings[0]
    warning_numbers = [match[0] for text in similar_warnings[1:] if (match := _WARNING_NUMBER.search(text))]
    more_numbers = ": " * bool(warning_numbers) + ", ".join(warning_numbers[:MAX_WARNING_NUMBERS])
    more_numbers += " …" if len(warning_numbers) > MAX_WARNING_NUMBERS else ""
    return f"{similar_warnings[0]} (and {len(similar_warnings) - 1:,} more{more_numbers})"
