"""A fake Hugging Face Hub on a loopback socket, for the real huggingface_hub and datasets clients.

Run    python -m tests.fake_hub --port 8090
       HF_ENDPOINT=http://127.0.0.1:8090 HF_TOKEN=hf_write HF_HUB_DISABLE_XET=1 uv run dataprep/create_dataset.py --push
In a test: `with FakeHub() as hub`; `hub.repos[...]` holds what was pushed, `hub.fail["commit"] = 500` breaks a step.

Datasets: who one is, making a repository, its settings and privacy, uploads by LFS, commits, listing, reading.
Models: listing and reading. What is gated is listed for everybody and read by nobody.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = dict[str, Any]
ORGS = [{"name": "acme", "roleInOrg": "write"}, {"name": "readers", "roleInOrg": "read"}]
TOKENS: dict[str, Json] = {
    "hf_write": {"role": "write"},
    "hf_read": {"role": "read"},
    "hf_fine": {
        "role": "fineGrained",
        "fineGrained": {
            "global": [],
            "scoped": [{"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.content.read", "repo.write"]}],
        },
    },
}
HELD_BY_LFS = (".parquet",)


@dataclass
class Repo:
    """A repository: files by path, and all of its commits, the last one current."""

    id: str
    private: bool
    commits: list[tuple[str, str, dict[str, bytes]]] = field(default_factory=list)  # oid, message, files
    gated: bool = False

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1][2]

    @property
    def sha(self) -> str:
        return self.commits[-1][0]

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """(oid, files) of main, a full commit or its beginning."""
        for oid, _, files in reversed(self.commits):
            if revision == "main" or oid.startswith(revision):
                return oid, files
        return None

    def commit(self, message: str, files: dict[str, bytes]) -> str:
        oid = hashlib.sha1(f"{len(self.commits)}{message}{sorted(files)}".encode()).hexdigest()  # noqa: S324  git's
        self.commits.append((oid, message, files))
        return oid


class FakeHub:
    """The server. `calls` lists what was asked, as "METHOD /path"; `fail` maps a step to the status it answers with.
    A step that stands in `held` waits.

    Steps: whoami, info, create, settings, validate, preupload, batch, upload, commit; status 0 drops the connection.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.repos: dict[str, Repo] = {}  # datasets
        self.models: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.fail: dict[str, int] = {}
        self.held: set[str] = set()  # steps that wait while they stand here

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeHub:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=2**30, middlewares=[self._watch])
        repo = "/{owner}/{name}"
        app.add_routes(
            [
                web.get("/api/whoami-v2", self._whoami),
                web.post("/api/repos/create", self._create),
                web.post("/api/validate-yaml", self._validate),
                web.get(f"/api/datasets{repo}", self._info),
                web.get(f"/api/datasets{repo}/revision/{{revision}}", self._info),
                web.put(f"/api/datasets{repo}/settings", self._settings),
                web.post(f"/api/datasets{repo}/preupload/{{revision}}", self._preupload),
                web.post(f"/api/datasets{repo}/commit/{{revision}}", self._commit),
                web.get(f"/api/datasets{repo}/tree/{{revision}}", self._tree),
                web.get(f"/api/datasets{repo}/tree/{{revision}}/{{path:.*}}", self._tree),
                web.post(f"/api/datasets{repo}/paths-info/{{revision}}", self._paths_info),
                web.post(f"/datasets{repo}.git/info/lfs/objects/batch", self._batch),
                web.put("/lfs/{oid}", self._upload),
                web.get(f"/datasets{repo}/resolve/{{revision}}/{{path:.*}}", self._resolve),  # and HEAD
                web.get(f"/api/models{repo}", self._info),
                web.get(f"/api/models{repo}/revision/{{revision}}", self._info),
                web.get(f"/api/models{repo}/tree/{{revision}}", self._tree),
                web.get(f"/api/models{repo}/tree/{{revision}}/{{path:.*}}", self._tree),
                web.get(f"{repo}/resolve/{{revision}}/{{path:.*}}", self._resolve),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    @web.middleware
    async def _watch(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append(f"{request.method} {request.path}")
        step = handler.__name__.removeprefix("_")
        while step in self.held:  # noqa: ASYNC110  # the test's side knows nothing of this loop
            await asyncio.sleep(0.01)
        if request.transport is None:  # the caller has gone meanwhile
            raise asyncio.CancelledError
        if step in self.fail:
            await request.read()
            if not self.fail[step]:
                assert request.transport is not None
                request.transport.abort()
            return web.json_response({"error": f"{step} is broken"}, status=self.fail[step] or 500)
        response: web.StreamResponse = await handler(request)
        return response

    async def _whoami(self, request: web.Request) -> web.Response:
        token = self._token(request)
        if token is None:
            return web.json_response({"error": "Invalid credentials in Authorization header"}, status=401)
        access = {"displayName": f"my {token['role']} token", **token}
        return web.json_response(
            {"type": "user", "name": "ann", "orgs": ORGS, "auth": {"type": "access_token", "accessToken": access}}
        )

    async def _create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        name = f"{asked.get('organization') or 'ann'}/{asked['name']}"
        if not self._may_write(request, name):
            return web.json_response({"error": f"You don't have the rights to create {name}"}, status=403)
        if name in self.repos:
            return web.json_response({"error": "You already created this dataset repo"}, status=409)
        private = asked.get("private") or asked.get("visibility") == "private"
        self.repos[name] = Repo(name, bool(private))
        self.repos[name].commit("initial commit", {".gitattributes": b"*.parquet filter=lfs\n"})
        return web.json_response({"url": f"{self.url}/datasets/{name}", "name": name})

    async def _settings(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        if repo is None or not self._may_write(request, repo.id):
            return self._not_found()
        repo.private = (await request.json()).get("visibility") == "private"
        return web.json_response({"private": repo.private})

    async def _validate(self, request: web.Request) -> web.Response:
        import yaml

        content = (await request.json())["content"]
        head = yaml.safe_load(content.split("---")[1]) if content.startswith("---") else None
        errors = [] if head and head.get("configs") else [{"message": "no configs"}]
        if head and " " in str(head.get("license", "")):
            errors.append({"message": f'"license" must be one of the known ids, not {head["license"]}'})
        return web.json_response({"errors": errors, "warnings": []}, status=400 if errors else 200)

    async def _info(self, request: web.Request) -> web.Response:
        found = self._at(request)
        if found is None:
            return self._missing(request)
        repo, oid, files = found
        body = {
            "id": repo.id,
            "sha": oid,
            "private": repo.private,
            "siblings": [{"rfilename": f} for f in sorted(files)],
        }
        body["gated"] = "auto" if repo.gated else False
        return web.json_response({**body, "tags": [], "downloads": 0, "likes": 0, "disabled": False})

    async def _preupload(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        if repo is None:
            return self._not_found()
        files = [
            {
                "path": f["path"],
                "uploadMode": "lfs" if f["path"].endswith(HELD_BY_LFS) else "regular",
                "shouldIgnore": False,
                "oid": _oid(f["path"], repo.files[f["path"]]) if f["path"] in repo.files else None,
            }
            for f in (await request.json())["files"]
        ]
        return web.json_response({"files": files})

    async def _batch(self, request: web.Request) -> web.Response:
        if not self._may_write(request, f"{request.match_info['owner']}/{request.match_info['name']}"):
            return web.json_response({"error": "no write rights"}, status=403)
        objects = []
        for asked in (await request.json())["objects"]:
            actions = {"upload": {"href": f"{self.url}/lfs/{asked['oid']}"}}
            objects.append(asked if asked["oid"] in self.objects else {**asked, "actions": actions})
        return web.json_response({"transfer": "basic", "objects": objects})

    async def _upload(self, request: web.Request) -> web.Response:
        content = await request.read()
        if hashlib.sha256(content).hexdigest() != request.match_info["oid"]:
            return web.json_response({"error": "sha256 differs"}, status=400)
        self.objects[request.match_info["oid"]] = content
        return web.Response()

    async def _commit(self, request: web.Request) -> web.Response:
        repo = self._repo(request)
        if repo is None:
            return self._not_found()
        if not self._may_write(request, repo.id):
            return web.json_response({"error": "no write rights"}, status=403)
        files, message = dict(repo.files), ""
        for line in (await request.read()).splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                message = value["summary"]
                if value.get("parentCommit", repo.sha) != repo.sha:
                    return web.json_response({"error": "A commit has happened since. Please refresh"}, status=412)
            elif item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.objects[value["oid"]]
            elif item["key"] == "deletedFile":
                del files[value["path"]]
        oid = repo.commit(message, files)
        url = f"{self.url}/datasets/{repo.id}/commit/{oid}"
        return web.json_response({"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})

    async def _tree(self, request: web.Request) -> web.Response:
        found = self._at(request)
        if found is None:
            return self._missing(request)
        prefix = request.match_info.get("path", "").strip("/")
        entries = _entries(found[2], prefix, recursive=request.query.get("recursive", "").lower() in ("true", "1"))
        if not entries and prefix:
            return self._no_entry()
        return web.json_response(entries)

    async def _paths_info(self, request: web.Request) -> web.Response:
        found = self._at(request)
        if found is None:
            return self._missing(request)
        asked = await (request.json() if request.content_type == "application/json" else request.post())
        paths = asked["paths"] if isinstance(asked["paths"], list) else asked.getall("paths")
        everything = {entry["path"]: entry for entry in _entries(found[2], "", recursive=True)}
        return web.json_response([everything[path] for path in paths if path in everything])

    async def _resolve(self, request: web.Request) -> web.StreamResponse:
        found = self._at(request)
        if found is None:
            return self._missing(request)
        repo, oid, files = found
        path = request.match_info["path"]
        if repo.gated:
            message = f"Access to {repo.id} is restricted. You must have access to it and be authenticated."
            status = 401 if self._token(request) is None else 403
            return web.json_response({"error": message}, status=status, headers={"X-Error-Code": "GatedRepo"})
        if path not in files:
            return self._no_entry()
        content = files[path]
        headers = {"X-Repo-Commit": oid, "ETag": f'"{_oid(path, content)}"', "Accept-Ranges": "bytes"}
        chosen = request.http_range
        if chosen.start is not None or chosen.stop is not None:
            part = content[chosen]
            start = chosen.start if chosen.start >= 0 else len(content) + chosen.start
            headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{len(content)}"
            return web.Response(body=part, status=206, headers=headers)
        return web.Response(body=content, headers=headers)

    def _token(self, request: web.Request) -> Json | None:
        return TOKENS.get(request.headers.get("Authorization", "").removeprefix("Bearer "))

    def _may_write(self, request: web.Request, repository: str) -> bool:
        token, owner = self._token(request), repository.split("/")[0]
        return bool(token) and token["role"] != "read" and owner in ("ann", "acme")  # type: ignore[index]

    def _repo(self, request: web.Request) -> Repo | None:
        """The repository of the path, if there is one that the token may see."""
        kept = self.repos if "datasets" in request.path.split("/")[1:3] else self.models
        repo = kept.get(f"{request.match_info['owner']}/{request.match_info['name']}")
        return None if repo is None or (repo.private and self._token(request) is None) else repo

    def _at(self, request: web.Request) -> tuple[Repo, str, dict[str, bytes]] | None:
        repo = self._repo(request)
        found = repo.at(request.match_info.get("revision", "main")) if repo else None
        return (repo, *found) if repo and found else None

    def _missing(self, request: web.Request) -> web.Response:
        """The 404 of a repository that is not there for this token, or that has no such revision."""
        if self._repo(request) is None:
            return self._not_found()
        return web.json_response({"error": "Invalid rev id"}, status=404, headers={"X-Error-Code": "RevisionNotFound"})

    def _not_found(self) -> web.Response:
        return web.json_response(
            {"error": "Repository not found"}, status=404, headers={"X-Error-Code": "RepoNotFound"}
        )

    def _no_entry(self) -> web.Response:
        return web.json_response({"error": "Entry not found"}, status=404, headers={"X-Error-Code": "EntryNotFound"})


def _entries(files: dict[str, bytes], prefix: str, *, recursive: bool) -> list[Json]:
    """Files and folders below `prefix`, as the tree endpoint lists them."""
    found: dict[str, Json] = {}
    for path, content in sorted(files.items()):
        if prefix and not path.startswith(f"{prefix}/"):
            continue
        parts = path.removeprefix(prefix).strip("/").split("/")
        for depth in range(1, len(parts)):
            folder = "/".join([*([prefix] if prefix else []), *parts[:depth]])
            found.setdefault(folder, {"type": "directory", "path": folder, "oid": _oid(folder, b""), "size": 0})
            if not recursive:
                break
        if recursive or len(parts) == 1:
            entry: Json = {"type": "file", "path": path, "size": len(content), "oid": _oid(path, content)}
            if path.endswith(HELD_BY_LFS):
                entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
            found[path] = entry
    return list(found.values())


def _oid(path: str, content: bytes) -> str:
    """What the Hub compares files by: git's blob hash, or the sha256 of a file held by LFS."""
    if path.endswith(HELD_BY_LFS):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()  # noqa: S324  git's


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8090)
    with FakeHub(parser.parse_args().port) as hub:
        print(f"fake hub at {hub.url}; tokens: {', '.join(TOKENS)}; account ann, organisations acme and readers")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
