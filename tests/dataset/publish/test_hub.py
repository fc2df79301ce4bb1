"""Pushing: the real huggingface_hub client against a fake Hub on a loopback socket."""

import os
import signal
import subprocess
import sys
import time

import huggingface_hub.constants
import pytest

from groundwork.dataset.creation.output_files import replace_output_files
from groundwork.dataset.publish.hub import HubFailed, check_push, hub_name_problem, push_dataset
from groundwork.errors import EXIT_STOPPED, UsageError
from groundwork.settings.config_files import CONFIG_DIR, PROJECT
from groundwork.stages.create_dataset import main
from tests.dataset.rows import pair, write_run
from tests.fake_hub import FakeHub

CARD = b"---\nconfigs:\n- config_name: default\n  data_files: []\n---\n# x\n"


@pytest.fixture(autouse=True)
def hub(monkeypatch):
    with FakeHub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_TOKEN", "hf_write")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        yield server


@pytest.fixture
def folder(tmp_path):
    return dataset(tmp_path / "touch-rugby", "train", "eval")


def dataset(folder, *splits):
    files = {f"data/{split}-00000-of-00001.parquet": f"rows of {split}".encode() for split in splits}
    replace_output_files(folder, {**files, "report.json": b"{}", "report.html": b"<p>", "README.md": CARD})
    return folder


def send(folder, *, public=False, organization="", said=None):
    said = [] if said is None else said
    return push_dataset(folder, "touch-rugby", organization, public=public, may_publish=public, say=said.append)


def test_a_push_is_one_private_commit_of_everything(hub, folder):
    """A new repository is private; all splits, card and report arrive in one commit, byte for byte."""
    pushed = send(folder, organization="acme")
    repo = hub.repos["acme/touch-rugby"]
    assert repo.private
    assert pushed.commit == repo.sha
    assert len(repo.commits) == 2  # the Hub's own first one, and ours
    local = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert {name: content for name, content in repo.files.items() if name != ".gitattributes"} == local


