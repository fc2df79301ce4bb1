"""Push a dataset's folder to the Hugging Face Hub: checked first, private unless asked, in one commit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.errors import UnitError, UsageError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
LONGEST_NAME = 96
PUSHED = ("README.md", "report.json", "report.html", "data/*.parquet")  # exports stay here
LOAD_LINE = re.compile(r'(= load_dataset\(")(?P<repository>[^"]*)("\))')  # of the card
SPLIT_FILE = re.compile(r"^data/(?P<split>\w+)-\d{5}-of-\d{5}(?:-\w+)?\.parquet$")
LOGIN = "set HF_TOKEN, or run: hf auth login"
TOKENS = "https://huggingface.co/settings/tokens"
WRITERS = ("admin", "write", "contributor")


class HubFailed(UnitError):
    """The Hub could not be reached or refused in the middle of a push."""


@dataclass(frozen=True)
class Pushed:
    """Where a dataset lies now."""

    repository: str
    url: str
    commit: str
    private: bool


def name_problem(name: str) -> str | None:
    """Why the Hub would refuse a dataset of this name, with a name that it would take; None if it is fine."""
    fits = NAME.fullmatch(name) and len(name) <= LONGEST_NAME and not name.endswith((".git", ".ipynb"))
    if fits and "--" not in name and ".." not in name:
        return None
    near = re.sub(r"[^A-Za-z0-9._]+", "-", name)
    near = re.sub(r"\.{2,}|-{2,}", "-", near)[:LONGEST_NAME].removesuffix(".git").removesuffix(".ipynb").strip("-._")
    return (
        f"not a name for the Hub (letters, digits, '-', '_' and '.', at most {LONGEST_NAME}, no '--' or '..'); "
        f"try --name {near or 'my-dataset'}"
    )


def check_push(name: str, organization: str, *, public: bool, may_publish: bool) -> str:
    """Ask the Hub who we are and whether we may write there, before anything is paid for or sent.

    Returns org/name. Raises UsageError (token, rights, privacy) and HubFailed (out of reach).
    """
    api = _api()
    with _failures(f"{organization or 'your account'}/{name}", "nothing was sent"):
        namespace = _namespace(api, organization)
        _privacy(_info(api, f"{namespace}/{name}"), f"{namespace}/{name}", public=public, may_publish=may_publish)
    return f"{namespace}/{name}"


def push(
    folder: Path, name: str, organization: str, *, public: bool, may_publish: bool, say: Callable[[str], None]
) -> Pushed:
    """All splits, the card and the report in one commit; files of splits that are gone are deleted by it.

    An existing repository keeps its privacy, except that `may_publish` makes a private one public, after the commit.
    Raises like `check`; whatever fails, the folder is untouched and the Hub keeps its last commit.
    """
    repository = check_push(name, organization, public=public, may_publish=may_publish)
    api = _api()
    where = f"the dataset is whole in {folder}, and the Hub keeps its last commit; run the same command again"
    with _failures(repository, where):
        before = _info(api, repository)
        if before is None:
            api.create_repo(repository, repo_type="dataset", private=not public, exist_ok=True)
        info = _info(api, repository) if before is None else before
        commit = api.create_commit(
            repository,
            _operations(folder, info, say, repository),
            commit_message=f"Upload {name}",
            repo_type="dataset",
            parent_commit=info.sha if info else None,
        )
        private = bool(info.private) if info else not public
        if private and public and may_publish:
            api.update_repo_settings(repository, repo_type="dataset", private=False)
            private = False
            say(f"{repository} was private and is public now")
        elif private and public:
            say(f"{repository} stays private, as it was; --public makes it public")
    return Pushed(repository, f"{api.endpoint}/datasets/{repository}", commit.oid, private)


def _api() -> HfApi:
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, library_name="groundwork")


def _namespace(api: HfApi, organization: str) -> str:
    """The account or organisation to push to. Raises UsageError when the token may not write there."""
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    try:
        who = api.whoami()
    except LocalTokenNotFoundError:
        raise UsageError(f"--push needs a Hugging Face token with write rights ({TOKENS}); {LOGIN}") from None
    except HfHubHTTPError as error:
        if error.response.status_code in (401, 403):
            raise UsageError(f"the Hub does not know this token; make one at {TOKENS}, then {LOGIN}") from None
        raise
    namespace = organization or str(who["name"])
    _check_member(who, organization)
    _check_token(who, namespace)
    return namespace


def _check_member(who: dict[str, Any], organization: str) -> None:
    if organization in ("", who["name"]):
        return
    roles = {org["name"]: org.get("roleInOrg", "write") for org in who.get("orgs", [])}
    if organization not in roles:
        yours = f"yours: {', '.join(roles)}" if roles else "you are in none"
        raise UsageError(f"--org {organization}: {who['name']} is not a member of it ({yours})")
    if roles[organization] not in WRITERS:
        raise UsageError(
            f"--org {organization}: {who['name']} may only read there; ask an admin for the role contributor or write"
        )


def _check_token(who: dict[str, Any], namespace: str) -> None:
    token = who.get("auth", {}).get("accessToken", {})
    role, remedy = token.get("role", "write"), f"make one with write rights at {TOKENS}, then {LOGIN}"
    if role == "read":
        raise UsageError(f"the token {token.get('displayName', '')!r} may only read; {remedy}")
    if role == "fineGrained":
        scoped = token.get("fineGrained", {}).get("scoped", [])
        allowed = {s["entity"].get("name") for s in scoped if "repo.write" in s.get("permissions", [])}
        if namespace not in allowed:
            raise UsageError(f"the token {token.get('displayName', '')!r} may not write to {namespace}; {remedy}")


def _info(api: HfApi, repository: str) -> Any:
    """What the Hub knows of the repository; None where there is none that we may see."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return api.dataset_info(repository)
    except RepositoryNotFoundError:
        return None


