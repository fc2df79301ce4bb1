"""The value inside a reply's text, or what is wrong with it.

Thoughts are taken off, the JSON is found wherever it stands, and of all that is found the value that fits the schema
wins. Where the schema has one list of objects, its items are decoded one by one: a faulty one is reported, and the
others are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import inspect

from groundwork.llm import reply_cleaning, reply_json

T = TypeVar("T")

BROKEN = 300  # characters of an item that cannot be read


class Unusable(Exception):
    """A reply arrived and cannot be used; the message is what the correction turn tells the model."""


class Unfinished(Unusable):
    """The reply ended within its thoughts."""


class FaultyItem(msgspec.Struct, frozen=True):
    """An item of a reply's list that does not fit: its index, what came (decoded JSON), and the problem."""

    index: int
    item: Any
    problem: str


class Parsed(msgspec.Struct, Generic[T], frozen=True):
    """The value of a reply. Where `faulty` is not empty, the list in `field` of `value` lacks those items."""

    value: T
    faulty: tuple[FaultyItem, ...] = ()
    field: str = ""


class ItemList(msgspec.Struct, frozen=True):
    """The one list of objects in a schema: the name of its field and the type of its items."""

    field: str
    item: type[Any]


class Reader(Generic[T]):
    """Turns a reply's text into the value that a stage asked for, or says what is wrong with it.

    `schema` None: the text itself; else JSON decoded into that type. `check` returns a problem, or None. `prompt` is
    the text that was asked with; its LaTeX commands tell what of the reply was meant to be one.
    """

    def __init__(
        self, schema: type[T] | None, check: Callable[[T], str | None] | None = None, prompt: str = ""
    ) -> None:
        self._schema, self._check = schema, check
        self._known = reply_json.commands(prompt)
        self.list = item_list(cast("Any", schema)) if schema else None

    def parse(self, content: str, aside: str = "") -> Parsed[T]:
        """The value in `content`; in `aside`, text that came in another place, only where all of it is JSON.

        Raises Unusable with a problem that the model can act upon, Unfinished when the text ends within its thoughts.
        """
        if not content.strip() and aside and self._schema is not None:
            content = aside if reply_json.decoded(reply_json.escaped(aside.strip())) is not None else ""
        parsed = self._text(content) if self._schema is None else self._json(content, self._schema)
        if not parsed.faulty:
            self.checked(parsed.value)
        return parsed

    def is_unfinished(self, content: str) -> bool:
        """Whether `content` ends within its thoughts and holds no payload before them."""
        if not reply_cleaning.without_thoughts(content).unclosed:
            return False
        try:
            self.parse(content)
        except Unfinished:
            return True
        except Unusable:
            pass
        return False

    def checked(self, value: T) -> T:
        """`value`. Raises Unusable when the stage's own check finds a problem."""
        if self._check and (problem := self._check(value)):
            raise Unusable(problem)
        return value

    def mended(self, parsed: Parsed[T], content: str) -> Parsed[T]:
        """`parsed` with the items of a later reply, `content`, in the places of the faulty ones, in order.

        Faulty ones for which none came stay in `faulty`. A later reply that holds the whole list again is taken whole.
        """
        kept = list(getattr(parsed.value, parsed.field))
        try:
            later = self._json(content, cast("type[T]", self._schema))
        except Unusable:
            return parsed
        items = list(getattr(later.value, parsed.field))
        count = len(items) + len(later.faulty)
        if count == len(kept) + len(parsed.faulty):
            return later
        if count > len(parsed.faulty):  # not what was asked for, and nobody knows which is which
            return parsed
        for faulty in later.faulty:
            items.insert(faulty.index, faulty)
        still: list[FaultyItem] = []
        for faulty, item in zip_longest(parsed.faulty, items):
            if item is None or isinstance(item, FaultyItem):
                still.append(faulty)
            else:
                kept.insert(faulty.index - len(still), item)
        value = msgspec.structs.replace(cast("Any", parsed.value), **{parsed.field: kept})
        return Parsed(value, tuple(still), parsed.field)

    def _text(self, content: str) -> Parsed[T]:
        said = reply_cleaning.without_thoughts(content)
        if said.unclosed:
            raise Unfinished("The reply ended before it began: it holds thoughts alone. Send the reply itself.")
        if not said.text:
            raise Unusable("The reply was empty.")
        try:
            return Parsed(cast("T", reply_json.text_of(said.text, self._known)))
        except reply_json.NotText as error:
            raise Unusable(f"The reply holds {error}; write plain text.") from error

    def _json(self, content: str, schema: type[T]) -> Parsed[T]:
        text = reply_json.escaped(content.lstrip("\ufeff").strip())
        if not text:
            raise Unusable("The reply was empty.")
        fits, problems, unclosed = [], [], False
        for candidates, thinking in self._candidates(text):
            unclosed |= thinking
            for candidate in candidates:
                try:
                    fits.append(self._fitted(candidate, schema))
                except (msgspec.ValidationError, reply_json.NotText) as error:
                    problems.append(str(error))
            if whole := [fit for fit in fits if not _is_empty(fit.value)]:
                return _best(whole)
        if (torn := self._torn(text, schema)) is not None:
            return torn
        if fits:
            return _best(fits)
        if unclosed:
            raise Unfinished("The reply ended within its thoughts. Send the JSON itself.")
        if problems:
            raise Unusable(f"The JSON does not fit the schema: {problems[-1]}.")
        said = reply_cleaning.without_thoughts(text).text
        if not said:
            raise Unusable("The reply was empty.")
        raise Unusable(f"The reply is not valid JSON: {reply_json.problem(said)}.")

    def _torn(self, text: str, schema: type[T]) -> Parsed[T] | None:
        """The whole items of a list whose JSON is broken, the others as faulty; None where none is whole.

        How many are broken is told by the names of the fields, which every item has once.
        """
        if self.list is None or reply_json.decoded(text) is not None:
            return None
        found = [one for one in reply_json.json_values(text) if isinstance(one.value, dict)]
        if any(self.list.field in one.value for one in found):
            return None
        good = [(one, item) for one in found if (item := self._item(one.value)) is not None]
        if not good:
            return None
        first = _first_name(self.list.item)
        named = [match.start() for match in re.finditer(rf'"{first}"\s*:', text, re.IGNORECASE)]
        places = [next((i for i, (one, _) in enumerate(good) if one.start < at < one.end), None) for at in named]
        faulty = tuple(
            FaultyItem(index, _piece(text, at), "it is no valid JSON")
            for index, (at, place) in enumerate(zip(named, places, strict=True))
            if place is None
        )
        if not faulty and not reply_json.closes(text):  # cut off, perhaps before another item
            return None
        try:
            value = _converted({self.list.field: []}, schema)
        except msgspec.ValidationError:  # something beside the list is wanted
            return None
        value = msgspec.structs.replace(cast("Any", value), **{self.list.field: [item for _, item in good]})
        return Parsed(value, faulty, self.list.field)

    def _item(self, value: Any) -> Any:
        try:
            return _converted(reply_json.texts_of(value, self._known), cast("ItemList", self.list).item)
        except (msgspec.ValidationError, reply_json.NotText):
            return None

    def _candidates(self, text: str) -> Iterator[tuple[list[Any], bool]]:
        """(values that may be the payload, are there thoughts without an end), the likeliest first."""
        whole = reply_json.decoded(text)
        if whole is not None:
            yield [*_shapes(whole, self.list)], False
        found = reply_json.json_values(text)
        said, unclosed = reply_cleaning.without_thoughts(text, [(one.start, one.end) for one in found])
        outside = reply_json.json_values(said)
        if self.list and len(outside) > 1 and all(_may_be_item(one, self.list) for one in outside):
            yield [{self.list.field: [one.value for one in outside]}], unclosed  # as JSON lines
        yield [shape for one in outside for shape in _shapes(one.value, None if one.torn else self.list)], unclosed
        if not unclosed:
            yield [shape for value in reply_json.repaired(said) for shape in _shapes(value, self.list)], unclosed

    def _fitted(self, candidate: Any, schema: type[T]) -> Parsed[T]:
        """Raises ValidationError or NotText where not even one item fits."""
        try:
            return Parsed(_converted(reply_json.texts_of(candidate, self._known), schema))
        except (msgspec.ValidationError, reply_json.NotText):
            if self.list is None or not isinstance(candidate, dict):
                raise
            return self._item_by_item(candidate, self.list, schema)

    def _item_by_item(self, candidate: dict[str, Any], items: ItemList, schema: type[T]) -> Parsed[T]:
        raw = _shaped(candidate, _info(cast("Any", schema))).get(items.field)
        if not isinstance(raw, list):
            raise msgspec.ValidationError(f"Object missing required field `{items.field}`")
        good, faulty, problem = [], [], ""
        for index, item in enumerate(raw):
            try:
                good.append(_converted(reply_json.texts_of(item, self._known), items.item))
            except (msgspec.ValidationError, reply_json.NotText) as error:
                problem = str(error).replace("`$", f"`$.{items.field}[{index}]", 1)
                faulty.append(FaultyItem(index, item, problem))
        rest = {**candidate, items.field: []}
        value = _converted(reply_json.texts_of(rest, self._known), schema)
        if faulty and not good:
            raise msgspec.ValidationError(problem)
        return Parsed(msgspec.structs.replace(cast("Any", value), **{items.field: good}), tuple(faulty), items.field)


