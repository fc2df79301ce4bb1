"""Push a dataset's folder to the Hugging Face Hub: checked first, private unless asked, in one commit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from groundwork.data_folder.read_write import read_json
from groundwork.dataset.publish.personal_data import personal_data_refusal
from groundwork.dataset.split_report.report_schema import SplitReport
from groundwork.errors import UnitError, UsageError

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, HfApi

HUB_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
LONGEST_NAME = 96
PUSHED_FILES = ("README.md", "report.json", "report.html", "data/*.parquet")  # exports stay here
LOAD_LINE = re.compile(r'(= load_dataset\(")(?P<repository>[^"]*)("\))')  # of the card
PUSHED_SPLIT_FILE = re.compile(r"^data/(?P<split>\w+)-\d{5}-of-\d{5}(?:-\w+)?\.parquet$")
LOGIN_HINT = "set HF_TOKEN, or run: hf auth login"
TOKENS_URL = "https://huggingface.co/settings/tokens"
WRITER_ROLES = ("admin", "write", "contributor")


class HubFailed(UnitError):
    """The Hub could not be reached or refused in the middle of a push."""


@dataclass(frozen=True)
class PushResult:
    """Where a dataset lies now."""

    repository: str
    url: str
    commit: str
    private: bool


def hub_name_problem(hub_name: str) -> str | None:
    """Why the Hub would refuse a dataset of this name, with a name that it would take; None if it is fine."""
    is_hub_name = HUB_NAME.fullmatch(hub_name) and not hub_name.endswith((".git", ".ipynb"))
    if is_hub_name and len(hub_name) <= LONGEST_NAME and "--" not in hub_name and ".." not in hub_name:
        return None
    suggested_name = re.sub(r"\.{2,}|-{2,}", "-", re.sub(r"[^A-Za-z0-9._]+", "-", hub_name))[:LONGEST_NAME]
    suggested_name = suggested_name.removesuffix(".git").removesuffix(".ipynb").strip("-._")
    return (
        f"not a name for the Hub (letters, digits, '-', '_' and '.', at most {LONGEST_NAME}, no '--' or '..'); "
        f"try --name {suggested_name or 'my-dataset'}"
    )


def check_push(hub_name: str, organization: str, *, public: bool, may_publish: bool) -> str:
    """Ask the Hub who we are and whether we may write there, before anything is paid for or sent.

    Returns org/name. Raises UsageError (token, rights, privacy) and HubFailed (out of reach).
    """
    hub_api = _hub_api()
    with _wrap_push_failures(f"{organization or 'your account'}/{hub_name}", "nothing was sent"):
        namespace = _push_namespace(hub_api, organization)
        _check_privacy(
            _repository_info(hub_api, f"{namespace}/{hub_name}"),
            f"{namespace}/{hub_name}",
            public=public,
            may_publish=may_publish,
        )
    return f"{namespace}/{hub_name}"


def push_dataset(
    pushed_folder: Path,
    hub_name: str,
    organization: str,
    *,
    public: bool,
    may_publish: bool,
    say: Callable[[str], None],
) -> PushResult:
    """All splits, the card and the report in one commit; files of splits that are gone are deleted by it.

    An existing repository keeps its privacy, except that `may_publish` makes a private one public, after the commit.
    Raises like `check_push`; whatever fails, the folder is untouched and the Hub keeps its last commit.
    """
    hub_repository, hub_api = check_push(hub_name, organization, public=public, may_publish=may_publish), _hub_api()
    push_state = f"the dataset is whole in {pushed_folder}, and the Hub keeps its last commit"
    with _wrap_push_failures(hub_repository, f"{push_state}; run the same command again"):
        repository_info = _repository_info(hub_api, hub_repository)
        if repository_info is None:
            hub_api.create_repo(hub_repository, repo_type="dataset", private=not public, exist_ok=True)
            repository_info = _repository_info(hub_api, hub_repository)
        hub_operations = _commit_operations(pushed_folder, repository_info, say, hub_repository)
        parent_commit = repository_info.sha if repository_info else None
        commit_options = {"commit_message": f"Upload {hub_name}", "parent_commit": parent_commit}
        hub_commit = _commit_to_hub(hub_api, hub_repository, hub_operations, say, **commit_options)
        is_private = bool(repository_info.private) if repository_info else not public
        if is_private and public:
            is_private = _keep_or_end_privacy(hub_api, hub_repository, say, may_publish=may_publish)
    return PushResult(hub_repository, f"{hub_api.endpoint}/datasets/{hub_repository}", hub_commit.oid, is_private)


def _keep_or_end_privacy(hub_api: HfApi, hub_repository: str, say: Callable[[str], None], *, may_publish: bool) -> bool:
    """Whether a private repository is private still, after a push that was to be public."""
    if not may_publish:
        say(f"{hub_repository} stays private, as it was; --public makes it public")
        return True
    hub_api.update_repo_settings(hub_repository, repo_type="dataset", private=False)
    say(f"{hub_repository} was private and is public now")
    return False


def _hub_api() -> HfApi:
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, library_name="groundwork")


def _push_namespace(hub_api: HfApi, organization: str) -> str:
    """The account or organisation to push to. Raises UsageError when the token may not write there."""
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    try:
        hub_account = hub_api.whoami()
    except LocalTokenNotFoundError:
        raise UsageError(f"--push needs a Hugging Face token with write rights ({TOKENS_URL}); {LOGIN_HINT}") from None
    except HfHubHTTPError as error:
        if error.response.status_code in (401, 403):
            raise UsageError(f"the Hub does not know this token; make one at {TOKENS_URL}, then {LOGIN_HINT}") from None
        raise
    namespace = organization or str(hub_account["name"])
    _check_member(hub_account, organization)
    _check_token(hub_account, namespace)
    return namespace


def _check_member(hub_account: dict[str, Any], organization: str) -> None:
    if organization in ("", hub_account["name"]):
        return
    organization_roles = {org["name"]: org.get("roleInOrg", "write") for org in hub_account.get("orgs", [])}
    if organization not in organization_roles:
        organization_list = f"yours: {', '.join(organization_roles)}" if organization_roles else "you are in none"
        raise UsageError(f"--org {organization}: {hub_account['name']} is not a member of it ({organization_list})")
    if organization_roles[organization] not in WRITER_ROLES:
        raise UsageError(
            f"--org {organization}: {hub_account['name']} may only read there; ask an admin for the role contributor "
            "or write"
        )


def _check_token(hub_account: dict[str, Any], namespace: str) -> None:
    access_token = hub_account.get("auth", {}).get("accessToken", {})
    write_role = access_token.get("role", "write")
    token_remedy = f"make one with write rights at {TOKENS_URL}, then {LOGIN_HINT}"
    if write_role == "read":
        raise UsageError(f"the token {access_token.get('displayName', '')!r} may only read; {token_remedy}")
    if write_role == "fineGrained":
        token_scopes = access_token.get("fineGrained", {}).get("scoped", [])
        writable_namespaces = {
            scope["entity"].get("name") for scope in token_scopes if "repo.write" in scope.get("permissions", [])
        }
        if namespace not in writable_namespaces:
            raise UsageError(
                f"the token {access_token.get('displayName', '')!r} may not write to {namespace}; {token_remedy}"
            )


def _repository_info(hub_api: HfApi, hub_repository: str) -> Any:
    """What the Hub knows of the repository; None where there is none that we may see."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return hub_api.dataset_info(hub_repository)
    except RepositoryNotFoundError:
        return None


