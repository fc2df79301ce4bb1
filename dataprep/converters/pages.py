"""One converter's work on a document, made ready to be judged: converted, tidied, without running headers, audited."""

from __future__ import annotations

import msgspec

from dataprep.converters import Conversion, Request, run
from dataprep.converters.audit import Reference
from dataprep.converters.headers import running_keys, strip_running
from dataprep.converters.stitch import tidy
from dataprep.schema.records import PageAudit


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """Pages as asked for: Markdown, audit against the text layer, and the engine that made it."""

    pages: list[str]
    audits: list[PageAudit]
    engines: list[str]
    warnings: list[str]


def convert_pages(name: str, request: Request, layer: list[str]) -> Audited:
    """Run a converter on pages of a PDF. `layer` is the text layer of the whole document (or of its first pages)."""
    return audit_pages(name, run(name, request), request, layer)


def audit_pages(name: str, conversion: Conversion, request: Request, layer: list[str]) -> Audited:
    numbers = request.pages or list(range(1, len(layer) + 1))
    keys = running_keys(layer)
    pages = strip_running([tidy(page) for page in conversion.pages], keys, numbers)
    texts = strip_running([layer[number - 1] for number in numbers], keys, numbers)
    audits = [Reference(text).audit(page) for text, page in zip(texts, pages, strict=True)]
    engines = conversion.engines or [name] * len(pages)
    return Audited(pages=pages, audits=audits, engines=engines, warnings=conversion.warnings)
