"""Is everything there that the pipeline will need? One line a check, with the remedy where it fails.

Run    uv run dataprep doctor [--config FILE] [--set key=value] [--data DIR] [--provider NAME]

Exit code 0 when nothing that this config needs is missing, 1 otherwise. Asks the endpoints for their lists of models
and the key for its credit; makes no call that costs anything, unless --provider names an endpoint (llm, or a key of
llm.providers): then a dozen tiny calls find out what it takes, and the settings to use are printed.

`dataprep run` has less checked before its first stage: documents, keys, the local model, the embedder.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from groundwork.console import terminal
from groundwork.console.flags import add_data_flags, flag_parser, load_config
from groundwork.data_folder.workspace import Workspace, open_workspace
from groundwork.errors import EXIT_FAILED, EXIT_OK, ConfigError, GroundworkError, MissingExtra
from groundwork.installation import as_typed
from groundwork.message_wording import counted, list_names
from groundwork.processes.machine_resources import core_count, free_memory
from groundwork.settings.config_schema import Config, Embeddings, ModelCall
from groundwork.stage_runner.chosen_documents import NO_DOCUMENTS

if TYPE_CHECKING:
    from groundwork.llm.endpoint.endpoint_connection import Endpoint
    from groundwork.settings.config_schema import MarkerApi, Provider

DoctorVerdict = Literal["ok", "FAIL", "-"]  # "-": not needed by this config, or not to be found out
DOCTOR_COLUMNS = (4, 33)  # of the verdict and of what was looked at
DOCUMENTS_NAMED = 3
LOW_CREDIT = 1.0  # USD
LOW_DISK = 2 * 10**9  # bytes
NEEDS_SCHEMA = ("qa", "curate", "tags", "dataset.rephrase", "grade.judge")
STATIC_EMBEDDER = "--set embeddings.backend=static --set embeddings.model=wordllama"
CHECKED_EXTRAS = {  # extra: (a module of it, what it is for)
    "local": ("xllamacpp", "a language model on this machine"),
    "embed": ("sentence_transformers", "embeddings by neural models"),
    "marker": ("marker", "the converter marker"),
    "pymupdf": ("pymupdf4llm", "the converter pymupdf (AGPL)"),
    "ocr": ("rapidocr", "scanned pages read on this machine"),
    "large-maps": ("openTSNE", "maps of more than 15,000 questions"),
    "ray": ("ray", "several machines"),
    "s3": ("s3fs", "a data folder in an S3 bucket"),
}


class DoctorCheck(msgspec.Struct, frozen=True):
    """One line of the report."""

    verdict: DoctorVerdict
    subject: str
    finding: str
    remedy: str = ""


class OpenRouterKey(msgspec.Struct, frozen=True):
    """What OpenRouter says of a key, as far as it is read; `limit_remaining`: USD, None for a key without a limit."""

    limit_remaining: float | None = None


def doctor_parser() -> argparse.ArgumentParser:
    parser = flag_parser("dataprep doctor", "Check keys, credit, models, extras, disk and hub login.")
    parser.add_argument(
        "--provider", metavar="NAME", help="try what this endpoint takes: llm, or a key of llm.providers"
    )
    add_data_flags(parser, by_document=False)
    return parser


def check_or_probe(flags: argparse.Namespace) -> int:
    config = load_config(flags)
    if flags.provider is not None:
        return probe_endpoint(config, flags.provider)
    return doctor(config, open_workspace(config, flags, folders=()).base)


def doctor(config: Config, workspace_root: Path) -> int:
    """Print every check for `config`; returns the exit code."""
    import asyncio  # 40 ms that --help does without

    return asyncio.run(_print_checks(config, workspace_root))


def probe_endpoint(config: Config, probed_name: str) -> int:
    """Print what an endpoint takes and the settings to use; returns the exit code.

    Raises ConfigError where there is none of that name, or its key is not there.
    """
    import asyncio

    if probed_name != "llm" and probed_name not in config.llm.providers:
        endpoint_names = ", ".join(["llm", *config.llm.providers])
        raise ConfigError([f"--provider {probed_name}: there is none; there are {endpoint_names}"])
    return asyncio.run(_probe_and_print(config, "" if probed_name == "llm" else probed_name))


async def _probe_and_print(config: Config, probed_name: str) -> int:
    from groundwork.llm.endpoint.capability_probe import Probe
    from groundwork.llm.endpoint.endpoint_connection import Endpoint

    probed_provider = config.llm.providers[probed_name] if probed_name else config.llm
    probed_call = next(
        (probed_call for probed_call in model_calls(config).values() if probed_call.provider == probed_name),
        config.llm.defaults,
    )
    probed_endpoint = Endpoint(probed_provider, config.llm.local, os.environ)
    is_reached = False
    try:
        print(f"{probed_call.model} at {probed_provider.base_url}", flush=True)
        probe_run = Probe(probed_endpoint, probed_call)
        async for finding in probe_run.results():
            is_reached |= bool(finding.takes)
            verdict = {True: "ok", False: "no", None: "-"}[finding.takes]
            print(f"{verdict:<5} {finding.kind:<24} {finding.detail}".rstrip(), flush=True)
    finally:
        await probed_endpoint.close()
    if not is_reached:
        return EXIT_FAILED
    probed_block = f"llm.providers.{probed_name}" if probed_name else "llm"
    doctor_settings = [f"{probed_block}.{key}={str(value).lower()}" for key, value in probe_run.provider.items()]
    doctor_settings += [f"llm.defaults.omit={msgspec.json.encode(probe_run.omit).decode()}"] if probe_run.omit else []
    doctor_flags = " ".join(f"--set '{assignment}'" for assignment in doctor_settings)
    print(f"\nsettings to use: {doctor_flags}" if doctor_flags else "\nnothing to set")
    return EXIT_OK


async def _print_checks(config: Config, root: Path) -> int:
    failed_checks = 0
    async for check in _all_checks(config, root):
        failed_checks += check.verdict == "FAIL"
        doctor_cells = [check.verdict, check.subject, as_typed(check.finding)]
        print(terminal.table_line(doctor_cells, DOCTOR_COLUMNS, to_left=(0, 1), indent=0), flush=True)
        if check.remedy:
            doctor_cells = ["", "", f"-> {as_typed(check.remedy)}"]
            print(terminal.table_line(doctor_cells, DOCTOR_COLUMNS, to_left=(0, 1), indent=0), flush=True)
    print(f"\n{failed_checks} to fix" if failed_checks else "\neverything that this config needs is there")
    return EXIT_FAILED if failed_checks else EXIT_OK


async def _all_checks(config: Config, root: Path) -> AsyncIterator[DoctorCheck]:
    import asyncio

    from groundwork.llm.endpoint.endpoint_connection import Endpoint

    yield _documents_check(config, root)
    yield _disk_check(root)
    for check in _private_file_checks(root):
        yield check
    for provider_name, checked_calls in _calls_by_provider(config).items():
        checked_provider = config.llm.providers[provider_name] if provider_name else config.llm
        checked_endpoint = Endpoint(checked_provider, config.llm.local, os.environ)
        try:
            if checked_endpoint.dialect == "local":
                yield _local_model_check(config)
                if "embeddings" in checked_calls:
                    yield DoctorCheck("FAIL", "embeddings", "the local model makes no embeddings", STATIC_EMBEDDER)
                continue
            async for check in _endpoint_checks(
                f"llm.providers.{provider_name}" if provider_name else "llm", checked_endpoint, checked_calls
            ):
                yield check
        finally:
            await checked_endpoint.close()
    if config.ingest.uses("marker-api"):
        yield _marker_service_check(config.ingest.marker_api)
    for check in _extra_checks(config, root):
        yield check
    yield await asyncio.to_thread(_hub_check, config)


def _marker_service_check(settings: MarkerApi) -> DoctorCheck:
    """Only the key: the service is paid for each page, and has nothing else to ask it."""
    if missing := settings.missing_key(os.environ):
        problem, _, remedy = missing.removeprefix("marker-api: ").partition("; ")
        return DoctorCheck("FAIL", "ingest.marker_api: key", problem, remedy)
    return DoctorCheck("ok", "ingest.marker_api: key", f"{settings.api_key_env} is set")


def model_calls(config: Config) -> dict[str, ModelCall]:
    """Every block of the config that names a language model, by its path."""
    vision_calls = {"ingest.vision": config.ingest.vision} if config.ingest.uses("gemini") else {}
    rephrase_calls = {"dataset.rephrase": config.dataset.rephrase} if config.dataset.rephrase_qa else {}
    used_by_default = {"summarize": config.summarize, "qa": config.qa, "curate": config.curate, "tags": config.tags}
    return {**vision_calls, **used_by_default, **rephrase_calls, "grade.judge": config.grade.judge}


def _calls_by_provider(config: Config) -> dict[str, dict[str, ModelCall | Embeddings]]:
    """The calls of each provider that any stage uses."""
    checked_calls: dict[str, ModelCall | Embeddings] = {**model_calls(config)}
    if config.embeddings.backend == "endpoint":
        checked_calls["embeddings"] = config.embeddings
    checked_by_provider: dict[str, dict[str, ModelCall | Embeddings]] = {}
    for stage, checked_call in checked_calls.items():
        checked_by_provider.setdefault(checked_call.provider, {})[stage] = checked_call
    return checked_by_provider


async def _endpoint_checks(
    checked_name: str, checked_endpoint: Endpoint, checked_calls: dict[str, ModelCall | Embeddings]
) -> AsyncIterator[DoctorCheck]:
    """Key, reach and credit of one endpoint, then each model asked of it."""
    from groundwork.llm.endpoint.endpoint_connection import unreachable_remedy
    from groundwork.llm.endpoint.http_errors import CallFailed, Unreachable

    checked_provider = checked_endpoint.settings
    try:
        checked_endpoint.key()
    except GroundworkError as error:
        yield DoctorCheck("FAIL", f"{checked_name}: key", str(error))
        return
    yield DoctorCheck(
        "ok",
        f"{checked_name}: key",
        f"{checked_provider.api_key_env} is set" if checked_provider.api_key_env else "none is needed",
    )
    try:
        checked_models = await _listed_models(checked_endpoint, "/models")
    except CallFailed as failure:
        endpoint_problem = f"{checked_provider.base_url}/models: {failure}"
        unreachable = isinstance(failure, Unreachable)
        reach_remedy = unreachable_remedy(checked_provider.base_url) if unreachable else "is it running and reachable?"
        yield DoctorCheck("FAIL", f"{checked_name}: endpoint", endpoint_problem, reach_remedy)
        return
    yield DoctorCheck(
        "ok",
        f"{checked_name}: endpoint",
        f"{checked_provider.base_url} answers, {counted(len(checked_models), 'model')}",
    )
    if checked_endpoint.dialect == "openrouter":
        yield await _credit_check(checked_name, checked_endpoint)
    for stage, checked_call in checked_calls.items():
        if stage != "embeddings" or checked_call.model in checked_models or checked_endpoint.dialect != "openrouter":
            yield _model_check(stage, checked_call, checked_models)
        else:
            yield await _embedding_model_check(checked_call, checked_endpoint)


async def _listed_models(checked_endpoint: Endpoint, path: str) -> dict[str, Any]:
    """The models at `path` by their id. Raises CallFailed."""
    endpoint_models = (await checked_endpoint.get(path)).get("data")
    endpoint_models = endpoint_models if isinstance(endpoint_models, list) else []
    return {
        str(endpoint_model["id"]): endpoint_model
        for endpoint_model in endpoint_models
        if isinstance(endpoint_model, dict) and "id" in endpoint_model
    }


async def _embedding_model_check(checked_call: ModelCall | Embeddings, checked_endpoint: Endpoint) -> DoctorCheck:
    """OpenRouter lists the models that make embeddings apart from the others."""
    from groundwork.llm.endpoint.http_errors import CallFailed

    try:
        return _model_check("embeddings", checked_call, await _listed_models(checked_endpoint, "/embeddings/models"))
    except CallFailed as failure:
        return DoctorCheck("-", f"embeddings: {checked_call.model}", f"cannot be checked: {failure}")


async def _credit_check(checked_name: str, checked_endpoint: Endpoint) -> DoctorCheck:
    from groundwork.llm.endpoint.http_errors import CallFailed

    credit_subject = f"{checked_name}: credit"
    try:
        credit = msgspec.convert((await checked_endpoint.get("/key")).get("data"), OpenRouterKey).limit_remaining
    except CallFailed as failure:
        return DoctorCheck(
            "FAIL", credit_subject, str(failure), f"check {checked_endpoint.settings.api_key_env or 'the key'} in .env"
        )
    except msgspec.ValidationError as error:
        return DoctorCheck("-", credit_subject, f"cannot be checked: {checked_endpoint.settings.base_url}/key: {error}")
    if credit is None:
        credit_note = "the key has no limit of its own; the account's credit is seen on the provider's site"
        return DoctorCheck("ok", credit_subject, credit_note)
    if credit <= 0:
        return DoctorCheck("FAIL", credit_subject, "none is left on this key", "raise the key's limit or add credit")
    credit_text = f"{credit:.2f} USD left on this key"
    return DoctorCheck(
        "ok", credit_subject, credit_text, "that may not be enough for a large run" if credit < LOW_CREDIT else ""
    )


def _model_check(stage: str, checked_call: ModelCall | Embeddings, checked_models: dict[str, Any]) -> DoctorCheck:
    """Does it exist, does it do what the stage needs, and what does it cost."""
    import difflib

    checked_model = f"{stage}: {checked_call.model}"
    listed_model = checked_models.get(checked_call.model) or checked_models.get(checked_call.model.partition(":")[0])
    if listed_model is None:
        close_models = difflib.get_close_matches(checked_call.model, list(checked_models), n=3)
        model_remedy = f"did you mean {', '.join(close_models)}?" if close_models else ""
        return DoctorCheck("FAIL", checked_model, "the endpoint does not list it", model_remedy)
    model_parameters = listed_model.get("supported_parameters")
    if stage in NEEDS_SCHEMA and isinstance(model_parameters, list) and "structured_outputs" not in model_parameters:
        return DoctorCheck("FAIL", checked_model, "no structured outputs", f"choose another {stage}.model")
    architecture = listed_model.get("architecture")
    input_modalities = architecture.get("input_modalities") if isinstance(architecture, dict) else None
    if stage == "ingest.vision" and isinstance(input_modalities, list) and "image" not in input_modalities:
        return DoctorCheck("FAIL", checked_model, "does not read images", "choose another ingest.vision.model")
    return DoctorCheck("ok", checked_model, _model_price_finding(listed_model))


def _model_price_finding(listed_model: dict[str, Any]) -> str:
    from groundwork.llm.calls.costs_and_budget import parse_price

    model_price = parse_price(listed_model.get("pricing"))
    if model_price is None:
        return "listed, without a price"
    return f"{model_price.prompt * 1e6:g} USD a million tokens in, {model_price.completion * 1e6:g} out"


def _local_model_check(config: Config) -> DoctorCheck:
    from groundwork.llm.endpoint import local_model_weights as local_model

    local_subject = "llm.local"
    if importlib.util.find_spec("xllamacpp") is None:
        return DoctorCheck("FAIL", local_subject, "llama.cpp is not installed", "run: uv sync --inexact --extra local")
    try:
        weights_file = local_model.find_weights(config.llm.local)
    except GroundworkError as error:
        return DoctorCheck("FAIL", local_subject, str(error))
    size = weights_file.stat().st_size
    if (free_bytes := free_memory()) is not None and free_bytes < size * 1.3:
        memory_remedy = f"it needs about {size * 1.3 / 1e9:.1f} GB; close something"
        return DoctorCheck("FAIL", local_subject, f"{free_bytes / 1e9:.1f} GB of memory are free", memory_remedy)
    threads = config.llm.local.threads or core_count()
    return DoctorCheck("ok", local_subject, f"{weights_file} ({size / 1e9:.1f} GB), sha256 matches, {threads} threads")


def _documents_check(config: Config, checked_folder: Path) -> DoctorCheck:
    from groundwork.documents.source_files import find_sources

    documents_folder = checked_folder / "documents"
    if sources := find_sources(documents_folder, config.ingest.ignore):
        return DoctorCheck("ok", "documents", f"{len(sources)} in {documents_folder}")
    return DoctorCheck(
        "FAIL", "documents", f"none in {documents_folder}", "put some there, or pass --data DIR with DIR/documents"
    )


def _disk_check(checked_root: Path) -> DoctorCheck:
    if not os.access(checked_root, os.W_OK):
        return DoctorCheck("FAIL", "disk", f"{checked_root} cannot be written", "pass --data DIR, or change its rights")
    free_bytes = shutil.disk_usage(checked_root).free
    disk_space = f"{free_bytes / 1e9:.1f} GB free in {checked_root}"
    return (
        DoctorCheck("FAIL", "disk", disk_space, "free disk space")
        if free_bytes < LOW_DISK
        else DoctorCheck("ok", "disk", disk_space)
    )


def _private_file_checks(checked_folder: Path) -> Iterator[DoctorCheck]:
    """Keys and whole replies are for their owner's eyes; Windows has no such rights."""
    from groundwork.installation import PROJECT
    from groundwork.llm.reply_segments import list_segments

    journal_file = checked_folder / ".state" / "journal.db"
    checked_journals = [("journal", checked_file) for checked_file in (journal_file, *list_segments(journal_file))]
    for checked_subject, checked_file in (("keys", PROJECT / ".env"), *checked_journals):
        if os.name != "nt" and checked_file.is_file() and (rights := checked_file.stat().st_mode & 0o777) & 0o077:
            yield DoctorCheck(
                "FAIL",
                checked_subject,
                f"others may read {checked_file} ({rights:04o})",
                f"run: chmod 600 {checked_file}",
            )


