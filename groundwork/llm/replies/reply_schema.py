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

from groundwork.language.text_spans import Span, span_index
from groundwork.llm.replies import reply_json
from groundwork.llm.replies.thoughts_and_wrappings import remove_thoughts

T = TypeVar("T")

STRING_SCHEMA: dict[str, Any] = {"type": "string"}
INTEGER_SCHEMA: dict[str, Any] = {"type": "integer"}
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
        self._latex_in_prompt = reply_json.latex_commands(prompt)
        self.list = item_list(cast("Any", schema)) if schema else None
        self._list_field = self.list.field if self.list else ""

    def parse(self, reply_content: str, side_text: str = "") -> Parsed[T]:
        """The value in `reply_content`; in `side_text`, text that came in another place, only where all of it is JSON.

        Raises UnusableReply with a problem that the model can act upon, UnfinishedReply where it ends in thoughts.
        """
        if not reply_content.strip() and side_text and self._schema is not None:
            is_json = reply_json.decode_json(reply_json.escape_backslashes(side_text.strip())) is not None
            reply_content = side_text if is_json else ""
        if self._schema is None:
            parsed_reply = self._parse_text_reply(reply_content)
        else:
            parsed_reply = self._parse_json_reply(reply_content, self._schema)
        if not parsed_reply.faulty:
            self.check(parsed_reply.value)
        return parsed_reply

    def is_unfinished(self, reply_content: str) -> bool:
        """Whether `reply_content` ends within its thoughts and holds no payload before them."""
        if not remove_thoughts(reply_content).unclosed:
            return False
        try:
            self.parse(reply_content)
        except UnfinishedReply:
            return True
        except UnusableReply:
            pass
        return False

    def check(self, reply_value: T) -> T:
        """`reply_value`. Raises UnusableReply when the stage's own check finds a problem."""
        if self._check and (reply_problem := self._check(reply_value)):
            raise UnusableReply(reply_problem)
        return reply_value

    def replace_faulty_items(self, parsed_reply: Parsed[T], later_content: str) -> Parsed[T]:
        """`parsed_reply` with the items of a later reply in the places of the faulty ones, in order.

        Faulty ones for which none came stay in `faulty`. A later reply that holds the whole list again is taken whole.
        """
        valid_items = list(getattr(parsed_reply.value, parsed_reply.field))
        try:
            later_list = self._parse_json_reply(later_content, cast("type[T]", self._schema))
        except UnusableReply:
            return parsed_reply
        later_items = list(getattr(later_list.value, parsed_reply.field))
        later_count = len(later_items) + len(later_list.faulty)
        if later_count == len(valid_items) + len(parsed_reply.faulty):
            return later_list
        if later_count > len(parsed_reply.faulty):  # not what was asked for, and nobody knows which is which
            return parsed_reply
        for faulty in later_list.faulty:
            later_items.insert(faulty.index, faulty)
        return _put_in_place(parsed_reply, valid_items, later_items)

    def _parse_text_reply(self, reply_content: str) -> Parsed[T]:
        schemaless_reply = remove_thoughts(reply_content)
        if schemaless_reply.unclosed:
            raise UnfinishedReply("The reply ended before it began: it holds thoughts alone. Send the reply itself.")
        if not schemaless_reply.text:
            raise UnusableReply("The reply was empty.")
        try:
            return Parsed(cast("T", reply_json.clean_text(schemaless_reply.text, self._latex_in_prompt)))
        except reply_json.NotText as error:
            raise UnusableReply(f"The reply holds {error}; write plain text.") from error

    def _parse_json_reply(self, reply_content: str, schema: type[T]) -> Parsed[T]:
        reply_text = reply_json.escape_backslashes(reply_content.lstrip("\ufeff").strip())
        if not reply_text:
            raise UnusableReply("The reply was empty.")
        schema_fits, schema_problems, ends_in_thoughts = [], [], False
        for schema_candidates, is_thinking in self._payload_candidates(reply_text):
            ends_in_thoughts |= is_thinking
            for schema_candidate in schema_candidates:
                try:
                    schema_fits.append(self._fit_schema(schema_candidate, schema))
                except (msgspec.ValidationError, reply_json.NotText) as error:
                    schema_problems.append(str(error))
            if filled_fits := [schema_fit for schema_fit in schema_fits if not _is_empty_value(schema_fit.value)]:
                return _best_fit(filled_fits)
        if (broken_list := self._parse_broken_list(reply_text, schema)) is not None:
            return broken_list
        if schema_fits:
            return _best_fit(schema_fits)
        if ends_in_thoughts:
            raise UnfinishedReply("The reply ended within its thoughts. Send the JSON itself.")
        raise _reply_without_value(reply_text, schema_problems)

    def _parse_broken_list(self, reply_text: str, schema: type[T]) -> Parsed[T] | None:
        """The whole items of a list whose JSON is broken, the others as faulty; None where none is whole.

        How many are broken is told by the names of the fields, which every item has once.
        """
        if self.list is None or reply_json.decode_json(reply_text) is not None:
            return None
        candidate_values = reply_json.find_json_values(reply_text)
        item_candidates = [candidate for candidate in candidate_values if isinstance(candidate.value, dict)]
        if any(self.list.field in item_candidate.value for item_candidate in item_candidates):
            return None
        fitting_items = [
            (item_candidate, schema_item)
            for item_candidate in item_candidates
            if (schema_item := self._convert_item(item_candidate.value)) is not None
        ]
        if not fitting_items:
            return None
        fitting_spans = [(item_candidate.start, item_candidate.end) for item_candidate, _ in fitting_items]
        faulty_items = _broken_items(reply_text, _first_field_of_item(self.list.item), fitting_spans)
        if not faulty_items and not reply_json.has_closed_brackets(reply_text):  # cut off, perhaps before another item
            return None
        try:
            reply_value = _convert_to_schema({self.list.field: []}, schema)
        except msgspec.ValidationError:  # something beside the list is wanted
            return None
        schema_items = [schema_item for _, schema_item in fitting_items]
        reply_value = msgspec.structs.replace(cast("Any", reply_value), **{self.list.field: schema_items})
        return Parsed(reply_value, faulty_items, self.list.field)

    def _convert_item(self, schema_item: Any) -> Any:
        try:
            return self._clean_and_convert(schema_item, cast("ItemList", self.list).item)
        except (msgspec.ValidationError, reply_json.NotText):
            return None

    def _clean_and_convert(self, schema_candidate: Any, schema: type[Any]) -> Any:
        return _convert_to_schema(reply_json.clean_texts(schema_candidate, self._latex_in_prompt), schema)

    def _payload_candidates(self, reply_text: str) -> Iterator[tuple[list[Any], bool]]:
        """(values that may be the payload, are there thoughts without an end), the likeliest first."""
        if (decoded_text := reply_json.decode_json(reply_text)) is not None:
            yield [*reply_json.unwrapped_payloads(decoded_text, self._list_field)], False
        payload_values = reply_json.find_json_values(reply_text)
        candidate_text, ends_in_thoughts = remove_thoughts(reply_text, [(p.start, p.end) for p in payload_values])
        schema_candidates = reply_json.find_json_values(candidate_text)
        if json_lines := self._join_json_lines(schema_candidates):
            yield [json_lines], ends_in_thoughts
        candidate_shapes = (
            reply_json.unwrapped_payloads(candidate.value, "" if candidate.is_partial else self._list_field)
            for candidate in schema_candidates
        )
        yield [*chain.from_iterable(candidate_shapes)], ends_in_thoughts
        if not ends_in_thoughts:
            repaired_values = reply_json.repair_json(candidate_text)
            repaired_shapes = (reply_json.unwrapped_payloads(value, self._list_field) for value in repaired_values)
            yield [*chain.from_iterable(repaired_shapes)], ends_in_thoughts

    def _join_json_lines(self, schema_candidates: list[reply_json.JsonValue]) -> dict[str, Any]:
        """The items of a list that was sent as one object a line; {} where these are none."""
        if self.list is None or len(schema_candidates) < 2:
            return {}
        if not all(_could_be_item(schema_candidate, self.list) for schema_candidate in schema_candidates):
            return {}
        return {self.list.field: [schema_candidate.value for schema_candidate in schema_candidates]}

    def _fit_schema(self, schema_candidate: Any, schema: type[T]) -> Parsed[T]:
        """Raises ValidationError or NotText where not even one item fits."""
        try:
            return Parsed(self._clean_and_convert(schema_candidate, schema))
        except (msgspec.ValidationError, reply_json.NotText):
            if self.list is None or not isinstance(schema_candidate, dict):
                raise
            return self._fit_items(schema_candidate, self.list, schema)

    def _fit_items(self, schema_candidate: dict[str, Any], item_list: ItemList, schema: type[T]) -> Parsed[T]:
        reply_type = _reply_type_info(cast("Any", schema))
        schema_items = _normalize_to_schema(schema_candidate, reply_type).get(item_list.field)
        if not isinstance(schema_items, list):
            raise msgspec.ValidationError(f"Object missing required field `{item_list.field}`")
        fitting_items, faulty_items, item_problem = [], [], ""
        for item_index, schema_item in enumerate(schema_items):
            try:
                fitting_items.append(self._clean_and_convert(schema_item, item_list.item))
            except (msgspec.ValidationError, reply_json.NotText) as error:
                item_problem = str(error).replace("`$", f"`$.{item_list.field}[{item_index}]", 1)
                faulty_items.append(FaultyItem(item_index, schema_item, item_problem))
        reply_value = self._clean_and_convert({**schema_candidate, item_list.field: []}, schema)
        if faulty_items and not fitting_items:
            raise msgspec.ValidationError(item_problem)
        reply_value = msgspec.structs.replace(reply_value, **{item_list.field: fitting_items})
        return Parsed(reply_value, tuple(faulty_items), item_list.field)


