"""No text takes longer than in proportion to its length, neither by a pattern nor by a function."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import regex

from groundwork.settings.config import PROJECT
from tests.growth import hard_texts, steep

KINDS = tuple(hard_texts(1))
ANCHORED = {"match", "fullmatch"}
SCANS = {"search", "finditer", "findall", "sub", "subn", "split"}
ROOMS = ("language", "markdown", "chunking", "questions", "llm", "documents")


@cache
def _modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted((PROJECT / "groundwork").rglob("*.py")):
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        if not name.endswith("__main__"):
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def _methods(module: str, name: str) -> set[str]:
    """How `name` is used in its module; everything where it is handed on to somewhere else."""
    tree = _modules()[module]
    called = {
        id(node.func.value): node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            method = called.get(id(node), "")
            used |= {method} if method in ANCHORED | SCANS else SCANS
    return used or SCANS


def _patterns() -> Iterator[tuple[str, Any, set[str]]]:
    """(where, pattern, methods) of every compiled pattern of the package, and of those written where they are used."""
    for module, tree in _modules().items():
        for name, value in vars(importlib.import_module(module)).items():
            items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
            for pattern in _flat(items):
                if isinstance(pattern, re.Pattern | regex.Pattern):
                    yield f"{module}.{name}", pattern, _methods(module, name)
        for node in ast.walk(tree):
            if written := _written(node):
                yield f"{module}:{node.lineno}", written[1], {written[0]}  # type: ignore[attr-defined]  # a Call has it


def _flat(items: Any) -> Iterator[Any]:
    for item in items:
        yield from _flat(item) if isinstance(item, list | tuple) else [item]


def _written(node: ast.AST) -> tuple[str, Any] | None:
    """(method, pattern) of a call like re.sub("...", ...)."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return None
    function, first = node.func, node.args[0]
    if not (isinstance(function.value, ast.Name) and function.value.id in ("re", "regex")):
        return None
    if function.attr not in ANCHORED | SCANS or not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return None
    flags = [kw.value for kw in node.keywords if kw.arg == "flags"]
    chosen = eval(ast.unparse(flags[0]), {"re": re, "regex": regex}) if flags else 0  # noqa: S307  # our own source
    return function.attr, (re if function.value.id == "re" else regex).compile(first.value, chosen)


def _run(pattern: Any, methods: set[str]) -> Callable[[str], object]:
    def call(text: str) -> None:
        subject = text.encode() if isinstance(pattern.pattern, bytes) else text
        if methods & SCANS:
            for _ in pattern.finditer(subject):
                pass
        for method in methods & ANCHORED:
            getattr(pattern, method)(subject)

    return call


PATTERNS = {f"{where} {number}": (pattern, methods) for number, (where, pattern, methods) in enumerate(_patterns())}


@pytest.mark.parametrize("where", PATTERNS)
def test_every_pattern_is_linear(where):
    """As it is used: a pattern that is only matched from the start need not be fast in a search."""
    call = _run(*PATTERNS[where])
    assert not [growth for kind in KINDS if (growth := steep(call, kind))]
