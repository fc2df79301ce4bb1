"""The value inside a reply's text, or what is wrong with it; and what a reply must be to be used.

Thoughts are taken off, the JSON is found wherever it stands, and of all that is found the value that fits the schema
wins. Where the schema has one list of objects, its items are decoded one by one: a faulty one is reported, and the
others are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from inspect import cleandoc
from itertools import chain, zip_longest
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import inspect

from groundwork.language.text_spans import span_index
from groundwork.llm.replies import latex_in_json, reply_json
from groundwork.llm.replies.thoughts_and_wrappings import remove_thoughts

T = TypeVar("T")

# What a tool call, or the schema filled in, has around the payload.
_ARGUMENTS = frozenset(["arguments", "parameters", "properties"])
BROKEN_ITEM_LENGTH = 300  # characters of an item that cannot be read


class UnusableReply(Exception):
    """A reply arrived and cannot be used; the message is what the correction turn tells the model."""


class UnfinishedReply(UnusableReply):
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


class ReplyReader(Generic[T]):
    """Turns a reply's text into the value that a stage asked for, or says what is wrong with it.

    `schema` None: the text itself; else JSON decoded into that type. `check` returns a problem, or None. `prompt` is
    the text that was asked with; its LaTeX commands tell what of the reply was meant to be one.
    """

    def __init__(
        self, schema: type[T] | None, check: Callable[[T], str | None] | None = None, prompt: str = ""
    ) -> None:
        self._schema, self._check = schema, check
        self._prompt_commands = latex_in_json.latex_commands(prompt)
        self.list = item_list(cast("Any", schema)) if schema else None

    def parse(self, content: str, side_text: str = "") -> Parsed[T]:
        """The value in `content`; in `side_text`, text that came in another place, only where all of it is JSON.

        Raises UnusableReply with a problem that the model can act upon, UnfinishedReply where it ends in thoughts.
        """
        if not content.strip() and side_text and self._schema is not None:
            is_json = reply_json.decode_json(latex_in_json.escape_backslashes(side_text.strip())) is not None
            content = side_text if is_json else ""
        parsed = self._parse_text(content) if self._schema is None else self._parse_json(content, self._schema)
        if not parsed.faulty:
            self.check(parsed.value)
        return parsed

    def is_unfinished(self, content: str) -> bool:
        """Whether `content` ends within its thoughts and holds no payload before them."""
        if not remove_thoughts(content).unclosed:
            return False
        try:
            self.parse(content)
        except UnfinishedReply:
            return True
        except UnusableReply:
            pass
        return False

    def check(self, value: T) -> T:
        """`value`. Raises UnusableReply when the stage's own check finds a problem."""
        if self._check and (problem := self._check(value)):
            raise UnusableReply(problem)
        return value

    def merge_corrections(self, parsed: Parsed[T], content: str) -> Parsed[T]:
        """`parsed` with the items of a later reply, `content`, in the places of the faulty ones, in order.

        Faulty ones for which none came stay in `faulty`. A later reply that holds the whole list again is taken whole.
        """
        items = list(getattr(parsed.value, parsed.field))
        try:
            corrected_reply = self._parse_json(content, cast("type[T]", self._schema))
        except UnusableReply:
            return parsed
        corrections = list(getattr(corrected_reply.value, parsed.field))
        count = len(corrections) + len(corrected_reply.faulty)
        if count == len(items) + len(parsed.faulty):
            return corrected_reply
        if count > len(parsed.faulty):  # not what was asked for, and nobody knows which is which
            return parsed
        for faulty in corrected_reply.faulty:
            corrections.insert(faulty.index, faulty)
        still_faulty: list[FaultyItem] = []
        for faulty, item in zip_longest(parsed.faulty, corrections):
            if item is None or isinstance(item, FaultyItem):
                still_faulty.append(faulty)
            else:
                items.insert(faulty.index - len(still_faulty), item)
        value = msgspec.structs.replace(cast("Any", parsed.value), **{parsed.field: items})
        return Parsed(value, tuple(still_faulty), parsed.field)

    def _parse_text(self, content: str) -> Parsed[T]:
        spoken = remove_thoughts(content)
        if spoken.unclosed:
            raise UnfinishedReply("The reply ended before it began: it holds thoughts alone. Send the reply itself.")
        if not spoken.text:
            raise UnusableReply("The reply was empty.")
        try:
            return Parsed(cast("T", latex_in_json.clean_text(spoken.text, self._prompt_commands)))
        except latex_in_json.NotText as error:
            raise UnusableReply(f"The reply holds {error}; write plain text.") from error

    def _parse_json(self, content: str, schema: type[T]) -> Parsed[T]:
        text = latex_in_json.escape_backslashes(content.lstrip("\ufeff").strip())
        if not text:
            raise UnusableReply("The reply was empty.")
        fits, problems, unclosed = [], [], False
        for candidates, is_thinking in self._candidates(text):
            unclosed |= is_thinking
            for candidate in candidates:
                try:
                    fits.append(self._fit_schema(candidate, schema))
                except (msgspec.ValidationError, latex_in_json.NotText) as error:
                    problems.append(str(error))
            if filled := [fit for fit in fits if not _is_empty(fit.value)]:
                return _best_fit(filled)
        if (broken_list := self._parse_broken_list(text, schema)) is not None:
            return broken_list
        if fits:
            return _best_fit(fits)
        if unclosed:
            raise UnfinishedReply("The reply ended within its thoughts. Send the JSON itself.")
        if problems:
            raise UnusableReply(f"The JSON does not fit the schema: {problems[-1]}.")
        spoken = remove_thoughts(text).text
        if not spoken:
            raise UnusableReply("The reply was empty.")
        raise UnusableReply(f"The reply is not valid JSON: {reply_json.problem(spoken)}.")

    def _parse_broken_list(self, text: str, schema: type[T]) -> Parsed[T] | None:
        """The whole items of a list whose JSON is broken, the others as faulty; None where none is whole.

        How many are broken is told by the names of the fields, which every item has once.
        """
        if self.list is None or reply_json.decode_json(text) is not None:
            return None
        objects = [json_value for json_value in reply_json.find_json_values(text) if isinstance(json_value.value, dict)]
        if any(self.list.field in json_value.value for json_value in objects):
            return None
        items = [
            (json_value, item) for json_value in objects if (item := self._convert_item(json_value.value)) is not None
        ]
        if not items:
            return None
        field_name = _first_field_name(self.list.item)
        item_starts = [match.start() for match in re.finditer(rf'"{field_name}"\s*:', text, re.IGNORECASE)]
        spans = [(json_value.start, json_value.end) for json_value, _ in items]
        owners = [span_index(item_start, spans) for item_start in item_starts]
        faulty = tuple(
            FaultyItem(index, _broken_item_text(text, item_start), "it is no valid JSON")
            for index, (item_start, owner) in enumerate(zip(item_starts, owners, strict=True))
            if owner is None
        )
        if not faulty and not reply_json.has_closed_brackets(text):  # cut off, perhaps before another item
            return None
        try:
            value = _convert({self.list.field: []}, schema)
        except msgspec.ValidationError:  # something beside the list is wanted
            return None
        value = msgspec.structs.replace(cast("Any", value), **{self.list.field: [item for _, item in items]})
        return Parsed(value, faulty, self.list.field)

    def _convert_item(self, value: Any) -> Any:
        try:
            return _convert(latex_in_json.clean_texts(value, self._prompt_commands), cast("ItemList", self.list).item)
        except (msgspec.ValidationError, latex_in_json.NotText):
            return None

    def _candidates(self, text: str) -> Iterator[tuple[list[Any], bool]]:
        """(values that may be the payload, are there thoughts without an end), the likeliest first."""
        decoded_text = reply_json.decode_json(text)
        if decoded_text is not None:
            yield [*_possible_shapes(decoded_text, self.list)], False
        values = reply_json.find_json_values(text)
        spoken, unclosed = remove_thoughts(text, [(json_value.start, json_value.end) for json_value in values])
        outside = reply_json.find_json_values(spoken)
        if self.list and len(outside) > 1 and all(_could_be_item(json_value, self.list) for json_value in outside):
            yield [{self.list.field: [json_value.value for json_value in outside]}], unclosed  # as JSON lines
        shapes = (_possible_shapes(entry.value, None if entry.is_partial else self.list) for entry in outside)
        yield [*chain.from_iterable(shapes)], unclosed
        if not unclosed:
            repair_json = reply_json.repair_json(spoken)
            yield [shape for value in repair_json for shape in _possible_shapes(value, self.list)], unclosed

    def _fit_schema(self, candidate: Any, schema: type[T]) -> Parsed[T]:
        """Raises ValidationError or NotText where not even one item fits."""
        try:
            return Parsed(_convert(latex_in_json.clean_texts(candidate, self._prompt_commands), schema))
        except (msgspec.ValidationError, latex_in_json.NotText):
            if self.list is None or not isinstance(candidate, dict):
                raise
            return self._fit_items(candidate, self.list, schema)

    def _fit_items(self, candidate: dict[str, Any], items: ItemList, schema: type[T]) -> Parsed[T]:
        raw = _normalize(candidate, _type_info(cast("Any", schema))).get(items.field)
        if not isinstance(raw, list):
            raise msgspec.ValidationError(f"Object missing required field `{items.field}`")
        valid, faulty, problem = [], [], ""
        for index, item in enumerate(raw):
            try:
                valid.append(_convert(latex_in_json.clean_texts(item, self._prompt_commands), items.item))
            except (msgspec.ValidationError, latex_in_json.NotText) as error:
                problem = str(error).replace("`$", f"`$.{items.field}[{index}]", 1)
                faulty.append(FaultyItem(index, item, problem))
        other_fields = {**candidate, items.field: []}
        value = _convert(latex_in_json.clean_texts(other_fields, self._prompt_commands), schema)
        if faulty and not valid:
            raise msgspec.ValidationError(problem)
        return Parsed(msgspec.structs.replace(cast("Any", value), **{items.field: valid}), tuple(faulty), items.field)


