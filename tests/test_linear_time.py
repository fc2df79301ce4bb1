"""No text takes longer than in proportion to its length, neither by a pattern nor by a function."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import regex

from groundwork.settings.config_files import PROJECT
from tests.growth import LONG, SIZES, hard_texts, steep

KINDS = tuple(hard_texts(1_000))
ANCHORED = {"match", "fullmatch"}
SCANS = {"search", "finditer", "findall", "sub", "subn", "split"}
MODULES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((PROJECT / "groundwork").rglob("*.py"))
    if path.stem != "__main__"
}
TEXT_FOLDERS = ("language", "markdown", "chunking", "llm")
TEXT_MODULES = [name for name in MODULES if name.split(".")[1:2] and name.split(".")[1] in TEXT_FOLDERS]
# take a numeral, a tokenizer's or a prompt's name, a request
NO_TEXTS = {"chinese_value", "load_tokenizer", "length_ruler", "prompt_file", "read_prompt", "request_key"}
FILLED: dict[str, Callable[[str], object]] = {  # what else a function of a text wants, by parameter or by type
    "language": lambda _: "en",
    "start": lambda _: 0,
    "end": len,
    "str": lambda text: text,
    "bool": lambda _: True,
    "frozenset[str]": lambda _: frozenset({"alpha"}),
}


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def _methods(module: str, name: str) -> set[str]:
    """How `name` is used in its module; everything where it is handed on to somewhere else."""
    tree = _tree(module)
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


def _patterns(module: str) -> Iterator[tuple[str, Any, set[str]]]:
    """(where, pattern, methods) of every compiled pattern of a module, and of those written where they are used."""
    for name, value in vars(importlib.import_module(module)).items():
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
        for pattern in _flat(items):
            if isinstance(pattern, re.Pattern | regex.Pattern):
                yield name, pattern, _methods(module, name)
    for node in ast.walk(_tree(module)):
        if written := _written(node):
            yield f"line {node.lineno}", written[1], {written[0]}  # type: ignore[attr-defined]  # a Call has it


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


@cache
def _growth(pattern: Any, methods: frozenset[str], sizes: tuple[int, ...]) -> list[str]:
    """Of each pattern and its use once, however many modules import it."""
    call = _run(pattern, set(methods))
    return [growth for kind in KINDS if (growth := steep(call, kind, sizes))]


def _steep_patterns(module: str, sizes: tuple[int, ...]) -> dict[str, list[str]]:
    found = {where: _growth(pattern, frozenset(methods), sizes) for where, pattern, methods in _patterns(module)}
    return {where: growth for where, growth in found.items() if growth}


@pytest.mark.parametrize("module", MODULES)
def test_every_pattern_is_linear(module: str) -> None:
    """As it is used: a pattern that is only matched from the start need not be fast in a search."""
    assert not _steep_patterns(module, SIZES)


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_every_pattern_is_linear_on_long_texts(module: str) -> None:
    """A pattern of small steps shows its growth late."""
    assert not _steep_patterns(module, LONG)


def _functions(module: str) -> Iterator[tuple[str, Callable[[str], object]]]:
    """(name, call) of the public functions of a module whose first argument is a text."""
    for name, function in vars(importlib.import_module(module)).items():
        plain = inspect.unwrap(function) if callable(function) else None
        if name.startswith("_") or not inspect.isfunction(plain) or plain.__module__ != module or name in NO_TEXTS:
            continue
        first, *others = inspect.signature(plain).parameters.values() or [None]
        needed = [
            parameter
            for parameter in others
            if parameter.default is parameter.empty and parameter.kind < parameter.VAR_POSITIONAL
        ]
        fills = [FILLED.get(p.name) or FILLED.get(str(p.annotation)) for p in needed]
        if first and first.annotation == "str" and None not in fills:
            yield name, _call(plain, fills)


def _call(function: Callable[..., object], fills: list[Any]) -> Callable[[str], object]:
    def call(text: str) -> None:
        result = function(text, *(fill(text) for fill in fills))
        if isinstance(result, Iterator):
            deque(result, maxlen=0)

    return call


@pytest.mark.parametrize("module", TEXT_MODULES)
def test_every_function_of_a_text_is_linear(module: str) -> None:
    """A function may be steep where each of its patterns is linear."""
    found = {name: [steep(call, kind) for kind in KINDS] for name, call in _functions(module)}
    assert not {name: growth for name, all_kinds in found.items() if (growth := [*filter(None, all_kinds)])}


def test_the_functions_of_texts_are_found() -> None:
    """The tables, the sentences and the names are among them."""
    found = {name for module in TEXT_MODULES for name, _ in _functions(module)}
    assert {"read_table", "sentences", "names", "numbers", "blocks", "tokens_in", "remove_thoughts"} <= found