def _first_name(item: Any) -> str:
    return str(cast("inspect.StructType", _info(item)).fields[0].encode_name)


def _piece(text: str, at: int) -> str:
    """What of a broken reply stands around `at`, for the record of rejected items."""
    return text[max(0, text.rfind("{", 0, at)) : at + BROKEN]


def _best(fits: Sequence[Parsed[T]]) -> Parsed[T]:
    """The last whole one that is not empty: a draft comes before what is meant, and an example is often empty."""
    whole = [fit for fit in fits if not fit.faulty]
    filled = [fit for fit in whole if not _is_empty(fit.value)]
    partly = sorted((fit for fit in fits if fit.faulty), key=lambda fit: -len(fit.faulty))
    return (filled or partly or whole)[-1]


def _is_empty(value: Any) -> bool:
    fields = msgspec.structs.astuple(value) if isinstance(value, msgspec.Struct) else (value,)
    return all(field is False or field in ([], {}, "", None) for field in fields)


@lru_cache(maxsize=256)
def _info(schema: Any) -> inspect.Type:
    return inspect.type_info(schema)


@lru_cache(maxsize=256)
def item_list(schema: Any) -> ItemList | None:
    """The one field of `schema` that is a list of structs; None where there is none, or more than one."""
    info = _info(schema)
    if not isinstance(info, inspect.StructType):
        return None
    lists = [
        ItemList(field.name, field.type.item_type.cls)
        for field in info.fields
        if isinstance(field.type, inspect.ListType) and isinstance(field.type.item_type, inspect.StructType)
    ]
    return lists[0] if len(lists) == 1 else None