def _first_field_name(item: Any) -> str:
    return str(cast("inspect.StructType", _type_info(item)).fields[0].encode_name)


def _broken_item_text(text: str, start: int) -> str:
    """What of a broken reply stands around `start`, for the record of rejected items."""
    return text[max(0, text.rfind("{", 0, start)) : start + BROKEN_ITEM_LENGTH]


def _best_fit(fits: Sequence[Parsed[T]]) -> Parsed[T]:
    """The last whole one that is not empty: a draft comes before what is meant, and an example is often empty."""
    complete = [fit for fit in fits if not fit.faulty]
    filled = [fit for fit in complete if not _is_empty(fit.value)]
    partly = sorted((fit for fit in fits if fit.faulty), key=lambda fit: -len(fit.faulty))
    return (filled or partly or complete)[-1]


def _is_empty(value: Any) -> bool:
    fields = msgspec.structs.astuple(value) if isinstance(value, msgspec.Struct) else (value,)
    return all(field is False or field in ([], {}, "", None) for field in fields)


@lru_cache(maxsize=256)
def _type_info(schema: Any) -> inspect.Type:
    return inspect.type_info(schema)


@lru_cache(maxsize=256)
def item_list(schema: Any) -> ItemList | None:
    """The one field of `schema` that is a list of structs; None where there is none, or more than one."""
    schema_type = _type_info(schema)
    if not isinstance(schema_type, inspect.StructType):
        return None
    lists = [
        ItemList(field.name, field.type.item_type.cls)
        for field in schema_type.fields
        if isinstance(field.type, inspect.ListType) and isinstance(field.type.item_type, inspect.StructType)
    ]
    return lists[0] if len(lists) == 1 else None


