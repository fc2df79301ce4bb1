"""What a dataset's report says in sentences, for the card, the page and the terminal alike."""

from __future__ import annotations

from groundwork.dataset.split_report.report_record import Closeness, Mixture, SplitReport
from groundwork.installation import as_typed
from groundwork.message_wording import counted


def describe_splits(report: SplitReport) -> list[str]:
    """What each split is and what it tells, one sentence or two each."""
    is_eval_reworded = report.leaked_after is not None
    eval_origin = {
        "clusters": "drawn in proportion from topic clusters",
        "clone": "drawn in proportion from topic clusters",
        "tags": "drawn so that every tag has its share",
        "category": "drawn so that every category has its share",
        "difficulty": "drawn so that every level of difficulty has its share",
        "random": "drawn at random",
        "second-run": f"drawn in proportion from topic clusters of the run {report.pool}, which is not in train",
    }[report.strategy]
    is_train_whole = report.train == "whole" and report.strategy != "second-run"  # whose eval was never in train
    train_description = (
        "every row; those of eval stay in, as they were" if is_train_whole else "every row that is not in eval"
    )
    if report.strategy == "second-run":
        train_description = "every row of the other runs"
    eval_wording = "reworded" if is_eval_reworded else "verbatim"
    if is_eval_reworded and is_train_whole:
        eval_wording = "reworded: facts that train holds, in sentences that it does not"
    split_sentences = [
        f"train ({report.splits['train']:,}): {train_description}.",
        f"eval ({report.splits['eval']:,}): {eval_origin}; {eval_wording}.",
    ]
    if "eval_mirror" in report.splits:
        mirror_reading = (
            "as good on eval as on the mirror means that the facts were learnt, and better on the mirror that the "
        )
        mirror_purpose = (
            f" With it: {mirror_reading}sentences were learnt by heart." if is_train_whole and is_eval_reworded else ""
        )
        split_sentences.append(
            f"eval_mirror: the rows of eval verbatim as they were, in the same order, joined by id.{mirror_purpose}"
        )
    return [*split_sentences, *describe_additions(report)]


def describe_missing_eval(report: SplitReport) -> list[str]:
    """Of a dataset without eval: how to have one; nothing of others."""
    if "eval" in report.splits:
        return []
    eval_split_command = as_typed(f"uv run dataprep/create_dataset.py --name {report.name} --eval-split")
    return [f"Every row is in train, and there is none to evaluate a model by; for that: {eval_split_command}"]


def describe_additions(report: SplitReport) -> list[str]:
    """What train holds beside the rows themselves: reworded copies, and rows of another dataset."""
    return [*describe_phrasings(report), *describe_unanswerable(report), *describe_mixture(report)]


def describe_phrasings(report: SplitReport) -> list[str]:
    """How many rows of train are reworded copies, in a sentence; none where no copies were asked for."""
    if report.phrasings == 1:
        return []
    fewer_sentence = (
        f" {counted(len(report.fewer), 'row has', 'rows have')} fewer, since no other wording passed."
        if report.fewer
        else ""
    )
    near_copy_count = report.near_copies
    near_duplicate_cosine = _near_duplicate_cosine(report)
    measured_rows = _measured_eval_rows(report)
    near_copy_sentence = (
        ""
        if near_copy_count is None
        else f" {near_copy_count:,} of {counted(measured_rows, 'question')} of eval are worded like one of them "
        f"({near_duplicate_cosine})."
    )
    return [
        f"{counted(report.copies, 'row of train is a reworded copy', 'rows of train are reworded copies')}, "
        f"up to {report.phrasings - 1} a row, each behind its row "
        "with its id and a number (~2): the same facts in other sentences, none of them "
        f"eval's.{near_copy_sentence}{fewer_sentence}"
    ]


def _measured_eval_rows(report: SplitReport) -> int:
    """The rows of eval that are measured: all but those that the documents do not answer."""
    return report.splits.get("eval", 0) - (report.unanswerable.eval if report.unanswerable else 0)


def describe_unanswerable(report: SplitReport) -> list[str]:
    """How many questions have no answer in the documents, and what was left out; none where none were asked for."""
    if not (unanswerable := report.unanswerable):
        return []
    unanswerable_rows = " and ".join(
        f"{counted(count, 'row')} of {split} ({count / report.splits[split]:.1%})"
        for split, count in (("train", unanswerable.train), ("eval", unanswerable.eval))
        if split in report.splits
    )
    return [
        f"{unanswerable_rows} ask what the documents do not say, and their answers say so: marked in the column "
        "unanswerable, "
        f"none of them in the mirror. Of {counted(unanswerable.proposed, 'proposed question')} "
        f"{unanswerable.answered:,} "
        "turned out to be "
        f"answered by a passage, {unanswerable.asked:,} ask what another row asks, {unanswerable.unusable:,} had no "
        "usable reply. "
        "Eval was drawn and measured without them."
    ]


def describe_mixture(report: SplitReport) -> list[str]:
    """How many rows of train are another dataset's, and which of those were left out; none where nothing was mixed."""
    if not (mixture := report.mixture):
        return []
    train_rows = report.splits["train"]
    mixture_scope = " Eval and all that is measured are without them." if "eval" in report.splits else ""
    left_out_reasons = (
        (mixture.incomplete, "without an answer"),
        (mixture.in_eval, "with a question of eval"),
        (mixture.near_eval, f"with nearly a question of eval ({_near_duplicate_cosine(report)})"),
        (mixture.repeats, "with a question that train asks already"),
    )
    left_out_counts = ", ".join(f"{count:,} {reason}" for count, reason in left_out_reasons if count)
    left_out_sentence = f" Left out: {left_out_counts}." if left_out_counts else ""
    return [
        f"{counted(mixture.rows, 'row')} of train ({mixture.rows / train_rows:.1%}) are of the dataset "
        f"{mixture_name(mixture)}, "
        f"marked in the column mixed, drawn with seed {mixture.seed} and spread through "
        f"train.{mixture_scope}{left_out_sentence}"
    ]


