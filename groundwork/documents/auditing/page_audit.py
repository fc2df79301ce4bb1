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
from groundwork.language.language_and_script import is_right_to_left, is_shaped, words_or_characters
from groundwork.language.numbers import digit_runs
from groundwork.markdown.running_page_lines import page_labels
from groundwork.records import PageAudit

_MARKS = regex.compile(r"[\p{M}\u0640\u200c-\u200f\u2066-\u2069]")  # vowel signs, tatweel, joiners and directions


class WordShares(NamedTuple):
    """Shares between 0 and 1 of the text layer's words that are kept, of its neighbouring words that are still
    neighbours, and of those that stand the other way round."""

    kept: float
    neighbours: float
    turned: float


def bare_words(text: str) -> list[str]:
    """The words of a text without vowel signs."""
    return words_or_characters(_MARKS.sub("", text.casefold()))


def compare_words(layer: Sequence[str], markdown: Sequence[str], tables: Sequence[Sequence[str]]) -> WordShares:
    """A rendition's words against those of the layer; two words of one of its `tables` count as neighbours."""
    if layer == markdown or not layer:
        return WordShares(1.0, 1.0, 0.0)
    missing, extra = Counter(layer) - Counter(markdown), Counter(markdown) - Counter(layer)
    kept = 1 - (missing.total() - _count_respelt(missing, extra)) / len(layer)
    pairs, found_pairs = (Counter(pairwise(map(_word_letters, words))) for words in (layer, markdown))
    cells = [set(map(_word_letters, table)) for table in tables]
    lost_pairs, new_pairs = pairs - found_pairs, found_pairs - pairs
    lost = Counter({pair: n for pair, n in lost_pairs.items() if not any(set(pair) <= table for table in cells)})
    turned = sum(min(n, new_pairs[b, a]) for (a, b), n in lost.items())
    return WordShares(kept, 1 - lost.total() / max(1, pairs.total()), turned / max(1, pairs.total()))


def _word_letters(word: str) -> str:
    return "".join(sorted(word))


def _count_respelt(missing: Counter[str], extra: Counter[str]) -> int:
    """How many of the missing words are there with their letters in another order, which is not the turned one."""
    respelt = 0
    by_letters: dict[str, Counter[str]] = {}
    for word, n in extra.items():
        by_letters.setdefault(_word_letters(word), Counter())[word] = n
    for word, n in missing.items():
        others = by_letters.get(_word_letters(word), Counter())
        respelt += min(n, others.total() - others[word[::-1]])
    return respelt


_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL)
MARKDOWN_ESCAPE = re.compile(r"\\(?=[^\w\s])")
_HYPHEN_IN_WORD = re.compile(r"[-‐‑](?<=[^\W\d_].)\s*(?=[^\W\d_])")  # hyphens, so that broken and mended words are one
_TABLE_BLOCK = re.compile(r"(?:^[ \t]*\|.*\n?)+", re.MULTILINE)
_RUN_WORDS = 6  # words of a run that counts as repeated
_DOUBLED = 0.8  # of the letters of a Thai text layer, which says some of them twice, are all there are
_THAI = re.compile("[\u0e00-\u0eff]")


def page_words(text: str) -> list[str]:
    """The words of text or Markdown, lower case, ligatures resolved, hyphenated words as one."""
    return _bare_words(plain_text(text))


def digits(text: str) -> list[str]:
    """The runs of digits of text or Markdown as they are written, such as 1.2.3, 13 or 10,000."""
    return _bare_digits(plain_text(text))


def _bare_words(text: str) -> list[str]:
    unhyphenated = _HYPHEN_IN_WORD.sub("", text) if "-" in text or "‐" in text or "‑" in text else text
    return words_or_characters(unhyphenated.casefold())


def _bare_digits(text: str) -> list[str]:
    return digit_runs(without_leaders(text))


@lru_cache(maxsize=8)  # a page is asked for its words and its numbers, before and after mending
def plain_text(text: str) -> str:
    """Markdown without images, link targets, tags, comments and escapes; compatibility characters resolved."""
    text = MARKDOWN_ESCAPE.sub("", text) if "\\" in text else text
    text = _MARKUP.sub(" ", text) if "<" in text or "](" in text else text
    return unicodedata.normalize("NFKC", html.unescape(text) if "&" in text else text)


