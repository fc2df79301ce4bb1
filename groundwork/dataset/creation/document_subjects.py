"""What each document is about, in the words that its questions use for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.data_folder.read_write import read_json
from groundwork.records import Document, Summary


@dataclass(frozen=True)
class Subjects:
    """`context`: what all documents are about (qa.context); `names`: by document, what questions call its subject."""

    context: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, document: str) -> str:
        """The context and the document's own name, the longer alone where it holds the other. Other names say
        nothing of these rows.
        """
        subject_phrases = [self.context.strip(), self.names.get(document, "").strip()]
        longer_subject = max(subject_phrases, key=len)
        if all(phrase.casefold() in longer_subject.casefold() for phrase in subject_phrases):
            return longer_subject
        return "; ".join(subject_phrases)


def read_subjects(context: str, text_files: Sequence[Path], summary_files: Sequence[Path]) -> Subjects:
    """The subjects of the documents in `text_files`: `context`, and of each the name that its summary decided on, or
    its title where none was decided.
    """
    names = {summary_file.stem: read_json(summary_file, Summary).name for summary_file in summary_files}
    titles = {text_file.stem: read_json(text_file, Document).title for text_file in text_files}
    return Subjects(context, {document: names.get(document) or title for document, title in titles.items()})
