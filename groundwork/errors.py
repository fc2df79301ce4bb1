"""Every error Groundwork raises on purpose.

GroundworkError                exit code
├── ConfigError                2   settings that cannot be used, all of them at once
├── UsageError                 2   flags or arguments that cannot be used
├── MissingExtra               2   an optional part is not installed
├── StopRun                    1   the whole run must stop; what is finished is kept
│   ├── ProviderRefused        1   401, 402, 403, 404: key, credit, rights or model
│   ├── BudgetReached          3   --max-cost
│   └── Stopped              130   Ctrl-C
└── UnitError                  1   one document, page, chunk or question failed; the others go on
    ├── BadDocument                a file that cannot be read
    ├── BadRecord                  a file of ours that was damaged or edited into something else
    ├── InvalidReply               a model's reply stayed unusable after its correction turns
    ├── Filtered                   the provider's content filter, or a refusal
    └── TransportFailed            the endpoint could not be reached or kept failing

A message names the file or unit, the cause and the remedy, in one line. The commands in it are written as in the
repository (`uv run dataprep/chunk.py`); where the wheel is installed they read as they are typed there.
"""

from __future__ import annotations

from groundwork.installation import as_typed

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_BUDGET, EXIT_STOPPED = 0, 1, 2, 3, 130


class GroundworkError(Exception):
    """The root of the tree above; `exit_code` is what the command returns when it is not caught."""

    exit_code = EXIT_FAILED

    def __init__(self, message: object = "") -> None:
        super().__init__(as_typed(str(message)))


class ConfigError(GroundworkError):
    """Settings that cannot be used; `problems` lists each with its path and the nearest known key."""

    exit_code = EXIT_USAGE

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class UsageError(GroundworkError):
    """Flags or arguments that cannot be used."""

    exit_code = EXIT_USAGE


class MissingExtra(UsageError):
    """An optional part is not installed; the message holds the command that installs it, and what to do `otherwise`."""

    def __init__(self, feature: str, extra: str, otherwise: str = "") -> None:
        self.need = as_typed(f"{feature} needs the extra {extra!r}; run: uv sync --inexact --extra {extra}")
        super().__init__(f"{self.need}; or {otherwise}" if otherwise else self.need)


class StopRun(GroundworkError):
    """The whole run must stop; everything finished is kept."""


class ProviderRefused(StopRun):
    """The endpoint refused for a reason that every further call would meet: key, credit, rights, model."""


class BudgetReached(StopRun):
    """The next call could cost more than --max-cost has left."""

    exit_code = EXIT_BUDGET


class Stopped(StopRun):
    """The user stopped the run; nothing new is started."""

    exit_code = EXIT_STOPPED


class UnitError(GroundworkError):
    """One unit of work failed; the rest of the batch goes on. `status` is its line in the ledger."""

    status = "failed"


class BadDocument(UnitError):
    """A source file that cannot be read: empty, truncated, encrypted, of another format."""


class BadRecord(UnitError):
    """A file of the pipeline that does not hold what its stage writes."""


class InvalidReply(UnitError):
    """A model's reply was still unusable after the correction turn and the fresh draw."""

    status = "invalid reply"


class Filtered(UnitError):
    """The provider's content filter, or the model's refusal; recorded and not asked again."""

    status = "filtered"


class TransportFailed(UnitError):
    """The endpoint could not be reached, hung or kept failing after every retry."""

    status = "failed transport"