def _may_be_item(found: reply_json.Found, items: ItemList) -> bool:
    return isinstance(found.value, dict) and not found.torn and items.field not in found.value


def _shapes(value: Any, items: ItemList | None, depth: int = 0) -> Iterator[Any]:
    """`value`, and what it may have been meant as: its list alone, one item alone, something wrapped once more."""
    yield value
    if items and isinstance(value, list):
        yield {items.field: value}
    if items and isinstance(value, dict) and items.field not in value and len(value) > 1:
        yield {items.field: [value]}
    if depth < 2 and isinstance(value, dict) and len(value) == 1 and not (items and items.field in value):
        inner = next(iter(value.values()))
        inner = reply_json.decoded(reply_json.escaped(inner)) if isinstance(inner, str) else inner
        if isinstance(inner, dict | list):
            yield from _shapes(inner, items, depth + 1)
    if depth == 0 and isinstance(value, list) and len(value) == 1:
        yield from _shapes(value[0], items, 1)


def _converted(value: Any, schema: type[T]) -> T:
    """Raises ValidationError. A number or a truth value may come as a string."""
    shaped = _shaped(value, _info(cast("Any", schema)))
    try:
        return msgspec.convert(shaped, schema)
    except msgspec.ValidationError as strict:
        try:
            return msgspec.convert(shaped, schema, strict=False)
        except msgspec.ValidationError:
            raise strict from None


def _shaped(value: Any, kind: inspect.Type) -> Any:
    """`value` with the names and words of the schema in the schema's own case, and a lone item where a list belongs."""
    match kind:
        case inspect.LiteralType() if isinstance(value, str):
            words = {word.casefold(): word for word in kind.values if isinstance(word, str)}
            return words.get(value.strip().casefold(), value)
        case inspect.ListType() if isinstance(items := _as_list(value, kind.item_type), list):
            return [_shaped(item, kind.item_type) for item in items]
        case inspect.StructType() if isinstance(value, dict):
            fields = {field.encode_name: field.type for field in kind.fields}
            names = {name.casefold(): name for name in fields}
            renamed = {names.get(str(key).strip().casefold(), key): item for key, item in value.items()}
            return {key: _shaped(item, fields[key]) if key in fields else item for key, item in renamed.items()}
    return value


def _as_list(value: Any, item: inspect.Type) -> Any:
    if not isinstance(value, str) or not value.strip():
        return value
    decoded = reply_json.decoded(value)
    if isinstance(decoded, list):
        return decoded
    return [value] if isinstance(item, inspect.StrType) else value


def strict_schema(schema: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a msgspec type as strict structured outputs want it: closed objects, all fields required."""
    definitions = msgspec.json.schema(schema)
    defs = definitions.pop("$defs", {})
    if set(definitions) == {"$ref"}:  # the root must be the object itself
        definitions = defs[definitions["$ref"].rpartition("/")[2]]
    used = msgspec.json.encode([definitions, defs]).decode()
    kept = {name: body for name, body in defs.items() if f'"#/$defs/{name}"' in used}
    return cast("dict[str, Any]", _closed({**definitions, **({"$defs": kept} if kept else {})}))


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items() if not (key == "default" and "type" in node)}
    closed.pop("default", None) if "$ref" in closed or "anyOf" in closed else None
    if isinstance(properties := closed.get("properties"), dict) and closed.get("type") == "object":
        closed.update(required=list(properties), additionalProperties=False)
    return closed