def _check_privacy(repository_info: Any, hub_repository: str, *, public: bool, may_publish: bool) -> None:
    if repository_info is not None and not repository_info.private and not (public and may_publish):
        raise UsageError(
            f"{hub_repository} exists and is public: a push would publish the rows; pass --public if that is meant, "
            "or another --name"
        )


def _commit_operations(
    pushed_folder: Path, repository_info: Any, say: Callable[[str], None], hub_repository: str
) -> list[Any]:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    pushed_paths = [path for pattern in PUSHED_FILES for path in sorted(pushed_folder.glob(pattern))]
    pushed_files = {pushed_path.relative_to(pushed_folder).as_posix(): pushed_path for pushed_path in pushed_paths}
    remote_files = [file.rfilename for file in (repository_info.siblings or [])] if repository_info else []
    stale_files = [name for name in remote_files if PUSHED_SPLIT_FILE.match(name) and name not in pushed_files]
    local_splits, remote_splits = _pushed_splits(pushed_files), _pushed_splits(remote_files)
    for split in sorted(remote_splits - local_splits):
        holding_commit = f"commit {repository_info.sha[:8]} still holds it"
        say(f"warning: this push deletes the split {split!r} on the Hub; {holding_commit}")
    added_contents = {name: _pushed_content(name, path, hub_repository) for name, path in pushed_files.items()}
    additions = [CommitOperationAdd(name, content) for name, content in added_contents.items()]
    return [*additions, *(CommitOperationDelete(file_name) for file_name in stale_files)]


