"""Documents to fine-tuning datasets, stage by stage.

uv run dataprep                 the state of every document, and what to run next
uv run dataprep run             every stage in order
uv run dataprep STAGE           one stage of those below, such as chunk
uv run dataprep doctor          check keys, models, extras and disk
uv run dataprep example         draw the two runs in examples/ and open them: no model, half a minute
uv run dataprep open            open a page that links everything there is to look at
uv run dataprep diff A B        what two runs or datasets have in common, and what not
uv run dataprep forget NAME     remove a document from everything that was made of it
uv run dataprep set-aside NAME  leave a document out of all stages, such as a file that cannot be read
uv run dataprep gather          join what shards (--shard I/N) have done, and name what is missing
uv run dataprep gc              take out what no artifact needs any more: replies, temporary files
uv run dataprep schema          write config/config.schema.json from the settings
uv run dataprep init            begin in the current folder, where Groundwork is installed from a wheel
uv run dataprep --version
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.errors import EXIT_OK, EXIT_USAGE
from groundwork.installation import IN_REPOSITORY, as_typed, version
from groundwork.message_wording import nearest_name
from groundwork.processes.utf8_mode import restart_in_utf8_mode
from groundwork.stage_table import BY_NAME, STAGES

if TYPE_CHECKING:
    from groundwork.stage_runner.stage_command import StageCommand


GC_THRESHOLDS = (50_000, 20, 100)  # 100,000s of units live to the end: a tenth of the time


def main(argv: Sequence[str] | None = None) -> int:
    if argv is None:
        restart_in_utf8_mode()
    gc.set_threshold(*GC_THRESHOLDS)
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = (
        "status"
        if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version"))
        else arguments.pop(0)
    )
    if name in BY_NAME:
        return stage_command(name)(arguments)
    if command := COMMANDS.get(name) or _INFORMATION.get(name):
        from groundwork.console.exit_codes import run_guarded

        return run_guarded(lambda: command(arguments))
    nearest = nearest_name(name, [*BY_NAME, *COMMANDS])
    print(
        f"error: no such stage: {name}{f'; did you mean {nearest}?' if nearest else ''} (--help lists them)",
        file=sys.stderr,
    )
    return EXIT_USAGE


def _help(_: Sequence[str]) -> int:
    print(help_text())
    return EXIT_OK


def _version(_: Sequence[str]) -> int:
    print(f"dataprep {version()}")
    return EXIT_OK


def help_text() -> str:
    width = max(len(stage.display_name) for stage in STAGES)
    rows = [f"  {stage.display_name:<{width}}  {stage.purpose}" for stage in STAGES]
    purposes = [line for line in (__doc__ or "").splitlines() if IN_REPOSITORY or "dataprep example" not in line]
    return "\n".join([as_typed("\n".join(purposes)), "", "Stages, in order; each has --help:", *rows])


def stage_command(name: str) -> StageCommand:
    command: StageCommand = importlib.import_module(BY_NAME[name].module).main
    return command


def _status(argv: Sequence[str]) -> int:
    from groundwork.commands.status import print_status
    from groundwork.console.exit_codes import run_guarded

    flags = _flags("status", "The state of every document in every stage, and what to run next.", argv, works=False)
    return run_guarded(lambda: print_status(flags, stage_command))


def _run(argv: Sequence[str]) -> int:
    from groundwork.commands.run_all import run_all
    from groundwork.console.exit_codes import run_guarded

    flags = _flags("run", "Every stage of the pipeline, in order.", argv)
    return run_guarded(lambda: run_all(flags, stage_command))


def doctor_flags(argv: Sequence[str]) -> argparse.Namespace:
    from groundwork.console.flags import add_data_flags, flag_parser

    parser = flag_parser("dataprep doctor", "Check keys, credit, models, extras, disk and hub login.")
    parser.add_argument(
        "--provider", metavar="NAME", help="try what this endpoint takes: llm, or a key of llm.providers"
    )
    add_data_flags(parser, by_document=False)
    return parser.parse_args(list(argv))


def _doctor(argv: Sequence[str]) -> int:
    from groundwork.commands.doctor import doctor, probe_endpoint
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import load_config, workspace

    flags = doctor_flags(argv)

    def check() -> int:
        config = load_config(flags)
        if flags.provider is not None:
            return probe_endpoint(config, flags.provider)
        return doctor(config, workspace(config, flags, folders=()).base)

    return run_guarded(check)


def _example(argv: Sequence[str]) -> int:
    from groundwork.commands.example import show_example
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import flag_parser

    parser = flag_parser("dataprep example", "Draw the two runs in examples/ and open what there is to look at.")
    parser.add_argument("--no-browser", action="store_true", help="only write the pages and say where they are")
    flags = parser.parse_args(list(argv))
    return run_guarded(lambda: show_example(flags, stage_command))


def _open(argv: Sequence[str]) -> int:
    from groundwork.commands.index_page import linked_files, write_index
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import add_data_flags, flag_parser, load_config, workspace

    parser = flag_parser("dataprep open", "Open a page that links everything there is to look at.")
    add_data_flags(parser, by_document=False)
    parser.add_argument("--no-browser", action="store_true", help="only write the page and say where it is")
    flags = parser.parse_args(list(argv))

    def show() -> int:
        import webbrowser

        data_folder = workspace(load_config(flags), flags, folders=())
        data_folder.fetch(linked_files(data_folder))
        page = write_index(data_folder)
        print(page)
        if not flags.no_browser:
            webbrowser.open(page.as_uri())
        return EXIT_OK

    return run_guarded(show)


def _diff(argv: Sequence[str]) -> int:
    from groundwork.commands.diff import show_diff
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import add_data_flags, flag_parser

    purpose = (
        "Which rows of two runs or two versions of a dataset came, went and changed; of runs by different models, what "
        "both ask about and what only one does."
    )
    parser = flag_parser("dataprep diff", purpose, "A B")
    sources = "a run (RUN/raw: as generated), a dataset, a folder of JSONL or Parquet, or org/name@revision on the Hub"
    parser.add_argument("datasets", metavar="DATASET", nargs=2, help=sources)
    parser.add_argument(
        "--by",
        choices=("row", "statement"),
        help="compare row by row, or by the statements that are asked about (default for runs by different models)",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all differences as JSON; - : to the terminal")
    parser.add_argument("--page", metavar="FILE", type=Path, help="write them as an HTML page")
    parser.add_argument("--exit-code", action="store_true", help="end with 1 where there are differences")
    add_data_flags(parser, by_document=False)
    flags = parser.parse_args(list(argv))
    return run_guarded(lambda: show_diff(flags))


def _forget(argv: Sequence[str]) -> int:
    from groundwork.commands.forget import forget_documents
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import add_data_flags, flag_parser

    parser = flag_parser("dataprep forget", "Remove documents from everything that was made of them.", "DOCUMENT ...")
    parser.add_argument("documents", metavar="DOCUMENT", nargs="+", help="names as the status shows them")
    parser.add_argument("--replies", action="store_true", help="also the replies of models about them in the journal")
    parser.add_argument("--dry-run", action="store_true", help="only say what there is")
    add_data_flags(parser, by_document=False)
    flags = parser.parse_args(list(argv))
    return run_guarded(lambda: forget_documents(flags))


def _set_aside(argv: Sequence[str]) -> int:
    from groundwork.commands.set_aside import set_documents_aside
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import add_data_flags, flag_parser

    parser = flag_parser(
        "dataprep set-aside", "Leave documents out of all stages, or take them back; or list them.", "[DOCUMENT ...]"
    )
    parser.add_argument("documents", metavar="DOCUMENT", nargs="*", help="names as the status shows them; none: list")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why (default: what failed)")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--failed", action="store_true", help="all that ingest failed at, beside those that are named")
    choice.add_argument("--undo", action="store_true", help="take them back")
    add_data_flags(parser, by_document=False)
    flags = parser.parse_args(list(argv))
    return run_guarded(lambda: set_documents_aside(flags, stage_command))


def _gather(argv: Sequence[str]) -> int:
    from groundwork.commands.gather_shards import gather_shards
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import add_data_flags, flag_parser

    parser = flag_parser("dataprep gather", "Join the states of shards, and name what is missing.")
    add_data_flags(parser, by_document=False)
    parser.add_argument("--remove", action="store_true", help="delete the shards' states once nothing is missing")
    flags = parser.parse_args(list(argv))
    return run_guarded(lambda: gather_shards(flags, stage_command))


def _gc(argv: Sequence[str]) -> int:
    from groundwork.commands.collect_garbage import collect_garbage
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import add_data_flags, flag_parser

    parser = flag_parser("dataprep gc", "Take out of the state folder what no artifact needs any more.")
    add_data_flags(parser, by_document=False)
    parser.add_argument("--days", type=float, default=30.0, help="keep what was used in the last so many days (30)")
    parser.add_argument("--dry-run", action="store_true", help="only say how much there is")
    flags = parser.parse_args(list(argv))
    return run_guarded(lambda: collect_garbage(flags, stage_command))


def _schema(argv: Sequence[str]) -> int:
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import flag_parser
    from groundwork.data_folder.read_write import write_json
    from groundwork.settings.config_files import CONFIG_DIR
    from groundwork.settings.config_schema import json_schema

    purpose = "Write config/config.schema.json from the settings; print it where there is no config/."
    flag_parser("dataprep schema", purpose).parse_args(list(argv))

    def write() -> int:
        if CONFIG_DIR.is_dir():
            write_json(CONFIG_DIR / "config.schema.json", json_schema())
        else:
            print(json.dumps(json_schema(), indent=2))
        return EXIT_OK

    return run_guarded(write)


def _init(argv: Sequence[str]) -> int:
    from groundwork.commands.init_project import init_project
    from groundwork.console.exit_codes import run_guarded
    from groundwork.console.flags import flag_parser

    purpose = "Write config/, data/documents/ and .env.example into the current folder; keep what is there."
    parser = flag_parser("dataprep init", purpose)
    parser.add_argument("--prompts", action="store_true", help="also copy the prompts into config/prompts, to edit")
    flags = parser.parse_args(list(argv))
    return run_guarded(lambda: init_project(prompts=flags.prompts))


def _flags(name: str, purpose: str, argv: Sequence[str], *, works: bool = True) -> argparse.Namespace:
    from groundwork.console.flags import add_data_flags, add_work_flags, flag_parser

    parser = flag_parser(f"dataprep {name}", purpose)
    add_data_flags(parser)
    if works:
        add_work_flags(parser)
    return parser.parse_args(list(argv))


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "status": _status,
    "run": _run,
    "doctor": _doctor,
    "example": _example,
    "open": _open,
    "diff": _diff,
    "forget": _forget,
    "set-aside": _set_aside,
    "gather": _gather,
    "gc": _gc,
    "schema": _schema,
    "init": _init,
}
_INFORMATION = {"-h": _help, "--help": _help, "help": _help, "--version": _version}

if __name__ == "__main__":
    sys.exit(main())