def _could_be_item(json_value: reply_json.JsonValue, items: ItemList) -> bool:
    return isinstance(json_value.value, dict) and not json_value.is_partial and items.field not in json_value.value


def _possible_shapes(value: Any, items: ItemList | None, depth: int = 0) -> Iterator[Any]:
    """`value`, and what it may have been meant as: its list alone, one item alone, something wrapped once more."""
    yield value
    if items and isinstance(value, list):
        yield {items.field: value}
    if items and isinstance(value, dict) and any(isinstance(item, str) for item in _items_in(value, items)):
        yield {**value, items.field: [_decode_inner(item) for item in _items_in(value, items)]}
    if items and isinstance(value, dict) and items.field not in value and len(value) > 1:
        yield {items.field: [value]}
    if depth < 2 and isinstance(value, dict) and len(value) == 1 and not (items and items.field in value):
        yield from _inner_shapes(next(iter(value.values())), items, depth + 1)
    if depth == 0 and isinstance(value, dict) and 1 < len(value) <= len(_ARGUMENTS) + 1:
        for key in _ARGUMENTS & value.keys():
            yield from _inner_shapes(value[key], items, 1)
    if depth == 0 and isinstance(value, list) and len(value) == 1:
        yield from _possible_shapes(value[0], items, 1)