@pytest.mark.parametrize("step", ["", "batch"])
def test_a_hub_without_xet_storage_is_sent_to_by_http(hub, folder, monkeypatch, step):
    """One line says why, and how to spare the try; what fails then is what is reported."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    said = []
    if step:
        hub.fail[step] = 507
        with pytest.raises(HubFailed, match="507"):
            send(folder, organization="acme", said=said)
    else:
        assert send(folder, organization="acme", said=said).commit == hub.repos["acme/touch-rugby"].sha
    (line,) = [line for line in said if "xet" in line]
    assert "404" in line and "HF_HUB_DISABLE_XET=1" in line
    assert huggingface_hub.constants.HF_HUB_DISABLE_XET is False


def test_without_an_organisation_it_is_ones_own_account(folder):
    """No --org pushes to the account of the token."""
    assert send(folder).repository == "ann/touch-rugby"


def test_public_is_public(hub, folder):
    """--public makes a new repository that everybody sees."""
    assert not send(folder, public=True).private
    assert not hub.repos["ann/touch-rugby"].private


def test_an_existing_public_repository_is_not_filled_by_accident(folder):
    """Rows that were meant to be private do not go into a repository that is public."""
    send(folder, public=True)
    with pytest.raises(UsageError, match="exists and is public"):
        send(folder)


def test_a_private_repository_is_made_public_only_by_the_flag(hub, folder):
    """A setting alone does not widen who sees an existing repository; --public does, after the commit."""
    send(folder)
    said = []
    pushed = push_dataset(folder, "touch-rugby", "", public=True, may_publish=False, say=said.append)
    assert pushed.private
    assert "stays private" in said[0]
    assert not send(folder, public=True).private
    order = [call.rpartition("/")[2] for call in hub.calls if call.endswith(("settings", "commit/main"))]
    assert order[-1] == "settings"


def test_a_second_push_replaces_and_warns_of_splits_that_go(hub, tmp_path):
    """A split that is not there any more is deleted, named before, and stays in the commit before."""
    send(dataset(tmp_path / "a", "train", "eval", "eval_mirror"))
    before, said = hub.repos["ann/touch-rugby"].sha, []
    send(dataset(tmp_path / "b", "train", "eval"), said=said)
    assert said == [
        f"warning: this push deletes the split 'eval_mirror' on the Hub; commit {before[:8]} still holds it"
    ]
    data = {name for name in hub.repos["ann/touch-rugby"].files if name.startswith("data/")}
    assert data == {"data/train-00000-of-00001.parquet", "data/eval-00000-of-00001.parquet"}


def test_files_of_an_older_sharding_go_too(hub, tmp_path):
    """Two shards of train become one: the old ones are deleted without a warning, since the split stays."""
    send(dataset(tmp_path / "a", "train"))
    repo, said = hub.repos["ann/touch-rugby"], []
    repo.commit("shards", {**repo.files, "data/train-00001-of-00002.parquet": b"old"})
    send(dataset(tmp_path / "b", "train"), said=said)
    assert "data/train-00001-of-00002.parquet" not in repo.files
    assert not said


def test_the_same_push_again_makes_no_commit(folder):
    """Nothing has changed: the Hub keeps the commit that it has."""
    first = send(folder)
    assert send(folder).commit == first.commit


@pytest.mark.parametrize(
    ("token", "organization", "message"),
    [
        ("", "", "hf auth login"),
        ("hf_unknown", "", "does not know this token"),
        ("hf_read", "", "may only read"),
        ("hf_write", "strangers", "not a member of it \\(yours: acme, readers\\)"),
        ("hf_write", "readers", "ask an admin"),
        ("hf_fine", "", "may not write to ann"),
    ],
)
def test_rights_are_checked_before_anything_is_sent(hub, folder, monkeypatch, token, organization, message):
    """No token, a wrong one, one without write rights, an organisation of others: one line, and nothing but whoami."""
    monkeypatch.setenv("HF_TOKEN", token)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(folder / "none"))
    with pytest.raises(UsageError, match=message):
        send(folder, organization=organization)
    assert set(hub.calls) <= {"GET /api/whoami-v2"}


def test_a_fine_grained_token_may_write_where_it_says(folder, monkeypatch):
    """A token for one organisation pushes there."""
    monkeypatch.setenv("HF_TOKEN", "hf_fine")
    assert send(folder, organization="acme").repository == "acme/touch-rugby"


@pytest.mark.parametrize(
    ("step", "status"), [("whoami", 500), ("create", 500), ("upload", 403), ("commit", 500), ("commit", 0)]
)
def test_a_hub_that_fails_leaves_both_sides_as_they_were(hub, folder, step, status):
    """Whatever breaks on the way, the folder and the Hub's last commit are whole; the next push goes through."""
    dataset(folder, "train")
    send(folder)
    before = dict(hub.repos["ann/touch-rugby"].files)
    dataset(folder, "train", "eval")
    local = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    if step == "create":
        hub.repos.clear()
    hub.fail[step] = status
    with pytest.raises(HubFailed, match=r"failed: .*(run the same command again|nothing was sent)"):
        send(folder)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == local
    assert step == "create" or hub.repos["ann/touch-rugby"].files == before
    hub.fail.clear()
    assert send(folder).commit == hub.repos["ann/touch-rugby"].sha


def test_somebody_else_committed_meanwhile(hub, folder, monkeypatch):
    """A commit between our look and our push is not overwritten."""
    send(folder)
    dataset(folder, "train")
    from huggingface_hub import HfApi

    original = HfApi.preupload_lfs_files

    def meanwhile(self, *args, **options):
        repo = hub.repos["ann/touch-rugby"]
        repo.commit("theirs", {**repo.files, "notes.txt": b"mine"})
        return original(self, *args, **options)

    monkeypatch.setattr(HfApi, "preupload_lfs_files", meanwhile)
    with pytest.raises(HubFailed, match="412"):
        send(folder)
    assert hub.repos["ann/touch-rugby"].files["notes.txt"] == b"mine"


def test_a_card_that_the_hub_refuses(hub, folder):
    """An unknown licence is the Hub's complaint, in one line, before any upload."""
    (folder / "README.md").write_bytes(CARD.replace(b"configs", b"license: my own\nconfigs"))
    with pytest.raises(HubFailed, match="license"):
        send(folder)
    assert not hub.objects


