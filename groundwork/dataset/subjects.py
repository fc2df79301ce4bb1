"""What the rows of each document are about, in words: what a rewording keeps, and what a model is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Subjects:
    """`context`: what all documents are about (qa.context); `names`: by document, what questions call its subject."""

    context: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, document: str) -> str:
        """The context and the document's own name; other documents' names say nothing of its rows."""
        return f"{self.context.strip()} {self.names.get(document, '').strip()}".strip()
