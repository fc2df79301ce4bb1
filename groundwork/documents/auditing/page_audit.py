"""Hold a page's Markdown against the PDF's own text layer: what is lost, glued, shuffled or said twice.

The text layer is the reference because it is what the file's author put there. Its order is that of the file's
content: the reading order on most pages, so that words which stand side by side in it should do so in the Markdown.
Only within a table the neighbours may be others: the layer reads line by line what Markdown reads cell by cell.

Of formulas the layer has "σ0ui" and "uˆ2i" where the Markdown has `\\sigma _{0}u_{i}` and `\\hat{u}_{i}^{2}`: the
letters are the same. Each letter of a formula stands for one of the layer's and for no second one.

From right to left the layer may give the letters of one glyph, such as lam and alef, in another order than a rendition,
and may leave out vowel signs or set them elsewhere: a word with the same letters is the same word, unless it is the
other one turned around from end to end.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import regex

from groundwork.documents.auditing.formula_letters import FormulaLetters
from groundwork.documents.dot_leaders import without_leaders
from groundwork.language.language_and_script import is_right_to_left, is_shaped
from groundwork.language.numbers import digit_runs
from groundwork.language.words import words_or_characters
from groundwork.markdown.running_page_lines import page_labels
from groundwork.records import PageAudit

_AUDITED_VOWEL_SIGNS = regex.compile(r"[\p{M}\u0640\u200c-\u200f\u2066-\u2069]")  # tatweel, joiners, directions


class AuditedShares(NamedTuple):
    """Shares between 0 and 1 of the text layer's words that are kept, of its neighbouring words that are still
    neighbours, and of those that stand the other way round; and of the audited words those that are glued, or repeated.
    """

    kept: float
    neighbours: float
    turned: float = 0.0
    glued: float = 0.0
    repeated: float = 0.0


def audited_words_without_vowels(text: str) -> list[str]:
    """The words of a text without vowel signs."""
    return words_or_characters(_AUDITED_VOWEL_SIGNS.sub("", text.casefold()))


def audit_right_to_left_words(
    reference_words: Sequence[str], audited_words: Sequence[str], audited_tables: Sequence[Sequence[str]]
) -> AuditedShares:
    """A rendition's words against those of the layer; two words of one of its `audited_tables` count as neighbours."""
    if reference_words == audited_words or not reference_words:
        return AuditedShares(1.0, 1.0)
    missing_words = Counter(reference_words) - Counter(audited_words)
    extra_words = Counter(audited_words) - Counter(reference_words)
    respelt = _count_respelt_audited_words(missing_words, extra_words)
    audited_share = 1 - (missing_words.total() - respelt) / len(reference_words)
    reference_pairs, audited_pairs = (
        Counter(pairwise(map(_sorted_letters, words))) for words in (reference_words, audited_words)
    )
    table_letters = [set(map(_sorted_letters, table)) for table in audited_tables]
    lost_audited_pairs, new_audited_pairs = reference_pairs - audited_pairs, audited_pairs - reference_pairs
    lost_outside_tables = Counter(
        {pair: n for pair, n in lost_audited_pairs.items() if not any(set(pair) <= table for table in table_letters)}
    )
    turned_audited_pairs = sum(min(n, new_audited_pairs[b, a]) for (a, b), n in lost_outside_tables.items())
    return AuditedShares(
        audited_share,
        1 - lost_outside_tables.total() / max(1, reference_pairs.total()),
        turned_audited_pairs / max(1, reference_pairs.total()),
    )


def _sorted_letters(word: str) -> str:
    return "".join(sorted(word))


def _count_respelt_audited_words(missing_words: Counter[str], extra_words: Counter[str]) -> int:
    """How many of the missing words are there with their letters in another order, which is not the turned one."""
    respelt_words = 0
    words_by_letters: dict[str, Counter[str]] = {}
    for word, n in extra_words.items():
        words_by_letters.setdefault(_sorted_letters(word), Counter())[word] = n
    for word, n in missing_words.items():
        words_of_same_letters = words_by_letters.get(_sorted_letters(word), Counter())
        respelt_words += min(n, words_of_same_letters.total() - words_of_same_letters[word[::-1]])
    return respelt_words


_UNAUDITED_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL)
UNAUDITED_ESCAPE = re.compile(r"\\(?=[^\w\s])")
_AUDITED_HYPHEN = re.compile(r"[-‐‑](?<=[^\W\d_].)\s*(?=[^\W\d_])")  # hyphens, so that broken and mended words are one
_AUDITED_TABLE = re.compile(r"(?:^[ \t]*\|.*\n?)+", re.MULTILINE)
_WORDS_OF_REPEATED_RUN = 6  # words of a run that counts as repeated
_DOUBLED_THAI_SHARE = 0.8  # of the letters of a Thai text layer, which says some of them twice, are all there are
_THAI = re.compile("[\u0e00-\u0eff]")


