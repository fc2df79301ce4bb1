"""The vocabulary of tags that every batch takes them from.

`data/tags/vocabulary.json` holds the tags in the order in which they came, and those that are no longer given because
they fit nearly every question. You may take tags out, put some in, or delete the file: the next run proposes anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.data_folder.read_write import read_json, write_json
from groundwork.errors import BadRecord, UnitError
from groundwork.llm.prompt_templates import render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.tags.tag_files import tags_on_file_by_question
from groundwork.tags.tag_forms import normalise_tag, tag_form

if TYPE_CHECKING:
    from groundwork.settings.config_schema import TagSettings
    from groundwork.stage_runner.stage_command import Job


COMMON_SHARE = 0.6  # of the questions: a tag on more of them tells none apart
MIN_QUESTIONS = 20  # questions, below which no tag is too common
MIN_TAGS_FACTOR = 3  # times the tags of a question: so many a vocabulary may always have
PROPOSED_SHARE = 2 / 3  # of what it may have; the rest is room for what the sample lacks
PROPOSAL_SAMPLE = 200  # questions from which a vocabulary is proposed


class VocabularyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """data/tags/vocabulary.json."""

    tags: list[str] = []
    too_common: list[str] = []


@dataclass
class TagVocabulary:
    """Tags by their form, of which there may be `max_size`."""

    max_size: int
    too_common: list[str] = field(default_factory=list)
    _tags: dict[str, str] = field(default_factory=dict)

    @property
    def tags(self) -> list[str]:
        return list(self._tags.values())

    @property
    def room(self) -> int:
        return max(0, self.max_size - len(self._tags))

    def canonical_tag(self, tag: str) -> str:
        """The tag that says the same, in whatever number and order of words; "" where there is none."""
        return self._tags.get(tag_form(tag), "")

    def add(self, tags: Iterable[str]) -> None:
        struck_forms = {tag_form(tag) for tag in self.too_common}
        for tag in tags:
            if tag_form(tag) not in struck_forms:
                self._tags.setdefault(tag_form(tag), tag)

    def strike(self, tags: Iterable[str]) -> None:
        """Tags that are not given any more."""
        for tag in tags:
            self._tags.pop(tag_form(tag), None)
            self.too_common.append(tag)

    def settle_tags(self, tags: Sequence[str], max_tags: int) -> list[str]:
        """A question's tags as they are given: the known ones, new ones while there is room, else the nearest.

        A new tag that is taken joins the vocabulary, where there are too few to choose from even without room.
        """
        settled_tags: list[str] = []
        for tag in tags:
            if not self.canonical_tag(tag) and (self.room or len(self._tags) < max_tags):
                self.add([tag])
            settled_tags.append(self.canonical_tag(tag))
        for tag_index, tag in enumerate(settled_tags):
            if not tag or tag in settled_tags[:tag_index]:
                settled_tags[tag_index] = self._nearest_tag(tags[tag_index], settled_tags) or tags[tag_index]
        return settled_tags

    def foreign_tags(self, tags: Iterable[str]) -> list[str]:
        """The tags that are not in the vocabulary, each once."""
        return list(dict.fromkeys(tag for tag in tags if not self.canonical_tag(tag)))

    def _nearest_tag(self, tag: str, excluded: Sequence[str]) -> str:
        """The tag with most words in common, then most letters, that is not among `excluded`."""
        tag_words = set(tag_form(tag).split())
        shared_words = {
            known_tag: len(tag_words.intersection(form.split()))
            for form, known_tag in self._tags.items()
            if known_tag not in excluded
        }
        most_shared = max(shared_words.values(), default=0)
        vocabulary_tags = [known_tag for known_tag, count in shared_words.items() if count == most_shared]
        return max(vocabulary_tags, key=lambda known_tag: SequenceMatcher(None, tag, known_tag).ratio(), default="")


def vocabulary_size(question_count: int, settings: TagSettings) -> int:
    """How many tags a vocabulary for so many questions may have."""
    vocabulary_wanted = min(question_count // settings.questions_per_tag, settings.max_vocabulary)
    return max(vocabulary_wanted, MIN_TAGS_FACTOR * settings.max_tags)


def tags_to_strike(tags: Mapping[str, Sequence[str]]) -> list[str]:
    """The tags that more than COMMON_SHARE of the questions bear; `tags`: by question."""
    tag_counts = Counter(tag for question_tags in tags.values() for tag in question_tags)
    return [
        tag
        for tag, tagged_questions in tag_counts.most_common()
        if len(tags) >= MIN_QUESTIONS and tagged_questions > COMMON_SHARE * len(tags)
    ]


def read_vocabulary(vocabulary_files: Iterable[Path], max_size: int) -> TagVocabulary:
    """The vocabulary that the files hold together. Raises BadRecord where one was edited into something else."""
    vocabulary = TagVocabulary(max_size)
    for vocabulary_file in vocabulary_files:
        if vocabulary_file.exists():
            try:
                saved_vocabulary = read_json(vocabulary_file, VocabularyFile)
            except BadRecord as error:
                raise BadRecord(f"{error}; fix it, or delete it: the next run proposes a new one") from error
            vocabulary.too_common += [tag for tag in saved_vocabulary.too_common if tag not in vocabulary.too_common]
            vocabulary.add(saved_vocabulary.tags)
    return vocabulary


def write_vocabulary(vocabulary_file: Path, vocabulary: TagVocabulary) -> None:
    write_json(vocabulary_file, VocabularyFile(tags=vocabulary.tags, too_common=vocabulary.too_common))


class Proposal(msgspec.Struct):
    tags: list[str]


async def propose_vocabulary(job: Job, vocabulary: TagVocabulary, questions_to_tag: Sequence[str]) -> None:
    """Fill an empty vocabulary from a sample; where no list comes, the batches begin without one."""
    tag_settings = job.config.tags
    fewest_tags, most_tags = tag_settings.max_tags, round(PROPOSED_SHARE * vocabulary.max_size)

    has_complained_of_tags = False

    def check(proposal: Proposal) -> str | None:
        """A list that is too long is sent back once; after that its beginning is taken."""
        nonlocal has_complained_of_tags
        proposed_tags = {normalise_tag(tag) for tag in proposal.tags} - {""}
        if len(proposed_tags) < fewest_tags or (len(proposed_tags) > most_tags and not has_complained_of_tags):
            has_complained_of_tags = True
            return f"Propose {fewest_tags} to {most_tags} different tags."
        return None

    try:
        proposal_reply = await job.client.ask(
            tag_settings,
            proposal_messages(job, vocabulary, questions_to_tag),
            stage="generate_tags",
            unit="vocabulary",
            schema=ReplyRequirements(Proposal, check=check),
        )
    except UnitError:
        return
    vocabulary.add([tag for tag_text in proposal_reply.value.tags if (tag := normalise_tag(tag_text))][:most_tags])


def proposal_messages(job: Job, vocabulary: TagVocabulary, questions_to_tag: Sequence[str]) -> list[dict[str, Any]]:
    vocabulary_settings = job.config.tags
    vocabulary_sample = questions_to_tag[:: -(-len(questions_to_tag) // PROPOSAL_SAMPLE)]
    return render_turns(
        job.prompt(vocabulary_settings.vocabulary_prompt),
        max_tags=str(vocabulary_settings.max_tags),
        count=str(round(PROPOSED_SHARE * vocabulary.max_size)),
        questions="\n".join(f"- {' '.join(question.split())}" for question in vocabulary_sample),
    )


def vocabulary_files(job: Job) -> list[Path]:
    """Where the shared tags stand: for all, and, in a shard, its own on top."""
    vocabulary_paths = [job.data.path("tags", "vocabulary.json"), job.data.cache("tags") / "vocabulary.json"]
    return list(dict.fromkeys(vocabulary_paths))


def load_vocabulary(job: Job, questions_to_tag: Sequence[str], known_tags: dict[str, list[str]]) -> TagVocabulary:
    """The shared tags, and those of questions tagged before; as many as these and `questions_to_tag` allow."""
    tag_settings = job.config.tags
    questions_of_vocabulary = {*questions_to_tag, *tags_on_file_by_question(job)}
    vocabulary_limit = vocabulary_size(len(questions_of_vocabulary), tag_settings)
    vocabulary = read_vocabulary(vocabulary_files(job) if tag_settings.vocabulary_prompt else [], vocabulary_limit)
    vocabulary.add(tag for tags in known_tags.values() for tag in tags)
    return vocabulary
