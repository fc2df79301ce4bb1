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

import gc
import importlib
import sys
from collections.abc import Sequence
from functools import partial

from groundwork.errors import EXIT_OK, EXIT_USAGE
from groundwork.installation import IN_REPOSITORY, as_typed, version
from groundwork.message_wording import nearest_name
from groundwork.processes.utf8_mode import restart_in_utf8_mode
from groundwork.stage_table import BY_NAME, STAGES

GC_THRESHOLDS = (50_000, 20, 100)  # 100,000s of units live to the end: a tenth of the time


def main(argv: Sequence[str] | None = None) -> int:
    if argv is None:
        restart_in_utf8_mode()
    gc.set_threshold(*GC_THRESHOLDS)
    arguments = list(sys.argv[1:] if argv is None else argv)
    begins_with_flag = not arguments or (arguments[0].startswith("-") and arguments[0] not in _INFORMATION)
    command_name = "status" if begins_with_flag else arguments.pop(0)
    if command_name in BY_NAME:
        exit_code: int = BY_NAME[command_name].load_command()(arguments)
        return exit_code
    if command_name not in COMMANDS and command_name not in _INFORMATION:
        return _no_such_command(command_name)
    from groundwork.console.exit_codes import run_guarded

    return run_guarded(_INFORMATION.get(command_name) or partial(_run_command, command_name, arguments))


def _no_such_command(command_name: str) -> int:
    nearest_command = nearest_name(command_name, [*BY_NAME, *COMMANDS])
    suggestion = f"; did you mean {nearest_command}?" if nearest_command else ""
    print(f"error: no such stage: {command_name}{suggestion} (--help lists them)", file=sys.stderr)
    return EXIT_USAGE


def _run_command(name: str, arguments: Sequence[str]) -> int:
    module_name, function_name = COMMANDS[name]
    module = importlib.import_module(f"groundwork.commands.{module_name}")
    exit_code: int = getattr(module, function_name)(getattr(module, f"{module_name}_parser")().parse_args(arguments))
    return exit_code


def _print_help() -> int:
    print(help_text())
    return EXIT_OK


def _print_version() -> int:
    print(f"dataprep {version()}")
    return EXIT_OK


def help_text() -> str:
    name_width = max(len(stage.display_name) for stage in STAGES)
    stage_rows = [f"  {stage.display_name:<{name_width}}  {stage.purpose}" for stage in STAGES]
    command_lines = [line for line in (__doc__ or "").splitlines() if IN_REPOSITORY or "dataprep example" not in line]
    return "\n".join([as_typed("\n".join(command_lines)), "", "Stages, in order; each has --help:", *stage_rows])


COMMANDS = {  # what is typed: the module of commands/ that has its flags, and the function there that does it
    "status": ("status", "print_status"),
    "run": ("run_all", "run_all"),
    "doctor": ("doctor", "check_or_probe"),
    "example": ("example", "show_example"),
    "open": ("index_page", "open_index"),
    "diff": ("diff", "show_diff"),
    "forget": ("forget", "forget_documents"),
    "set-aside": ("set_aside", "set_documents_aside"),
    "gather": ("gather_shards", "gather_shards"),
    "gc": ("collect_garbage", "collect_garbage"),
    "schema": ("config_schema_file", "write_schema"),
    "init": ("init_project", "init_project"),
}
_INFORMATION = {"-h": _print_help, "--help": _print_help, "help": _print_help, "--version": _print_version}

if __name__ == "__main__":
    sys.exit(main())