def _reply_without_value(reply_text: str, schema_problems: list[str]) -> UnusableReply:
    if schema_problems:
        return UnusableReply(f"The JSON does not fit the schema: {schema_problems[-1]}.")
    if unfitting_reply := remove_thoughts(reply_text).text:
        return UnusableReply(f"The reply is not valid JSON: {reply_json.json_problem(unfitting_reply)}.")
    return UnusableReply("The reply was empty.")


def _put_in_place(parsed_reply: Parsed[T], valid_items: list[Any], later_items: list[Any]) -> Parsed[T]:
    """`parsed_reply` with `later_items` among `valid_items`, where the faulty ones stood."""
    still_faulty: list[FaultyItem] = []
    for faulty, later_item in zip_longest(parsed_reply.faulty, later_items):
        if later_item is None or isinstance(later_item, FaultyItem):
            still_faulty.append(faulty)
        else:
            valid_items.insert(faulty.index - len(still_faulty), later_item)
    mended_value = msgspec.structs.replace(cast("Any", parsed_reply.value), **{parsed_reply.field: valid_items})
    return Parsed(mended_value, tuple(still_faulty), parsed_reply.field)


def _broken_items(reply_text: str, first_field: str, fitting_spans: list[Span]) -> tuple[FaultyItem, ...]:
    """The items that begin outside the spans of the whole ones."""
    item_starts = [match.start() for match in re.finditer(rf'"{first_field}"\s*:', reply_text, re.IGNORECASE)]
    return tuple(
        FaultyItem(item_index, _broken_item_text(reply_text, item_start), "it is no valid JSON")
        for item_index, item_start in enumerate(item_starts)
        if span_index(item_start, fitting_spans) is None
    )