def _privacy(info: Any, repository: str, *, public: bool, may_publish: bool) -> None:
    if info is not None and not info.private and not (public and may_publish):
        raise UsageError(
            f"{repository} exists and is public: a push would publish the rows; pass --public if that is meant, "
            "or another --name"
        )


def _operations(folder: Path, info: Any, say: Callable[[str], None], repository: str) -> list[Any]:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    files = {path.relative_to(folder).as_posix(): path for name in PUSHED for path in sorted(folder.glob(name))}
    there = [file.rfilename for file in (info.siblings or [])] if info else []
    stale = [name for name in there if SPLIT_FILE.match(name) and name not in files]
    ours, theirs = _splits(files), _splits(there)
    for split in sorted(theirs - ours):
        say(f"warning: this push deletes the split {split!r} on the Hub; commit {info.sha[:8]} still holds it")
    return [
        *(CommitOperationAdd(name, _content(name, path, repository)) for name, path in files.items()),
        *(CommitOperationDelete(name) for name in stale),
    ]


def _content(name: str, path: Path, repository: str) -> str | bytes:
    """The file; of the card, its text with the line that loads the dataset from `repository`."""
    if name != "README.md":
        return str(path)
    return LOAD_LINE.sub(rf"\g<1>{repository}\g<3>", path.read_text(encoding="utf-8"), count=1).encode()


def repository_of(folder: Path) -> str:
    """The name under which the dataset in `folder` was built, by its card; empty where there is no card."""
    card = folder / "README.md"
    found = LOAD_LINE.search(card.read_text(encoding="utf-8")) if card.is_file() else None
    return found["repository"] if found else ""


def _splits(names: Any) -> set[str]:
    return {match["split"] for name in names if (match := SPLIT_FILE.match(name))}


@contextmanager
def _failures(repository: str, state: str) -> Iterator[None]:
    """Turn what the Hub's client and the network raise into one line that ends with the state of things."""
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        raise HubFailed(f"the push to {repository} failed: {_cause(error)}; {state}") from error


def _cause(error: BaseException) -> str:
    """What went wrong, in a line: of an upload that failed in a thread, its cause as well."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        said = _line(error.server_message or str(error))
        return f"{error.response.status_code} {said}"
    if isinstance(error, RuntimeError) and error.__cause__ is not None:
        return f"{_line(str(error))} {_cause(error.__cause__)}"
    if isinstance(error, (httpx2.HTTPError, ConnectionError, TimeoutError)):
        return f"the Hub cannot be reached ({_line(str(error)) or type(error).__name__})"
    return _line(str(error)) or type(error).__name__


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
