"""Which settings does the code read? The type checker tells, for it knows the class that each attribute is of.

mypy sees the code beside settings whose blocks have lost their values: each read of a value is then an error that
names the block and the value. `maps.seed` is thus not taken for `dataset.seed`, nor a `.model` of anything else.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
from mypy import api

from groundwork.settings.config_schema import Config, Settings, setting_paths, settings_class, strip_annotations

_MISSING = re.compile(r'"(\w+)"(?: of ".+")? has no attribute "(\w+)"')


def unread(code: Path, settings: Path, cache: Path) -> set[str]:
    """The settings, as dotted paths, that no module below `code` reads. `settings`: the folder that defines them."""
    shadows: list[str] = []
    for module in sorted({sys.modules[kind.__module__].__file__ or "" for kind in (Settings, *_kinds())}):
        stripped = cache / f"stripped_{Path(module).name}"
        stripped.write_text("\n".join(_stripped(Path(module))))
        shadows += ["--shadow-file", module, str(stripped)]
    files = [str(path) for path in sorted(code.rglob("*.py")) if path.parent != settings]
    output, trouble, _ = api.run(
        [
            *("--config-file", "", "--cache-dir", str(cache / "mypy"), "--explicit-package-bases"),
            *("--follow-imports", "silent", "--ignore-missing-imports", "--no-site-packages", "--check-untyped-defs"),
            *("--no-error-summary", "--no-warn-unused-ignores", "--no-warn-no-return", "--no-pretty"),
            *shadows,
            *shadows[1::3],
            *files,
        ]
    )
    assert not trouble, trouble
    reads = {(_owner(block, name), name) for block, name in _MISSING.findall(output)}
    return {path for path, block, name in _leaves() if (_owner(block.__name__, name), name) not in reads}


def _stripped(module: Path) -> Iterator[str]:
    """The blocks of one module of settings as plain classes that hold nothing but other blocks."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    yield from ("from __future__ import annotations", "from typing import Any")
    known = {kind.__name__: kind for kind in _kinds()}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("groundwork.settings."):
            yield ast.unparse(node)
        elif isinstance(node, ast.Assign):
            yield f"{ast.unparse(node.targets[0])}: Any"
        elif isinstance(node, ast.ClassDef):
            yield from _block_alone(known[node.name]) if node.name in known else ("class Settings:", "    pass")


def _block_alone(kind: type[Settings]) -> Iterator[str]:
    yield f"class {kind.__name__}({kind.__mro__[1].__name__}):"
    yield "    pass"
    for field in kind.__annotations__:
        if block := _block(_field_type(kind, field)):
            yield f"    {field}: {block}"


def _block(annotated: Any) -> str | None:
    if block := settings_class(annotated):
        return block.__name__
    plain = strip_annotations(annotated)
    if get_origin(plain) is dict and (inner := settings_class(get_args(plain)[1])):
        return f"dict[str, {inner.__name__}]"
    return None


def _field_type(kind: type[Settings], name: str) -> Any:
    return next(field.type for field in msgspec.structs.fields(kind) if field.name == name)


def _kinds() -> list[type[Settings]]:
    """Every block, parents first."""
    kinds, waiting = [], [Settings]
    while waiting:
        kind = waiting.pop(0)
        kinds += [kind] if kind is not Settings else []
        waiting += kind.__subclasses__()
    return kinds


def _owner(block: str, name: str) -> str:
    """The block that defines the value: `qa.model` is ModelCall's."""
    kind = next((kind for kind in _kinds() if kind.__name__ == block), None)
    return next((k.__name__ for k in kind.__mro__ if name in inspect.get_annotations(k)), "") if kind else ""


def _leaves() -> Iterator[tuple[str, type[Settings], str]]:
    for path in setting_paths():
        kind: type[Settings] = Config
        *blocks, name = path.split(".")
        for block in blocks:
            kind = settings_class(_field_type(kind, block)) or kind
        if not _block(_field_type(kind, name)):
            yield path, kind, name


def leaves() -> set[str]:
    """Every setting that is a single value."""
    return {path for path, _, _ in _leaves()}