def _first_field_of_item(item_type: Any) -> str:
    return str(cast("inspect.StructType", _reply_type_info(item_type)).fields[0].encode_name)


def _broken_item_text(reply_text: str, start: int) -> str:
    """What of a broken reply stands around `start`, for the record of rejected items."""
    return reply_text[max(0, reply_text.rfind("{", 0, start)) : start + BROKEN_ITEM_LENGTH]


def _best_fit(schema_fits: Sequence[Parsed[T]]) -> Parsed[T]:
    """The last whole one that is not empty: a draft comes before what is meant, and an example is often empty."""
    complete_fits = [schema_fit for schema_fit in schema_fits if not schema_fit.faulty]
    filled_fits = [schema_fit for schema_fit in complete_fits if not _is_empty_value(schema_fit.value)]
    partial_fits = sorted((fit for fit in schema_fits if fit.faulty), key=lambda fit: -len(fit.faulty))
    return (filled_fits or partial_fits or complete_fits)[-1]


def _is_empty_value(reply_value: Any) -> bool:
    field_values = msgspec.structs.astuple(reply_value) if isinstance(reply_value, msgspec.Struct) else (reply_value,)
    return all(field_value is False or field_value in ([], {}, "", None) for field_value in field_values)


@lru_cache(maxsize=256)
def _reply_type_info(schema: Any) -> inspect.Type:
    return inspect.type_info(schema)


@lru_cache(maxsize=256)
def item_list(schema: Any) -> ItemList | None:
    """The one field of `schema` that is a list of structs; None where there is none, or more than one."""
    reply_type = _reply_type_info(schema)
    if not isinstance(reply_type, inspect.StructType):
        return None
    item_lists = [
        ItemList(schema_field.name, schema_field.type.item_type.cls)
        for schema_field in reply_type.fields
        if isinstance(schema_field.type, inspect.ListType)
        and isinstance(schema_field.type.item_type, inspect.StructType)
    ]
    return item_lists[0] if len(item_lists) == 1 else None


def _could_be_item(schema_candidate: reply_json.JsonValue, item_list: ItemList) -> bool:
    return (
        isinstance(schema_candidate.value, dict)
        and not schema_candidate.is_partial
        and item_list.field not in schema_candidate.value
    )