def _extra_checks(config: Config, checked_folder: Path) -> Iterator[DoctorCheck]:
    documents_needing = _documents_of_converters(config, checked_folder)
    checked_providers = [
        config.llm.providers[provider_name] if provider_name else config.llm
        for provider_name in _calls_by_provider(config)
    ]
    needed_extras = {
        "embed": config.embeddings.backend == "sentence-transformers",
        **{extra_name: extra_name in documents_needing for extra_name in ("marker", "pymupdf", "ocr")},
        "local": any(settings.base_url == "local" for settings in checked_providers),
    }
    for checked_extra, (module, purpose) in CHECKED_EXTRAS.items():
        if importlib.util.find_spec(module):
            yield DoctorCheck("ok", f"extra {checked_extra}", f"installed ({purpose})")
        elif needed_extras.get(checked_extra):
            needed_for = (
                f", needed for {list_names(documents_needing[checked_extra], DOCUMENTS_NAMED)}"
                if checked_extra in documents_needing
                else ""
            )
            extra_finding = f"not installed ({purpose}){needed_for}"
            yield DoctorCheck(
                "FAIL", f"extra {checked_extra}", extra_finding, f"run: uv sync --inexact --extra {checked_extra}"
            )
        else:
            yield DoctorCheck("-", f"extra {checked_extra}", f"not installed, not needed here ({purpose})")