class Reference:
    """A page's text layer, prepared once for several renditions.

    Of a `shaped` script it holds the right letters in the wrong order: letters are compared, and words of those from
    right to left with a tolerance.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        bare = plain_text(text)
        self.shaped = is_shaped(bare)
        self.words = _bare_words(bare)
        self.numbers = _bare_digits(bare)

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.words)

    def audit(self, markdown: str) -> PageAudit:
        """Shares between 0 and 1; an empty reference is kept by everything."""
        bare = plain_text(markdown)
        found_words, found_numbers = _bare_words(bare), _bare_digits(bare)
        if self.shaped:
            return self._audit_letters(markdown, bare, found_numbers)
        is_same = found_words == self.words  # as on most pages
        formulas = FormulaLetters("" if is_same else markdown)
        words_kept, glued = (1.0, 0.0) if is_same else self._words_kept(found_words, formulas)
        lost = self._lost_numbers(found_numbers)
        lost -= FormulaLetters(markdown if lost else "").take(lost)
        numbers_kept = 1 - lost.total() / len(self.numbers) if self.numbers else 1.0
        pairs_kept = 1.0 if is_same else self._pairs_kept(found_words, markdown)
        words_once = (
            found_words if is_same or not _has_rows(markdown) else _bare_words(plain_text(_unfill_cells(markdown)))
        )
        repeated = 0.0 if is_same else self._repeated(words_once)
        text_kept = words_kept * numbers_kept * (1 - glued) * (1 - repeated) * (0.9 + 0.1 * pairs_kept)
        return PageAudit(
            words_kept=round(words_kept, 4),
            pairs_kept=round(pairs_kept, 4),
            numbers_kept=round(numbers_kept, 4),
            glued=round(glued, 4),
            repeated=round(repeated, 4),
            tables=count_markdown_tables(markdown),
            text_kept=round(text_kept, 4),
            lost_numbers=sorted(lost)[:20],
        )

    def _lost_numbers(self, found_numbers: list[str]) -> Counter[str]:
        """The reference's numbers that are gone; a page's label is none."""
        if found_numbers == self.numbers:
            return Counter()
        return Counter(self.numbers) - Counter(found_numbers) - Counter(page_labels(self.text))

    def _audit_letters(self, markdown: str, bare: str, found_numbers: list[str]) -> PageAudit:
        """By letters and numbers, whatever their order; from right to left also by words, since those are in order."""
        layer_bare = plain_text(self.text)
        layer_letters, found_letters = (Counter(filter(str.isalpha, text)) for text in (layer_bare, bare))
        lost = self._lost_numbers(found_numbers)
        share = (layer_letters & found_letters).total() / layer_letters.total()
        letters_kept = 1.0 if share >= _DOUBLED and found_letters <= layer_letters and _THAI.search(bare) else share
        letters_once = sum(map(str.isalpha, plain_text(_unfill_cells(markdown))))
        repeated = max(0.0, 1 - layer_letters.total() / letters_once) if letters_once else 0.0
        numbers_kept = 1 - lost.total() / len(self.numbers) if self.numbers else 1.0
        words = WordShares(letters_kept, 1.0, 0.0)
        if is_right_to_left(layer_bare):
            tables = [bare_words(plain_text(table)) for table in _TABLE_BLOCK.findall(markdown)]
            words = compare_words(bare_words(layer_bare), bare_words(bare), tables)
        text_kept = words.kept * numbers_kept * (1 - repeated) * (0.9 + 0.1 * words.neighbours) * (1 - words.turned)
        return PageAudit(
            words_kept=round(words.kept, 4),
            pairs_kept=round(words.neighbours, 4),
            numbers_kept=round(numbers_kept, 4),
            glued=0.0,
            repeated=round(repeated, 4),
            tables=count_markdown_tables(markdown),
            text_kept=round(text_kept, 4),
            lost_numbers=sorted(lost)[:20],
        )

    def _words_kept(self, found_words: list[str], formulas: FormulaLetters) -> tuple[float, float]:
        """The share of the reference's words that are there, and of the words found that are several of its in one."""
        found_counts = Counter(found_words)
        words_kept = sum(min(n, found_counts[word]) for word, n in self.counts.items() if word in found_counts)
        words_kept += formulas.take(self.counts - found_counts).total()
        unknown = [word for word in found_counts if word not in self.counts and len(word) > 3]
        squeezed = "".join(self.words) if unknown else ""
        glued = sum(found_counts[word] for word in unknown if word in squeezed)
        return words_kept / len(self.words) if self.words else 1.0, glued / len(found_words) if found_words else 0.0

    def _pairs_kept(self, found_words: list[str], markdown: str) -> float:
        """The share of the reference's neighbouring words that are still neighbours, or stand in one table."""
        layer_pairs = Counter(pairwise(self.words))
        lost_pairs = layer_pairs - Counter(pairwise(found_words))
        if not layer_pairs or not lost_pairs:
            return 1.0
        tables = [set(_bare_words(plain_text(table))) for table in _TABLE_BLOCK.findall(markdown)]
        missing = sum(n for (a, b), n in lost_pairs.items() if not any(a in table and b in table for table in tables))
        return 1 - missing / layer_pairs.total()

    def _repeated(self, found_words: list[str]) -> float:
        """The share of words in runs of six that come more often than in the reference, of those at the most that it
        does not hold so often: the figures along the axes of a chart are read in another order, and make runs too."""
        runs = Counter(zip(*(found_words[k:] for k in range(_RUN_WORDS)), strict=False))
        repeated_runs = {run: n for run, n in runs.items() if n > 1}
        if not repeated_runs:
            return 0.0
        layer_runs = Counter(zip(*(self.words[k:] for k in range(_RUN_WORDS)), strict=False))
        extra = sum(max(0, n - max(1, layer_runs[run])) for run, n in repeated_runs.items())
        surplus = (Counter(found_words) - self.counts).total()
        return min(extra, surplus) / len(found_words)


def _has_rows(markdown: str) -> bool:
    return markdown.startswith("|") or "\n|" in markdown


def _unfill_cells(markdown: str) -> str:
    """Tables without the cells that say the same as the one before them: a merged cell is in all of its columns."""
    row_above: list[str] = []
    markdown_lines = []
    for markdown_line in markdown.split("\n"):
        cells = markdown_line.split("|") if markdown_line.startswith("|") else []
        new_cells = [
            cell if cell not in cells[max(0, k - 1) : k] + row_above[k : k + 1] else "" for k, cell in enumerate(cells)
        ]
        markdown_lines.append(" ".join(new_cells) if cells else markdown_line)
        row_above = cells
    return "\n".join(markdown_lines)


def count_markdown_tables(markdown: str) -> int:
    """Markdown tables, counted by their delimiter rows."""
    return len(re.findall(r"^\s*\|(?:\s*:?-+:?\s*\|)+\s*$", markdown, re.MULTILINE))