def page_words(text: str) -> list[str]:
    """The words of text or Markdown, lower case, ligatures resolved, hyphenated words as one."""
    return _audited_words(text_to_audit(text))


def page_digits(text: str) -> list[str]:
    """The runs of digits of text or Markdown as they are written, such as 1.2.3, 13 or 10,000."""
    return _audited_digits(text_to_audit(text))


def _audited_words(text: str) -> list[str]:
    unhyphenated = _AUDITED_HYPHEN.sub("", text) if "-" in text or "‐" in text or "‑" in text else text
    return words_or_characters(unhyphenated.casefold())


def _audited_digits(audited_text: str) -> list[str]:
    return digit_runs(without_leaders(audited_text))


@lru_cache(maxsize=8)  # a page is asked for its words and its numbers, before and after mending
def text_to_audit(text: str) -> str:
    """Markdown without images, link targets, tags, comments and escapes; compatibility characters resolved."""
    text = UNAUDITED_ESCAPE.sub("", text) if "\\" in text else text
    text = _UNAUDITED_MARKUP.sub(" ", text) if "<" in text or "](" in text else text
    return unicodedata.normalize("NFKC", html.unescape(text) if "&" in text else text)


class AuditReference:
    """A page's text layer, prepared once for several renditions.

    Of a `shaped` script it holds the right letters in the wrong order: letters are compared, and words of those from
    right to left with a tolerance.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        bare = text_to_audit(text)
        self.shaped = is_shaped(bare)
        self.words = _audited_words(bare)
        self.numbers = _audited_digits(bare)

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.words)

    def audit(self, audited_markdown: str) -> PageAudit:
        """Shares between 0 and 1; an empty reference is kept by everything."""
        audited_text = text_to_audit(audited_markdown)
        lost_numbers = self._lost_numbers(_audited_digits(audited_text))
        if self.shaped:
            audit_shares = self._shares_by_letters(audited_markdown, audited_text)
        else:
            lost_numbers -= FormulaLetters(audited_markdown if lost_numbers else "").take(lost_numbers)
            audit_shares = self._shares_by_words(audited_markdown, _audited_words(audited_text))
        numbers_kept = 1 - lost_numbers.total() / len(self.numbers) if self.numbers else 1.0
        unspoiled_share = audit_shares.kept * numbers_kept * (1 - audit_shares.glued) * (1 - audit_shares.repeated)
        return PageAudit(
            words_kept=round(audit_shares.kept, 4),
            pairs_kept=round(audit_shares.neighbours, 4),
            numbers_kept=round(numbers_kept, 4),
            glued=round(audit_shares.glued, 4),
            repeated=round(audit_shares.repeated, 4),
            tables=count_markdown_tables(audited_markdown),
            text_kept=round(unspoiled_share * (0.9 + 0.1 * audit_shares.neighbours) * (1 - audit_shares.turned), 4),
            lost_numbers=sorted(lost_numbers)[:20],
        )

    def _lost_numbers(self, audited_numbers: list[str]) -> Counter[str]:
        """The reference's numbers that are gone; a page's label is none."""
        if audited_numbers == self.numbers:
            return Counter()
        return Counter(self.numbers) - Counter(audited_numbers) - Counter(page_labels(self.text))

    def _shares_by_words(self, audited_markdown: str, audited_words: list[str]) -> AuditedShares:
        if audited_words == self.words:  # as on most pages
            return AuditedShares(1.0, 1.0)
        words_kept, glued = self._words_kept_and_glued(audited_words, FormulaLetters(audited_markdown))
        has_rows = audited_markdown.startswith("|") or "\n|" in audited_markdown
        words_once = _audited_words(text_to_audit(_unfill_cells(audited_markdown))) if has_rows else audited_words
        neighbours = self._neighbours_kept(audited_words, audited_markdown)
        return AuditedShares(words_kept, neighbours, glued=glued, repeated=self._repeated_share(words_once))

    def _shares_by_letters(self, audited_markdown: str, audited_text: str) -> AuditedShares:
        """By letters, whatever their order; from right to left also by words, since those are in order."""
        reference_text = text_to_audit(self.text)
        audit_shares = AuditedShares(_audited_letters_kept(reference_text, audited_text), 1.0)
        if is_right_to_left(reference_text):
            audited_tables = (text_to_audit(table) for table in _AUDITED_TABLE.findall(audited_markdown))
            audit_shares = audit_right_to_left_words(
                audited_words_without_vowels(reference_text),
                audited_words_without_vowels(audited_text),
                [audited_words_without_vowels(table) for table in audited_tables],
            )
        letters_once = sum(map(str.isalpha, text_to_audit(_unfill_cells(audited_markdown))))
        reference_letters = sum(map(str.isalpha, reference_text))
        return audit_shares._replace(repeated=max(0.0, 1 - reference_letters / letters_once) if letters_once else 0.0)

    def _words_kept_and_glued(self, audited_words: list[str], formula_letters: FormulaLetters) -> tuple[float, float]:
        """The share of the reference's words that are there, and of the words found that are several of its in one."""
        audited_counts = Counter(audited_words)
        words_kept = sum(min(n, audited_counts[word]) for word, n in self.counts.items() if word in audited_counts)
        words_kept += formula_letters.take(self.counts - audited_counts).total()
        unknown_words = [word for word in audited_counts if word not in self.counts and len(word) > 3]
        squeezed_reference = "".join(self.words) if unknown_words else ""
        glued_words = sum(audited_counts[word] for word in unknown_words if word in squeezed_reference)
        glued_share = glued_words / len(audited_words) if audited_words else 0.0
        return words_kept / len(self.words) if self.words else 1.0, glued_share

    def _neighbours_kept(self, audited_words: list[str], audited_markdown: str) -> float:
        """The share of the reference's neighbouring words that are still neighbours, or stand in one table."""
        reference_pairs = Counter(pairwise(self.words))
        lost_audited_pairs = reference_pairs - Counter(pairwise(audited_words))
        if not reference_pairs or not lost_audited_pairs:
            return 1.0
        audit_tables = [set(_audited_words(text_to_audit(table))) for table in _AUDITED_TABLE.findall(audited_markdown)]
        lost_outside_tables = sum(
            n
            for (a, b), n in lost_audited_pairs.items()
            if not any(a in table and b in table for table in audit_tables)
        )
        return 1 - lost_outside_tables / reference_pairs.total()

    def _repeated_share(self, audited_words: list[str]) -> float:
        """The share of words in runs of six that come more often than in the reference, of those at the most that it
        does not hold so often: the figures along the axes of a chart are read in another order, and make runs too."""
        audited_runs = Counter(zip(*(audited_words[k:] for k in range(_WORDS_OF_REPEATED_RUN)), strict=False))
        repeated_audited_runs = {run: n for run, n in audited_runs.items() if n > 1}
        if not repeated_audited_runs:
            return 0.0
        reference_runs = Counter(zip(*(self.words[k:] for k in range(_WORDS_OF_REPEATED_RUN)), strict=False))
        extra_audited_runs = sum(max(0, n - max(1, reference_runs[run])) for run, n in repeated_audited_runs.items())
        surplus_words = (Counter(audited_words) - self.counts).total()
        return min(extra_audited_runs, surplus_words) / len(audited_words)