def _documents_of_converters(config: Config, checked_folder: Path) -> dict[str, list[str]]:
    """The documents that go to each converter first; the further ones are for pages that those fail at."""
    from groundwork.documents.conversion.converter_table import check_converters, choose_converters
    from groundwork.documents.source_files import find_sources

    check_converters(config.ingest)
    documents_needing: dict[str, list[str]] = {}
    for source in find_sources(checked_folder / "documents", config.ingest.ignore):
        for name in choose_converters(config.ingest, Path(source.name).suffix.lower())[:1]:
            documents_needing.setdefault(name, []).append(source.name)
    return documents_needing


def _hub_check(config: Config) -> DoctorCheck:
    """Whose token it is; only pushing a dataset needs one."""
    import huggingface_hub

    if not huggingface_hub.get_token():
        return DoctorCheck("-", "hub", "not logged in; only --push needs it: uv run hf auth login, or HF_TOKEN in .env")
    try:
        checked_account = huggingface_hub.whoami()
    except Exception as error:  # of the Hub's client, its HTTP library or the system: each means the same here
        return DoctorCheck("-", "hub", f"a token is set, the Hub could not be reached ({type(error).__name__})")
    checked_login, checked_organization = checked_account.get("name"), config.dataset.organization
    checked_organizations = [str(organization.get("name")) for organization in checked_account.get("orgs", [])]
    if checked_organization and checked_organization not in (*checked_organizations, checked_login):
        return DoctorCheck(
            "FAIL", "hub", f"{checked_login} is not a member of {checked_organization}", "set dataset.organization"
        )
    return DoctorCheck(
        "ok",
        "hub",
        f"logged in as {checked_login}{f', writes to {checked_organization}' if checked_organization else ''}",
    )


