"""Flags that commands share, flags that are short for a setting, and the settings that they name."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.data_folder.shards import Shard
from groundwork.errors import UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import nearest_name

if TYPE_CHECKING:
    from groundwork.settings.config_schema import Config


class FlagSetting(str):
    """An assignment that a flag of a stage stands for, told apart from those of --set."""

    __slots__ = ()


HELP_SOURCE_WIDTH = (
    110  # of lines in our sources, which end at 120: names of commands are shorter outside the repository
)


def flag_parser(command_script: str, help_text: str, arguments: str = "") -> argparse.ArgumentParser:
    """A parser without flags yet; its help is `help_text`, each line fitted to the terminal.

    `arguments`: what comes before the flags, as the usage shows it.
    """
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns - 2  # as argparse itself does
    help_lines: list[str] = []
    for help_line in _unwrapped_help_lines(as_typed(help_text)):
        help_indent = " " * 8 if "  " in help_line[:9] else ""  # below what a line like "Reads   ..." says
        help_lines += textwrap.wrap(help_line, width, subsequent_indent=help_indent, break_on_hyphens=False) or [""]
    return FlagParser(
        prog=as_typed(f"uv run {command_script}").removeprefix("uv run "),
        usage=as_typed(f"uv run {command_script} {arguments} [flags]".replace("  ", " ")),
        description="\n".join(help_lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _unwrapped_help_lines(help_text: str) -> list[str]:
    """The lines, each with those that it goes on in because the source's line was full."""
    help_lines: list[str] = []
    last_line_length = 0
    for help_line in help_text.splitlines():
        first_word = help_line.split(maxsplit=1)[0] if help_line.strip() else ""
        if help_line.startswith(" " * 8) and last_line_length + 1 + len(first_word) > HELP_SOURCE_WIDTH:
            help_lines[-1] += f" {help_line.strip()}"
        else:
            help_lines.append(help_line)
        last_line_length = len(help_line)
    return help_lines


class FlagParser(argparse.ArgumentParser):
    """A parser that names the flag that a misspelt one, or a word too many, may stand for."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        flags, unknown_words = self.parse_known_args(args, namespace)
        if unknown_words:
            self.error(self._describe_unknown_flags(unknown_words))
        return flags

    def _describe_unknown_flags(self, unknown_words: Sequence[str]) -> str:
        known_flags = [flag for flag in self._option_string_actions if flag.startswith("--")]
        misspelt_flags = [word.partition("=")[0] for word in unknown_words if word.startswith("-")]
        if not misspelt_flags:
            run_flag = f"; did you mean --run {unknown_words[0]}?" if "--run" in known_flags else ""
            return f"it takes no names, such as {unknown_words[0]}{run_flag}"
        nearest_flag = nearest_name(misspelt_flags[0], known_flags)
        suggested_flag = f"; did you mean {nearest_flag}?" if nearest_flag else ""
        return f"no such flag: {misspelt_flags[0]}{suggested_flag} (--help lists them)"


def add_data_flags(parser: argparse.ArgumentParser, *, by_document: bool = True) -> None:
    """The flags of every command: which settings, which data folder; `by_document`: and which documents."""
    data_flags = parser.add_argument_group("settings and data")
    data_flags.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="an overlay, by path or by name (local): only settings that differ; may be given again, the later wins",
    )
    data_flags.add_argument(
        "--set",
        metavar="KEY=VALUE",
        dest="assignments",
        action="append",
        default=[],
        help="one setting, such as llm.defaults.model=openai/gpt-5-mini; may be given again",
    )
    data_flags.add_argument(
        "--data",
        metavar="DIR",
        type=_parse_data_flag,
        help="the data folder (documents in DIR/documents), or s3://BUCKET/DIR",
    )
    data_flags.add_argument(
        "--cache",
        **setting_flag("engine.cache_dir", metavar="DIR"),
        help="where the local copy of a remote data folder is kept",
    )
    sample_help = "a small sample: 2 pages or 2 chunks of a document; written to data/test"
    if by_document:
        data_flags.add_argument(
            "--document", metavar="NAME", action="append", help="only this document; may be given again"
        )
    else:
        parser.set_defaults(document=None)
        sample_help = "look at the sample in data/test, which the stages write with --test"
    data_flags.add_argument("--test", action="store_true", help=sample_help)


def add_work_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of every command that works: what to do, and what to say."""
    work_flags = parser.add_argument_group("flags of every stage")
    work_flags.add_argument(
        "--dry-run", action="store_true", help="say what would be done, with calls, tokens and cost"
    )
    work_flags.add_argument("--force", action="store_true", help="redo what is current, and ask the models again")
    work_flags.add_argument("--retry-failed", action="store_true", help="only what failed in an earlier run")
    work_flags.add_argument(
        "--shard",
        metavar="I/N",
        type=_parse_shard_flag,
        help="only shard I of N of the documents, with a state of its own",
    )
    work_flags.add_argument(
        "--workers", **setting_flag("engine.workers"), help="number of processes (default: as many as help)"
    )
    work_flags.add_argument(
        "--ray", metavar="ADDRESS", help="run as tasks on this Ray cluster (auto, HOST:PORT, or local)"
    )
    work_flags.add_argument(
        "--max-cost", metavar="USD", type=_parse_usd_flag, help="stop before the calls of this run cost more"
    )
    work_flags.add_argument("--quiet", action="store_true", help="only failures")
    work_flags.add_argument("--verbose", action="store_true", help="every line of the ledger, and tracebacks")


