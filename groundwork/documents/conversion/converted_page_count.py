"""How many pages of a document are converted so far, and where that is shown."""

from __future__ import annotations

from typing import Protocol


class ConvertedPageCount(Protocol):
    """Where finished pages are shown."""

    def start(self, total: int, what: str) -> None: ...

    def advance(self, n: int = 1) -> None: ...


class ConvertedPages:
    """The pages of one document that are converted so far."""

    def __init__(self, page_count: ConvertedPageCount) -> None:
        self.converted_pages = 0
        self._page_count = page_count
        self._is_count_started = False

    def start_count(self, pages: int) -> None:
        """Show how many pages there are to convert, at the first time of saying."""
        if not self._is_count_started:
            self._page_count.start(pages, "pages")
        self._is_count_started = True

    def show(self, converted_pages: int) -> None:
        """How many pages are finished: fewer than before where the next converter has some of them again."""
        self._page_count.advance(converted_pages - self.converted_pages)
        self.converted_pages = converted_pages

    def count_more(self, pages: int = 1) -> None:
        self.show(self.converted_pages + pages)
