"""The call that proposes a vocabulary of tags from a sample of questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.errors import UnitError
from groundwork.llm.prompt_templates import render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.tags.tag_forms import normalise_tag
from groundwork.tags.tag_vocabulary import PROPOSED_SHARE, TagVocabulary

if TYPE_CHECKING:
    from groundwork.stage_runner.stage_command import Job


PROPOSAL_SAMPLE = 200  # questions from which a vocabulary is proposed


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
        distinct_tags = {normalise_tag(tag) for tag in proposal.tags} - {""}
        if len(distinct_tags) < fewest_tags or (len(distinct_tags) > most_tags and not has_complained_of_tags):
            has_complained_of_tags = True
            return f"Propose {fewest_tags} to {most_tags} different tags."
        return None

    try:
        tagging_reply = await job.client.ask(
            tag_settings,
            proposal_messages(job, vocabulary, questions_to_tag),
            stage="generate_tags",
            unit="vocabulary",
            schema=ReplyRequirements(Proposal, check=check),
        )
    except UnitError:
        return
    vocabulary.add([tag for tag_text in tagging_reply.value.tags if (tag := normalise_tag(tag_text))][:most_tags])


def proposal_messages(job: Job, vocabulary: TagVocabulary, questions_to_tag: Sequence[str]) -> list[dict[str, Any]]:
    tag_settings = job.config.tags
    question_sample = questions_to_tag[:: -(-len(questions_to_tag) // PROPOSAL_SAMPLE)]
    return render_turns(
        job.prompt(tag_settings.vocabulary_prompt),
        max_tags=str(tag_settings.max_tags),
        count=str(round(PROPOSED_SHARE * vocabulary.max_size)),
        questions="\n".join(f"- {' '.join(question.split())}" for question in question_sample),
    )