def test_no_hub_at_all(monkeypatch):
    """A dead address is one line."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", "hf_write")
    with pytest.raises(HubFailed, match="cannot be reached"):
        check_push("x", "", public=False, may_publish=False)


@pytest.mark.parametrize("name", ["touch-rugby", "a", "Touch_Rugby.v2", "a" * 96])
def test_good_names(name):
    """Names that the Hub takes."""
    from huggingface_hub.utils import validate_repo_id

    validate_repo_id(f"org/{name}"[:96])
    assert hub_name_problem(name) is None


@pytest.mark.parametrize("name", ["", "a b", "-a", "a-", "a--b", "a..b", "a/b", "x.git", "é", "a" * 97])
def test_bad_names_are_refused_with_one_that_works(name):
    """Names that the Hub refuses come back with a name that it takes."""
    problem = hub_name_problem(name)
    assert problem
    assert hub_name_problem(problem.rpartition("--name ")[2]) is None


def test_from_pairs_to_the_hub_and_back(hub, tmp_path, capsys):
    """The script pushes three splits; load_dataset in a fresh process reads exactly them, byte for byte."""
    write_run(tmp_path, "model-a", [pair(n) for n in range(24)])
    flags = ["--name", "touch-rugby", "--eval-mirror", "--push", "--org", "acme"]
    assert main(["--data", str(tmp_path), "--config", str(CONFIG_DIR / "local.json"), *flags]) == 0
    assert f"pushed to {hub.url}/datasets/acme/touch-rugby (private)" in capsys.readouterr().err
    script = (
        "import datasets; d = datasets.load_dataset('acme/touch-rugby')\n"
        "print({n: len(s) for n, s in d.items()}, sorted(d['eval']['id']) == sorted(d['eval_mirror']['id']))"
    )
    environment = {**os.environ, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "hf")}
    read = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert read.stdout.strip() == "{'train': 24, 'eval': 4, 'eval_mirror': 4} True", read.stderr
    local = tmp_path / "datasets" / "touch-rugby"
    for name, content in hub.repos["acme/touch-rugby"].files.items():
        assert name == ".gitattributes" or (local / name).read_bytes() == content


@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_a_push_leaves_both_sides_whole(hub, tmp_path):
    """Exit 130, the dataset made, the Hub as it was; the same command makes one commit, and nothing anew."""
    write_run(tmp_path, "model-a", [pair(n) for n in range(24)])
    command = [sys.executable, "dataprep/create_dataset.py", "--data", str(tmp_path), "--config", "config/local.json"]
    command += ["--name", "touch-rugby", "--push", "--org", "acme"]
    environment = {**os.environ, "HF_HUB_DISABLE_XET": "1"}
    hub.held.add("commit")
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True)
    while not any("/commit/" in call for call in hub.calls) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert "go on with: uv run dataprep/create_dataset.py" in process.communicate(timeout=100)[1]
    assert process.returncode == EXIT_STOPPED
    assert (tmp_path / "datasets" / "touch-rugby" / "README.md").exists()
    assert len(hub.repos["acme/touch-rugby"].commits) == 1, "the Hub's own first one"
    hub.held.clear()
    again = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=100)
    assert again.returncode == 0 and "1 up to date" in again.stdout
    assert len(hub.repos["acme/touch-rugby"].commits) == 2


def test_a_push_that_fails_is_an_exit_code_and_goes_on_by_the_same_command(hub, tmp_path, capsys):
    """The dataset is made and stays; the same command pushes it without making it anew."""
    write_run(tmp_path, "model-a", [pair(n) for n in range(24)])
    command = ["--data", str(tmp_path), "--config", str(CONFIG_DIR / "local.json"), "--name", "touch-rugby", "--push"]
    hub.fail["commit"] = 500
    assert main(command) == 1
    assert "run the same command again" in capsys.readouterr().err
    hub.fail.clear()
    assert main(command) == 0
    assert "1 up to date" in capsys.readouterr().out
    assert "data/eval-00000-of-00001.parquet" in hub.repos["ann/touch-rugby"].files


def test_personal_data_is_not_published_by_accident(hub, tmp_path, capsys):
    """A public push stops at rows that look personal, and says how to go on."""
    write_run(tmp_path, "model-a", [pair(n) for n in range(24)] + [pair(30, answer="Write to ann.lee@example.org.")])
    command = ["--data", str(tmp_path), "--config", str(CONFIG_DIR / "local.json"), "--name", "x", "--push", "--public"]
    assert main(command) == 2
    assert "rules-030 (email an***rg)" in capsys.readouterr().err
    assert not hub.repos
    assert main([*command, "--allow-personal"]) == 0
    assert not hub.repos["ann/x"].private


def test_a_bad_token_costs_nothing(tmp_path, capsys, monkeypatch):
    """Rights are checked before the dataset is made, so that no model is paid for in vain."""
    write_run(tmp_path, "model-a", [pair(n) for n in range(24)])
    monkeypatch.setenv("HF_TOKEN", "hf_read")
    assert main(["--data", str(tmp_path), "--config", str(CONFIG_DIR / "local.json"), "--push"]) == 2
    assert "may only read" in capsys.readouterr().err
    assert not (tmp_path / "datasets").exists()
