"""What a build asks others for: the encoder, and the models that reword and judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from groundwork.dataset.creation.document_subjects import Subjects
from groundwork.dataset.question_vectors import job_encoder
from groundwork.dataset.reword.eval_rewording import AskRewording, JudgeRewordings, build_rewording_asker
from groundwork.dataset.reword.rewording_judge import build_rewording_judge
from groundwork.dataset.split.eval_selection import Encode
from groundwork.stage_runner.job import Job


@dataclass(frozen=True)
class BuildTools:
    """What a build asks others for: vectors, rewordings of eval (None: it stays verbatim), phrasings of train (None: it
    stays as it is), a judge of eval's, and what the documents are about. `start_step` is told each step's name."""

    encode: Encode
    embedder: str
    ask_rewordings: AskRewording | None = None
    subjects: Subjects = field(default_factory=Subjects)
    ask_phrasings: AskRewording | None = None
    judge_rewordings: JudgeRewordings | None = None
    start_step: Callable[[str], object] = str


def job_build_tools(job: Job, document_subjects: Subjects) -> BuildTools:
    """The encoder, and the models that reword and judge where the settings ask for it."""
    encoder = job_encoder(job)
    ask_model = _rewording_caller(job, document_subjects) if job.config.dataset.asks_rewordings else None
    ask_phrasings = ask_model if job.config.dataset.phrasings > 1 else None
    ask_rewordings = ask_model if job.config.dataset.rewords_eval else None
    return BuildTools(
        encode=encoder.aencode,
        embedder=encoder.name,
        ask_rewordings=ask_rewordings,
        subjects=document_subjects,
        ask_phrasings=ask_phrasings,
        judge_rewordings=_rewording_judge(job) if ask_rewordings else None,
        start_step=job.progress.start_phase,
    )


def _rewording_caller(job: Job, document_subjects: Subjects) -> AskRewording:
    call = job.config.dataset.rephrase
    return build_rewording_asker(job.client, call, job.prompt(call.prompt), document_subjects)


def _rewording_judge(job: Job) -> JudgeRewordings | None:
    call = job.config.dataset.rephrase
    return build_rewording_judge(job.client, call, job.prompt(call.check_prompt)) if call.check_prompt else None