def _convert_to_schema(schema_candidate: Any, schema: type[T]) -> T:
    """Raises ValidationError. A number or a truth value may come as a string."""
    normalized_candidate = _normalize_to_schema(schema_candidate, _reply_type_info(cast("Any", schema)))
    try:
        return msgspec.convert(normalized_candidate, schema)
    except msgspec.ValidationError as validation_error:
        try:
            return msgspec.convert(normalized_candidate, schema, strict=False)
        except msgspec.ValidationError:
            raise validation_error from None


def _normalize_to_schema(schema_candidate: Any, reply_type: inspect.Type) -> Any:
    """`schema_candidate` with the names and words in the schema's own case, and a lone item where a list belongs."""
    match reply_type:
        case inspect.LiteralType() if isinstance(schema_candidate, str):
            schema_literals = {word.casefold(): word for word in reply_type.values if isinstance(word, str)}
            return schema_literals.get(schema_candidate.strip().casefold(), schema_candidate)
        case inspect.ListType() if isinstance(items := _as_item_list(schema_candidate, reply_type.item_type), list):
            return [_normalize_to_schema(field_value, reply_type.item_type) for field_value in items]
        case inspect.StructType() if isinstance(schema_candidate, dict):
            return _normalize_fields(schema_candidate, reply_type)
    return schema_candidate


def _normalize_fields(schema_candidate: dict[Any, Any], reply_type: inspect.StructType) -> dict[Any, Any]:
    schema_fields = {schema_field.encode_name: schema_field.type for schema_field in reply_type.fields}
    schema_names = {name.casefold(): name for name in schema_fields}
    renamed_fields = {
        schema_names.get(str(field_name).strip().casefold(), field_name): field_value
        for field_name, field_value in schema_candidate.items()
    }
    return {
        name: _normalize_to_schema(value, schema_fields[name]) if name in schema_fields else value
        for name, value in renamed_fields.items()
    }


def _as_item_list(schema_candidate: Any, item_type: inspect.Type) -> Any:
    if isinstance(schema_candidate, dict) and isinstance(item_type, inspect.StructType):
        schema_items = [*schema_candidate.values()]  # of an object whose names are numbers
        return schema_items if schema_items and all(isinstance(i, dict) for i in schema_items) else [schema_candidate]
    if not isinstance(schema_candidate, str) or not schema_candidate.strip():
        return schema_candidate
    schema_items = reply_json.decode_json(schema_candidate)
    if isinstance(schema_items, list):
        return schema_items
    return [schema_candidate] if isinstance(item_type, inspect.StrType) else schema_candidate


def strict_schema(schema: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a msgspec type as strict structured outputs want it: closed objects, all fields required."""
    json_schema = msgspec.json.schema(schema)
    schema_definitions = json_schema.pop("$defs", {})
    if set(json_schema) == {"$ref"}:  # the root must be the object itself
        json_schema = schema_definitions[json_schema["$ref"].rpartition("/")[2]]
    used_schema = msgspec.json.encode([json_schema, schema_definitions]).decode()
    used_names = [name for name in schema_definitions if f'"#/$defs/{name}"' in used_schema]
    used_definitions = {name: schema_definitions[name] for name in used_names}
    if used_definitions:
        json_schema = {**json_schema, "$defs": used_definitions}
    return cast("dict[str, Any]", _close_schema_objects(json_schema))


def _close_schema_objects(schema_node: Any) -> Any:
    if isinstance(schema_node, list):
        return [_close_schema_objects(schema_item) for schema_item in schema_node]
    if not isinstance(schema_node, dict):
        return schema_node
    reply_schema = {
        schema_key: _close_schema_objects(schema_value)
        for schema_key, schema_value in schema_node.items()
        if not (schema_key == "default" and "type" in schema_node)
    }
    reply_schema.pop("default", None) if "$ref" in reply_schema or "anyOf" in reply_schema else None
    if isinstance(schema_properties := reply_schema.get("properties"), dict) and reply_schema.get("type") == "object":
        reply_schema.update(required=list(schema_properties), additionalProperties=False)
        if "description" in reply_schema:  # of a docstring, which Python 3.13 dedents: one request, whatever asks
            reply_schema["description"] = cleandoc(reply_schema["description"])
    return reply_schema


def list_schema(item_schema: dict[str, Any], item_count: int | None = None) -> dict[str, Any]:
    """The JSON Schema of a list, of exactly `item_count` items where it is given."""
    length_limits = {} if item_count is None else {"minItems": item_count, "maxItems": item_count}
    return {"type": "array", "items": item_schema, **length_limits}


def object_schema(properties: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a closed object that requires all of its `properties`."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


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
