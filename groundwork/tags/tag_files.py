"""The tags of datasets: `data/tags/<dataset>.jsonl`, and how often each is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from groundwork.dataset.loading import DatasetSource
from groundwork.records.artifacts import Workspace, read_jsonl
from groundwork.records.runs import tag_file
from groundwork.records.types import Tags
from groundwork.tags import synonyms


def tags_by_question(data: Workspace, sources: Sequence[DatasetSource]) -> dict[str, list[str]]:
    """Tags by question: of every dataset, since a split or a merged run holds questions that were tagged as another's.

    Where two files disagree (one was changed by hand), those of `sources` win. Tags that synonyms.json takes together
    are one here too.
    """
    into = synonyms.applied(synonyms.read_synonyms(data.path("tags", "synonyms.json")))
    own = [tag_file(data, source.key) for source in sources]
    files = sorted(data.path("tags").glob("*.jsonl"), key=lambda file: (file in own, file.name))
    return {
        row.question: list(dict.fromkeys(into.get(tag, tag) for tag in row.tags))
        for file in files
        for row in read_jsonl(file, Tags)
    }


def count(rows: Sequence[Tags], into: Mapping[str, str]) -> Counter[str]:
    """How many questions bear each tag, synonyms taken together."""
    return Counter(tag for row in rows for tag in {into.get(tag, tag) for tag in row.tags})