def check_run(config: Config, data: Workspace) -> None:
    """Raises ConfigError with a line for everything that is missing."""
    missing_checks: list[str] = []
    if not data.documents.is_dir() or not any(data.documents.iterdir()):
        missing_checks.append(NO_DOCUMENTS.format(data.folder_address("documents")))
    for checked_provider in _checked_providers(config):
        _collect_missing(missing_checks, partial(_check_provider, checked_provider, config))
    if config.ingest.uses("marker-api") and (missing := config.ingest.marker_api.missing_key(os.environ)):
        missing_checks.append(missing)
    if config.embeddings.backend == "sentence-transformers":
        _collect_missing(missing_checks, _check_embedder)
    if missing_checks:
        raise ConfigError(list(dict.fromkeys(missing_checks)))


def _checked_providers(config: Config) -> list[Provider]:
    """The endpoints that the stages of a run ask by these settings, each once."""
    checked_calls: list[tuple[ModelCall | Embeddings, bool]] = [
        (config.ingest.vision, config.ingest.uses("gemini")),
        (config.summarize, True),
        (config.qa, True),
        (config.curate, not config.curate.rules_only),
        (config.tags, True),
        (config.dataset.rephrase, config.dataset.asks_rewordings),
        (config.dataset.absent, config.dataset.unanswerable > 0),
        (config.embeddings, config.embeddings.backend == "endpoint"),
    ]
    checked_providers = [call.provider for call, is_made in checked_calls if is_made]
    return [
        config.llm.providers[provider_name] if provider_name else config.llm
        for provider_name in dict.fromkeys(checked_providers)
    ]


def _check_provider(checked_provider: Provider, config: Config) -> None:
    from groundwork.llm.endpoint.endpoint_connection import Endpoint
    from groundwork.llm.endpoint.local_model_weights import CARRIER_PACKAGES, find_carrier_files

    if checked_provider.base_url != "local":
        Endpoint(checked_provider, config.llm.local, os.environ).key()
        return
    if importlib.util.find_spec("xllamacpp") is None:
        raise MissingExtra("the local model", "local")
    if config.llm.local.model == CARRIER_PACKAGES:
        find_carrier_files()


def _check_embedder() -> None:
    if importlib.util.find_spec("sentence_transformers") is None:
        missing_extra = MissingExtra("embeddings.backend sentence-transformers", "embed")
        raise ConfigError([f"{missing_extra}; or use the model that ships with Groundwork: {STATIC_EMBEDDER}"])


def _collect_missing(missing_checks: list[str], check: Callable[[], None]) -> None:
    try:
        check()
    except GroundworkError as error:
        missing_checks.append(str(error))