def _items_in(value: dict[str, Any], items: ItemList) -> list[Any]:
    listed = value.get(items.field)
    return listed if isinstance(listed, list) else []


def _decode_inner(inner: Any) -> Any:
    """What the JSON in a text is; anything else as it is. Before its commands are restored, or they are lost."""
    return reply_json.decode_json(latex_in_json.escape_backslashes(inner)) if isinstance(inner, str) else inner


def _inner_shapes(inner: Any, items: ItemList | None, depth: int) -> Iterator[Any]:
    inner = _decode_inner(inner)
    if isinstance(inner, dict | list):
        yield from _possible_shapes(inner, items, depth)


def _convert(value: Any, schema: type[T]) -> T:
    """Raises ValidationError. A number or a truth value may come as a string."""
    shaped = _normalize(value, _type_info(cast("Any", schema)))
    try:
        return msgspec.convert(shaped, schema)
    except msgspec.ValidationError as strict:
        try:
            return msgspec.convert(shaped, schema, strict=False)
        except msgspec.ValidationError:
            raise strict from None


def _normalize(value: Any, kind: inspect.Type) -> Any:
    """`value` with the names and words of the schema in the schema's own case, and a lone item where a list belongs."""
    match kind:
        case inspect.LiteralType() if isinstance(value, str):
            words = {word.casefold(): word for word in kind.values if isinstance(word, str)}
            return words.get(value.strip().casefold(), value)
        case inspect.ListType() if isinstance(list_items := _as_list(value, kind.item_type), list):
            return [_normalize(content, kind.item_type) for content in list_items]
        case inspect.StructType() if isinstance(value, dict):
            fields = {field.encode_name: field.type for field in kind.fields}
            field_names = {name.casefold(): name for name in fields}
            renamed = {field_names.get(str(key).strip().casefold(), key): content for key, content in value.items()}
            return {
                key: _normalize(content, fields[key]) if key in fields else content for key, content in renamed.items()
            }
    return value


def _as_list(value: Any, item_type: inspect.Type) -> Any:
    if isinstance(value, dict) and isinstance(item_type, inspect.StructType):
        numbered = bool(value) and all(isinstance(item, dict) for item in value.values())
        return [*value.values()] if numbered else [value]
    if not isinstance(value, str) or not value.strip():
        return value
    items = reply_json.decode_json(value)
    if isinstance(items, list):
        return items
    return [value] if isinstance(item_type, inspect.StrType) else value


def strict_schema(schema: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a msgspec type as strict structured outputs want it: closed objects, all fields required."""
    definitions = msgspec.json.schema(schema)
    defs = definitions.pop("$defs", {})
    if set(definitions) == {"$ref"}:  # the root must be the object itself
        definitions = defs[definitions["$ref"].rpartition("/")[2]]
    used = msgspec.json.encode([definitions, defs]).decode()
    used_defs = {name: body for name, body in defs.items() if f'"#/$defs/{name}"' in used}
    return cast("dict[str, Any]", _close_objects({**definitions, **({"$defs": used_defs} if used_defs else {})}))


def _close_objects(node: Any) -> Any:
    if isinstance(node, list):
        return [_close_objects(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _close_objects(value) for key, value in node.items() if not (key == "default" and "type" in node)}
    closed.pop("default", None) if "$ref" in closed or "anyOf" in closed else None
    if isinstance(properties := closed.get("properties"), dict) and closed.get("type") == "object":
        closed.update(required=list(properties), additionalProperties=False)
        if "description" in closed:  # of a docstring, which Python 3.13 dedents: one request, whatever asks
            closed["description"] = cleandoc(closed["description"])
    return closed


class ReplyRequirements(msgspec.Struct, Generic[T], frozen=True):
    """What a reply must be to be used. Without a `schema`, its text is.

    `json_schema` is sent instead of the one of `schema`; `check` returns a problem for the correction turn, or None.
    Where `schema` has one list of objects, faulty items alone are corrected; `partial`: those that stay faulty are left
    out. `whole_prompt`: a reply by a server that cut the prompt off is a failure, not a warning.
    """

    schema: type[T] | None = None
    json_schema: dict[str, Any] | None = None
    check: Callable[[T], str | None] | None = None
    partial: bool = False
    whole_prompt: bool = False

    @property
    def schema_sent(self) -> dict[str, Any] | None:
        """The JSON Schema that goes with the request, where one does."""
        return self.json_schema or (strict_schema(self.schema) if self.schema else None)