def _parse_data_flag(flag_value: str) -> Path | str:
    """A path, or the URL of a folder elsewhere as it was given."""
    if not flag_value:
        raise argparse.ArgumentTypeError("the name of a folder is empty")
    return flag_value if "://" in flag_value else Path(flag_value)


def _parse_shard_flag(shard_flag: str) -> Shard:
    try:
        return Shard.parse(shard_flag)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error).partition(": ")[2]) from None


def _parse_usd_flag(usd_flag: str) -> float:
    try:
        if 0 <= (amount := float(usd_flag)) < float("inf"):
            return amount
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{usd_flag!r} is not an amount in USD")


def positive_number(number_flag: str) -> int:
    """The type of a flag that takes a whole number of at least 1."""
    if number_flag.isdecimal() and int(number_flag):
        return int(number_flag)
    raise argparse.ArgumentTypeError(f"{number_flag!r} is not a whole number of at least 1")


def port_number(port_flag: str) -> int:
    """The type of a flag that takes a port; 0: any free one."""
    if port_flag.isascii() and port_flag.isdigit() and int(port_flag) < 65536:
        return int(port_flag)
    raise argparse.ArgumentTypeError(f"{port_flag!r} is not a port from 0 to 65535")


def setting_flag(setting_path: str, switch_value: Any = None, metavar: str = "N") -> dict[str, Any]:
    """Arguments of add_argument for a flag that is short for --set: with `switch_value` a switch, else it takes one."""
    if switch_value is not None:
        flag_assignment = FlagSetting(f"{setting_path}={json.dumps(switch_value)}")
        return {"dest": "assignments", "default": [], "action": "append_const", "const": flag_assignment}
    return {
        "dest": "assignments",
        "default": [],
        "action": _AssignSetting,
        "setting_path": setting_path,
        "metavar": metavar,
    }


class _AssignSetting(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, setting_path: str, **options: Any) -> None:
        if options.get("choices"):
            del options["metavar"]  # the help shows what there is to choose
        super().__init__(option_strings, dest, **options)
        self.path = setting_path

    def __call__(self, _parser: Any, flags: argparse.Namespace, typed: Any, _option: str | None = None) -> None:
        setattr(flags, self.dest, [*getattr(flags, self.dest), FlagSetting(f"{self.path}={typed}")])


def load_config(flags: argparse.Namespace, *, tells: bool = True) -> Config:
    """The settings of this run, with the environment variables of .env in place.

    `tells`: where overlays disagree it is said, once a process.
    """
    from dotenv import load_dotenv

    from groundwork.settings import config_files as config_files

    env_file = config_files.PROJECT / ".env"
    try:
        load_dotenv(env_file)
    except UnicodeDecodeError as error:
        raise UsageError(f"{env_file}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    config = config_files.load(flags.config, flags.assignments)
    if tells and len(flags.config) > 1 and not getattr(flags, "quiet", False):
        for overridden_line in config_files.overridden_settings(flags.config):
            _print_note_once(f"note: {overridden_line}")
    return config


@cache
def _print_note_once(note: str) -> None:
    print(note, file=sys.stderr)
