"""What a fake endpoint replies by itself: it depends on the request alone, and fits the schema that is asked for."""

from __future__ import annotations

import hashlib
import json
from typing import Any

Json = dict[str, Any]


def make_up(body: Json) -> str:
    """A reply that depends on the request alone: JSON that fits its schema, or a sentence."""
    corrected = str(body["messages"][-1]["content"]).startswith("This reply cannot be used.")
    last = json.dumps(body["messages"][-3 if corrected else -1]["content"])
    seed = hashlib.sha256(last.encode()).hexdigest()[:8]
    wanted = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
    return json.dumps(instance(wanted, wanted, seed)) if wanted else f"Reply {seed} to {last[:60]}"


def instance(schema: Json, root: Json, seed: str) -> Any:
    """The simplest value that fits a JSON Schema, told apart by `seed`."""
    if "$ref" in schema:
        return instance(root["$defs"][schema["$ref"].rpartition("/")[2]], root, seed)
    if "enum" in schema:
        return schema["enum"][int(seed, 16) % len(schema["enum"])]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return instance(schema["anyOf"][0], root, seed)
    kind = schema["type"][0] if isinstance(schema.get("type"), list) else schema.get("type")
    if kind == "object":
        return {name: instance(part, root, seed) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [instance(schema.get("items", {}), root, seed)] * max(1, schema.get("minItems", 1))
    numbers = {"integer": int(seed, 16) % 10, "number": 0.5, "boolean": True, "null": None}
    return numbers.get(kind, f"text {seed}")


def own_words(body: Json) -> str:
    """Four words of letters alone that depend on the request."""
    digest = (
        hashlib.sha256(json.dumps(body["messages"]).encode())
        .hexdigest()
        .translate(str.maketrans("0123456789", "ghijklmnop"))
    )
    return " ".join(digest[start : start + 7] for start in range(0, 28, 7))


def embedding(text: str, dimensions: int = 8) -> list[float]:
    """A vector that depends on the text alone."""
    digest = hashlib.sha256(text.encode()).digest()
    return [byte / 255 for byte in digest[:dimensions]]
