"""What a dataset's report says in sentences, for the card, the page and the terminal alike, and its lines there."""

from __future__ import annotations

from groundwork.dataset.split_report.report_schema import Closeness, Mixture, SplitReport
from groundwork.installation import as_typed
from groundwork.message_wording import counted

MIRROR_PURPOSE = (
    "as good on eval as on the mirror means that the facts were learnt, and better on the mirror that the sentences "
    "were learnt by heart."
)


def describe_splits(described: SplitReport) -> list[str]:
    """What each split is and what it tells, one sentence or two each."""
    is_second_run = described.strategy == "second-run"  # whose eval was never in train
    is_train_whole = described.train == "whole" and not is_second_run
    train_sentence = "every row of the other runs" if is_second_run else "every row that is not in eval"
    if is_train_whole:
        train_sentence = "every row; those of eval stay in, as they were"
    eval_sentence = "verbatim" if described.leaked_after is None else "reworded"
    if is_train_whole and described.leaked_after is not None:
        eval_sentence = "reworded: facts that train holds, in sentences that it does not"
    split_sentences = [
        f"train ({described.splits['train']:,}): {train_sentence}.",
        f"eval ({described.splits['eval']:,}): {_drawn_phrase(described)}; {eval_sentence}.",
    ]
    if "eval_mirror" in described.splits:
        mirror_sentence = "eval_mirror: the rows of eval verbatim as they were, in the same order, joined by id."
        has_purpose = is_train_whole and described.leaked_after is not None
        split_sentences.append(f"{mirror_sentence} With it: {MIRROR_PURPOSE}" if has_purpose else mirror_sentence)
    return [*split_sentences, *describe_additions(described)]


def _drawn_phrase(described: SplitReport) -> str:
    """`drawn at random`: how the rows of eval were chosen."""
    if described.strategy == "random":
        return "drawn at random"
    if described.strategy in ("tags", "category", "difficulty"):
        balanced_by = {"tags": "tag", "category": "category", "difficulty": "level of difficulty"}[described.strategy]
        return f"drawn so that every {balanced_by} has its share"
    drawn_phrase = "drawn in proportion from topic clusters"
    is_second_run = described.strategy == "second-run"
    return f"{drawn_phrase} of the run {described.pool}, which is not in train" if is_second_run else drawn_phrase


def describe_missing_eval(described: SplitReport) -> list[str]:
    """Of a dataset without eval: how to have one; nothing of others."""
    if "eval" in described.splits:
        return []
    eval_split_command = as_typed(f"uv run dataprep/create_dataset.py --name {described.name} --eval-split")
    return [f"Every row is in train, and there is none to evaluate a model by; for that: {eval_split_command}"]


def describe_additions(described: SplitReport) -> list[str]:
    """What train holds beside the rows themselves: reworded copies, and rows of another dataset."""
    return [*describe_phrasings(described), *describe_unanswerable(described), *describe_mixture(described)]


def describe_phrasings(described: SplitReport) -> list[str]:
    """How many rows of train are reworded copies, in a sentence; none where no copies were asked for."""
    if described.phrasings == 1:
        return []
    copies_phrase = counted(described.copies, "row of train is a reworded copy", "rows of train are reworded copies")
    phrasings_sentence = (
        f"{copies_phrase}, up to {described.phrasings - 1} a row, each behind its row with its id and a number (~2): "
        "the same facts in other sentences, none of them eval's."
    )
    if described.near_copies is not None:
        eval_questions = counted(_measured_eval_rows(described), "question")
        phrasings_sentence += f" {described.near_copies:,} of {eval_questions} of eval are worded like one of them "
        phrasings_sentence += f"({_near_duplicate_cosine(described)})."
    if described.fewer:
        fewer_rows = counted(len(described.fewer), "row has", "rows have")
        phrasings_sentence += f" {fewer_rows} fewer, since no other wording passed."
    return [phrasings_sentence]


def _measured_eval_rows(described: SplitReport) -> int:
    """The rows of eval that are measured: all but those that the documents do not answer."""
    return described.splits.get("eval", 0) - (described.unanswerable.eval if described.unanswerable else 0)


def describe_unanswerable(described: SplitReport) -> list[str]:
    """How many questions have no answer in the documents, and what was left out; none where none were asked for."""
    if not (unanswerable := described.unanswerable):
        return []
    unanswerable_rows = " and ".join(
        f"{counted(count, 'row')} of {split} ({count / described.splits[split]:.1%})"
        for split, count in (("train", unanswerable.train), ("eval", unanswerable.eval))
        if split in described.splits
    )
    return [
        f"{unanswerable_rows} ask what the documents do not say, and their answers say so: marked in the column "
        f"unanswerable, none of them in the mirror. Of {counted(unanswerable.proposed, 'proposed question')} "
        f"{unanswerable.answered:,} turned out to be answered by a passage, {unanswerable.asked:,} ask what another "
        f"row asks, {unanswerable.unusable:,} had no usable reply. Eval was drawn and measured without them."
    ]


def describe_mixture(described: SplitReport) -> list[str]:
    """How many rows of train are another dataset's, and which of those were left out; none where nothing was mixed."""
    if not (mixture := described.mixture):
        return []
    mixed_rows, mixed_share = counted(mixture.rows, "row"), mixture.rows / described.splits["train"]
    mixture_scope = " Eval and all that is measured are without them." if "eval" in described.splits else ""
    left_out_reasons = (
        (mixture.incomplete, "without an answer"),
        (mixture.in_eval, "with a question of eval"),
        (mixture.near_eval, f"with nearly a question of eval ({_near_duplicate_cosine(described)})"),
        (mixture.repeats, "with a question that train asks already"),
    )
    left_out_counts = ", ".join(f"{count:,} {reason}" for count, reason in left_out_reasons if count)
    left_out_sentence = f" Left out: {left_out_counts}." if left_out_counts else ""
    return [
        f"{mixed_rows} of train ({mixed_share:.1%}) are of the dataset {describe_mixed_dataset(mixture)}, marked in "
        f"the column mixed, drawn with seed {mixture.seed} and spread through train.{mixture_scope}{left_out_sentence}"
    ]