def _audited_letters_kept(reference_text: str, audited_text: str) -> float:
    reference_letters, audited_letters = (Counter(filter(str.isalpha, text)) for text in (reference_text, audited_text))
    letters_kept = (reference_letters & audited_letters).total() / reference_letters.total()
    is_said_twice = letters_kept >= _DOUBLED_THAI_SHARE and audited_letters <= reference_letters
    return 1.0 if is_said_twice and _THAI.search(audited_text) else letters_kept


def _unfill_cells(audited_markdown: str) -> str:
    """Tables without the cells that say the same as the one before them: a merged cell is in all of its columns."""
    audited_cells_above: list[str] = []
    audited_lines = []
    for audited_line in audited_markdown.split("\n"):
        audited_cells = audited_line.split("|") if audited_line.startswith("|") else []
        unfilled_cells = [
            cell if cell not in audited_cells[max(0, k - 1) : k] + audited_cells_above[k : k + 1] else ""
            for k, cell in enumerate(audited_cells)
        ]
        audited_lines.append(" ".join(unfilled_cells) if audited_cells else audited_line)
        audited_cells_above = audited_cells
    return "\n".join(audited_lines)


def count_markdown_tables(markdown: str) -> int:
    """Markdown tables, counted by their delimiter rows."""
    return len(re.findall(r"^\s*\|(?:\s*:?-+:?\s*\|)+\s*$", markdown, re.MULTILINE))