def mixture_name(mixture: Mixture) -> str:
    return f"{mixture.dataset} at {mixture.revision[:12]}" if mixture.revision else mixture.dataset


def describe_verdict(report: SplitReport) -> list[str]:
    """Whether eval stands for the whole, and what rewording moved, a sentence each."""
    return [line for line in (report.verdict.sentence, report.verdict.drift) if line] if report.verdict else []


def describe_closeness(report: SplitReport) -> list[str]:
    """The topic clusters, and the distribution against random splits, in sentences."""
    closeness_sentences = []
    if report.curve:
        closeness_sentences.append(
            f"{counted(report.curve.k, 'topic cluster')} ({report.curve.reason}), seed {report.seed}."
        )
    if mmd := report.mmd:
        eval_distance, random_distance = f"{mmd.eval:.3f}", f"a random split {mmd.random:.3f}"
        closeness_sentences.append(
            f"Distribution (MMD): {eval_distance} from that of all rows, {random_distance}; {_mmd_rank(mmd)}."
        )
    return closeness_sentences


def describe_repeats(report: SplitReport) -> str:
    """How many questions of eval train asks in another one, for the report and the map of the splits alike."""
    eval_questions = counted(_measured_eval_rows(report), "eval question is", "eval questions are")
    return (
        f"Leakage: {report.leaked_before} of {eval_questions} asked in train in another question: the same statement "
        "answers both with the same answer."
    )


def _near_duplicate_cosine(report: SplitReport) -> str:
    """`a cosine of 0.71 (Thai: 0.96) or more`: from which two questions count as near-duplicates."""
    by_script = ", ".join(f"{script.title()}: {cosine:.2f}" for script, cosine in sorted(report.by_script.items()))
    return f"a cosine of {report.threshold:.2f}{f' ({by_script})' if by_script else ''} or more"


def describe_leakage(report: SplitReport) -> list[str]:
    """Near-duplicates between eval and train, in sentences."""
    measured_rows = _measured_eval_rows(report)
    leakage_sentences = [describe_repeats(report)]
    if report.verbatim_in_train:
        leakage_sentences.append(describe_verbatim_copies(report.verbatim_in_train, measured_rows))
    if report.leaked_after is not None:
        leakage_sentences.append(
            f"After rewording {report.leaked_after} of {measured_rows} are still worded like a question of train: "
            f"{_near_duplicate_cosine(report)} by {report.embedder} (two random questions: {report.random_cosine:.2f})."
        )
    if report.same_answers:
        leakage_sentences.append(
            f"{report.same_answers} of {counted(measured_rows, 'answer keeps', 'answers keep')} their old wording: too "
            "short to be said otherwise, no "
            "rewording passed, or only questions were to be reworded (dataset.rephrase.strategy)."
        )
    if report.sent_back is not None:
        leakage_sentences.append(
            f"A model read each rewording beside its original; {report.sent_back} were worded once more, since they "
            "read contrived or said something else."
        )
    return leakage_sentences


def describe_verbatim_copies(count: int, total: int, split: str = "eval", train: str = "train") -> str:
    """How many rows of a split are rows of train as well, for the report and the map of the splits alike."""
    questions = counted(total, "question")
    return f"{count:,} of {questions} of {split} also stand in {train} themselves, verbatim: that is the design."


def describe_replaced(report: SplitReport) -> str:
    """How many rows resisted rewording, and what became of their places."""
    replaced_rows, empty_places = len(report.replaced), report.dropped
    empty_note = (
        f"; {counted(empty_places, 'place of eval stays', 'places of eval stay')} empty" if empty_places else ""
    )
    return (
        f"No rewording passed for {counted(replaced_rows, 'row')}: {replaced_rows - empty_places} gave way to "
        f"another{empty_note}."
    )


def _mmd_rank(mmd: Closeness) -> str:
    if not mmd.percentile:
        return "none of 500 random splits is closer"
    return f"closer than {1 - mmd.percentile:.0%} of 500 random splits"


def describe_warnings(report: SplitReport) -> list[str]:
    """What a dataset's report warns of, and what of it is to be looked at."""
    report_warnings = list(report.warnings)
    if report.dropped:
        empty_places = counted(report.dropped, "place of eval stays", "places of eval stay")
        report_warnings.append(f"{empty_places} empty: too few rows could be reworded")
    if report.fewer:
        report_warnings.append(
            f"{counted(len(report.fewer), 'row of train has', 'rows of train have')} fewer than "
            f"{counted(report.phrasings, 'wording')}"
        )
    if report.personal:
        report_warnings.append(
            f"{counted(len(report.personal), 'place looks', 'places look')} like personal data; see report.html "
            "before you publish"
        )
    if report.invalid:
        report_warnings.append(
            f"{counted(len(report.invalid), 'invalid row was', 'invalid rows were')} left out, see report.json"
        )
    if report.unjudged:
        report_warnings.append(
            f"{counted(report.unjudged, 'rewording was', 'rewordings were')} not judged: the model's replies "
            "were unusable"
        )
    return report_warnings