def describe_mixed_dataset(mixture: Mixture) -> str:
    """The dataset that is mixed in, with the beginning of its commit."""
    return f"{mixture.dataset} at {mixture.revision[:12]}" if mixture.revision else mixture.dataset


def describe_verdict(described: SplitReport) -> list[str]:
    """Whether eval stands for the whole, and what rewording moved, a sentence each."""
    return [line for line in (described.verdict.sentence, described.verdict.drift) if line] if described.verdict else []


def describe_closeness(described: SplitReport) -> list[str]:
    """The topic clusters, and the distribution against random splits, in sentences."""
    closeness_sentences = []
    if described.curve:
        closeness_sentences.append(
            f"{counted(described.curve.k, 'topic cluster')} ({described.curve.reason}), seed {described.seed}."
        )
    if mmd := described.mmd:
        eval_distance, random_distance = f"{mmd.eval:.3f}", f"a random split {mmd.random:.3f}"
        closeness_sentences.append(
            f"Distribution (MMD): {eval_distance} from that of all rows, {random_distance}; {_mmd_rank(mmd)}."
        )
    return closeness_sentences


def describe_repeats(described: SplitReport) -> str:
    """How many questions of eval train asks in another one, for the report and the map of the splits alike."""
    eval_questions = counted(_measured_eval_rows(described), "eval question is", "eval questions are")
    return (
        f"Leakage: {described.leaked_before} of {eval_questions} asked in train in another question: the same "
        "statement answers both with the same answer."
    )


def _near_duplicate_cosine(described: SplitReport) -> str:
    """`a cosine of 0.71 (Thai: 0.96) or more`: from which two questions count as near-duplicates."""
    by_script = ", ".join(f"{script.title()}: {cosine:.2f}" for script, cosine in sorted(described.by_script.items()))
    return f"a cosine of {described.threshold:.2f}{f' ({by_script})' if by_script else ''} or more"


def describe_leakage(described: SplitReport) -> list[str]:
    """Near-duplicates between eval and train, in sentences."""
    measured_rows = _measured_eval_rows(described)
    leakage_sentences = [describe_repeats(described)]
    if described.verbatim_in_train:
        leakage_sentences.append(describe_verbatim_copies(described.verbatim_in_train, measured_rows))
    if described.leaked_after is not None:
        leakage_sentences.append(
            f"After rewording {described.leaked_after} of {measured_rows} are still worded like a question of train: "
            f"{_near_duplicate_cosine(described)} by {described.embedder} (two random questions: "
            f"{described.random_cosine:.2f})."
        )
    if described.same_answers:
        leakage_sentences.append(
            f"{described.same_answers} of {counted(measured_rows, 'answer keeps', 'answers keep')} their old wording: "
            "too short to be said otherwise, no rewording passed, or only questions were to be reworded "
            "(dataset.rephrase.strategy)."
        )
    if described.sent_back is not None:
        leakage_sentences.append(
            f"A model read each rewording beside its original; {described.sent_back} were worded once more, since they "
            "read contrived or said something else."
        )
    return leakage_sentences


def describe_verbatim_copies(count: int, total: int, split: str = "eval", train: str = "train") -> str:
    """How many rows of a split are rows of train as well, for the report and the map of the splits alike."""
    questions = counted(total, "question")
    return f"{count:,} of {questions} of {split} also stand in {train} themselves, verbatim: that is the design."


def describe_replaced(described: SplitReport) -> str:
    """How many rows resisted rewording, and what became of their places."""
    replaced_rows, empty_places = len(described.replaced), described.dropped
    stays = counted(empty_places, "place of eval stays", "places of eval stay")
    empty_note = f"; {stays} empty" if empty_places else ""
    return (
        f"No rewording passed for {counted(replaced_rows, 'row')}: {replaced_rows - empty_places} gave way to "
        f"another{empty_note}."
    )


def _mmd_rank(mmd: Closeness) -> str:
    if not mmd.percentile:
        return "none of 500 random splits is closer"
    return f"closer than {1 - mmd.percentile:.0%} of 500 random splits"


def describe_warnings(described: SplitReport) -> list[str]:
    """What a dataset's report warns of, and what of it is to be looked at."""
    report_warnings = list(described.warnings)
    if described.dropped:
        empty_places = counted(described.dropped, "place of eval stays", "places of eval stay")
        report_warnings.append(f"{empty_places} empty: too few rows could be reworded")
    if described.fewer:
        fewer_warning = counted(len(described.fewer), "row of train has", "rows of train have")
        report_warnings.append(f"{fewer_warning} fewer than {counted(described.phrasings, 'wording')}")
    if described.personal:
        personal_warning = counted(len(described.personal), "place looks", "places look")
        report_warnings.append(f"{personal_warning} like personal data; see report.html before you publish")
    if described.invalid:
        invalid_warning = counted(len(described.invalid), "invalid row was", "invalid rows were")
        report_warnings.append(f"{invalid_warning} left out, see report.json")
    if described.unjudged:
        unjudged_warning = counted(described.unjudged, "rewording was", "rewordings were")
        report_warnings.append(f"{unjudged_warning} not judged: the model's replies were unusable")
    return report_warnings
