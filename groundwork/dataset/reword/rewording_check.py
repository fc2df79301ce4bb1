"""What a rewording has to pass: the rules of its text, then its meaning by embeddings.

Nothing else in the pool may be nearer to the new question than its original is, and the evidence must stay about as
near to the new answer as it was to the old one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groundwork.dataset.creation.build_inputs import BuildTools
from groundwork.dataset.reword.eval_rewording import CheckRewording, Reworded
from groundwork.dataset.reword.required_terms import subject_words
from groundwork.dataset.reword.rewording_calls import strategy_faults
from groundwork.dataset.split.eval_selection import ThresholdOf
from groundwork.embedding.nearest_neighbours import Vectors
from groundwork.language.language_and_script import detect_language
from groundwork.language.words import stem, stop_words, words
from groundwork.records import Row
from groundwork.settings.config_schema import DatasetSettings

CLOSER_QUESTIONS_ALLOWED = 5  # questions that may lie closer to the rewording than its original does
KEPT_SUPPORT_SHARE = 0.5  # of the cosine between answer and evidence


def moved_question_fault(
    pool_vectors: Vectors, pool_index: int, reworded_vector: Vectors, duplicate_threshold: float
) -> str | None:
    """Complains when a reworded question (d,) lies closer to several others of the pool than to its original.

    Near-duplicates of the original, from the cosine `duplicate_threshold` on, ask the same and do not count.
    """
    own_cosine = float(pool_vectors[pool_index] @ reworded_vector)
    closer_questions = (pool_vectors @ reworded_vector > own_cosine + 1e-6) & (
        pool_vectors @ pool_vectors[pool_index] < duplicate_threshold
    )
    if closer_questions.sum() > CLOSER_QUESTIONS_ALLOWED:
        return "The question asks something else now; ask for exactly the same fact."
    return None


def answer_sources(row: Row) -> list[str]:
    """The two texts that may support an answer in other words: the evidence; question, old answer and criteria."""
    return [" ".join(row.evidence), " ".join([row.question, row.answer, *row.evaluation_criteria])]


def unsupported_answer_fault(
    row: Row, reworded_answer: str, old_answer_vector: Vectors, new_answer_vector: Vectors, source_vectors: Vectors
) -> str | None:
    """Complains when a new answer has words of its own and lies far from each of the `answer_sources` of its row.

    `old_answer_vector` and `new_answer_vector`: (d,), of the two answers; `source_vectors`: (2, d), of the supports.
    The measure is how near the old answer is to the evidence.
    """
    if float((source_vectors @ new_answer_vector).max()) >= KEPT_SUPPORT_SHARE * float(
        old_answer_vector @ source_vectors[0]
    ):
        return None
    source_text = " ".join(answer_sources(row))
    source_language = detect_language(source_text)
    source_stems, ignored_words = (
        {stem(word, source_language) for word in words(source_text)},
        stop_words(source_language),
    )
    foreign_words = [
        word
        for word in words(reworded_answer)
        if word not in ignored_words and stem(word, source_language) not in source_stems
    ]
    if not foreign_words:
        return None
    foreign_list = ", ".join(dict.fromkeys(foreign_words))
    return (
        f"The answer says what the evidence does not: it has nothing on {foreign_list}. Say exactly what the "
        "evidence says."
    )


def rewording_check(
    pool_rows: Sequence[Row],
    question_vectors: Vectors,
    thresholds: ThresholdOf,
    settings: DatasetSettings,
    tools: BuildTools,
) -> CheckRewording:
    """What a rewording of one of `pool_rows` has to pass: the rules of its text, then its meaning by embeddings."""

    async def check_rewording(row_index: int, rewording: Reworded) -> str | None:
        pool_row, rephrase_settings = pool_rows[row_index], settings.rephrase
        subject = subject_words(pool_row, tools.subjects.of(pool_row.document))
        rewording_faults = strategy_faults(pool_row, rewording, rephrase_settings, subject)
        reworded_vector = (await tools.encode([rewording.question], "query"))[0]
        rewording_faults += [
            question_fault
            for question_fault in [
                moved_question_fault(question_vectors, row_index, reworded_vector, thresholds(pool_row.question))
            ]
            if question_fault
        ]
        if pool_row.evidence and pool_row.answer != rewording.answer:
            old_vector, new_vector, *source_vectors = await tools.encode(
                [pool_row.answer, rewording.answer, *answer_sources(pool_row)], "document"
            )
            answer_fault = unsupported_answer_fault(
                pool_row, rewording.answer, old_vector, new_vector, np.stack(source_vectors)
            )
            rewording_faults += [answer_fault] if answer_fault else []
        return " ".join(rewording_faults) or None

    return check_rewording