def _commit_to_hub(
    hub_api: HfApi, hub_repository: str, commit_operations: Sequence[Any], say: Callable[[str], None], **options: Any
) -> CommitInfo:
    """One commit; by plain HTTP (LFS) where a hub of one's own, or a proxy on the way, knows nothing of xet storage."""
    import httpx2
    from huggingface_hub import constants

    create_commit = partial(hub_api.create_commit, hub_repository, repo_type="dataset", **options)
    try:
        return create_commit(commit_operations)
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        if not _arose_in_xet(error):
            raise
        xet_remedy = "sending by plain HTTP, as HF_HUB_DISABLE_XET=1 does at once"
        say(f"no upload to xet storage: {_describe_hub_error(error)}; {xet_remedy}")
    xet_disabled_before, constants.HF_HUB_DISABLE_XET = constants.HF_HUB_DISABLE_XET, True
    try:
        return create_commit(commit_operations)
    finally:
        constants.HF_HUB_DISABLE_XET = xet_disabled_before


def _arose_in_xet(upload_error: BaseException | None) -> bool:
    """Was the client uploading to xet storage when the error, or what caused it, was raised?"""
    if upload_error is None:
        return False
    traceback_functions = (frame.f_code.co_name for frame, _ in walk_tb(upload_error.__traceback__))
    return any("xet" in name for name in traceback_functions) or _arose_in_xet(upload_error.__cause__)


def _pushed_content(file_name: str, pushed_file: Path, hub_repository: str) -> str | bytes:
    """The file; of the card, its text with the line that loads the dataset from `hub_repository`."""
    if file_name != "README.md":
        return str(pushed_file)
    return LOAD_LINE.sub(rf"\g<1>{hub_repository}\g<3>", pushed_file.read_text(encoding="utf-8"), count=1).encode()


def repository_of(pushed_folder: Path) -> str:
    """The name under which the dataset in `pushed_folder` was built, by its card; empty where there is no card."""
    card_file = pushed_folder / "README.md"
    load_line = LOAD_LINE.search(card_file.read_text(encoding="utf-8")) if card_file.is_file() else None
    return load_line["repository"] if load_line else ""


def _pushed_splits(file_names: Any) -> set[str]:
    return {match["split"] for file_name in file_names if (match := PUSHED_SPLIT_FILE.match(file_name))}


@contextmanager
def _wrap_push_failures(hub_repository: str, push_state: str) -> Iterator[None]:
    """Turn what the Hub's client and the network raise into one line that ends with the state of things."""
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError) as push_error:
        hub_cause = _describe_hub_error(push_error)
        raise HubFailed(f"the push to {hub_repository} failed: {hub_cause}; {push_state}") from push_error


def _describe_hub_error(hub_error: BaseException) -> str:
    """What went wrong, in a line: of an upload that failed in a thread, its cause as well."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(hub_error, HfHubHTTPError):
        hub_message = _hub_error_line(hub_error.server_message or str(hub_error))
        return f"{hub_error.response.status_code} {hub_message}"
    if isinstance(hub_error, RuntimeError) and hub_error.__cause__ is not None:
        return f"{_hub_error_line(str(hub_error))} {_describe_hub_error(hub_error.__cause__)}"
    if isinstance(hub_error, (httpx2.HTTPError, ConnectionError, TimeoutError)):
        return f"the Hub cannot be reached ({_hub_error_line(str(hub_error)) or type(hub_error).__name__})"
    return _hub_error_line(str(hub_error)) or type(hub_error).__name__


def _hub_error_line(text: str) -> str:
    return " ".join(text.split())[:300]


def refuse_personal(pushed_folder: Path) -> None:
    """Raises UsageError where the report of the dataset in `pushed_folder` names places that look personal."""
    personal_findings = read_json(pushed_folder / "report.json", SplitReport).personal
    if personal_findings:
        raise UsageError(personal_data_refusal(personal_findings))
