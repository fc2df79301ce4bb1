"""The coverage of a document in numbers: lines for the terminal, and the JSON beside the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundwork.console import terminal_table
from groundwork.maps.coverage.document_coverage import AskedDocument, CoverageCount, CoverageItem, Kind, Section

SHOWN_SECTIONS = 40  # lines in the terminal
SHOWN_GAPS = 5
BAR = 20  # characters


def coverage_numbers(found: AskedDocument, text: str) -> dict[str, Any]:
    """The JSON beside the page: coverage by run and together, of the whole, of each section, and what nobody asks."""
    whole = found.counts()
    return {
        "document": found.document,
        "title": found.title,
        "runs": [{"run": run, **_questions(found, run), **_shares(whole[run])} for run in found.runs],
        "together": _shares(whole[""]),
        "sections": [
            {
                "headings": section.headings,
                "start": section.start,
                "end": section.end,
                "together": _shares((own := found.counts(section.start, section.end))[""]),
                "runs": {run: _shares(own[run]) for run in found.runs},
            }
            for section in found.sections
        ],
        "not_asked": [
            {"kind": place.kind, "start": place.start, "end": place.end, "text": text[place.start : place.end]}
            for place in document_gaps(found)
        ],
        "declined": [
            {
                "kind": place.kind,
                "start": place.start,
                "end": place.end,
                "text": text[place.start : place.end],
                "reasons": place.declined,
            }
            for place in found.places
            if place.declined and not place.asked and place.kind != "number"
        ],
        **({"figures": _figures(found)} if found.figures else {}),
    }


def _figures(found: AskedDocument) -> dict[str, Any]:
    """The figures, apart from all that is text: how many are asked about, together and by run, and which are not."""
    return {
        "of": len(found.figures),
        "asked": found.figures_asked(),
        "runs": {run: found.figures_asked(run) for run in found.runs},
        "not_asked": [
            {"file": one.file, "caption": one.caption, "start": one.start, "end": one.end}
            for one in found.figures
            if not one.asked
        ],
    }


def _questions(found: AskedDocument, run: str) -> dict[str, int]:
    own = [question for question in found.questions if question.run == run]
    return {"questions": len(own), "not_placed": sum(not question.placed for question in own)}


def document_gaps(found: AskedDocument) -> list[CoverageItem]:
    """The open sentences and rows, that no question covers and nobody declined, and the open numbers of the others."""
    result: list[CoverageItem] = []
    open_until = 0  # end of the untouched statement that the numbers behind it may lie in
    for place in found.places:
        if not place.open or (place.kind == "number" and place.end <= open_until):
            continue
        if place.kind != "number":
            open_until = place.end
        result.append(place)
    return result


def report_lines(found: AskedDocument, text: str) -> list[str]:
    """The lines for the terminal."""
    whole = found.counts()
    rows = [["", "sentences", "numbers", "rows", "declined", "questions"]]
    for run in [*found.runs, *([""] if len(found.runs) > 1 else [])]:
        questions = sum(not run or question.run == run for question in found.questions)
        shares = [percent(whole[run][kind]) for kind in ("sentence", "number", "row")]
        declined = sum(count.declined for kind, count in whole[run].items() if kind != "number")
        rows.append([run or "all together", *shares, f"{declined:,}", f"{questions:,}"])
    lines = [f"{found.document}: {found.title}", *terminal_table.table_lines(rows)]
    if found.figures:
        lines.append(f"  figures: {found.figures_asked():,} of {len(found.figures):,} asked about")
    lines += [line for section in found.sections[:SHOWN_SECTIONS] for line in _bar(found, section)]
    if len(found.sections) > SHOWN_SECTIONS:
        lines.append(f"  ... and {len(found.sections) - SHOWN_SECTIONS} more sections")
    left = [place for place in document_gaps(found) if place.kind != "number"]
    lines += [f"  nobody asks: {_short(text[place.start : place.end])}" for place in left[:SHOWN_GAPS]]
    if len(left) > SHOWN_GAPS:
        lines.append(f"  ... and {len(left) - SHOWN_GAPS} more; the page lists them")
    return lines


def _bar(found: AskedDocument, section: Section) -> list[str]:
    """One line: the share of a section's sentences and rows that anybody asks about; none where it has no text."""
    counted = found.counts(section.start, section.end)[""]
    of = counted["sentence"].of + counted["row"].of
    if not of:
        return []
    share = (counted["sentence"].asked + counted["row"].asked) / of
    filled = round(BAR * share)
    title = f"{'  ' * (section.level - 1)}{_short(section.title, 60)}"
    return [f"  {'█' * filled}{'░' * (BAR - filled)} {share:4.0%} of {of:3}  {title}"]


def _short(text: str, width: int = 90) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"


def percent(count: CoverageCount) -> str:
    return "–" if count.share is None else f"{count.share:.0%}"


def _shares(by_kind: Mapping[Kind, CoverageCount]) -> dict[str, Any]:
    """sentences, numbers, rows and touched (all of them), each with its share, 0..1, null where there are none."""
    everything = CoverageCount(**{
        field: sum(getattr(count, field) for count in by_kind.values()) for field in ("of", "asked", "declined")
    })  # fmt: skip
    named = {**{f"{kind}s": count for kind, count in by_kind.items()}, "touched": everything}
    return {
        name: {
            "share": None if count.share is None else round(count.share, 4),
            "asked": count.asked,
            "declined": count.declined,
            "of": count.of,
        }
        for name, count in named.items()
    }
